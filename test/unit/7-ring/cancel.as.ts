/** Description: cancellations: what they find, in which order, and what they say. */
import {
  EBADF, ECANCELED, EINVAL, ENOENT, io_uring_sync_cancel_reg, IORING_ASYNC_CANCEL_ALL, IORING_ASYNC_CANCEL_ANY, IORING_ASYNC_CANCEL_FD,
  IORING_ASYNC_CANCEL_OP, IORING_ASYNC_CANCEL_USERDATA, IORING_OP_ASYNC_CANCEL, IORING_OP_NOP, IORING_OP_POLL_ADD, IORING_OP_RECV,
  IORING_OP_TIMEOUT, IORING_REGISTER_SYNC_CANCEL, IORING_SETUP_NO_SQARRAY, IOSQE_IO_LINK, POLLIN,
} from '../../../uring-model/uapi.gen';
import {
  build, cqe, cqes, DEFER, enter, getEvents, isCqe, linearPacket, register, ring, seen, socket, sqe, user, verify,
} from '../config_ring.as';
import { connected, poll, recv } from '../config_requests.as';

function cancel(user_data: u64, target: u64, flags: u32): void {
  const s = sqe(IORING_OP_ASYNC_CANCEL, user_data);
  s.addr = target;
  s.cancel_flags = flags;
}

export function a_cancellation_completes_before_its_victim(): void {
  const fd = connected(16, DEFER);
  recv(fd, 1);
  enter(1, 0, 0);
  cancel(2, 1, 0);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 2, 0, 0), 'at once');
  getEvents();
  assert(cqes() == 2 && isCqe(1, 1, -ECANCELED, 0), 'its victim by task work');
  cancel(3, 1, 0);
  enter(1, 0, 0);
  assert(isCqe(2, 3, -ENOENT, 0), 'gone');
  verify();
}

export function a_cancelled_request_does_not_take_what_came_meanwhile(): void {
  const fd = connected(16, DEFER);
  recv(fd, 6);
  enter(1, 0, 0);
  linearPacket(fd, 5, 0);
  cancel(7, 6, 0);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 7, 0, 0) && isCqe(1, 6, -ECANCELED, 0), 'cancelled');
  recv(fd, 8);
  enter(1, 0, 0);
  assert(isCqe(2, 8, 5, 0), 'the data waits for the next');
  verify();
}

export function all_of_a_name_are_counted(): void {
  const fd = connected(64, DEFER);
  for (let i = 0; i < 3; i++) recv(fd, 8);
  enter(3, 0, 0);
  cancel(9, 8, IORING_ASYNC_CANCEL_ALL);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 4 && isCqe(0, 9, 3, 0), 'three');
  for (let i: u32 = 1; i < 4; i++) assert(isCqe(i, 8, -ECANCELED, 0), 'each');
  verify();
}

export function one_of_a_name_is_the_last_to_come(): void {
  const one = connected(64, DEFER);
  const two = socket();
  recv(one, 10);
  recv(two, 10);
  enter(2, 0, 0);
  cancel(11, 10, 0);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(1, 10, -ECANCELED, 0), 'one of them');
  linearPacket(one, 3, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(2, 10, 3, 0), 'the first still waits');
  verify();
}

export function victims_come_in_the_order_of_the_table(): void {
  const a = connected(64, DEFER);
  const b = socket();
  recv(a, 10);
  recv(a, 12);
  recv(b, 13);
  recv(a, 14);
  const t = sqe(IORING_OP_TIMEOUT, 15);
  t.len = 1;
  t.addr = user(16);
  store<u64>(<usize>t.addr, 100);
  poll(a, 16, POLLIN);
  assert(enter(6, 0, 0) == 6 && cqes() == 0, 'armed');
  const s = sqe(IORING_OP_ASYNC_CANCEL, 17);
  s.fd = <i32>a;
  s.cancel_flags = IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL;
  enter(1, 0, 0);
  getEvents();
  // As kernels print it: probe p07_cancel.
  assert(cqes() == 5 && isCqe(0, 17, 4, 0), 'four on the file');
  assert(cqe(1).user_data == 16 && cqe(2).user_data == 14 && cqe(3).user_data == 12 && cqe(4).user_data == 10, 'in the kernel\'s order');
  cancel(18, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 8 && isCqe(5, 18, 2, 0) && cqe(6).user_data == 13 && cqe(7).user_data == 15, 'who waits for files, then timeouts');
  verify();
}

