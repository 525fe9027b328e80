/**
 * Description: what else io_uring_register knows: numbers of credentials, registered rings, limits of workers, restrictions row by
 * row, and tables that an older kernel lets go of only when nobody uses them (Linux: io_uring/register.c, io_uring/tctx.c).
 */
import {
  __NR_setitimer, EACCES, EBADF, EBUSY, EEXIST, EFAULT, EINTR, EINVAL, ENOMEM, EOPNOTSUPP, ERESTARTSYS, io_uring_clone_buffers,
  io_uring_mem_region_reg, io_uring_params, io_uring_probe, io_uring_region_desc, io_uring_restriction, io_uring_rsrc_update,
  IORING_FEAT_RW_ATTR, IORING_NOP_FIXED_BUFFER, IORING_NOP_TW, IORING_OP_NOP,
  IORING_OP_NOP128, IORING_OP_RECV, IORING_OP_RECV_ZC, IORING_OP_SEND, IORING_REGISTER_BPF_FILTER, IORING_REGISTER_BUFFERS,
  IORING_REGISTER_CLONE_BUFFERS, IORING_REGISTER_ENABLE_RINGS, IORING_REGISTER_FILES, IORING_REGISTER_IOWQ_AFF,
  IORING_REGISTER_IOWQ_MAX_WORKERS, IORING_REGISTER_LAST, IORING_REGISTER_MEM_REGION, IORING_REGISTER_PERSONALITY, IORING_REGISTER_PROBE,
  IORING_REGISTER_RESTRICTIONS, IORING_REGISTER_RING_FDS, IORING_REGISTER_ZCRX_CTRL, IORING_RESTRICTION_REGISTER_OP,
  IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IORING_RESTRICTION_SQE_OP, IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_R_DISABLED, IORING_SETUP_SQE_MIXED, IORING_SETUP_SQPOLL, IORING_UNREGISTER_BUFFERS, IORING_UNREGISTER_FILES,
  IORING_UNREGISTER_IOWQ_AFF, IORING_UNREGISTER_PERSONALITY, IORING_UNREGISTER_RING_FDS, IOSQE_ASYNC, IOSQE_FIXED_FILE, IOSQE_IO_LINK,
} from '../../../uring-model/uapi.gen';
import { nextEventTime, popEvent } from '../../../sim/core';
import { sysClose, sysEnter, sysRegister, sysSetup, taskAt, taskResume, taskSignal, userFirst } from '../../../uring-model/7-ring';
import {
  AT_KERNEL_FEAT_RW_ATTR, AT_KERNEL_REGISTER_BPF_FILTER, AT_KERNEL_RSRC_QUIESCE, AT_KERNEL_SETUP_SQE_MIXED, AT_KERNEL_ZCRX_CTRL,
  AT_RING_CAP_IPC_LOCK, AT_RING_MEMLOCK, setHost,
} from '../config.gen.as';
import { call } from '../config_files.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, settle, socket, sqe, user, verify,
} from '../config_ring.as';

const SLOTS: u32 = 16;

function begin(): void {
  build();
  ring(16, DEFER);
}
function features(): u32 {
  return changetype<io_uring_params>(<usize>bench().params).features;
}

export function an_older_kernel_has_fewer_features_and_numbers(): void {
  begin();
  const all = features();
  assert((all & IORING_FEAT_RW_ATTR) != 0, 'attributes');
  assert(register(IORING_REGISTER_LAST, 0, 0) == -EINVAL && register(IORING_REGISTER_LAST + 1, 0, 0) == -EINVAL, 'no such call');
  setHost(HOST, AT_KERNEL_FEAT_RW_ATTR, 0);
  ring(16, DEFER);
  assert((features() & IORING_FEAT_RW_ATTR) == 0 && features() == (all & (IORING_FEAT_RW_ATTR - 1)), 'none');
  setHost(HOST, AT_KERNEL_SETUP_SQE_MIXED, 0);
  assert(last() == IORING_OP_RECV_ZC - 1, 'no zero-copy receive');
  setHost(HOST, AT_KERNEL_FEAT_RW_ATTR, 1);
  assert(last() == IORING_OP_NOP128 - 1, 'no large entries');
  setHost(HOST, AT_KERNEL_REGISTER_BPF_FILTER, 0);
  assert(register(IORING_REGISTER_ZCRX_CTRL, 64, 0) == -EFAULT && register(IORING_REGISTER_BPF_FILTER, 64, 1) == -EINVAL, 'control');
  setHost(HOST, AT_KERNEL_ZCRX_CTRL, 0);
  assert(register(IORING_REGISTER_ZCRX_CTRL, 64, 0) == -EINVAL && register(IORING_REGISTER_MEM_REGION, 64, 1) == -EFAULT, 'and none');
}
/** The last operation that the kernel names. */
function last(): u32 {
  const at = user(4096);
  assert(register(IORING_REGISTER_PROBE, at, 256) == 0, 'asked');
  return <u32>changetype<io_uring_probe>(<usize>at).last_op;
}

