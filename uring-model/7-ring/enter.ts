/** io_uring_enter(2), mmap(2) and close(2) of rings. */
import { charge, chargeNs, COST_APP_TIME, COST_ENTER, NONE, now, traceRingEnter } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { ifqAt, IORING_MAP_OFF_ZCRX_REGION, IORING_OFF_ZCRX_SHIFT, zcrxFind } from '../9-refill';
import {
  __kernel_timespec, EBADF, EBADFD, EEXIST, EFAULT, EINVAL, EOPNOTSUPP, ERESTARTSYS, io_uring_getevents_arg, IO_URING_GETEVENTS_ARG_BYTES,
  io_uring_reg_wait, IO_URING_REG_WAIT_BYTES, IORING_REG_WAIT_TS, IORING_ENTER_ABS_TIMER, IORING_ENTER_EXT_ARG, IORING_ENTER_EXT_ARG_REG,
  IORING_ENTER_GETEVENTS, IORING_ENTER_REGISTERED_RING, IORING_ENTER_SQ_WAIT, IORING_ENTER_SQ_WAKEUP, IORING_OFF_CQ_RING,
  IORING_OFF_MMAP_MASK, IORING_OFF_PBUF_RING, IORING_OFF_PBUF_SHIFT, IORING_OFF_SQ_RING, IORING_OFF_SQES, IORING_SETUP_R_DISABLED,
  IORING_SETUP_SINGLE_ISSUER,
} from '../uapi.gen';
import { fdRemove, filePut } from '../../stack/file';
import { overflowFlush } from './cq';
import { pbufRegion } from './kbuf_register';
import { IORING_MAP_OFF_PARAM_REGION, regWaitAt } from './mem_region';
import { enterFlags } from './profile';
import { ringOfFd } from './ring_fds';
import { sqThreadWake, sqWait } from './sqpoll';
import { submitSqes } from './sq';
import { CHECK_CQ_DROPPED, CHECK_CQ_OVERFLOW, Ring, ringAt, RINGS_CQ_HEAD, RING_F_SYSCALL_IOPOLL, RING_F_TASK_COMPLETE } from './state';
import { syscallBegin, syscallEnd, Task, taskAt } from './task';
import { runLocalWorkDefault, runTaskWork } from './task_work';
import { allowedRunTw, cqringWait, EBADR, NEVER } from './wait';

/** A timeout of user space, from the start of the wait on unless it is absolute (timespec64_to_ktime). */
function deadline(flags: u32, start: u64, ts: __kernel_timespec): u64 {
  const ns = <u64>ts.tv_sec * 1000000000 + <u64>ts.tv_nsec;
  return (flags & IORING_ENTER_ABS_TIMER) != 0 ? ns : start + ns;
}

/** A registered argument (IORING_ENTER_EXT_ARG_REG): `arg` is its offset in the region. 0 or -errno. */
function regWait(t: Task, r: Ring, flags: u32, arg: u64, argsz: u32): i32 {
  if (argsz != IO_URING_REG_WAIT_BYTES) return -EINVAL;
  const at = regWaitAt(r, arg);
  if (at == 0) return -EFAULT;
  const w = changetype<io_uring_reg_wait>(at);
  if ((w.flags & ~IORING_REG_WAIT_TS) != 0) return -EINVAL;
  const start = now();
  if (w.min_wait_usec != 0) t.min_deadline_ns = start + <u64>w.min_wait_usec * 1000;
  if ((w.flags & IORING_REG_WAIT_TS) != 0) t.deadline_ns = deadline(flags, start, w.ts);
  t.sigmask = w.sigmask;
  t.sigmask_sz = w.sigmask_sz;
  return 0;
}

