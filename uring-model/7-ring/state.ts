/** The stage's own state, at RING_ADDR, and rings (struct io_ring_ctx). Tables are made once, in ringTables(). */
import { arenaAlloc, HOSTS_MAX, NONE, RING_ADDR, RINGS_MAX, Slab } from '../../sim/core';

@unmanaged
export class RingState {
  rings_base: u32;
  reqs_base: u32;
  req_capacity: u32;
  req_free: u32;
  reqs_used: u32;
  overflow: Slab;
  groups: Slab;
  legacy: Slab;
  // Network requests (async_msg.ts, net_msg.ts)
  msgs: Slab;
  iovs: Slab;
  netmsg_cache: u32;
  net_msg: u32;
  net_name: u32;
  buf_sel: u32;
  tasks_base: u32;
  /** Workers of each task (iowq.ts). */
  iowqs_base: u32;
  // Registered resources (rsrc.ts)
  nodes: Slab;
  slots_base: u32;
  ring_fds_base: u32;
  restrictions_base: u32;
  /** Threads of submission queues, and how many there are (sqpoll.ts). */
  sqds_base: u32;
  sqds: u32;
  /** The running code is a worker's; is inside of a wake-up of a request. */
  in_worker: u32;
  in_wake: u32;
  // User memory (user_memory.ts)
  user_base: u32;
  user_next: u32;
  user_end: u32;
  extents: u32;
  cancel_base: u32;
  // The cancellation that runs (cancel.ts)
  cancel_ring: u32;
  cancel_flags: u32;
  cancel_data: u64;
  cancel_file: u32;
  cancel_opcode: u32;
  cancel_seq: u32;
  cancel_task: u32;
  // A message that no request sends (msg_ring.ts)
  msg0: u64;
  msg1: u64;
  msg2: u64;
  msg3: u64;
}

/** Offsets in struct io_rings (include/linux/io_uring_types.h). */
export const RINGS_SQ_HEAD: usize = 0;
export const RINGS_SQ_TAIL: usize = 4;
export const RINGS_CQ_HEAD: usize = 8;
export const RINGS_CQ_TAIL: usize = 12;
export const RINGS_SQ_MASK: usize = 16;
export const RINGS_CQ_MASK: usize = 20;
export const RINGS_SQ_ENTRIES: usize = 24;
export const RINGS_CQ_ENTRIES: usize = 28;
export const RINGS_SQ_DROPPED: usize = 32;
export const RINGS_SQ_FLAGS: usize = 36;
export const RINGS_CQ_FLAGS: usize = 40;
export const RINGS_CQ_OVERFLOW: usize = 44;
export const RINGS_CQES: u32 = 64;

/** Ring.used */
export const RING_FREE: u32 = 0;
export const RING_OPEN: u32 = 1;
export const RING_EXITING: u32 = 2;

/** Bits of Ring.int_flags (IO_RING_F_*). */
export const RING_F_DRAIN_NEXT: u32 = 1;
export const RING_F_OP_RESTRICTED: u32 = 2;
export const RING_F_REG_RESTRICTED: u32 = 4;
export const RING_F_RESTRICT_INHERITED: u32 = 8;
export const RING_F_OFF_TIMEOUT_USED: u32 = 16;
export const RING_F_DRAIN_ACTIVE: u32 = 32;
export const RING_F_HAS_EVFD: u32 = 64;
/** Completions are posted by the submitter alone (DEFER_TASKRUN). */
export const RING_F_TASK_COMPLETE: u32 = 128;
export const RING_F_LOCKLESS_CQ: u32 = 256;
export const RING_F_SYSCALL_IOPOLL: u32 = 512;
export const RING_F_POLL_ACTIVATED: u32 = 1024;
export const RING_F_DRAIN_DISABLED: u32 = 2048;
export const RING_F_IOWQ_LIMITS_SET: u32 = 4096;

/** Bits of Ring.check_cq. */
export const CHECK_CQ_OVERFLOW: u32 = 1;
export const CHECK_CQ_DROPPED: u32 = 2;