export function operations_can_be_asked_for_as_far_as_there_is_room(): void {
  begin();
  const at = user(4096);
  assert(register(IORING_REGISTER_PROBE, at, 257) == -EINVAL && register(IORING_REGISTER_PROBE, 0, 1) == -EINVAL, 'arguments');
  assert(register(IORING_REGISTER_PROBE, 64, 1) == -EFAULT, 'no memory');
  store<u8>(at, 1, 4);
  assert(register(IORING_REGISTER_PROBE, at, 1) == -EINVAL, 'room that is not empty');
  store<u8>(at, 0, 4);
  store<u8>(at, 1, 16 + 8 * 3);
  assert(register(IORING_REGISTER_PROBE, at, 4) == -EINVAL, 'of the last row neither');
  assert(register(IORING_REGISTER_PROBE, at, 3) == 0 && load<u8>(at, 1) == 3, 'three rows');
  assert(load<u8>(at, 16 + 8) == 1 && load<u8>(at, 16 + 16) == 2 && load<u8>(at, 16 + 8 * 3) == 1, 'and nothing behind them');
}

export function credentials_have_numbers_that_come_round(): void {
  begin();
  for (let i = 1; i <= 63; i++) assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == i, 'one after the other');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == -EBUSY, 'no more');
  assert(register(IORING_UNREGISTER_PERSONALITY, 0, 64) == -EINVAL && register(IORING_UNREGISTER_PERSONALITY, 0, 0) == -EINVAL, 'none');
  assert(register(IORING_UNREGISTER_PERSONALITY, 0, 63) == 0 && register(IORING_UNREGISTER_PERSONALITY, 0, 63) == -EINVAL, 'the last');
  assert(register(IORING_UNREGISTER_PERSONALITY, 0, 5) == 0 && register(IORING_UNREGISTER_PERSONALITY, 64, 6) == -EINVAL, 'and another');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == 5, 'from the beginning again');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == 63 && register(IORING_REGISTER_PERSONALITY, 0, 0) == -EBUSY, 'then the next');
  sqe(IORING_OP_NOP, 1).personality = 63;
  enter(1, 0, 0);
  sqe(IORING_OP_NOP, 2).personality = 64;
  enter(1, 0, 0);
  register(IORING_UNREGISTER_PERSONALITY, 0, 7);
  sqe(IORING_OP_NOP, 3).personality = 7;
  enter(1, 0, 0);
  assert(isCqe(0, 1, 0, 0) && isCqe(1, 2, -EINVAL, 0) && isCqe(2, 3, -EINVAL, 0), 'only who is there');
}

/** A row for registered rings, at `at`. */
function row(at: u32, i: u32, offset: u32, data: u64): void {
  const r = changetype<io_uring_rsrc_update>(<usize>(at + i * 16));
  r.offset = offset;
  r.resv = 0;
  r.data = data;
}
function slotOf(at: u32, i: u32): u32 {
  return changetype<io_uring_rsrc_update>(<usize>(at + i * 16)).offset;
}

