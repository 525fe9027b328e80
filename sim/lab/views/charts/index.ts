/** What is drawn over time: rates, levels, prices and latencies of a run, in the same slices. Of what is recorded, not of a moment. */
import { ACCOUNTS } from '../../../schema/costs.ts';
import { percentile } from '../../../host/index.ts';
import { type LevelName, levelsOf, NO_LEVEL } from '../../filter/index.ts';
import type { Moment } from '../../moment.ts';
import type { Recording } from '../../recording.ts';
import { latenciesOf } from './latencies.ts';
import { type Amount, type Tally, tallyOf } from './tally.ts';

export interface ChartSeries {
  readonly name: string;
  /** One for each slice; NaN: there is none. */
  readonly values: Float64Array;
}
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly unit: 'bps' | 'cores' | 'rate' | 'count' | 'bytes' | 'cycles' | 'ratio' | 'ns';
  /** Its series are parts of a whole. */
  readonly stacked: boolean;
  readonly series: readonly ChartSeries[];
}
export interface ChartsParams {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly parts: number;
  /** Whose buffers, rings and cycles. */
  readonly host: 0 | 1;
}
export interface ChartsAnswer {
  readonly from_ns: number;
  readonly width_ns: number;
  readonly slices: number;
  /** Share of the records that is in it, 0 to 1. */
  readonly read: number;
  /** When the last thing moved. */
  readonly end_ns: number;
  readonly charts: readonly Chart[];
}

/** For each of the three passes over the trace, which go on with the next question. */
const READ_MS = 4;
/** Quotients are taken over this many slices: what is divided must have come together. */
const JOINED = 4;
const ACCOUNTS_SHOWN = 7;
const HOSTS = ['client', 'server'] as const;

/** The slices of a chart, as groups of those of the tally. */
interface Cut {
  readonly recording: Recording;
  readonly tally: Tally;
  readonly from_ns: number;
  readonly width_ns: number;
  readonly slices: number;
  /** Slices of the tally in one of them. */
  readonly group: number;
}

function cutOf(recording: Recording, p: ChartsParams): Cut {
  const whole = tallyOf(recording);
  const parts = Math.max(8, Math.min(256, Math.floor(p.parts)));
  if (p.from_ns <= 0 && p.to_ns >= recording.steps.timeNs(recording.length)) {
    const tally = whole.extend(READ_MS);
    const group = Math.max(1, Math.ceil(tally.slices / parts));
    return { recording, tally, from_ns: 0, width_ns: tally.width_ns * group, slices: Math.ceil(tally.slices / group), group };
  }
  const tally = tallyOf(recording, { from_ns: p.from_ns, to_ns: p.to_ns, slices: parts }).extend(READ_MS);
  return { recording, tally, from_ns: p.from_ns, width_ns: tally.width_ns, slices: parts, group: 1 };
}

const filled = (cut: Cut, of: (slice: number) => number): Float64Array => Float64Array.from({ length: cut.slices }, (_, i) => of(i));
const amount = (cut: Cut, name: Amount, host: 0 | 1, slice: number, slices = 1): number =>
  cut.tally.sum(name, host, slice * cut.group, (slice + slices) * cut.group);
const sum = (values: Float64Array): number => values.reduce((a, b) => a + (Number.isNaN(b) ? 0 : b), 0);

/** Amounts a second. */
const rate = (cut: Cut, name: Amount, host: 0 | 1, times: number): Float64Array =>
  filled(cut, (i) => (amount(cut, name, host, i) * times * 1e9) / cut.width_ns);

/** A quotient over joined slices: the same for each of them. NaN where nothing is divided by. */
type Amounts = (from: number, slices: number) => number;
function quotient(cut: Cut, upper: Amounts, lower: Amounts): Float64Array {
  const out = new Float64Array(cut.slices).fill(Number.NaN);
  for (let from = 0; from < cut.slices; from += JOINED) {
    const slices = Math.min(JOINED, cut.slices - from);
    const by = lower(from, slices);
    if (by > 0) out.fill(upper(from, slices) / by, from, from + slices);
  }
  return out;
}
/** Payload bytes of a host's application, either way. */
const bytesOf = (cut: Cut, host: 0 | 1) => (from: number, slices: number): number =>
  amount(cut, 'received', host, from, slices) + amount(cut, 'sent', host, from, slices);

const chart = (
  id: string, title: string, unit: Chart['unit'], about: string, series: readonly ChartSeries[], stacked = false,
): Chart => ({ id, title, about, unit, stacked, series: series.filter((s) => s.values.some((v) => v > 0)) });

function throughput(cut: Cut): Chart {
  const series = ([0, 1] as const).flatMap((h) => [
    { name: `${HOSTS[h]} writes`, values: rate(cut, 'sent', h, 8) },
    { name: `${HOSTS[h]} reads`, values: rate(cut, 'received', h, 8) },
  ]);
  return chart('throughput', 'Throughput', 'bps', 'Payload that applications give to sockets and take from them.', series);
}

/** The most of a level in each slice; of what should not run out, the least. */
function levelValues(cut: Cut, name: LevelName, host: 0 | 1, which: 'most' | 'least' | 'last'): Float64Array {
  const { recording: { steps, length }, from_ns, width_ns } = cut;
  const levels = levelsOf(cut.recording);
  const record = (time_ns: number) => steps.records(Math.min(length, steps.atTime(time_ns)));
  return filled(cut, (i) => {
    const range = levels.range(name, host, record(from_ns + i * width_ns), record(from_ns + (i + 1) * width_ns));
    return range[which] === NO_LEVEL ? Number.NaN : range[which];
  });
}

