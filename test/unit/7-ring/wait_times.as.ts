/**
 * Description: how long a task waits, what it is told when the time is over, and what it does meanwhile (Linux: io_uring/wait.c,
 * io_cqring_wait, io_cqring_min_timer_wakeup; io_uring/napi.c, __io_napi_busy_loop; kernel/signal.c, set_user_sigmask).
 */
import {
  CONTEXT_HARDWARE, CONTEXT_SYSCALL, CONTEXT_USER, coreBooked, coreIndex, coreState, enterContext, nextEventTime, NONE, popEvent,
  QUEUES_MAX, waitAlloc,
} from '../../../sim/core';
import { setBusyPoll } from '../../../stack/3-pool';
import { callSystem } from '../../../sim/world/syscalls';
import { MIN_NAPI_ID, sock } from '../../../stack/6-socket';
import { fdSock } from '../../../stack/file';
import { AT_SOCKET_BUSY_POLL_NS, setHost } from '../config.gen.as';
import {
  sysClose, sysEnter, taskAt, taskCore, taskDeadline, taskHandedOut, taskHandOut, taskPark, taskResume, taskSignal,
} from '../../../uring-model/7-ring';
import {
  __kernel_timespec, __NR_getppid, __NR_read, __NR_recvfrom, __NR_sendto, __NR_setitimer, EFAULT, EINTR, EINVAL, ENOMEM, ERESTARTSYS,
  ETIME, io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES, io_uring_napi, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_STATIC_ADD_ID,
  IO_URING_NAPI_TRACKING_STATIC, IORING_ENTER_EXT_ARG, IORING_ENTER_GETEVENTS, IORING_OP_NOP, IORING_NOP_TW, IORING_REGISTER_NAPI,
  IORING_SETUP_NO_SQARRAY, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { buffers, call, fd, incoming, pair } from '../config_files.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, socket, sqe, user, verify,
} from '../config_ring.as';
import { connected, nop, recv } from '../config_requests.as';

const GET: u32 = IORING_ENTER_GETEVENTS;
const MS: u64 = 1000000;
const NEVER: u64 = u64.MAX_VALUE;

function now(): u64 {
  return coreState().clock_ns;
}
/** io_uring_enter with times; `ns` below zero: for ever. */
function waitFor(min: u32, ns: i64, min_wait_usec: u32 = 0, sigmask: u64 = 0, sigmask_sz: u32 = 0): i32 {
  const at = user(64);
  const ext = changetype<io_uring_getevents_arg>(<usize>at);
  ext.sigmask = sigmask;
  ext.sigmask_sz = sigmask_sz;
  ext.min_wait_usec = min_wait_usec;
  if (ns >= 0) {
    const ts = changetype<__kernel_timespec>(<usize>(at + 32));
    ts.tv_sec = ns / 1000000000;
    ts.tv_nsec = ns % 1000000000;
    ext.ts = at + 32;
  }
  return sysEnter(HOST, bench().fd, 0, min, GET | IORING_ENTER_EXT_ARG, at, IO_URING_GETEVENTS_ARG_BYTES);
}
/** Events of the task until it is back in user space, or nothing more happens. */
function awake(): bool {
  while (nextEventTime() != NEVER) {
    const arg = <u32>(popEvent() >> 32);
    if ((arg & 0x100) != 0) taskDeadline(arg & 0xff);
    else if ((arg & 0x200) != 0) taskSignal(arg & 0xff);
    else {
      taskAt(arg).run_pending = 0;
      if (taskResume(arg)) return true;
    }
  }
  return false;
}

export function a_signal_mask_has_a_size_and_lies_in_memory(): void {
  build();
  ring(8, DEFER);
  const mask = user(64);
  assert(waitFor(1, -1, 0, mask, 4) == -EINVAL && waitFor(1, -1, 0, mask, 16) == -EINVAL, 'eight bytes');
  assert(waitFor(1, -1, 0, 64, 8) == -EFAULT, 'not there');
  assert(waitFor(0, -1, 0, 64, 4) == 0, 'who does not wait has no use for one');
  assert(sysEnter(HOST, bench().fd, 0, 1, GET, mask, 4) == -EINVAL && sysEnter(HOST, bench().fd, 0, 1, GET, 64, 8) == -EFAULT, 'by itself');
  assert(waitFor(1, -1, 0, mask, 8) == -ERESTARTSYS, 'asleep');
}