export function rings_are_registered_row_by_row(): void {
  begin();
  const fd = bench().fd;
  const at = user(1024);
  const other = socket();
  assert(register(IORING_REGISTER_RING_FDS, at, 0) == -EINVAL && register(IORING_REGISTER_RING_FDS, at, SLOTS + 1) == -EINVAL, 'rows');
  assert(register(IORING_REGISTER_RING_FDS, 64, 1) == -EFAULT, 'no memory');
  row(at, 0, SLOTS, fd);
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == -EINVAL, 'no such slot');
  row(at, 0, u32.MAX_VALUE, other);
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == -EOPNOTSUPP, 'no ring');
  row(at, 0, u32.MAX_VALUE, fd);
  changetype<io_uring_rsrc_update>(<usize>at).resv = 1;
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == -EINVAL, 'a word that must be zero');
  row(at, 0, SLOTS - 1, fd);
  row(at, 1, u32.MAX_VALUE, fd);
  row(at, 2, u32.MAX_VALUE, 99);
  assert(register(IORING_REGISTER_RING_FDS, at, 3) == 2 && slotOf(at, 1) == 0, 'two of three: the last slot, and the first that is free');
  for (let i: u32 = 0; i < SLOTS; i++) row(at, i, u32.MAX_VALUE, fd);
  assert(register(IORING_REGISTER_RING_FDS, at, SLOTS) == 14 && slotOf(at, 13) == 14, 'all the others');
  row(at, 0, u32.MAX_VALUE, fd);
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == -EBUSY, 'none is free');
}

export function each_task_has_registered_rings_of_its_own(): void {
  build();
  ring(16, IORING_SETUP_NO_SQARRAY);
  const fd = bench().fd;
  const at = user(1024);
  row(at, 0, 3, fd);
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == 1, 'of the first thread');
  const flags: u32 = 1 << 4;
  assert(sysEnter(HOST, 3, 0, 0, flags, 0, 0) == 0 && sysEnter(HOST + 2, 3, 0, 0, flags, 0, 0) == -EBADF, 'not of the other');
  row(at, 0, 3, fd);
  assert(sysRegister(HOST + 2, fd, IORING_REGISTER_RING_FDS, at, 1) == 1, 'which may have its own');
  assert(sysEnter(HOST + 2, 3, 0, 0, flags, 0, 0) == 0, 'by the same number');
  assert(sysEnter(HOST, u32.MAX_VALUE, 0, 0, flags, 0, 0) == -EINVAL && sysEnter(HOST, SLOTS, 0, 0, flags, 0, 0) == -EINVAL, 'no slot');
  const first = sysSetup(0, 8, bench().params);
  assert(first >= 3, 'a ring of the first task of all');
  for (let i: u32 = 0; i < SLOTS; i++) row(at, i, u32.MAX_VALUE, first);
  assert(sysRegister(0, first, IORING_REGISTER_RING_FDS, at, SLOTS) == SLOTS && slotOf(at, SLOTS - 1) == SLOTS - 1, 'sixteen too');
}

export function rings_are_taken_out_row_by_row(): void {
  begin();
  const fd = bench().fd;
  const at = user(1024);
  row(at, 0, 3, fd);
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == 1, 'slot 3');
  row(at, 0, 3, 1);
  assert(register(IORING_UNREGISTER_RING_FDS, at, 1) == -EINVAL, 'a descriptor is not looked at, and must be zero');
  row(at, 0, SLOTS, 0);
  assert(register(IORING_UNREGISTER_RING_FDS, at, 1) == -EINVAL, 'no such slot');
  row(at, 0, 3, 0);
  changetype<io_uring_rsrc_update>(<usize>at).resv = 1;
  assert(register(IORING_UNREGISTER_RING_FDS, at, 1) == -EINVAL && register(IORING_UNREGISTER_RING_FDS, 64, 1) == -EFAULT, 'the row');
  row(at, 0, 7, 0);
  row(at, 1, 3, 0);
  row(at, 2, SLOTS, 0);
  assert(register(IORING_UNREGISTER_RING_FDS, at, 3) == 2, 'an empty one, a full one, and none');
  const flags: u32 = 1 << 4;
  assert(sysEnter(HOST, 3, 0, 0, flags, 0, 0) == -EBADF, 'gone');
  row(at, 0, 3, fd);
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == 1, 'free');
  sysClose(HOST, fd);
  row(at, 0, 3, 0);
  assert(sysRegister(HOST, 3, IORING_UNREGISTER_RING_FDS | 0x80000000, at, 1) == 1, 'the last reference');
  settle();
  ring(16, DEFER);
  assert(bench().fd == fd, 'the ring and its number are free');
  verify();
}

