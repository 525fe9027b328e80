/**
 * Description: the completion queue from within: who is woken for what, what a wide completion carries, also when it had to wait, and that
 * nothing overtakes those that wait.
 */
import { coreState, nextEventTime, popEvent } from '../../../sim/core';
import { skbAlloc } from '../../../stack/3-pool';
import {
  clearExtendedErr, errorQueue, queueErrSkb, queueTail, sock, Sock, SCM_TSTAMP_SND, SO_EE_ORIGIN_ZEROCOPY, SOF_TIMESTAMPING_OPT_ID,
  SOF_TIMESTAMPING_OPT_TSONLY, SOF_TIMESTAMPING_SOFTWARE, tstampTx,
} from '../../../stack/6-socket';
import { fdFile, fdSock, fileAt } from '../../../stack/file';
import { skb } from '../../../stack/3-pool';
import { ringAt, sysEnter, taskAt, taskResume } from '../../../uring-model/7-ring';
import { cqeOverflow, cqWithhold, fillCqeAux, overflowFlush, postAuxCqe } from '../../../uring-model/7-ring/cq';
import { Ring } from '../../../uring-model/7-ring/state';
import {
  ENOBUFS, ERESTARTSYS, IORING_CQE_F_32, IORING_CQE_F_MORE, IORING_CQE_F_SKIP, IORING_ENTER_GETEVENTS, IORING_NOP_CQE32,
  IORING_OP_MSG_RING, IORING_OP_NOP, IORING_OP_URING_CMD, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IORING_SETUP_NO_SQARRAY,
  IORING_SQ_CQ_OVERFLOW, SOCKET_URING_OP_TX_TIMESTAMP,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqe, cqeOff, cqes, DEFER, DEFER32, enter, getEvents, HOST, isCqe, ring, seen, settle, socket, sqe, sqFlags, verify,
} from '../config_ring.as';
import { connected, nop } from '../config_requests.as';

const GET: u32 = IORING_ENTER_GETEVENTS;
const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const NOBODY: u32 = 0xffffffff;
const MORE: u32 = IORING_CQE_F_MORE;

function here(): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj);
}
/** The second word behind a completion. */
function second(i: u32): u64 {
  return load<u64>(changetype<usize>(cqe(i)), 24);
}
function one(user_data: u64): void {
  nop(user_data);
  enter(1, 0, 0);
}
function wide(user_data: u64, a: u64, b: u64): void {
  const s = sqe(IORING_OP_NOP, user_data);
  s.nop_flags = IORING_NOP_CQE32;
  s.off = a;
  s.addr = b;
}
/** Another thread sends a completion from the bench's ring. */
function message(fd: u32, data: u64): void {
  const s = sqe(IORING_OP_MSG_RING, 5);
  s.fd = <i32>fd;
  s.off = data;
  assert(sysEnter(HOST + 2, bench().fd, 1, 0, 0, 0, 0) == 1, 'sent');
}

export function a_queue_made_smaller_has_room_for_fewer(): void {
  build();
  ring(4, DEFER);
  nop(1);
  enter(1, 0, 0);
  cqWithhold(here(), 2);
  nop(2);
  nop(3);
  enter(2, 0, 0);
  assert(cqes() == 2 && (sqFlags() & IORING_SQ_CQ_OVERFLOW) != 0, 'two of four');
  cqWithhold(here(), 100);
  seen(2);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 3, 0, 0) && here().cq_withheld == 3, 'at least one stays');
  nop(4);
  enter(1, 0, 0);
  assert(cqes() == 1, 'and no more');
}

export function a_wide_completion_carries_its_words_and_the_next_one_does_not(): void {
  build();
  ring(8, DEFER32);
  wide(1, 111, 222);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 1, 0, 0) && cqeOff(0) == 111, 'a word');
  assert(second(0) == 222, 'and another');
  nop(2);
  enter(1, 0, 0);
  assert(isCqe(1, 2, 0, 0) && cqeOff(1) == 0 && second(1) == 0, 'the next request has none');
}

export function a_wide_completion_that_waited_carries_its_words_too(): void {
  build();
  ring(2, DEFER32);
  for (let i: u32 = 0; i < 2; i++) nop(i);
  enter(2, 0, 0);
  wide(7, 333, 444);
  enter(1, 0, 0);
  nop(8);
  enter(1, 0, 0);
  assert(cqes() == 2 && (sqFlags() & IORING_SQ_CQ_OVERFLOW) != 0, 'two wait');
  seen(2);
  getEvents();
  assert(cqes() == 2 && cqe(0).user_data == 7 && cqeOff(0) == 333 && second(0) == 444, 'nothing is lost');
  assert(isCqe(1, 8, 0, 0) && cqeOff(1) == 0 && second(1) == 0, 'nor given to another (io_alloc_ocqe)');
  verify();
}

