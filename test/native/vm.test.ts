/** Targets vm and nic: Debian kernels under QEMU. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { agentBinary } from '../../native-backend/lab/agent.ts';
import { roomError } from '../../native-backend/lab/cache.ts';
import { type GuestJob, runInGuest } from '../../native-backend/lab/guest.ts';
import { type Job, jobOf, kernelSets, LabError, type NativeRun } from '../../native-backend/lab/index.ts';
import { initramfs } from '../../native-backend/lab/initramfs.ts';
import { labKernel, newestLike } from '../../native-backend/lab/kernel.ts';
import { NicTarget, wireOf } from '../../native-backend/lab/nic.ts';
import { type Boot, kernelTrouble, runQemu } from '../../native-backend/lab/qemu.ts';
import { simulate } from '../../native-backend/lab/simulated.ts';
import { aloneJob, EMULATED, forPairs, VmTarget, vethJob } from '../../native-backend/lab/vm.ts';
import { zcnicModule } from '../../native-backend/lab/module.ts';
import { loadScenario, traceText } from '../../sim/host/index.ts';
import { lacking } from './lacking.ts';

const root = join(import.meta.dirname, '..', '..');
const watch = (signal = new AbortController().signal) => ({ progress: () => {}, signal });
const programs = (process.env.PATH ?? '').split(delimiter);

const withoutQemu = programs.some((dir) => existsSync(join(dir, 'qemu-system-x86_64'))) ? undefined : 'qemu-system-x86_64 is not there.';
const noVm = withoutQemu ?? await lacking(async () => {
  const [kernel, agent] = [await labKernel(undefined, watch()), await agentBinary(watch())];
  await initramfs({ agent, files: forPairs(kernel).files, texts: {} }, watch());
});
const noNic = noVm ?? await lacking(async () => zcnicModule(await labKernel(undefined, watch()), watch()));
if (noVm !== undefined) console.log(`targets vm and nic are not tested: ${noVm}`);
else if (noNic !== undefined) console.log(`target nic is not tested: ${noNic}`);

const folder = mkdtempSync(join(tmpdir(), 'ringlab-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const parse = (text: string, name: string, sets: readonly string[] = []): Job => jobOf(name, loadScenario(text, `${name}.yaml`, { sets }));
const job = (name: string, sets: readonly string[] = []): Job =>
  parse(readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), name, sets);
const WAITS_FOR_EVER = 'steps: [{ring.init: {sq: 4}}, {label: before}, {submit_wait: {nr: 1}}]';
const left = (pid = process.pid) => readdirSync(tmpdir()).filter((n) => n.startsWith(`ringlab-vm-${pid}-`));

describe.skipIf(noVm !== undefined)('jobs on a kernel under QEMU', () => {
  /** Each of these is to end as a failure, and to leave the others alone. */
  const bad: readonly (readonly [string, Partial<GuestJob>, RegExp])[] = [
    ['hangs', {}, /^hangs: the agent's watchdog ended it after step 1; /],
    ['crashes', { inside: `sh -c 'kill -SEGV $$'` }, /^crashes: the agent was ended by SIGSEGV before its first step; /],
    ['warns', { before: [`echo '<4>WARNING: net/x.c:7 at f+0x1' >/dev/kmsg`] },
      /^warns: the kernel complained while it ran: WARNING: net\/x\.c:7 at f\+0x1\.$/],
    ['panics', { before: ['echo c >/proc/sysrq-trigger', 'sleep 1'] }, /^panics: Linux 7\.\S+ in the virtual machine did not survive it: /],
  ];
  const good = ['conform/cancel', 'conform/zcrx-nodev', 'conform/timeouts', 'rpc'];
  const runs: NativeRun[] = [];

  test('good and bad ones share a boot; what is behind a panic gets another', async () => {
    const again = (names: readonly string[]) => names.map((n) => job(n));
    const spoilt = bad.map(([name]) => parse(name === 'hangs' ? WAITS_FOR_EVER : 'steps: [label: a]', name));
    const jobs = [...again(good), ...spoilt, ...again(good)];
    const kernel = await labKernel(undefined, watch());
    const booted: string[] = [];
    const seen = { progress: (text: string) => booted.push(...(text.startsWith('booting') ? [text] : [])), signal: watch().signal };
    const machine = { kernel, agent: await agentBinary(watch()), ...forPairs(kernel) };
    runs.push(...await runInGuest(machine, jobs, (j, n) => {
      const own = bad.find(([name]) => name === j.name)?.[1] ?? {};
      return { ...(j.kind === 'apps' ? vethJob(j, n) : aloneJob(j)), ...own };
    }, seen));
    expect(booted.length).toBe(2);
    expect(runs.map((r) => r.job.name)).toEqual(jobs.map((j) => j.name));
    for (const [name, , sentence] of bad) expect(runs.find((r) => r.job.name === name)?.failure).toMatch(sentence);
    expect(runs.filter((r) => r.failure !== undefined).length).toBe(bad.length);
    expect(left()).toEqual([]);
  });

  test('two boots print the same', () => {
    for (const name of good) {
      const texts = runs.filter((r) => r.job.name === name).map((r) => r.text);
      expect(texts.length).toBe(2);
      expect(texts[0]?.split('\n').length).toBeGreaterThan(3);
      expect(texts[1]).toBe(texts[0]);
    }
  });

  test('a run says which kernel it was, to the hash of the image', () => {
    expect(runs[0]?.image).toMatch(/^7\.\S+-cloud-amd64 \(Debian 7\.\S+, sha256 [0-9a-f]{16}\)$/);
  });

  test('the simulator says the same, line by line', () => {
    const core = new WebAssembly.Module(readFileSync(join(root, 'build/core.wasm')));
    for (const { job: { name }, lines } of runs.slice(0, good.length).filter((r) => r.job.kind === 'steps')) {
      const ours = simulate(core, job(name, [...kernelSets(lines), ...EMULATED]));
      expect(lines.slice(1).map(traceText)).toEqual(ours.lines.slice(1).map(traceText));
    }
  });

  test('applications talk over a pair of devices, and what that lacks is said', () => {
    const rpc = runs.find((r) => r.job.name === 'rpc');
    expect(rpc?.lines.filter((l) => l.e === 'stream').every((l) => l.complete === true)).toBe(true);
    expect(rpc?.unlike.every((u) => /a veth pair/.test(u))).toBe(true);
  });
});