export function limits_of_workers_are_those_of_the_task_or_of_the_thread(): void {
  begin();
  const at = user(64);
  store<u32>(at, 3);
  store<u32>(at, 4, 4);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0 && load<u32>(at) == 8 && load<u32>(at, 4) == 63405, 'four a core');
  store<u64>(at, 0);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0 && load<u32>(at) == 3 && load<u32>(at, 4) == 4, 'what was set');
  store<i32>(at, -1);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == -EINVAL, 'less than none');
  store<u32>(at, 0);
  store<i32>(at, -1, 4);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == -EINVAL, 'of the others neither');
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, 64, 2) == -EFAULT, 'not there');
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 1) == -EINVAL, 'two numbers');
  ring(16, IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY);
  store<u64>(at, 0);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0 && load<u32>(at) == 8, 'a thread has its own');
  assert(register(IORING_REGISTER_IOWQ_AFF, at, 8) == 0 && register(IORING_REGISTER_IOWQ_AFF, 64, 8) == -EFAULT, 'cores');
  const end = user(64) & ~63;
  assert(register(IORING_REGISTER_IOWQ_AFF, end, 1 << 20) == 0, 'of a long mask only cores that there are');
  const last = <u32>userFirst() + (8 << 20);
  assert(register(IORING_REGISTER_IOWQ_AFF, last - 8, 8) == 0 && register(IORING_REGISTER_IOWQ_AFF, last - 7, 8) == -EFAULT, 'all of them');
  assert(register(IORING_REGISTER_IOWQ_AFF, at, 0) == -EINVAL && register(IORING_UNREGISTER_IOWQ_AFF, 0, 0) == 0, 'none');
}

export function buffers_of_another_tasks_ring_cannot_be_cloned(): void {
  begin();
  const iov = user(64);
  store<u64>(iov, user(4096));
  store<u64>(iov, 4096, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0, 'a buffer');
  const src = bench().fd;
  ring(16, IORING_SETUP_NO_SQARRAY);
  const c = changetype<io_uring_clone_buffers>(<usize>user(64));
  c.src_fd = src;
  const at = <u32>changetype<usize>(c);
  assert(sysRegister(HOST + 2, bench().fd, IORING_REGISTER_CLONE_BUFFERS, at, 1) == -EEXIST, 'that of a single submitter');
  store<u32>(at, 1, 20);
  assert(register(IORING_REGISTER_CLONE_BUFFERS, at, 1) == -EINVAL, 'a word that must be zero');
  store<u32>(at, 0, 20);
  assert(register(IORING_REGISTER_CLONE_BUFFERS, 64, 1) == -EFAULT && register(IORING_REGISTER_CLONE_BUFFERS, at, 1) == 0, 'its own');
}

function rule(at: u32, i: u32, what: u32, value: u32): void {
  const r = changetype<io_uring_restriction>(<usize>(at + i * 16));
  memory.fill(<usize>(at + i * 16), 0, 16);
  r.opcode = <u16>what;
  r.register_op = <u8>value;
}

