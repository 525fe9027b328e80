/** The core's own state, at STATE_ADDR. */
import { STATE_ADDR } from './memory_map';

@unmanaged
export class CoreState {
  /** Time of the event being handled. */
  clock_ns: u64;
  /** Cycles charged since the event began, on the current core. */
  elapsed_cycles: u64;
  /** Events handled so far. */
  events: u64;
  /** Next sequence number of an event: ties in time are first come, first served. */
  event_seq: u64;
  arena_next: u32;
  arena_end: u32;
  heap_base: u32;
  heap_count: u32;
  heap_capacity: u32;
  wheel_base: u32;
  wheel_jiffy: u64;
  wheel_count: u32;
  wheel_scheduled: u32;
  prng_base: u32;
  cores_base: u32;
  /** Who runs: see cpu.ts. `who` is the same as a trace record has it: host << 8 | context << 16 | core << 24. */
  host: u32;
  core: u32;
  context: u32;
  who: u32;
  /** The task in whose name the context runs; thread 0 of the host's process unless it says otherwise: see setTask. */
  task: u32;
  /** Addresses of the running context's charges (0: hardware, nothing is charged) and of its host's prices. */
  charges: u32;
  prices: u32;
  charges_base: u32;
  prices_base: u32;
  entities_base: u32;
  /** Level of the running context's work, and when it began (cpu.ts). */
  level: u32;
  began_ns: u64;
  ns_per_cycle_q20: u32;
  next_pkt_id: u32;
  built: u32;
  drops_base: u32;
  wheel_seq: u64;
  /** Precise timers: hrtimer.ts. */
  hr_base: u32;
  hr_count: u32;
  hr_capacity: u32;
  hr_unused: u32;
  hr_seq: u64;
  /** When the heap has its next turn. */
  hr_event_ns: u64;
  /** Wait entries: wait_queue.ts. */
  wait_base: u32;
  wait_free: u32;
  /** Blocks of bytes: byte_chain.ts. */
  chain_blocks: u32;
  chain_next: u32;
  chain_free: u32;
  chain_left: u32;
  /** Lines of the copy that is under way, by where they were: memory_use.ts. */
  mem_l2_lines: u32;
  mem_llc_lines: u32;
  mem_missed_lines: u32;
  mem_owned_lines: u32;
  /** Some index of a ring was read late: stale.ts. */
  stale: u32;
}

export function coreState(): CoreState {
  return changetype<CoreState>(STATE_ADDR);
}
