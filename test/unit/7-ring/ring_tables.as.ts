/**
 * Description: the tables that all rings share, and operations on registered files and waiting requests whose results are numbers: a zero
 * among them is as good as any other.
 */
import { coreState, RINGS_MAX, slabTake, slabPut } from '../../../sim/core';
import { fdFile, fdFree, fdInstall, fileGet } from '../../../stack/file';
import { iowqFirst } from '../../../uring-model/7-ring/iowq';
import { reqAt } from '../../../uring-model/7-ring/request';
import { ringState } from '../../../uring-model/7-ring/state';
import { ringAt, taskAt, sysEnter, sysClose, TASKS_MAX } from '../../../uring-model/7-ring';
import {
  EAGAIN, EBADF, ECANCELED, EFAULT, EINVAL, EMFILE, ENOENT, ENOMEM, EPERM, io_uring_rsrc_register, IORING_ASYNC_CANCEL_ALL,
  IORING_ASYNC_CANCEL_ANY, IORING_FILE_INDEX_ALLOC, IORING_OP_ASYNC_CANCEL, IORING_OP_FILES_UPDATE, IORING_OP_FIXED_FD_INSTALL,
  IORING_OP_PROVIDE_BUFFERS, IORING_REGISTER_FILES2, IORING_REGISTER_PERSONALITY, IORING_RSRC_REGISTER_SPARSE, IORING_SETUP_NO_SQARRAY,
  IORING_UNREGISTER_FILES, IOSQE_ASYNC, IOSQE_FIXED_FILE, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import {
  build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, ring, seen, settle, socket, sqe, user, verify, bench,
} from '../config_ring.as';
import { connected, nop, recv } from '../config_requests.as';
import { buffers, close, fd, pair, recv as take, send } from '../config_files.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const ARENA: u32 = 0x180000;

function inArena(base: u32): bool {
  return base >= ARENA && base < coreState().arena_next;
}

export function tables_lie_in_memory_that_was_asked_for(): void {
  build();
  const s = ringState();
  assert(inArena(s.rings_base) && inArena(s.reqs_base) && inArena(s.netmsg_cache), 'rings');
  assert(inArena(s.net_msg) && inArena(s.net_name), 'messages');
  assert(inArena(s.buf_sel) && inArena(s.tasks_base) && inArena(s.iowqs_base) && inArena(s.slots_base), 'tasks');
  assert(inArena(s.ring_fds_base), 'registered rings');
  assert(inArena(s.restrictions_base) && inArena(s.sqds_base) && inArena(s.cancel_base) && inArena(s.user_base), 'the rest');
  assert(changetype<usize>(ringAt(0)) == <usize>s.rings_base && changetype<usize>(ringAt(1)) > <usize>s.rings_base, 'rows go up');
  assert(changetype<usize>(reqAt(1)) > changetype<usize>(reqAt(0)) && changetype<usize>(taskAt(1)) > changetype<usize>(taskAt(0)), 'all');
}

function update(at: u32, n: u32): i32 {
  const s = sqe(IORING_OP_FILES_UPDATE, 1);
  s.off = IORING_FILE_INDEX_ALLOC;
  s.addr = at;
  s.len = n;
  return result();
}
function result(): i32 {
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'at once');
  const res = cqe(0).res;
  seen(1);
  return res;
}
function sparse(nr: u32): void {
  const rr = changetype<io_uring_rsrc_register>(<usize>user(256));
  rr.nr = nr;
  rr.flags = IORING_RSRC_REGISTER_SPARSE;
  assert(register(IORING_REGISTER_FILES2, <u32>changetype<usize>(rr), 32) == 0, 'empty slots');
}

export function slot_zero_is_a_slot_like_others(): void {
  build();
  ring(16, DEFER);
  sparse(3);
  const at = user(64);
  const fd = <i32>socket();
  for (let i: u32 = 0; i < 4; i++) store<i32>(at + i * 4, fd);
  assert(update(at, 2) == 2 && load<i32>(at) == 0 && load<i32>(at + 4) == 1, 'slots 0 and 1');
  assert(update(at + 8, 2) == 1 && load<i32>(at + 8) == 2 && load<i32>(at + 12) == fd, 'one of two found a place');
  store<i32>(at, 999);
  assert(update(at, 1) == -EBADF && update(64, 1) == -EFAULT, 'no descriptor, no address');
}

