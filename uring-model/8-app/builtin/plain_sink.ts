/**
 * A sink of plain system calls, without a ring. `read`: threads that accept a connection each, read it to its end in calls that wait,
 * and accept the next one. `mmap`: the same, but received pages are mapped (plain_map.ts). `epoll`: one thread for all (plain_epoll.ts).
 */
import {
  APP_RECEIVE_EPOLL, APP_RECEIVE_MMAP, APP_RECEIVE_READ, arenaAlloc, coreState, hostConfig, HOSTS_MAX, NONE, now, traceAppWake,
} from '../../../sim/core';
import { taskAt, taskWake } from '../../7-ring';
import { __NR_poll, ERESTARTSYS, MSG_WAITALL, POLLIN, SOCK_NONBLOCK } from '../../uapi.gen';
import { listenOn, listensV6 } from './listener';
import { epollStart, epollStep } from './plain_epoll';
import { areaBegin, mapStep } from './plain_map';
import {
  accept, accepted, ACCEPTS, ARG_EVENTS, ARG_NAME, FOR_EVER, listeners, PLAIN_ARG_BYTES, READS, receive, Thread, thread, THREAD_BYTES,
  WAITS,
} from './plain_thread';
import { systemCall } from './port';
import { App, listenerFd } from './state';

/** A thread's turn ends after this, so that what others do meanwhile comes in its order. */
const TURN_NS: u64 = 20000;

/** Makes `a.threads` threads with a buffer and arguments each. */
export function plainInit(a: App, buffers: u32, args: u32): void {
  a.threads_base = <u32>arenaAlloc(<u64>(a.threads * THREAD_BYTES));
  for (let n: u32 = 0; n < a.threads; n++) {
    const t = thread(a, n);
    t.task = a.host + HOSTS_MAX * n;
    t.args = args + n * PLAIN_ARG_BYTES;
    t.buffer = buffers + n * a.buf_size;
  }
}

/** Listens, and starts the other threads. 0 or -errno. */
export function plainStart(a: App): i32 {
  const epoll = a.receive == APP_RECEIVE_EPOLL;
  const n = listeners(a.host);
  // Who waits for several may find that another thread was faster.
  const flags = epoll || n > 1 ? SOCK_NONBLOCK : 0;
  for (let i: u32 = 0; i < n; i++) {
    const ret = listenOn(a, i, listensV6(a), flags, thread(a, 0).args + ARG_NAME);
    if (ret < 0) return <i32>ret;
  }
  for (let k: u32 = 1; k < a.threads; k++) taskWake(taskAt(thread(a, k).task));
  return epoll ? epollStart(a, n) : 0;
}

/** Waits until one of several listeners has a connection. */
function pollListeners(a: App, t: Thread, n: u32): bool {
  const fds = <usize>(t.args + ARG_EVENTS);
  for (let i: u32 = 0; i < n; i++) {
    store<i32>(fds + (<usize>i << 3), listenerFd(a, i));
    store<u32>(fds + (<usize>i << 3), POLLIN, 4);
  }
  if (systemCall(t.task, __NR_poll, fds, n, FOR_EVER) == -ERESTARTSYS) return false;
  for (let i: u32 = 0; i < n; i++) if (load<u16>(fds + (<usize>i << 3), 6) != 0) t.listener = i;
  return true;
}

/** One step of a thread of blocking reads. False: it sleeps. */
function readStep(a: App, t: Thread): bool {
  const n = listeners(a.host);
  if (t.step >= READS && a.receive == APP_RECEIVE_MMAP) {
    if (!mapStep(a, t)) return false;
    if (t.stream == NONE) t.step = WAITS;
    return true;
  }
  if (t.step == READS) {
    if (!receive(a, t, hostConfig(a.host).app_waitall ? MSG_WAITALL : 0)) return false;
    if (t.stream == NONE) t.step = WAITS;
    return true;
  }
  if (t.step == WAITS && n > 1 && !pollListeners(a, t, n)) return false;
  t.step = ACCEPTS;
  const fd = accept(a, t, 0);
  if (fd == -ERESTARTSYS) return false;
  t.step = WAITS;
  if (fd < 0) return true;
  t.stream = accepted(a, t, <i32>fd);
  if (t.stream != NONE) t.step = READS;
  if (t.step == READS && a.receive == APP_RECEIVE_MMAP && !areaBegin(a, t)) t.step = WAITS;
  return true;
}

/** A turn of one thread: until it sleeps, or has had its time. */
export function plainTurn(a: App, task: u32): void {
  const t = thread(a, task / HOSTS_MAX);
  const until_ns = coreState().clock_ns + TURN_NS;
  let steps: u32 = 0;
  while (a.receive == APP_RECEIVE_EPOLL ? epollStep(a, t) : readStep(a, t)) {
    steps++;
    if (now() >= until_ns) {
      taskWake(taskAt(task));
      break;
    }
  }
  traceAppWake(0, NONE, a.host, steps);
}
