/** Description: POLL_ADD and POLL_REMOVE: once, again and again, changed, taken back. */
import {
  ECANCELED, EINVAL, ENOENT, IORING_CQE_F_MORE, IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE, IORING_POLL_ADD_LEVEL, IORING_POLL_ADD_MULTI,
  IORING_POLL_UPDATE_EVENTS, IORING_POLL_UPDATE_USER_DATA, IORING_SETUP_NO_SQARRAY, IOSQE_CQE_SKIP_SUCCESS, POLLIN, POLLOUT, POLLPRI,
} from '../../../uring-model/uapi.gen';
import { sock, stateChange } from '../../../stack/6-socket';
import { fdSock } from '../../../stack/file';
import { cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, seen, sqe, verify } from '../config_ring.as';
import { connected, poll, recv } from '../config_requests.as';

function change(user_data: u64, target: u64, flags: u32, new_user_data: u64, events: u32): void {
  const s = sqe(IORING_OP_POLL_REMOVE, user_data);
  s.addr = target;
  s.off = new_user_data;
  s.len = flags;
  s.poll32_events = events;
}
function read(fd: u32): void {
  recv(fd, 99);
  enter(1, 0, 0);
  seen(cqes());
}

export function a_poll_that_is_true_completes_at_once(): void {
  const fd = connected(16, DEFER);
  poll(fd, 10, POLLIN);
  poll(fd, 11, POLLIN, IORING_POLL_ADD_MULTI);
  poll(fd, 12, POLLIN | POLLOUT);
  assert(enter(3, 0, 0) == 3 && cqes() == 1 && isCqe(0, 12, POLLOUT, 0), 'writable');
  seen(1);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 11, POLLIN, IORING_CQE_F_MORE) && isCqe(1, 10, POLLIN, 0), 'the last to come is told first');
  seen(2);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 11, POLLIN, IORING_CQE_F_MORE), 'the multishot one again');
  seen(1);
  linearPacket(fd, 5, 0);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 1, 'two before task work ran are one');
  verify();
}

export function without_deferral_each_wake_up_has_a_completion(): void {
  const fd = connected(16, IORING_SETUP_NO_SQARRAY);
  poll(fd, 11, POLLIN, IORING_POLL_ADD_MULTI);
  enter(1, 0, 0);
  linearPacket(fd, 5, 0);
  enter(0, 0, 0);
  linearPacket(fd, 5, 0);
  enter(0, 0, 0);
  assert(cqes() == 2, 'one each');
  verify();
}

export function what_a_poll_reports_is_what_woke_it(): void {
  const fd = connected(16, DEFER);
  poll(fd, 10, POLLIN | POLLPRI);
  enter(1, 0, 0);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 10, POLLIN | POLLPRI, 0), 'data may be urgent, says who wakes, and nobody looks');
  verify();
}

export function a_poll_that_was_told_to_look_reports_what_it_sees(): void {
  const fd = connected(16, DEFER);
  poll(fd, 10, POLLIN | POLLPRI);
  enter(1, 0, 0);
  linearPacket(fd, 5, 0);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 10, POLLIN | POLLPRI, 0), 'the first left the queue with its answer');
  seen(1);
  poll(fd, 11, POLLPRI);
  enter(1, 0, 0);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 0, 'PRI alone is no reason to look');
  stateChange(sock(fdSock(HOST, <i32>fd)));
  getEvents();
  assert(cqes() == 0, 'it looked, and there is nothing urgent');
  verify();
}

export function a_multishot_poll_on_a_readable_file_says_so_first(): void {
  const fd = connected(16, DEFER);
  linearPacket(fd, 5, 0);
  poll(fd, 13, POLLIN, IORING_POLL_ADD_MULTI);
  enter(1, 0, 0);
  assert(cqes() == 0, 'by task work');
  getEvents();
  assert(cqes() == 1 && isCqe(0, 13, POLLIN, IORING_CQE_F_MORE), 'armed and told');
  verify();
}

export function a_poll_is_removed(): void {
  const fd = connected(16, DEFER);
  poll(fd, 13, POLLIN, IORING_POLL_ADD_MULTI);
  enter(1, 0, 0);
  change(20, 13, 0, 0, 0);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 20, 0, 0) && isCqe(1, 13, -ECANCELED, 0), 'the remover first');
  change(21, 13, 0, 0, 0);
  enter(1, 0, 0);
  assert(isCqe(2, 21, -ENOENT, 0), 'it has gone');
  verify();
}

export function a_poll_gets_another_name_and_other_events(): void {
  const fd = connected(16, DEFER);
  poll(fd, 14, POLLIN, IORING_POLL_ADD_MULTI);
  enter(1, 0, 0);
  change(22, 14, IORING_POLL_UPDATE_USER_DATA, 114, POLLIN);
  enter(1, 0, 0);
  assert(isCqe(0, 22, -EINVAL, 0), 'events without the flag');
  seen(1);
  change(23, 14, IORING_POLL_UPDATE_USER_DATA, 114, 0);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 23, 0, 0), 'renamed, and it waits on');
  seen(1);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 114, POLLIN, IORING_CQE_F_MORE), 'under its new name');
  seen(1);
  change(24, 114, IORING_POLL_UPDATE_EVENTS, 0, POLLOUT);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 24, 0, 0) && isCqe(1, 114, POLLOUT, IORING_CQE_F_MORE), 'other events, and they are true');
  verify();
}

export function an_update_that_completes_a_poll_says_so_by_task_work(): void {
  const fd = connected(16, DEFER);
  poll(fd, 14, POLLIN);
  enter(1, 0, 0);
  change(24, 14, IORING_POLL_UPDATE_EVENTS, 0, POLLOUT);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 24, 0, 0), 'the update');
  getEvents();
  assert(cqes() == 2 && isCqe(1, 14, POLLOUT, 0), 'then the poll');
  verify();
}

export function the_fields_of_a_poll_are_checked(): void {
  const fd = connected(16, DEFER);
  poll(fd, 1, POLLIN, IORING_POLL_ADD_LEVEL);
  enter(1, 0, 0);
  poll(fd, 2, POLLIN, IORING_POLL_UPDATE_EVENTS);
  enter(1, 0, 0);
  const s = sqe(IORING_OP_POLL_ADD, 3);
  s.fd = <i32>fd;
  s.len = IORING_POLL_ADD_MULTI;
  s.flags = <u8>IOSQE_CQE_SKIP_SUCCESS;
  enter(1, 0, 0);
  change(4, 1, IORING_POLL_ADD_MULTI, 0, 0);
  enter(1, 0, 0);
  change(5, 1, 0, 7, 0);
  enter(1, 0, 0);
  assert(cqes() == 5, 'all');
  for (let i: u32 = 0; i < 5; i++) assert(cqe(i).res == -EINVAL, 'refused');
  verify();
}

export function who_waited_last_is_told_first(): void {
  const fd = connected(64, DEFER);
  for (let i: u64 = 0; i < 5; i++) poll(fd, 100 + i, POLLIN);
  enter(5, 0, 0);
  linearPacket(fd, 5, 0);
  getEvents();
  assert(cqes() == 5, 'all');
  for (let i: u32 = 0; i < 5; i++) assert(isCqe(i, 104 - i, POLLIN, 0), 'newest first');
  read(fd);
  verify();
}
