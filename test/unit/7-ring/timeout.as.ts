/**
 * Description: timeouts. A time runs out or completions are counted; what removes or changes a timeout completes before it.
 * A linked timeout and the request that it guards take each other along.
 */
import {
  __kernel_timespec, ECANCELED, EINVAL, ENOENT, ERESTARTSYS, ETIME, io_uring_sqe, IORING_ASYNC_CANCEL_ANY, IORING_CQE_F_MORE,
  IORING_ENTER_GETEVENTS, IORING_LINK_TIMEOUT_UPDATE, IORING_OP_ASYNC_CANCEL, IORING_OP_LINK_TIMEOUT, IORING_OP_NOP, IORING_OP_TIMEOUT,
  IORING_OP_TIMEOUT_REMOVE, IORING_SETUP_NO_SQARRAY, IORING_TIMEOUT_ABS, IORING_TIMEOUT_BOOTTIME, IORING_TIMEOUT_ETIME_SUCCESS,
  IORING_TIMEOUT_IMMEDIATE_ARG, IORING_TIMEOUT_MULTISHOT, IORING_TIMEOUT_REALTIME, IORING_TIMEOUT_UPDATE, IOSQE_IO_HARDLINK,
  IOSQE_IO_LINK,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqe, cqes, DEFER, elapse, enter, getEvents, isCqe, linearPacket, ring, seen, settle, sqe, user, verify,
} from '../config_ring.as';
import { connected, recv } from '../config_requests.as';

const MS: u64 = 1000000;

function timeOf(ns: u64): u32 {
  const at = user(16);
  const ts = changetype<__kernel_timespec>(<usize>at);
  ts.tv_sec = <i64>(ns / 1000000000);
  ts.tv_nsec = <i64>(ns % 1000000000);
  return at;
}
function timeout(user_data: u64, ns: u64, count: u32, flags: u32): io_uring_sqe {
  const s = sqe(IORING_OP_TIMEOUT, user_data);
  s.addr = timeOf(ns);
  s.len = 1;
  s.off = count;
  s.timeout_flags = flags;
  return s;
}
function remove(user_data: u64, target: u64): void {
  sqe(IORING_OP_TIMEOUT_REMOVE, user_data).addr = target;
}
function update(user_data: u64, target: u64, ns: u64, flags: u32): void {
  const s = sqe(IORING_OP_TIMEOUT_REMOVE, user_data);
  s.addr = target;
  s.addr2 = timeOf(ns);
  s.timeout_flags = IORING_TIMEOUT_UPDATE | flags;
}
function linkTimeout(user_data: u64, ns: u64, flags: u32): void {
  const s = sqe(IORING_OP_LINK_TIMEOUT, user_data);
  s.addr = timeOf(ns);
  s.len = 1;
  s.flags = <u8>flags;
}

export function timeouts_complete_in_the_order_in_which_they_run_out(): void {
  build();
  ring(16, DEFER);
  timeout(1, 60 * MS, 0, 0);
  timeout(2, 30 * MS, 0, 0);
  timeout(3, 10 * MS, 0, 0);
  assert(enter(3, 0, 0) == 3 && cqes() == 0, 'armed');
  elapse(11 * MS);
  assert(cqes() == 0, 'task work waits for the application');
  settle();
  getEvents();
  assert(cqes() == 3 && isCqe(0, 3, -ETIME, 0) && isCqe(1, 2, -ETIME, 0) && isCqe(2, 1, -ETIME, 0), 'the soonest first');
  verify();
}

export function a_timeout_ends_a_wait_for_more_completions(): void {
  build();
  ring(16, IORING_SETUP_NO_SQARRAY);
  timeout(1, 10 * MS, 0, 0);
  timeout(2, 10000 * MS, 0, 0);
  assert(enter(2, 2, IORING_ENTER_GETEVENTS) == -ERESTARTSYS, 'asleep for two');
  elapse(20 * MS);
  assert(enter(0, 2, IORING_ENTER_GETEVENTS) == 0 && cqes() == 1 && isCqe(0, 1, -ETIME, 0), 'one was enough');
  remove(3, 2);
  enter(1, 0, 0);
  assert(cqes() == 3 && isCqe(1, 3, 0, 0) && isCqe(2, 2, -ECANCELED, 0), 'the remover first, then its victim');
  verify();
}

