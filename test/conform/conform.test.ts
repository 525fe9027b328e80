import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileCore } from '../../sim/host/index.ts';
import { type Comparison, compare } from './compare.ts';
import pending from './pending.json' with { type: 'json' };
import { KERNELS, PROBES } from './probes.ts';
import { normalise } from './rules.ts';

const root = join(import.meta.dirname, '..', '..');
/** Traces that cannot be equal yet, with the reason. One that has become equal must leave the list. */
const PENDING: Readonly<Record<string, string>> = pending;
const results: { probe: string; kernel: string; comparison: Comparison }[] = [];
let core: WebAssembly.Module;

beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

/** For the table that npm test prints. */
afterAll(() => {
  mkdirSync(join(root, 'build/results'), { recursive: true });
  writeFileSync(join(root, 'build/results/conform-table.json'), JSON.stringify(results));
});

describe.each(KERNELS)('Linux $profile', (kernel) => {
  test.each(PROBES)('$name says what the kernel said', (probe) => {
    const comparison = compare(core, probe, kernel);
    results.push({ probe: probe.name, kernel: kernel.profile, comparison });
    const reason = PENDING[`${probe.name} ${kernel.profile}`];
    if (reason === undefined) expect(comparison.first).toBe('');
    else expect(comparison.first, `it is equal now: take it out of pending.json (${reason})`).not.toBe('');
  });
});

test('a kernel that behaves otherwise is told apart, with the place and the kind of the difference', () => {
  const [enobufs] = PROBES;
  const [host] = KERNELS;
  if (!enobufs || !host) throw new Error('there are no probes');
  const other = compare(core, enobufs, { ...host, profile: '6.12' });
  // 6.12 reports the end of the buffers a message earlier, for it does not know that nothing is left.
  expect(other).toMatchObject({ kind: 'count' });
  expect(other.differing).toBeGreaterThan(0);
  expect(other.first).toMatch(/^p01_enobufs 6\.12, line \d+:\n-- kernel\n[\s\S]*\n> .*head=2[\s\S]*-- simulator\n[\s\S]*\n> .*-ENOBUFS/);
});

test('rules touch what they say, and nothing else', () => {
  const golden = ['# probe p03_sendzc', '  sqe RECV ud=1', '  submit(1) = 1', '  cq link[0]: ud=4 NOTIF', '# a note', '# end'];
  expect(normalise(golden, 'p03_sendzc')).toEqual({
    lines: ['  submit(1) = 1', '  cq link[0]: ud=4 NOTIF', '# a note'], touched: { frame: 2, echo: 1 },
  });
  const early = ['  register_ifq pages=3 rq=4 ev=1 -> -EINVAL  (id=0)', '  submit(1) = 1', '  ring_init sq=8'];
  expect(normalise(early, 'p15_zcrx')).toEqual({ lines: [early[0], early[2]], touched: { 'no events': 1 } });
});

test('the list of what is pending names probes and kernels that there are', () => {
  const all = KERNELS.flatMap((k) => PROBES.map((p) => `${p.name} ${k.profile}`));
  expect(Object.keys(PENDING).filter((name) => !all.includes(name))).toEqual([]);
});
