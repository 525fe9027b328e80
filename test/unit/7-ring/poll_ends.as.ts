/**
 * Description: how a poll ends: with what woke it, with what is true when its task work runs, with its cancellation, or at once for a
 * file that nobody can wait for (Linux: io_uring/poll.c, __io_arm_poll_handler, io_poll_wake, io_poll_check_events, io_poll_remove).
 */
import { blockFileNew, epollNew, eventfdFileNew, fdInstall, O_DIRECT } from '../../../stack/file';
import { callSystem } from '../../../sim/world/syscalls';
import { sysEnter, sysMmap } from '../../../uring-model/7-ring';
import {
  __NR_read, __NR_write, EALREADY, EBADF, ECANCELED, EINVAL, ENOENT, IORING_CQE_F_MORE, IORING_ENTER_GETEVENTS,
  IORING_OP_ASYNC_CANCEL, IORING_OP_NOP, IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, IORING_POLL_ADD_LEVEL, IORING_POLL_ADD_MULTI,
  IORING_POLL_UPDATE_EVENTS, IORING_POLL_UPDATE_USER_DATA, IORING_REGISTER_EVENTFD, IORING_SETUP_NO_SQARRAY, IOSQE_CQE_SKIP_SUCCESS,
  IOSQE_IO_LINK, O_NONBLOCK, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { buffers, call, close, fd, incoming, pair, recv, shutdown, write } from '../config_files.as';
import {
  bench, build, cqe, cqes, DEFER, elapse, enter, getEvents, HOST, isCqe, register, ring, seen, sqe, user, verify,
} from '../config_ring.as';
import { nop, poll } from '../config_requests.as';

const MORE: u32 = IORING_CQE_F_MORE;
const MULTI: u32 = IORING_POLL_ADD_MULTI;
const LEVEL: u32 = IORING_POLL_ADD_LEVEL;

function begin(): void {
  build();
  buffers();
  ring(64, DEFER);
  pair(SOCK_STREAM);
}
function submit(n: u32): void {
  assert(enter(n, 0, 0) == n, 'submitted');
  getEvents();
}
function change(user_data: u64, target: u64, flags: u32, new_user_data: u64, events: u32): void {
  const s = sqe(IORING_OP_POLL_REMOVE, user_data);
  s.addr = target;
  s.off = new_user_data;
  s.len = flags;
  s.poll32_events = events;
}
function eventfd(count: u32): u32 {
  return fdInstall(HOST, <u32>eventfdFileNew(HOST, count, O_NONBLOCK));
}
function signal(efd: u32): void {
  const at = user(64);
  store<u64>(at, 1);
  assert(<i32>callSystem(HOST, __NR_write, efd, at, 8, 0, 0, 0) == 8, 'signalled');
}

export function a_file_that_nobody_can_wait_for_is_ready_or_an_error(): void {
  begin();
  const block = fdInstall(HOST, <u32>blockFileNew(HOST, O_DIRECT));
  poll(block, 1, POLLIN | POLLOUT);
  poll(block, 2, POLLIN, MULTI);
  submit(2);
  assert(cqes() == 2 && isCqe(0, 1, POLLIN | POLLOUT, 0) && isCqe(1, 2, POLLIN, 0), 'it is always ready, and there is no more');
  poll(block, 3, POLLIN, MULTI | LEVEL);
  enter(1, 0, 0);
  assert(cqes() == 3 && isCqe(2, 3, -EINVAL, 0), 'of a level there is nothing to wait for');
  poll(999, 4, POLLIN);
  enter(1, 0, 0);
  assert(isCqe(3, 4, -EBADF, 0), 'no file');
  verify();
}

export function each_kind_of_file_wakes_its_poll(): void {
  begin();
  const efd = eventfd(0);
  const set = fdInstall(HOST, <u32>epollNew(HOST));
  const event = user(64);
  store<u32>(event, POLLIN);
  assert(call(233, set, 1, fd(0), event) == 0, 'epoll_ctl');
  poll(efd, 1, POLLIN);
  poll(set, 2, POLLIN);
  poll(<u32>fd(0), 3, POLLIN);
  submit(3);
  assert(cqes() == 0, 'nothing is there');
  signal(efd);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, POLLIN, 0), 'the count of an eventfd');
  write(fd(1), 1);
  for (let i = 0; i < 3; i++) getEvents();
  assert(cqes() == 3 && cqe(1).res == POLLIN && cqe(2).res == POLLIN, 'data, and the set that watches for it');
  verify();
}