export function times_and_flags_are_checked(): void {
  build();
  ring(16, DEFER);
  timeout(1, 10 * MS, 0, IORING_TIMEOUT_BOOTTIME | IORING_TIMEOUT_REALTIME);
  enter(1, 0, 0);
  timeout(2, 10 * MS, 2, IORING_TIMEOUT_MULTISHOT | IORING_TIMEOUT_ABS);
  enter(1, 0, 0);
  timeout(3, 10 * MS, 0, 0).len = 2;
  enter(1, 0, 0);
  const s = timeout(4, 10 * MS, 0, 0);
  store<i64>(<usize>s.addr, -1, 8);
  enter(1, 0, 0);
  linkTimeout(5, 10 * MS, 0);
  enter(1, 0, 0);
  update(6, 77, 10 * MS, IORING_TIMEOUT_BOOTTIME);
  enter(1, 0, 0);
  assert(cqes() == 6, 'all refused');
  for (let i: u32 = 0; i < 6; i++) assert(cqe(i).res == -EINVAL, 'refused');
  verify();
}

export function a_timeout_of_completions_ends_with_them(): void {
  build();
  ring(16, DEFER);
  timeout(10, 10000 * MS, 2, 0);
  enter(1, 0, 0);
  sqe(IORING_OP_NOP, 20);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 1 && cqe(0).user_data == 20, 'one is not enough');
  sqe(IORING_OP_NOP, 21);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(1, 21, 0, 0) && isCqe(2, 10, 0, 0), 'two are');
  seen(3);
  timeout(11, 10000 * MS, 2, 0);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, 30 + i);
  enter(4, 0, 0);
  assert(cqes() == 3, 'the batch of the NOPs');
  getEvents();
  assert(cqes() == 4 && isCqe(3, 11, 0, 0), 'its own completion comes behind');
  assert(settle() == 0 || cqes() == 4, 'and no timer is left');
  verify();
}

export function timeouts_of_completions_end_in_the_order_of_their_counts(): void {
  build();
  ring(16, DEFER);
  timeout(3, 10000 * MS, 3, 0);
  timeout(9, 10000 * MS, 0, 0);
  timeout(1, 10000 * MS, 1, 0);
  timeout(2, 10000 * MS, 2, 0);
  enter(4, 0, 0);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, 30 + i);
  enter(3, 0, 0);
  getEvents();
  assert(cqes() == 6 && cqe(3).user_data == 1 && cqe(4).user_data == 2 && cqe(5).user_data == 3, 'by their counts');
  verify();
}

export function a_multishot_timeout_repeats_as_often_as_it_is_told(): void {
  build();
  ring(16, DEFER);
  timeout(12, 10 * MS, 3, IORING_TIMEOUT_MULTISHOT);
  enter(1, 0, 0);
  for (let i: u32 = 0; i < 3; i++) {
    elapse(11 * MS);
    getEvents();
  }
  assert(cqes() == 3 && isCqe(0, 12, -ETIME, IORING_CQE_F_MORE) && isCqe(1, 12, -ETIME, IORING_CQE_F_MORE), 'goes on');
  assert(isCqe(2, 12, -ETIME, 0), 'and ends');
  seen(3);
  timeout(13, 10 * MS, 0, IORING_TIMEOUT_MULTISHOT);
  enter(1, 0, 0);
  elapse(11 * MS);
  getEvents();
  remove(14, 13);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(0, 13, -ETIME, IORING_CQE_F_MORE) && isCqe(1, 14, 0, 0) && isCqe(2, 13, -ECANCELED, 0), 'until removed');
  verify();
}

