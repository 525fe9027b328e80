/** Changes by hand: what they do to the run, what is refused, and that going back finds them where they were. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, eventOf, KIND, narrate, NO_BUFFER } from '../../sim/host/index.ts';
import { type Edit, type Lab, openLab, type Recording, rerun } from '../../sim/lab/index.ts';
import { EDITS } from '../../sim/schema/edits.ts';
import { HOST_KNOBS } from '../../sim/schema/scenario.ts';

let core: WebAssembly.Module;
let lab: Lab;
let base: Recording;
const open = (name: string, sets: readonly string[] = []) =>
  openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets: ['run.verify=on', ...sets] });
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  lab = open('bulk', ['client.app.bytes=2MiB', 'server.refill.area_bytes=4MiB']);
  base = lab.branch(0).recording.finish();
});

/** The record of the n-th event of a name. */
function recordOf(r: Recording, event: string, nth: number, test: (i: number) => boolean = () => true): number {
  for (let i = 0, n = 0; i < r.trace.length; i++) if (r.trace.kind(i) === KIND[event] && test(i) && ++n === nth) return i;
  throw new Error(`there is no ${event} number ${nth}`);
}
function eventsOf(r: Recording, event: string, from = 0): number[] {
  const found: number[] = [];
  for (let i = from; i < r.trace.length; i++) if (r.trace.kind(i) === KIND[event]) found.push(i);
  return found;
}
afterEach(() => {
  for (let n = lab.branches.length - 1; n > 0; n--) if (lab.branches[n]) lab.remove(n);
});

/** A branch with one edit, recorded to its end. */
function edited(step: number, edit: { set: string } | { fault: string; host: 0 | 1; args: readonly number[] }): Recording {
  const made: Edit = { at: step, ...edit };
  return lab.branch(lab.fork({ branch: 0, step }, 'edited', [made])).recording.finish();
}
/** The n-th data frame on the wire, and the step after which it is in flight. */
function flying(nth: number): { pkt: number; step: number } {
  const record = recordOf(base, 'wire_send', nth, (i) => base.trace.a(i) > 1000);
  return { pkt: base.trace.pktId(record), step: base.steps.ofRecord(record) };
}
const after = (r: Recording, step: number) => r.steps.records(step);

describe('a packet on the wire', () => {
  test('is dropped: it never arrives, its bytes are sent again, and the stream is whole', () => {
    const { pkt, step } = flying(40);
    const r = edited(step, { fault: 'drop', host: 0, args: [pkt] });
    expect(r.failure).toBeUndefined();
    expect(eventsOf(r, 'wire_arrive').some((i) => r.trace.pktId(i) === pkt)).toBe(false);
    expect(eventsOf(base, 'wire_arrive').some((i) => base.trace.pktId(i) === pkt)).toBe(true);
    expect(eventsOf(r, 'tcp_retransmit').length).toBeGreaterThan(eventsOf(base, 'tcp_retransmit').length);
    expect(r.result()?.streams).toEqual(base.result()?.streams.map((s) => expect.objectContaining({ sha256: s.sha256 })));
    const [record] = eventsOf(r, 'edit');
    expect(record).toBe(after(r, step));
    expect(narrate(r.trace.record(record as number))).toBe(`by hand: drop this packet (packet ${pkt})`);
  });
  test('is delayed: others overtake it', () => {
    const { pkt, step } = flying(40);
    const r = edited(step, { fault: 'delay', host: 0, args: [pkt, 50_000] });
    const arrival = (x: Recording) => x.trace.timeNs(recordOf(x, 'wire_arrive', 1, (i) => x.trace.pktId(i) === pkt));
    expect(arrival(r)).toBe(arrival(base) + 50_000);
    expect(eventsOf(r, 'tcp_ooo').length).toBeGreaterThan(0);
  });
  test('is doubled: it arrives twice', () => {
    const { pkt, step } = flying(40);
    const seq = base.trace.b(recordOf(base, 'wire_send', 1, (i) => base.trace.pktId(i) === pkt));
    const r = edited(step, { fault: 'duplicate', host: 0, args: [pkt] });
    const arrivals = (x: Recording) => eventsOf(x, 'wire_arrive').filter((i) => x.trace.b(i) === seq && x.trace.a(i) > 1000).length;
    expect(arrivals(r)).toBe(arrivals(base) + 1);
  });
  test('is corrupted: a checksum finds it', () => {
    const { pkt, step } = flying(40);
    const r = edited(step, { fault: 'corrupt', host: 0, args: [pkt] });
    expect(eventsOf(r, 'drop').some((i) => r.trace.pktId(i) === pkt)).toBe(true);
  });
});

