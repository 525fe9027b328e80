/**
 * User space's half of an io_uring, as liburing has it: it fills SQEs, publishes the tail, reads CQEs and publishes the
 * head. It knows nothing but shared memory and the system calls.
 */
import { sysEnter, sysMmap, sysSetup, userAlloc } from '../../7-ring';
import {
  io_uring_cqe, io_uring_params, io_uring_sqe, IO_URING_PARAMS_BYTES, IO_URING_SQE_BYTES, IORING_ENTER_GETEVENTS, IORING_OFF_CQ_RING,
  IORING_OFF_SQ_RING, IORING_OFF_SQES, IORING_SETUP_CQE32, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SUBMIT_ALL,
} from '../../uapi.gen';
import { App } from './state';

/** Makes the ring. 0 or -errno. */
export function ringOpen(a: App, sq_entries: u32, cq_entries: u32, big_cqes: bool): i32 {
  const params_addr = userAlloc(a.host, IO_URING_PARAMS_BYTES);
  const p = changetype<io_uring_params>(<usize>params_addr);
  p.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;
  if (big_cqes) p.flags |= IORING_SETUP_CQE32;
  p.cq_entries = cq_entries;
  const fd = sysSetup(a.host, sq_entries, params_addr);
  if (fd < 0) return fd;
  a.ring_fd = fd;
  a.cqe_shift = big_cqes ? 5 : 4;
  const sq = p.sq_off;
  const cq = p.cq_off;
  const sq_bytes = sq.array + (p.sq_entries << 2);
  const cq_bytes = cq.cqes + (p.cq_entries << a.cqe_shift);
  const sq_ring = <u32>sysMmap(a.host, fd, IORING_OFF_SQ_RING, sq_bytes);
  const cq_ring = <u32>sysMmap(a.host, fd, IORING_OFF_CQ_RING, cq_bytes);
  a.sqes = <u32>sysMmap(a.host, fd, IORING_OFF_SQES, p.sq_entries * IO_URING_SQE_BYTES);
  a.sq_head = sq_ring + sq.head;
  a.sq_tail = sq_ring + sq.tail;
  a.sq_mask = p.sq_entries - 1;
  a.cq_head = cq_ring + cq.head;
  a.cq_tail = cq_ring + cq.tail;
  a.cq_mask = p.cq_entries - 1;
  a.cqes = cq_ring + cq.cqes;
  // liburing fills the indirection array once: slot i is entry i.
  for (let i: u32 = 0; i < p.sq_entries; i++) store<u32>(<usize>(sq_ring + sq.array + (i << 2)), i);
  return 0;
}

/** A cleared SQE (io_uring_get_sqe); a full queue is submitted first. */
export function getSqe(a: App): io_uring_sqe {
  if (a.sq_local_tail - load<u32>(<usize>a.sq_head) > a.sq_mask) submit(a);
  assert(a.sq_local_tail - load<u32>(<usize>a.sq_head) <= a.sq_mask, 'A1 submitting makes room in the SQ');
  const at = <usize>(a.sqes + (a.sq_local_tail & a.sq_mask) * IO_URING_SQE_BYTES);
  a.sq_local_tail++;
  memory.fill(at, 0, IO_URING_SQE_BYTES);
  return changetype<io_uring_sqe>(at);
}

function publish(a: App): u32 {
  const pending = a.sq_local_tail - a.sq_submitted;
  store<u32>(<usize>a.sq_tail, a.sq_local_tail);
  a.sq_submitted = a.sq_local_tail;
  return pending;
}

/** io_uring_submit. */
export function submit(a: App): i32 {
  return sysEnter(a.host, a.ring_fd, publish(a), 0, 0, 0, 0);
}

/** io_uring_submit_and_wait(1). -512 when the task sleeps now: it is woken by its event and calls again. */
export function submitAndWait(a: App): i32 {
  return sysEnter(a.host, a.ring_fd, publish(a), 1, IORING_ENTER_GETEVENTS, 0, 0);
}

/** Number of CQEs that may be read. */
export function cqReady(a: App): u32 {
  return load<u32>(<usize>a.cq_tail) - load<u32>(<usize>a.cq_head);
}

/** The next CQE, not yet consumed. */
export function cqFirst(a: App): io_uring_cqe {
  return changetype<io_uring_cqe>(<usize>(a.cqes + ((load<u32>(<usize>a.cq_head) & a.cq_mask) << a.cqe_shift)));
}

/** io_uring_cqe_seen. */
export function cqSeen(a: App): void {
  store<u32>(<usize>a.cq_head, load<u32>(<usize>a.cq_head) + 1);
}