/** The times of a wait (io_get_ext_arg). 0 or -errno; the times and the signal mask go to the task. */
function waitTimes(t: Task, r: Ring, flags: u32, arg: u64, argsz: u32): i32 {
  t.deadline_ns = NEVER;
  t.min_deadline_ns = 0;
  t.sigmask = arg;
  t.sigmask_sz = argsz;
  if ((flags & IORING_ENTER_EXT_ARG) == 0) return 0;
  if ((flags & IORING_ENTER_EXT_ARG_REG) != 0) return regWait(t, r, flags, arg, argsz);
  if (argsz != IO_URING_GETEVENTS_ARG_BYTES) return -EINVAL;
  if (!userOk(arg, IO_URING_GETEVENTS_ARG_BYTES)) return -EFAULT;
  const ext = changetype<io_uring_getevents_arg>(<usize>arg);
  const start = now();
  if (ext.min_wait_usec != 0) t.min_deadline_ns = start + <u64>ext.min_wait_usec * 1000;
  t.sigmask = ext.sigmask;
  t.sigmask_sz = ext.sigmask_sz;
  if (ext.ts == 0) return 0;
  if (!userOk(ext.ts, 16)) return -EFAULT;
  t.deadline_ns = deadline(flags, start, changetype<__kernel_timespec>(<usize>ext.ts));
  return 0;
}

/** A ring with IORING_SETUP_IOPOLL: nothing of what there is has to be polled, so only what is there is run (io_iopoll_check). */
function iopollCheck(t: Task, r: Ring, flags: u32, arg: u64, argsz: u32, min_complete: u32): i32 {
  if ((flags & IORING_ENTER_EXT_ARG) != 0) {
    if ((flags & IORING_ENTER_EXT_ARG_REG) != 0 || argsz != IO_URING_GETEVENTS_ARG_BYTES) return -EINVAL;
    if (!userOk(arg, IO_URING_GETEVENTS_ARG_BYTES)) return -EFAULT;
  }
  if (!allowedRunTw(t, r)) return -EEXIST;
  if ((r.check_cq & CHECK_CQ_OVERFLOW) != 0) overflowFlush(r, false);
  if ((r.check_cq & CHECK_CQ_DROPPED) != 0) return -EBADR;
  // While there are completions that were not read it looks no further.
  if (r.cached_cq_tail != load<u32>(<usize>r.rings, RINGS_CQ_HEAD)) return 0;
  runLocalWorkDefault(r, min_complete);
  return 0;
}

function getEvents(t: Task, r: Ring, min_complete: u32, flags: u32, arg: u64, argsz: u32): i32 {
  if ((r.int_flags & RING_F_SYSCALL_IOPOLL) != 0) return iopollCheck(t, r, flags, arg, argsz, min_complete);
  const ret = waitTimes(t, r, flags, arg, argsz);
  return ret != 0 ? ret : cqringWait(t, r, min_complete, t.deadline_ns, t.min_deadline_ns);
}

function enter(t: Task, fd: i32, to_submit: u32, min_complete: u32, flags: u32, arg: u64, argsz: u32): i32 {
  if ((flags & ~enterFlags(t.host)) != 0) return -EINVAL;
  const ring = ringOfFd(t.idx, fd, (flags & IORING_ENTER_REGISTERED_RING) != 0);
  if (ring < 0) return ring;
  const r = ringAt(<u32>ring);
  if ((r.flags & IORING_SETUP_R_DISABLED) != 0) return -EBADFD;
  traceRingEnter(0, NONE, r.idx, to_submit, min_complete);
  let ret: i32 = 0;
  const get_events = (flags & IORING_ENTER_GETEVENTS) != 0;
  if (r.sqd != NONE) {
    if ((flags & IORING_ENTER_SQ_WAKEUP) != 0) sqThreadWake(r.sqd);
    if ((flags & IORING_ENTER_SQ_WAIT) != 0) sqWait(r);
    ret = <i32>to_submit;
  } else if (to_submit != 0) {
    if ((r.flags & IORING_SETUP_SINGLE_ISSUER) != 0 && r.submitter != t.idx) return -EEXIST;
    ret = submitSqes(r, t.idx, to_submit);
    if (<u32>ret != to_submit) return ret;
    const local_work = (r.int_flags & (RING_F_TASK_COMPLETE | RING_F_SYSCALL_IOPOLL)) == RING_F_TASK_COMPLETE;
    if (get_events && local_work) runLocalWorkDefault(r, min_complete);
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
    case IORING_OFF_CQ_RING: return r.rings_user != 0 ? -EINVAL : <i64>r.rings;
    case IORING_OFF_SQES: return r.rings_user != 0 ? -EINVAL : <i64>r.sqes;
    case IORING_MAP_OFF_PARAM_REGION: return r.param_region == 0 || r.param_user != 0 ? -EINVAL : <i64>r.param_region;
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
  chargeNs(COST_APP_TIME, ns);
  syscallEnd(t, false);
}