export function rows_of_restrictions_are_all_right_or_none_is(): void {
  build();
  ring(16, DEFER | IORING_SETUP_R_DISABLED);
  const at = user(256);
  rule(at, 0, IORING_RESTRICTION_SQE_OP, IORING_OP_SEND);
  rule(at, 1, 99, 0);
  assert(register(IORING_REGISTER_RESTRICTIONS, at, 2) == -EINVAL, 'no such row');
  rule(at, 1, IORING_RESTRICTION_SQE_OP, 255);
  assert(register(IORING_REGISTER_RESTRICTIONS, at, 2) == -EINVAL, 'no such operation');
  rule(at, 1, IORING_RESTRICTION_REGISTER_OP, IORING_REGISTER_LAST);
  assert(register(IORING_REGISTER_RESTRICTIONS, at, 2) == -EINVAL, 'no such registration');
  assert(register(IORING_REGISTER_RESTRICTIONS, 64, 1) == -EFAULT && register(IORING_REGISTER_RESTRICTIONS, 0, 1) == -EINVAL, 'memory');
  rule(at, 0, IORING_RESTRICTION_SQE_OP, IORING_OP_NOP);
  rule(at, 1, IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IOSQE_IO_LINK);
  rule(at, 2, IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IOSQE_ASYNC);
  rule(at, 3, IORING_RESTRICTION_REGISTER_OP, IORING_REGISTER_ENABLE_RINGS);
  assert(register(IORING_REGISTER_RESTRICTIONS, at, 3) == 0 && register(IORING_REGISTER_RESTRICTIONS, at, 3) == -EBUSY, 'once');
  assert(register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == 0, 'enabled');
  sqe(IORING_OP_NOP, 1);
  enter(1, 0, 0);
  sqe(IORING_OP_SEND, 2).flags = <u8>IOSQE_ASYNC;
  enter(1, 0, 0);
  sqe(IORING_OP_NOP, 3).flags = <u8>(IOSQE_ASYNC | IOSQE_FIXED_FILE);
  enter(1, 0, 0);
  assert(cqes() == 3, 'refused');
  for (let i: u32 = 0; i < 3; i++) assert(cqe(i).res == -EACCES, 'a flag is missing; another operation; another flag');
  sqe(IORING_OP_NOP, 4).flags = <u8>(IOSQE_ASYNC | IOSQE_IO_LINK);
  sqe(IORING_OP_NOP, 5).flags = <u8>IOSQE_ASYNC;
  enter(2, 0, 0);
  for (let i = 0; i < 3; i++) {
    settle();
    getEvents();
  }
  assert(cqes() == 5 && cqe(3).res == 0 && cqe(4).res == 0, 'what is allowed');
  assert(register(IORING_REGISTER_FILES, 64, 1) == -EFAULT, 'of registrations nothing was said');
}

export function the_operations_behind_the_sixty_third_can_be_allowed(): void {
  build();
  ring(16, DEFER | IORING_SETUP_R_DISABLED | IORING_SETUP_SQE_MIXED);
  const at = user(256);
  rule(at, 0, IORING_RESTRICTION_SQE_OP, IORING_OP_NOP128);
  rule(at, 1, IORING_RESTRICTION_REGISTER_OP, IORING_REGISTER_ENABLE_RINGS);
  assert(register(IORING_REGISTER_RESTRICTIONS, at, 2) == 0 && register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == 0, 'one, and one');
  sqe(IORING_OP_NOP128, 1);
  sqe(IORING_OP_NOP, 99);
  assert(enter(2, 0, 0) == 2 && isCqe(0, 1, 0, 0), 'allowed');
  sqe(IORING_OP_NOP, 2);
  enter(1, 0, 0);
  assert(isCqe(1, 2, -EACCES, 0) && register(IORING_REGISTER_FILES, 64, 1) == -EACCES, 'all others are not');
}

/** The task's next event. True: its call is to be made again. */
function runTask(): bool {
  assert(nextEventTime() != u64.MAX_VALUE, 'something will happen');
  const arg = <u32>(popEvent() >> 32);
  if ((arg & 0x200) != 0) {
    taskSignal(arg & 0xff);
    return false;
  }
  taskAt(arg).run_pending = 0;
  return taskResume(arg);
}
function older(): u32 {
  build();
  setHost(HOST, AT_KERNEL_RSRC_QUIESCE, 1);
  ring(16, IORING_SETUP_NO_SQARRAY);
  const fd = socket();
  const at = user(64);
  store<u32>(at, fd);
  assert(register(IORING_REGISTER_FILES, at, 1) == 0, 'a file');
  const s = sqe(IORING_OP_RECV, 5);
  s.flags = <u8>IOSQE_FIXED_FILE;
  s.addr = user(4096);
  s.len = 4096;
  assert(enter(1, 0, 0) == 1, 'which a request uses');
  return fd;
}

