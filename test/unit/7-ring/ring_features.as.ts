/**
 * Description: what a ring can be told besides work: who may use it and for what, a thread for its queue, other sizes, large
 * SQEs, memory for its waits, and whom it tells of completions.
 */
import { coreBooked, coreIndex, hostConfig } from '../../../sim/core';
import {
  EACCES, EBADF, EBADFD, EBUSY, EEXIST, EFAULT, EINVAL, EOPNOTSUPP, EOVERFLOW, ETIME, io_uring_mem_region_reg, io_uring_params,
  io_uring_query_hdr, io_uring_query_opcode, IO_URING_REG_WAIT_BYTES, io_uring_reg_wait, io_uring_region_desc, io_uring_restriction,
  io_uring_rsrc_update, IORING_ENTER_EXT_ARG, IORING_ENTER_EXT_ARG_REG, IORING_ENTER_GETEVENTS, IORING_ENTER_REGISTERED_RING,
  IORING_ENTER_SQ_WAKEUP, IORING_MEM_REGION_REG_WAIT_ARG, IORING_OP_ACCEPT, IORING_OP_LAST, IORING_OP_NOP, IORING_OP_NOP128,
  IORING_REG_WAIT_TS, IORING_REGISTER_ENABLE_RINGS, IORING_REGISTER_IOWQ_MAX_WORKERS, IORING_REGISTER_LAST, IORING_REGISTER_MEM_REGION,
  IORING_REGISTER_PERSONALITY, IORING_REGISTER_PROBE, IORING_REGISTER_QUERY, IORING_REGISTER_RESIZE_RINGS, IORING_REGISTER_RESTRICTIONS,
  IORING_REGISTER_RING_FDS, IORING_RESTRICTION_REGISTER_OP, IORING_RESTRICTION_SQE_OP, IORING_SETUP_CQSIZE, IORING_SETUP_IOPOLL,
  IORING_SETUP_NO_SQARRAY, IORING_SETUP_R_DISABLED, IORING_SETUP_SQ_REWIND, IORING_SETUP_SQE_MIXED, IORING_SETUP_SQPOLL,
  IORING_SQ_NEED_WAKEUP, IORING_UNREGISTER_PERSONALITY, IORING_UNREGISTER_RING_FDS,
} from '../../../uring-model/uapi.gen';
import { sqThreadsSpun, sysClose, sysEnter, sysMmap, sysRegister, taskPark } from '../../../uring-model/7-ring';
import {
  bench, build, cqe, cqes, DEFER, enter, HOST, isCqe, register, ring, seen, settle, sqe, sqFlags, user, verify,
} from '../config_ring.as';

function remap(): void {
  const b = bench();
  b.rings = <u32>sysMmap(HOST, b.fd, 0, 4096);
  b.sqes = <u32>sysMmap(HOST, b.fd, 0x10000000, 4096);
  b.sq_mask = load<u32>(b.rings, 24) - 1;
  b.cq_mask = load<u32>(b.rings, 28) - 1;
}

export function a_restricted_ring_does_what_it_was_told_and_no_more(): void {
  build();
  ring(8, DEFER | IORING_SETUP_R_DISABLED);
  const at = user(64);
  const op = changetype<io_uring_restriction>(<usize>at);
  op.opcode = <u16>IORING_RESTRICTION_SQE_OP;
  op.sqe_op = <u8>IORING_OP_NOP;
  const reg = changetype<io_uring_restriction>(<usize>at + 16);
  reg.opcode = <u16>IORING_RESTRICTION_REGISTER_OP;
  reg.register_op = <u8>IORING_REGISTER_PROBE;
  assert(register(IORING_REGISTER_RESTRICTIONS, 0, 1) == -EINVAL, 'no rows');
  assert(register(IORING_REGISTER_RESTRICTIONS, at, 2) == 0 && register(IORING_REGISTER_RESTRICTIONS, at, 2) == -EBUSY, 'once');
  assert(register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == 0, 'a disabled ring is exempt');
  sqe(IORING_OP_NOP, 1);
  sqe(IORING_OP_ACCEPT, 2);
  enter(2, 0, 0);
  assert(cqes() == 2 && cqe(0).res == 0 && cqe(1).res == -EACCES, 'only NOP');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == -EACCES, 'only PROBE');
  assert(register(IORING_REGISTER_RESTRICTIONS, at, 2) == -EACCES, 'not even this');
}

