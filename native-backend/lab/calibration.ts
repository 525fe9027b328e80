/**
 * From what the agent's benchmarks took to knobs of a machine: each knob is a sum of times, some of them subtracted, so that the spread
 * of the times gives the spread of the knob.
 */
import type { TraceLine } from '../../sim/host/index.ts';
import { COSTS } from '../../sim/schema/costs.ts';
import type { Machine, MachineValue } from '../../sim/schema/machine_form.ts';

export interface Bench {
  readonly name: string;
  /** What it does, in words. */
  readonly method: string;
  /** Median and quartiles of one time, in ns; undefined: it cannot be had here. */
  readonly ns?: number;
  readonly low_ns?: number;
  readonly high_ns?: number;
  readonly why?: string;
}

export interface CalibratedKnob {
  readonly knob: string;
  readonly unit: string;
  readonly value: number;
  /** What the quartiles of its benchmarks make of it, at worst. */
  readonly low: number;
  readonly high: number;
  /** How it follows from them. */
  readonly from: string;
  /** The spread is so wide that the value says little. */
  readonly unsure: boolean;
}

export interface Calibration {
  readonly kernel: string;
  readonly architecture: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly virtual: boolean;
  readonly load: number;
  readonly benches: readonly Bench[];
  readonly knobs: readonly CalibratedKnob[];
  /** Costs that nothing here can measure and nobody has published: they stay as they are shipped. */
  readonly unsourced: readonly string[];
}

type Terms = Readonly<Record<string, number>>;
/** NOPs for each call of the benchmarks that have several. */
const BATCH = 32;
const ONE_CALL: Terms = { nop_1: BATCH / (BATCH - 1), nop: -BATCH / (BATCH - 1) };
const part = (terms: Terms, factor: number): Terms => Object.fromEntries(Object.entries(terms).map(([n, f]) => [n, f * factor]));
const plus = (a: Terms, b: Terms): Terms => Object.fromEntries(
  [...new Set([...Object.keys(a), ...Object.keys(b)])].map((n) => [n, (a[n] ?? 0) + (b[n] ?? 0)]));

interface Row {
  readonly cost: string;
  readonly terms: Terms;
  readonly from: string;
}
const row = (cost: string, from: string, terms: Terms): Row => ({ cost, terms, from });

/** Costs of sim/schema/costs.ts, and what they are made of. */
export const ROWS: readonly Row[] = [
  row('syscall', 'syscall', { syscall: 1 }),
  row('enter', 'a call with one NOP, less that NOP', ONE_CALL),
  row('sqe', 'a NOP without a completion, less its part of the call', plus({ nop_silent: 1 }, part(ONE_CALL, -1 / BATCH))),
  row('cqe', 'a NOP, less one without a completion and the look at it', { nop: 1, nop_silent: -1, look: -1 }),
  row('app_cqe', 'look', { look: 1 }),
  row('task_work', 'a NOP through task work, less a NOP', { nop_task_work: 1, nop: -1 }),
  row('file_ref', 'a NOP with a file, less a NOP', { nop_file: 1, nop: -1 }),
  row('epoll_event', 'epoll_wait with an event, less without', { epoll: 1, epoll_empty: -1 }),
  row('buf_provide', 'provide', { provide: 1 }),
  row('recv', 'recv of nothing, less a system call', { recv_empty: 1, syscall: -1 }),
  row('send', 'send that appends, less a system call', { send_append: 1, syscall: -1 }),
  row('wake_up', 'a call that wakes on its own core, less one that wakes nobody', { wake: 1, wake_nobody: -1 }),
  row('ipi_send', 'a call that wakes on an idle other core, less one that does on its own', { wake_other: 1, wake: -1 }),
  row('context_switch', 'a hop on one core, less the call that wakes and one that does not wait', { hop: 1, wake: -1, wait_not: -1 }),
  row('remote_line', 'line', { line: 1 }),
  row('pin_page', 'pin', { pin: 1 }),
  row('copy_kib', 'a read of 4096 bytes, less one of 64', { read_page: 1024 / 4032, read_line: -1024 / 4032 }),
  row('copy_l2_kib', 'copy_l2, less copy_l1', { copy_l2: 1, copy_l1: -1 }),
  row('copy_llc_kib', 'copy_llc, less copy_l1', { copy_llc: 1, copy_l1: -1 }),
  row('copy_miss_kib', 'copy_dram, less copy_l1', { copy_dram: 1, copy_l1: -1 }),
  row('copy_rfo_kib', 'copy_to_dram, less copy_l1', { copy_to_dram: 1, copy_l1: -1 }),
  row('csum_kib', 'csum', { csum: 1 }),
  row('app_read_kib', 'read_l1', { read_l1: 1 }),
  row('app_miss_kib', 'read_dram, less read_l1', { read_dram: 1, read_l1: -1 }),
];