export function a_mixed_queue_keeps_wide_ones_in_one_piece(): void {
  build();
  ring(4, DEFER | IORING_SETUP_CQE_MIXED);
  for (let i: u32 = 0; i < 3; i++) nop(i);
  enter(3, 0, 0);
  wide(7, 333, 444);
  enter(1, 0, 0);
  assert(cqes() == 4 && cqe(3).flags == IORING_CQE_F_SKIP && (sqFlags() & IORING_SQ_CQ_OVERFLOW) != 0, 'one entry is too few');
  seen(2);
  nop(8);
  enter(1, 0, 0);
  assert(cqes() == 2, 'what would fit does not overtake it');
  seen(2);
  getEvents();
  assert(cqes() == 3 && isCqe(0, 7, 0, IORING_CQE_F_32) && cqeOff(0) == 333 && second(0) == 444, 'behind the filler');
  assert(isCqe(2, 8, 0, 0), 'then the other');
  verify();
}

export function a_message_has_no_words_of_its_own(): void {
  build();
  ring(2, PLAIN | IORING_SETUP_CQE32);
  const target = bench().fd;
  const r = here();
  const rings = bench().rings;
  ring(8, PLAIN);
  for (let i: u32 = 0; i < 3; i++) message(target, 50 + i);
  assert(r.overflow_head != NOBODY && load<u32>(rings, 12) == 2, 'the third waits');
  memory.fill(<usize>rings + 64, 0xff, 32);
  store<u32>(rings, 1, 8);
  overflowFlush(r, false);
  const at = <usize>rings + 64;
  assert(load<u64>(at) == 52 && load<u64>(at, 16) == 0 && load<u64>(at, 24) == 0, 'zeros');
  assert(load<u64>(at, 32) == 51 && load<u64>(at, 48) == 0 && load<u64>(at, 56) == 0, 'as those that had room');
}

export function a_sleeper_is_woken_by_its_own_ring(): void {
  build();
  ring(8, PLAIN);
  const target = bench().fd;
  assert(enter(0, 1, GET) == -ERESTARTSYS && nextEventTime() == u64.MAX_VALUE, 'asleep');
  ring(8, PLAIN);
  const source = bench().fd;
  nop(1);
  assert(sysEnter(HOST + 2, source, 1, 0, 0, 0, 0) == 1 && nextEventTime() == u64.MAX_VALUE, 'not by another ring\'s completions');
  message(target, 9);
  assert(nextEventTime() != u64.MAX_VALUE, 'by its own');
  popEvent();
  taskAt(HOST).run_pending = 0;
  assert(taskResume(HOST), 'awake');
}

export function a_sleeper_is_not_woken_for_less_than_it_wants(): void {
  build();
  ring(8, PLAIN);
  const target = bench().fd;
  assert(enter(0, 2, GET) == -ERESTARTSYS, 'asleep for two');
  ring(8, PLAIN);
  message(target, 9);
  assert(nextEventTime() == u64.MAX_VALUE, 'one');
  message(target, 9);
  assert(nextEventTime() != u64.MAX_VALUE, 'two');
}

export function a_sleeper_is_woken_when_something_waits_for_room(): void {
  build();
  ring(4, PLAIN);
  const target = bench().fd;
  const r = here();
  cqWithhold(r, 3);
  nop(1);
  assert(enter(1, 0, 0) == 1 && enter(0, 4, GET) == -ERESTARTSYS, 'asleep; the only entry is taken');
  ring(8, PLAIN);
  message(target, 9);
  assert(r.overflow_head != NOBODY && nextEventTime() != u64.MAX_VALUE, 'woken for what it cannot see');
}

export function what_did_not_fit_is_counted(): void {
  build();
  ring(2, DEFER);
  const r = here();
  for (let i: u32 = 0; i < 5; i++) {
    nop(i);
    enter(1, 0, 0);
  }
  assert(r.overflows == 3 && r.completed == 2, 'three wait, two came');
  seen(2);
  getEvents();
  assert(r.overflows == 3 && r.completed == 4, 'two more');
  seen(2);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 4, 0, 0), 'and the last');
}

