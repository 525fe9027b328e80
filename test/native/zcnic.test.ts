/** zcnic: it builds without a warning, and a real kernel receives through it without a copy. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { which } from '../../scripts/prepare.mjs';
import { labKernel } from '../../native-backend/lab/kernel.ts';
import { zcnicModule } from '../../native-backend/lab/module.ts';
import { selftestAtHand } from '../../native-backend/lab/selftest.ts';
import { LabError, type Watch } from '../../native-backend/lab/target.ts';
import { zcnicProofs } from '../../native-backend/lab/zcnic_proofs.ts';
import { lacking } from './lacking.ts';

const KERNELS = [undefined, '7.2'] as const;
/** Quick ones that go through every part of the module. The others: npm run conform. */
const SLICE = [
  'ipv4', 'toeplitz', 'rules', 'packed', 'linear', 'lost_frames', 'resized_mid_stream', 'selftest_ipv4', 'selftest_oneshot',
  'removed_while_bound', 'quiet_kernel',
];
const BOOT_MS = 220_000;

const watch = (signal = new AbortController().signal): Watch => ({ progress: () => {}, signal });

const modules: string[] = [];
const why = await lacking(async () => {
  for (const like of KERNELS) modules.push(await zcnicModule(await labKernel(like, watch()), watch()));
});
if (why !== undefined) console.log(`zcnic: nothing of it is tested: ${why}`);

describe.skipIf(why !== undefined)('the module', () => {
  test('builds for both kernels without a warning', () => {
    for (const module of modules) {
      const said = readFileSync(join(dirname(module), 'build.log'), 'utf8').split('\n').filter((l) => /warning/i.test(l));
      // Of debugging information that modules of ours do not have.
      expect(said.filter((l) => !/pahole/.test(l))).toEqual([]);
    }
  });

  test('is built once for the same sources and release', async () => {
    const [first = ''] = modules;
    const built_ms = statSync(first).mtimeMs;
    expect(await zcnicModule(await labKernel(undefined, watch()), watch())).toBe(first);
    expect(statSync(first).mtimeMs).toBe(built_ms);
  });
});

const noQemu = which('qemu-system-x86_64') === undefined ? 'there is no qemu-system-x86_64 (apt-get install qemu-system-x86)' : undefined;
if (why === undefined && noQemu !== undefined) console.log(`zcnic: it runs on no kernel: ${noQemu}.`);
if (!selftestAtHand())
  console.log('zcnic: the kernel\'s own selftest does not run: its source is not in the cache (npm run conform -- --proofs).');

describe.skipIf((why ?? noQemu) !== undefined)('on a real kernel', () => {
  test('zero-copy receive, packed buffers, copies, loss, restarts and the kernel\'s selftest go through it', async () => {
    // One that is none: a proof that fails says so.
    const { proofs } = await zcnicProofs({ names: ['no_such_proof', ...SLICE], selftest: selftestAtHand() }, watch());
    expect(proofs.filter((p) => p.outcome === 'failed').map((p) => p.name)).toEqual(['no_such_proof']);
    expect(proofs.map((p) => p.name)).toEqual(['no_such_proof', ...SLICE]);
  }, BOOT_MS);
});

/** The lab's cache and PATH are others for a while. */
function elsewhere(): { readonly cache: string; readonly programs: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ringlab-zcnic-'));
  const [cache, programs] = [join(folder, 'cache'), join(folder, 'programs')];
  for (const made of [cache, programs]) mkdirSync(made);
  vi.stubEnv('RINGLAB_CACHE', cache);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { cache, programs };
}
afterEach(() => {
  vi.unstubAllEnvs();
});
const KERNEL = { release: '7.3.4+deb13-cloud-amd64', suite: 'trixie-backports' };

describe('without what it is built with', () => {
  test('a kernel of another suite is refused in one sentence', async () => {
    elsewhere();
    const module = zcnicModule({ release: '7.3.4-amd64', suite: 'sid' }, watch());
    await expect(module).rejects.toThrow(/^zcnic is built for kernels of Debian trixie-backports, /);
  });

  test('who ends it leaves nothing half made', async () => {
    const { cache } = elsewhere();
    const ended = AbortSignal.abort(new LabError('the run was ended before it was done.'));
    await expect(zcnicModule(KERNEL, watch(ended))).rejects.toThrow(/was ended/);
    expect(readdirSync(cache).filter((n) => readdirSync(join(cache, n)).length > 0)).toEqual([]);
  });
});

describe.skipIf(why !== undefined)('a build that cannot be ends in one sentence, and leaves nothing', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['no namespaces', 'echo "unshare: unshare failed: Operation not permitted" >&2; exit 1', /^zcnic is built in namespaces, .* as root/],
    ['a refused mount', 'echo "mount: /x/proc: permission denied." >&2; exit 32', /^zcnic is built in namespaces, .*permission denied/],
    ['a compiler\'s error', 'echo "main.c:7:1: error: no such thing" >&2; exit 2', /^zcnic cannot be built \(main\.c:7:1: error: no such/],
    ['a full disk', 'echo "as: main.o: No space left on device" >&2; exit 2', /^there is no room left in /],
    ['no module', 'exit 0', /^zcnic cannot be built \(/],
  ];
  test.each(cases)('%s', async (_, script, sentence) => {
    const whole = dirname(dirname(dirname(modules[0] ?? '')));
    const { cache, programs } = elsewhere();
    for (const name of ['zcnic-root-trixie', 'headers']) symlinkSync(join(whole, name), join(cache, name));
    writeFileSync(join(programs, 'unshare'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${programs}:${process.env.PATH}`);
    const error = await zcnicModule(KERNEL, watch()).then(() => undefined, (e: Error) => e);
    expect(error).toBeInstanceOf(LabError);
    expect(error?.message).toMatch(sentence);
    expect(readdirSync(join(cache, 'zcnic'))).toEqual([]);
  });
});
