/**
 * Description: who waits for a ring from outside. An eventfd counts batches of completions, unless it is told not to, and hears of deferred
 * task work; from inside of a wake-up it is told a moment later (io_uring/eventfd.c), for it may be what woke.
 */
import { EVENT_RING_RCU, nextEventTime, popEvent } from '../../../sim/core';
import { eventfdFileNew, fdFile, fdInstall, fileAt } from '../../../stack/file';
import { ringAt, ringRcu, sysClose } from '../../../uring-model/7-ring';
import { Ring } from '../../../uring-model/7-ring/state';
import {
  __NR_read, EAGAIN, EBADF, EBUSY, EFAULT, EINVAL, ENXIO, IORING_CQ_EVENTFD_DISABLED, IORING_NOP_TW, IORING_OP_NOP,
  IORING_REGISTER_EVENTFD, IORING_REGISTER_EVENTFD_ASYNC, IORING_SETUP_NO_SQARRAY, IORING_UNREGISTER_EVENTFD, IOSQE_ASYNC,
  IOSQE_CQE_SKIP_SUCCESS, O_NONBLOCK, POLLIN,
} from '../../../uring-model/uapi.gen';
import { call } from '../config_files.as';
import {
  bench, build, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, settle, socket, sqe, user, verify,
} from '../config_ring.as';
import { nop, poll, recv } from '../config_requests.as';
import { AT_KERNEL_EVENTFD_RCU, setHost } from '../config.gen.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const CQ_FLAGS: usize = 40;

function here(): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj);
}
function register_(op: u32, fd: u32): i32 {
  const at = user(64);
  store<i32>(at, <i32>fd);
  return register(op, at, 1);
}
function eventfd(): u32 {
  return fdInstall(HOST, <u32>eventfdFileNew(HOST, 0, O_NONBLOCK));
}
/** A ring with an eventfd, which is returned. */
function begin(flags: u32, op: u32): u32 {
  build();
  ring(16, flags);
  const fd = eventfd();
  assert(register_(op, fd) == 0, 'registered');
  return fd;
}
/** What the eventfd counted since it was read last. */
function counted(fd: u32): i32 {
  const at = user(64);
  const ret = call(__NR_read, fd, at, 8);
  return ret == -EAGAIN ? 0 : load<i32>(at);
}

export function an_eventfd_is_registered_once_and_is_one(): void {
  build();
  ring(16, DEFER);
  assert(register(IORING_UNREGISTER_EVENTFD, 0, 0) == -ENXIO, 'none');
  assert(register(IORING_REGISTER_EVENTFD, 8, 1) == -EFAULT && register_(IORING_REGISTER_EVENTFD, 99) == -EBADF, 'no descriptor');
  assert(register_(IORING_REGISTER_EVENTFD, socket()) == -EINVAL, 'no eventfd');
  const fd = eventfd();
  assert(register_(IORING_REGISTER_EVENTFD, fd) == 0 && register_(IORING_REGISTER_EVENTFD, fd) == -EBUSY, 'once');
  assert(register(IORING_REGISTER_EVENTFD_ASYNC, 8, 1) == -EBUSY, 'which is looked at first');
  assert(register(IORING_UNREGISTER_EVENTFD, 0, 0) == 0 && register(IORING_UNREGISTER_EVENTFD, 0, 0) == -ENXIO, 'and away');
  assert(register_(IORING_REGISTER_EVENTFD_ASYNC, fd) == 0, 'again');
}

export function a_ring_keeps_its_eventfd_until_it_is_told_not_to(): void {
  const fd = begin(PLAIN, IORING_REGISTER_EVENTFD);
  const file = fdFile(HOST, <i32>fd);
  assert(fileAt(file).refs == 2 && sysClose(HOST, fd) == 0 && fileAt(file).refs == 1, 'the ring alone has it');
  nop(1);
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'it is told, though nobody can read it');
  assert(register(IORING_UNREGISTER_EVENTFD, 0, 0) == 0 && fileAt(file).refs == 0, 'now it is gone');
  nop(2);
  assert(enter(1, 0, 0) == 1 && cqes() == 2, 'nobody is told');
  verify();
}

export function an_eventfd_counts_batches_and_not_calls(): void {
  const fd = begin(PLAIN, IORING_REGISTER_EVENTFD);
  nop(1);
  nop(2);
  enter(2, 0, 0);
  assert(counted(fd) == 1, 'a batch');
  enter(0, 0, 0);
  getEvents();
  assert(counted(fd) == 0, 'nothing came');
  nop(3);
  enter(1, 0, 0);
  nop(4);
  enter(1, 0, 0);
  assert(counted(fd) == 2, 'two batches');
}