test('a packet that waits in a TX ring is dropped when it leaves', () => {
  // The last frame of a large packet: at the step before its first one leaves it still waits.
  const first = recordOf(base, 'nic_tx', 20, (i) => base.trace.c(i) !== 0);
  const packet = base.trace.c(first);
  const begins = recordOf(base, 'nic_tx', 1, (i) => base.trace.c(i) === packet);
  const r = edited(base.steps.ofRecord(begins) - 1, { fault: 'drop', host: 0, args: [base.trace.pktId(first)] });
  expect(eventsOf(r, 'drop').map((i) => r.trace.pktId(i))).toContain(base.trace.pktId(first));
});

test('a packet in the receive ring is lost before the driver sees it, and its buffer goes back to the pool', () => {
  const record = recordOf(base, 'nic_dma', 40, (i) => base.trace.c(i) > 1000);
  const r = edited(base.steps.ofRecord(record), { fault: 'drop', host: 1, args: [base.trace.pktId(record)] });
  expect(r.failure).toBeUndefined();
  expect(eventsOf(r, 'drop').map((i) => r.trace.pktId(i))).toContain(base.trace.pktId(record));
  expect(eventsOf(r, 'skb_build').some((i) => r.trace.pktId(i) === base.trace.pktId(record))).toBe(false);
});

test('an interrupt is held back: none comes before, and frames pile up', () => {
  const record = recordOf(base, 'nic_irq', 5, (i) => base.trace.host(i) === 1);
  const step = base.steps.ofRecord(record) - 1;
  const r = edited(step, { fault: 'hold_irq', host: 1, args: [base.trace.a(record), 60_000] });
  const next = eventsOf(r, 'nic_irq', after(r, step)).find((i) => r.trace.host(i) === 1) as number;
  expect(r.trace.timeNs(next)).toBeGreaterThanOrEqual(base.steps.timeNs(step) + 60_000);
  expect(r.trace.b(next)).toBeGreaterThan(base.trace.b(record));
});

test('a softirq is held: its core polls nothing meanwhile', () => {
  const record = recordOf(base, 'napi_schedule', 5, (i) => base.trace.host(i) === 1);
  const step = base.steps.ofRecord(record);
  const r = edited(step, { fault: 'hold_softirq', host: 1, args: [base.trace.core(record), 70_000] });
  const next = eventsOf(r, 'napi_poll', after(r, step)).find((i) => r.trace.host(i) === 1) as number;
  expect(r.trace.timeNs(next)).toBeGreaterThanOrEqual(base.steps.timeNs(step) + 70_000);
});

test('an application is stalled: it does not run before', () => {
  const record = recordOf(base, 'app_wake', 5, (i) => base.trace.host(i) === 1);
  const step = base.steps.ofRecord(record) - 1;
  const r = edited(step, { fault: 'stall', host: 1, args: [1, 300_000] });
  const next = eventsOf(r, 'app_wake', after(r, step)).find((i) => r.trace.host(i) === 1) as number;
  expect(r.trace.timeNs(next)).toBeGreaterThanOrEqual(base.steps.timeNs(step) + 300_000);
  expect(r.result()?.streams.length).toBe(base.result()?.streams.length);
});

