/**
 * Description: messages between rings where they fail, wait or are refused: what they held is let go, and a file that nobody received is
 * still whose it was.
 */
import { nextEventTime, slabTake } from '../../../sim/core';
import { fdFile, fileAt } from '../../../stack/file';
import { ringAt, sysEnter, sysRegister } from '../../../uring-model/7-ring';
import { Ring, ringState } from '../../../uring-model/7-ring/state';
import {
  EBADF, EBADFD, EFAULT, EINVAL, EOVERFLOW, ERESTARTSYS, io_uring_sqe, IORING_CQE_F_32, IORING_ENTER_GETEVENTS, IORING_FILE_INDEX_ALLOC,
  IORING_MSG_RING_CQE_SKIP, IORING_MSG_RING_FLAGS_PASS, IORING_MSG_SEND_FD, IORING_OP_MSG_RING, IORING_OP_NOP, IORING_REGISTER_FILES,
  IORING_REGISTER_SEND_MSG_RING, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IORING_SETUP_IOPOLL, IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_R_DISABLED, IOSQE_IO_DRAIN, IOSQE_IO_LINK, ECANCELED, ENFILE, ENXIO,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, settle, socket, user, verify,
} from '../config_ring.as';
import { msg, otherFd, setAside, swap, two } from '../config_other_ring.as';
import { AT_KERNEL_SYNC_MSG_RING, setHost } from '../config.gen.as';
import { nop, recv } from '../config_requests.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const THREAD: u32 = HOST + 2;
const GET: u32 = IORING_ENTER_GETEVENTS;

function ringOf(fd: u32): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>fd)).obj);
}
function sendFd(user_data: u64, to: u32): io_uring_sqe {
  const s = msg(otherFd(), user_data, 0, 1000 + user_data);
  s.addr = IORING_MSG_SEND_FD;
  s.file_index = to;
  return s;
}
/** The source has a registered file, the target room for two. The file. */
function withFiles(flags: u32, target: u32): u32 {
  two(flags, target);
  const at = user(64);
  const fd = socket();
  store<i32>(at, <i32>fd);
  assert(register(IORING_REGISTER_FILES, at, 1) == 0, 'a file');
  swap();
  store<i32>(at, -1);
  store<i32>(at, -1, 4);
  assert(register(IORING_REGISTER_FILES, at, 2) == 0, 'room');
  swap();
  return fdFile(HOST, <i32>fd);
}
function result(): i32 {
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'at once');
  const res = cqe(0).res;
  seen(1);
  return res;
}

export function a_message_that_was_taken_leaves_no_request(): void {
  two(PLAIN, DEFER);
  for (let i: u32 = 0; i < 300; i++) {
    msg(otherFd(), 1, i, 5);
    assert(result() == 0, 'sent');
    swap();
    getEvents();
    assert(cqes() == 1 && isCqe(0, 5, <i32>i, 0), 'taken');
    seen(1);
    swap();
  }
  assert(ringState().reqs_used == 0, 'there are 256 requests in all');
}

export function a_file_that_found_no_place_is_let_go(): void {
  const file = withFiles(PLAIN, PLAIN);
  const refs = fileAt(file).refs;
  sendFd(1, 9);
  assert(result() == -EINVAL && fileAt(file).refs == refs, 'no such slot');
  sendFd(2, IORING_FILE_INDEX_ALLOC);
  sendFd(3, IORING_FILE_INDEX_ALLOC);
  sendFd(4, IORING_FILE_INDEX_ALLOC);
  assert(enter(3, 0, 0) == 3 && cqe(0).res == 0 && cqe(1).res == 1 && cqe(2).res == -ENFILE, 'two slots');
  assert(fileAt(file).refs == refs + 2, 'which hold it');
  swap();
  assert(cqes() == 2 && isCqe(0, 1002, 0, 0) && isCqe(1, 1003, 1, 0), 'the other ring was told of two');
  verify();
}

export function a_ring_without_a_table_takes_no_file(): void {
  two(PLAIN, PLAIN);
  const at = user(64);
  const fd = socket();
  store<i32>(at, <i32>fd);
  assert(register(IORING_REGISTER_FILES, at, 1) == 0, 'a file');
  const refs = fileAt(fdFile(HOST, <i32>fd)).refs;
  sendFd(1, 1);
  assert(result() == -ENXIO && fileAt(fdFile(HOST, <i32>fd)).refs == refs, 'none');
}

export function a_file_may_come_without_a_word(): void {
  const file = withFiles(PLAIN, PLAIN);
  const refs = fileAt(file).refs;
  sendFd(1, 2).msg_ring_flags = IORING_MSG_RING_CQE_SKIP;
  assert(result() == 0 && fileAt(file).refs == refs + 1, 'in slot 1');
  swap();
  assert(cqes() == 0, 'the other ring was not told');
}