export function whatever_user_space_writes_over_a_ring_the_kernel_knows_what_it_published(): void {
  build();
  ring(8, DEFER);
  sqe(IORING_OP_NOP, 1);
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'a completion');
  store<u32>(bench().rings, 0xdeadbeef, CQ_TAIL);
  verify();
  sqe(IORING_OP_NOP, 2);
  assert(enter(1, 0, 0) == 1 && cqes() == 2, 'the next one puts the tail right');
  verify();
}
const CQ_TAIL: usize = 12;

export function restrictions_want_a_disabled_ring(): void {
  build();
  ring(8, DEFER);
  assert(register(IORING_REGISTER_RESTRICTIONS, user(64), 1) == -EBADFD, 'it is enabled');
}

export function credentials_have_numbers(): void {
  build();
  ring(8, DEFER);
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == 1 && register(IORING_REGISTER_PERSONALITY, 0, 0) == 2, 'from one');
  sqe(IORING_OP_NOP, 1).personality = 1;
  enter(1, 0, 0);
  assert(cqe(0).res == 0, 'known');
  assert(register(IORING_UNREGISTER_PERSONALITY, 0, 1) == 0 && register(IORING_UNREGISTER_PERSONALITY, 0, 1) == -EINVAL, 'gone');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == 3, 'numbers are not used again at once');
}

export function another_thread_may_not_submit(): void {
  build();
  ring(8, DEFER);
  sqe(IORING_OP_NOP, 1);
  assert(sysEnter(HOST + 2, bench().fd, 1, 0, 0, 0, 0) == -EEXIST, 'a ring of one issuer');
  assert(sysEnter(HOST + 2, bench().fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0) == -EEXIST, 'nor wait for deferred work');
  assert(enter(1, 0, 0) == 1, 'its own may');
}

export function a_thread_reads_the_queue_and_goes_to_sleep(): void {
  build();
  ring(8, IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY);
  sqe(IORING_OP_NOP, 7);
  assert(cqes() == 0, 'the thread has to see it first');
  taskPark(HOST);
  settle();
  assert(cqes() == 1 && isCqe(0, 7, 0, 0), 'without a system call');
  assert((sqFlags() & IORING_SQ_NEED_WAKEUP) != 0, 'a second later it sleeps');
  seen(1);
  sqe(IORING_OP_NOP, 8);
  taskPark(HOST);
  settle();
  assert(cqes() == 0, 'and sees nothing');
  assert(enter(1, 0, IORING_ENTER_SQ_WAKEUP) == 1, 'what was asked for is returned');
  settle();
  assert(cqes() == 1 && isCqe(0, 8, 0, 0), 'awake');
  verify();
}

export function a_thread_that_spins_keeps_its_core_busy_until_it_sleeps(): void {
  build();
  ring(8, IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY);
  taskPark(HOST);
  const core = coreIndex(HOST, hostConfig(HOST).cpu_app_core);
  const before = sqThreadsSpun(core);
  settle();
  const second = <u64>hostConfig(HOST).cpu_mhz * 1000000;
  const spun = sqThreadsSpun(core) + coreBooked(core);
  assert(before < second / 100 && spun > second / 100 * 99 && spun < second / 100 * 101, 'a second of it');
}

export function a_task_waits_for_what_the_thread_posts(): void {
  build();
  ring(8, IORING_SETUP_SQPOLL | IORING_SETUP_NO_SQARRAY);
  sqe(IORING_OP_NOP, 7);
  assert(enter(1, 1, IORING_ENTER_GETEVENTS) == -512, 'asleep');
  settle();
  assert(enter(0, 1, IORING_ENTER_GETEVENTS) == 0 && cqes() == 1, 'woken by the completion');
}

