/**
 * The thread of a submission queue, IORING_SETUP_SQPOLL (io_uring/sqpoll.c): it reads the queue as soon as the application
 * has written to it, without a system call. After sq_thread_idle without work it sleeps and says so (IORING_SQ_NEED_WAKEUP).
 * Rings may share a thread (IORING_SETUP_ATTACH_WQ).
 *
 * A thread that spins would be an event a microsecond. It is an event when an application that has run may have written to
 * a queue, when there is task work for it, and when its idle time is over.
 *
 * A thread that spins keeps its core busy, that of IORING_SETUP_SQ_AFF or the application's: what nobody else has used of it.
 *
 * Differs from Linux: while it spins it is never in the way of others on its core.
 */
import {
  arenaAlloc, charge, CONTEXT_TASK_WORK, coreBooked, coreFreeAt, coreIndex, coreState, COST_WAKE_UP, enterContext, EVENT_SQPOLL, hostConfig,
  leaveContext, NONE, now, NS_PER_JIFFY, RINGS_MAX, schedule, setTask, switchTo, takeCore,
} from '../../sim/core';
import { fdFile, fileAt, FILE_RING } from '../../stack/file';
import {
  EINVAL, ENXIO, io_uring_params, IORING_SETUP_ATTACH_WQ, IORING_SETUP_R_DISABLED, IORING_SETUP_SQ_AFF, IORING_SETUP_SQPOLL,
  IORING_SQ_NEED_WAKEUP,
} from '../uapi.gen';
import { sqFlagsClear, sqFlagsOr } from './cq';
import { sqEntries, submitSqes } from './sq';
import { Ring, ringAt, RING_OPEN, ringState } from './state';
import { taskAt, TASKS_MAX } from './task';
import { runTaskWork } from './task_work';

/** Entries of one ring in one turn, when the thread has several (IORING_SQPOLL_CAP_ENTRIES_VALUE). */
const CAP_ENTRIES: u32 = 8;
/** From the store of the tail to the thread's load of it. */
const NOTICE_NS: u64 = 200;
const NEVER: u64 = u64.MAX_VALUE;

/** struct io_sq_data; its task is TASKS_MAX + its number. */
@unmanaged
class SqData {
  /** Rings that it serves; 0: it is not there. */
  rings: u32;
  host: u32;
  cpu: u32;
  asleep: u32;
  idle_ns: u64;
  /** When it goes to sleep. */
  timeout_ns: u64;
  /** The next event of it; NEVER for none. */
  event_ns: u64;
  /** Since when it spins, NEVER: it does not; what was booked on its core until then; cycles that it has spun before. */
  spin_ns: u64;
  spin_booked: u64;
  spun: u64;
}
const SQ_DATA_BYTES: usize = 64;

function sqdAt(sqd: u32): SqData {
  return changetype<SqData>(<usize>ringState().sqds_base + <usize>sqd * SQ_DATA_BYTES);
}
export function sqpollInit(): void {
  ringState().sqds_base = <u32>arenaAlloc(<u64>RINGS_MAX * SQ_DATA_BYTES);
  for (let sqd: u32 = 0; sqd < RINGS_MAX; sqd++) sqdAt(sqd).spin_ns = NEVER;
}

/** Schedules a turn, unless one comes sooner. */
function turnAt(sqd: u32, time_ns: u64): void {
  const d = sqdAt(sqd);
  if (d.event_ns <= time_ns) return;
  d.event_ns = time_ns;
  schedule(time_ns, EVENT_SQPOLL, sqd);
}

/** A thread of another ring that is to be shared: its number, or -errno (io_attach_sq_data). */
function attach(r: Ring, wq_fd: i32): i32 {
  const file_idx = fdFile(r.host, wq_fd);
  if (file_idx == NONE) return -ENXIO;
  if (fileAt(file_idx).kind != FILE_RING) return -EINVAL;
  if ((r.flags & IORING_SETUP_SQPOLL) == 0) return 0;
  const sqd = ringAt(fileAt(file_idx).obj).sqd;
  return sqd == NONE ? -EINVAL : <i32>sqd;
}

