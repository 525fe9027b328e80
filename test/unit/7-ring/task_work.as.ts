/**
 * Description: whom new task work wakes and tells, and in which portions it runs (Linux: io_uring/tw.c, io_req_local_work_add,
 * io_req_normal_work_add, __io_run_local_work, tctx_task_work_run).
 */
import { EV_TASK_WORK, nextEventTime, traceCursor } from '../../../sim/core';
import { eventfdFileNew, fdInstall } from '../../../stack/file';
import { callSystem } from '../../../sim/world/syscalls';
import { sysEnter } from '../../../uring-model/7-ring';
import {
  __NR_read, EAGAIN, ERESTARTSYS, io_uring_params, IORING_CQ_EVENTFD_DISABLED, IORING_ENTER_GETEVENTS, IORING_NOP_TW, IORING_OP_NOP,
  IORING_REGISTER_EVENTFD, IORING_REGISTER_EVENTFD_ASYNC, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_NO_SQARRAY, IORING_SETUP_TASKRUN_FLAG,
  IORING_SQ_TASKRUN,
  IORING_UNREGISTER_EVENTFD, IOSQE_IO_LINK, O_NONBLOCK,
} from '../../../uring-model/uapi.gen';
import { AT_KERNEL_LOCAL_TW_CAP, AT_KERNEL_LOCAL_TW_FIFO, setHost } from '../config.gen.as';
import {
  bench, build, cqe, cqes, DEFER, elapse, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, socket, sqe, sqFlags, user,
  verify,
} from '../config_ring.as';
import { connected, recv } from '../config_requests.as';

const GET: u32 = IORING_ENTER_GETEVENTS;
const FLAG: u32 = IORING_SETUP_TASKRUN_FLAG;
const COOP: u32 = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_NO_SQARRAY;

function work(n: u32, flags: u32 = 0): void {
  for (let i: u32 = 0; i < n; i++) {
    const s = sqe(IORING_OP_NOP, i + 1);
    s.nop_flags = IORING_NOP_TW;
    s.flags = <u8>flags;
  }
}
function hasWork(): bool {
  return (sqFlags() & IORING_SQ_TASKRUN) != 0;
}
/** An eventfd that the ring tells, and that does not block. */
function eventfd(how: u32): u32 {
  const fd = fdInstall(HOST, <u32>eventfdFileNew(HOST, 0, O_NONBLOCK));
  const at = user(64);
  store<u32>(at, fd);
  assert(register(how, at, 1) == 0, 'an eventfd');
  return fd;
}
/** How often it was told since the last time; 0: not at all. */
function told(fd: u32): u64 {
  elapse(1000000);
  const at = user(64);
  const ret = <i32>callSystem(HOST, __NR_read, fd, at, 8, 0, 0, 0);
  return ret == 8 ? load<u64>(at) : 0;
}

export function the_flag_of_task_work_is_there_as_long_as_there_is_some(): void {
  const fd = connected(64, DEFER | FLAG);
  assert(!hasWork(), 'none');
  recv(fd, 1);
  enter(1, 0, 0);
  assert(!hasWork(), 'a request that waits is none');
  linearPacket(fd, 10, 0);
  assert(hasWork() && cqes() == 0, 'data came');
  getEvents();
  assert(!hasWork() && cqes() == 1, 'done');
  work(30);
  enter(30, 0, 0);
  getEvents();
  assert(hasWork() && cqes() == 21, 'ten are left');
  getEvents();
  assert(!hasWork() && cqes() == 31, 'none is');
  verify();
}

export function without_its_setup_flag_nothing_is_flagged(): void {
  build();
  ring(64, DEFER);
  work(30);
  enter(30, 0, 0);
  assert(!hasWork(), 'work is there');
  getEvents();
  assert(!hasWork() && cqes() == 20, 'and some is left');
}

export function work_of_a_cooperative_task_waits_for_its_next_call(): void {
  const fd = connected(64, COOP | FLAG);
  recv(fd, 1);
  enter(1, 0, 0);
  linearPacket(fd, 10, 0);
  assert(nextEventTime() == u64.MAX_VALUE && hasWork(), 'nobody is interrupted');
  enter(0, 0, 0);
  assert(cqes() == 1 && !hasWork(), 'any call does it');
  verify();
}

export function without_the_flag_a_cooperative_ring_says_nothing(): void {
  const fd = connected(64, COOP);
  recv(fd, 1);
  enter(1, 0, 0);
  linearPacket(fd, 10, 0);
  assert(nextEventTime() == u64.MAX_VALUE && !hasWork(), 'nothing to see');
  enter(0, 0, 0);
  assert(cqes() == 1, 'until a call');
}

