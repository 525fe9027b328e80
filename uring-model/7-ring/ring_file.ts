/** A ring as a file: it can be polled, and exits with its last reference (io_uring/io_uring.c: io_uring_poll, io_uring_release). */
import { EVENT_KWORK, NONE, now, schedule } from '../../sim/core';
import { FILE_RING, setFileOps } from '../../stack/file';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../uapi.gen';
import { cqEventsUser } from './cq';
import { sqEntries } from './sq';
import { Ring, ringAt, RING_EXITING, RING_F_POLL_ACTIVATED } from './state';

/** A worker thread takes the exit work of a ring up a moment after the last reference has gone. */
const EXIT_WORK_DELAY_NS: u64 = 10000;

function ringPoll(ring: u32): u32 {
  const r = ringAt(ring);
  // Who polls a ring of one submitter makes it tell pollers from then on (io_activate_pollwq).
  if (r.submitter != NONE) r.int_flags |= RING_F_POLL_ACTIVATED;
  let mask: u32 = 0;
  if (sqEntries(r) != r.sq_entries) mask |= POLLOUT | POLLWRNORM;
  if (cqEventsUser(r) != 0 || r.check_cq != 0 || r.work_head != NONE) mask |= POLLIN | POLLRDNORM;
  return mask;
}
function ringWaitHead(ring: u32, which: u32): usize {
  return which == 0 ? changetype<usize>(ringAt(ring)) + offsetof<Ring>('waiters') : 0;
}
/** A ring exits later, in a worker (io_ring_ctx_wait_and_kill). */
function ringRelease(ring: u32): void {
  ringAt(ring).used = RING_EXITING;
  schedule(now() + EXIT_WORK_DELAY_NS, EVENT_KWORK, ring);
}

export function ringFileInit(): void {
  setFileOps(FILE_RING, ringPoll, ringWaitHead, ringRelease);
}