function levels(cut: Cut, host: 0 | 1): Chart[] {
  const of = HOSTS[host];
  const level = (name: string, id: LevelName, which: 'most' | 'last' = 'most') => ({ name, values: levelValues(cut, id, host, which) });
  return [
    chart('buffers', `Buffers of the ${of}`, 'count', 'Where the buffers of its areas are, at the end of each slice.', [
      level('live', 'live', 'last'), level('at the NIC', 'posted', 'last'), level('in the pool', 'cache', 'last'),
      level('free', 'free', 'last'),
    ], true),
    chart('queues', 'Receive queues', 'bytes', 'Bytes in order that wait in sockets; the most in each slice.',
      ([0, 1] as const).map((h) => ({ name: HOSTS[h], values: levelValues(cut, 'queued', h, 'most') }))),
    chart('rings', `Rings and queues of the ${of}`, 'count', 'Entries that wait; the most in each slice.', [
      level('RX ring', 'rx'), level('completions', 'cq'), level('refill ring', 'rq'), level('link', 'link'),
    ]),
  ];
}

function prices(cut: Cut, host: 0 | 1): Chart[] {
  const of = HOSTS[host];
  const accounts = ACCOUNTS.map((name) => ({
    name, values: quotient(cut, (from, slices) => amount(cut, name, host, from, slices), bytesOf(cut, host)),
  })).sort((a, b) => sum(b.values) - sum(a.values));
  const rest = accounts.slice(ACCOUNTS_SHOWN).reduce((all, { values }) => all.map((v, i) => v + (values[i] as number)),
    accounts.length > ACCOUNTS_SHOWN ? filled(cut, () => 0) : new Float64Array());
  const { meter } = cut.recording;
  const bus = (h: 0 | 1) => quotient(cut, (from, slices) =>
    meter.until(h, cut.from_ns + (from + slices) * cut.width_ns) - meter.until(h, cut.from_ns + from * cut.width_ns), bytesOf(cut, h));
  return [
    chart('cycles', `Cycles per byte of the ${of}`, 'cycles', 'What its cores were charged, by account, per payload byte.',
      [...accounts.slice(0, ACCOUNTS_SHOWN), { name: 'the rest', values: rest }], true),
    chart('dram', 'DRAM bytes per byte', 'ratio', 'What the memory bus moved, per payload byte.',
      ([0, 1] as const).map((h) => ({ name: HOSTS[h], values: bus(h) }))),
  ];
}

/** How many cores' worth of cycles were charged, of each host; and completions a second. */
function work(cut: Cut): Chart[] {
  const busy = (h: 0 | 1) => {
    const cycles = (cut.width_ns * cut.recording.scenario.hosts[h].values['cpu.mhz']) / 1000;
    return filled(cut, (i) => ACCOUNTS.reduce((all, name) => all + amount(cut, name, h, i), 0) / cycles);
  };
  const both = (of: (h: 0 | 1) => Float64Array) => ([0, 1] as const).map((h) => ({ name: HOSTS[h], values: of(h) }));
  return [
    chart('cores', 'Busy cores', 'cores', 'Cores of each host that worked, by what they were charged.', both(busy)),
    chart('completions', 'Completions', 'rate', 'Completions posted, per second.', both((h) => rate(cut, 'cqes', h, 1))),
  ];
}

function latency(cut: Cut): Chart {
  const parts = Math.ceil(cut.slices / JOINED);
  const sorted = latenciesOf(cut.recording).parts(cut.from_ns, cut.width_ns * JOINED, parts);
  const of = (share: number) => filled(cut, (i) => {
    const part = sorted[Math.floor(i / JOINED)] as number[];
    return part.length === 0 ? Number.NaN : percentile(part, share);
  });
  return chart('latency', 'Latency', 'ns', 'From the last byte’s DMA to the application; of requests, until the answer.', [
    { name: 'all below', values: of(1) }, { name: '99 % below', values: of(0.99) }, { name: '90 % below', values: of(0.9) },
    { name: 'half below', values: of(0.5) },
  ]);
}

function trouble(cut: Cut): Chart {
  const both = (name: Amount) => filled(cut, (i) => amount(cut, name, 0, i) + amount(cut, name, 1, i));
  return chart('trouble', 'Drops and retransmissions', 'count', 'Packets in each slice, of both hosts.', [
    { name: 'dropped', values: both('drops') }, { name: 'sent again', values: both('again') },
  ]);
}

/** The last answer of a recording: a view asks again when it is only looked at anew. */
const LAST = new WeakMap<Recording, { readonly key: string; readonly answer: ChartsAnswer }>();

/** While the trace has not been read, there are no charts: asked again, it goes on reading. */
export function charts({ recording }: Moment, p: ChartsParams): ChartsAnswer {
  const key = JSON.stringify([p, recording.trace.length, recording.done]);
  const last = LAST.get(recording);
  if (last?.key === key) return last.answer;
  const levels_read = levelsOf(recording);
  levels_read.extend(READ_MS);
  const cut = cutOf(recording, p);
  const whole = tallyOf(recording);
  const read = Math.min(cut.tally.read, levels_read.read, latenciesOf(recording).extend(READ_MS).read);
  const head = { from_ns: cut.from_ns, width_ns: cut.width_ns, slices: cut.slices, read, end_ns: whole.slices * whole.width_ns };
  if (read < 1) return { ...head, charts: [] };
  const all = [throughput(cut), ...levels(cut, p.host), ...prices(cut, p.host), latency(cut), ...work(cut),
    trouble(cut)];
  const answer = { ...head, charts: all.filter((c) => c.series.length > 0) };
  LAST.set(recording, { key, answer });
  return answer;
}