export function a_poll_that_has_nothing_when_its_work_runs_waits_on(): void {
  begin();
  poll(<u32>fd(0), 1, POLLIN, MULTI);
  poll(<u32>fd(0), 2, POLLIN);
  submit(2);
  write(fd(1), 10);
  write(fd(1), 10);
  assert(recv(fd(0), 100) == 20, 'somebody else reads it');
  getEvents();
  const told = cqes();
  assert(told < 2, 'the one that looks again sees that nothing is there');
  seen(told);
  write(fd(1), 10);
  getEvents();
  assert(cqes() == 2 - told && cqe(0).res == POLLIN, 'the next data');
  verify();
}

export function an_end_that_comes_with_data_is_told_with_it(): void {
  begin();
  poll(<u32>fd(0), 1, POLLIN | POLLRDHUP, MULTI);
  submit(1);
  write(fd(1), 10);
  shutdown(fd(1), 1);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, POLLIN | POLLRDHUP, MORE), 'both at once');
  seen(1);
  close(fd(1));
  getEvents();
  assert(cqes() == 1 && cqe(0).res == (POLLIN | POLLRDHUP | POLLHUP) && (cqe(0).flags & MORE) != 0, 'and then all of it');
  verify();
}

export function a_cancelled_poll_ends_its_chain(): void {
  begin();
  poll(<u32>fd(0), 1, POLLIN);
  const s = changetype<usize>(bench().sqes);
  store<u8>(s + (((bench().sq_tail - 1) & bench().sq_mask) << 6), <u8>IOSQE_IO_LINK, 1);
  sqe(IORING_OP_NOP, 2);
  submit(2);
  assert(cqes() == 0, 'it waits');
  sqe(IORING_OP_ASYNC_CANCEL, 9).addr = 1;
  submit(1);
  getEvents();
  assert(cqes() == 3 && isCqe(0, 9, 0, 0) && isCqe(1, 1, -ECANCELED, 0) && isCqe(2, 2, -ECANCELED, 0), 'what follows too');
  verify();
}

export function a_removed_poll_ends_its_chain(): void {
  begin();
  poll(<u32>fd(0), 1, POLLIN);
  const s = changetype<usize>(bench().sqes);
  store<u8>(s + (((bench().sq_tail - 1) & bench().sq_mask) << 6), <u8>IOSQE_IO_LINK, 1);
  sqe(IORING_OP_NOP, 2);
  submit(2);
  change(9, 1, 0, 0, 0);
  submit(1);
  getEvents();
  assert(cqes() == 3 && isCqe(0, 9, 0, 0) && isCqe(1, 1, -ECANCELED, 0) && isCqe(2, 2, -ECANCELED, 0), 'as if it had been cancelled');
  verify();
}

export function a_poll_that_an_update_completes_lets_its_chain_go_on(): void {
  begin();
  poll(<u32>fd(0), 1, POLLIN);
  const s = changetype<usize>(bench().sqes);
  store<u8>(s + (((bench().sq_tail - 1) & bench().sq_mask) << 6), <u8>IOSQE_IO_LINK, 1);
  sqe(IORING_OP_NOP, 2);
  submit(2);
  change(9, 1, IORING_POLL_UPDATE_EVENTS, 0, POLLOUT);
  submit(1);
  getEvents();
  assert(cqes() == 3 && isCqe(0, 9, 0, 0) && isCqe(1, 1, POLLOUT, 0) && isCqe(2, 2, 0, 0), 'it is true now');
  verify();
}

export function a_poll_whose_work_is_under_way_cannot_be_changed(): void {
  begin();
  poll(<u32>fd(0), 1, POLLIN);
  submit(1);
  write(fd(1), 10);
  change(9, 1, 0, 0, 0);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 9, -EALREADY, 0), 'too late');
  getEvents();
  assert(cqes() == 2 && isCqe(1, 1, POLLIN, 0), 'it ends as it would');
  change(8, 1, 0, 0, 0);
  enter(1, 0, 0);
  assert(isCqe(2, 8, -ENOENT, 0), 'and is not there');
  verify();
}

export function an_update_is_silent_of_what_it_does_not_change(): void {
  begin();
  poll(<u32>fd(0), 1, POLLIN, MULTI);
  submit(1);
  change(9, 1, IORING_POLL_UPDATE_USER_DATA, 100, 0);
  submit(1);
  seen(1);
  write(fd(1), 10);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 100, POLLIN, MORE), 'another name, the same events');
  seen(1);
  change(9, 100, IORING_POLL_UPDATE_EVENTS | MULTI, 0, POLLRDHUP);
  submit(1);
  seen(1);
  write(fd(1), 10);
  getEvents();
  assert(cqes() == 0, 'other events');
  shutdown(fd(1), 1);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 100, POLLRDHUP, MORE), 'the same name, and as often as before');
  verify();
}