export function a_registered_file_gets_a_descriptor_while_there_are_some(): void {
  build();
  ring(16, DEFER);
  sparse(1);
  const at = user(64);
  const fd = <i32>socket();
  store<i32>(at, fd);
  assert(update(at, 1) == 1, 'registered');
  const s = sqe(IORING_OP_FIXED_FD_INSTALL, 1);
  s.flags = <u8>IOSQE_FIXED_FILE;
  const got = result();
  assert(got > 2 && fdFile(HOST, got) == fdFile(HOST, fd), 'another descriptor of the same file');
  while (fdFree(HOST)) {
    fileGet(fdFile(HOST, fd));
    fdInstall(HOST, fdFile(HOST, fd));
  }
  sqe(IORING_OP_FIXED_FD_INSTALL, 1).flags = <u8>IOSQE_FIXED_FILE;
  assert(result() == -EMFILE, 'none is left');
}

function cancel(user_data: u64, target: u64, flags: u32): void {
  const s = sqe(IORING_OP_ASYNC_CANCEL, user_data);
  s.addr = target;
  s.cancel_flags = flags;
}

export function a_second_cancellation_finds_what_the_first_has_only_marked(): void {
  const fd = connected(16, DEFER);
  recv(fd, 8);
  recv(fd, 8);
  enter(2, 0, 0);
  cancel(1, 8, IORING_ASYNC_CANCEL_ALL);
  enter(1, 0, 0);
  assert(cqes() == 1 && isCqe(0, 1, 2, 0), 'two');
  cancel(2, 8, IORING_ASYNC_CANCEL_ALL);
  enter(1, 0, 0);
  assert(isCqe(1, 2, 2, 0), 'they wait for task work still (io_cancel_match_sequence)');
  getEvents();
  assert(cqes() == 4 && isCqe(2, 8, -ECANCELED, 0) && isCqe(3, 8, -ECANCELED, 0), 'each once');
  cancel(3, 0, IORING_ASYNC_CANCEL_ANY);
  enter(1, 0, 0);
  assert(isCqe(4, 3, 0, 0), 'none is left');
  verify();
}

export function all_that_wait_for_workers_are_one_find(): void {
  build();
  ring(16, PLAIN);
  for (let i: u32 = 0; i < 3; i++) nop(8, IOSQE_ASYNC);
  nop(9, IOSQE_ASYNC);
  enter(4, 0, 0);
  cancel(1, 8, IORING_ASYNC_CANCEL_ALL);
  enter(1, 0, 0);
  assert(cqe(0).user_data == 1 && cqe(0).res == 1, 'io_wq_cancel_cb');
  getEvents();
  assert(cqes() == 4 && isCqe(1, 8, -ECANCELED, 0) && isCqe(3, 8, -ECANCELED, 0), 'three are cancelled');
  settle();
  getEvents();
  assert(cqes() == 5 && isCqe(4, 9, 0, 0), 'and the fourth runs');
  verify();
}

export function one_that_waits_for_a_worker_is_cancelled_alone(): void {
  build();
  ring(16, PLAIN);
  for (let i: u32 = 0; i < 3; i++) nop(8, IOSQE_ASYNC);
  enter(3, 0, 0);
  cancel(1, 8, 0);
  enter(1, 0, 0);
  settle();
  getEvents();
  assert(cqes() == 4 && isCqe(0, 1, 0, 0) && isCqe(1, 8, -ECANCELED, 0), 'the first');
  assert(isCqe(2, 8, 0, 0) && isCqe(3, 8, 0, 0), 'the others run');
}

