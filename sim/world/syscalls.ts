/**
 * System calls by their x86-64 numbers. A call that has to wait returns -ERESTARTSYS, and the task sleeps; its caller makes the
 * same call again when the task may run (uring-model/7-ring/sleep.ts). Task work runs on the way out of every call.
 */
import { charge, COST_SYSCALL, NONE } from '../core';
import { nicControl } from '../../nic-model/2-nic';
import { fdRemove, fdsMax, filePut } from '../../stack/file';
import {
  callAwake, runTaskWork, syscallBegin, syscallEnd, TASK_IN_CALL, Task, taskAt,
} from '../../uring-model/7-ring';
import {
  __NR_accept4, __NR_close_range, __NR_openat, __NR_pipe2, __NR_bind, __NR_clock_gettime, __NR_close, __NR_connect, __NR_epoll_create1,
    __NR_epoll_ctl,
  __NR_epoll_pwait, __NR_eventfd2, __NR_fcntl, __NR_getpeername, __NR_getppid, __NR_getsockname, __NR_getsockopt, __NR_listen,
  __NR_madvise, __NR_mmap, __NR_munmap,
  __NR_nanosleep, __NR_poll, __NR_read, __NR_readv, __NR_recvfrom, __NR_recvmsg, __NR_sendmsg, __NR_sendto, __NR_setitimer,
  __NR_setsockopt, __NR_shutdown, __NR_socket, __NR_socketpair, __NR_write, __NR_writev, EBADF, EINVAL, ERESTARTSYS,
} from '../../uring-model/uapi.gen';
import { callEpollCreate, callEpollCtl, callEpollWait } from './call_epoll';
import { callEventfd, callFcntl, callOpen, callPipe, callRead, callReadv, callWrite, callWritev } from './call_file';
import { callMadvise, callMmap, callMunmap } from './call_map';
import { callPoll } from './call_poll';
import {
  callAccept, callBind, callConnect, callGetname, callGetsockopt, callListen, callRecvfrom, callRecvmsg, callSendmsg, callSendto,
  callSetsockopt, callShutdown, callSocket, callSocketpair,
} from './call_socket';
import { callClockGettime, callNanosleep, callSetitimer } from './call_time';

const ENOSYS: i32 = 38;
/** A process without a parent that is known. */
const PPID: i64 = 1;

function perform(t: Task, nr: u32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64): i64 {
  const fd = <i32>a0;
  switch (nr) {
    case __NR_read: return callRead(t, fd, a1, a2);
    case __NR_write: return callWrite(t, fd, a1, a2);
    case __NR_readv: return callReadv(t, fd, a1, a2);
    case __NR_writev: return callWritev(t, fd, a1, a2);
    case __NR_close: return close(t, fd);
    case __NR_close_range: return closeRange(t, <u32>a0, <u32>a1, <u32>a2);
    case __NR_mmap: return callMmap(t, a1, <u32>a2, <i32>a4, a5);
    case __NR_munmap: return callMunmap(t, a0, a1);
    case __NR_madvise: return callMadvise(t, a0, a1, <u32>a2);
    case __NR_poll: return callPoll(t, a0, <u32>a1, <i32>a2);
    case __NR_nanosleep: return callNanosleep(t, a0);
    case __NR_setitimer: return callSetitimer(t, <u32>a0, a1, a2);
    case __NR_socket: return callSocket(t, <u32>a0, <u32>a1, <u32>a2);
    case __NR_connect: return callConnect(t, fd, a1, a2);
    case __NR_sendto: return callSendto(t, fd, a1, a2, <u32>a3, a4, a5);
    case __NR_recvfrom: return callRecvfrom(t, fd, a1, a2, <u32>a3, a4, a5);
    case __NR_sendmsg: return callSendmsg(t, fd, a1, <u32>a2);
    case __NR_recvmsg: return callRecvmsg(t, fd, a1, <u32>a2);
    case __NR_shutdown: return callShutdown(t, fd, <u32>a1);
    case __NR_bind: return callBind(t, fd, a1, a2);
    case __NR_listen: return callListen(t, fd, <u32>a1);
    case __NR_getsockname: return callGetname(t, fd, false, a1, a2);
    case __NR_getpeername: return callGetname(t, fd, true, a1, a2);
    case __NR_socketpair: return callSocketpair(t, <u32>a0, <u32>a1, <u32>a2, a3);
    case __NR_setsockopt: return callSetsockopt(t, fd, <u32>a1, <u32>a2, a3, <u32>a4);
    case __NR_getsockopt: return callGetsockopt(t, fd, <u32>a1, <u32>a2, a3, a4);
    case __NR_fcntl: return callFcntl(t, fd, <u32>a1, <u32>a2);
    case __NR_getppid: return PPID;
    case __NR_clock_gettime: return callClockGettime(a1);
    case __NR_pipe2: return callPipe(t, a0, <u32>a1);
    case __NR_eventfd2: return callEventfd(t, <u32>a0, <u32>a1);
    case __NR_openat: return callOpen(t, a1, <u32>a2);
    case __NR_epoll_create1: return callEpollCreate(t, <u32>a0);
    case __NR_epoll_ctl: return callEpollCtl(t, fd, <u32>a1, <i32>a2, a3);
    case __NR_epoll_pwait: return callEpollWait(t, fd, a1, <i32>a2, <i32>a3);
    case __NR_accept4: return callAccept(t, fd, a1, a2, <u32>a3);
    default: return -ENOSYS;
  }
}

function close(t: Task, fd: i32): i64 {
  const file_idx = fdRemove(t.idx, fd);
  if (file_idx == NONE) return -EBADF;
  filePut(file_idx);
  return 0;
}

/** CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC: a process shares its table with nobody, and never executes anything. */
const CLOSE_RANGE_UNSHARE: u32 = 2;
const CLOSE_RANGE_CLOEXEC: u32 = 4;

/** Linux fs/file.c: close_range */
function closeRange(t: Task, first: u32, last: u32, flags: u32): i64 {
  if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0 || first > last) return -EINVAL;
  if ((flags & CLOSE_RANGE_CLOEXEC) != 0) return 0;
  for (let fd = first; fd <= last && fd < fdsMax(); fd++) close(t, <i32>fd);
  return 0;
}

/** A change of the NIC of the task's host (nic-model/2-nic/control.ts): 0 or -errno. */
export function callNic(task: u32, op: u32, a: u32, b: u32, c: u32): i32 {
  const t = taskAt(task);
  syscallBegin(t);
  const ret = nicControl(t.host, op, a, b, c);
  syscallEnd(t, false);
  return ret;
}

/** The call's result, -errno, or -ERESTARTSYS while it sleeps. */
export function callSystem(task: u32, nr: u32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64): i64 {
  const t = taskAt(task);
  syscallBegin(t);
  if (t.call_nr == nr + 1) callAwake(t);
  else {
    charge(COST_SYSCALL);
    t.call_nr = nr + 1;
    t.call_done = 0;
    t.call_looked = 0;
    t.deadline_ns = 0;
  }
  let ret: i64;
  do {
    ret = perform(t, nr, a0, a1, a2, a3, a4, a5);
    // Work that is there already is done before the task sleeps; it may bring what the call waits for.
    if (t.work_head == NONE && t.call_woken == 0) break;
    if (ret == -ERESTARTSYS) callAwake(t);
    runTaskWork(t);
  } while (ret == -ERESTARTSYS);
  const asleep = ret == -ERESTARTSYS;
  if (asleep) t.waiting = TASK_IN_CALL;
  else t.call_nr = 0;
  syscallEnd(t, asleep);
  return ret;
}
