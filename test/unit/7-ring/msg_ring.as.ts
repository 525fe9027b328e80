/** Description: messages between rings: completions and registered files, to rings of each mode. */
import {
  EBADF, EBADFD, EINVAL, ENOMEM, IORING_CQE_F_MORE, IORING_ENTER_GETEVENTS, IORING_FILE_INDEX_ALLOC, IORING_MSG_RING_CQE_SKIP,
  IORING_MSG_RING_FLAGS_PASS, IORING_MSG_SEND_FD, IORING_OP_MSG_RING, io_uring_sqe, IORING_REGISTER_ENABLE_RINGS,
  IORING_REGISTER_SEND_MSG_RING, IORING_SETUP_NO_SQARRAY, IORING_SETUP_R_DISABLED,
} from '../../../uring-model/uapi.gen';
import { fdFile, fileAt } from '../../../stack/file';
import { ringAt, sysEnter, sysRegister } from '../../../uring-model/7-ring';
import { filesRegister } from '../../../uring-model/7-ring/rsrc_register';
import {
  bench, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, seen, socket, sqFlags, user, verify,
} from '../config_ring.as';
import { msg, otherFd, swap, two } from '../config_other_ring.as';

const DEFAULT: u32 = IORING_SETUP_NO_SQARRAY;

export function a_message_is_a_completion_of_the_other_ring(): void {
  two(DEFAULT, DEFAULT);
  msg(otherFd(), 1, 77, 1000);
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 1, 0, 0), 'sent');
  swap();
  assert(cqes() == 1 && isCqe(0, 1000, 77, 0), 'there at once');
  verify();
}

export function a_ring_that_defers_takes_it_when_it_asks(): void {
  two(DEFER, DEFER);
  msg(otherFd(), 1, 77, 1000);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 1, 0, 0), 'sent');
  swap();
  assert(cqes() == 0, 'not yet');
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1000, 77, 0), 'now');
  verify();
}

export function flags_results_and_errors_are_those_of_the_kernel(): void {
  two(DEFAULT, DEFAULT);
  const pass = msg(otherFd(), 2, 5, 1001);
  pass.msg_ring_flags = IORING_MSG_RING_FLAGS_PASS;
  pass.file_index = 0x12340000 | IORING_CQE_F_MORE;
  msg(otherFd(), 3, <u32>-ENOMEM, 1002);
  msg(socket(), 4, 1, 1003);
  msg(bench().fd, 5, 9, 1004);
  msg(otherFd(), 6, 1, 1005).msg_ring_flags = IORING_MSG_RING_CQE_SKIP;
  enter(5, 0, 0);
  assert(cqes() == 4 || cqes() == 6, 'some');
  swap();
  assert(cqes() == 2 && isCqe(0, 1001, 5, 0x12340000 | IORING_CQE_F_MORE) && isCqe(1, 1002, -ENOMEM, 0), 'flags and any result');
  swap();
  verify();
}

export function a_ring_may_tell_itself(): void {
  two(DEFAULT, DEFAULT);
  msg(99, 4, 1, 1003);
  msg(bench().fd, 5, 9, 1004);
  msg(otherFd(), 6, 1, 1005).msg_ring_flags = IORING_MSG_RING_CQE_SKIP;
  msg(otherFd(), 7, 1, 1005).file_index = 3;
  assert(enter(1, 0, 0) == 1 && isCqe(0, 4, -EBADF, 0), 'no file');
  enter(3, 0, 0);
  assert(cqes() == 5 && isCqe(1, 1004, 9, 0), 'a message to oneself comes before the batch\'s completions');
  assert(isCqe(2, 5, 0, 0) && isCqe(3, 6, -EINVAL, 0) && isCqe(4, 7, -EINVAL, 0), 'what does not belong to data');
  verify();
}