export function a_cancellation_finds_what_workers_of_other_threads_have(): void {
  build();
  ring(16, PLAIN);
  for (let thread: u32 = 1; thread < 4; thread++) {
    nop(8, IOSQE_ASYNC);
    assert(sysEnter(HOST + 2 * thread, bench().fd, 1, 0, 0, 0, 0) == 1, 'each thread has workers of its own');
  }
  cancel(1, 8, 0);
  enter(1, 0, 0);
  assert(cqes() >= 1 && cqe(0).user_data == 1 && cqe(0).res == 0, 'one is found (__io_async_cancel)');
  assert(waitForWorkers() == 2, 'and no more');
  cancel(2, 8, IORING_ASYNC_CANCEL_ALL);
  enter(1, 0, 0);
  assert(waitForWorkers() == 0, 'all of them');
  cancel(3, 8, 0);
  enter(1, 0, 0);
  const last = cqe(cqes() - 1);
  assert(last.user_data == 3 && last.res == -ENOENT, 'none is left');
}
function waitForWorkers(): u32 {
  let n: u32 = 0;
  for (let thread: u32 = 0; thread < 4; thread++) for (let i = iowqFirst(HOST + 2 * thread); i != 0xffffffff; i = reqAt(i).tw_next) n++;
  return n;
}

function provide(nr: i32): i32 {
  const s = sqe(IORING_OP_PROVIDE_BUFFERS, 1);
  s.fd = nr;
  s.addr = 0x400000;
  s.len = 1;
  s.buf_group = 9;
  return result();
}
export function buffers_of_lists_come_to_an_end_and_go_back_with_their_ring(): void {
  build();
  ring(16, DEFER);
  while (slabTake(ringState().legacy) != 0xffffffff) {}
  assert(provide(1) == -ENOMEM, 'all are taken');
  for (let i: u32 = 0; i < 3; i++) slabPut(ringState().legacy, i);
  assert(provide(5) == 0 && provide(1) == -ENOMEM, 'three of five found room, which is a success (io_add_buffers)');
  sysClose(HOST, bench().fd);
  settle();
  ring(16, DEFER);
  assert(provide(3) == 0 && provide(1) == -ENOMEM, 'the three are there again');
}

export function what_makes_no_sense_for_tables_is_refused(): void {
  build();
  ring(16, DEFER);
  sparse(2);
  const at = user(64);
  store<i32>(at, <i32>socket());
  const s = sqe(IORING_OP_FILES_UPDATE, 1);
  s.addr = at;
  s.len = 1;
  s.flags = <u8>IOSQE_FIXED_FILE;
  assert(result() == -EINVAL, 'an update of a registered file');
  assert(update(at, 1) == 1, 'slot 0');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == 1, 'somebody else');
  const i = sqe(IORING_OP_FIXED_FD_INSTALL, 1);
  i.flags = <u8>IOSQE_FIXED_FILE;
  i.personality = 1;
  assert(result() == -EPERM, 'a descriptor is not made in the name of others');
}

export function descriptors_lie_in_user_memory_up_to_its_end(): void {
  build();
  ring(16, DEFER);
  sparse(2);
  const last = ringState().user_end - 4;
  store<i32>(last, <i32>socket());
  assert(update(last, 1) == 1 && load<i32>(last) == 0, 'the last four bytes');
}

export function a_descriptor_of_a_registered_file_holds_it(): void {
  build();
  buffers();
  ring(16, DEFER);
  pair(SOCK_STREAM);
  sparse(1);
  const at = user(64);
  const other = fd(1);
  store<i32>(at, fd(0));
  assert(update(at, 1) == 1, 'registered');
  sqe(IORING_OP_FIXED_FD_INSTALL, 1).flags = <u8>IOSQE_FIXED_FILE;
  const got = result();
  assert(close(fd(0)) == 0 && register(IORING_UNREGISTER_FILES, 0, 0) == 0, 'nobody else has it');
  assert(take(other, 10) == -EAGAIN && send(got, 5) == 5 && take(other, 10) == 5, 'it is open');
  assert(close(got) == 0 && take(other, 10) == 0, 'until it is closed');
}

export function workers_of_threads_have_rows_of_their_own(): void {
  build();
  const s = ringState();
  // struct IoWq has 24 bytes.
  assert(s.iowqs_base + (TASKS_MAX + RINGS_MAX) * 24 <= s.sqds_base, 'before the next table');
}