export function what_came_before_it_was_registered_does_not_count(): void {
  build();
  ring(16, PLAIN);
  nop(1);
  enter(1, 0, 0);
  const fd = eventfd();
  assert(register_(IORING_REGISTER_EVENTFD, fd) == 0, 'registered');
  getEvents();
  assert(counted(fd) == 0, 'nothing new');
}

export function the_application_may_turn_its_eventfd_off(): void {
  const fd = begin(PLAIN, IORING_REGISTER_EVENTFD);
  store<u32>(bench().rings, IORING_CQ_EVENTFD_DISABLED, CQ_FLAGS);
  nop(1);
  enter(1, 0, 0);
  assert(counted(fd) == 0, 'off');
  store<u32>(bench().rings, 0, CQ_FLAGS);
  nop(2);
  enter(1, 0, 0);
  assert(counted(fd) == 1, 'on');
}

export function an_asynchronous_one_hears_of_workers_alone(): void {
  const fd = begin(PLAIN, IORING_REGISTER_EVENTFD_ASYNC);
  nop(1);
  enter(1, 0, 0);
  assert(counted(fd) == 0, 'inline');
  nop(2, IOSQE_ASYNC);
  enter(1, 0, 0);
  settle();
  assert(cqes() == 2 && counted(fd) == 1, 'by a worker');
}

export function deferred_work_is_told_when_it_comes_and_not_again_when_it_is_done(): void {
  const fd = begin(DEFER, IORING_REGISTER_EVENTFD);
  sqe(IORING_OP_NOP, 1).nop_flags = IORING_NOP_TW;
  sqe(IORING_OP_NOP, 2).nop_flags = IORING_NOP_TW;
  enter(2, 0, 0);
  assert(cqes() == 0 && counted(fd) == 1, 'the first item of the list');
  getEvents();
  assert(cqes() == 2 && counted(fd) == 1, 'the completions of both');
}

/** The grace period is over. */
function grace(): void {
  const event = popEvent();
  assert(<u32>event == EVENT_RING_RCU, 'a grace period');
  ringRcu(<u32>(event >> 32));
}

export function from_inside_of_a_wake_up_it_is_told_a_moment_later(): void {
  const efd = begin(DEFER, IORING_REGISTER_EVENTFD);
  const a = socket();
  const b = socket();
  recv(a, 1);
  recv(b, 2);
  enter(2, 0, 0);
  counted(efd);
  linearPacket(a, 10, 0);
  linearPacket(b, 10, 0);
  assert(here().rcu_pending == 1 && counted(efd) == 0, 'not yet');
  grace();
  assert(counted(efd) == 1 && here().rcu_pending == 0 && nextEventTime() == u64.MAX_VALUE, 'once for the list, and nothing is left');
  getEvents();
  assert(cqes() == 2 && counted(efd) == 1, 'and their completions');
  recv(a, 3);
  enter(1, 0, 0);
  counted(efd);
  linearPacket(a, 10, 0);
  assert(here().rcu_pending == 1, 'the next one too');
  grace();
  assert(counted(efd) == 1, 'told');
}

export function an_older_kernel_tells_it_at_once(): void {
  build();
  setHost(HOST, AT_KERNEL_EVENTFD_RCU, 0);
  ring(16, DEFER);
  const efd = eventfd();
  assert(register_(IORING_REGISTER_EVENTFD, efd) == 0, 'registered');
  const a = socket();
  recv(a, 1);
  enter(1, 0, 0);
  counted(efd);
  linearPacket(a, 10, 0);
  assert(counted(efd) == 1 && here().rcu_pending == 0, 'from inside');
}

export function who_was_unregistered_meanwhile_is_not_told(): void {
  const efd = begin(DEFER, IORING_REGISTER_EVENTFD);
  const a = socket();
  recv(a, 1);
  enter(1, 0, 0);
  counted(efd);
  linearPacket(a, 10, 0);
  assert(register(IORING_UNREGISTER_EVENTFD, 0, 0) == 0, 'away');
  grace();
  assert(counted(efd) == 0, 'nothing');
}

