/** Rings as a view shows them: against the trace, in both directions of time, and folded without losing a slot. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, KIND } from '../../sim/host/index.ts';
import { type Lab, openLab, QUERIES } from '../../sim/lab/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
const labs = new Map<string, Lab>();
function open(name: string): Lab {
  const lab = labs.get(name) ?? openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets: [] });
  labs.set(name, lab);
  expect(lab.branch(0).recording.finish().failure).toBeUndefined();
  return lab;
}
const ALL = { kinds: [], host: undefined, idle: true } as const;
const at = (lab: Lab, step: number) => QUERIES.rings(lab.moment({ branch: 0, step }), ALL);
const stepsOf = (lab: Lab, n: number) => Array.from({ length: n + 1 }, (_, i) => Math.floor((i * lab.branch(0).recording.length) / n));

test('backward every ring is as it was forward', () => {
  const lab = open('cq-too-small');
  const steps = stepsOf(lab, 12);
  const forward = steps.map((s) => at(lab, s));
  const backward = [...steps].reverse().map((s) => at(lab, s)).reverse();
  expect(backward).toEqual(forward);
  expect(forward.at(-1)?.rings.map((r) => r.kind)).toEqual(expect.arrayContaining(['sq', 'cq', 'rq', 'rxd']));
});

test('every slot of a ring is shown or folded, once, and what is used is not free', () => {
  const lab = open('bulk');
  for (const step of stepsOf(lab, 6)) {
    for (const ring of at(lab, step).rings) {
      let next = 0;
      for (const p of ring.pieces) {
        expect(p.index).toBe(next);
        next += 'folded' in p ? p.folded : 1;
      }
      expect(next).toBe(ring.entries);
      const free = ring.pieces.reduce((n, p) => n + (p.state !== 'free' ? 0 : 'folded' in p ? p.folded : 1), 0);
      // A fold begins with the state of its first slot; marks break folds, so that each is of one state.
      expect(ring.entries - free).toBe(ring.used);
    }
  }
});

test('koverflow stays 0 while completions wait beyond a full queue, and both are said', () => {
  const lab = open('cq-too-small');
  const { recording } = lab.branch(0);
  const record = Array.from({ length: recording.trace.length }, (_, i) => i).find((i) => recording.trace.kind(i) === KIND.cq_overflow);
  const step = recording.steps.ofRecord(record as number);
  const cq = at(lab, step).rings.find((r) => r.kind === 'cq' && r.host === 1);
  const fact = cq?.twice.find((t) => t.what === 'koverflow');
  expect(fact).toMatchObject({ seen: '0', truth: '1', differs: true });
  expect(cq?.overflow?.count).toBe(1);
  expect(cq?.overflow?.first[0]).toContain('res');
  expect(cq?.note).toContain('Full');
  const beyond = QUERIES.slot(lab.moment({ branch: 0, step }), { id: 'overflow:1:0' });
  const { trace } = recording;
  expect(beyond?.structs[0]?.fields[0]?.value).toBe(String(trace.b(record as number)));
  expect(QUERIES.slot(lab.moment({ branch: 0, step }), { id: 'overflow:1:1' })).toBeNull();
});

test('a slot of the CQ holds what the trace says of its completion', () => {
  const lab = open('bulk');
  const { recording } = lab.branch(0);
  let compared = 0;
  for (const step of stepsOf(lab, 40)) {
    const moment = lab.moment({ branch: 0, step });
    for (const ring of QUERIES.rings(moment, { ...ALL, kinds: ['cq'] }).rings) {
      for (const p of ring.pieces) {
        if ('folded' in p || !p.holds?.[0]) continue;
        const r = recording.trace.record(Number(p.holds[0].slice(4)));
        const [cqe] = QUERIES.slot(moment, { id: `${ring.slots}:${p.index}` })?.structs ?? [];
        const field = (name: string) => cqe?.fields.find((f) => f.name === name)?.value;
        expect(field('user_data')).toMatch(new RegExp(`^${r.a}\\b`));
        expect(field('res')).toBe(String(r.b | 0));
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(5);
});

test('descriptors, refill entries and provided buffers name the buffers that they stand for', () => {
  const zc = open('refill-late');
  const seen = { rxd: 0, rq: 0 };
  for (const step of stepsOf(zc, 20)) {
    const moment = zc.moment({ branch: 0, step });
    for (const ring of QUERIES.rings(moment, { ...ALL, host: 1, kinds: ['rxd', 'rq'] }).rings) {
      for (const p of ring.pieces) {
        if ('folded' in p || p.state === 'free') continue;
        const id = p.holds?.[0] as string;
        const buffer = QUERIES.inspect(moment, { id });
        expect('missing' in buffer ? buffer.missing : '').toBe('');
        if (ring.kind === 'rq' && p.state === 'queued') expect(buffer).toMatchObject({ now: expect.stringContaining('On loan') });
        seen[ring.kind as 'rxd' | 'rq']++;
      }
    }
  }
  expect(Math.min(seen.rxd, seen.rq)).toBeGreaterThan(0);
  const bundle = open('bundle');
  const rings = stepsOf(bundle, 8).flatMap((s) => at(bundle, s).rings.filter((r) => r.kind === 'buf'));
  expect(rings.some((r) => r.pieces.some((p) => 'text' in p && p.text.startsWith('bid ')))).toBe(true);
});

test('the submission queue decodes operations by their own fields', () => {
  const lab = open('bulk');
  const moment = lab.moment({ branch: 0, step: lab.branch(0).recording.length });
  const ops = Array.from({ length: 6 }, (_, i) => QUERIES.slot(moment, { id: `slot:1:sq:${i}` })?.structs[0]?.fields);
  const zc = ops.find((fields) => fields?.[0]?.value.includes('RECV_ZC'));
  expect(zc?.map((f) => f.name)).toEqual(expect.arrayContaining(['zcrx_ifq_idx', 'user_data', 'fd']));
  expect(zc?.find((f) => f.name === 'ioprio')?.value).toContain('RECV_MULTISHOT');
  expect(QUERIES.slot(moment, { id: 'slot:63:sq:0' })).toBeNull();
  expect(QUERIES.slot(moment, { id: 'slot:1:sq:99999' })).toBeNull();
});

test('a frame of all rings takes less than a few milliseconds', () => {
  const lab = open('bulk');
  const step = Math.floor(lab.branch(0).recording.length / 2);
  const moment = lab.moment({ branch: 0, step });
  moment.engine();
  const times = Array.from({ length: 21 }, () => {
    const begin = performance.now();
    QUERIES.rings(moment, { ...ALL, idle: false });
    return performance.now() - begin;
  });
  // Other things run on the machine: the quickest says what it costs.
  expect(Math.min(...times)).toBeLessThan(8);
});
