/** The road: what moves where at an instant, and the levels beside it. The machine's own tables decide. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import {
  areaPlaces, compileCore, DROPS, IFQ, KIND, readSockets, readStruct, VIEW_ZCRX_INSTANCE, zcrxAreas, zcrxInstances,
} from '../../sim/host/index.ts';
import { type Lab, openLab, placeOfCode, type RoadFrame } from '../../sim/lab/index.ts';
import { road } from '../../sim/lab/views/road.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
const open = (name: string, sets: readonly string[] = []) =>
  openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets });
const KNOWN = new Map<string, Lab>();
/** Each scenario is recorded once. */
function recorded(name: string, sets: readonly string[] = []) {
  const key = [name, ...sets].join(' ');
  const lab = KNOWN.get(key) ?? open(name, sets);
  KNOWN.set(key, lab);
  return { lab, recording: lab.branch(0).recording.finish() };
}
const frameAt = (lab: Lab, step: number, time_ns?: number): RoadFrame => {
  const moment = lab.moment({ branch: 0, step });
  return road(moment, { time_ns: time_ns ?? moment.time_ns, move_ns: 4000, most: 60 });
};
const spread = (length: number, n: number): number[] => Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * length) / n));

describe.each(['bulk', 'loss', 'rpc', 'refill-late'])('%s', (name) => {
  test('levels that the trace tells are those of the machine, at any step', () => {
    const { lab, recording } = recorded(name);
    for (const step of spread(recording.length, 14)) {
      const { hosts } = frameAt(lab, step);
      const engine = recording.engineAt(step);
      const sockets = readSockets(engine);
      for (const [h, host] of hosts.entries()) {
        const [instance] = zcrxInstances(engine, h);
        const unread = sockets.filter((s) => s.host === h).reduce((sum, s) => sum + s.unread, 0);
        expect(host.gauges.unread, `unread bytes of host ${h} at step ${step}`).toBe(unread);
        if (instance === undefined) continue;
        const { free, cached, posted, live } = host.gauges;
        const [area] = zcrxAreas(engine, instance);
        expect({ free, cache: cached, posted, live }, `step ${step}`).toEqual(areaPlaces(engine, area ?? 0));
        const ifq = readStruct(engine.view, engine.core.view(VIEW_ZCRX_INSTANCE, instance), IFQ);
        const filled = (engine.view.getUint32(ifq.rq_tail, true) - engine.view.getUint32(ifq.rq_head, true)) >>> 0;
        expect(host.gauges.rq, `refill ring at step ${step}`).toBe(filled);
        expect(host.gauges.on_loan, `loans at step ${step}`).toBe(ifq.loans);
      }
    }
  });

  test('an instant looks the same from both sides', () => {
    const { lab, recording } = recorded(name);
    const steps = spread(recording.length, 20);
    const forward = steps.map((step) => frameAt(lab, step));
    const again = new Map([...steps].reverse().map((step) => [step, frameAt(lab, step)]));
    for (const [i, step] of steps.entries()) expect(again.get(step)).toEqual(forward[i]);
  });
});

test('an instant looks the same while the run is recorded and after it', () => {
  const lab = open('bulk');
  const { recording } = lab.branch(0);
  while (recording.length < 2000) recording.advance(1);
  const step = 1200;
  const early = frameAt(lab, step);
  recording.finish();
  expect(frameAt(lab, step)).toEqual(early);
});

test('a packet goes from place to place in the order of the road, and never stands still where it flies', () => {
  const { lab, recording } = recorded('bulk');
  const { trace, steps } = recording;
  const sent = Array.from({ length: trace.length }, (_, i) => i).filter((i) => trace.kind(i) === KIND.sock_queue);
  const id = trace.pktId(sent[Math.floor(sent.length / 2)] as number);
  const own = Array.from({ length: trace.length }, (_, i) => i).filter((i) => trace.pktId(i) === id).map((i) => trace.timeNs(i));
  const [from = 0, to = 0] = [Math.min(...own), Math.max(...own)];
  const seen: { order: number; way: number; at: number }[] = [];
  for (let time_ns = from; time_ns < to; time_ns += 100) {
    const { movers } = frameAt(lab, steps.atTime(time_ns), time_ns);
    const i = movers.id.findIndex((n, j) => n === id && movers.kind[j] === 0);
    if (i < 0) continue;
    const place = placeOfCode(movers.at[i] as number);
    const order = place.receives ? 10 + place.stage : 10 - place.stage;
    seen.push({ order, way: movers.way[i] as number, at: movers.at[i] as number });
  }
  const orders = seen.map((s) => s.order);
  expect(orders).toEqual([...orders].sort((a, b) => a - b));
  expect(new Set(orders).size).toBeGreaterThanOrEqual(4);
  const flight = seen.filter((s) => s.order === 9 && s.way >= 0).map((s) => s.way);
  expect(flight.length).toBeGreaterThan(50);
  for (let i = 1; i < flight.length; i++) expect(flight[i]).toBeGreaterThan(flight[i - 1] as number);
});

test('what was lost is told by place and reason, and nobody is on the road when all is over', () => {
  const { lab, recording } = recorded('loss');
  const frame = frameAt(lab, recording.length);
  const result = recording.result();
  const lost = frame.lost.filter((l) => l.reason === 'SIM_WIRE_LOSS').reduce((n, l) => n + l.count, 0);
  expect(lost).toBe((result?.client.drops.SIM_WIRE_LOSS ?? 0) + (result?.server.drops.SIM_WIRE_LOSS ?? 0));
  expect(lost).toBeGreaterThan(10);
  expect(frame.lost.every((l) => DROPS.some(([name]) => name === l.reason))).toBe(true);
  const first = recording.trace.filter((b, i) => b.kind(i) === KIND.drop)[0];
  const just_then = frameAt(lab, recording.steps.atTime((first?.time_ns ?? 0) + 500), (first?.time_ns ?? 0) + 500);
  expect(just_then.drops.map((d) => d.id)).toContain(`packet:${first?.pkt_id}`);
  expect(frame.on_wire).toEqual([0, 0]);
  // Buffers that nobody has asked back lie in the refill ring; all else is gone.
  expect([...new Set(frame.waiting.map((w) => placeOfCode(w.at).stage))]).toEqual([9]);
});

test('where there will be an area, its station is there from the beginning, and its levels come with it', () => {
  const { lab, recording } = recorded('bulk');
  const [begin, end] = [frameAt(lab, 0), frameAt(lab, recording.length)];
  expect(begin.hosts.map((h) => h.has_area)).toEqual([false, true]);
  expect(begin.hosts[1]).toMatchObject({ area_open: false, sizes: { area: 0 } });
  expect(end.hosts[1]).toMatchObject({ area_open: true, sizes: { area: 4096 } });
});

test('a thousand packets in flight are told within the budget of a frame', () => {
  const { lab, recording } = recorded('bulk', ['client.wire.delay_ns=600us', 'server.wire.delay_ns=600us', 'client.app.bytes=16MiB']);
  const steps = spread(recording.length, 60);
  const most = Math.max(...steps.map((step) => frameAt(lab, step).on_wire[0]));
  expect(most).toBeGreaterThan(900);
  const took = (step: number) => {
    const from = performance.now();
    frameAt(lab, step);
    return performance.now() - from;
  };
  // Other things run on the machine: the quickest of a few says what a step costs.
  const times = steps.map((step) => Math.min(took(step), took(step), took(step))).sort((a, b) => a - b);
  expect(times[30]).toBeLessThan(16);
});
