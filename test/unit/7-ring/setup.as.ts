/** Description: io_uring_setup: sizes, places and errors that an application has to rely on. */
import { RINGS_MAX } from '../../../sim/core';
import {
  EFAULT, EINVAL, EMFILE, EOVERFLOW, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_HYBRID_IOPOLL, IORING_SETUP_REGISTERED_FD_ONLY,
  IORING_SETUP_SQ_AFF, IORING_SETUP_SQ_REWIND, IORING_SETUP_SQE128, IORING_SETUP_SQE_MIXED, io_uring_params, IORING_FEAT_NODROP,
  IORING_FEAT_SINGLE_MMAP, IORING_OFF_CQ_RING, IORING_OFF_PBUF_RING, IORING_OFF_SQ_RING, IORING_OFF_SQES, IORING_SETUP_CLAMP,
  IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_R_DISABLED, IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SQPOLL, IORING_SETUP_TASKRUN_FLAG, IORING_OP_NOP,
  IORING_REGISTER_ENABLE_RINGS, EBADFD,
} from '../../../uring-model/uapi.gen';
import { sysClose, sysMmap, sysSetup } from '../../../uring-model/7-ring';
import { bench, build, enter, HOST, register, ring, setup, settle, sqe } from '../config_ring.as';

function params(): io_uring_params {
  return changetype<io_uring_params>(<usize>bench().params);
}

export function entries_are_rounded_up_and_the_cq_is_twice_as_large(): void {
  build();
  assert(setup(5, 0, 0) == 3, 'the least descriptor behind the terminal');
  assert(params().sq_entries == 8 && params().cq_entries == 16, 'rounded');
  const wanted = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP;
  assert((params().features & wanted) == wanted, 'features');
  assert(setup(5, 9, 0) == 4 && params().cq_entries == 16, 'as asked for, rounded');
}

export function sizes_that_cannot_be_are_refused(): void {
  build();
  assert(setup(0, 0, 0) == -EINVAL, 'none');
  assert(setup(32769, 0, 0) == -EINVAL, 'too many');
  assert(setup(8, 4, 0) == -EINVAL, 'a CQ smaller than the SQ');
  assert(setup(8, 70000, 0) == -EINVAL, 'a CQ too large');
  assert(setup(8, 0, IORING_SETUP_CQSIZE) == -EINVAL, 'no size');
  assert(setup(40000, 0, IORING_SETUP_CLAMP) >= 0 && params().sq_entries == 32768, 'clamped');
}

export function flags_that_contradict_each_other_are_refused(): void {
  build();
  assert(setup(8, 0, IORING_SETUP_DEFER_TASKRUN) == -EINVAL, 'DEFER_TASKRUN wants SINGLE_ISSUER');
  assert(setup(8, 0, IORING_SETUP_TASKRUN_FLAG) == -EINVAL, 'TASKRUN_FLAG wants COOP or DEFER');
  assert(setup(8, 0, IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED) == -EINVAL, 'wide or mixed');
  assert(setup(8, 0, 1 << 30) == -EINVAL, 'unknown');
  assert(setup(8, 0, IORING_SETUP_SQPOLL | IORING_SETUP_COOP_TASKRUN) == -EINVAL, 'a thread is not interrupted');
  assert(setup(8, 0, IORING_SETUP_SQE128 | IORING_SETUP_SQE_MIXED) == -EINVAL, 'large or mixed');
  assert(setup(8, 0, IORING_SETUP_SQ_REWIND) == -EINVAL, 'SQ_REWIND wants no index array');
  assert(setup(8, 0, IORING_SETUP_HYBRID_IOPOLL) == -EINVAL, 'HYBRID_IOPOLL wants IOPOLL');
  assert(setup(8, 0, IORING_SETUP_REGISTERED_FD_ONLY) == -EINVAL, 'nothing could map it');
  assert(setup(8, 0, IORING_SETUP_SQ_AFF) == -EINVAL, 'SQ_AFF wants SQPOLL');
  assert(setup(1, 1, IORING_SETUP_CQE_MIXED) == -EOVERFLOW, 'a wide completion would never fit');
}

export function offsets_are_those_of_the_kernel(): void {
  build();
  setup(8, 16, 0);
  const p = params();
  assert(p.sq_off.head == 0 && p.sq_off.tail == 4 && p.sq_off.ring_mask == 16 && p.sq_off.ring_entries == 24, 'SQ');
  assert(p.sq_off.dropped == 32 && p.sq_off.flags == 36 && p.sq_off.array == 320, 'the index array is behind the CQEs');
  assert(p.cq_off.head == 8 && p.cq_off.tail == 12 && p.cq_off.ring_mask == 20 && p.cq_off.ring_entries == 28, 'CQ');
  assert(p.cq_off.overflow == 44 && p.cq_off.cqes == 64 && p.cq_off.flags == 40, 'CQ');
  setup(8, 16, IORING_SETUP_CQE32);
  assert(p.sq_off.array == 640, 'the kernel doubles header and entries alike');
}

export function memory_is_mapped_by_offset(): void {
  build();
  const fd = <u32>setup(8, 16, 0);
  const sq = sysMmap(HOST, fd, IORING_OFF_SQ_RING, 4096);
  assert(sq > 0 && sysMmap(HOST, fd, IORING_OFF_CQ_RING, 4096) == sq, 'one mapping for both');
  assert(sysMmap(HOST, fd, IORING_OFF_SQES, 512) > 0, 'SQEs');
  assert(sysMmap(HOST, fd, IORING_OFF_PBUF_RING, 4096) == -EINVAL && sysMmap(HOST, fd, 0x30000000, 4096) == -EINVAL, 'not registered');
  assert(load<u32>(<usize>sq, 24) == 8 && load<u32>(<usize>sq, 28) == 16, 'sizes');
}

export function addresses_are_checked_first(): void {
  build();
  assert(sysSetup(HOST, 0, 16) == -EFAULT, 'even before the number of entries');
}

export function a_disabled_ring_does_nothing_until_it_is_enabled(): void {
  build();
  ring(8, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_NO_SQARRAY | IORING_SETUP_R_DISABLED);
  sqe(IORING_OP_NOP, 1);
  assert(enter(1, 0, 0) == -EBADFD, 'disabled');
  assert(register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == 0 && register(IORING_REGISTER_ENABLE_RINGS, 0, 0) == -EBADFD, 'once');
  assert(enter(1, 0, 0) == 1, 'enabled');
}

export function rings_and_their_memory_can_be_used_again(): void {
  build();
  for (let i: u32 = 0; i < 200; i++) {
    const fd = setup(256, 4096, 0);
    assert(fd == 3, 'the same descriptor again');
    sysClose(HOST, <u32>fd);
    settle();
  }
}

export function there_are_only_so_many_rings(): void {
  build();
  let fd: i32 = 0;
  let n: u32 = 0;
  while ((fd = setup(1, 0, 0)) >= 0) n++;
  assert(n == RINGS_MAX && fd != -EMFILE, 'RINGS_MAX');
}

export function masks_and_sizes_are_written_into_the_rings(): void {
  build();
  ring(16, IORING_SETUP_NO_SQARRAY);
  const at = bench().rings;
  assert(load<u32>(at, 16) == 15 && load<u32>(at, 20) == 15 && load<u32>(at, 24) == 16 && load<u32>(at, 28) == 16, 'as they are read');
  assert(setup(32768, 0, IORING_SETUP_NO_SQARRAY) >= 0, 'there may be so many entries');
}
