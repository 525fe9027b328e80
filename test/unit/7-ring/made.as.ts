/**
 * Description: io_uring_setup takes memory, a number and perhaps a thread, and gives all of it back when it fails; a submission takes
 * requests, of which there are only so many (Linux: io_uring/io_uring.c, io_uring_create, io_submit_sqes).
 */
import {
  __NR_eventfd2, EAGAIN, EBUSY, EFAULT, EINVAL, EMFILE, ENOMEM, io_uring_params, IO_URING_PARAMS_BYTES, IORING_ENTER_GETEVENTS,
  IORING_NOP_TW, IORING_OP_NOP, IORING_OP_NOP128, IORING_OP_RECV, IORING_SETUP_ATTACH_WQ, IORING_SETUP_CLAMP, IORING_SETUP_CQSIZE,
  IORING_SETUP_NO_MMAP, IORING_SETUP_NO_SQARRAY, IORING_SETUP_REGISTERED_FD_ONLY, IORING_SETUP_SQ_AFF, IORING_SETUP_SQE_MIXED,
  IORING_SETUP_SQPOLL, IORING_SETUP_SUBMIT_ALL, SOCK_STREAM, IORING_OP_SEND_ZC,
} from '../../../uring-model/uapi.gen';
import { coreIndex, hostConfig } from '../../../sim/core';
import { fdFile, fdFree, fdInstall, fileGet } from '../../../stack/file';
import { sqThreadsSpun, sysClose, sysMmap, sysSetup, taskPark, userFirst, userNext } from '../../../uring-model/7-ring';
import { ringState } from '../../../uring-model/7-ring/state';
import { buffers, call, fd, incoming, pair, write } from '../config_files.as';
import {
  bench, build, cqe, cqes, DEFER, elapse, enter, getEvents, HOST, isCqe, ring, seen, settle, socket, sqe, user, verify,
} from '../config_ring.as';

const PAGE: u32 = 4096;
/** Of config_ring.as.ts. */
const REQS: u32 = 256;
const POLLED: u32 = IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY;

function clean(): io_uring_params {
  memory.fill(bench().params, 0, IO_URING_PARAMS_BYTES);
  return changetype<io_uring_params>(<usize>bench().params);
}
function setup(entries: u32, flags: u32): i32 {
  clean().flags = flags;
  return sysSetup(HOST, entries, bench().params);
}
/** One file has all descriptors that are left. */
function fillTable(): void {
  const file_idx = fdFile(HOST, call(__NR_eventfd2, 0, 0));
  while (fdFree(HOST)) {
    fileGet(file_idx);
    fdInstall(HOST, file_idx);
  }
}

export function reserved_words_are_zero(): void {
  build();
  for (let word: u32 = 28; word < 40; word += 4) {
    clean();
    store<u32>(bench().params + word, 1);
    assert(sysSetup(HOST, 8, bench().params) == -EINVAL, 'one of three');
  }
  clean();
  assert(sysSetup(HOST, 8, bench().params) >= 3 && sysSetup(HOST, 8, 64) == -EFAULT, 'zero');
}

export function a_ring_in_the_applications_memory_wants_it_to_be_there(): void {
  build();
  const rings = user(PAGE);
  const sqes = user(PAGE);
  const flags = IORING_SETUP_NO_MMAP | DEFER;
  const p = clean();
  p.flags = flags;
  assert(sysSetup(HOST, 8, bench().params) == -EFAULT, 'none');
  p.cq_off.user_addr = rings;
  assert(sysSetup(HOST, 8, bench().params) == -EFAULT, 'none for entries');
  p.cq_off.user_addr = rings + 64;
  p.sq_off.user_addr = sqes;
  assert(sysSetup(HOST, 8, bench().params) == -EINVAL, 'whole pages');
  p.cq_off.user_addr = rings;
  const before = userNext();
  memory.fill(rings, 0xff, 64);
  const ring_fd = sysSetup(HOST, 8, bench().params);
  assert(ring_fd >= 3 && userNext() == before, 'nothing else is taken');
  assert(load<u32>(rings) == 0 && load<u32>(rings, 4) == 0 && load<u32>(rings, 24) == 8 && load<u32>(rings, 28) == 16, 'it is emptied');
  assert(sysMmap(HOST, ring_fd, 0, PAGE) == -EINVAL, 'and there is nothing to map');
  const s = <usize>sqes;
  memory.fill(s, 0, 64);
  store<u32>(rings, 1, 4);
  bench().fd = ring_fd;
  assert(enter(1, 0, 0) == 1 && load<u32>(rings, 12) == 1, 'it works');
  sysClose(HOST, ring_fd);
  settle();
  assert(userNext() == before, 'the memory was not the kernel\'s to give away');
  verify();
}

