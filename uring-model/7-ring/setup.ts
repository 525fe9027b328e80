/** io_uring_setup(2) (io_uring/io_uring.c: io_uring_create), with its checks in their order. */
import { charge, COST_ENTER, NONE, RINGS_MAX } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { fdFree, fdInstall, fileNew, FILE_RING, processOf } from '../../stack/file';
import {
  EFAULT, EINVAL, EMFILE, ENFILE, io_uring_params, IO_URING_PARAMS_BYTES, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_IOPOLL,
  IORING_SETUP_NO_MMAP, IORING_SETUP_NO_SQARRAY, IORING_SETUP_R_DISABLED, IORING_SETUP_REGISTERED_FD_ONLY, IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SQPOLL,
} from '../uapi.gen';
import { netmsgCacheInit } from './async_msg';
import { cancelTableCreate } from './cancel_table';
import { paramsCopy, paramsOut, prepareConfig, queueMemory, ringsBytes, sqesBytes, writeSizes } from './layout';
import { NAPI_INACTIVE } from './napi';
import { featureFlags } from './profile';
import { addRegisteredFile, IO_RINGFD_REG_MAX } from './ring_fds';
import { restrictionInherit } from './restrictions';
import { sqOffloadCreate, sqThreadFinish } from './sqpoll';
import {
  Ring, ringAt, RING_FREE, RING_F_LOCKLESS_CQ, RING_F_POLL_ACTIVATED, RING_F_SYSCALL_IOPOLL, RING_F_TASK_COMPLETE, RING_OPEN, RINGS_CQES,
} from './state';
import { syscallBegin, syscallEnd, taskAt } from './task';
import { regionFree } from './user_memory';
import { witnessRing, witnessRingGone } from './witness';
import { IO_CQ_WAKE_INIT } from './work_list';

/** Memory of the queues (io_allocate_scq_urings). 0 or -errno. */
function allocateQueues(r: Ring, p: io_uring_params): i32 {
  r.rings_user = (p.flags & IORING_SETUP_NO_MMAP) != 0 ? 1 : 0;
  r.rings_bytes = ringsBytes(p);
  r.sqes_bytes = sqesBytes(p);
  const rings = queueMemory(p, r.rings_bytes, p.cq_off.user_addr);
  if (rings < 0) return <i32>rings;
  const sqes = queueMemory(p, r.sqes_bytes, p.sq_off.user_addr);
  if (sqes < 0) {
    regionFree(NONE, <u32>rings, r.rings_bytes, r.rings_user);
    return <i32>sqes;
  }
  r.rings = <u32>rings;
  r.sqes = <u32>sqes;
  r.sq_array = (p.flags & IORING_SETUP_NO_SQARRAY) == 0 ? r.rings + p.sq_off.array : 0;
  r.sq_entries = p.sq_entries;
  r.cq_entries = p.cq_entries;
  memory.fill(r.rings, 0, RINGS_CQES);
  writeSizes(r.rings, p);
  return 0;
}

/** What follows from the flags, and lists without anybody (io_ring_ctx_alloc, io_uring_create). */
function initRing(r: Ring, task: u32, flags: u32): void {
  const idx = r.idx;
  memory.fill(changetype<usize>(r), 0, offsetof<Ring>());
  r.idx = idx;
  r.task = task;
  r.host = processOf(task);
  r.flags = flags;
  r.submitter = NONE;
  r.quiesce_task = NONE;
  if ((flags & IORING_SETUP_DEFER_TASKRUN) != 0 && (flags & IORING_SETUP_IOPOLL) == 0) r.int_flags |= RING_F_TASK_COMPLETE;
  else r.int_flags |= RING_F_POLL_ACTIVATED;
  if ((flags & (IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_IOPOLL)) != 0) r.int_flags |= RING_F_LOCKLESS_CQ;
  if ((flags & (IORING_SETUP_IOPOLL | IORING_SETUP_SQPOLL)) == IORING_SETUP_IOPOLL) r.int_flags |= RING_F_SYSCALL_IOPOLL;
  r.cq_wait_nr = IO_CQ_WAKE_INIT;
  r.overflow_head = NONE;
  r.overflow_tail = NONE;
  r.compl_head = NONE;
  r.compl_tail = NONE;
  r.link_head = NONE;
  r.link_last = NONE;
  r.work_head = NONE;
  r.work_tail = NONE;
  r.retry_tail = NONE;
  r.defer_head = NONE;
  r.notif_slot = NONE;
  r.drain_req = NONE;
  r.sqd = NONE;
  r.evfd = NONE;
  r.groups = NONE;
  r.napi_mode = NAPI_INACTIVE;
  r.pers_next = 1;
  r.timeout_head = NONE;
  r.timeout_tail = NONE;
  r.ltimeout_head = NONE;
  r.ltimeout_tail = NONE;
  netmsgCacheInit(idx);
  restrictionInherit(r, task);
}

function freeRing(): u32 {
  for (let i: u32 = 0; i < RINGS_MAX; i++) if (ringAt(i).used == RING_FREE) return i;
  return NONE;
}

/** A descriptor, or a slot of the task's registered rings; -errno gives all back. */
function install(r: Ring, task: u32, p: io_uring_params): i32 {
  const file_idx = fdFree(r.host) ? fileNew(FILE_RING, r.host, r.idx) : NONE;
  let ret: i32 = -EMFILE;
  if (file_idx != NONE) {
    if ((p.flags & IORING_SETUP_REGISTERED_FD_ONLY) == 0) return <i32>fdInstall(r.host, file_idx);
    ret = addRegisteredFile(task, file_idx, 0, IO_RINGFD_REG_MAX);
  }
  return ret;
}

function create(task: u32, p: io_uring_params, params: u64): i32 {
  const host = taskAt(task).host;
  let ret = prepareConfig(host, p);
  if (ret != 0) return ret;
  const idx = freeRing();
  // Differs from Linux: the number of rings in a world is limited.
  if (idx == NONE) return -ENFILE;
  const r = ringAt(idx);
  initRing(r, task, p.flags);
  ret = allocateQueues(r, p);
  if (ret != 0) return ret;
  r.used = RING_OPEN;
  witnessRing(r);
  cancelTableCreate(r);
  ret = sqOffloadCreate(r, p);
  if (ret == 0) {
    p.features = featureFlags(host);
    paramsOut(params);
    if ((p.flags & IORING_SETUP_SINGLE_ISSUER) != 0 && (p.flags & IORING_SETUP_R_DISABLED) == 0) r.submitter = task;
    ret = install(r, task, p);
    // Without a slot the file is gone, and the ring with it.
    if (ret >= 0 || r.used != RING_OPEN) return ret;
  }
  sqThreadFinish(r);
  regionFree(NONE, r.rings, r.rings_bytes, r.rings_user);
  regionFree(NONE, r.sqes, r.sqes_bytes, r.rings_user);
  witnessRingGone(r, true);
  r.used = RING_FREE;
  return ret;
}

function setup(task: u32, entries: u32, params: u64): i32 {
  if (!userOk(params, IO_URING_PARAMS_BYTES)) return -EFAULT;
  const p = paramsCopy(params);
  if (load<u32>(<usize>params, 28) != 0 || load<u64>(<usize>params, 32) != 0) return -EINVAL;
  p.sq_entries = entries;
  return create(task, p, params);
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