export function a_wait_ends_when_its_time_is_over_and_not_before(): void {
  build();
  ring(8, DEFER);
  const from = now();
  assert(waitFor(1, 3 * MS / 2) == -ERESTARTSYS, 'asleep');
  assert(nextEventTime() >= from + 3 * MS / 2 && nextEventTime() < from + 8 * MS / 5, 'one event, at that time');
  assert(awake() && now() >= from + 3 * MS / 2 && enter(0, 1, GET) == -ETIME, 'nothing came');
  assert(taskAt(HOST).hit_timeout == 1, 'and it knows');
  verify();
}

export function an_event_of_an_earlier_wait_ends_no_later_one(): void {
  const fd = connected(8, DEFER);
  assert(waitFor(1, MS) == -ERESTARTSYS, 'a millisecond');
  recv(fd, 1);
  const from = now();
  enter(1, 0, 0);
  linearPacket(fd, 10, 0);
  getEvents();
  seen(1);
  assert(waitFor(1, 9 * MS / 5) == -ERESTARTSYS, 'nearly two');
  assert(awake() && now() >= from + 9 * MS / 5 && enter(0, 1, GET) == -ETIME, 'nearly two it is');
}

export function without_a_time_nothing_is_set(): void {
  build();
  ring(8, DEFER);
  assert(waitFor(1, -1) == -ERESTARTSYS && nextEventTime() == NEVER, 'for ever');
  assert(taskAt(HOST).timer_event_ns == NEVER, 'nobody will look');
}

export function what_came_before_the_least_wait_was_over_is_enough_then(): void {
  const fd = connected(8, DEFER);
  recv(fd, 5);
  enter(1, 0, 0);
  const from = now();
  assert(waitFor(4, 50 * MS, 1000) == -ERESTARTSYS, 'wants four');
  linearPacket(fd, 10, 0);
  assert(nextEventTime() >= from + MS, 'sleeps on');
  assert(awake() && now() < from + 2 * MS && enter(0, 4, GET) == 0 && cqes() == 1, 'after a millisecond one is enough');
  verify();
}

export function a_least_wait_in_which_nothing_came_goes_on_to_the_time_limit(): void {
  build();
  ring(8, DEFER);
  const from = now();
  assert(waitFor(4, 3 * MS / 2, 500) == -ERESTARTSYS, 'wants four');
  assert(awake() && now() >= from + 3 * MS / 2 && enter(0, 4, GET) == -ETIME, 'a millisecond and a half');
}

export function a_least_wait_longer_than_the_limit_ends_at_the_limit_of_its_own(): void {
  build();
  ring(8, DEFER);
  const from = now();
  assert(waitFor(4, MS / 2, 1500) == -ERESTARTSYS, 'wants four');
  assert(awake() && now() >= from + MS / 2 && now() < from + 2 * MS && enter(0, 4, GET) == -ETIME, 'then');
}

export function a_least_wait_alone_has_no_end(): void {
  const fd = connected(8, DEFER);
  recv(fd, 5);
  enter(1, 0, 0);
  assert(waitFor(4, -1, 1000) == -ERESTARTSYS, 'wants four');
  assert(!awake() && cqes() == 0, 'the least wait is over, and it sleeps on');
  linearPacket(fd, 10, 0);
  assert(awake() && enter(0, 4, GET) == 0 && cqes() == 1, 'one is enough now');
}

export function a_ring_that_does_not_defer_waits_as_long(): void {
  const fd = connected(8, IORING_SETUP_NO_SQARRAY);
  recv(fd, 5);
  enter(1, 0, 0);
  const from = now();
  assert(waitFor(4, 50 * MS, 1000) == -ERESTARTSYS, 'wants four');
  linearPacket(fd, 10, 0);
  assert(awake() && now() >= from + MS && now() < from + 2 * MS && cqes() == 1 && enter(0, 4, GET) == 0, 'one, after the least wait');
}

