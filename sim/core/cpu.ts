/**
 * Cores and contexts. Work runs in a context that occupies a core for as long as its cost says; softirq and application
 * on one core wait for each other, on two they do not. Hardware (the wire, the NIC) needs no core.
 *
 * Time moves while a context works: now() is the event's time plus what was charged since. Differs from Linux: a context
 * runs to its end before another core's event is looked at, so two cores see each other's work at most one poll or one
 * turn early.
 */
import { arenaAlloc } from './arena';
import { ACCOUNT_COUNT, CORES_MAX, COST_COUNT, costAccount, HOSTS_MAX, RINGS_MAX, THREADS_MAX } from './constants.gen';
import { costOf, hostConfig } from './config.gen';
import { coreState } from './state';

export const CONTEXT_HARDWARE: u32 = 0;
export const CONTEXT_HARDIRQ: u32 = 1;
export const CONTEXT_SOFTIRQ: u32 = 2;
export const CONTEXT_TASK_WORK: u32 = 3;
export const CONTEXT_SYSCALL: u32 = 4;
export const CONTEXT_USER: u32 = 5;

@unmanaged
export class Core {
  busy_until_ns: u64;
  /** NAPI instances that wait for this core: a list through napi structs (stack/4-napi). */
  poll_head: u32;
  poll_tail: u32;
  softirq_pending: u32;
  unused: u32;
  // u64 cycles[ACCOUNT_COUNT] follow
}
/** Where the accounts of a Core begin. */
export const CORE_CYCLES_AT: u32 = 24;
const CORE_BYTES: usize = 24 + 11 * 8;

/** Makes the cores, and of the configuration the list of prices: for each host and cost {u32 cycles, u32 account}. */
export function cpuInit(): void {
  assert(CORE_BYTES == 24 + <usize>ACCOUNT_COUNT * 8, 'CORE_BYTES disagrees with the accounts');
  const s = coreState();
  s.cores_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * CORES_MAX) * CORE_BYTES);
  s.prices_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * COST_COUNT) << 3);
  for (let host: u32 = 0; host < HOSTS_MAX; host++) {
    for (let cost: u32 = 0; cost < COST_COUNT; cost++) {
      store<u64>(priceList(host) + (<usize>cost << 3), <u64>costOf(host, cost) | (<u64>costAccount(cost) << 32));
    }
  }
}
function priceList(host: u32): usize {
  return <usize>coreState().prices_base + (<usize>(host * COST_COUNT) << 3);
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
}

export function coreIndex(host: u32, core: u32): u32 {
  return host * CORES_MAX + core;
}
export function coreAt(core_idx: u32): Core {
  return changetype<Core>(<usize>coreState().cores_base + <usize>core_idx * CORE_BYTES);
}
/** Cycles of a core booked to an account since the start. */
export function coreCycles(core_idx: u32, account: u32): u64 {
  return load<u64>(changetype<usize>(coreAt(core_idx)) + 24 + (<usize>account << 3));
}

/** All of them. */
export function coreBooked(core_idx: u32): u64 {
  let cycles: u64 = 0;
  for (let account: u32 = 0; account < ACCOUNT_COUNT; account++) cycles += coreCycles(core_idx, account);
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
  s.accounts = 0;
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
  s.accounts = <u32>changetype<usize>(running) + CORE_CYCLES_AT;
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

function book(accounts: u32, account: u32, cycles: u64): void {
  coreState().elapsed_cycles += cycles;
  const at = <usize>(accounts + (account << 3));
  store<u64>(at, load<u64>(at) + cycles);
}

/** Charges one step to the running context. */
export function charge(cost: u32): void {
  const s = coreState();
  const accounts = s.accounts;
  if (accounts == 0) return;
  const price = <usize>(s.prices + (cost << 3));
  book(accounts, load<u32>(price, 4), load<u32>(price));
}

/** Charges a step whose cost is given per KiB. */
export function chargeBytes(cost: u32, bytes: u32): void {
  const s = coreState();
  const accounts = s.accounts;
  if (accounts == 0) return;
  const price = <usize>(s.prices + (cost << 3));
  book(accounts, load<u32>(price, 4), (<u64>load<u32>(price) * <u64>bytes) >> 10);
}

/** Charges time that a scenario asks for, to an account. */
export function chargeNs(account: u32, ns: u64): void {
  const s = coreState();
  if (s.accounts != 0) book(s.accounts, account, (ns * <u64>hostConfig(s.host).cpu_mhz) / 1000);
}