export function an_extra_completion_does_not_overtake_those_that_wait(): void {
  build();
  ring(2, PLAIN);
  const r = here();
  one(0);
  one(1);
  one(2);
  seen(2);
  assert(!fillCqeAux(r, 9, 9, 0, NOBODY), 'there is room, and somebody before it');
  assert(postAuxCqe(r, 10, 5, 0) && r.overflow_head != r.overflow_tail, 'so it waits too');
  assert(cqeOverflow(r, 11, 6, 0, 0, 0, NOBODY), 'as does the next');
  getEvents();
  assert(cqes() == 2 && isCqe(0, 2, 0, 0) && isCqe(1, 10, 5, 0), 'in their order');
  seen(2);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 11, 6, 0), 'to the end');
}

/** A timestamp command is armed on a socket that keeps them. */
function stamps(user_data: u64, fd: u32): Sock {
  const s = sqe(IORING_OP_URING_CMD, user_data);
  s.fd = <i32>fd;
  s.cmd_op = SOCKET_URING_OP_TX_TIMESTAMP;
  enter(1, 0, 0);
  const sk = sock(fdSock(HOST, <i32>fd));
  sk.tsflags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_ID;
  sk.rcvbuf = 1 << 20;
  return sk;
}
function stamp(sk: Sock, key: u32): void {
  const idx = skbAlloc(HOST);
  skb(idx).tskey = sk.tskey + key;
  tstampTx(sk, idx, SCM_TSTAMP_SND, 0, 0, 0);
}

export function a_timestamp_does_not_overtake_what_waits(): void {
  const fd = connected(2, DEFER32);
  const sk = stamps(7, fd);
  one(0);
  one(1);
  one(2);
  seen(1);
  stamp(sk, 1);
  // The ring's own call would make room first: its task work alone does not.
  taskAt(HOST).run_pending = 0;
  assert(!fillCqeAux(here(), 1, 1, 0, NOBODY), 'nothing may');
  getEvents();
  assert(cqes() == 2 && cqe(1).user_data == 2, 'what waited');
  seen(2);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 7, -ENOBUFS, 0) && sk.error_head != NOBODY, 'the command ended, and the timestamp stays');
}

export function what_is_no_timestamp_stays_in_the_error_queue(): void {
  const fd = connected(16, DEFER32);
  const sk = stamps(7, fd);
  const other = skbAlloc(HOST);
  const ee = clearExtendedErr(other);
  ee.ee_origin = SO_EE_ORIGIN_ZEROCOPY;
  ee.ee_data = 77;
  queueTail(errorQueue(sk), other);
  const refused = skbAlloc(HOST);
  clearExtendedErr(refused).ee_errno = 111;
  clearExtendedErr(refused).ee_origin = 4;
  queueTail(errorQueue(sk), refused);
  stamp(sk, 3);
  const bytes = skbAlloc(HOST);
  clearExtendedErr(bytes).ee_errno = 42;
  clearExtendedErr(bytes).ee_errno = 42;
  const b = clearExtendedErr(bytes);
  b.ee_errno = 42;
  b.ee_origin = 4;
  skb(bytes).len = 10;
  queueTail(errorQueue(sk), bytes);
  stamp(sk, 4);
  settle();
  getEvents();
  assert(cqes() == 2 && isCqe(0, 7, 3, MORE) && isCqe(1, 7, 4, MORE), 'both timestamps without bytes');
  assert(sk.error_head == other && skb(other).next == refused && skb(refused).next == bytes && skb(bytes).next == NOBODY, 'the rest stays');
  assert(sk.error_tail == bytes, 'in order');
}

export function timestamps_that_the_socket_does_not_want_are_left(): void {
  const fd = connected(16, DEFER32);
  const sk = stamps(7, fd);
  sk.tsflags = SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_ID;
  stamp(sk, 3);
  getEvents();
  assert(cqes() == 0 && sk.error_head != NOBODY, 'SOF_TIMESTAMPING_SOFTWARE is off');
  sk.tsflags |= SOF_TIMESTAMPING_SOFTWARE;
  stamp(sk, 4);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 7, 3, MORE) && cqeOff(0) == coreState().clock_ns / 1000000000, 'on: both');
  assert(sk.error_head == NOBODY && sk.rmem_alloc == 0 && queueErrSkb(sk, skbAlloc(HOST)), 'their memory is given back');
  assert(socket() != 0, 'and the ring goes on');
}

export function a_timestamp_has_seconds_and_nanoseconds(): void {
  const fd = connected(16, DEFER32);
  const sk = stamps(7, fd);
  coreState().clock_ns = 3000000007;
  stamp(sk, 1);
  getEvents();
  assert(cqes() == 1 && cqeOff(0) == 3 && second(0) >= 7 && second(0) < 1000000, 'three seconds and a little');
}

