/**
 * What io_uring_setup and a resize agree on: flags that contradict each other, sizes, and where things lie
 * (io_uring/io_uring.c: io_prepare_config).
 *
 * The memory that is mapped at IORING_OFF_SQ_RING and IORING_OFF_CQ_RING:
 *
 *      0    4    8    12   16    32       36        44           64                   sq_off.array
 *     +----+----+----+----+-----+--------+---------+-----------+---------------------+--------------+
 *     |SQ  |SQ  |CQ  |CQ  |masks|dropped |SQ flags,|overflow   | CQEs, 16 or 32 bytes| SQ index     |
 *     |head|tail|head|tail|sizes|        |CQ flags |           |                     | array, u32   |
 *     +----+----+----+----+-----+--------+---------+-----------+---------------------+--------------+
 */
import { NONE, PAGE_SIZE, RING_ADDR } from '../../sim/core';
import {
  EINVAL, EOVERFLOW, io_uring_params, IO_URING_PARAMS_BYTES, io_uring_region_desc, IO_URING_REGION_DESC_BYTES, IO_URING_SQE_BYTES,
  IORING_MEM_REGION_TYPE_USER, IORING_SETUP_CLAMP, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED,
  IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_HYBRID_IOPOLL, IORING_SETUP_IOPOLL, IORING_SETUP_NO_MMAP,
  IORING_SETUP_NO_SQARRAY, IORING_SETUP_REGISTERED_FD_ONLY, IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SQ_REWIND, IORING_SETUP_SQE128,
  IORING_SETUP_SQE_MIXED, IORING_SETUP_SQPOLL, IORING_SETUP_TASKRUN_FLAG,
} from '../uapi.gen';
import { setupFlags } from './profile';
import {
  RINGS_CQ_ENTRIES, RINGS_CQ_FLAGS, RINGS_CQ_HEAD, RINGS_CQ_MASK, RINGS_CQ_OVERFLOW, RINGS_CQ_TAIL, RINGS_CQES, RINGS_SQ_DROPPED,
  RINGS_SQ_ENTRIES, RINGS_SQ_FLAGS, RINGS_SQ_HEAD, RINGS_SQ_MASK, RINGS_SQ_TAIL,
} from './state';
import { regionCreate } from './user_memory';

const IORING_MAX_ENTRIES: u32 = 32768;
const IORING_MAX_CQ_ENTRIES: u32 = 2 * IORING_MAX_ENTRIES;
/** The kernel's copy of the parameters, and of the description of a region: behind the stage's state. */
const PARAMS: usize = RING_ADDR + 0x780;
const DESC: usize = RING_ADDR + 0x740;

/** Takes a copy of the user's parameters. */
export function paramsCopy(at: u64): io_uring_params {
  memory.copy(PARAMS, <usize>at, IO_URING_PARAMS_BYTES);
  return changetype<io_uring_params>(PARAMS);
}
/** Hands the copy out. */
export function paramsOut(at: u64): void {
  memory.copy(<usize>at, PARAMS, IO_URING_PARAMS_BYTES);
}

/** Flags that contradict each other (io_uring_sanitise_params). */
function checkFlags(host: u32, flags: u32): i32 {
  if ((flags & ~setupFlags(host)) != 0) return -EINVAL;
  const sqpoll = (flags & IORING_SETUP_SQPOLL) != 0;
  const defer = (flags & IORING_SETUP_DEFER_TASKRUN) != 0;
  const coop = (flags & IORING_SETUP_COOP_TASKRUN) != 0;
  const taskrun = (flags & IORING_SETUP_TASKRUN_FLAG) != 0;
  if ((flags & IORING_SETUP_SQ_REWIND) != 0 && (sqpoll || (flags & IORING_SETUP_NO_SQARRAY) == 0)) return -EINVAL;
  if ((flags & (IORING_SETUP_REGISTERED_FD_ONLY | IORING_SETUP_NO_MMAP)) == IORING_SETUP_REGISTERED_FD_ONLY) return -EINVAL;
  // Interrupting a task makes no sense when a thread does its work.
  if (sqpoll && (coop || taskrun || defer)) return -EINVAL;
  if (taskrun && !coop && !defer) return -EINVAL;
  if ((flags & (IORING_SETUP_HYBRID_IOPOLL | IORING_SETUP_IOPOLL)) == IORING_SETUP_HYBRID_IOPOLL) return -EINVAL;
  if (defer && (flags & IORING_SETUP_SINGLE_ISSUER) == 0) return -EINVAL;
  const cqe = IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED;
  const sqe = IORING_SETUP_SQE128 | IORING_SETUP_SQE_MIXED;
  return (flags & cqe) == cqe || (flags & sqe) == sqe ? -EINVAL : 0;
}

function roundUpPow2(n: u32): u32 {
  return n <= 1 ? 1 : (<u32>1) << (32 - clz<u32>(n - 1));
}

