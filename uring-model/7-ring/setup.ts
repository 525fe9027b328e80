/**
 * io_uring_setup(2) (io_uring/io_uring.c: io_uring_create), with its checks in their order.
 *
 * The memory that is mapped at IORING_OFF_SQ_RING and IORING_OFF_CQ_RING:
 *
 *      0    4    8    12   16    32       36        44           64                   sq_off.array
 *     +----+----+----+----+-----+--------+---------+-----------+---------------------+--------------+
 *     |SQ  |SQ  |CQ  |CQ  |masks|dropped |SQ flags,|overflow   | CQEs, 16 or 32 bytes| SQ index     |
 *     |head|tail|head|tail|sizes|        |CQ flags |           |                     | array, u32   |
 *     +----+----+----+----+-----+--------+---------+-----------+---------------------+--------------+
 */
import { charge, COST_ENTER, NONE, PAGE_SIZE, RINGS_MAX } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM, EOVERFLOW, io_uring_params, IO_URING_PARAMS_BYTES, IO_URING_SQE_BYTES, IORING_FEAT_CQE_SKIP,
  IORING_FEAT_CUR_PERSONALITY, IORING_FEAT_EXT_ARG, IORING_FEAT_FAST_POLL, IORING_FEAT_LINKED_FILE, IORING_FEAT_MIN_TIMEOUT,
  IORING_FEAT_NATIVE_WORKERS, IORING_FEAT_NO_IOWAIT, IORING_FEAT_NODROP, IORING_FEAT_POLL_32BITS, IORING_FEAT_RECVSEND_BUNDLE,
  IORING_FEAT_REG_REG_RING, IORING_FEAT_RSRC_TAGS, IORING_FEAT_RW_ATTR, IORING_FEAT_RW_CUR_POS, IORING_FEAT_SINGLE_MMAP,
  IORING_FEAT_SQPOLL_NONFIXED, IORING_FEAT_SUBMIT_STABLE, IORING_SETUP_CLAMP, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_CQE32,
  IORING_SETUP_CQE_MIXED, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_IOPOLL, IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_R_DISABLED, IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SUBMIT_ALL, IORING_SETUP_TASKRUN_FLAG,
} from '../uapi.gen';
import { fdFree, fdInstall, fileNew, filePut, FILE_RING, processOf } from '../../stack/file';
import { cancelTableCreate } from './cancel_table';
import {
  Ring, ringAt, RINGS_CQ_ENTRIES, RINGS_CQ_MASK, RINGS_CQES, RINGS_SQ_ENTRIES, RINGS_SQ_MASK, RING_FREE, RING_F_LOCKLESS_CQ,
  RING_F_POLL_ACTIVATED, RING_F_TASK_COMPLETE, RING_OPEN, RINGS_CQ_FLAGS, RINGS_CQ_HEAD, RINGS_CQ_OVERFLOW, RINGS_CQ_TAIL, RINGS_SQ_DROPPED,
  RINGS_SQ_FLAGS, RINGS_SQ_HEAD, RINGS_SQ_TAIL,
} from './state';
import { netmsgCacheInit } from './async_msg';
import { syscallBegin, syscallEnd, taskAt } from './task';
import { userAlloc, userFree } from './user_memory';
import { IO_CQ_WAKE_INIT } from './work_list';

const IORING_MAX_ENTRIES: u32 = 32768;
const IORING_MAX_CQ_ENTRIES: u32 = 2 * IORING_MAX_ENTRIES;
/** Differs from Linux: of the flags of io_uring_setup these are there; any other is refused with -EINVAL. */
const SETUP_FLAGS: u32 = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL
  | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQE32 | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
  | IORING_SETUP_NO_SQARRAY | IORING_SETUP_CQE_MIXED;
const IORING_FEAT_FLAGS: u32 = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_RW_CUR_POS
  | IORING_FEAT_CUR_PERSONALITY | IORING_FEAT_FAST_POLL | IORING_FEAT_POLL_32BITS | IORING_FEAT_SQPOLL_NONFIXED | IORING_FEAT_EXT_ARG
  | IORING_FEAT_NATIVE_WORKERS | IORING_FEAT_RSRC_TAGS | IORING_FEAT_CQE_SKIP | IORING_FEAT_LINKED_FILE | IORING_FEAT_REG_REG_RING
  | IORING_FEAT_RECVSEND_BUNDLE | IORING_FEAT_MIN_TIMEOUT | IORING_FEAT_RW_ATTR | IORING_FEAT_NO_IOWAIT;