const UNSURE = 0.5;

/** A sum of times at the medians, and at the quartiles that make it least and most. */
function sumOf(benches: ReadonlyMap<string, Bench>, terms: Terms): { mid: number; low: number; high: number } | undefined {
  const sum = { mid: 0, low: 0, high: 0 };
  for (const [name, factor] of Object.entries(terms)) {
    const { ns, low_ns, high_ns } = benches.get(name) ?? {};
    if (ns === undefined || low_ns === undefined || high_ns === undefined) return undefined;
    sum.mid += factor * ns;
    sum.low += factor * (factor > 0 ? low_ns : high_ns);
    sum.high += factor * (factor > 0 ? high_ns : low_ns);
  }
  return sum;
}

/** Knobs in cycles of the clock that was found; none without it. */
export function knobsOf(list: readonly Bench[]): CalibratedKnob[] {
  const benches = new Map(list.map((b) => [b.name, b]));
  const clock = sumOf(benches, { clock: 1 });
  if (!clock) return [];
  const mhz = 1000 / clock.mid;
  const costs = ROWS.flatMap(({ cost, terms, from }): CalibratedKnob[] => {
    const sum = sumOf(benches, terms);
    if (!sum) return [];
    const cycles = (ns: number) => Math.max(0, Math.round((ns * mhz) / 1000));
    const [value, low, high] = [cycles(sum.mid), cycles(sum.low), cycles(sum.high)];
    const unit = COSTS.find((c) => c.name === cost)?.unit ?? 'cycles';
    return [{ knob: `cost.${cost}`, unit, value, low, high, from, unsure: high - low > UNSURE * value }];
  });
  const [low, high] = [Math.round(1000 / clock.high), Math.round(1000 / clock.low)];
  const own = { knob: 'cpu.mhz', unit: 'MHz', value: Math.round(mhz), low, high, from: 'clock' };
  return [{ ...own, unsure: high - low > UNSURE * mhz }, ...costs];
}

const SIZES = [['mem.l2_bytes', 'l2'], ['mem.llc_bytes', 'llc']] as const;
/** Sizes of caches, as the system knows them; of a virtual machine the last level is often that of all its neighbours. */
export const sizesOf = (said: TraceLine): CalibratedKnob[] => SIZES.flatMap(([knob, word]) => {
  const value = Number(said[word]);
  return value > 0 ? [{ knob, unit: 'bytes', value, low: value, high: value, from: 'sysconf(3)', unsure: false }] : [];
});

/** What the agent printed. */
export function benchesOf(lines: readonly TraceLine[]): Bench[] {
  return lines.filter((l) => l.e === 'bench').map((l): Bench => {
    const [name, method] = [String(l.name), String(l.method)];
    if (l.ps === undefined) return { name, method, why: String(l.why) };
    const [ns, low_ns, high_ns] = [l.ps, l.ps_quarter, l.ps_three_quarters].map((ps) => Number(ps) / 1000) as [number, number, number];
    return { name, method, ns, low_ns, high_ns };
  });
}

export const unsourcedBut = (knobs: readonly CalibratedKnob[]): string[] =>
  COSTS.filter((c) => c.source === 'unsourced' && c.unit !== 'ns' && !knobs.some((k) => k.knob === `cost.${c.name}`)).map((c) => c.name);

/** A calibration as a machine. */
export function machineOf(c: Calibration): Machine {
  const where = `${c.cpu}, ${c.cpus} ${c.cpus === 1 ? 'CPU' : 'CPUs'}${c.virtual ? ' of a virtual machine' : ''}, Linux ${c.kernel}`;
  const source = (k: CalibratedKnob) => `ringlab calibrate: ${k.from} (${k.low} to ${k.high})`;
  return {
    name: c.cpu, about: `measured by ringlab calibrate: ${where}`,
    values: c.knobs.map((k): MachineValue => ({ knob: k.knob, value: k.value, by: 'calibrated', source: source(k) })),
  };
}

/** What is shipped, for who cannot measure. */
export const shippedMachine = (): Machine => ({
  name: 'shipped', about: 'the defaults of ringlab: nothing was measured',
  values: COSTS.filter((c) => c.unit !== 'ns').map((c): MachineValue =>
    ({ knob: `cost.${c.name}`, value: c.value, by: c.source === 'unsourced' ? 'assumed' : 'published', source: c.source })),
});