describe.skipIf(noNic !== undefined)('jobs on the emulated NIC', () => {
  const LOSSY = `
wire: { loss_ppm: 20000 }
faults: [{ host: client, frame: 9, action: drop }, { host: client, frame: 12, action: corrupt }]
hosts:
  client: { app: { role: source, bytes: 512KiB } }
  server: { nic: { rx_queues: 2, rss_equal: 1, rules: [{ dst_port: 9999, queue: 1 }] }, app: { role: sink, receive: zc, check: sha256 },
    refill: { queue: 1, area_bytes: 4MiB } }
`;

  test('a stream lands in the area of the application, also when frames are lost', async () => {
    const runs = await new NicTarget(undefined).run([job('tour'), parse(LOSSY, 'lossy'), job('conform/cancel')], watch());
    expect(runs.map((r) => r.failure)).toEqual([undefined, undefined, undefined]);
    const [tour, lossy] = runs.map((r) => ({ ...r, of: (e: string) => r.lines.filter((l) => l.e === e) }));
    for (const run of [tour, lossy]) {
      const [stream] = run?.of('stream') ?? [];
      expect([stream?.complete, Number(stream?.zeroCopyBytes) > 0, stream?.copiedBytes]).toEqual([true, true, 0]);
      // The first line of the NIC is the client's, and the last line of all is still the end.
      expect([...(run?.of('nic') ?? []).map((l) => l.host), run?.lines.at(-1)?.e]).toEqual(['client', 'server', 'end']);
    }
    const [client, server] = lossy?.of('nic') ?? [];
    expect(Number(client?.wire_lost)).toBeGreaterThan(1);
    // A queue is started anew when it is taken and when it is given back.
    expect([server?.rx1_restarts, server?.rx0_niov_frags, Number(server?.rx1_niov_frags) > 0]).toEqual([2, undefined, true]);
    expect(lossy?.unlike.some((u) => u === "faults: the emulated NIC cannot corrupt frame 12 of client's link.")).toBe(true);
    expect(left()).toEqual([]);
  });

  test('faults of the wire are parameters of the module', () => {
    expect(wireOf(parse(LOSSY, 'lossy')).parameters)
      .toEqual(['queues=4', 'zc0_drop_every=50', 'zc0_drop_frames=9', 'zc1_drop_every=50']);
  });
});