export function a_cooperative_task_that_sleeps_is_woken(): void {
  const fd = connected(64, COOP);
  recv(fd, 1);
  assert(enter(1, 1, GET) == -ERESTARTSYS, 'asleep');
  linearPacket(fd, 10, 0);
  assert(nextEventTime() != u64.MAX_VALUE, 'woken');
  elapse(1000000);
  assert(cqes() == 1 && enter(0, 1, GET) == 0, 'its completion');
}

export function a_task_that_does_not_cooperate_is_interrupted(): void {
  const fd = connected(64, IORING_SETUP_NO_SQARRAY);
  recv(fd, 1);
  enter(1, 0, 0);
  linearPacket(fd, 10, 0);
  assert(nextEventTime() != u64.MAX_VALUE && cqes() == 0, 'at once');
  elapse(1000000);
  assert(cqes() == 1, 'without a call');
  verify();
}

export function a_ring_that_defers_interrupts_nobody(): void {
  const fd = connected(64, DEFER);
  recv(fd, 1);
  enter(1, 0, 0);
  linearPacket(fd, 10, 0);
  assert(nextEventTime() == u64.MAX_VALUE, 'nobody waits');
  enter(0, 0, 0);
  assert(cqes() == 0, 'a call that does not ask does not run it');
  getEvents();
  assert(cqes() == 1, 'one that does');
}

export function of_requests_in_a_chain_each_wakes_a_waiter(): void {
  build();
  ring(64, DEFER);
  const a = socket();
  const b = socket();
  recv(a, 1, IOSQE_IO_LINK);
  sqe(IORING_OP_NOP, 2);
  recv(b, 3);
  assert(enter(3, 3, GET) == -ERESTARTSYS, 'wants three');
  linearPacket(b, 10, 0);
  assert(nextEventTime() == u64.MAX_VALUE, 'one of three does not wake it');
  linearPacket(a, 10, 0);
  assert(nextEventTime() != u64.MAX_VALUE, 'the head of a chain does, for more may follow');
  elapse(1000000);
  assert(cqes() == 3 && enter(0, 3, GET) == 0, 'as it does');
  verify();
}

export function deferred_work_tells_an_eventfd_once_until_it_runs(): void {
  build();
  ring(64, DEFER);
  const a = socket();
  const b = socket();
  const efd = eventfd(IORING_REGISTER_EVENTFD);
  recv(a, 1);
  recv(b, 2);
  enter(2, 0, 0);
  assert(told(efd) == 0, 'nothing happened');
  linearPacket(a, 10, 0);
  linearPacket(b, 10, 0);
  assert(told(efd) == 1, 'the first item');
  getEvents();
  assert(cqes() == 2 && told(efd) == 1, 'and the completions');
  recv(a, 3);
  enter(1, 0, 0);
  linearPacket(a, 10, 0);
  assert(told(efd) == 1, 'a first item again');
  verify();
}

export function completions_of_one_run_tell_an_eventfd_once(): void {
  build();
  ring(64, IORING_SETUP_NO_SQARRAY);
  const efd = eventfd(IORING_REGISTER_EVENTFD);
  work(5);
  enter(5, 0, 0);
  assert(cqes() == 5 && told(efd) == 1, 'five together');
  sqe(IORING_OP_NOP, 9);
  enter(1, 0, 0);
  assert(told(efd) == 1 && told(efd) == 0, 'each call');
  const flags = bench().rings + changetype<io_uring_params>(<usize>bench().params).cq_off.flags;
  store<u32>(flags, IORING_CQ_EVENTFD_DISABLED);
  sqe(IORING_OP_NOP, 9);
  enter(1, 0, 0);
  assert(told(efd) == 0, 'the application may not want to know');
  store<u32>(flags, 0);
  assert(register(IORING_UNREGISTER_EVENTFD, 0, 0) == 0, 'no more');
  sqe(IORING_OP_NOP, 9);
  enter(1, 0, 0);
  assert(told(efd) == 0, 'nobody is told');
}

export function an_eventfd_of_asynchronous_completions_hears_of_no_other(): void {
  build();
  ring(64, IORING_SETUP_NO_SQARRAY);
  const efd = eventfd(IORING_REGISTER_EVENTFD_ASYNC);
  sqe(IORING_OP_NOP, 1);
  enter(1, 0, 0);
  assert(cqes() == 1 && told(efd) == 0, 'it completed at once');
}

