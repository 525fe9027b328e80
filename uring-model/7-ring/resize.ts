/**
 * IORING_REGISTER_RESIZE_RINGS (io_uring/register.c: io_register_resize_rings): new memory for both queues; what lies in
 * the old ones moves. Heads and tails go on where they were.
 */
import { bug, NONE, RUN_BUG_RESIZE_WIDE_CQES } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  EFAULT, EINVAL, EOVERFLOW, io_uring_cqe, io_uring_params, IO_URING_PARAMS_BYTES, io_uring_sqe, IORING_CQE_F_32, IORING_OP_LAST,
  IORING_SETUP_CLAMP, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_NO_MMAP, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SQE128, IORING_SETUP_SQE_MIXED, IORING_SQ_NEED_WAKEUP, IORING_SQ_TASKRUN,
} from '../uapi.gen';
import { sqFlagsOr } from './cq';
import { paramsCopy, paramsOut, prepareConfig, queueMemory, ringsBytes, sqesBytes, writeSizes } from './layout';
import { opDef, OP_128 } from './opdef';
import {
  Ring, RINGS_CQ_FLAGS, RINGS_CQ_HEAD, RINGS_CQ_OVERFLOW, RINGS_CQ_TAIL, RINGS_CQES, RINGS_SQ_DROPPED, RINGS_SQ_FLAGS, RINGS_SQ_HEAD,
  RINGS_SQ_TAIL,
} from './state';
import { regionFree } from './user_memory';
import { witnessRing } from './witness';

const RESIZE_FLAGS: u32 = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
const COPY_FLAGS: u32 = IORING_SETUP_NO_SQARRAY | IORING_SETUP_SQE128 | IORING_SETUP_CQE32 | IORING_SETUP_NO_MMAP
  | IORING_SETUP_CQE_MIXED | IORING_SETUP_SQE_MIXED;
/** No second half of a 128-byte SQE is due. */
const NO_HALF: u32 = 0xffffffff;

/** Is it the first half of a 128-byte SQE? (io_sqe_is_128) */
function is128(r: Ring, at: u32): bool {
  const opcode = <u32>changetype<io_uring_sqe>(<usize>at).opcode;
  return (r.flags & IORING_SETUP_SQE_MIXED) != 0 && opcode < IORING_OP_LAST && (opDef(opcode) & OP_128) != 0;
}

/** The SQEs that were not read yet go over. False: there is no room for them. */
function copySq(r: Ring, p: io_uring_params, rings: u32, sqes: u32): bool {
  const tail = load<u32>(<usize>r.rings, RINGS_SQ_TAIL);
  const head = load<u32>(<usize>r.rings, RINGS_SQ_HEAD);
  const array = (p.flags & IORING_SETUP_NO_SQARRAY) == 0 ? rings + p.sq_off.array : 0;
  const shift: u32 = (r.flags & IORING_SETUP_SQE128) != 0 ? 7 : 6;
  if (tail - head > p.sq_entries) return false;
  let half = NO_HALF;
  for (let i = head; i != tail; i++) {
    const dst = i & (p.sq_entries - 1);
    let src = i & (r.sq_entries - 1);
    const second = half != NO_HALF;
    if (second) src = half;
    else if (array != 0) src = load<u32>(<usize>(r.sq_array + (src << 2)));
    half = NO_HALF;
    if (src >= r.sq_entries) {
      store<u32>(<usize>(array + (dst << 2)), 0xffffffff);
      continue;
    }
    if (array != 0) store<u32>(<usize>(array + (dst << 2)), dst);
    if (!second && i + 1 != tail && src < r.sq_entries - 1 && is128(r, r.sqes + (src << 6))) {
      // Two entries in a row must not be torn apart by the end of a smaller queue.
      if (dst == p.sq_entries - 1) return false;
      half = src + 1;
    }
    memory.copy(<usize>(sqes + (dst << shift)), <usize>(r.sqes + (src << shift)), <usize>1 << shift);
  }
  store<u32>(<usize>rings, head, RINGS_SQ_HEAD);
  store<u32>(<usize>rings, tail, RINGS_SQ_TAIL);
  return true;
}