export function what_is_looked_for_is_checked(): void {
  build();
  ring(16, DEFER);
  cancel(1, 0, 0x8000);
  enter(1, 0, 0);
  cancel(2, 0, IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ANY);
  enter(1, 0, 0);
  const op = sqe(IORING_OP_ASYNC_CANCEL, 3);
  op.cancel_flags = IORING_ASYNC_CANCEL_OP;
  op.len = 255;
  enter(1, 0, 0);
  const fd = sqe(IORING_OP_ASYNC_CANCEL, 4);
  fd.cancel_flags = IORING_ASYNC_CANCEL_FD;
  fd.fd = 99;
  enter(1, 0, 0);
  assert(cqe(0).res == -EINVAL && cqe(1).res == -EINVAL && cqe(2).res == -EINVAL && cqe(3).res == -EBADF, 'refused');
  verify();
}

export function operations_can_be_told_apart(): void {
  const fd = connected(64, DEFER);
  recv(fd, 5);
  poll(fd, 5, POLLIN);
  enter(2, 0, 0);
  const s = sqe(IORING_OP_ASYNC_CANCEL, 6);
  s.addr = 5;
  s.len = IORING_OP_POLL_ADD;
  s.cancel_flags = IORING_ASYNC_CANCEL_OP | IORING_ASYNC_CANCEL_USERDATA;
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 6, 0, 0), 'the poll');
  linearPacket(fd, 4, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(2, 5, 4, 0), 'the receive still waits');
  verify();
}

export function an_operation_is_found_behind_another(): void {
  const fd = connected(64, DEFER);
  recv(fd, 5);
  poll(fd, 5, POLLIN);
  enter(2, 0, 0);
  const s = sqe(IORING_OP_ASYNC_CANCEL, 6);
  s.len = IORING_OP_RECV;
  s.cancel_flags = IORING_ASYNC_CANCEL_OP;
  enter(1, 0, 0);
  linearPacket(fd, 4, 0);
  getEvents();
  assert(cqes() == 3 && isCqe(0, 6, 0, 0) && isCqe(1, 5, -ECANCELED, 0) && (cqe(2).res & POLLIN) != 0, 'the receive, though it came first');
  verify();
}

export function the_rest_of_a_chain_is_not_found_and_fails_with_its_head(): void {
  const fd = connected(16, DEFER);
  recv(fd, 20, IOSQE_IO_LINK);
  sqe(IORING_OP_NOP, 21);
  enter(2, 0, 0);
  cancel(22, 21, 0);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 22, -ENOENT, 0), 'a follower has not begun');
  seen(1);
  cancel(23, 20, 0);
  enter(1, 0, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 23, 0, 0) && isCqe(1, 20, -ECANCELED, 0), 'the head');
  getEvents();
  assert(cqes() == 3 && isCqe(2, 21, -ECANCELED, 0), 'and what follows');
  verify();
}

export function a_synchronous_cancellation_has_no_completion(): void {
  const fd = connected(16, IORING_SETUP_NO_SQARRAY);
  recv(fd, 19);
  enter(1, 0, 0);
  const at = user(64);
  const sc = changetype<io_uring_sync_cancel_reg>(<usize>at);
  sc.addr = 19;
  sc.fd = -1;
  assert(register(IORING_REGISTER_SYNC_CANCEL, at, 1) == 0, 'found');
  assert(cqes() == 1 && isCqe(0, 19, -ECANCELED, 0), 'the victim\'s is there when the call returns');
  assert(register(IORING_REGISTER_SYNC_CANCEL, at, 1) == -ENOENT, 'not found');
  store<u8>(at, 1, 40);
  assert(register(IORING_REGISTER_SYNC_CANCEL, at, 1) == -EINVAL, 'padding');
  verify();
}