export function a_file_is_there_though_its_completion_is_lost(): void {
  const file = withFiles(PLAIN, PLAIN);
  const refs = fileAt(file).refs;
  swap();
  for (let i: u32 = 0; i < 16; i++) nop(i);
  enter(16, 0, 0);
  swap();
  while (slabTake(ringState().overflow) != 0xffffffff) {}
  sendFd(1, 1);
  assert(result() == -EOVERFLOW && fileAt(file).refs == refs + 1, 'installed all the same (io_msg_install_complete)');
  msg(otherFd(), 2, 1, 1);
  assert(result() == -EOVERFLOW, 'data is lost');
  verify();
}

export function a_file_for_oneself_or_with_a_length_is_refused(): void {
  withFiles(PLAIN, PLAIN);
  const s = sendFd(1, 1);
  s.fd = <i32>bench().fd;
  assert(result() == -EINVAL, 'oneself');
  sendFd(2, 1).len = 1;
  assert(result() == -EINVAL, 'a length');
  sendFd(3, 1).msg_ring_flags = 4;
  assert(result() == -EINVAL, 'a flag');
  sendFd(4, 1).addr3 = 7;
  assert(result() == -EBADF, 'no such file');
  msg(otherFd(), 5, 1, 1).addr = 2;
  assert(result() == -EINVAL, 'no such command');
  msg(otherFd(), 6, 1, 1).buf_index = 1;
  assert(result() == -EINVAL, 'a buffer');
  msg(socket(), 7, 1, 1);
  assert(result() == -EBADFD, 'no ring');
  swap();
  assert(cqes() == 0, 'nothing came');
}

export function a_disabled_ring_takes_neither_data_nor_files(): void {
  two(PLAIN, PLAIN | IORING_SETUP_R_DISABLED);
  const at = user(64);
  store<i32>(at, <i32>socket());
  assert(register(IORING_REGISTER_FILES, at, 1) == 0, 'a file');
  sendFd(1, 1);
  assert(result() == -EBADFD, 'a file');
  msg(otherFd(), 2, 1, 1);
  assert(result() == -EBADFD, 'data');
}

export function wide_flags_need_a_ring_of_wide_completions(): void {
  two(PLAIN, PLAIN);
  const s = msg(otherFd(), 1, 5, 6);
  s.msg_ring_flags = IORING_MSG_RING_FLAGS_PASS;
  s.file_index = IORING_CQE_F_32;
  assert(result() == -EINVAL, 'narrow');
  two2(IORING_SETUP_CQE32);
  two2(IORING_SETUP_CQE_MIXED);
}
function two2(wide: u32): void {
  ring(16, PLAIN | wide);
  setAside();
  ring(16, PLAIN);
  const s = msg(otherFd(), 1, 5, 6);
  s.msg_ring_flags = IORING_MSG_RING_FLAGS_PASS;
  s.file_index = IORING_CQE_F_32;
  assert(result() == 0, 'wide');
  swap();
  assert(cqes() == (wide == IORING_SETUP_CQE32 ? 1 : 2) && cqe(0).user_data == 6 && cqe(0).res == 5, 'there');
}

export function a_ring_that_polls_sends_to_itself_by_way_of_a_worker(): void {
  build();
  ring(16, PLAIN | IORING_SETUP_IOPOLL);
  msg(bench().fd, 1, 44, 55);
  assert(enter(1, 0, 0) == 1 && cqes() == 0, 'it would have to lock itself twice');
  settle();
  getEvents();
  assert(cqes() == 2, 'a worker does not hold it');
  assert(isCqe(0, 55, 44, 0) && isCqe(1, 1, 0, 0), 'the message, then its result');
  ring(16, PLAIN);
  nop(9);
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'another ring');
}
export function a_ring_that_polls_takes_messages_of_others_at_once(): void {
  two(PLAIN, PLAIN | IORING_SETUP_IOPOLL);
  msg(otherFd(), 1, 44, 55);
  assert(result() == 0, 'sent');
  swap();
  assert(cqes() == 1 && isCqe(0, 55, 44, 0), 'there');
}

export function a_message_without_a_ring_is_checked_like_one_of_a_ring(): void {
  two(PLAIN, PLAIN);
  const at = user(128);
  const s = changetype<io_uring_sqe>(<usize>at);
  const none = <u32>-1;
  s.opcode = <u8>IORING_OP_MSG_RING;
  s.fd = <i32>bench().fd;
  s.len = 55;
  s.off = 5000;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, 0, 1) == -EINVAL, 'no message');
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 0) == -EINVAL, 'none');
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 2) == -EINVAL, 'two');
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, 64, 1) == -EFAULT, 'no memory of a task\'s');
  s.flags = 1;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EINVAL, 'flags');
  s.flags = 0;
  s.opcode = <u8>IORING_OP_NOP;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EINVAL, 'another operation');
  s.opcode = <u8>IORING_OP_MSG_RING;
  s.msg_ring_flags = 8;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EINVAL, 'a flag that is none');
  s.msg_ring_flags = 0;
  s.buf_index = 1;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EINVAL, 'a buffer');
  s.buf_index = 0;
  s.personality = 1;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EINVAL, 'credentials');
  s.personality = 0;
  s.fd = 999;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EBADF, 'no descriptor');
  s.fd = <i32>socket();
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EBADFD, 'no ring');
  assert(cqes() == 0, 'nothing came of all that');
  s.fd = <i32>bench().fd;
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == 0 && cqes() == 1 && isCqe(0, 5000, 55, 0), 'right');
  setHost(HOST, AT_KERNEL_SYNC_MSG_RING, 0);
  assert(sysRegister(HOST, none, IORING_REGISTER_SEND_MSG_RING, at, 1) == -EINVAL && cqes() == 1, 'an older kernel has no such call');
}