/** The completions that were not seen yet go over. False: there is no room for them. */
function copyCq(r: Ring, p: io_uring_params, rings: u32): bool {
  const tail = load<u32>(<usize>r.rings, RINGS_CQ_TAIL);
  const head = load<u32>(<usize>r.rings, RINGS_CQ_HEAD);
  const shift: u32 = (r.flags & IORING_SETUP_CQE32) != 0 && !bug(RUN_BUG_RESIZE_WIDE_CQES) ? 5 : 4;
  const mixed = (r.flags & IORING_SETUP_CQE_MIXED) != 0;
  if (tail - head > p.cq_entries) return false;
  let second = false;
  for (let i = head; i != tail; i++) {
    const src = r.rings + RINGS_CQES + ((i & (r.cq_entries - 1)) << shift);
    const dst = i & (p.cq_entries - 1);
    if (mixed && !second && (changetype<io_uring_cqe>(<usize>src).flags & IORING_CQE_F_32) != 0) {
      if (dst == p.cq_entries - 1) return false;
      second = true;
    } else second = false;
    memory.copy(<usize>(rings + RINGS_CQES + (dst << shift)), <usize>src, <usize>1 << shift);
  }
  store<u32>(<usize>rings, head, RINGS_CQ_HEAD);
  store<u32>(<usize>rings, tail, RINGS_CQ_TAIL);
  return true;
}

/** The new memory becomes the ring's. */
function swap(r: Ring, p: io_uring_params, rings: u32, sqes: u32): void {
  const old = <usize>r.rings;
  store<u32>(rings, load<u32>(old, RINGS_SQ_DROPPED), RINGS_SQ_DROPPED);
  store<u32>(rings, load<u32>(old, RINGS_SQ_FLAGS), RINGS_SQ_FLAGS);
  store<u32>(rings, load<u32>(old, RINGS_CQ_FLAGS), RINGS_CQ_FLAGS);
  store<u32>(rings, load<u32>(old, RINGS_CQ_OVERFLOW), RINGS_CQ_OVERFLOW);
  const old_sqes = r.sqes;
  const rings_bytes = r.rings_bytes;
  const sqes_bytes = r.sqes_bytes;
  r.cqe_cached = 0;
  r.cqe_sentinel = 0;
  r.rings = rings;
  r.sqes = sqes;
  r.rings_bytes = ringsBytes(p);
  r.sqes_bytes = sqesBytes(p);
  r.sq_array = (p.flags & IORING_SETUP_NO_SQARRAY) == 0 ? rings + p.sq_off.array : 0;
  r.sq_entries = p.sq_entries;
  r.cq_entries = p.cq_entries;
  witnessRing(r);
  // Whatever the application may have missed meanwhile.
  sqFlagsOr(r, IORING_SQ_TASKRUN | IORING_SQ_NEED_WAKEUP);
  regionFree(NONE, <u32>old, rings_bytes, r.rings_user);
  regionFree(NONE, old_sqes, sqes_bytes, r.rings_user);
}

export function resizeRings(r: Ring, arg: u64): i32 {
  if ((r.flags & IORING_SETUP_DEFER_TASKRUN) == 0) return -EINVAL;
  if (!userOk(arg, IO_URING_PARAMS_BYTES)) return -EFAULT;
  const p = paramsCopy(arg);
  if ((p.flags & ~RESIZE_FLAGS) != 0) return -EINVAL;
  p.flags |= r.flags & COPY_FLAGS;
  const ret = prepareConfig(r.host, p);
  if (ret != 0) return ret;
  const rings = queueMemory(p, ringsBytes(p), p.cq_off.user_addr);
  if (rings < 0) return <i32>rings;
  writeSizes(<u32>rings, p);
  paramsOut(arg);
  const sqes = queueMemory(p, sqesBytes(p), p.sq_off.user_addr);
  if (sqes < 0) {
    regionFree(NONE, <u32>rings, ringsBytes(p), r.rings_user);
    return <i32>sqes;
  }
  if (copySq(r, p, <u32>rings, <u32>sqes) && copyCq(r, p, <u32>rings)) {
    swap(r, p, <u32>rings, <u32>sqes);
    return 0;
  }
  regionFree(NONE, <u32>rings, ringsBytes(p), r.rings_user);
  regionFree(NONE, <u32>sqes, sqesBytes(p), r.rings_user);
  return -EOVERFLOW;
}