export function a_ring_that_was_closed_meanwhile_tells_nobody(): void {
  const efd = begin(DEFER, IORING_REGISTER_EVENTFD);
  const a = socket();
  recv(a, 1);
  enter(1, 0, 0);
  counted(efd);
  linearPacket(a, 10, 0);
  const idx = here().idx;
  sysClose(HOST, bench().fd);
  ringRcu(idx);
  assert(counted(efd) == 0, 'its requests are nobody\'s');
}

/** A second ring polls the first, which the bench goes on with, and which receives from a socket: that. */
function polled(flags: u32): u32 {
  build();
  ring(16, flags);
  const fd = bench().fd;
  const rings = bench().rings;
  const sqes = bench().sqes;
  const from = socket();
  recv(from, 1);
  assert(enter(1, 0, 0) == 1, 'armed');
  const tail = bench().sq_tail;
  ring(16, PLAIN);
  store<u32>(0x7800, bench().fd);
  store<u32>(0x7804, bench().rings);
  poll(fd, 77, POLLIN, 1);
  assert(enter(1, 0, 0) == 1 && cqes() == 0, 'nothing is there');
  bench().fd = fd;
  bench().rings = rings;
  bench().sqes = sqes;
  bench().sq_tail = tail;
  return from;
}
/** Completions of the ring that polls, after its task work. */
function heard(): u32 {
  const mine = bench().fd;
  bench().fd = load<u32>(0x7800);
  enter(0, 0, 0);
  bench().fd = mine;
  return load<u32>(load<u32>(0x7804), 12);
}

export function who_polls_a_ring_hears_of_completions_once(): void {
  polled(PLAIN);
  nop(2);
  enter(1, 0, 0);
  assert(heard() == 1 && cqes() == 1 && isCqe(0, 2, 0, 0), 'one');
  const at = <usize>load<u32>(0x7804) + 64;
  assert(load<u64>(at) == 77 && (load<u32>(at, 8) & POLLIN) != 0, 'something is there');
  assert(load<u32>(at, 12) == 0, 'a ring that polls a ring is told once (EPOLL_URING_WAKE)');
}

export function who_polls_a_ring_that_defers_hears_of_its_work(): void {
  polled(DEFER);
  sqe(IORING_OP_NOP, 2).nop_flags = IORING_NOP_TW;
  enter(1, 0, 0);
  assert(heard() == 1 && cqes() == 0, 'at once, from a call');
}

export function who_polls_a_ring_is_told_of_what_a_wake_up_brings_a_moment_later(): void {
  const from = polled(DEFER);
  linearPacket(from, 10, 0);
  assert(here().rcu_pending == 2 && heard() == 0, 'not from inside of it');
  grace();
  assert(here().rcu_pending == 0 && heard() == 1, 'now');
}

export function whom_nobody_polls_has_nobody_to_tell(): void {
  build();
  ring(16, DEFER);
  const from = socket();
  recv(from, 1);
  enter(1, 0, 0);
  linearPacket(from, 10, 0);
  assert(here().rcu_pending == 0 && nextEventTime() == u64.MAX_VALUE, 'nothing is put off');
}

export function a_batch_without_completions_tells_nobody(): void {
  const fd = begin(PLAIN, IORING_REGISTER_EVENTFD);
  nop(1);
  enter(1, 0, 0);
  assert(counted(fd) == 1, 'one came');
  nop(2, IOSQE_CQE_SKIP_SUCCESS);
  enter(1, 0, 0);
  assert(cqes() == 1 && counted(fd) == 0, 'none has come since (io_eventfd_signal)');
}

export function after_a_worker_the_submitters_completions_are_its_own_again(): void {
  const fd = begin(PLAIN, IORING_REGISTER_EVENTFD_ASYNC);
  nop(1, IOSQE_ASYNC);
  enter(1, 0, 0);
  settle();
  assert(counted(fd) == 1, 'by a worker');
  nop(2);
  enter(1, 0, 0);
  assert(cqes() == 2 && counted(fd) == 0, 'inline');
}

export function what_is_put_off_for_pollers_is_not_for_the_eventfd(): void {
  const from = polled(DEFER);
  const fd = eventfd();
  assert(register_(IORING_REGISTER_EVENTFD_ASYNC, fd) == 0, 'registered, for workers');
  linearPacket(from, 10, 0);
  assert(here().rcu_pending == 2, 'the poller is to be told');
  grace();
  assert(heard() == 1 && counted(fd) == 0, 'and nobody else');
}