@unmanaged
export class Ring {
  /** RING_FREE, RING_OPEN, or RING_EXITING: closed, its exit work is pending. */
  used: u32;
  idx: u32;
  /** Task that made it. */
  task: u32;
  host: u32;
  /** Task that alone may submit and run task work (submitter_task), or NONE. */
  submitter: u32;
  /** RING_F_* */
  int_flags: u32;
  /** IORING_SETUP_* */
  flags: u32;
  sq_entries: u32;
  cq_entries: u32;
  /** Address of struct io_rings; of the SQEs; of the SQ's index array, 0 for none. */
  rings: u32;
  rings_bytes: u32;
  sqes: u32;
  sqes_bytes: u32;
  sq_array: u32;
  cached_sq_head: u32;
  cached_cq_tail: u32;
  /** What was published of it: user space may have written over its own copy. */
  cq_published: u32;
  /** Free CQEs known so far: [cqe_cached, cqe_sentinel). */
  cqe_cached: u32;
  cqe_sentinel: u32;
  check_cq: u32;
  overflow_head: u32;
  overflow_tail: u32;
  /** Requests whose completion waits for the end of the batch (submit_state.compl_reqs). */
  compl_head: u32;
  compl_tail: u32;
  cq_flush: u32;
  /** SQEs of the present batch that were not read yet. */
  left: u32;
  /** The link being assembled (submit_state.link). */
  link_head: u32;
  link_last: u32;
  /** Deferred task work, first come, first served (work_list). */
  work_head: u32;
  work_tail: u32;
  /** The last of those that an earlier run has taken and left (retry_llist); NONE if there are none. */
  retry_tail: u32;
  /** Completions that the waiter still waits for; IO_CQ_WAKE_INIT: nobody waits (cq_wait_nr). */
  cq_wait_nr: i32;
  /** Requests that wait and can be cancelled: 1 << cancel_bits buckets by user_data (cancel_table.ts). */
  cancel_bits: u32;
  cancel_seq: u32;
  /** Timeouts, those that count completions first, by their target; linked timeouts (timeout_list.ts). */
  timeout_head: u32;
  timeout_tail: u32;
  ltimeout_head: u32;
  ltimeout_tail: u32;
  /** Timeouts that have fired, and the completions seen when they were looked at last. */
  cq_timeouts: u32;
  cq_last_tm_flush: u32;
  /** Requests that are not free. */
  reqs: u32;
  /** Completions since the present run of task work began. */
  run_cqes: u32;
  /** Head of the wait queue of the ring's file (poll_wq). */
  waiters: u32;
  /** Groups of provided buffers. */
  groups: u32;
  /** Requests behind a drain, how many with their links, and the drain that runs (drain.ts). */
  defer_head: u32;
  defer_tail: u32;
  nr_drained: u32;
  drain_req: u32;
  /** Registered files: first slot, number, and the range that is handed out by itself. */
  /** The notification that zero-copy sends share (notif.ts); NONE: each has its own. NOTIF_SLOT_EMPTY: the next send makes it. */
  notif_slot: u32;
  files_base: u32;
  files_nr: u32;
  file_alloc_start: u32;
  file_alloc_end: u32;
  file_alloc_hint: u32;
  /** Registered buffers. */
  bufs_base: u32;
  bufs_nr: u32;
  /** Who waits in unregistering for requests to let go of files or buffers, or NONE. */
  quiesce_task: u32;
  /** Registered credentials: which of 1 to 63 there are, and where the search for the next begins. */
  pers_next: u32;
  personalities: u64;
  /** The memory of its queues is the application's own (IORING_SETUP_NO_MMAP). */
  rings_user: u32;
  /** Registered memory, and how much of it holds arguments of waits (mem_region.ts). */
  param_region: u32;
  param_bytes: u32;
  param_user: u32;
  cq_wait_size: u32;
  /** The thread of its SQ, or NONE, and how long it spins for this ring. */
  sqd: u32;
  sq_thread_idle_ns: u64;
  /** Registered eventfd, or NONE (eventfd.ts). */
  evfd: u32;
  evfd_async: u32;
  evfd_last_tail: u32;
  rcu_pending: u32;
  /** Busy polling (napi.ts). */
  napi_mode: u32;
  napi_busy_us: u32;
  napi_prefer: u32;
  napi_ids: u32;
  napi_id0: u32;
  napi_id1: u32;
  napi_id2: u32;
  napi_id3: u32;
  napi_id4: u32;
  napi_id5: u32;
  napi_id6: u32;
  napi_id7: u32;
  /** For reports. */
  submitted: u64;
  completed: u64;
  overflows: u64;
  /** Entries of the CQ that somebody keeps from the kernel (cqWithhold). */
  cq_withheld: u32;
}
const RING_BYTES: usize = (offsetof<Ring>() + 7) & ~7;

export function ringState(): RingState {
  return changetype<RingState>(RING_ADDR);
}
export function ringAt(ring_idx: u32): Ring {
  return changetype<Ring>(<usize>ringState().rings_base + <usize>ring_idx * RING_BYTES);
}

export function ringsInit(): void {
  const s = ringState();
  assert(HOSTS_MAX <= 256 && NONE == 0xffffffff, 'a task is a host');
  s.rings_base = <u32>arenaAlloc(<u64>RINGS_MAX * RING_BYTES);
  for (let i: u32 = 0; i < RINGS_MAX; i++) ringAt(i).idx = i;
}
