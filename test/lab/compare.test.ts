/** Two branches on one clock; the events that one steps by; knobs and faults as a view is told of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, KIND } from '../../sim/host/index.ts';
import { type Comparison, type Lab, openLab, QUERIES, type Recording, STEPS_BY } from '../../sim/lab/index.ts';

let core: WebAssembly.Module;
let lab: Lab;
let base: Recording;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  const text = readFileSync(join(root, 'scenarios/bulk.yaml'), 'utf8');
  lab = openLab(core, { name: 'bulk', text, sets: ['client.app.bytes=2MiB', 'server.refill.area_bytes=4MiB'] });
  base = lab.branch(0).recording.finish();
});

function compared(a: number, step: number, b: number): Comparison {
  for (;;) {
    const found = QUERIES.compare(lab.moment({ branch: a, step }), { other: b }, lab);
    if (found.whole) return found;
  }
}
function flying(nth: number): { pkt: number; step: number } {
  for (let i = 0, n = 0; ; i++)
    if (base.trace.kind(i) === KIND.wire_send && base.trace.a(i) > 1000 && ++n === nth)
      return { pkt: base.trace.pktId(i), step: base.steps.ofRecord(i) };
}

describe('a packet that one branch drops', () => {
  let other: number;
  let step: number;
  let pkt: number;
  beforeAll(() => {
    ({ pkt, step } = flying(40));
    other = lab.fork({ branch: 0, step }, 'dropped', [{ at: step, fault: 'drop', host: 0, args: [pkt] }]);
    lab.branch(other).recording.finish();
  });

  test('is where the two part: one has its arrival, the other its drop; the edit itself is no difference', () => {
    const { first, same, changes } = compared(0, step, other);
    expect(changes).toEqual([[], [`drop ${pkt} at the client (step ${step})`]]);
    expect(first?.b?.event).toBe('drop');
    expect(same).toBe(base.steps.records(step));
    expect(first?.b?.step).toBeGreaterThan(step);
    const turned = compared(other, step, 0);
    expect([turned.first?.a?.text, turned.first?.b?.text]).toEqual([first?.b?.text, first?.a?.text]);
  });
  test('changes numbers of the result, those of streams first', () => {
    const { numbers } = compared(0, step, other);
    expect(numbers?.rows.map((r) => r.path)).toContain('client.tcp.RetransSegs');
    expect(numbers?.rows.find((r) => r.path === 'drops.SIM_WIRE_FAULT')).toMatchObject({ a: 0, b: 1, unit: 'count' });
    expect(numbers?.rows[0]?.path).toMatch(/^streams/);
  });
  test('leaves both at the same time, with levels of each', () => {
    const later = step + 300;
    const { steps, levels, time_ns } = compared(0, later, other);
    expect(steps[0]).toBe(later);
    const b = lab.branch(other).recording;
    expect(b.steps.timeNs(steps[1])).toBeLessThanOrEqual(time_ns);
    expect(b.steps.timeNs(steps[1] + 1)).toBeGreaterThan(time_ns);
    const received = levels.find((l) => l.name === 'received' && l.host === 1);
    expect(received?.a).toBeGreaterThan(received?.b as number);
  });
  test('is seen in the course of what was received: the same in the end, less meanwhile', () => {
    const params = { other, level: 'received', host: 1, points: 400 } as const;
    const s = QUERIES.compare_series(lab.moment({ branch: 0, step }), params, lab);
    expect(s.a.at(-1)).toBe(2 * 2 ** 20);
    expect(s.b.at(-1)).toBe(2 * 2 ** 20);
    expect([...s.a].some((v, i) => v > (s.b[i] as number))).toBe(true);
    // Wherever the playhead stands.
    expect(QUERIES.compare_series(lab.moment({ branch: 0, step: 5 }), params, lab)).toEqual(s);
  });
});

test('a branch that begins anew is compared from its first record', () => {
  const n = lab.restart('slow', ['client.wire.rate_bps=1Gbps'], 0);
  lab.branch(n).recording.finish();
  const { first, changes } = compared(0, 100, n);
  expect(changes[1]).toEqual(['client.wire.rate_bps=1Gbps']);
  expect(first?.a).toBeDefined();
  lab.remove(n);
});

test('two branches in which nothing differs are said to be the same', () => {
  const n = lab.fork({ branch: 0, step: 50 }, 'same', []);
  lab.branch(n).recording.finish();
  const { first, whole, numbers } = compared(0, 100, n);
  expect([first, whole]).toEqual([undefined, true]);
  expect(numbers).toEqual({ rows: [], total: 0 });
  lab.remove(n);
});

test.each(STEPS_BY)('stepping by %s goes through the same ones forward and backward', (by) => {
  const forward: number[] = [];
  let step = 0;
  for (let i = 0; i < 40; i++) {
    const { found } = QUERIES.next_event(lab.moment({ branch: 0, step }), { by, direction: 1 });
    if (!found) break;
    expect(found.step).toBeGreaterThan(step);
    ({ step } = found);
    forward.push(step);
  }
  expect(forward.length).toBeGreaterThan(10);
  const backward = [step];
  for (;;) {
    const { found } = QUERIES.next_event(lab.moment({ branch: 0, step }), { by, direction: -1 });
    if (!found) break;
    expect(found.step).toBeLessThan(step);
    ({ step } = found);
    backward.unshift(step);
  }
  expect(backward).toEqual(forward);
});

test('knobs are what they are at a moment: before an edit the scenario\'s, after it another', () => {
  const n = lab.fork({ branch: 0, step: 100 }, 'turned', [{ at: 100, set: 'server.nic.rx_usecs=77' }]);
  const value = (branch: number, step: number) => {
    const row = QUERIES.knobs(lab.moment({ branch, step }), {}).find((k) => k.section === 'nic' && k.name === 'rx_usecs');
    return row?.values.map((v) => [v.who, v.now, v.begun]);
  };
  lab.branch(n).recording.finish();
  expect(value(n, 99)).toEqual([['client', '8', '8'], ['server', '8', '8']]);
  expect(value(n, 100)).toEqual([['client', '8', '8'], ['server', '77', '8']]);
  expect(value(0, 100)).toEqual([['client', '8', '8'], ['server', '8', '8']]);
  expect(QUERIES.knobs(lab.moment({ branch: 0, step: 0 }), {}).find((k) => k.name === 'rx_ring')?.live).toBe(false);
  lab.remove(n);
});

test('faults say what they would be done to, and why one is refused; asking changes nothing', () => {
  const { pkt, step } = flying(30);
  const moment = lab.moment({ branch: 0, step });
  const hash = base.hashAt(step);
  const rows = QUERIES.faults(moment, { selected: `packet:${pkt}` });
  expect(rows[0]?.targets[0]).toMatchObject({ target: pkt, selected: true, refused: '' });
  expect(rows.find((r) => r.name === 'lose_rqe')?.targets[1]?.refused).toBe('lose a refill entry: no entry waits in the refill ring');
  expect(rows.find((r) => r.name === 'reset')?.targets.length).toBeGreaterThan(0);
  expect(base.hashAt(step)).toBe(hash);
  expect(base.hashAt(step - 1)).not.toBe(hash);
  expect(base.hashAt(step)).toBe(hash);
  const gone = QUERIES.faults(lab.moment({ branch: 0, step: base.length }), { selected: `packet:${pkt}` });
  expect(gone.find((r) => r.name === 'drop')?.targets[0]?.refused).toMatch('neither on the wire');
});

test('a branch is named, and a name is not empty', () => {
  const n = lab.fork({ branch: 0, step: 10 }, 'first', []);
  lab.rename(n, '  what if  ');
  expect(lab.branch(n).name).toBe('what if');
  expect(() => lab.rename(n, ' ')).toThrow('a branch has a name');
  lab.remove(n);
});
