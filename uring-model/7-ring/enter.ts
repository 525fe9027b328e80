/** io_uring_enter(2), mmap(2) and close(2) of rings. */
import { ACCOUNT_APP, charge, chargeNs, COST_ENTER, NONE, now, traceRingEnter } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { ifqAt, IORING_MAP_OFF_ZCRX_REGION, IORING_OFF_ZCRX_SHIFT, zcrxFind } from '../9-refill';
import {
  __kernel_timespec, EBADF, EBADFD, EEXIST, EFAULT, EINVAL, EOPNOTSUPP, ERESTARTSYS, io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES,
  IO_URING_REG_WAIT_BYTES, IORING_ENTER_ABS_TIMER, IORING_ENTER_EXT_ARG, IORING_ENTER_EXT_ARG_REG, IORING_ENTER_GETEVENTS,
  IORING_ENTER_NO_IOWAIT, IORING_ENTER_REGISTERED_RING, IORING_ENTER_SQ_WAIT, IORING_ENTER_SQ_WAKEUP, IORING_OFF_CQ_RING,
  IORING_OFF_MMAP_MASK, IORING_OFF_PBUF_RING, IORING_OFF_PBUF_SHIFT, IORING_OFF_SQ_RING, IORING_OFF_SQES, IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_R_DISABLED, IORING_SETUP_SINGLE_ISSUER,
} from '../uapi.gen';
import { fdFile, fdRemove, fileAt, filePut, FILE_RING } from '../../stack/file';
import { pbufRegion } from './kbuf_register';
import { submitSqes } from './sq';
import { CHECK_CQ_DROPPED, Ring, ringAt } from './state';
import { syscallBegin, syscallEnd, Task, taskAt, taskIdx } from './task';
import { IO_LOCAL_TW_DEFAULT_MAX, runLocalWork, runTaskWork } from './task_work';
import { cqringWait, EBADR, NEVER } from './wait';

const IORING_ENTER_FLAGS: u32 = IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP | IORING_ENTER_SQ_WAIT | IORING_ENTER_EXT_ARG
  | IORING_ENTER_REGISTERED_RING | IORING_ENTER_ABS_TIMER | IORING_ENTER_EXT_ARG_REG | IORING_ENTER_NO_IOWAIT;
const IO_RINGFD_REG_MAX: i32 = 16;

/** Ring behind a descriptor: its index, or -errno (io_uring_ctx_get_file). Differs from Linux: ring fds cannot be registered. */
export function ringOfFd(task: u32, fd: i32, registered: bool): i32 {
  if (registered) return <u32>fd >= <u32>IO_RINGFD_REG_MAX ? -EINVAL : -EBADF;
  const file_idx = fdFile(task, fd);
  if (file_idx == NONE) return -EBADF;
  const f = fileAt(file_idx);
  return f.kind == FILE_RING ? <i32>f.obj : -EOPNOTSUPP;
}

/** The times of a wait (io_get_ext_arg). 0 or -errno; the times go to the task. Signal masks are not looked at. */
function waitTimes(t: Task, flags: u32, arg: u64, argsz: u32): i32 {
  t.deadline_ns = NEVER;
  t.min_deadline_ns = 0;
  if ((flags & IORING_ENTER_EXT_ARG) == 0) return 0;
  // Differs from Linux: there is no registered wait region.
  if ((flags & IORING_ENTER_EXT_ARG_REG) != 0) return argsz != IO_URING_REG_WAIT_BYTES ? -EINVAL : -EFAULT;
  if (argsz != IO_URING_GETEVENTS_ARG_BYTES) return -EINVAL;
  if (!userOk(arg, IO_URING_GETEVENTS_ARG_BYTES)) return -EFAULT;
  const ext = changetype<io_uring_getevents_arg>(<usize>arg);
  const start = now();
  if (ext.min_wait_usec != 0) t.min_deadline_ns = start + <u64>ext.min_wait_usec * 1000;
  if (ext.ts == 0) return 0;
  if (!userOk(ext.ts, 16)) return -EFAULT;
  const ts = changetype<__kernel_timespec>(<usize>ext.ts);
  const ns = <u64>ts.tv_sec * 1000000000 + <u64>ts.tv_nsec;
  t.deadline_ns = (flags & IORING_ENTER_ABS_TIMER) != 0 ? ns : start + ns;
  return 0;
}

function getEvents(t: Task, r: Ring, min_complete: u32, flags: u32, arg: u64, argsz: u32): i32 {
  const ret = waitTimes(t, flags, arg, argsz);
  return ret != 0 ? ret : cqringWait(t, r, min_complete, t.deadline_ns, t.min_deadline_ns);
}