export function messages_without_room_wait(): void {
  two(DEFAULT, DEFAULT, 4);
  for (let i: u32 = 0; i < 6; i++) msg(otherFd(), 10 + i, i, 2000 + i);
  enter(6, 0, 0);
  for (let i: u32 = 0; i < 6; i++) assert(isCqe(i, 10 + i, 0, 0), 'sent');
  swap();
  assert(cqes() == 4 && sqFlags() != 0, 'four, and two wait');
  seen(4);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 2004, 4, 0) && isCqe(1, 2005, 5, 0), 'the rest');
  verify();
}

export function a_disabled_ring_takes_no_message(): void {
  two(DEFAULT, DEFER | IORING_SETUP_R_DISABLED);
  msg(otherFd(), 20, 1, 3000);
  enter(1, 0, 0);
  assert(isCqe(0, 20, -EBADFD, 0), 'disabled');
  swap();
  assert(register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == 0, 'enabled');
  swap();
  msg(otherFd(), 21, 1, 3000);
  enter(1, 0, 0);
  assert(isCqe(1, 21, 0, 0), 'and now');
  verify();
}

function files(nr: u32, first: i32): void {
  const at = user(64);
  for (let i: u32 = 0; i < nr; i++) store<i32>(at + i * 4, i == 0 ? first : -1);
  assert(filesRegister(ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj), HOST, at, nr, 0) == 0, 'a table');
}
function sendFd(user_data: u64, from: u32, to: u32, data: u64): void {
  const s = msg(otherFd(), user_data, 0, data);
  s.addr = IORING_MSG_SEND_FD;
  s.addr3 = from;
  s.file_index = to;
}

/** Two files go to the other ring's table, and a third that is not there. */
function sendThree(flags: u32): void {
  two(flags, flags);
  files(1, <i32>socket());
  swap();
  files(4, -1);
  swap();
  sendFd(30, 0, 2, 4000);
  sendFd(31, 0, IORING_FILE_INDEX_ALLOC, 4001);
  sendFd(32, 3, 2, 4002);
  enter(3, 0, 0);
}

export function files_go_from_table_to_table(): void {
  sendThree(DEFAULT);
  assert(cqes() == 3 && isCqe(0, 30, 0, 0) && isCqe(1, 31, 2, 0) && isCqe(2, 32, -EBADF, 0), 'as kernels print it: probe p11_msgring');
  swap();
  assert(cqes() == 2 && isCqe(0, 4000, 0, 0) && isCqe(1, 4001, 2, 0), 'the other ring was told');
  verify();
}

export function files_for_a_ring_that_defers_are_its_tasks_work_last_come_first_served(): void {
  sendThree(DEFER);
  getEvents();
  assert(cqes() == 3 && isCqe(0, 32, -EBADF, 0) && isCqe(1, 31, 0, 0) && isCqe(2, 30, 0, 0), 'the failure at once, then the last one');
  sysEnter(HOST, otherFd(), 0, 0, IORING_ENTER_GETEVENTS, 0, 0);
  swap();
  assert(cqes() == 2 && isCqe(0, 4001, 0, 0) && isCqe(1, 4000, 0, 0), 'the other ring was told in the same order');
  verify();
}

export function a_message_needs_no_ring_to_send_it_from(): void {
  two(DEFAULT, DEFAULT);
  const at = user(64);
  const s = changetype<io_uring_sqe>(<usize>at);
  s.opcode = <u8>IORING_OP_MSG_RING;
  s.fd = <i32>bench().fd;
  s.len = 55;
  s.off = 5000;
  assert(sysRegister(HOST, <u32>-1, IORING_REGISTER_SEND_MSG_RING, at, 1) == 0, 'sent');
  assert(cqes() == 1 && isCqe(0, 5000, 55, 0), 'there');
  s.addr = IORING_MSG_SEND_FD;
  assert(sysRegister(HOST, <u32>-1, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EINVAL, 'files have no table to come from');
  assert(cqe(0).res == 55, 'and nothing else');
  verify();
}
