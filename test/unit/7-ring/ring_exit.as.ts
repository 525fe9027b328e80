/**
 * Description: the end of a ring. Whatever it had goes back, and what belongs to others stays: its exit work looks through tables that all
 * rings share, and one row too many is somebody else's request.
 */
import { EVENT_KWORK, nextEventTime, NONE, popEvent, PBUF_GROUPS_MAX } from '../../../sim/core';
import { memLocked, poolState } from '../../../stack/3-pool';
import { eventfdFileNew, fdFile, fdInstall, fileAt, fileGet } from '../../../stack/file';
import { iowqRun, ringAt, ringExitWork, sysClose, sysEnter, sysMmap, taskAt, userNext } from '../../../uring-model/7-ring';
import { reqAt } from '../../../uring-model/7-ring/request';
import { Ring, ringState } from '../../../uring-model/7-ring/state';
import {
  __kernel_timespec, EAGAIN, ERESTARTSYS, io_uring_buf_reg, io_uring_mem_region_reg, io_uring_region_desc, IORING_ENTER_GETEVENTS,
  IORING_FILE_INDEX_ALLOC, IORING_MSG_SEND_FD, IORING_OP_LINK_TIMEOUT, IORING_OP_MSG_RING, IORING_OP_TIMEOUT, IORING_REGISTER_BUFFERS,
  IORING_REGISTER_EVENTFD, IORING_REGISTER_FILES, IORING_REGISTER_MEM_REGION, IORING_REGISTER_PBUF_RING, IORING_SETUP_NO_SQARRAY,
  IOSQE_ASYNC, IOSQE_IO_DRAIN, IOSQE_IO_LINK, IOU_PBUF_RING_MMAP, iovec, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, settle, socket, sqe, user, verify,
} from '../config_ring.as';
import { argument, buffers, close, fd as pairOf, pair, recv as receive } from '../config_files.as';
import { setAside, swap, two } from '../config_other_ring.as';
import { nop, poll, recv } from '../config_requests.as';
import { AT_RING_CAP_IPC_LOCK, setHost } from '../config.gen.as';

const PLAIN: u32 = IORING_SETUP_NO_SQARRAY;
const OVERFLOW_MAX: u32 = 16384;
/** The second thread of the process. */
const THREAD: u32 = HOST + 2;

function ringOf(fd: u32): Ring {
  return ringAt(fileAt(fdFile(HOST, <i32>fd)).obj);
}
/** Closes a ring and lets its exit work run, and nothing else. */
function exit(fd: u32): void {
  assert(sysClose(HOST, fd) == 0, 'closed');
  const event = popEvent();
  assert(<u32>event == EVENT_KWORK, 'a worker thread');
  ringExitWork(<u32>(event >> 32));
}

export function task_work_of_a_ring_that_ended_is_forgotten_and_that_of_others_is_not(): void {
  two(PLAIN, PLAIN);
  const a = socket();
  const b = socket();
  const c = socket();
  const d = socket();
  recv(a, 1);
  recv(c, 3);
  enter(2, 0, 0);
  const gone = bench().fd;
  swap();
  recv(b, 2);
  recv(d, 4);
  enter(2, 0, 0);
  assert(sysClose(HOST, gone) == 0, 'closed; its worker has not run');
  const event = popEvent();
  linearPacket(a, 10, 0);
  linearPacket(b, 20, 0);
  linearPacket(c, 30, 0);
  linearPacket(d, 40, 0);
  assert(taskAt(HOST).work_head != NONE, 'task work of both');
  ringExitWork(<u32>(event >> 32));
  const first = taskAt(HOST).work_head;
  const last = taskAt(HOST).work_tail;
  assert(reqAt(first).user_data == 2 && reqAt(first).tw_next == last && reqAt(last).user_data == 4 && reqAt(last).tw_next == NONE, 'two');
  linearPacket(b, 1, 0);
  enter(0, 0, 0);
  assert(cqes() == 2 && cqe(0).user_data == 2 && cqe(1).user_data == 4, 'and they complete');
  verify();
}

export function a_task_whose_work_was_all_of_a_ring_that_ended_has_none(): void {
  two(PLAIN, PLAIN);
  const a = socket();
  recv(a, 1);
  enter(1, 0, 0);
  assert(sysClose(HOST, bench().fd) == 0, 'closed');
  const event = popEvent();
  linearPacket(a, 10, 0);
  ringExitWork(<u32>(event >> 32));
  assert(taskAt(HOST).work_head == NONE && taskAt(HOST).work_tail == NONE, 'none');
  swap();
  const b = socket();
  recv(b, 2);
  enter(1, 0, 0);
  linearPacket(b, 20, 0);
  enter(0, 0, 0);
  assert(cqes() == 1 && isCqe(0, 2, 20, 0), 'the list begins anew');
}