export function the_tail_is_published_with_completions_and_not_without(): void {
  build();
  ring(8, DEFER);
  const target = bench().fd;
  const rings = bench().rings;
  ring(8, PLAIN);
  message(target, 5);
  bench().fd = target;
  getEvents();
  assert(load<u32>(rings, 12) == 1, 'a message came');
  store<u32>(rings, 77, 12);
  getEvents();
  assert(load<u32>(rings, 12) == 77, 'nothing has come since: what the application scribbles stays');
}

export function a_filler_is_empty(): void {
  build();
  ring(4, DEFER | IORING_SETUP_CQE_MIXED);
  memory.fill(<usize>bench().rings + 64, 0xff, 64);
  one(0);
  one(1);
  one(2);
  seen(3);
  wide(9, 1, 2);
  enter(1, 0, 0);
  assert(cqe(0).user_data == 0 && cqe(0).res == 0 && cqe(0).flags == IORING_CQE_F_SKIP, 'zeros but its flag');
  assert(cqe(1).user_data == 9 && cqeOff(1) == 1 && second(1) == 2, 'then the wide one');
}

export function a_full_mixed_queue_has_no_room_for_a_filler(): void {
  build();
  ring(4, DEFER | IORING_SETUP_CQE_MIXED);
  one(0);
  one(1);
  one(2);
  seen(1);
  one(3);
  one(4);
  assert(cqes() == 4, 'full, and its end is in the middle');
  wide(9, 1, 2);
  enter(1, 0, 0);
  assert(cqes() == 4 && isCqe(0, 1, 0, 0) && isCqe(3, 4, 0, 0), 'nothing is written over');
}

export function a_message_that_waits_for_task_work_has_no_words_either(): void {
  build();
  ring(2, DEFER32);
  const target = bench().fd;
  const rings = bench().rings;
  const r = here();
  ring(8, PLAIN);
  for (let i: u32 = 0; i < 3; i++) message(target, 50 + i);
  bench().fd = target;
  getEvents();
  assert(r.overflow_head != NOBODY, 'the third waits');
  memory.fill(<usize>rings + 64, 0xff, 64);
  store<u32>(rings, 2, 8);
  getEvents();
  assert(load<u64>(<usize>rings + 64) == 52 && load<u64>(<usize>rings + 64, 16) == 0 && load<u64>(<usize>rings + 64, 24) == 0, 'zeros');
}

export function a_sleeper_that_defers_is_not_woken_for_less_than_it_wants(): void {
  build();
  ring(8, DEFER);
  const target = bench().fd;
  assert(enter(0, 2, GET) == -ERESTARTSYS, 'asleep for two');
  ring(8, PLAIN);
  message(target, 9);
  assert(nextEventTime() == u64.MAX_VALUE, 'one (io_msg_remote_post)');
  message(target, 9);
  assert(nextEventTime() != u64.MAX_VALUE, 'two');
}

export function a_full_queue_made_smaller_is_full(): void {
  build();
  ring(4, DEFER);
  for (let i: u32 = 0; i < 3; i++) one(i);
  cqWithhold(here(), 3);
  one(3);
  assert(cqes() == 3 && (sqFlags() & IORING_SQ_CQ_OVERFLOW) != 0, 'more are taken than there are');
  seen(2);
  getEvents();
  assert(cqes() == 1, 'and nothing is written while that is so');
}

export function one_entry_in_the_middle_is_too_few_for_a_wide_one(): void {
  build();
  ring(4, DEFER | IORING_SETUP_CQE_MIXED);
  for (let i: u32 = 0; i < 4; i++) one(i);
  seen(1);
  wide(9, 1, 2);
  enter(1, 0, 0);
  assert(cqes() == 3 && isCqe(0, 1, 0, 0), 'the next one is not written over');
  assert((sqFlags() & IORING_SQ_CQ_OVERFLOW) != 0, 'it waits');
}

export function an_application_that_is_ahead_of_its_queue_leaves_it_empty(): void {
  build();
  ring(1, DEFER);
  store<u32>(bench().rings, 5, 8);
  one(1);
  assert(load<u32>(bench().rings, 12) == 1 && (sqFlags() & IORING_SQ_CQ_OVERFLOW) == 0, 'there is room (io_cqring_queued)');
}

export function a_sleeper_is_woken_by_what_another_thread_submits(): void {
  build();
  ring(8, PLAIN);
  assert(enter(0, 1, GET) == -ERESTARTSYS && nextEventTime() == u64.MAX_VALUE, 'asleep');
  nop(1);
  assert(sysEnter(HOST + 2, bench().fd, 1, 0, 0, 0, 0) == 1 && cqes() == 1, 'at the end of a batch');
  assert(nextEventTime() != u64.MAX_VALUE, 'woken');
  settle();
  assert(enter(0, 1, GET) == 0, 'it has what it wanted');
}