export function a_signal_interrupts_a_wait_that_has_nothing(): void {
  build();
  ring(8, DEFER);
  const timer = user(64);
  store<u64>(timer, 500, 24);
  assert(call(__NR_setitimer, 0, timer, 0) == 0, 'half a millisecond');
  assert(enter(0, 1, GET) == -ERESTARTSYS, 'asleep');
  assert(awake() && enter(0, 1, GET) == -EINTR, 'interrupted');
  assert(enter(0, 1, GET) == -ERESTARTSYS && nextEventTime() == NEVER, 'once');
}

export function a_signal_in_user_space_interrupts_nothing(): void {
  build();
  ring(8, DEFER);
  const timer = user(64);
  store<u64>(timer, 500, 24);
  call(__NR_setitimer, 0, timer, 0);
  assert(!awake(), 'its handler ran');
  assert(enter(0, 1, GET) == -ERESTARTSYS && nextEventTime() == NEVER, 'a wait afterwards sleeps');
}

/** What the queue was told to do last, and how often. */
const SEEN_AT: usize = 0x7a80;
function watch(napi_idx: u32, core: u32, until_ns: u64): void {
  store<u32>(SEEN_AT, napi_idx);
  store<u64>(SEEN_AT, until_ns, 8);
  store<u32>(SEEN_AT, load<u32>(SEEN_AT, 16) + 1, 16);
}
function pollsUntil(): u64 {
  return load<u64>(SEEN_AT, 8);
}
function busyRing(us: u32, flags: u32): u32 {
  const fd = connected(8, flags);
  setBusyPoll(watch);
  const n = changetype<io_uring_napi>(<usize>user(64));
  n.busy_poll_to = us;
  n.opcode = <u8>IO_URING_NAPI_REGISTER_OP;
  n.op_param = IO_URING_NAPI_TRACKING_STATIC;
  assert(register(IORING_REGISTER_NAPI, <u32>changetype<usize>(n), 1) == 0, 'polls');
  n.opcode = <u8>IO_URING_NAPI_STATIC_ADD_ID;
  n.op_param = MIN_NAPI_ID;
  assert(register(IORING_REGISTER_NAPI, <u32>changetype<usize>(n), 1) == 0, 'the first queue');
  return fd;
}

export function a_wait_polls_its_queue_before_it_sleeps(): void {
  const fd = busyRing(50, DEFER);
  recv(fd, 1);
  enter(1, 0, 0);
  const from = now();
  assert(enter(0, 1, GET) == -ERESTARTSYS, 'waits');
  assert(pollsUntil() >= from + 50000 && pollsUntil() < from + 60000 && taskAt(HOST).spin_until_ns == pollsUntil(), 'fifty microseconds');
  const booked = coreBooked(coreIndex(HOST, 1));
  linearPacket(fd, 10, 0);
  assert(awake() && cqes() == 1, 'woken');
  assert(pollsUntil() == 0 && load<u32>(SEEN_AT, 16) == 2 && taskAt(HOST).spin_until_ns == 0, 'it stops');
  assert(coreBooked(coreIndex(HOST, 1)) >= booked, 'its core was busy meanwhile');
  assert(enter(0, 1, GET) == 0, 'the result');
  seen(1);
  nop(2);
  assert(enter(1, 1, GET) == 1 && pollsUntil() == 0 && load<u32>(SEEN_AT, 16) == 2, 'who need not wait does not poll');
  verify();
}

export function a_wait_with_a_limit_polls_no_longer(): void {
  busyRing(50, DEFER);
  const from = now();
  assert(waitFor(1, 20000) == -ERESTARTSYS && pollsUntil() <= from + 30000, 'twenty microseconds');
  assert(awake() && pollsUntil() == 0 && enter(0, 1, GET) == -ETIME, 'then it is over');
}

export function polling_takes_the_core(): void {
  busyRing(1000, DEFER);
  const core = coreIndex(HOST, 1);
  const before = coreBooked(core);
  assert(waitFor(1, 9 * MS / 5) == -ERESTARTSYS && awake(), 'nearly two milliseconds');
  const spun = coreBooked(core) - before;
  assert(spun > 2900000 && spun < 3200000, 'one of them at three gigahertz');
}

export function a_wait_that_ends_at_once_stops_polling(): void {
  busyRing(50, DEFER);
  assert(waitFor(1, 0) == -ETIME && pollsUntil() == 0 && taskAt(HOST).spin_until_ns == 0, 'no time at all');
}