/** A message from the bench's ring, or from the other one. */
function sendFile(target: u32, i: u32, other: bool): void {
  if (other) swap();
  const s = sqe(IORING_OP_MSG_RING, 100 + i);
  s.fd = <i32>target;
  s.addr = IORING_MSG_SEND_FD;
  s.file_index = IORING_FILE_INDEX_ALLOC;
  assert(sysEnter(THREAD, bench().fd, 1, 0, 0, 0, 0) == 1, 'sent, by another thread');
  if (other) swap();
}
/** A ring of the task that defers gets five files from two rings: the bench's, and where `order` has a bit the other. */
function sends(order: u32, files: u32): void {
  ring(16, DEFER);
  store<i32>(files, -1);
  for (let i: u32 = 1; i < 8; i++) store<i32>(files + i * 4, -1);
  assert(register(IORING_REGISTER_FILES, files, 8) == 0, 'a table');
  const target = bench().fd;
  store<i32>(files, load<i32>(files + 64));
  ring(16, PLAIN);
  setAside();
  assert(register(IORING_REGISTER_FILES, files, 1) == 0, 'the file');
  ring(16, PLAIN);
  assert(register(IORING_REGISTER_FILES, files, 1) == 0, 'also here');
  for (let i: u32 = 0; i < 5; i++) sendFile(target, i, (order & (1 << i)) != 0);
}
function waitingMessages(): u32 {
  let n: u32 = 0;
  for (let i = taskAt(HOST).msg_head; i != NONE; i = reqAt(i).tw_next) n++;
  return n;
}

export function files_that_a_ring_sent_before_it_ended_do_not_arrive(): void {
  build();
  ring(16, PLAIN);
  const files = user(128);
  store<i32>(files + 64, <i32>socket());
  // Last come, first served: those of the other ring are in the middle, at both ends, in a row, all, none.
  for (let n: u32 = 0; n < 7; n++) {
    const order: u32 = n == 0 ? 4 : n == 1 ? 17 : n == 2 ? 14 : n == 3 ? 27 : n == 4 ? 31 : n == 5 ? 0 : 24;
    sends(order, files);
    assert(waitingMessages() == 5, 'five wait for the task');
    const gone = ringOf(bench().fd);
    // Closed by the other thread: the task itself would take them first.
    assert(sysClose(THREAD, bench().fd) == 0, 'closed');
    ringExitWork(gone.idx);
    assert(waitingMessages() == popcnt<u32>(order) && gone.used == 0, 'those of the other ring stay');
    for (let i = taskAt(HOST).msg_head; i != NONE; i = reqAt(i).tw_next)
      assert((order & (1 << <u32>(reqAt(i).user_data - 100))) != 0, 'and none of those that ended');
    sysEnter(HOST, bench().fd, 0, 0, 0, 0, 0);
    swap();
    assert(sysEnter(HOST, bench().fd, 0, 0, 0, 0, 0) == 0 && waitingMessages() == 0, 'they arrive');
  }
}

export function timers_of_a_ring_that_ended_do_not_fire(): void {
  build();
  ring(16, DEFER);
  const fd = socket();
  const ts = changetype<__kernel_timespec>(<usize>user(64));
  ts.tv_nsec = 700000;
  const s = sqe(IORING_OP_TIMEOUT, 1);
  s.addr = changetype<usize>(ts);
  s.len = 1;
  recv(fd, 2, IOSQE_IO_LINK);
  const t = sqe(IORING_OP_LINK_TIMEOUT, 3);
  t.addr = changetype<usize>(ts);
  t.len = 1;
  assert(enter(3, 0, 0) == 3 && nextEventTime() != u64.MAX_VALUE, 'two timers run');
  const r = ringOf(bench().fd);
  exit(bench().fd);
  settle();
  assert(r.used == 0 && r.reqs == 0, 'none does');
  assert(ringState().reqs_used == 0, 'nor is there a request');
}
export function requests_in_every_state_end_with_their_ring(): void {
  two(PLAIN, PLAIN);
  const fd = socket();
  poll(fd, 1, 1, 1);
  recv(fd, 2);
  nop(3, IOSQE_ASYNC);
  recv(fd, 4, IOSQE_IO_DRAIN);
  nop(5);
  nop(6, IOSQE_IO_LINK);
  nop(7);
  assert(enter(7, 0, 0) == 7 && ringState().reqs_used == 7, 'armed, with a worker, behind a drain, linked');
  const r = ringOf(bench().fd);
  assert(sysClose(HOST, bench().fd) == 0, 'closed');
  ringExitWork(r.idx);
  assert(ringState().reqs_used == 0, 'all are gone');
  linearPacket(fd, 10, 0);
  iowqRun(HOST);
  swap();
  recv(fd, 9);
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 9, 10, 0), 'the bytes are there for the other ring');
  verify();
}