/** Flags that contradict each other (io_uring_sanitise_params). */
function checkFlags(flags: u32): i32 {
  if ((flags & ~SETUP_FLAGS) != 0) return -EINVAL;
  if ((flags & IORING_SETUP_TASKRUN_FLAG) != 0 && (flags & (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN)) == 0) return -EINVAL;
  if ((flags & IORING_SETUP_DEFER_TASKRUN) != 0 && (flags & IORING_SETUP_SINGLE_ISSUER) == 0) return -EINVAL;
  const both = IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED;
  return (flags & both) == both ? -EINVAL : 0;
}

function roundUpPow2(n: u32): u32 {
  return n <= 1 ? 1 : (<u32>1) << (32 - clz<u32>(n - 1));
}

/** Sizes of the queues (io_uring_fill_params). 0 or -errno; writes them to the ring. */
function queueSizes(r: Ring, entries: u32, flags: u32, cq_wanted: u32): i32 {
  if (entries == 0) return -EINVAL;
  if (entries > IORING_MAX_ENTRIES) {
    if ((flags & IORING_SETUP_CLAMP) == 0) return -EINVAL;
    entries = IORING_MAX_ENTRIES;
  }
  r.sq_entries = roundUpPow2(entries);
  r.cq_entries = 2 * r.sq_entries;
  if ((flags & IORING_SETUP_CQSIZE) == 0) return 0;
  if (cq_wanted == 0) return -EINVAL;
  if (cq_wanted > IORING_MAX_CQ_ENTRIES) {
    if ((flags & IORING_SETUP_CLAMP) == 0) return -EINVAL;
    cq_wanted = IORING_MAX_CQ_ENTRIES;
  }
  r.cq_entries = roundUpPow2(cq_wanted);
  return r.cq_entries < r.sq_entries ? -EINVAL : 0;
}

