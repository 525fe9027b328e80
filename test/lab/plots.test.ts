/** TCP over time and the timeline: both are read off the trace and the headers on the wire, so both must agree with the counters. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, KIND, loadScenario, readSockets, runScenario } from '../../sim/host/index.ts';
import { type Answer, type Lab, openLab, type Params, QUERIES, type QueryName } from '../../sim/lab/index.ts';

let core: WebAssembly.Module;
let lab: Lab;
const scenario = (name: string) => readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8');
const open = (name: string) => openLab(core, { name, text: scenario(name), sets: [] });
const ask = <K extends QueryName>(of: Lab, name: K, params: Params<K>, step: number, branch = 0): Answer<K> =>
  (QUERIES[name] as unknown as (m: unknown, p: unknown, l: Lab) => Answer<K>)(of.moment({ branch, step }), params, of);

beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  lab = open('loss');
  lab.branch(0).recording.finish();
});

const recording = () => lab.branch(0).recording;
const end = () => recording().trace.timeNs(recording().trace.length - 1);
const plot = (more: Partial<Params<'tcp_plot'>> = {}, step = recording().length) => {
  const all = { flow: 0, side: 0 as const, vantage: 'sender' as const, from_ns: 0, to_ns: end() + 1, columns: 800 };
  return ask(lab, 'tcp_plot', { ...all, ...more }, step) as NonNullable<Answer<'tcp_plot'>>;
};

test('what a laboratory watches beside the trace leaves the state as it is', () => {
  const unwatched = runScenario(core, loadScenario(scenario('loss'), 'loss', { sets: [] }));
  expect(recording().hashAt(recording().length)).toBe(unwatched.result.stateHash);
});

describe('a connection over time', () => {
  test('there is one, with what its counters say was sent again and what the link lost', () => {
    const flows = ask(lab, 'tcp_flows', {}, 0).rows;
    const result = recording().result();
    expect(flows).toHaveLength(1);
    expect(flows[0]?.ends).toEqual(['10.0.0.1:10000', '10.0.0.2:9999']);
    expect(flows[0]?.bytes[0]).toBe(4 * 2 ** 20);
    expect(flows[0]?.again).toBe(result?.client.tcp['RetransSegs']);
    const { trace } = recording();
    const lost = trace.filter((b, i) => b.kind(i) === KIND.drop && b.host(i) === 0 && b.a(i) === 1);
    expect(flows[0]?.lost).toBe(lost.length);
  });

  test('columns neither lose a segment nor stretch what they sum up', () => {
    const fine = plot({ columns: 100_000 });
    const coarse = plot({ columns: 50 });
    const sum = (p: typeof fine) => p.data.reduce((n, d) => n + d.count, 0);
    expect(coarse.data.length).toBeLessThanOrEqual(51);
    expect(sum(fine)).toBe(sum(coarse));
    expect(Math.max(...coarse.data.map((d) => d.high))).toBe(Math.max(...fine.data.map((d) => d.high)));
    expect(Math.min(...coarse.data.map((d) => d.low))).toBe(Math.min(...fine.data.map((d) => d.low)));
    expect(coarse.again.length).toBe(fine.again.length);
  });

  test('the ACK line does not fall, ends with the last byte, and the window lies above it', () => {
    const { acks } = plot();
    for (const [i, a] of acks.entries()) {
      expect(a.edge).toBeGreaterThanOrEqual(a.ack);
      if (i > 0) expect(a.ack).toBeGreaterThanOrEqual(acks[i - 1]?.ack as number);
    }
    // SYN and FIN take a number each.
    expect(acks.at(-1)?.ack).toBe(4 * 2 ** 20 + 2);
  });

  test('SACK blocks name bytes that were sent and are not acknowledged in order', () => {
    const { sacks, acks, data } = plot({ columns: 100_000 });
    expect(sacks.length).toBeGreaterThan(10);
    const high = Math.max(...data.map((d) => d.high));
    for (const s of sacks) {
      expect(s.high).toBeGreaterThan(s.low);
      expect(s.high).toBeLessThanOrEqual(high);
      expect(acks.some((a) => a.time_ns === s.time_ns)).toBe(true);
    }
  });

  test('the receiver sees each segment later than the sender, and none that was lost', () => {
    const [sent, come] = [plot({ columns: 100_000 }), plot({ columns: 100_000, vantage: 'receiver' })];
    const left = new Map(sent.data.map((d) => [d.pkt, d.time_ns]));
    for (const d of come.data) if (left.has(d.pkt)) expect(d.time_ns).toBeGreaterThan(left.get(d.pkt) as number);
    const lost = new Set(sent.lost.map((s) => s.pkt));
    expect(come.data.some((d) => d.count === 1 && lost.has(d.pkt))).toBe(false);
  });

  test('both ends are the sockets of that moment', () => {
    const step = Math.floor(recording().length / 2);
    const [client, server] = ask(lab, 'tcp_ends', { flow: 0 }, step);
    const sockets = readSockets(lab.moment({ branch: 0, step }).engine());
    expect(client).toEqual(sockets.find((s) => s.host === 0 && s.lport === 10000));
    expect(server).toEqual(sockets.find((s) => s.host === 1 && s.rport === 10000));
    expect(server?.bytes_received).toBeGreaterThan(0);
  });
});

describe('what passed, row by row', () => {
  const ladder = (step: number) => {
    const time_ns = recording().steps.timeNs(step);
    return ask(lab, 'tcp_ladder', { flow: 0, time_ns, before: 20, after: 12 }, step) as NonNullable<Answer<'tcp_ladder'>>;
  };
  test('rows go with time, and the moment parts them', () => {
    const step = 2000;
    const { times, past, trains } = ladder(step);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(past).toBe(times.filter((t) => t <= recording().steps.timeNs(step)).length);
    for (const t of trains) if (t.arrives) expect(t.arrives[0]).toBeGreaterThan(t.leaves[0]);
  });
  test('a train that got lost has its reason', () => {
    const lost = Array.from({ length: 40 }, (_, i) => ladder(100 + i * 100)).flatMap((l) => l.trains.filter((t) => t.lost > 0));
    expect(lost.some((t) => t.why === 'SIM_WIRE_LOSS' && t.arrives === undefined)).toBe(true);
  });
  test('going back shows what was there before', () => {
    const steps = [300, 1500, 4000];
    const forward = steps.map(ladder);
    expect([...steps].reverse().map(ladder).reverse()).toEqual(forward);
  });
});

describe('the timeline', () => {
  type Frame = NonNullable<Answer<'timeline'>>;
  const timeline = (of: Lab, more: Partial<Params<'timeline'>> = {}, step = 1000) =>
    ask(of, 'timeline', { from_ns: 0, to_ns: end() + 1, columns: 600, selected: undefined, ...more }, step) as Frame;

  test('a core does one thing at a time, and as long as it was charged for', () => {
    const all = timeline(lab, { columns: 2_000_000, to_ns: 2_000_000 });
    const cores = all.tracks.filter((t) => t.kind === 'core');
    expect(new Set(cores.map((t) => t.context))).toEqual(new Set(['hardirq', 'softirq', 'task_work', 'syscall', 'user']));
    for (const { spans } of cores) {
      for (const [i, s] of spans.entries()) if (i > 0) expect(s.from_ns).toBeGreaterThanOrEqual(spans[i - 1]?.to_ns as number);
    }
    const softirq = cores.find((t) => t.host === 1 && t.context === 'softirq');
    const span = softirq?.spans.find((s) => s.text.startsWith('poll') || s.to_ns - s.from_ns > 500);
    const detail = ask(lab, 'timeline_span', { record: span?.record as number }, 0);
    const cycles = detail?.accounts.reduce((sum, a) => sum + a.cycles, 0) as number;
    expect((detail?.to_ns as number) - (detail?.from_ns as number)).toBeCloseTo(cycles / 3, -1);
  });

  test('zooming out keeps how busy a track was', () => {
    const [fine, coarse] = [timeline(lab, { columns: 50_000 }), timeline(lab, { columns: 100 })];
    for (const [i, t] of coarse.tracks.entries()) {
      expect(t.busy).toBeCloseTo(fine.tracks[i]?.busy as number, 9);
      expect(t.spans.reduce((n, s) => n + s.count, 0)).toBe(fine.tracks[i]?.spans.reduce((n, s) => n + s.count, 0));
    }
  });

  test('a packet is followed from the sender\'s NIC to the receiver\'s task work', () => {
    const { flow } = timeline(lab, { selected: 'packet:100' });
    const tracks = flow?.points.map((p) => p.track.split('/').slice(0, 2).join('/'));
    expect(tracks?.slice(0, 3)).toEqual(['nic/0', 'link/0', 'nic/1']);
    expect(tracks?.at(-1)).toBe('core/1');
    const times = flow?.points.map((p) => p.time_ns) ?? [];
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  test('only the levels of now depend on the moment', () => {
    const [early, late] = [500, 5000].map((step) => ask(lab, 'timeline_now', {}, step));
    expect(timeline(lab, {}, 5000)).toEqual(timeline(lab, {}, 500));
    expect(late).not.toEqual(early);
    expect(early?.['counter/1/posted']).toBe(1024);
    expect(ask(lab, 'timeline_now', {}, 500)).toEqual(early);
  });

  test('spans and segments that do not fit the filter are told', () => {
    const all = timeline(lab, { columns: 1_000_000, filter: 'event = napi_poll' }).tracks;
    const contexts = new Set(all.filter((t) => t.spans.some((s) => !s.dim)).map((t) => t.context));
    expect(contexts).toEqual(new Set(['softirq']));
    const drops = plot({ columns: 100_000, filter: 'event = drop' });
    const fit = drops.data.filter((d) => !d.dim).map((d) => d.pkt);
    expect(fit.length).toBeGreaterThan(0);
    for (const pkt of drops.lost.map((s) => s.pkt)) expect(drops.data.find((d) => d.pkt === pkt)?.dim).not.toBe(true);
  });

  test('what is read in small pieces is the same as read in one go', () => {
    const other = open('loss');
    other.branch(0).recording.finish();
    let turns = 0;
    while (turns < 1000 && !timeline(other, { budget_ms: 0, columns: 1 }).whole) turns++;
    while (turns < 1000 && !ask(other, 'tcp_flows', { budget_ms: 0 }, 0).whole) turns++;
    expect(turns).toBeGreaterThan(10);
    expect(timeline(other)).toEqual(timeline(lab));
    expect(ask(other, 'tcp_flows', {}, 0)).toEqual(ask(lab, 'tcp_flows', {}, 0));
  });

  test('asked while it is recorded it says the same in the end', () => {
    const other = open('loss');
    const branch = other.branch(0).recording;
    while (branch.advance(1)) {
      timeline(other, { columns: 50 }, branch.length);
      ask(other, 'tcp_flows', {}, branch.length);
      // Going back in between must not disturb what the charges say.
      branch.engineAt(Math.floor(branch.length / 2));
    }
    expect(timeline(other)).toEqual(timeline(lab));
    expect(ask(other, 'tcp_flows', {}, 0)).toEqual(ask(lab, 'tcp_flows', {}, 0));
  });
});

test('a branch begins with the segments of the one that it left, and a charge in it is no larger than the time that it took', () => {
  const at = Math.floor(recording().length / 3);
  const branch = lab.fork({ branch: 0, step: at }, 'same', []);
  const fork = lab.branch(branch).recording;
  const before = fork.frames.length;
  expect(before).toBeGreaterThan(100);
  fork.finish();
  expect(fork.frames.length).toBe(recording().frames.length);
  expect(ask(lab, 'tcp_flows', {}, 0, branch)).toEqual(ask(lab, 'tcp_flows', {}, 0));
  expect(fork.trace.length).toBe(recording().trace.length);
  for (let i = 0; i < fork.trace.length; i++)
    if (fork.trace.kind(i) === KIND.cpu_charge) expect(fork.trace.b(i)).toBe(recording().trace.b(i));
});