/** A TCP socket whose packets come by the first queue, on a host that polls for its calls. */
function busySocket(ns: u64): u32 {
  const which = connected(8, DEFER);
  buffers();
  setBusyPoll(watch);
  setHost(HOST, AT_SOCKET_BUSY_POLL_NS, ns);
  sock(fdSock(HOST, <i32>which)).rx_napi = 1;
  return which;
}

export function a_call_polls_the_queue_of_its_socket_before_it_sleeps(): void {
  const which = busySocket(50000);
  const from = now();
  assert(call(__NR_recvfrom, which, incoming(), 100) == -ERESTARTSYS, 'waits');
  assert(load<u32>(SEEN_AT) == HOST * QUEUES_MAX, 'its queue');
  assert(pollsUntil() >= from + 50000 && pollsUntil() < from + 60000, 'fifty microseconds');
  assert(taskAt(HOST).spin_until_ns == pollsUntil(), 'it is not asleep yet');
  const core = coreIndex(HOST, 1);
  const before = coreBooked(core);
  linearPacket(which, 10, 0);
  assert(awake() && call(__NR_recvfrom, which, incoming(), 100) == 10, 'what came');
  assert(load<u32>(SEEN_AT) == HOST * QUEUES_MAX && pollsUntil() == 0 && load<u32>(SEEN_AT, 16) == 2, 'it stops');
  assert(taskAt(HOST).spin_until_ns == 0 && taskAt(HOST).spin_napi == 0 && coreBooked(core) > before, 'and has used its core');
  linearPacket(which, 7, 0);
  assert(call(__NR_recvfrom, which, incoming(), 100) == 7 && load<u32>(SEEN_AT, 16) == 2, 'who need not wait does not poll');
}

export function who_does_not_know_its_queue_does_not_poll(): void {
  const which = busySocket(50000);
  sock(fdSock(HOST, <i32>which)).rx_napi = 0;
  assert(call(__NR_recvfrom, which, incoming(), 100) == -ERESTARTSYS && load<u32>(SEEN_AT, 16) == 0, 'no packet came yet');
  linearPacket(which, 7, 0);
  assert(awake() && call(__NR_recvfrom, which, incoming(), 100) == 7, 'woken as ever');
  sock(fdSock(HOST, <i32>which)).rx_napi = 5;
  assert(call(__NR_recvfrom, which, incoming(), 100) == -ERESTARTSYS && load<u32>(SEEN_AT, 16) == 0, 'a queue that is not there');
}

export function files_that_are_no_tcp_sockets_are_not_polled_for(): void {
  busySocket(50000);
  pair(SOCK_STREAM);
  assert(call(__NR_read, fd(0), incoming(), 100) == -ERESTARTSYS && load<u32>(SEEN_AT, 16) == 0, 'AF_UNIX');
}

export function without_busy_polling_a_call_sleeps_at_once(): void {
  const which = busySocket(0);
  assert(call(__NR_recvfrom, which, incoming(), 100) == -ERESTARTSYS, 'waits');
  assert(load<u32>(SEEN_AT, 16) == 0 && taskAt(HOST).spin_until_ns == 0 && taskAt(HOST).spin_napi == 0, 'asleep');
}

export function a_call_that_is_given_up_waits_for_nothing_any_more(): void {
  const which = busySocket(0);
  assert(call(__NR_recvfrom, which, incoming(), 100) == -ERESTARTSYS && taskAt(HOST).call_waits != 0, 'waits');
  assert(call(__NR_getppid) == 1, 'another call');
  recv(which, 5);
  assert(enter(1, 0, 0) == 1 && taskAt(HOST).waiting == 0, 'the task does not sleep');
  linearPacket(which, 7, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 5, 7, 0), 'the request has the data');
}

export function a_call_that_sleeps_runs_task_work_and_sleeps_on(): void {
  build();
  buffers();
  ring(8, IORING_SETUP_NO_SQARRAY);
  const tcp = socket();
  pair(SOCK_STREAM);
  recv(tcp, 5);
  enter(1, 0, 0);
  assert(call(__NR_read, fd(0), incoming(), 100) == -ERESTARTSYS, 'asleep in another call');
  linearPacket(tcp, 10, 0);
  assert(!awake() && cqes() == 1 && isCqe(0, 5, 10, 0), 'the work is done, and the call goes on');
  assert(taskAt(HOST).waiting != 0, 'asleep');
  assert(callSystem(HOST + 2, __NR_sendto, fd(1), incoming(), 7, 0, 0, 0) == 7, 'which writes');
  assert(awake() && call(__NR_read, fd(0), incoming(), 100) == 7, 'what it waited for');
  verify();
}