export function both_queues_can_grow_with_what_lies_in_them(): void {
  build();
  ring(4, DEFER);
  for (let i: u32 = 0; i < 3; i++) sqe(IORING_OP_NOP, i);
  enter(3, 0, 0);
  sqe(IORING_OP_NOP, 3);
  const p = changetype<io_uring_params>(<usize>user(256));
  p.flags = IORING_SETUP_CQSIZE;
  p.sq_entries = 1;
  p.cq_entries = 2;
  const at = <u32>changetype<usize>(p);
  assert(register(IORING_REGISTER_RESIZE_RINGS, at, 1) == -EOVERFLOW, 'three completions do not fit into two');
  p.flags = IORING_SETUP_SQPOLL;
  assert(register(IORING_REGISTER_RESIZE_RINGS, at, 1) == -EINVAL, 'other flags are inherited');
  p.flags = IORING_SETUP_CQSIZE;
  p.sq_entries = 16;
  p.cq_entries = 32;
  assert(register(IORING_REGISTER_RESIZE_RINGS, at, 1) == 0, 'larger');
  remap();
  assert(cqes() == 3 && cqe(2).user_data == 2 && bench().cq_mask == 31, 'completions have moved');
  assert(enter(1, 0, 0) == 1 && cqes() == 4 && cqe(3).user_data == 3, 'and so have SQEs');
  ring(4, IORING_SETUP_NO_SQARRAY);
  assert(register(IORING_REGISTER_RESIZE_RINGS, at, 1) == -EINVAL, 'only with DEFER_TASKRUN');
}

export function a_large_sqe_takes_two_entries_in_a_row(): void {
  build();
  ring(4, DEFER | IORING_SETUP_SQE_MIXED);
  sqe(IORING_OP_NOP128, 1);
  sqe(IORING_OP_NOP, 99);
  sqe(IORING_OP_NOP, 2);
  assert(enter(3, 0, 0) == 3 && cqes() == 2 && cqe(0).user_data == 1 && cqe(1).user_data == 2, 'the second half is no request');
  sqe(IORING_OP_NOP128, 3);
  assert(enter(1, 0, 0) == 1 && cqe(2).res == -EINVAL, 'its second half would wrap');
  ring(4, DEFER);
  sqe(IORING_OP_NOP128, 4);
  enter(1, 0, 0);
  assert(cqe(0).res == -EINVAL, 'a ring of small ones');
}

export function a_queue_without_a_head_is_read_from_its_beginning(): void {
  build();
  ring(4, DEFER | IORING_SETUP_SQ_REWIND);
  sqe(IORING_OP_NOP, 1);
  assert(enter(1, 0, 0) == 1 && enter(1, 0, 0) == 1 && cqes() == 2 && cqe(1).user_data == 1, 'the same entry again');
}

export function an_iopoll_ring_takes_only_what_can_be_polled(): void {
  build();
  ring(4, IORING_SETUP_IOPOLL | IORING_SETUP_NO_SQARRAY);
  sqe(IORING_OP_NOP, 1);
  assert(enter(1, 1, IORING_ENTER_GETEVENTS) == 1 && cqes() == 1 && cqe(0).res == 0, 'NOP');
  sqe(IORING_OP_ACCEPT, 2);
  enter(1, 0, 0);
  assert(cqe(1).res == -EINVAL, 'no socket can');
}

export function a_ring_descriptor_may_be_registered(): void {
  build();
  ring(4, DEFER);
  const b = bench();
  const up = changetype<io_uring_rsrc_update>(<usize>user(64));
  const at = <u32>changetype<usize>(up);
  up.offset = 3;
  up.data = b.fd;
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == 1 && up.offset == 3, 'in slot 3');
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == -EBUSY, 'which is taken');
  up.offset = 0xffffffff;
  up.data = 999;
  assert(register(IORING_REGISTER_RING_FDS, at, 1) == -EBADF, 'no such descriptor');
  sysClose(HOST, b.fd);
  sqe(IORING_OP_NOP, 1);
  assert(sysEnter(HOST, 3, 1, 0, IORING_ENTER_REGISTERED_RING, 0, 0) == 1 && cqes() == 1, 'the slot keeps the ring');
  assert(sysEnter(HOST, 4, 0, 0, IORING_ENTER_REGISTERED_RING, 0, 0) == -EBADF, 'empty');
  assert(sysEnter(HOST, 16, 0, 0, IORING_ENTER_REGISTERED_RING, 0, 0) == -EINVAL, 'no slot');
  up.offset = 3;
  up.data = 0;
  assert(sysRegister(HOST, 3, IORING_UNREGISTER_RING_FDS | 0x80000000, at, 1) == 1, 'by the slot itself');
  settle();
}

