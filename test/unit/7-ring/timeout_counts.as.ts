/**
 * Description: timeouts that count completions, beside others that have fired and were not told yet, and timeouts that are changed
 * (Linux: io_uring/timeout.c, io_timeout, io_flush_timeouts, io_timeout_update). A timeout's own completion counts for no other.
 */
import {
  __kernel_timespec, ECANCELED, EFAULT, EINVAL, ENOENT, ETIME, io_uring_sqe, IORING_CQE_F_MORE, IORING_OP_ASYNC_CANCEL,
  IORING_OP_LINK_TIMEOUT, IORING_OP_TIMEOUT, IORING_OP_TIMEOUT_REMOVE, IORING_TIMEOUT_ABS, IORING_TIMEOUT_ETIME_SUCCESS,
  IORING_TIMEOUT_IMMEDIATE_ARG, IORING_TIMEOUT_MULTISHOT, IORING_TIMEOUT_UPDATE, IORING_LINK_TIMEOUT_UPDATE, IOSQE_FIXED_FILE,
  IOSQE_IO_LINK,
} from '../../../uring-model/uapi.gen';
import { coreState } from '../../../sim/core';
import {
  build, cqe, cqes, DEFER, elapse, enter, getEvents, isCqe, linearPacket, ring, seen, settle, socket, sqe, user, verify,
} from '../config_ring.as';
import { nop, recv } from '../config_requests.as';

const MS: u64 = 1000000;
const SECOND: u64 = 1000000000;
const MULTI: u32 = IORING_TIMEOUT_MULTISHOT;

function timeOf(ns: u64): u32 {
  const at = user(16);
  const ts = changetype<__kernel_timespec>(<usize>at);
  ts.tv_sec = <i64>(ns / SECOND);
  ts.tv_nsec = <i64>(ns % SECOND);
  return at;
}
function timeout(user_data: u64, ns: u64, count: u32 = 0, flags: u32 = 0): io_uring_sqe {
  const s = sqe(IORING_OP_TIMEOUT, user_data);
  s.addr = timeOf(ns);
  s.len = 1;
  s.off = count;
  s.timeout_flags = flags;
  return s;
}
function update(user_data: u64, target: u64, ns: u64, flags: u32 = 0): io_uring_sqe {
  const s = sqe(IORING_OP_TIMEOUT_REMOVE, user_data);
  s.addr = target;
  s.addr2 = timeOf(ns);
  s.timeout_flags = IORING_TIMEOUT_UPDATE | flags;
  return s;
}
function begin(): void {
  build();
  ring(64, DEFER);
}
function submit(n: u32): void {
  assert(enter(n, 0, 0) == n, 'submitted');
}
function only(): i32 {
  submit(1);
  assert(cqes() == 1, 'one completion');
  const res = cqe(0).res;
  seen(1);
  return res;
}
function now(): u64 {
  return coreState().clock_ns;
}

export function a_second_is_a_second(): void {
  begin();
  timeout(1, 3 * SECOND + 5);
  submit(1);
  const from = now();
  settle();
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, -ETIME, 0) && now() >= from + 3 * SECOND + 5 && now() < from + 3 * SECOND + MS, 'three of them');
  verify();
}

export function a_timeout_that_fired_and_was_not_told_counts_for_none(): void {
  begin();
  timeout(1, 10 * SECOND, 5);
  timeout(2, MS);
  submit(2);
  elapse(2 * MS);
  timeout(3, 10 * SECOND, 1);
  submit(1);
  getEvents();
  getEvents();
  assert(cqes() == 1 && isCqe(0, 2, -ETIME, 0), 'the one that fired');
  nop(4);
  submit(1);
  getEvents();
  assert(cqes() == 3 && isCqe(1, 4, 0, 0) && isCqe(2, 3, 0, 0), 'one completion is one');
  verify();
}

export function what_was_counted_before_does_not_count_again(): void {
  begin();
  timeout(1, 10 * SECOND, 20);
  submit(1);
  for (let i: u32 = 0; i < 3; i++) nop(50);
  submit(3);
  timeout(2, MS);
  submit(1);
  elapse(2 * MS);
  timeout(3, 10 * SECOND, 1);
  submit(1);
  getEvents();
  getEvents();
  assert(cqes() == 4 && isCqe(3, 2, -ETIME, 0), 'three, and the one that fired');
  nop(51);
  submit(1);
  getEvents();
  assert(cqes() == 6 && isCqe(5, 3, 0, 0), 'the next one');
  for (let i: u32 = 0; i < 16; i++) nop(52);
  submit(16);
  getEvents();
  assert(cqes() == 23 && isCqe(22, 1, 0, 0), 'twenty in all');
  verify();
}