/** Cycles that it spins since it began to: those of its core that others do not need. */
function spinning(d: SqData): u64 {
  if (d.spin_ns >= coreState().clock_ns) return 0;
  const all = ((coreState().clock_ns - d.spin_ns) * <u64>hostConfig(d.host).cpu_mhz) / 1000;
  const used = coreBooked(coreIndex(d.host, d.cpu)) - d.spin_booked;
  return all > used ? all - used : 0;
}
function spinBegin(d: SqData): void {
  d.spin_ns = coreFreeAt(d.host, d.cpu, CONTEXT_TASK_WORK);
  d.spin_booked = coreBooked(coreIndex(d.host, d.cpu));
}
function spinEnd(d: SqData): void {
  d.spun += spinning(d);
  d.spin_ns = NEVER;
}
/** Cycles of a core that threads of submission queues have spun so far. */
export function sqThreadsSpun(core_idx: u32): u64 {
  let cycles: u64 = 0;
  for (let sqd: u32 = 0; sqd < RINGS_MAX; sqd++) {
    const d = sqdAt(sqd);
    if (coreIndex(d.host, d.cpu) == core_idx) cycles += d.spun + spinning(d);
  }
  return cycles;
}

/** The longest idle time of its rings counts (io_sqd_update_thread_idle). */
function updateIdle(sqd: u32): void {
  const d = sqdAt(sqd);
  d.idle_ns = 0;
  for (let i: u32 = 0; i < RINGS_MAX; i++) {
    const r = ringAt(i);
    if (r.used == RING_OPEN && r.sqd == sqd && r.sq_thread_idle_ns > d.idle_ns) d.idle_ns = r.sq_thread_idle_ns;
  }
}

/** The ring gets its thread, if it wants one. 0 or -errno (io_sq_offload_create). */
export function sqOffloadCreate(r: Ring, p: io_uring_params): i32 {
  const sqpoll = (r.flags & IORING_SETUP_SQPOLL) != 0;
  let sqd: i32 = <i32>r.idx;
  const attached = (r.flags & IORING_SETUP_ATTACH_WQ) != 0;
  if (attached) sqd = attach(r, <i32>p.wq_fd);
  if (sqd < 0) return sqd;
  if (!sqpoll) return (p.flags & IORING_SETUP_SQ_AFF) != 0 ? -EINVAL : 0;
  const jiffies = (<u64>p.sq_thread_idle * 1000000 + NS_PER_JIFFY - 1) / NS_PER_JIFFY;
  r.sq_thread_idle_ns = jiffies != 0 ? jiffies * NS_PER_JIFFY : 1000000000;
  const d = sqdAt(<u32>sqd);
  if (!attached) {
    const aff = (p.flags & IORING_SETUP_SQ_AFF) != 0;
    if (aff && p.sq_thread_cpu >= hostConfig(r.host).cpu_cores) return -EINVAL;
    d.rings = 0;
    d.host = r.host;
    d.cpu = aff ? p.sq_thread_cpu : hostConfig(r.host).cpu_app_core;
    d.asleep = 0;
    d.event_ns = NEVER;
    spinBegin(d);
    taskAt(TASKS_MAX + <u32>sqd).host = r.host;
    ringState().sqds++;
  }
  r.sqd = <u32>sqd;
  d.rings++;
  updateIdle(<u32>sqd);
  d.timeout_ns = now() + d.idle_ns;
  turnAt(<u32>sqd, now() + NOTICE_NS);
  return 0;
}

/** The ring lets go of its thread; the last one ends it (io_sq_thread_finish). */
export function sqThreadFinish(r: Ring): void {
  const sqd = r.sqd;
  if (sqd == NONE) return;
  r.sqd = NONE;
  if (--sqdAt(sqd).rings == 0) {
    ringState().sqds--;
    spinEnd(sqdAt(sqd));
  } else updateIdle(sqd);
}

