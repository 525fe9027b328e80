/**
 * Cores and contexts. Work runs in a context that occupies a core for as long as its cost says (charges.ts). There are three levels:
 * an interrupt handler interrupts softirqs and tasks, a softirq interrupts tasks. Who interrupts begins at the event's time, and what it
 * interrupts ends later by what it takes. On one level work waits for work: softirqs on a core follow each other (kernel/softirq.c:
 * handle_softirqs does not nest), tasks stand in line (run_queue.ts). Hardware (the wire, the NIC) needs no core.
 *
 *      task      ████████──────▒▒▒▒████         ▒▒ ends later by what the softirq took
 *      softirq           ██████
 *
 * Time moves while a context works: now() is the event's time plus what was charged since. Differs from Linux: a context runs to its
 * end before anything else is looked at, so others see its work at most one poll or one turn early, also those who interrupt it.
 */
import { arenaAlloc } from './arena';
import {
  CONTEXT_HARDIRQ, CONTEXT_HARDWARE, CONTEXT_TASK_WORK, CONTEXTS_MAX, CORES_MAX, COST_COUNT, HOSTS_MAX, RINGS_MAX, THREADS_MAX,
} from './constants.gen';
import { costOf, hostConfig } from './config.gen';
import { traceCharges } from './charge_trace';
import { now } from './clock';
import { coreState } from './state';
import { traceCursor } from './trace';

@unmanaged
export class Core {
  /** When the work of each level ends: interrupt handlers, softirqs, tasks. In the order of levels. */
  hardirq_until_ns: u64;
  softirq_until_ns: u64;
  task_until_ns: u64;
  /** NAPI instances that wait for this core: a list through napi structs (stack/4-napi). */
  poll_head: u32;
  poll_tail: u32;
  softirq_pending: u32;
  /** ksoftirqd has been woken; how often the present softirq may still begin again, and since when it runs. */
  ksoftirqd: u32;
  softirq_began_ns: u64;
  softirq_restarts: u32;
  /** 1 + the task whose memory and registers the core has; 0: none yet. */
  loaded: u32;
  // Tasks that want the core: run_queue.ts. Entities plus 1: the first that waits, who has the core, whose turn was just called.
  run_head: u32;
  run_event: u32;
  current: u32;
  turn: u32;
  /** How long who has the core has run since it got it; all of them, see run_queue.ts. */
  slice_ns: u64;
  vruntime_ns: u64;
  looked_ns: u64;
  /** Skbs that other cores have left for this one to free (stack/3-pool/lines.ts). */
  deferred: u32;
  unused: u32;
}
const CORE_BYTES: usize = offsetof<Core>();
/** Charges of a context: for each cost {u64 cycles, u64 units}: how often it was charged, or bytes, or nanoseconds. */
const CHARGES_BYTES: usize = <usize>COST_COUNT << 4;

const LEVEL_TASK: u32 = 2;
/** Level of a context's work: 0 for interrupt handlers, 1 for softirqs, 2 for tasks. */
function levelOf(context: u32): u32 {
  return min(context, CONTEXT_TASK_WORK) - CONTEXT_HARDIRQ;
}

/** Makes the cores with their charges, and of the configuration the list of prices: u32[host][cost]. */
export function cpuInit(): void {
  const s = coreState();
  s.cores_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * CORES_MAX) * CORE_BYTES);
  s.entities_base = <u32>arenaAlloc(<u64>(ENTITIES + 1) * ENTITY_BYTES);
  s.charges_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * CORES_MAX * CONTEXTS_MAX) * CHARGES_BYTES);
  s.prices_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * COST_COUNT) << 2);
  for (let host: u32 = 0; host < HOSTS_MAX; host++) pricesReconfigure(host);
}
export function priceList(host: u32): usize {
  return <usize>coreState().prices_base + (<usize>(host * COST_COUNT) << 2);
}
/** Charges of a core: {u64 cycles, u64 units} by context and cost. */
export function coreCharges(core_idx: u32): usize {
  return <usize>coreState().charges_base + <usize>(core_idx * CONTEXTS_MAX) * CHARGES_BYTES;
}
export const ALL_CHARGES_BYTES: usize = <usize>(HOSTS_MAX * CORES_MAX * CONTEXTS_MAX) * CHARGES_BYTES;
/** Those of one context. */
export function contextCharges(core_idx: u32, context: u32): usize {
  return coreCharges(core_idx) + <usize>context * CHARGES_BYTES;
}
/**
 * The context runs in the name of a task (current): thread n of a host's process is host + HOSTS_MAX * n, threads of submission
 * queues follow, and behind those the worker threads, as many again.
 */
export function setTask(task: u32): void {
  coreState().task = task;
}
export const TASKS_OF_ALL_KINDS: u32 = 2 * (HOSTS_MAX * THREADS_MAX + RINGS_MAX);
/** Who may want a core: tasks, and ksoftirqd of each core. */
export const ENTITIES: u32 = TASKS_OF_ALL_KINDS + HOSTS_MAX * CORES_MAX;
export const ENTITY_BYTES: usize = 24;