export function timeouts_without_a_count_stand_in_no_ones_way(): void {
  begin();
  timeout(1, 10 * SECOND);
  timeout(2, 10 * SECOND, 2);
  timeout(3, 20 * SECOND);
  timeout(4, 10 * SECOND, 1);
  submit(4);
  nop(9);
  submit(1);
  getEvents();
  assert(cqes() == 2 && isCqe(1, 4, 0, 0), 'one');
  nop(9);
  submit(1);
  getEvents();
  assert(cqes() == 4 && isCqe(3, 2, 0, 0), 'two');
  settle();
  getEvents();
  assert(cqes() == 6 && isCqe(4, 1, -ETIME, 0) && isCqe(5, 3, -ETIME, 0), 'the others in their time');
  verify();
}

export function a_timeout_that_is_changed_counts_no_more(): void {
  begin();
  timeout(1, 10 * SECOND, 1);
  submit(1);
  update(2, 1, 50 * MS);
  submit(1);
  assert(cqes() == 1 && isCqe(0, 2, 0, 0), 'changed, and that did not count');
  nop(3);
  submit(1);
  getEvents();
  assert(cqes() == 2, 'nor does a completion');
  elapse(60 * MS);
  getEvents();
  assert(cqes() == 3 && isCqe(2, 1, -ETIME, 0), 'its new time');
  verify();
}

export function a_repeated_timeout_keeps_its_count_when_its_time_changes(): void {
  begin();
  timeout(1, 10 * SECOND, 2, MULTI);
  submit(1);
  update(2, 1, 5 * MS);
  submit(1);
  seen(1);
  for (let i = 0; i < 4; i++) {
    settle();
    getEvents();
  }
  assert(cqes() == 2 && isCqe(0, 1, -ETIME, IORING_CQE_F_MORE) && isCqe(1, 1, -ETIME, 0), 'twice');
  verify();
}

export function a_time_of_the_clock_is_for_what_does_not_repeat(): void {
  begin();
  timeout(1, 10 * SECOND, 3, MULTI);
  timeout(2, 20 * SECOND);
  submit(2);
  update(3, 1, 5 * SECOND, IORING_TIMEOUT_ABS);
  assert(only() == -EINVAL, 'a repeated one has no such time');
  update(4, 2, 2 * SECOND, IORING_TIMEOUT_ABS);
  assert(only() == 0, 'another one has');
  elapse(3 * SECOND);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 2, -ETIME, 0), 'two seconds from the beginning of all time');
  update(5, 7, SECOND);
  seen(1);
  assert(only() == -ENOENT, 'no such timeout');
  timeout(6, SECOND, 1, MULTI | IORING_TIMEOUT_ABS);
  assert(only() == -EINVAL, 'nor does one begin like that');
  verify();
}

export function no_time_at_all_is_a_time(): void {
  begin();
  timeout(1, 10 * SECOND);
  submit(1);
  update(2, 1, 0);
  assert(only() == 0, 'changed');
  elapse(MS);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, -ETIME, 0), 'it is over');
  seen(1);
  const s = timeout(3, 0);
  s.addr = 0;
  s.timeout_flags = IORING_TIMEOUT_IMMEDIATE_ARG;
  submit(1);
  elapse(MS);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 3, -ETIME, 0), 'a number of nanoseconds in place of an address');
  seen(1);
  timeout(4, 0).addr = 64;
  assert(only() == -EFAULT, 'an address that is none');
  const t = timeout(5, 0);
  t.addr = u64.MAX_VALUE;
  t.timeout_flags = IORING_TIMEOUT_IMMEDIATE_ARG;
  assert(only() == -EINVAL, 'less than nothing');
  verify();
}

export function what_takes_a_timeout_back_is_checked(): void {
  begin();
  for (let i: u32 = 0; i < 5; i++) {
    const s = sqe(IORING_OP_TIMEOUT_REMOVE, i + 1);
    if (i == 0) s.addr3 = 1;
    else if (i == 1) s.buf_index = 1;
    else if (i == 2) s.len = 1;
    else if (i == 3) s.splice_fd_in = 1;
    else s.flags = <u8>IOSQE_FIXED_FILE;
    assert(only() == -EINVAL, 'a field');
  }
  sqe(IORING_OP_TIMEOUT_REMOVE, 1).timeout_flags = IORING_TIMEOUT_ABS;
  assert(only() == -EINVAL, 'flags without a change');
  update(1, 1, MS, IORING_TIMEOUT_ETIME_SUCCESS);
  assert(only() == -EINVAL, 'flags of no change');
  update(1, 1, MS, IORING_LINK_TIMEOUT_UPDATE);
  assert(only() == -ENOENT, 'nothing is linked');
  update(1, 1, MS).addr2 = 64;
  assert(only() == -EFAULT, 'the new time');
  verify();
}