test('a refill entry is lost: the kernel never reads it, and its buffer is never used again', () => {
  const record = recordOf(base, 'rqe_push', 10);
  const taken = recordOf(base, 'rqe_take', 1, (i) => i > record && base.trace.a(i) === base.trace.a(record));
  const buffer = base.trace.niovIdx(taken);
  const r = edited(base.steps.ofRecord(record), { fault: 'lose_rqe', host: 1, args: [buffer] });
  const [edit] = eventsOf(r, 'edit') as [number];
  expect(r.trace.niovIdx(edit)).toBe(buffer);
  expect(eventsOf(r, 'rqe_take', edit).some((i) => r.trace.niovIdx(i) === buffer)).toBe(false);
  const oldest = edited(base.steps.ofRecord(record), { fault: 'lose_rqe', host: 1, args: [-1] });
  expect(oldest.trace.niovIdx(eventsOf(oldest, 'edit')[0] as number)).not.toBe(NO_BUFFER);
});

test('a CQ that has shrunk overflows or ends the receive where it did not', () => {
  const step = base.steps.ofRecord(recordOf(base, 'cqe', 20, (i) => base.trace.host(i) === 1));
  const ring = base.trace.a(recordOf(base, 'ring_enter', 1, (i) => base.trace.host(i) === 1));
  const r = edited(step, { fault: 'shrink_cq', host: 1, args: [ring, 65_536] });
  const ENOSPC = 2 ** 32 - 28;
  const short = (x: Recording) => eventsOf(x, 'cqe').filter((i) => x.trace.b(i) === ENOSPC).length + eventsOf(x, 'cq_overflow').length;
  expect(short(base)).toBe(0);
  expect(short(r)).toBeGreaterThan(0);
});

test('a window is closed by hand: the sender stops for a while', () => {
  const record = recordOf(base, 'sock_queue', 10, (i) => base.trace.host(i) === 1);
  const step = base.steps.ofRecord(record);
  const r = edited(step, { fault: 'close_window', host: 1, args: [base.trace.a(record)] });
  expect(r.failure).toBeUndefined();
  expect(r.hashAt(r.length)).not.toBe(base.hashAt(base.length));
  expect(r.result()?.streams.map((s) => s.sha256)).toEqual(base.result()?.streams.map((s) => s.sha256));
});

test('a connection is killed: both applications are told', () => {
  const record = recordOf(base, 'sock_queue', 10, (i) => base.trace.host(i) === 1);
  const r = edited(base.steps.ofRecord(record), { fault: 'reset', host: 1, args: [base.trace.a(record)] });
  const done = eventsOf(r, 'app_done').map((i) => r.trace.c(i) | 0);
  expect(done).toContain(-103);
  expect(done).toContain(-104);
});