export function a_timeout_gets_another_time(): void {
  build();
  ring(16, DEFER);
  timeout(40, 10000 * MS, 0, 0);
  enter(1, 0, 0);
  update(41, 40, 10 * MS, 0);
  enter(1, 0, 0);
  elapse(12 * MS);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 41, 0, 0) && isCqe(1, 40, -ETIME, 0), 'ran out early');
  remove(44, 40);
  enter(1, 0, 0);
  assert(cqes() == 3 && isCqe(2, 44, -ENOENT, 0), 'it has gone');
  const s = sqe(IORING_OP_TIMEOUT, 45);
  s.addr = 5 * MS;
  s.len = 1;
  s.timeout_flags = IORING_TIMEOUT_IMMEDIATE_ARG;
  enter(1, 0, 0);
  elapse(6 * MS);
  getEvents();
  assert(cqes() == 4 && isCqe(3, 45, -ETIME, 0), 'the time itself instead of its address');
  timeout(46, 1, 0, IORING_TIMEOUT_ABS);
  enter(1, 0, 0);
  elapse(1000);
  getEvents();
  assert(cqes() == 5 && isCqe(4, 46, -ETIME, 0), 'a time that has passed');
  verify();
}

export function a_cancellation_finds_a_timeout(): void {
  build();
  ring(16, DEFER);
  timeout(45, 10000 * MS, 0, 0);
  enter(1, 0, 0);
  sqe(IORING_OP_ASYNC_CANCEL, 46).addr = 45;
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 46, 0, 0) && isCqe(1, 45, -ECANCELED, 0), 'before its victim');
  verify();
}

/** A receive with a linked timeout, and a NOP behind both. The receive's socket. */
function guarded(): u32 {
  const fd = connected(16, DEFER);
  recv(fd, 1, IOSQE_IO_LINK);
  linkTimeout(2, 10 * MS, IOSQE_IO_LINK);
  sqe(IORING_OP_NOP, 3);
  assert(enter(3, 0, 0) == 3, 'all were taken');
  return fd;
}

export function a_linked_timeout_that_runs_out_cancels_what_it_guards(): void {
  guarded();
  assert(cqes() == 0, 'armed');
  elapse(11 * MS);
  getEvents();
  getEvents();
  assert(cqes() == 3 && isCqe(0, 2, -ETIME, 0) && isCqe(1, 1, -ECANCELED, 0) && isCqe(2, 3, -ECANCELED, 0), 'timeout, target, rest');
  verify();
}

export function a_request_that_completes_takes_its_timeout_along(): void {
  const fd = guarded();
  linearPacket(fd, 10, 0);
  getEvents();
  getEvents();
  assert(cqes() == 3 && isCqe(0, 1, 10, 0) && isCqe(1, 2, -ECANCELED, 0) && isCqe(2, 3, 0, 0), 'target, timeout, and on');
  elapse(20 * MS);
  getEvents();
  assert(cqes() == 3, 'no timer is left');
  verify();
}

export function a_request_that_completes_at_once_needs_no_timer(): void {
  build();
  ring(16, IORING_SETUP_NO_SQARRAY);
  sqe(IORING_OP_NOP, 1).flags = <u8>IOSQE_IO_LINK;
  linkTimeout(2, 10 * MS, 0);
  enter(2, 0, 0);
  assert(cqes() == 2 && isCqe(0, 1, 0, 0) && isCqe(1, 2, -ECANCELED, 0), 'disarmed');
  verify();
}

export function data_that_comes_with_the_end_of_the_time_wins(): void {
  const fd = guarded();
  linearPacket(fd, 10, 0);
  elapse(11 * MS);
  getEvents();
  getEvents();
  getEvents();
  assert(cqes() == 3 && isCqe(0, 1, 10, 0) && isCqe(1, 2, -ENOENT, 0) && isCqe(2, 3, 0, 0), 'there was nobody left to cancel');
  verify();
}