export function contexts_are_left_as_they_were(): void {
  build();
  ring(8, DEFER);
  assert(coreState().context == CONTEXT_HARDWARE, 'outside');
  assert(waitFor(1, MS) == -ERESTARTSYS && coreState().context == CONTEXT_HARDWARE, 'asleep');
  popEvent();
  taskDeadline(HOST);
  assert(coreState().context == CONTEXT_HARDWARE, 'the interrupt of a timer is over');
  assert(awake() && coreState().context == CONTEXT_HARDWARE, 'awake');
  assert(call(__NR_getppid) == 1 && coreState().context == CONTEXT_HARDWARE, 'a call');
}

export function a_task_that_closes_a_descriptor_is_still_awake(): void {
  build();
  ring(8, DEFER);
  const t = taskAt(HOST);
  enterContext(HOST, taskCore(t), CONTEXT_SYSCALL);
  taskHandOut(t);
  assert(sysClose(HOST, 99) < 0 && taskHandedOut() == <i32>HOST && coreState().context == CONTEXT_USER, 'its application runs on');
  taskPark(HOST);
  assert(taskHandedOut() < 0 && coreState().context == CONTEXT_HARDWARE, 'until it says that it does not');
}

export function a_timed_wait_sees_work_that_came_with_its_end(): void {
  build();
  ring(8, DEFER);
  const s = sqe(IORING_OP_NOP, 3);
  s.nop_flags = IORING_NOP_TW;
  enter(1, 0, 0);
  assert(waitFor(1, MS) == 0 && cqes() == 1 && cqe(0).user_data == 3, 'it is run first');
}

export function more_than_there_is_room_for_is_not_waited_for(): void {
  build();
  ring(4, DEFER);
  for (let i: u32 = 0; i < 4; i++) nop(i);
  assert(enter(4, 0, 0) == 4 && enter(0, 100, GET) == 0, 'all that there can be is there');
  seen(1);
  assert(enter(0, 100, GET) == -ERESTARTSYS, 'three of four are not');
}

export function a_task_that_is_woken_twice_runs_once(): void {
  build();
  ring(8, IORING_SETUP_NO_SQARRAY);
  const a = socket();
  const b = socket();
  recv(a, 1);
  recv(b, 2);
  assert(enter(2, 2, GET) == -ERESTARTSYS, 'asleep');
  linearPacket(a, 10, 0);
  linearPacket(b, 20, 0);
  popEvent();
  assert(nextEventTime() == NEVER, 'one event');
  taskAt(HOST).run_pending = 0;
  assert(taskResume(HOST) && cqes() == 2 && enter(0, 2, GET) == 0, 'for both');
  verify();
}

export function a_timer_that_repeats_interrupts_again(): void {
  build();
  ring(8, DEFER);
  const timer = user(64);
  store<u64>(timer, 300, 8);
  store<u64>(timer, 500, 24);
  const from = now();
  assert(call(__NR_setitimer, 0, timer, 0) == 0, 'in half a millisecond, and then every three tenths');
  for (let i: u64 = 0; i < 3; i++) {
    assert(enter(0, 1, GET) == -ERESTARTSYS && awake() && enter(0, 1, GET) == -EINTR, 'interrupted');
    assert(now() >= from + 500000 + i * 300000 && now() < from + 600000 + i * 300000, 'in time');
  }
  store<u64>(timer, 0, 8);
  store<u64>(timer, 0, 24);
  assert(call(__NR_setitimer, 0, timer, 0) == 0, 'stopped');
  assert(enter(0, 1, GET) == -ERESTARTSYS && !awake(), 'for good');
}

export function who_cannot_wait_for_want_of_memory_is_told_so(): void {
  build();
  buffers();
  pair(SOCK_STREAM);
  while (waitAlloc() != NONE) {}
  assert(call(__NR_read, fd(0), incoming(), 4) == -ENOMEM && taskAt(HOST).waiting == 0, 'it does not sleep');
}