/** Memory of the queues (rings_size, io_allocate_scq_urings). 0 or -errno. */
function allocateQueues(r: Ring, task: u32, flags: u32): i32 {
  let bytes = RINGS_CQES + (r.cq_entries << 4);
  if ((flags & IORING_SETUP_CQE32) != 0) bytes *= 2;
  bytes = (bytes + 63) & ~63;
  let array: u32 = 0;
  if ((flags & IORING_SETUP_NO_SQARRAY) == 0) {
    array = bytes;
    bytes += r.sq_entries << 2;
  }
  r.rings_bytes = (bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  r.sqes_bytes = (r.sq_entries * IO_URING_SQE_BYTES + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  const rings = userAlloc(task, r.rings_bytes);
  if (rings == 0) return -ENOMEM;
  const sqes = userAlloc(task, r.sqes_bytes);
  if (sqes == 0) {
    userFree(rings, r.rings_bytes);
    return -ENOMEM;
  }
  r.rings = rings;
  r.sqes = sqes;
  r.sq_array = array != 0 ? rings + array : 0;
  store<u32>(rings, r.sq_entries - 1, RINGS_SQ_MASK);
  store<u32>(rings, r.cq_entries - 1, RINGS_CQ_MASK);
  store<u32>(rings, r.sq_entries, RINGS_SQ_ENTRIES);
  store<u32>(rings, r.cq_entries, RINGS_CQ_ENTRIES);
  return 0;
}

/** What user space needs to know (io_prepare_config). */
function fillParams(r: Ring, p: io_uring_params): void {
  p.sq_entries = r.sq_entries;
  p.cq_entries = r.cq_entries;
  p.features = IORING_FEAT_FLAGS;
  const sq = p.sq_off;
  sq.head = <u32>RINGS_SQ_HEAD;
  sq.tail = <u32>RINGS_SQ_TAIL;
  sq.ring_mask = <u32>RINGS_SQ_MASK;
  sq.ring_entries = <u32>RINGS_SQ_ENTRIES;
  sq.flags = <u32>RINGS_SQ_FLAGS;
  sq.dropped = <u32>RINGS_SQ_DROPPED;
  sq.resv1 = 0;
  sq.user_addr = 0;
  if (r.sq_array != 0) sq.array = r.sq_array - r.rings;
  const cq = p.cq_off;
  cq.head = <u32>RINGS_CQ_HEAD;
  cq.tail = <u32>RINGS_CQ_TAIL;
  cq.ring_mask = <u32>RINGS_CQ_MASK;
  cq.ring_entries = <u32>RINGS_CQ_ENTRIES;
  cq.overflow = <u32>RINGS_CQ_OVERFLOW;
  cq.cqes = RINGS_CQES;
  cq.flags = <u32>RINGS_CQ_FLAGS;
  cq.resv1 = 0;
  cq.user_addr = 0;
}

function freeRing(): u32 {
  for (let i: u32 = 0; i < RINGS_MAX; i++) if (ringAt(i).used == RING_FREE) return i;
  return NONE;
}

function setup(task: u32, entries: u32, params: u64): i32 {
  if (!userOk(params, IO_URING_PARAMS_BYTES)) return -EFAULT;
  const p = changetype<io_uring_params>(<usize>params);
  for (let i: usize = 28; i < 40; i += 4) if (load<u32>(<usize>params + i) != 0) return -EINVAL;
  const flags = p.flags;
  let ret = checkFlags(flags);
  if (ret != 0) return ret;
  const idx = freeRing();
  // Differs from Linux: the number of rings in a world is limited.
  if (idx == NONE) return -ENFILE;
  const r = ringAt(idx);
  memory.fill(changetype<usize>(r), 0, offsetof<Ring>());
  r.idx = idx;
  r.groups = NONE;
  netmsgCacheInit(idx);
  ret = queueSizes(r, entries, flags, p.cq_entries);
  if (ret != 0) return ret;
  if ((flags & IORING_SETUP_CQE_MIXED) != 0 && r.cq_entries < 2) return -EOVERFLOW;
  if (!fdFree(task)) return -EMFILE;
  ret = allocateQueues(r, task, flags);
  if (ret != 0) return ret;
  r.used = RING_OPEN;
  r.task = task;
  r.host = processOf(task);
  r.flags = flags;
  r.submitter = (flags & IORING_SETUP_SINGLE_ISSUER) != 0 && (flags & IORING_SETUP_R_DISABLED) == 0 ? task : NONE;
  r.int_flags = 0;
  if ((flags & IORING_SETUP_DEFER_TASKRUN) != 0 && (flags & IORING_SETUP_IOPOLL) == 0) r.int_flags |= RING_F_TASK_COMPLETE;
  else r.int_flags |= RING_F_POLL_ACTIVATED;
  if ((flags & (IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_IOPOLL)) != 0) r.int_flags |= RING_F_LOCKLESS_CQ;
  r.cq_wait_nr = IO_CQ_WAKE_INIT;
  r.overflow_head = NONE;
  r.overflow_tail = NONE;
  r.compl_head = NONE;
  r.compl_tail = NONE;
  r.link_head = NONE;
  r.link_last = NONE;
  r.work_head = NONE;
  r.work_tail = NONE;
  r.defer_head = NONE;
  r.drain_req = NONE;
  r.sqe_flags_allowed = 0;
  r.pers_next = 1;
  r.timeout_head = NONE;
  r.timeout_tail = NONE;
  r.ltimeout_head = NONE;
  r.ltimeout_tail = NONE;
  cancelTableCreate(r);
  fillParams(r, p);
  const file_idx = fileNew(FILE_RING, task, idx);
  const fd = fdInstall(task, file_idx);
  if (fd == NONE) {
    filePut(file_idx);
    return -EMFILE;
  }
  return <i32>fd;
}

/** io_uring_setup(2): a descriptor, or -errno. */
export function sysSetup(task: u32, entries: u32, params: usize): i32 {
  const t = taskAt(task);
  syscallBegin(t);
  charge(COST_ENTER);
  const ret = setup(task, entries, params);
  syscallEnd(t, false);
  return ret;
}