export function tasks_of_several_rings_are_done_in_the_order_in_which_they_came(): void {
  build();
  ring(64, IORING_SETUP_NO_SQARRAY | IORING_SETUP_COOP_TASKRUN);
  const first = bench().fd;
  const a = socket();
  const b = socket();
  recv(a, 1);
  enter(1, 0, 0);
  const rings = bench().rings;
  ring(64, IORING_SETUP_NO_SQARRAY | IORING_SETUP_COOP_TASKRUN);
  recv(b, 2);
  enter(1, 0, 0);
  linearPacket(a, 10, 0);
  linearPacket(b, 20, 0);
  assert(cqes() == 0, 'not yet');
  enter(0, 0, 0);
  assert(cqes() == 1 && isCqe(0, 2, 20, 0), 'of this ring');
  assert(load<u32>(rings, 12) - load<u32>(rings, 8) >= 1 && first != bench().fd, 'and of the other');
  verify();
}

export function an_older_kernel_runs_what_it_took_and_flags_what_came_since(): void {
  build();
  setHost(HOST, AT_KERNEL_LOCAL_TW_FIFO, 0);
  ring(64, DEFER | FLAG);
  const efd = eventfd(IORING_REGISTER_EVENTFD);
  work(25);
  enter(25, 0, 0);
  assert(hasWork() && told(efd) == 1, 'twenty-five');
  getEvents();
  assert(cqes() == 20 && hasWork(), 'five are left');
  told(efd);
  work(2);
  enter(2, 0, 0);
  assert(told(efd) == 1, 'what comes then is a list of its own, and tells of itself');
  seen(20);
  getEvents();
  assert(cqes() == 7 && !hasWork() && cqe(5).user_data == 1 && cqe(6).user_data == 2, 'first what was left');
  verify();
}

export function an_older_kernel_that_has_more_left_than_a_call_takes_takes_one_no_more(): void {
  build();
  setHost(HOST, AT_KERNEL_LOCAL_TW_FIFO, 0);
  ring(64, DEFER);
  work(45);
  enter(45, 0, 0);
  getEvents();
  assert(cqes() == 20, 'twenty');
  getEvents();
  assert(cqes() == 40, 'twenty of what is left, and nothing of a new list');
  getEvents();
  assert(cqes() == 45, 'the rest');
}

export function who_wants_more_gets_what_its_own_completions_bring(): void {
  build();
  ring(64, DEFER);
  for (let i: u32 = 0; i < 6; i++) {
    const s = sqe(IORING_OP_NOP, i + 1);
    s.nop_flags = IORING_NOP_TW;
    s.flags = <u8>(i < 5 ? IOSQE_IO_LINK : 0);
  }
  assert(enter(6, 6, GET) == 6 && cqes() == 6, 'each brings the next');
  seen(6);
  for (let i: u32 = 0; i < 3; i++) {
    const s = sqe(IORING_OP_NOP, i + 1);
    s.nop_flags = IORING_NOP_TW;
    s.flags = <u8>(i < 2 ? IOSQE_IO_LINK : 0);
  }
  enter(3, 1, GET);
  assert(cqes() >= 1 && cqe(0).user_data == 1, 'who wants one has one');
  for (let i = 0; i < 3; i++) getEvents();
  assert(cqes() == 3, 'and in the end all');
}

export function without_a_cap_all_of_a_chain_runs_at_once(): void {
  build();
  setHost(HOST, AT_KERNEL_LOCAL_TW_CAP, 0);
  ring(64, DEFER);
  work(40);
  enter(40, 0, 0);
  getEvents();
  assert(cqes() == 40, 'forty');
}

export function another_task_may_not_run_deferred_work(): void {
  build();
  ring(64, DEFER);
  work(2);
  enter(2, 0, 0);
  assert(sysEnter(HOST + 2, bench().fd, 0, 0, GET, 0, 0) == -17 && cqes() == 0, 'EEXIST');
  const efd = eventfd(IORING_REGISTER_EVENTFD);
  assert(<i32>callSystem(HOST, __NR_read, efd, user(64), 8, 0, 0, 0) == -EAGAIN && cqes() == 0, 'nor does any other call of its own');
  getEvents();
  assert(cqes() == 2, 'for it');
}

export function a_turn_of_task_work_is_traced_with_what_it_did(): void {
  build();
  const cursor = traceCursor();
  cursor.base = user(64 << 5);
  cursor.next = cursor.base;
  cursor.end = cursor.base + (64 << 5);
  cursor.stop = cursor.end;
  ring(64, DEFER);
  work(3);
  enter(3, 0, 0);
  for (let i = 0; i < 3; i++) getEvents();
  let n: u32 = 0;
  for (let at = <usize>cursor.base; at < <usize>cursor.next; at += 32) {
    if ((load<u32>(at, 8) & 0xff) != EV_TASK_WORK) continue;
    n++;
    assert(load<u32>(at, 24) == 3, 'three items');
  }
  assert(n == 1, 'one turn, and none without work');
}