export function fields_of_polls_are_checked(): void {
  begin();
  const a = sqe(IORING_OP_POLL_ADD, 1);
  a.fd = fd(0);
  a.off = 1;
  const b = sqe(IORING_OP_POLL_ADD, 2);
  b.fd = fd(0);
  b.addr = 1;
  const c = sqe(IORING_OP_POLL_ADD, 3);
  c.fd = fd(0);
  c.buf_index = 1;
  const d = sqe(IORING_OP_POLL_ADD, 4);
  d.fd = fd(0);
  d.len = IORING_POLL_UPDATE_EVENTS;
  const e = sqe(IORING_OP_POLL_ADD, 5);
  e.fd = fd(0);
  e.len = MULTI;
  e.flags = <u8>IOSQE_CQE_SKIP_SUCCESS;
  for (let i: u32 = 0; i < 5; i++) {
    enter(1, 0, 0);
    assert(cqes() == i + 1 && cqe(i).res == -EINVAL && cqe(i).user_data == i + 1, 'refused');
  }
  seen(5);
  change(1, 7, MULTI, 0, 0);
  enter(1, 0, 0);
  change(2, 7, 0, 5, 0);
  enter(1, 0, 0);
  change(3, 7, IORING_POLL_UPDATE_USER_DATA, 5, POLLIN);
  enter(1, 0, 0);
  change(4, 7, 1 << 4, 0, 0);
  enter(1, 0, 0);
  sqe(IORING_OP_POLL_REMOVE, 5).buf_index = 1;
  enter(1, 0, 0);
  sqe(IORING_OP_POLL_REMOVE, 6).splice_fd_in = 1;
  enter(1, 0, 0);
  assert(cqes() == 6, 'all of them');
  for (let i: u32 = 0; i < 6; i++) assert(cqe(i).res == -EINVAL, 'refused');
  verify();
}

export function an_eventfd_of_a_ring_ends_the_poll_of_that_ring_on_it(): void {
  begin();
  const efd = eventfd(0);
  const at = user(64);
  store<u32>(at, efd);
  assert(register(IORING_REGISTER_EVENTFD, at, 1) == 0, 'it tells itself');
  poll(efd, 1, POLLIN, MULTI);
  submit(1);
  nop(5);
  enter(1, 0, 0);
  for (let i = 0; i < 6; i++) {
    elapse(1000000);
    getEvents();
  }
  assert(cqes() == 2 && cqe(0).user_data == 5 && isCqe(1, 1, POLLIN, 0), 'once, or it would go round for ever');
  verify();
}

export function work_of_a_wake_up_tells_an_eventfd_later_and_other_work_at_once(): void {
  begin();
  const efd = eventfd(0);
  const at = user(64);
  store<u32>(at, efd);
  assert(register(IORING_REGISTER_EVENTFD, at, 1) == 0, 'an eventfd');
  poll(<u32>fd(0), 1, POLLIN, MULTI);
  submit(1);
  write(fd(1), 10);
  assert(<i32>callSystem(HOST, __NR_read, efd, incoming(), 8, 0, 0, 0) < 0, 'not within the wake-up');
  elapse(100000000);
  assert(<i32>callSystem(HOST, __NR_read, efd, incoming(), 8, 0, 0, 0) == 8, 'a grace period later');
  getEvents();
  callSystem(HOST, __NR_read, efd, incoming(), 8, 0, 0, 0);
  const s = sqe(IORING_OP_NOP, 7);
  s.nop_flags = 1 << 4;
  enter(1, 0, 0);
  assert(<i32>callSystem(HOST, __NR_read, efd, incoming(), 8, 0, 0, 0) == 8 && load<u64>(incoming()) == 1, 'at once');
  verify();
}

export function a_ring_can_be_polled_by_another(): void {
  build();
  ring(8, IORING_SETUP_NO_SQARRAY);
  const a = bench().fd;
  ring(8, DEFER);
  poll(a, 1, POLLIN, MULTI);
  poll(a, 3, POLLOUT);
  enter(2, 0, 0);
  assert(cqes() == 1 && isCqe(0, 3, POLLOUT, 0), 'there is room in its queue, and no completion');
  seen(1);
  const at = user(64);
  store<u32>(at, 5);
  assert(sysEnter(HOST, a, 0, 0, IORING_ENTER_GETEVENTS, 0, 0) == 0 && cqes() == 0, 'still none');
  const rings = <u32>sysMmap(HOST, a, 0, 4096);
  const sqes = <u32>sysMmap(HOST, a, 0x10000000, 4096);
  memory.fill(sqes, 0, 64);
  store<u32>(rings, 1, 4);
  assert(sysEnter(HOST, a, 1, 0, 0, 0, 0) == 1, 'a completion');
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, POLLIN, 0), 'is told, and once, for rings that watch each other would go round');
  poll(a, 4, POLLIN);
  enter(1, 0, 0);
  assert(cqes() == 2 && isCqe(1, 4, POLLIN, 0), 'and is there');
  verify();
}