export function an_older_kernel_waits_until_nobody_uses_a_table(): void {
  const fd = older();
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == -ERESTARTSYS, 'asleep');
  linearPacket(fd, 10, 0);
  let again = false;
  for (let i = 0; i < 4 && !again && nextEventTime() != u64.MAX_VALUE; i++) again = runTask();
  assert(again && register(IORING_UNREGISTER_FILES, 0, 0) == 0, 'the request has ended');
  assert(cqes() == 1 && isCqe(0, 5, 10, 0), 'as it would');
  verify();
}

export function a_signal_ends_its_waiting(): void {
  older();
  const timer = user(64);
  store<u64>(timer, 500, 24);
  assert(call(__NR_setitimer, 0, timer, 0) == 0, 'half a millisecond');
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == -ERESTARTSYS, 'asleep');
  for (let i = 0; i < 4 && !runTask(); i++) {}
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == -EINTR, 'interrupted');
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == -ERESTARTSYS, 'the table is still there');
}

export function a_table_that_nobody_uses_goes_at_once(): void {
  build();
  setHost(HOST, AT_KERNEL_RSRC_QUIESCE, 1);
  ring(16, DEFER);
  const iov = user(64);
  store<u64>(iov, user(4096));
  store<u64>(iov, 4096, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0 && register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0, 'buffers');
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0, 'again');
  const s = sqe(IORING_OP_NOP, 1);
  s.nop_flags = IORING_NOP_FIXED_BUFFER | IORING_NOP_TW;
  enter(1, 0, 0);
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == -ERESTARTSYS, 'one is in use');
}

/** IORING_REGISTER_MEM_REGION of so many pages; `addr` 0: the kernel's. */
function region(pages: u32, addr: u64): i32 {
  const desc = changetype<io_uring_region_desc>(<usize>user(64));
  const reg = changetype<io_uring_mem_region_reg>(<usize>user(64));
  desc.size = pages * 4096;
  desc.user_addr = addr;
  desc.flags = addr != 0 ? 1 : 0;
  reg.region_uptr = changetype<usize>(desc);
  return register(IORING_REGISTER_MEM_REGION, <u32>changetype<usize>(reg), 1);
}

export function pages_of_the_kernels_own_are_counted_in_powers_of_two(): void {
  build();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  setHost(HOST, AT_RING_MEMLOCK, 3 * 4096);
  ring(16, DEFER);
  const mine = user(4 * 4096);
  assert(region(3, 0) == -ENOMEM, 'three are four');
  assert(region(4, mine) == -ENOMEM, 'of the application\'s own each is one');
  assert(region(3, mine) == 0, 'three');
  const first = bench().fd;
  ring(16, DEFER);
  assert(region(1, 0) == -ENOMEM, 'none is left');
  sysClose(HOST, first);
  settle();
  assert(region(2, 0) == 0, 'three are back');
  const second = bench().fd;
  ring(16, DEFER);
  assert(region(2, 0) == -ENOMEM && region(1, 0) == 0, 'one is left');
  sysClose(HOST, second);
  settle();
  ring(16, DEFER);
  assert(region(2, 0) == 0, 'two are back');
  verify();
}

export function operations_that_nobody_has_written_are_refused(): void {
  begin();
  for (let op: u32 = 3; op < 60; op++) {
    sqe(op, op).fd = 999;
    enter(1, 0, 0);
    for (let i = 0; i < 2; i++) {
      settle();
      getEvents();
    }
    assert(cqes() != 0 && cqe(0).user_data == op, 'each has its completion');
    if (op == 3 || op == 8 || op == 17 || op == 18) assert(cqe(0).res == -EINVAL, 'FSYNC, SYNC_FILE_RANGE, FALLOCATE, OPENAT');
    seen(cqes());
  }
}

export function a_region_that_is_refused_is_not_counted(): void {
  build();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  setHost(HOST, AT_RING_MEMLOCK, 2 * 4096);
  ring(16, DEFER);
  const end = userFirst() + (8 << 20);
  for (let i = 0; i < 4; i++) assert(region(1, end) == -EFAULT, 'of nobody');
  assert(region(2, user(2 * 4096)) == 0, 'both pages are left');
}