describe('knobs that are turned while the world runs', () => {
  test.each([
    ['client.wire.loss_ppm=10%', 'drop'],
    ['client.wire.duplicate_ppm=10%', 'wire_fault'],
    ['client.wire.delay_ns=1ms', undefined],
    ['client.wire.rate_bps=1Gbps', undefined],
    ['server.nic.rx_usecs=200', undefined],
    ['server.napi.gro=off', undefined],
    ['server.app.work_ns=20us', undefined],
    ['server.refill.delay_ns=100us', undefined],
    ['server.refill.give_back=off', 'pool_empty'],
    ['server.cost.driver_rx_frame=9000', undefined],
    ['server.cpu.mhz=500', undefined],
  ])('%s', (set, event) => {
    const step = Math.floor(base.length / 3);
    const r = edited(step, { set });
    expect(r.failure).toBeUndefined();
    // What was before is what it was, what follows is not.
    expect(r.hashAt(step - 1)).toBe(base.hashAt(step - 1));
    expect(r.result()?.stateHash).not.toBe(base.result()?.stateHash);
    const ends = (x: Recording) => x.trace.timeNs(x.trace.length - 1);
    expect(ends(r)).not.toBe(ends(base));
    if (event) expect(eventsOf(r, event).length).toBeGreaterThan(eventsOf(base, event).length);
  });
  test('are told in words, large values too', () => {
    const r = edited(500, { set: 'client.wire.rate_bps=10Gbps' });
    expect(narrate(r.trace.record(eventsOf(r, 'edit')[0] as number))).toBe('by hand: client wire.rate_bps = 10Gbps');
    const both = edited(500, { set: 'wire.loss_ppm=1%' });
    expect(eventsOf(both, 'edit').map((i) => narrate(both.trace.record(i)))).toEqual([
      'by hand: client wire.loss_ppm = 1%', 'by hand: server wire.loss_ppm = 1%',
    ]);
  });
  test('those that were read when the world was set up are refused, with what to do instead', () => {
    expect(() => edited(10, { set: 'server.nic.rx_ring=64' })).toThrow('nic.rx_ring is read when the world is set up: begin anew with');
    expect(() => edited(10, { set: 'server.wire.loss_ppm=2000000' })).toThrow('expected a share');
    expect(() => edited(10, { set: 'server.wire.los=2' })).toThrow('expected a knob of a host');
  });
  test('only knobs of hosts are marked as such, and none that sizes something', () => {
    const live = HOST_KNOBS.filter((k) => k.live).map((k) => `${k.section}.${k.name}`);
    expect(live).toContain('wire.loss_ppm');
    expect(live.filter((k) => /(queues|entries|bytes|mtu|_ring)$/.test(k)).sort())
      .toEqual(['cost.page_pool_ring', 'tcp.limit_output_bytes']);
  });
});

test('what is not there is refused with a sentence, and leaves no branch', () => {
  const refused = (fault: string, args: readonly number[]) => () => edited(200, { fault, host: 1, args });
  expect(refused('drop', [999_999])).toThrow('drop this packet: the packet is neither on the wire, nor in a ring of a NIC now (999999)');
  expect(refused('hold_irq', [15])).toThrow('the host has no such receive queue');
  expect(refused('hold_softirq', [7])).toThrow('the host has no such core');
  expect(refused('shrink_cq', [60])).toThrow('no such ring is open');
  expect(refused('reset', [60])).toThrow('there is no such connection now');
  expect(refused('stall', [1, -3])).toThrow('expected a number from 0 to');
  expect(refused('fire', [1])).toThrow('there is no fault fire; there are drop, duplicate');
  expect(lab.branches.filter((b) => b !== undefined)).toHaveLength(1);
});

test('a branch with edits is the same backward and forward, and in a recording of its own', () => {
  const { pkt, step } = flying(40);
  const edits: Edit[] = [
    { at: step, fault: 'drop', host: 0, args: [pkt] },
    { at: step + 100, set: 'server.app.work_ns=5us' },
    { at: step + 200, fault: 'stall', host: 1, args: [1, 50_000] },
  ];
  const r = lab.branch(lab.fork({ branch: 0, step }, 'three', edits)).recording.finish();
  const steps = [step, step + 1, step + 100, step + 101, step + 200, step + 300, r.length];
  const forward = steps.map((s) => r.hashAt(s));
  expect([...steps].reverse().map((s) => r.hashAt(s)).reverse()).toEqual(forward);
  const again = lab.branch(lab.fork({ branch: 0, step: 0 }, 'again', edits)).recording.finish();
  expect(steps.map((s) => again.hashAt(s))).toEqual(forward);
  expect(eventsOf(r, 'edit')).toHaveLength(3);
  // Who makes the run again for an export comes to the same end.
  expect(rerun(core, lab.scenario, edits, {}).result.stateHash).toBe(r.result()?.stateHash);
  for (const i of eventsOf(r, 'edit')) expect(eventOf(r.trace.record(i)).words).toHaveLength(3);
  expect(EDITS[0]?.name).toBe('knob');
});