export function a_message_does_not_end_a_drain(): void {
  two(PLAIN, DEFER);
  swap();
  const fd = socket();
  recv(fd, 1, IOSQE_IO_DRAIN);
  assert(enter(1, 0, 0) == 1, 'it waits, and so do all behind it');
  getEvents();
  settle();
  getEvents();
  swap();
  msg(otherFd(), 5, 9, 10);
  assert(result() == 0, 'a message to that ring');
  swap();
  getEvents();
  assert(cqes() == 1 && isCqe(0, 10, 9, 0), 'came');
  nop(2);
  enter(1, 0, 0);
  getEvents();
  settle();
  getEvents();
  assert(cqes() == 1, 'what stands behind the drain waits still');
  linearPacket(fd, 10, 0);
  for (let i = 0; i < 3; i++) {
    getEvents();
    settle();
  }
  assert(cqes() == 3 && isCqe(1, 1, 10, 0) && isCqe(2, 2, 0, 0), 'until it is over');
  verify();
}

export function a_thread_that_installs_a_file_wakes_who_waits_for_more(): void {
  // The target belongs to the other thread; the source's task sleeps for two.
  const file = withFiles(DEFER, PLAIN);
  ring2(file);
}
function ring2(file: u32): void {
  const source = bench().fd;
  const keep = user(64);
  memory.copy(keep, changetype<usize>(bench()), 32);
  // A ring becomes the thread's that enables it.
  ring(16, DEFER | IORING_SETUP_R_DISABLED);
  const target = bench().fd;
  const at = user(64);
  store<i32>(at, -1);
  assert(sysRegister(THREAD, target, IORING_REGISTER_FILES, at, 1) == 0, 'room');
  assert(sysRegister(THREAD, target, 12, 0, 0) == 0, 'IORING_REGISTER_ENABLE_RINGS');
  memory.copy(changetype<usize>(bench()), keep, 32);
  const s = msg(target, 3, 0, 77);
  s.addr = IORING_MSG_SEND_FD;
  s.file_index = IORING_FILE_INDEX_ALLOC;
  assert(sysEnter(HOST, source, 1, 2, GET, 0, 0) == -ERESTARTSYS, 'asleep');
  settleThread(target);
  assert(nextEventTime() != u64.MAX_VALUE, 'woken for one (io_msg_tw_fd_complete)');
  assert(fileAt(file).refs > 2, 'the file is there');
}
function settleThread(target: u32): void {
  sysEnter(THREAD, target, 0, 0, GET, 0, 0);
}

export function what_stands_behind_a_message_that_failed_is_cancelled(): void {
  two(PLAIN, PLAIN);
  msg(999, 1, 1, 1).flags = <u8>IOSQE_IO_LINK;
  nop(2);
  assert(enter(2, 0, 0) == 2, 'submitted');
  getEvents();
  assert(cqes() == 2 && isCqe(0, 1, -EBADF, 0) && isCqe(1, 2, -ECANCELED, 0), 'both');
  assert(ringOf(otherFd()).reqs == 0, 'nothing is left there');
}

export function the_slot_that_a_file_got_is_the_result(): void {
  withFiles(PLAIN, PLAIN);
  sendFd(1, 1);
  assert(result() == 0, 'the slot that was asked for');
  sendFd(2, IORING_FILE_INDEX_ALLOC).msg_ring_flags = IORING_MSG_RING_CQE_SKIP;
  assert(result() == 1, 'the next that was free, without a word to the other');
}

export function a_file_that_fails_to_arrive_cancels_what_stands_behind_it(): void {
  withFiles(PLAIN, DEFER);
  sendFd(1, 9).flags = <u8>IOSQE_IO_LINK;
  nop(2);
  assert(enter(2, 0, 0) == 2, 'submitted');
  for (let i = 0; i < 3; i++) getEvents();
  assert(cqes() == 2 && isCqe(0, 1, -EINVAL, 0) && isCqe(1, 2, -ECANCELED, 0), 'by task work of the other ring');
}

export function what_stands_behind_a_file_that_arrived_in_its_slot_runs(): void {
  withFiles(PLAIN, DEFER);
  sendFd(1, 1).flags = <u8>IOSQE_IO_LINK;
  nop(2);
  assert(enter(2, 0, 0) == 2, 'submitted');
  for (let i = 0; i < 3; i++) getEvents();
  assert(cqes() == 2 && isCqe(0, 1, 0, 0) && isCqe(1, 2, 0, 0), 'by task work of the other ring');
}
