/**
 * Cores and contexts. Work runs in a context that occupies a core for as long as its cost says; softirq and application
 * on one core wait for each other, on two they do not. Hardware (the wire, the NIC) needs no core.
 *
 * Time moves while a context works: now() is the event's time plus what was charged since. Differs from Linux: a context
 * runs to its end before another core's event is looked at, so two cores see each other's work at most one poll or one
 * turn early.
 */
import { arenaAlloc } from './arena';
import { CONTEXT_HARDWARE, CONTEXTS_MAX, CORES_MAX, COST_COUNT, costAccount, HOSTS_MAX, RINGS_MAX, THREADS_MAX } from './constants.gen';
import { costOf, hostConfig } from './config.gen';
import { coreState } from './state';

@unmanaged
export class Core {
  busy_until_ns: u64;
  /** NAPI instances that wait for this core: a list through napi structs (stack/4-napi). */
  poll_head: u32;
  poll_tail: u32;
  softirq_pending: u32;
  unused: u32;
}
const CORE_BYTES: usize = 24;
/** Charges of a context: for each cost {u64 cycles, u64 units}: how often it was charged, or bytes, or nanoseconds. */
const CHARGES_BYTES: usize = <usize>COST_COUNT << 4;

/** Makes the cores with their charges, and of the configuration the list of prices: u32[host][cost]. */
export function cpuInit(): void {
  const s = coreState();
  s.cores_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * CORES_MAX) * CORE_BYTES);
  s.charges_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * CORES_MAX * CONTEXTS_MAX) * CHARGES_BYTES);
  s.prices_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * COST_COUNT) << 2);
  for (let host: u32 = 0; host < HOSTS_MAX; host++) {
    for (let cost: u32 = 0; cost < COST_COUNT; cost++) store<u32>(priceList(host) + (<usize>cost << 2), costOf(host, cost));
  }
}
function priceList(host: u32): usize {
  return <usize>coreState().prices_base + (<usize>(host * COST_COUNT) << 2);
}
/** Charges of a core: {u64 cycles, u64 units} by context and cost. */
export function coreCharges(core_idx: u32): usize {
  return <usize>coreState().charges_base + <usize>(core_idx * CONTEXTS_MAX) * CHARGES_BYTES;
}
/**
 * The context runs in the name of a task (current): thread n of a host's process is host + HOSTS_MAX * n, threads of submission
 * queues follow, and behind those the worker threads, as many again.
 */
export function setTask(task: u32): void {
  coreState().task = task;
}
export const TASKS_OF_ALL_KINDS: u32 = 2 * (HOSTS_MAX * THREADS_MAX + RINGS_MAX);

/** Who runs from now on. */
function setRunning(host: u32, core: u32, context: u32): void {
  const s = coreState();
  s.host = host;
  s.core = core;
  s.context = context;
  s.who = (host << 8) | (context << 16) | (core << 24);
  s.charges = context == CONTEXT_HARDWARE ? 0 : <u32>(coreCharges(coreIndex(host, core)) + <usize>context * CHARGES_BYTES);
}

export function coreIndex(host: u32, core: u32): u32 {
  return host * CORES_MAX + core;
}
export function coreAt(core_idx: u32): Core {
  return changetype<Core>(<usize>coreState().cores_base + <usize>core_idx * CORE_BYTES);
}
/** Cycles of a core booked to an account since the start, in all contexts. */
export function coreCycles(core_idx: u32, account: u32): u64 {
  let cycles: u64 = 0;
  const charges = coreCharges(core_idx);
  for (let i: u32 = 0; i < CONTEXTS_MAX * COST_COUNT; i++) {
    if (costAccount(i % COST_COUNT) == account) cycles += load<u64>(charges + (<usize>i << 4));
  }
  return cycles;
}

/** All of them. */
export function coreBooked(core_idx: u32): u64 {
  let cycles: u64 = 0;
  const charges = coreCharges(core_idx);
  for (let i: u32 = 0; i < CONTEXTS_MAX * COST_COUNT; i++) cycles += load<u64>(charges + (<usize>i << 4));
  return cycles;
}

/** The time, as the running context sees it. */
export function now(): u64 {
  const s = coreState();
  return s.clock_ns + ((s.elapsed_cycles * <u64>s.ns_per_cycle_q20) >> 20);
}

/** Hardware of a host acts: no core, no cost. */
export function enterHardware(host: u32): void {
  const s = coreState();
  setRunning(host, 0xff, CONTEXT_HARDWARE);
  s.task = host;
  s.elapsed_cycles = 0;
}

/** A context begins on a core of a host: at the event's time, or when the core's present work ends. */
export function enterContext(host: u32, core: u32, context: u32): void {
  const s = coreState();
  const mhz = hostConfig(host).cpu_mhz;
  const running = coreAt(coreIndex(host, core));
  const busy = running.busy_until_ns;
  setRunning(host, core, context);
  s.task = host;
  s.prices = <u32>priceList(host);
  s.ns_per_cycle_q20 = (1000 << 20) / mhz;
  s.elapsed_cycles = busy > s.clock_ns ? ((busy - s.clock_ns) * <u64>mhz) / 1000 + 1 : 0;
}

/** The context goes on as another one on the same core (system call → task work → user). */
export function switchContext(context: u32): void {
  const s = coreState();
  setRunning(s.host, s.core, context);
}

/** The context ends; its core is busy until now(). */
export function leaveContext(): void {
  const s = coreState();
  if (s.context != CONTEXT_HARDWARE) {
    coreAt(coreIndex(s.host, s.core)).busy_until_ns = now();
  }
  enterHardware(s.host);
}

/** When a core can take new work: now, or when its present work ends. */
export function coreFreeAt(host: u32, core: u32): u64 {
  const s = coreState();
  const busy = coreAt(coreIndex(host, core)).busy_until_ns;
  return busy > s.clock_ns ? busy : s.clock_ns;
}

function book(cost: u32, cycles: u64, units: u64): void {
  const s = coreState();
  s.elapsed_cycles += cycles;
  const at = <usize>s.charges + (<usize>cost << 4);
  store<u64>(at, load<u64>(at) + cycles);
  store<u64>(at, load<u64>(at, 8) + units, 8);
}
function price(cost: u32): u64 {
  return load<u32>(<usize>coreState().prices + (<usize>cost << 2));
}

/** Charges one step to the running context. */
export function charge(cost: u32): void {
  if (coreState().charges != 0) book(cost, price(cost), 1);
}

/** Charges a step whose cost is given per KiB. */
export function chargeBytes(cost: u32, bytes: u32): void {
  if (coreState().charges != 0) book(cost, (price(cost) * <u64>bytes) >> 10, bytes);
}

/** Charges time that a scenario or a program asks for, under a cost whose unit is nanoseconds. */
export function chargeNs(cost: u32, ns: u64): void {
  const s = coreState();
  if (s.charges != 0) book(cost, (ns * <u64>hostConfig(s.host).cpu_mhz) / 1000, ns);
}