export function a_linked_timeout_gets_another_time(): void {
  const fd = connected(16, DEFER);
  recv(fd, 1, IOSQE_IO_HARDLINK);
  linkTimeout(2, 10000 * MS, 0);
  enter(2, 0, 0);
  update(3, 2, 10 * MS, 0);
  enter(1, 0, 0);
  assert(isCqe(0, 3, -ENOENT, 0), 'it is no timeout of its own');
  update(4, 2, 10 * MS, IORING_LINK_TIMEOUT_UPDATE);
  enter(1, 0, 0);
  elapse(12 * MS);
  getEvents();
  assert(cqes() == 4 && isCqe(1, 4, 0, 0) && isCqe(2, 2, -ETIME, 0) && isCqe(3, 1, -ECANCELED, 0), 'ran out early');
  verify();
}

export function a_timeout_without_failure_lets_a_chain_go_on(): void {
  build();
  ring(16, DEFER);
  timeout(1, 10 * MS, 0, IORING_TIMEOUT_ETIME_SUCCESS).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 2);
  timeout(3, 20 * MS, 0, 0).flags = <u8>IOSQE_IO_LINK;
  sqe(IORING_OP_NOP, 4);
  enter(4, 0, 0);
  elapse(30 * MS);
  getEvents();
  getEvents();
  assert(cqes() == 4 && isCqe(0, 1, -ETIME, 0) && isCqe(1, 3, -ETIME, 0), 'both ran out');
  assert(isCqe(2, 2, 0, 0) && isCqe(3, 4, -ECANCELED, 0), 'only one chain goes on');
  verify();
}

export function a_timeout_that_is_wrong_says_so_itself(): void {
  build();
  ring(16, DEFER);
  sqe(IORING_OP_NOP, 1).flags = <u8>IOSQE_IO_LINK;
  linkTimeout(2, 10 * MS, 0);
  changetype<io_uring_sqe>(<usize>(bench().sqes + 64)).len = 2;
  enter(2, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, -ECANCELED, 0) && isCqe(1, 2, -EINVAL, 0), 'it was never there to be taken along');
  verify();
}

export function a_linked_timeout_that_has_fired_gets_no_other_time(): void {
  guarded();
  elapse(11 * MS);
  update(4, 2, 50 * MS, IORING_LINK_TIMEOUT_UPDATE);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 4, -ENOENT, 0), 'it is none of those that run (io_linked_timeout_update)');
  getEvents();
  getEvents();
  assert(cqes() == 4 && isCqe(1, 2, -ETIME, 0) && isCqe(2, 1, -ECANCELED, 0), 'and ends as it should');
  verify();
}

export function a_linked_timeout_cancels_what_it_guards_whatever_was_cancelled_before(): void {
  const fd = connected(16, DEFER);
  const s = sqe(IORING_OP_ASYNC_CANCEL, 9);
  s.cancel_flags = IORING_ASYNC_CANCEL_ANY;
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'all, of which there are none');
  recv(fd, 1, IOSQE_IO_LINK);
  linkTimeout(2, 10 * MS, 0);
  for (let i: u32 = 0; i < 8; i++) recv(fd, 20 + i);
  enter(10, 0, 0);
  elapse(11 * MS);
  getEvents();
  getEvents();
  assert(cqes() == 3 && isCqe(1, 2, -ETIME, 0) && isCqe(2, 1, -ECANCELED, 0), 'that one, and none of the others');
  verify();
}

export function who_defers_and_waits_for_more_is_told_of_a_timeout_too(): void {
  build();
  ring(16, DEFER);
  timeout(1, 10 * MS, 0, 0);
  timeout(2, 10000 * MS, 0, 0);
  assert(enter(2, 2, IORING_ENTER_GETEVENTS) == -ERESTARTSYS, 'asleep for two');
  elapse(20 * MS);
  assert(cqes() == 1 && enter(0, 2, IORING_ENTER_GETEVENTS) == 0 && isCqe(0, 1, -ETIME, 0), 'one was enough');
  verify();
}
