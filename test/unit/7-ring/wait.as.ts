/**
 * Description: sleeping and waking. A wait that has to sleep says so to its caller; what wakes it carries it on, and the
 * repeated call fetches the result. A sleeper is not woken for less than it waits for.
 */
import { coreState, nextEventTime, popEvent } from '../../../sim/core';
import {
  __kernel_timespec, EAGAIN, ERESTARTSYS, ETIME, EINVAL, EFAULT, io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES,
  IORING_ENTER_EXT_ARG, IORING_ENTER_GETEVENTS, IORING_OP_NOP, MSG_DONTWAIT, IORING_SETUP_NO_SQARRAY, IORING_NOP_TW,
} from '../../../uring-model/uapi.gen';
import { ringTimer, sysEnter, taskAt, taskDeadline, taskResume } from '../../../uring-model/7-ring';
import { bench, build, cqe, cqes, DEFER, enter, HOST, isCqe, linearPacket, ring, seen, socket, sqe, user, verify } from '../config_ring.as';
import { connected, recv } from '../config_requests.as';

const GET: u32 = IORING_ENTER_GETEVENTS;

/** A wait with a time limit. */
function enterFor(min: u32, ns: i64, min_wait_usec: u32): i32 {
  const at = user(64);
  const ext = changetype<io_uring_getevents_arg>(<usize>at);
  const ts = changetype<__kernel_timespec>(<usize>(at + 32));
  ts.tv_nsec = ns;
  ext.min_wait_usec = min_wait_usec;
  ext.ts = at + 32;
  return sysEnter(HOST, bench().fd, 0, min, GET | IORING_ENTER_EXT_ARG, at, IO_URING_GETEVENTS_ARG_BYTES);
}
/** The task's event comes. True: it is back in user space. */
function runTask(): bool {
  popEvent();
  taskAt(HOST).run_pending = 0;
  return taskResume(HOST);
}

export function what_is_there_is_not_waited_for(): void {
  build();
  ring(8, DEFER);
  sqe(IORING_OP_NOP, 1);
  assert(enter(1, 1, GET) == 1 && cqes() == 1, 'submitted and done');
  assert(enter(0, 1, GET) == 0, 'still there');
}

export function a_sleeper_is_woken_by_data_and_fetches_its_result(): void {
  const fd = connected(8, DEFER);
  recv(fd, 5);
  assert(enter(1, 1, GET) == -ERESTARTSYS, 'asleep; the request was submitted');
  assert(nextEventTime() == u64.MAX_VALUE, 'nothing to do');
  linearPacket(fd, 100, 0);
  assert(nextEventTime() != u64.MAX_VALUE && cqes() == 0, 'woken');
  assert(runTask() && cqes() == 1 && isCqe(0, 5, 100, 0), 'task work ran before the application');
  assert(enter(0, 1, GET) == 0, 'the result of the wait');
  verify();
}

export function a_sleeper_that_wants_two_is_not_woken_for_one(): void {
  const one = connected(8, DEFER);
  const two = socket();
  recv(one, 1);
  recv(two, 2);
  assert(enter(2, 2, GET) == -ERESTARTSYS, 'asleep');
  linearPacket(one, 10, 0);
  assert(nextEventTime() == u64.MAX_VALUE, 'sleeps on');
  linearPacket(two, 20, 0);
  assert(nextEventTime() != u64.MAX_VALUE && runTask() && cqes() == 2, 'both at once');
}

export function the_time_limit_ends_a_wait(): void {
  build();
  ring(8, DEFER);
  assert(enterFor(1, 500000, 0) == -ERESTARTSYS, 'asleep');
  assert(nextEventTime() == 500000 + coreState().clock_ns || nextEventTime() > 500000, 'somebody looks at the time');
  popEvent();
  taskDeadline(HOST);
  assert(runTask() && enter(0, 1, GET) == -ETIME, 'nothing came');
  assert(enterFor(1, 0, 0) == -ETIME, 'no time at all: no sleep');
}

export function a_far_limit_is_kept_by_the_wheel(): void {
  build();
  ring(8, DEFER);
  assert(enterFor(1, 100000000, 0) == -ERESTARTSYS, 'a tenth of a second');
  ringTimer(HOST);
  popEvent();
  assert(!taskResume(HOST), 'the wheel\'s turn is no reason to run');
}

export function after_the_least_wait_one_completion_is_enough(): void {
  const fd = connected(8, DEFER);
  recv(fd, 5);
  enter(1, 0, 0);
  assert(enterFor(4, 900000, 100) == -ERESTARTSYS, 'wants four');
  popEvent();
  taskDeadline(HOST);
  linearPacket(fd, 10, 0);
  assert(nextEventTime() != u64.MAX_VALUE && runTask(), 'one came after 100 microseconds');
  assert(enter(0, 4, GET) == 0 && cqes() == 1, 'and is enough');
}

export function arguments_of_a_wait_are_checked(): void {
  build();
  ring(8, DEFER);
  assert(sysEnter(HOST, bench().fd, 0, 1, GET | IORING_ENTER_EXT_ARG, user(64), 8) == -EINVAL, 'size');
  assert(sysEnter(HOST, bench().fd, 0, 1, GET | IORING_ENTER_EXT_ARG, 16, 24) == -EFAULT, 'address');
  assert(enter(0, 0, 1 << 20) == -EINVAL, 'flags');
}

export function who_does_not_want_to_wait_gets_eagain(): void {
  const fd = connected(8, DEFER);
  recv(fd, 5);
  const b = bench();
  store<u32>(b.sqes + (((b.sq_tail - 1) & b.sq_mask) << 6), MSG_DONTWAIT, 28);
  enter(1, 0, 0);
  assert(cqes() == 1 && cqe(0).res == -EAGAIN, 'MSG_DONTWAIT');
}

export function a_ring_without_deferral_wakes_its_sleeper_too(): void {
  const fd = connected(8, IORING_SETUP_NO_SQARRAY);
  recv(fd, 5);
  assert(enter(1, 1, GET) == -ERESTARTSYS, 'asleep');
  linearPacket(fd, 100, 0);
  assert(runTask() && isCqe(0, 5, 100, 0), 'woken');
  seen(1);
  sqe(IORING_OP_NOP, 9).nop_flags = IORING_NOP_TW;
  assert(enter(1, 1, GET) == 1 && cqes() == 1, 'task work runs in the wait');
  verify();
}