describe.skipIf(process.platform !== 'linux')('bad weather ends in one sentence, and nothing is left', () => {
  /** A program that stands for QEMU. */
  const qemu = (text: string) => {
    writeFileSync(join(folder, 'qemu-system-x86_64'), `#!/bin/sh\necho $$ >${folder}/pid\n${text}\n`);
    chmodSync(join(folder, 'qemu-system-x86_64'), 0o755);
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  };
  const boot = (more: Partial<Boot> = {}): Boot => ({ vmlinuz: '/none', initrd: Buffer.alloc(0), onLine: () => {}, ...more });
  const gone = () => {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    // One that nobody has waited for is gone too.
    const state = () => (existsSync(`/proc/${pid}`) ? /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] : 'Z');
    return expect.poll(state).toBe('Z');
  };
  const said = async (promise: Promise<unknown>): Promise<string> => {
    const error = await promise.then(() => undefined, (e: unknown) => e);
    expect(error).toBeInstanceOf(LabError);
    expect((error as LabError).message).not.toContain('\n');
    expect(left()).toEqual([]);
    return (error as LabError).message;
  };

  test('no QEMU', async () => {
    vi.stubEnv('PATH', join(folder, 'empty'));
    expect(await said(runQemu(boot(), watch().signal))).toBe('qemu-system-x86_64 is not there: apt-get install qemu-system-x86.');
  });

  test('a QEMU that does not start', async () => {
    qemu('echo "qemu-system-x86_64: cannot set up guest memory" >&2; exit 1');
    expect(await said(runQemu(boot(), watch().signal))).toMatch(/^QEMU did not start \(qemu-system-x86_64: cannot set up guest memory\)/);
  });

  test('somebody aborts in the middle', async () => {
    qemu(`echo '@@ringlab job 0 begin' >&3; exec sleep 60`);
    const ending = new AbortController();
    const run = runQemu(boot({ onLine: () => ending.abort() }), ending.signal);
    expect(await said(run)).toBe('the virtual machine was ended before it was done.');
    await gone();
  });

  test.skipIf(noVm !== undefined).each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s to the command', async (signal) => {
    qemu('exec sleep 60');
    const pid = join(folder, 'pid');
    rmSync(pid, { force: true });
    const command = spawn(process.execPath, [join(root, 'build/cli.mjs'), 'replay', 'conform/cancel', '--on', 'vm'], { cwd: root });
    let stderr = '';
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<number | null>((resolve) => command.on('close', resolve));
    await expect.poll(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '').toBe(true);
    command.kill(signal);
    expect(await ended).toBe(signal === 'SIGKILL' ? null : 1);
    await gone();
    if (signal !== 'SIGKILL') {
      expect(stderr.trim().split('\n').at(-1)).toMatch(/the (virtual machine|run) was ended before it was done\.$/);
      expect(left(command.pid)).toEqual([]);
      return;
    }
    // Its folder goes with the next boot.
    qemu('exit 1');
    await said(runQemu(boot(), watch().signal));
    expect(left(command.pid)).toEqual([]);
  });

  test('a machine that says nothing', async () => {
    qemu('exec sleep 60');
    const end = await runQemu(boot({ silence_ms: 300 }), watch().signal);
    expect(end.how).toBe('silent');
    await gone();
    expect(left()).toEqual([]);
  });

  test.skipIf(noVm !== undefined)('a kernel that does not boot, or hangs', async () => {
    const kernel = await labKernel(undefined, watch());
    const machine = { kernel, agent: await agentBinary(watch()), files: {}, setUp: [] };
    const run = (limits: { silence_ms?: number } = {}) => runInGuest({ ...machine, ...limits }, [job('conform/cancel')], aloneJob, watch());
    qemu('echo "[    0.7] Kernel panic - not syncing: VFS: Unable to mount root"');
    expect(await said(run())).toMatch(/ did not boot in the virtual machine: Kernel panic - not syncing: VFS: Unable to mount root; /);
    qemu('exec sleep 60');
    const hung = await said(run({ silence_ms: 300 }));
    expect(hung).toMatch(/^Linux 7\.\S+ did not boot in the virtual machine: it hung; another --kernel may\.$/);
    await gone();
  });

  test('no apt, no compiler', async () => {
    vi.stubEnv('RINGLAB_CACHE', join(folder, 'cache'));
    vi.stubEnv('TMPDIR', folder);
    vi.stubEnv('CC', 'no-such-compiler');
    expect(await said(agentBinary(watch()))).toMatch(/^the agent needs a C compiler, and no-such-compiler is none: apt-get install gcc/);
    vi.stubEnv('PATH', join(folder, 'empty'));
    expect(await said(labKernel(undefined, watch()))).toMatch(/^a kernel cannot be had from Debian \S+ \(.*\): it needs apt with a /);
    expect(readdirSync(folder).filter((n) => n.startsWith('ringlab-'))).toEqual([]);
  });

  test('a disk without room', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(String(roomError(full, '/somewhere'))).toMatch(/^LabError: there is no room left in \/somewhere: make some, or /);
  });
});

describe('what is asked for and what is there', () => {
  const releases = ['7.2.9+deb13-cloud-amd64', '7.2.12+deb13-cloud-amd64', '7.3.4+deb13-cloud-amd64', '7.21.1+deb13-cloud-amd64'];

  test('the newest release that begins as was asked', () => {
    expect(newestLike('7.2', releases)).toBe('7.2.12+deb13-cloud-amd64');
    expect(newestLike('7.', releases)).toBe('7.21.1+deb13-cloud-amd64');
    expect(newestLike('7.2.9', releases)).toBe('7.2.9+deb13-cloud-amd64');
    expect(newestLike('7.1', releases)).toBe(undefined);
  });

  test('a complaint of the kernel belongs to the job whose mark came last', () => {
    const log = '[1.0] random: crng\n[2.0] @@ringlab job 3\n[2.1] BUG: kernel NULL pointer\n[2.2] Oops: 0002\n[3.0] @@ringlab job 4\n';
    expect([...kernelTrouble(log)]).toEqual([['job 3', 'BUG: kernel NULL pointer']]);
  });

  test('a kernel that Debian does not have is refused with those that it has', async () => {
    const error = await new VmTarget('5.4').run([job('conform/cancel')], watch()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(LabError);
    expect(String(error)).toMatch(/there is no Linux 5\.4 in Debian's .*; there are .*7\.|cannot be had from Debian/);
  });
});
