/** io_uring_register(2) (io_uring/register.c): every opcode, with the checks of its arguments. */
import { behaves, BEHAVES_SYNC_MSG_RING, charge, COST_ENTER, hostConfig, NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { zcrxControl, zcrxRegister } from '../9-refill';
import {
  EBADFD, EBUSY, EEXIST, EFAULT, EINVAL, ERESTARTSYS, io_uring_clone_buffers, IO_URING_CLONE_BUFFERS_BYTES,
  IORING_REGISTER_BPF_FILTER, IORING_REGISTER_BUFFERS, IORING_REGISTER_BUFFERS2, IORING_REGISTER_BUFFERS_UPDATE,
  IORING_REGISTER_CLOCK, IORING_REGISTER_CLONE_BUFFERS, IORING_REGISTER_DST_REPLACE, IORING_REGISTER_ENABLE_RINGS,
  IORING_REGISTER_EVENTFD, IORING_REGISTER_EVENTFD_ASYNC, IORING_REGISTER_FILE_ALLOC_RANGE, IORING_REGISTER_FILES,
  IORING_REGISTER_FILES2, IORING_REGISTER_FILES_UPDATE, IORING_REGISTER_FILES_UPDATE2, IORING_REGISTER_IOWQ_AFF,
  IORING_REGISTER_IOWQ_MAX_WORKERS, IORING_REGISTER_MEM_REGION, IORING_REGISTER_NAPI, IORING_REGISTER_PBUF_RING,
  IORING_REGISTER_PBUF_STATUS, IORING_REGISTER_PERSONALITY, IORING_REGISTER_PROBE, IORING_REGISTER_QUERY,
  IORING_REGISTER_RESIZE_RINGS, IORING_REGISTER_RESTRICTIONS, IORING_REGISTER_RING_FDS, IORING_REGISTER_SEND_MSG_RING,
  IORING_REGISTER_SRC_REGISTERED, IORING_REGISTER_SYNC_CANCEL, IORING_REGISTER_USE_REGISTERED_RING, IORING_REGISTER_ZCRX_CTRL,
  IORING_REGISTER_ZCRX_IFQ, IORING_SETUP_R_DISABLED, IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SQPOLL, IORING_UNREGISTER_BUFFERS,
  IORING_UNREGISTER_EVENTFD, IORING_UNREGISTER_FILES, IORING_UNREGISTER_IOWQ_AFF, IORING_UNREGISTER_NAPI, IORING_UNREGISTER_PBUF_RING,
  IORING_UNREGISTER_PERSONALITY, IORING_UNREGISTER_RING_FDS,
} from '../uapi.gen';
import { syncCancel } from './cancel';
import { eventfdRegister, eventfdUnregister } from './eventfd';
import { iowqMaxWorkers } from './iowq';
import { pbufStatus, registerPbufRing, unregisterPbufRing } from './kbuf_register';
import { registerClock, registerMemRegion } from './mem_region';
import { syncMsgRing } from './msg_ring';
import { registerNapi, unregisterNapi } from './napi';
import { registerLast } from './profile';
import { quiesce } from './quiesce';
import { probe, query } from './query';
import { resizeRings } from './resize';
import { blindAllowed, registerAllowed, registerRestrictions, registerTaskRestrictions } from './restrictions';
import { registerRingFds, ringOfFd } from './ring_fds';
import { NODE_BUFFER, NODE_FILE } from './rsrc';
import {
  buffersRegister, buffersUnregister, cloneBuffers, filesRegister, filesUnregister, registerAllocRange, registerFilesUpdate,
  registerRsrc, registerRsrcUpdate,
} from './rsrc_register';
import { callAwake } from './sleep';
import { sqThreadWake } from './sqpoll';
import { Ring, ringAt, RING_F_IOWQ_LIMITS_SET } from './state';
import { syscallBegin, syscallEnd, TASK_IN_CALL, taskAt, TASKS_MAX } from './task';
import { runTaskWork } from './task_work';

/** Credentials of a task; there is one kind, so that only their numbers matter (io_register_personality). */
function registerPersonality(r: Ring): i32 {
  for (let n: u32 = 0; n < 63; n++) {
    const id = 1 + (r.pers_next - 1 + n) % 63;
    if (((r.personalities >> <u64>id) & 1) != 0) continue;
    r.personalities |= <u64>1 << <u64>id;
    r.pers_next = id + 1;
    return <i32>id;
  }
  // Differs from Linux: a ring knows 63 personalities, not 65535.
  return -EBUSY;
}
function unregisterPersonality(r: Ring, id: u32): i32 {
  if (id > 63 || ((r.personalities >> <u64>id) & 1) == 0) return -EINVAL;
  r.personalities &= ~(<u64>1 << <u64>id);
  return 0;
}

/** io_register_enable_rings */
function enableRings(r: Ring, task: u32): i32 {
  if ((r.flags & IORING_SETUP_R_DISABLED) == 0) return -EBADFD;
  if ((r.flags & IORING_SETUP_SINGLE_ISSUER) != 0) r.submitter = task;
  r.flags &= ~IORING_SETUP_R_DISABLED;
  if (r.sqd != NONE) sqThreadWake(r.sqd);
  return 0;
}

/** io_register_iowq_max_workers */
function iowqWorkers(r: Ring, task: u32, arg: u64): i32 {
  if (!userOk(arg, 8)) return -EFAULT;
  const at = <usize>arg;
  if (load<i32>(at) < 0 || load<i32>(at, 4) < 0) return -EINVAL;
  r.int_flags |= RING_F_IOWQ_LIMITS_SET;
  iowqMaxWorkers((r.flags & IORING_SETUP_SQPOLL) != 0 ? TASKS_MAX + r.sqd : task, at, r.sq_entries);
  return 0;
}

/** io_register_clone_buffers */
function clone(r: Ring, task: u32, arg: u64): i32 {
  if (!userOk(arg, IO_URING_CLONE_BUFFERS_BYTES)) return -EFAULT;
  const c = changetype<io_uring_clone_buffers>(<usize>arg);
  if ((c.flags & ~(IORING_REGISTER_SRC_REGISTERED | IORING_REGISTER_DST_REPLACE)) != 0) return -EINVAL;
  if ((c.flags & IORING_REGISTER_DST_REPLACE) == 0 && r.bufs_nr != 0) return -EBUSY;
  if (load<u32>(<usize>arg, 20) != 0 || load<u64>(<usize>arg, 24) != 0) return -EINVAL;
  const from = ringOfFd(task, <i32>c.src_fd, (c.flags & IORING_REGISTER_SRC_REGISTERED) != 0);
  if (from < 0) return from;
  const src = ringAt(<u32>from);
  if (src.idx != r.idx && src.submitter != NONE && src.submitter != task) return -EEXIST;
  return cloneBuffers(r, src, c.flags, c.src_off, c.dst_off, c.nr);
}

/** io_sqe_files_unregister, io_sqe_buffers_unregister; -ERESTARTSYS while it waits. */
function unregister(r: Ring, task: u32, kind: u8): i32 {
  const files = kind == NODE_FILE;
  const ret = files ? quiesce(taskAt(task), r, r.files_base, r.files_nr) : quiesce(taskAt(task), r, r.bufs_base, r.bufs_nr);
  if (ret != 0) return ret;
  return files ? filesUnregister(r) : buffersUnregister(r);
}

/** Opcodes about files, buffers and credentials. */
function registerResource(r: Ring, task: u32, opcode: u32, arg: u64, nr: u32): i32 {
  const nothing = arg == 0 && nr == 0;
  const host = r.host;
  switch (opcode) {
    case IORING_REGISTER_BUFFERS: return arg == 0 ? -EFAULT : buffersRegister(r, arg, nr, 0);
    case IORING_UNREGISTER_BUFFERS: return nothing ? unregister(r, task, NODE_BUFFER) : -EINVAL;
    case IORING_REGISTER_FILES: return arg == 0 ? -EFAULT : filesRegister(r, host, arg, nr, 0);
    case IORING_UNREGISTER_FILES: return nothing ? unregister(r, task, NODE_FILE) : -EINVAL;
    case IORING_REGISTER_FILES_UPDATE: return registerFilesUpdate(r, host, arg, nr);
    case IORING_REGISTER_FILES2: return registerRsrc(r, host, arg, nr, NODE_FILE);
    case IORING_REGISTER_FILES_UPDATE2: return registerRsrcUpdate(r, host, arg, nr, NODE_FILE);
    case IORING_REGISTER_BUFFERS2: return registerRsrc(r, host, arg, nr, NODE_BUFFER);
    case IORING_REGISTER_BUFFERS_UPDATE: return registerRsrcUpdate(r, host, arg, nr, NODE_BUFFER);
    case IORING_REGISTER_FILE_ALLOC_RANGE: return arg == 0 || nr != 0 ? -EINVAL : registerAllocRange(r, arg);
    case IORING_REGISTER_CLONE_BUFFERS: return arg == 0 || nr != 1 ? -EINVAL : clone(r, task, arg);
    case IORING_REGISTER_PERSONALITY: return nothing ? registerPersonality(r) : -EINVAL;
    case IORING_UNREGISTER_PERSONALITY: return arg == 0 ? unregisterPersonality(r, nr) : -EINVAL;
    case IORING_REGISTER_RING_FDS: return registerRingFds(task, arg, nr, false);
    case IORING_UNREGISTER_RING_FDS: return registerRingFds(task, arg, nr, true);
    default: return -EINVAL;
  }
}

/** The others. Differs from Linux: BPF programs cannot be run, so a filter is refused as by a kernel that has none: -EINVAL. */
function registerRing(r: Ring, task: u32, opcode: u32, arg: u64, nr: u32): i32 {
  const nothing = arg == 0 && nr == 0;
  const one = arg != 0 && nr == 1;
  switch (opcode) {
    case IORING_REGISTER_EVENTFD: return nr == 1 ? eventfdRegister(r, arg, 0) : -EINVAL;
    case IORING_REGISTER_EVENTFD_ASYNC: return nr == 1 ? eventfdRegister(r, arg, 1) : -EINVAL;
    case IORING_UNREGISTER_EVENTFD: return nothing ? eventfdUnregister(r) : -EINVAL;
    case IORING_REGISTER_PROBE: return arg == 0 || nr > 256 ? -EINVAL : probe(r.host, arg, nr);
    case IORING_REGISTER_ENABLE_RINGS: return nothing ? enableRings(r, task) : -EINVAL;
    case IORING_REGISTER_RESTRICTIONS: return registerRestrictions(r, arg, nr);
    case IORING_REGISTER_IOWQ_AFF: return arg == 0 || nr == 0 ? -EINVAL : iowqAff(r, arg, nr);
    case IORING_UNREGISTER_IOWQ_AFF: return nothing ? 0 : -EINVAL;
    case IORING_REGISTER_IOWQ_MAX_WORKERS: return arg == 0 || nr != 2 ? -EINVAL : iowqWorkers(r, task, arg);
    case IORING_REGISTER_PBUF_RING: return one ? registerPbufRing(r.idx, arg) : -EINVAL;
    case IORING_UNREGISTER_PBUF_RING: return one ? unregisterPbufRing(r.idx, arg) : -EINVAL;
    case IORING_REGISTER_PBUF_STATUS: return one ? pbufStatus(r.idx, arg) : -EINVAL;
    case IORING_REGISTER_SYNC_CANCEL: return one ? syncCancel(r, task, arg) : -EINVAL;
    case IORING_REGISTER_NAPI: return one ? registerNapi(r, arg) : -EINVAL;
    case IORING_UNREGISTER_NAPI: return nr == 1 ? unregisterNapi(r, arg) : -EINVAL;
    case IORING_REGISTER_CLOCK: return arg == 0 || nr != 0 ? -EINVAL : registerClock(arg);
    case IORING_REGISTER_ZCRX_IFQ: return one ? zcrxRegister(r.idx, r.host, r.flags, arg) : -EINVAL;
    case IORING_REGISTER_RESIZE_RINGS: return one ? resizeRings(r, arg) : -EINVAL;
    case IORING_REGISTER_MEM_REGION: return one ? registerMemRegion(r, arg) : -EINVAL;
    case IORING_REGISTER_QUERY: return query(r.host, arg, nr);
    case IORING_REGISTER_ZCRX_CTRL: return zcrxControl(r.idx, r.task, arg, nr);
    case IORING_REGISTER_BPF_FILTER: return -EINVAL;
    default: return registerResource(r, task, opcode, arg, nr);
  }
}

/**
 * A mask of cores for workers (io_register_iowq_aff). It has to be a subset of the task's cores, and bits of cores that there are not
 * are not looked at (cpumask_subset): every mask will do.
 */
function iowqAff(r: Ring, arg: u64, len: u32): i32 {
  const mask_bytes = ((hostConfig(r.host).cpu_cores + 63) >> 6) << 3;
  return userOk(arg, min(len, mask_bytes)) ? 0 : -EFAULT;
}

/** __io_uring_register */
function register(r: Ring, task: u32, opcode: u32, arg: u64, nr: u32): i32 {
  if (r.submitter != NONE && r.submitter != task) return -EEXIST;
  const ret = registerAllowed(r, opcode);
  return ret != 0 ? ret : registerRing(r, task, opcode, arg, nr);
}

/** Opcodes that name no ring: the descriptor is -1 (io_uring_register_blind). */
function registerBlind(task: u32, opcode: u32, arg: u64, nr: u32): i32 {
  const ret = blindAllowed(task, opcode);
  if (ret != 0) return ret;
  const sync_msg = behaves(taskAt(task).host, BEHAVES_SYNC_MSG_RING);
  switch (opcode) {
    case IORING_REGISTER_SEND_MSG_RING: return sync_msg ? syncMsgRing(task, <usize>arg, nr) : -EINVAL;
    case IORING_REGISTER_QUERY: return query(taskAt(task).host, arg, nr);
    case IORING_REGISTER_RESTRICTIONS: return registerTaskRestrictions(task, arg, nr);
    default: return -EINVAL;
  }
}

function sysRegisterRun(task: u32, fd: i32, opcode: u32, arg: u64, nr: u32): i32 {
  const op = opcode & ~IORING_REGISTER_USE_REGISTERED_RING;
  if (op >= registerLast(taskAt(task).host)) return -EINVAL;
  if (fd == -1) return registerBlind(task, op, arg, nr);
  const ring = ringOfFd(task, fd, (opcode & IORING_REGISTER_USE_REGISTERED_RING) != 0);
  return ring < 0 ? ring : register(ringAt(<u32>ring), task, op, arg, nr);
}

/** io_uring_register(2). -ERESTARTSYS: the task sleeps, and its caller makes the same call again when it runs. */
export function sysRegister(task: u32, fd: u32, opcode: u32, arg: usize, nr: u32): i32 {
  const t = taskAt(task);
  syscallBegin(t);
  if (t.waiting == TASK_IN_CALL) callAwake(t);
  else charge(COST_ENTER);
  const ret = sysRegisterRun(task, <i32>fd, opcode, arg, nr);
  const asleep = ret == -ERESTARTSYS;
  if (asleep) t.waiting = TASK_IN_CALL;
  else runTaskWork(t);
  syscallEnd(t, asleep);
  return ret;
}
