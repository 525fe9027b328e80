/**
 * Who waits for a ring from outside: a registered eventfd (io_uring/eventfd.c), and pollers of the ring's file
 * (io_uring/tw.c: io_local_work_wake_poll). They are told when completions are published, and when the list of deferred task
 * work gets its first item; the latter not from inside of a wake-up, which could lead back, but a moment later.
 */
import {
  behaves, BEHAVES_EVENTFD_RCU, enterHardware, EVENT_RING_RCU, NONE, now, NS_PER_JIFFY, schedule, wakeUp,
} from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  EPOLL_URING_WAKE, eventfdSignal, eventfdSignalAllowed, fdFile, fileAt, fileGet, filePut, FILE_EVENTFD,
} from '../../stack/file';
import { EBADF, EBUSY, EFAULT, EINVAL, ENXIO, IORING_CQ_EVENTFD_DISABLED, POLLIN } from '../uapi.gen';
import { Ring, ringAt, RINGS_CQ_FLAGS, RING_F_HAS_EVFD, RING_F_POLL_ACTIVATED, RING_OPEN, ringState } from './state';

/** Bits of Ring.rcu_pending. */
const RCU_EVENTFD: u32 = 1;
const RCU_POLL: u32 = 2;
/** A grace period that somebody is in a hurry for (call_rcu_hurry). */
const GRACE_NS: u64 = NS_PER_JIFFY;

export function eventfdRegister(r: Ring, arg: u64, async_only: u32): i32 {
  if (r.evfd != NONE) return -EBUSY;
  if (!userOk(arg, 4)) return -EFAULT;
  const file_idx = fdFile(r.host, load<i32>(<usize>arg));
  if (file_idx == NONE) return -EBADF;
  if (fileAt(file_idx).kind != FILE_EVENTFD) return -EINVAL;
  fileGet(file_idx);
  r.evfd = file_idx;
  r.evfd_async = async_only;
  r.evfd_last_tail = r.cached_cq_tail;
  r.int_flags |= RING_F_HAS_EVFD;
  return 0;
}

export function eventfdUnregister(r: Ring): i32 {
  if (r.evfd == NONE) return -ENXIO;
  filePut(r.evfd);
  r.evfd = NONE;
  r.int_flags &= ~RING_F_HAS_EVFD;
  return 0;
}

/** In a moment, once for each of the two. */
function later(r: Ring, what: u32): void {
  if (r.rcu_pending == 0) schedule(now() + GRACE_NS, EVENT_RING_RCU, r.idx);
  r.rcu_pending |= what;
}

/** `cqe_event`: only if completions have come since the last time (io_eventfd_signal). */
function signalEventfd(r: Ring, cqe_event: bool, defer: bool): void {
  if ((load<u32>(<usize>r.rings, RINGS_CQ_FLAGS) & IORING_CQ_EVENTFD_DISABLED) != 0) return;
  // IORING_REGISTER_EVENTFD_ASYNC: only what a worker completes.
  if (r.evfd_async != 0 && ringState().in_worker == 0) return;
  if (cqe_event) {
    if (r.cached_cq_tail == r.evfd_last_tail) return;
    r.evfd_last_tail = r.cached_cq_tail;
  }
  if (!defer && eventfdSignalAllowed()) eventfdSignal(fileAt(r.evfd).obj, EPOLL_URING_WAKE);
  else later(r, RCU_EVENTFD);
}

function wakePollers(r: Ring): void {
  if (r.waiters != 0) wakeUp(changetype<usize>(r) + offsetof<Ring>('waiters'), POLLIN | EPOLL_URING_WAKE);
}

/** Completions were published: pollers first (__io_commit_cqring_flush). */
export function tellPollers(r: Ring): void {
  if ((r.int_flags & RING_F_POLL_ACTIVATED) != 0) wakePollers(r);
}
/** And the eventfd last. */
export function tellEventfd(r: Ring): void {
  if ((r.int_flags & RING_F_HAS_EVFD) != 0) signalEventfd(r, true, false);
}

/** The list of deferred task work has its first item (io_req_local_work_add). */
export function tellOfWork(r: Ring): void {
  const in_wake = ringState().in_wake != 0;
  if ((r.int_flags & RING_F_HAS_EVFD) != 0) signalEventfd(r, false, in_wake && behaves(r.host, BEHAVES_EVENTFD_RCU));
  if ((r.int_flags & RING_F_POLL_ACTIVATED) == 0) return;
  if (!in_wake) wakePollers(r);
  else if (r.waiters != 0) later(r, RCU_POLL);
}

/** EVENT_RING_RCU: the grace period is over (io_eventfd_do_signal, io_poll_wq_wake_rcu). */
export function ringRcu(ring: u32): void {
  const r = ringAt(ring);
  const what = r.rcu_pending;
  r.rcu_pending = 0;
  if (r.used != RING_OPEN) return;
  enterHardware(r.host);
  if ((what & RCU_EVENTFD) != 0 && r.evfd != NONE) eventfdSignal(fileAt(r.evfd).obj, EPOLL_URING_WAKE);
  if ((what & RCU_POLL) != 0) wakePollers(r);
}