/** Who runs from now on. */
function setRunning(host: u32, core: u32, context: u32): void {
  const s = coreState();
  s.host = host;
  s.core = core;
  s.context = context;
  s.who = (host << 8) | (context << 16) | (core << 24);
  s.charges = context == CONTEXT_HARDWARE ? 0 : <u32>contextCharges(coreIndex(host, core), context);
}

export function coreIndex(host: u32, core: u32): u32 {
  return host * CORES_MAX + core;
}
export function coreAt(core_idx: u32): Core {
  return changetype<Core>(<usize>coreState().cores_base + <usize>core_idx * CORE_BYTES);
}

/** Hardware of a host acts: no core, no cost. */
export function enterHardware(host: u32): void {
  const s = coreState();
  setRunning(host, 0xff, CONTEXT_HARDWARE);
  s.task = host;
  s.elapsed_cycles = 0;
}

/** When a core can take new work of a level: now, or when its present work of that level and of those above ends. */
function freeAt(core: Core, level: u32): u64 {
  let at = coreState().clock_ns;
  for (let l: u32 = 0; l <= level; l++) at = max(at, load<u64>(changetype<usize>(core) + (<usize>l << 3)));
  return at;
}
/** When a core can take new work of a context. */
export function coreFreeAt(host: u32, core: u32, context: u32): u64 {
  return freeAt(coreAt(coreIndex(host, core)), levelOf(context));
}
/** Nothing runs on the core at a time. */
export function coreIdle(core_idx: u32, time_ns: u64): bool {
  return idleBefore(coreAt(core_idx), time_ns + 1);
}
function idleBefore(core: Core, time_ns: u64): bool {
  return core.hardirq_until_ns < time_ns && core.softirq_until_ns < time_ns && core.task_until_ns < time_ns;
}

function begin(host: u32, core: u32, context: u32, level: u32): void {
  const s = coreState();
  const mhz = hostConfig(host).cpu_mhz;
  const running = coreAt(coreIndex(host, core));
  let start = freeAt(running, level);
  // An idle core has to wake up first; work that follows on other work finds it awake.
  if (idleBefore(running, s.clock_ns)) start += hostConfig(host).cpu_idle_exit_ns;
  setRunning(host, core, context);
  s.task = host;
  s.prices = <u32>priceList(host);
  s.ns_per_cycle_q20 = (1000 << 20) / mhz;
  s.elapsed_cycles = start > s.clock_ns ? ((start - s.clock_ns) * <u64>mhz) / 1000 + 1 : 0;
  s.level = level;
  s.began_ns = now();
}

/** A context begins on a core of a host: at the event's time, or when the core's present work of its level or above ends. */
export function enterContext(host: u32, core: u32, context: u32): void {
  begin(host, core, context, levelOf(context));
}
/** A softirq that runs as a task does: that of ksoftirqd, or of who polls a queue himself. */
export function enterTaskLevel(host: u32, core: u32, context: u32): void {
  begin(host, core, context, LEVEL_TASK);
}

/** The context goes on as another one on the same core (system call → task work → user). */
export function switchContext(context: u32): void {
  const s = coreState();
  if (traceCursor().charges_seen != 0) traceCharges();
  setRunning(s.host, s.core, context);
}

/** Work of a level took the core from `start` on: what it interrupted ends later. */
function occupy(core: Core, level: u32, start: u64, end: u64): void {
  store<u64>(changetype<usize>(core) + (<usize>level << 3), end);
  for (let l = level + 1; l <= LEVEL_TASK; l++) {
    const at = changetype<usize>(core) + (<usize>l << 3);
    const until = load<u64>(at);
    if (until > start) store<u64>(at, until + (end - start));
  }
}

/** The context ends; its core is busy until now(). */
export function leaveContext(): void {
  const s = coreState();
  if (s.context != CONTEXT_HARDWARE) {
    const core = coreAt(coreIndex(s.host, s.core));
    const end = now();
    if (traceCursor().charges_seen != 0) traceCharges();
    occupy(core, s.level, s.began_ns, end);
    if (s.level == LEVEL_TASK) core.slice_ns += end - s.began_ns;
  }
  enterHardware(s.host);
}

/** Something that nobody models has a core for a while, at the level of a context: what wants it waits. */
export function holdCore(host: u32, core: u32, context: u32, ns: u64): void {
  const held = coreAt(coreIndex(host, core));
  const start = coreFreeAt(host, core, context);
  occupy(held, levelOf(context), start, start + ns);
}
/** Prices are taken from the configuration anew. */
export function pricesReconfigure(host: u32): void {
  for (let cost: u32 = 0; cost < COST_COUNT; cost++) store<u32>(priceList(host) + (<usize>cost << 2), costOf(host, cost));
}

/** An interrupt that another context sends to a core takes so many cycles there, from now() on. */
export function interruptCore(host: u32, core: u32, cycles: u64): void {
  const running = coreAt(coreIndex(host, core));
  const start = max(now(), running.hardirq_until_ns);
  occupy(running, 0, start, start + (cycles * 1000) / <u64>hostConfig(host).cpu_mhz);
}