export function a_wait_may_take_its_time_from_registered_memory(): void {
  build();
  ring(4, DEFER | IORING_SETUP_R_DISABLED);
  const desc = changetype<io_uring_region_desc>(<usize>user(64));
  const reg = changetype<io_uring_mem_region_reg>(<usize>user(64));
  desc.size = 4096;
  reg.region_uptr = changetype<usize>(desc);
  reg.flags = IORING_MEM_REGION_REG_WAIT_ARG;
  const at = <u32>changetype<usize>(reg);
  assert(register(IORING_REGISTER_MEM_REGION, at, 1) == 0 && register(IORING_REGISTER_MEM_REGION, at, 1) == -EBUSY, 'once');
  const mem = sysMmap(HOST, bench().fd, desc.mmap_offset, 4096);
  assert(mem > 0, 'mapped by its offset');
  register(IORING_REGISTER_ENABLE_RINGS, 0, 0);
  const w = changetype<io_uring_reg_wait>(<usize>mem + 64);
  w.flags = IORING_REG_WAIT_TS;
  const flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | IORING_ENTER_EXT_ARG_REG;
  const fd = bench().fd;
  assert(sysEnter(HOST, fd, 0, 1, flags, 64, IO_URING_REG_WAIT_BYTES) == -ETIME, 'no time at all');
  assert(sysEnter(HOST, fd, 0, 1, flags, 64, 24) == -EINVAL, 'size');
  assert(sysEnter(HOST, fd, 0, 1, flags, 4, IO_URING_REG_WAIT_BYTES) == -EFAULT, 'alignment');
  assert(sysEnter(HOST, fd, 0, 1, flags, 4096, IO_URING_REG_WAIT_BYTES) == -EFAULT, 'outside');
  w.flags = 2;
  assert(sysEnter(HOST, fd, 0, 1, flags, 64, IO_URING_REG_WAIT_BYTES) == -EINVAL, 'unknown flag');
}

export function what_the_kernel_knows_can_be_asked_without_a_ring(): void {
  build();
  const hdr = changetype<io_uring_query_hdr>(<usize>user(64));
  const q = changetype<io_uring_query_opcode>(<usize>user(64));
  hdr.query_data = changetype<usize>(q);
  hdr.size = 48;
  const at = changetype<usize>(hdr);
  assert(sysRegister(HOST, 0xffffffff, IORING_REGISTER_QUERY, at, 0) == 0 && hdr.result == 0 && hdr.size == 48, 'answered');
  assert(q.nr_request_opcodes == IORING_OP_LAST && q.nr_register_opcodes == IORING_REGISTER_LAST, 'numbers');
  assert(q.ring_setup_flags == 0x1fffff && q.feature_flags == 0x3ffff && q.sqe_flags == 0x7f && q.nr_query_opcodes == 4, 'masks');
  hdr.query_op = 99;
  hdr.size = 48;
  assert(sysRegister(HOST, 0xffffffff, IORING_REGISTER_QUERY, at, 0) == 0, 'the answer is in the header');
  assert(hdr.result == -EOPNOTSUPP && hdr.size == 0, 'no such question');
  assert(sysRegister(HOST, 0xffffffff, IORING_REGISTER_PROBE, at, 0) == -EINVAL, 'this one needs a ring');
}

export function limits_of_workers_are_kept(): void {
  build();
  ring(8, DEFER);
  const at = user(64);
  store<u32>(at, 5);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0 && load<u32>(at) != 5, 'what was');
  store<u64>(at, 0);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == 0 && load<u32>(at) == 5, 'what is');
  store<i32>(at, -1);
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 2) == -EINVAL, 'fewer than none');
  assert(register(IORING_REGISTER_IOWQ_MAX_WORKERS, at, 1) == -EINVAL, 'both or none');
}