export function a_ring_that_is_only_registered_has_no_descriptor(): void {
  build();
  const flags = IORING_SETUP_NO_MMAP | IORING_SETUP_REGISTERED_FD_ONLY | DEFER;
  assert(setup(8, IORING_SETUP_REGISTERED_FD_ONLY) == -EINVAL, 'what cannot be mapped is the application\'s');
  for (let i: u32 = 0; i < 17; i++) {
    const p = clean();
    p.flags = flags;
    p.cq_off.user_addr = user(PAGE);
    p.sq_off.user_addr = user(PAGE);
    const ret = sysSetup(HOST, 8, bench().params);
    assert(ret == (i < 16 ? <i32>i : -EBUSY), 'sixteen slots');
  }
  settle();
  assert(setup(8, DEFER) == 3, 'and the first descriptor is free');
}

export function without_a_descriptor_all_comes_back(): void {
  build();
  const first = setup(8, DEFER);
  assert(first == 3, 'one');
  fillTable();
  assert(setup(8, DEFER) == -EMFILE, 'no number');
  const next = userNext();
  for (let i: u32 = 0; i < 80; i++) assert(setup(8, DEFER) == -EMFILE && userNext() == next, 'and no memory is kept');
  const core = coreIndex(HOST, hostConfig(HOST).cpu_app_core);
  assert(setup(8, POLLED) == -EMFILE, 'with a thread');
  const spun = sqThreadsSpun(core);
  settle();
  assert(sqThreadsSpun(core) == spun, 'which is gone');
  sysClose(HOST, 4);
  assert(setup(8, DEFER) == 4, 'a number');
  verify();
}

export function without_a_thread_all_comes_back(): void {
  build();
  setup(8, DEFER);
  setup(8, DEFER);
  const p = clean();
  p.flags = POLLED | IORING_SETUP_SQ_AFF;
  p.sq_thread_cpu = 99;
  assert(sysSetup(HOST, 8, bench().params) == -EINVAL, 'no such core');
  const next = userNext();
  for (let i: u32 = 0; i < 80; i++) {
    clean();
    p.flags = POLLED | IORING_SETUP_SQ_AFF;
    p.sq_thread_cpu = 99;
    assert(sysSetup(HOST, 8, bench().params) == -EINVAL && userNext() == next, 'no such core');
    clean();
    p.flags = POLLED | IORING_SETUP_ATTACH_WQ;
    p.wq_fd = 3;
    assert(sysSetup(HOST, 8, bench().params) == -EINVAL && userNext() == next, 'no thread to share');
  }
  assert(setup(8, DEFER) >= 3, 'sixty-four rings at most, and few are there');
  verify();
}

export function without_memory_all_comes_back(): void {
  build();
  user(PAGE);
  const end = <u32>userFirst() + (8 << 20);
  assert(user(end - <u32>userNext() - 10 * PAGE) != 0, 'ten pages are left');
  assert(setup(4096, DEFER) == -ENOMEM, 'too few for the rings');
  assert(setup(1024, DEFER | IORING_SETUP_CLAMP) == -ENOMEM, 'enough for them, and too few for entries');
  assert(user(10 * PAGE) != 0, 'all ten are free');
}

export function what_is_too_much_may_be_cut(): void {
  build();
  assert(setup(32769, DEFER) == -EINVAL && setup(0, DEFER | IORING_SETUP_CLAMP) == -EINVAL, 'more than there may be, and none');
  const p = clean();
  p.flags = DEFER | IORING_SETUP_CQSIZE;
  p.cq_entries = 65537;
  assert(sysSetup(HOST, 8, bench().params) == -EINVAL, 'of completions too');
  clean();
  p.flags = DEFER | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  p.cq_entries = 1 << 30;
  assert(sysSetup(HOST, 1 << 30, bench().params) >= 3 && p.sq_entries == 32768 && p.cq_entries == 65536, 'as much as there may be');
}

/** `n` receives that wait. */
function waiting(n: u32): i32 {
  for (let i: u32 = 0; i < n; i++) {
    const s = sqe(IORING_OP_RECV, i + 1);
    s.fd = fd(0);
    s.addr = incoming();
    s.len = 1;
  }
  return enter(n, 0, 0);
}

export function there_are_only_so_many_requests(): void {
  build();
  buffers();
  ring(64, DEFER);
  pair(SOCK_STREAM);
  for (let i = 0; i < 3; i++) assert(waiting(64) == 64, 'all of them');
  const last = waiting(64);
  assert(last > 0 && last <= 64, 'as many as there are');
  if (last == 64) assert(waiting(1) == -EAGAIN, 'none is left');
  else assert(enter(64 - last, 0, 0) == -EAGAIN, 'none is left');
  write(fd(1), 5);
  for (let i = 0; i < 8; i++) getEvents();
  const done = cqes();
  assert(done != 0, 'some end');
  assert(enter(1, 0, 0) == 1, 'and another may begin');
  verify();
}