export function completions_that_waited_give_their_memory_back(): void {
  two(DEFER, DEFER);
  for (let i: u32 = 0; i < 16 + OVERFLOW_MAX; i += 16) {
    for (let j: u32 = 0; j < 16; j++) nop(j);
    enter(16, 0, 0);
  }
  assert(load<u32>(bench().rings, 44) == 0 && cqes() == 16, 'all that can wait');
  exit(bench().fd);
  swap();
  for (let i: u32 = 0; i < 32; i += 16) {
    for (let j: u32 = 0; j < 16; j++) nop(j);
    enter(16, 0, 0);
  }
  assert(load<u32>(bench().rings, 44) == 0, 'there is room for those of others');
  seen(16);
  getEvents();
  assert(cqes() == 16, 'and they come');
}

/** A ring with one of everything. */
function furnish(evfd: u32, fd: u32, at: u32): void {
  store<i32>(at, <i32>evfd);
  assert(register(IORING_REGISTER_EVENTFD, at, 1) == 0, 'an eventfd');
  store<i32>(at, <i32>fd);
  assert(register(IORING_REGISTER_FILES, at, 1) == 0, 'a file');
  const v = changetype<iovec>(<usize>(at + 64));
  v.iov_base = at + 128;
  v.iov_len = 64;
  assert(register(IORING_REGISTER_BUFFERS, <u32>changetype<usize>(v), 1) == 0, 'a buffer');
  const pbuf = changetype<io_uring_buf_reg>(<usize>(at + 192));
  pbuf.ring_entries = 4;
  pbuf.flags = <u16>IOU_PBUF_RING_MMAP;
  for (let i: u32 = 0; i < 3; i++) {
    pbuf.bgid = <u16>i;
    assert(register(IORING_REGISTER_PBUF_RING, <u32>changetype<usize>(pbuf), 1) == 0, 'a group');
  }
  const desc = changetype<io_uring_region_desc>(<usize>(at + 256));
  const reg = changetype<io_uring_mem_region_reg>(<usize>(at + 320));
  memory.fill(at + 256, 0, 128);
  desc.size = 4096;
  reg.region_uptr = changetype<usize>(desc);
  assert(register(IORING_REGISTER_MEM_REGION, <u32>changetype<usize>(reg), 1) == 0, 'a region');
}

export function all_that_a_ring_had_is_given_back(): void {
  build();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  const at = user(512);
  ring(16, DEFER);
  const fd = socket();
  const evfd = fdInstall(HOST, <u32>eventfdFileNew(HOST, 0, 0));
  const file = fdFile(HOST, <i32>fd);
  const counter = fdFile(HOST, <i32>evfd);
  fileGet(file);
  const sock_refs = fileAt(file).refs;
  const counter_refs = fileAt(counter).refs;
  exit(bench().fd);
  let next: u64 = 0;
  // A group is kept for each round, and there are more rounds than groups.
  for (let i: u32 = 0; i < PBUF_GROUPS_MAX; i++) {
    ring(16, DEFER);
    furnish(evfd, fd, at);
    assert(fileAt(counter).refs == counter_refs + 1 && memLocked(HOST) != 0, 'it has them');
    exit(bench().fd);
    assert(fileAt(counter).refs == counter_refs && fileAt(file).refs == sock_refs && memLocked(HOST) == 0, 'it had them');
    if (i == 0) next = userNext();
    assert(userNext() == next, 'nor does memory');
  }
  assert(<usize>poolState().user_end > userNext(), 'there is memory left');
}

export function memory_of_a_ring_is_the_next_rings(): void {
  build();
  ring(64, PLAIN);
  const rings = bench().rings;
  const sqes = bench().sqes;
  exit(bench().fd);
  ring(64, PLAIN);
  assert(bench().rings == rings && bench().sqes == sqes, 'the same place');
  assert(load<u32>(rings, 12) == 0 && load<u32>(rings, 24) == 64 && cqes() == 0, 'as if it were new');
  assert(sysMmap(HOST, bench().fd, 0, 4096) == <i64>rings, 'and mapped there');
}

export function a_ring_that_ended_wakes_nobody(): void {
  two(DEFER, DEFER);
  const fd = socket();
  recv(fd, 1);
  assert(enter(1, 0, 0) == 1, 'armed');
  exit(bench().fd);
  swap();
  assert(enter(0, 1, IORING_ENTER_GETEVENTS) == -ERESTARTSYS, 'the task waits for another ring');
  linearPacket(fd, 10, 0);
  assert(nextEventTime() == u64.MAX_VALUE, 'and is not disturbed');
}

export function a_file_that_only_a_ring_held_goes_with_it(): void {
  build();
  buffers();
  pair(SOCK_STREAM);
  ring(16, DEFER);
  assert(register(IORING_REGISTER_FILES, argument(), 1) == 0, 'the first of two connected sockets');
  assert(close(pairOf(0)) == 0 && receive(pairOf(1), 10) == -EAGAIN, 'the ring still has it');
  exit(bench().fd);
  assert(receive(pairOf(1), 10) == 0, 'the other end hears of it');
}