/** Sizes of the queues (io_uring_fill_params). 0 or -errno. */
function queueSizes(p: io_uring_params): i32 {
  const clamp = (p.flags & IORING_SETUP_CLAMP) != 0;
  const entries = p.sq_entries;
  if (entries == 0 || (entries > IORING_MAX_ENTRIES && !clamp)) return -EINVAL;
  p.sq_entries = roundUpPow2(entries > IORING_MAX_ENTRIES ? IORING_MAX_ENTRIES : entries);
  if ((p.flags & IORING_SETUP_CQSIZE) == 0) {
    p.cq_entries = 2 * p.sq_entries;
    return 0;
  }
  const wanted = p.cq_entries;
  if (wanted == 0 || (wanted > IORING_MAX_CQ_ENTRIES && !clamp)) return -EINVAL;
  p.cq_entries = roundUpPow2(wanted > IORING_MAX_CQ_ENTRIES ? IORING_MAX_CQ_ENTRIES : wanted);
  return p.cq_entries < p.sq_entries ? -EINVAL : 0;
}

/** Where the index array of the SQ begins: behind the CQEs (rings_size). */
function arrayOffset(p: io_uring_params): u32 {
  let bytes = RINGS_CQES + (p.cq_entries << 4);
  if ((p.flags & IORING_SETUP_CQE32) != 0) bytes *= 2;
  return (bytes + 63) & ~63;
}
/** Bytes of the rings, in pages. */
export function ringsBytes(p: io_uring_params): u32 {
  const array = (p.flags & IORING_SETUP_NO_SQARRAY) == 0 ? p.sq_entries << 2 : 0;
  return (arrayOffset(p) + array + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}
/** Bytes of the SQEs, in pages. */
export function sqesBytes(p: io_uring_params): u32 {
  const shift: u32 = (p.flags & IORING_SETUP_SQE128) != 0 ? 1 : 0;
  return (((p.sq_entries * IO_URING_SQE_BYTES) << shift) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/** Checks the parameters and completes them, all but the features (io_prepare_config). 0 or -errno. */
export function prepareConfig(host: u32, p: io_uring_params): i32 {
  let ret = checkFlags(host, p.flags);
  if (ret == 0) ret = queueSizes(p);
  if (ret != 0) return ret;
  if ((p.flags & IORING_SETUP_CQE_MIXED) != 0 && p.cq_entries < 2) return -EOVERFLOW;
  if ((p.flags & IORING_SETUP_SQE_MIXED) != 0 && p.sq_entries < 2) return -EOVERFLOW;
  const mapped = (p.flags & IORING_SETUP_NO_MMAP) == 0;
  const sq = p.sq_off;
  sq.head = <u32>RINGS_SQ_HEAD;
  sq.tail = <u32>RINGS_SQ_TAIL;
  sq.ring_mask = <u32>RINGS_SQ_MASK;
  sq.ring_entries = <u32>RINGS_SQ_ENTRIES;
  sq.flags = <u32>RINGS_SQ_FLAGS;
  sq.dropped = <u32>RINGS_SQ_DROPPED;
  sq.resv1 = 0;
  if (mapped) sq.user_addr = 0;
  if ((p.flags & IORING_SETUP_NO_SQARRAY) == 0) sq.array = arrayOffset(p);
  const cq = p.cq_off;
  cq.head = <u32>RINGS_CQ_HEAD;
  cq.tail = <u32>RINGS_CQ_TAIL;
  cq.ring_mask = <u32>RINGS_CQ_MASK;
  cq.ring_entries = <u32>RINGS_CQ_ENTRIES;
  cq.overflow = <u32>RINGS_CQ_OVERFLOW;
  cq.cqes = RINGS_CQES;
  cq.flags = <u32>RINGS_CQ_FLAGS;
  cq.resv1 = 0;
  if (mapped) cq.user_addr = 0;
  return 0;
}

/** Memory for one of the two, which no limit counts: the user's own with IORING_SETUP_NO_MMAP. Its address or -errno. */
export function queueMemory(p: io_uring_params, bytes: u32, user_addr: u64): i64 {
  memory.fill(DESC, 0, IO_URING_REGION_DESC_BYTES);
  const rd = changetype<io_uring_region_desc>(DESC);
  rd.size = bytes;
  if ((p.flags & IORING_SETUP_NO_MMAP) != 0) {
    rd.user_addr = user_addr;
    rd.flags = IORING_MEM_REGION_TYPE_USER;
  }
  return regionCreate(NONE, <u32>DESC, 0);
}

/** What the application reads in the rings' header. */
export function writeSizes(rings: u32, p: io_uring_params): void {
  store<u32>(rings, p.sq_entries - 1, RINGS_SQ_MASK);
  store<u32>(rings, p.cq_entries - 1, RINGS_CQ_MASK);
  store<u32>(rings, p.sq_entries, RINGS_SQ_ENTRIES);
  store<u32>(rings, p.cq_entries, RINGS_CQ_ENTRIES);
}