export function a_timeout_that_ends_well_lets_its_chain_go_on(): void {
  begin();
  timeout(1, MS, 0, IORING_TIMEOUT_ETIME_SUCCESS).flags = <u8>IOSQE_IO_LINK;
  nop(2);
  timeout(3, 2 * MS).flags = <u8>IOSQE_IO_LINK;
  nop(4);
  submit(4);
  settle();
  getEvents();
  getEvents();
  assert(cqes() == 4 && isCqe(0, 1, -ETIME, 0), 'in their order');
  for (let i: u32 = 1; i < 4; i++) {
    const c = cqe(i);
    assert(c.user_data != 2 || c.res == 0, 'behind the first the chain goes on');
    assert(c.user_data != 4 || c.res == -ECANCELED, 'behind the other it ends');
  }
  verify();
}

function linkTimeout(user_data: u64, ns: u64): void {
  const s = sqe(IORING_OP_LINK_TIMEOUT, user_data);
  s.addr = timeOf(ns);
  s.len = 1;
}

export function linked_timeouts_are_found_whichever_came_first(): void {
  begin();
  for (let i: u32 = 0; i < 3; i++) {
    recv(socket(), 10 + i, IOSQE_IO_LINK);
    linkTimeout(20 + i, 10 * SECOND);
    submit(2);
  }
  for (let i: u32 = 0; i < 3; i++) {
    update(30 + i, 22 - i, (i + 1) * 5 * MS, IORING_LINK_TIMEOUT_UPDATE);
    assert(only() == 0, 'the last, the middle, the first');
  }
  update(33, 23, MS, IORING_LINK_TIMEOUT_UPDATE);
  assert(only() == -ENOENT, 'no fourth');
  for (let i: u32 = 0; i < 3; i++) {
    elapse(6 * MS);
    getEvents();
    getEvents();
  }
  settle();
  getEvents();
  assert(cqes() == 6, 'each with what it guards');
  for (let i: u32 = 0; i < 6; i++) assert(cqe(i).res == -ECANCELED || cqe(i).res == -ETIME, 'ended');
  const first = cqe(0).user_data;
  assert(first == 12 || first == 22, 'the soonest is the last');
  verify();
}

export function the_middle_of_linked_timeouts_may_go(): void {
  begin();
  const a = socket();
  const b = socket();
  const c = socket();
  recv(a, 10, IOSQE_IO_LINK);
  linkTimeout(20, 10 * SECOND);
  recv(b, 11, IOSQE_IO_LINK);
  linkTimeout(21, 10 * SECOND);
  recv(c, 12, IOSQE_IO_LINK);
  linkTimeout(22, 10 * SECOND);
  submit(6);
  linearPacket(b, 5, 0);
  getEvents();
  getEvents();
  assert(cqes() == 2 && isCqe(0, 11, 5, 0) && isCqe(1, 21, -ECANCELED, 0), 'with its request');
  seen(2);
  update(31, 21, MS, IORING_LINK_TIMEOUT_UPDATE);
  assert(only() == -ENOENT, 'it is gone');
  update(32, 22, MS, IORING_LINK_TIMEOUT_UPDATE);
  assert(only() == 0, 'the one behind it is not');
  update(30, 20, 2 * MS, IORING_LINK_TIMEOUT_UPDATE);
  assert(only() == 0, 'nor the one in front');
  linearPacket(c, 5, 0);
  getEvents();
  getEvents();
  seen(cqes());
  update(33, 22, MS, IORING_LINK_TIMEOUT_UPDATE);
  assert(only() == -ENOENT, 'the last is gone');
  recv(b, 13, IOSQE_IO_LINK);
  linkTimeout(23, 10 * SECOND);
  submit(2);
  update(34, 23, 3 * MS, IORING_LINK_TIMEOUT_UPDATE);
  assert(only() == 0, 'another is the last now');
  sqe(IORING_OP_ASYNC_CANCEL, 40).addr = 13;
  submit(1);
  getEvents();
  getEvents();
  assert(cqes() == 3, 'taken along');
  verify();
}