function enter(t: Task, fd: i32, to_submit: u32, min_complete: u32, flags: u32, arg: u64, argsz: u32): i32 {
  if ((flags & ~IORING_ENTER_FLAGS) != 0) return -EINVAL;
  const ring = ringOfFd(t.host, fd, (flags & IORING_ENTER_REGISTERED_RING) != 0);
  if (ring < 0) return ring;
  const r = ringAt(<u32>ring);
  if ((r.flags & IORING_SETUP_R_DISABLED) != 0) return -EBADFD;
  traceRingEnter(0, NONE, r.idx, to_submit, min_complete);
  let ret: i32 = 0;
  const get_events = (flags & IORING_ENTER_GETEVENTS) != 0;
  if (to_submit != 0) {
    if ((r.flags & IORING_SETUP_SINGLE_ISSUER) != 0 && r.submitter != taskIdx(t)) return -EEXIST;
    ret = submitSqes(r, taskIdx(t), to_submit);
    if (<u32>ret != to_submit) return ret;
    if (get_events && (r.flags & IORING_SETUP_DEFER_TASKRUN) != 0 && r.work_head != NONE) {
      const min = <i32>min_complete;
      runLocalWork(r, min, min > IO_LOCAL_TW_DEFAULT_MAX ? min : IO_LOCAL_TW_DEFAULT_MAX);
    }
  }
  if (!get_events) return ret;
  const ret2 = getEvents(t, r, min_complete, flags, arg, argsz);
  if (ret2 == -ERESTARTSYS) return ret2;
  if (ret != 0) return ret;
  if (ret2 == -EBADR) r.check_cq &= ~CHECK_CQ_DROPPED;
  return ret2;
}

/**
 * io_uring_enter(2). -ERESTARTSYS: everything was submitted and the task sleeps; when it runs again the caller repeats the
 * call with nothing to submit, and gets the result of the wait.
 */
export function sysEnter(task: u32, fd: u32, to_submit: u32, min_complete: u32, flags: u32, arg: usize, argsz: u32): i32 {
  const t = taskAt(task);
  syscallBegin(t);
  let ret: i32;
  if (t.wait_done != 0 && to_submit == 0 && (flags & IORING_ENTER_GETEVENTS) != 0) {
    t.wait_done = 0;
    ret = t.wait_result;
    if (ret == -EBADR) ringAt(t.wait_ring).check_cq &= ~CHECK_CQ_DROPPED;
  } else {
    t.wait_done = 0;
    t.waiting = 0;
    charge(COST_ENTER);
    ret = enter(t, <i32>fd, to_submit, min_complete, flags, arg, argsz);
  }
  if (ret != -ERESTARTSYS) runTaskWork(t);
  syscallEnd(t, ret == -ERESTARTSYS);
  return ret;
}

/** mmap(2) of a ring's region: its address, or -errno (io_uring/memmap.c: io_uring_mmap). The length is not looked at. */
export function sysMmap(task: u32, fd: u32, offset: u64, len: u32): i64 {
  const ring = ringOfFd(task, <i32>fd, false);
  if (ring < 0) return ring == -EOPNOTSUPP ? -ENODEV : ring;
  if (len == 0) return -EINVAL;
  const r = ringAt(<u32>ring);
  switch (offset & IORING_OFF_MMAP_MASK) {
    case IORING_OFF_SQ_RING:
    case IORING_OFF_CQ_RING: return <i64>r.rings;
    case IORING_OFF_SQES: return <i64>r.sqes;
    case IORING_OFF_PBUF_RING: {
      const bufs = pbufRegion(r.idx, <u32>((offset & ~IORING_OFF_MMAP_MASK) >> IORING_OFF_PBUF_SHIFT));
      return bufs == 0 ? -EINVAL : <i64>bufs;
    }
    case IORING_MAP_OFF_ZCRX_REGION: {
      const ifq_idx = zcrxFind(r.idx, <u32>((offset & ~IORING_OFF_MMAP_MASK) >> IORING_OFF_ZCRX_SHIFT));
      return ifq_idx == NONE || ifqAt(ifq_idx).region_user != 0 ? -EINVAL : <i64>ifqAt(ifq_idx).region_addr;
    }
    default: return -EINVAL;
  }
}
const ENODEV: i32 = 19;

/** close(2) of any descriptor. */
export function sysClose(task: u32, fd: u32): i32 {
  const t = taskAt(task);
  syscallBegin(t);
  const file_idx = fdRemove(task, <i32>fd);
  if (file_idx != NONE) filePut(file_idx);
  runTaskWork(t);
  syscallEnd(t, false);
  return file_idx != NONE ? 0 : -EBADF;
}

/** The application computes for a while: its core is busy. */
export function taskWork(task: u32, ns: u64): void {
  const t = taskAt(task);
  syscallBegin(t);
  chargeNs(ACCOUNT_APP, ns);
  syscallEnd(t, false);
}