export function a_zero_copy_send_is_two_requests_and_fails_without_the_second(): void {
  build();
  buffers();
  ring(64, DEFER);
  pair(SOCK_STREAM);
  const to = socket();
  while (ringState().reqs_used < REQS - 1) waiting(1);
  const s = sqe(IORING_OP_SEND_ZC, 5);
  s.fd = <i32>to;
  s.addr = incoming();
  s.len = 10;
  assert(enter(1, 0, 0) == 1 && cqes() == 1 && isCqe(0, 5, -ENOMEM, 0), 'there is none for the notification');
  assert(ringState().reqs_used == REQS - 1, 'and the first is free again');
}

export function a_wrong_entry_ends_the_batch_unless_all_are_to_be_submitted(): void {
  build();
  ring(8, DEFER);
  sqe(99, 1);
  sqe(IORING_OP_NOP, 2);
  assert(enter(2, 0, 0) == 1 && cqes() == 1 && isCqe(0, 1, -EINVAL, 0), 'it ends here');
  assert(enter(1, 0, 0) == 1 && cqes() == 2, 'and goes on with the next call');
  ring(8, DEFER | IORING_SETUP_SUBMIT_ALL);
  sqe(99, 1);
  sqe(IORING_OP_NOP, 2);
  assert(enter(2, 0, 0) == 2 && cqes() == 2 && isCqe(0, 1, -EINVAL, 0) && isCqe(1, 2, 0, 0), 'all');
  verify();
}

export function a_ring_of_small_entries_has_no_second_halves(): void {
  build();
  ring(8, DEFER);
  sqe(IORING_OP_NOP128, 1);
  sqe(IORING_OP_NOP, 2);
  assert(enter(2, 0, 0) == 1 && isCqe(0, 1, -EINVAL, 0), 'refused');
  assert(enter(1, 0, 0) == 1 && isCqe(1, 2, 0, 0), 'the next is an entry of its own');
  ring(8, DEFER | IORING_SETUP_SQE_MIXED);
  sqe(IORING_OP_NOP128, 1);
  assert(enter(1, 0, 0) == 1 && isCqe(0, 1, -EINVAL, 0), 'its second half is not there');
  seen(1);
  sqe(IORING_OP_NOP128, 3);
  sqe(IORING_OP_NOP, 99);
  assert(enter(1, 0, 0) == 1 && isCqe(0, 3, -EINVAL, 0), 'nor is it when it was not asked for');
  assert(enter(1, 0, 0) == 1 && isCqe(1, 99, 0, 0), 'it is an entry then');
  verify();
}

export function a_thread_takes_one_more_for_the_second_half(): void {
  build();
  clean().flags = POLLED | IORING_SETUP_SQE_MIXED;
  const a = sysSetup(HOST, 16, bench().params);
  const p = clean();
  p.flags = POLLED | IORING_SETUP_ATTACH_WQ;
  p.wq_fd = a;
  assert(a >= 3 && sysSetup(HOST, 16, bench().params) > a, 'two rings of one thread: eight entries in a turn');
  const b = bench();
  b.fd = a;
  b.rings = <u32>sysMmap(HOST, a, 0, PAGE);
  b.sqes = <u32>sysMmap(HOST, a, 0x10000000, PAGE);
  b.sq_tail = 0;
  b.sq_mask = 15;
  b.cq_mask = 31;
  b.cqe_shift = 4;
  for (let i: u32 = 0; i < 7; i++) sqe(IORING_OP_NOP, i + 1);
  sqe(IORING_OP_NOP128, 8);
  sqe(IORING_OP_NOP, 99);
  sqe(IORING_OP_NOP, 10);
  taskPark(HOST);
  elapse(1000000);
  assert(cqes() == 9 && isCqe(7, 8, 0, 0) && isCqe(8, 10, 0, 0), 'the ninth belongs to the eighth');
  sqe(IORING_OP_NOP128, 11);
  taskPark(HOST);
  elapse(1000000);
  assert(cqes() == 10 && isCqe(9, 11, -EINVAL, 0), 'one that is not there cannot be taken');
  verify();
}

export function a_call_that_asks_runs_what_it_submitted(): void {
  build();
  ring(8, DEFER);
  sqe(IORING_OP_NOP, 1).nop_flags = IORING_NOP_TW;
  assert(enter(1, 0, IORING_ENTER_GETEVENTS) == 1 && cqes() == 1, 'task work of the same call');
  assert(cqe(0).user_data == 1, 'done');
}