/** Applications of a host have run: have they written to a queue? */
export function sqpollLook(host: u32): void {
  if (ringState().sqds == 0) return;
  for (let i: u32 = 0; i < RINGS_MAX; i++) {
    const r = ringAt(i);
    if (r.used != RING_OPEN || r.sqd == NONE || r.host != host || sqEntries(r) == 0) continue;
    if (sqdAt(r.sqd).asleep == 0) turnAt(r.sqd, now() + NOTICE_NS);
  }
}

/** Wakes it, or makes it look (wake_up of sqd->wait, __set_notify_signal). */
export function sqThreadWake(sqd: u32): void {
  if (sqdAt(sqd).asleep != 0) charge(COST_WAKE_UP);
  turnAt(sqd, now() + NOTICE_NS);
}

/** All queues once, and then task work. True when there was any (__io_sq_thread, io_sq_tw). */
function serve(sqd: u32): bool {
  const several = sqdAt(sqd).rings > 1;
  let spin = false;
  for (let i = RINGS_MAX; i > 0; i--) {
    const r = ringAt(i - 1);
    if (r.used != RING_OPEN || r.sqd != sqd || (r.flags & IORING_SETUP_R_DISABLED) != 0) continue;
    let n = sqEntries(r);
    if (several && n > CAP_ENTRIES) n = CAP_ENTRIES;
    if (n != 0 && submitSqes(r, TASKS_MAX + sqd, n) > 0) spin = true;
  }
  return runTaskWork(taskAt(TASKS_MAX + sqd)) || spin;
}

/** Says to all of its rings whether it sleeps. */
function mark(sqd: u32, asleep: bool): void {
  sqdAt(sqd).asleep = asleep ? 1 : 0;
  for (let i: u32 = 0; i < RINGS_MAX; i++) {
    const r = ringAt(i);
    if (r.used != RING_OPEN || r.sqd != sqd) continue;
    if (asleep) sqFlagsOr(r, IORING_SQ_NEED_WAKEUP);
    else sqFlagsClear(r, IORING_SQ_NEED_WAKEUP);
  }
}

/** EVENT_SQPOLL: a turn of the thread (io_sq_thread). */
export function sqThreadRun(sqd: u32): void {
  const d = sqdAt(sqd);
  const clock = coreState().clock_ns;
  if (d.event_ns > clock || !takeCore(d.host, d.cpu, TASKS_MAX + sqd, EVENT_SQPOLL, sqd) || d.rings == 0) return;
  d.event_ns = NEVER;
  if (d.asleep == 0) spinEnd(d);
  enterContext(d.host, d.cpu, CONTEXT_TASK_WORK);
  setTask(TASKS_MAX + sqd);
  switchTo(TASKS_MAX + sqd, d.asleep != 0);
  if (d.asleep != 0) {
    mark(sqd, false);
    d.timeout_ns = now() + d.idle_ns;
  }
  const spin = serve(sqd);
  if (spin) d.timeout_ns = now() + d.idle_ns;
  const time = now();
  leaveContext();
  if (spin) turnAt(sqd, time);
  else if (clock < d.timeout_ns) turnAt(sqd, d.timeout_ns);
  else mark(sqd, true);
  if (d.asleep == 0) spinBegin(d);
}

/** A task waits until there is room in the queue: the thread has its turn at once (io_sqpoll_wait_sq). */
export function sqWait(r: Ring): void {
  if (sqEntries(r) == r.sq_entries) readQueue(r);
}

/** An application of the host spins until its queues have been read: their threads have their turns at once. */
export function sqpollSpin(host: u32): void {
  for (let i: u32 = 0; i < RINGS_MAX; i++) {
    const r = ringAt(i);
    if (r.used == RING_OPEN && r.sqd != NONE && r.host == host && sqEntries(r) != 0) readQueue(r);
  }
}

function readQueue(r: Ring): void {
  const task = coreState().task;
  setTask(TASKS_MAX + r.sqd);
  submitSqes(r, TASKS_MAX + r.sqd, r.sq_entries);
  setTask(task);
}
