/**
 * A sink of plain system calls, without a ring. `read`: threads that accept a connection each, read it to its end in calls that wait,
 * and accept the next one. `epoll`: one thread that waits for its listeners and connections, and reads what is ready until there is
 * nothing. A call that sleeps returns -ERESTARTSYS; the thread makes the same call again in its next turn.
 */
import {
  APP_RECEIVE_EPOLL, APP_RECEIVE_READ, arenaAlloc, charge, COST_APP_CQE, coreState, hostConfig, HOSTS_MAX, NONE, now, traceAppWake,
} from '../../../sim/core';
import { taskAt, taskWake } from '../../7-ring';
import {
  __NR_accept4, __NR_bind, __NR_close, __NR_epoll_create1, __NR_epoll_ctl, __NR_epoll_pwait, __NR_listen, __NR_poll, __NR_recvfrom,
  __NR_setsockopt, __NR_shutdown, __NR_socket, AF_INET, AF_INET6, EAGAIN, ERESTARTSYS, MSG_DONTWAIT, MSG_WAITALL, POLLIN, SHUT_RDWR,
  SOCK_NONBLOCK, SOCK_STREAM, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES, SOL_SOCKET,
} from '../../uapi.gen';
import { connEnded, connNew, connOver, listenerPort, listensV6, nameSlot } from './listener';
import { writeSockaddr } from './ops';
import { systemCall } from './port';
import { sinkBytes, sinkWork } from './sink';
import { App, listenerFd, setListenerFd, stream } from './state';

/** A thread's page of arguments: names, events of one epoll_wait, and what poll looks at. */
const ARG_NAME_LEN: u32 = 0;
const ARG_NAME: u32 = 16;
const ARG_EVENT: u32 = 48;
const ARG_EVENTS: u32 = 64;
export const PLAIN_ARG_BYTES: u32 = 1024;
const EPOLL_EVENT_BYTES: u32 = 12;
const EVENTS_MAX: u32 = (PLAIN_ARG_BYTES - ARG_EVENTS) / EPOLL_EVENT_BYTES;
const EPOLL_CTL_ADD: u64 = 1;
const EPOLL_CTL_DEL: u64 = 2;
const SO_RCVLOWAT: u64 = 18;
/** An event of a listener; below it: which one. */
const LISTENER: u64 = 0x80000000;
/** A thread's turn ends after this, so that what others do meanwhile comes in its order. */
const TURN_NS: u64 = 20000;
const FOR_EVER: u64 = u64.MAX_VALUE;

/** Where a thread is. */
const WAITS: u32 = 0;
const ACCEPTS: u32 = 1;
const READS: u32 = 2;
const HANDLES: u32 = 3;

@unmanaged
class Thread {
  step: u32;
  /** The stream that it reads; the listener that it accepts from. */
  stream: u32;
  listener: u32;
  task: u32;
  args: u32;
  buffer: u32;
  /** Of the events that epoll_wait brought: the next, and how many. */
  event: u32;
  events: u32;
}
const THREAD_BYTES: u32 = 32;

function thread(a: App, n: u32): Thread {
  return changetype<Thread>(<usize>(a.threads_base + n * THREAD_BYTES));
}
/** Does the application do without a ring? */
export function isPlain(a: App): bool {
  return a.receive == APP_RECEIVE_READ || a.receive == APP_RECEIVE_EPOLL;
}

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

function listenOn(a: App, listener: u32, v6: bool, flags: u32): i64 {
  const fd = systemCall(a.host, __NR_socket, v6 ? AF_INET6 : AF_INET, SOCK_STREAM | flags);
  if (fd < 0) return fd;
  const name = thread(a, 0).args + ARG_NAME;
  writeSockaddr(name, v6, 0, listenerPort(a, listener));
  let ret = systemCall(a.host, __NR_bind, fd, name, v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  if (ret >= 0) ret = systemCall(a.host, __NR_listen, fd, hostConfig(a.host).socket_backlog);
  setListenerFd(a, listener, <i32>fd);
  return ret;
}

function epollAdd(a: App, t: Thread, fd: i32, data: u64): i64 {
  const event = <usize>(t.args + ARG_EVENT);
  store<u32>(event, POLLIN);
  store<u64>(event, data, 4);
  return systemCall(t.task, __NR_epoll_ctl, a.epoll_fd, EPOLL_CTL_ADD, fd, event);
}

function listeners(host: u32): u32 {
  const ports = hostConfig(host).port_count;
  return ports != 0 ? ports : 1;
}

/** Listens, and starts the other threads. 0 or -errno. */
export function plainStart(a: App): i32 {
  const epoll = a.receive == APP_RECEIVE_EPOLL;
  const n = listeners(a.host);
  // Who waits for several may find that another thread was faster.
  const flags = epoll || n > 1 ? SOCK_NONBLOCK : 0;
  for (let i: u32 = 0; i < n; i++) {
    const ret = listenOn(a, i, listensV6(a), flags);
    if (ret < 0) return <i32>ret;
  }
  for (let k: u32 = 1; k < a.threads; k++) taskWake(taskAt(thread(a, k).task));
  if (!epoll) return 0;
  const fd = systemCall(a.host, __NR_epoll_create1);
  if (fd < 0) return <i32>fd;
  a.epoll_fd = <i32>fd;
  for (let i: u32 = 0; i < n; i++) {
    const ret = epollAdd(a, thread(a, 0), listenerFd(a, i), LISTENER | <u64>i);
    if (ret < 0) return <i32>ret;
  }
  return 0;
}

/** Which stream the thread reads now: accept4 gave `fd`. */
function accepted(a: App, t: Thread, fd: i32): u32 {
  const i = connNew(a, t.listener, fd);
  if (i == NONE) {
    systemCall(t.task, __NR_close, fd);
    return NONE;
  }
  memory.copy(<usize>stream(a, i).name_slot, <usize>(t.args + ARG_NAME), 28);
  return i;
}
function accept(a: App, t: Thread, flags: u32): i64 {
  const name = t.args + ARG_NAME;
  store<u32>(<usize>t.args, 28, ARG_NAME_LEN);
  return systemCall(t.task, __NR_accept4, listenerFd(a, t.listener), name, t.args + ARG_NAME_LEN, flags);
}

/** One receive of the thread's stream. False: there is nothing now. */
function receive(a: App, t: Thread, flags: u32): bool {
  const s = stream(a, t.stream);
  const ret = systemCall(t.task, __NR_recvfrom, s.fd, t.buffer, a.buf_size, flags);
  if (ret == -ERESTARTSYS || ret == -EAGAIN) return false;
  charge(COST_APP_CQE);
  if (ret > 0) {
    s.requests++;
    sinkBytes(a, s, t.buffer, <u32>ret);
    if (sinkWork(a, s)) systemCall(t.task, __NR_shutdown, s.fd, SHUT_RDWR);
    return true;
  }
  if (ret < 0) s.res = ret;
  connOver(a, s);
  systemCall(t.task, __NR_close, s.fd);
  connEnded(a, t.stream);
  t.stream = NONE;
  return true;
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
  return true;
}

/** All connections that a listener has. */
function acceptAll(a: App, t: Thread): void {
  for (;;) {
    const fd = accept(a, t, SOCK_NONBLOCK);
    if (fd == -EAGAIN) return;
    if (fd < 0) {
      // Out of descriptors: it would be ready for ever. It comes back when a connection is closed.
      a.listeners_idle |= (<u64>1) << t.listener;
      systemCall(t.task, __NR_epoll_ctl, a.epoll_fd, EPOLL_CTL_DEL, listenerFd(a, t.listener));
      return;
    }
    const i = accepted(a, t, <i32>fd);
    if (i == NONE) continue;
    if (hostConfig(a.host).app_waitall) {
      store<u32>(<usize>(t.args + ARG_EVENT), a.buf_size);
      systemCall(t.task, __NR_setsockopt, fd, SOL_SOCKET, SO_RCVLOWAT, t.args + ARG_EVENT, 4);
    }
    epollAdd(a, t, <i32>fd, i);
  }
}

/** Listeners that ran out of descriptors are watched again. */
function listenAgain(a: App, t: Thread): void {
  while (a.listeners_idle != 0) {
    const k = <u32>ctz<u64>(a.listeners_idle);
    a.listeners_idle &= a.listeners_idle - 1;
    epollAdd(a, t, listenerFd(a, k), LISTENER | <u64>k);
  }
}

/** One step of the thread that waits with epoll. False: it sleeps. */
function epollStep(a: App, t: Thread): bool {
  if (t.step == WAITS) {
    const n = systemCall(t.task, __NR_epoll_pwait, a.epoll_fd, t.args + ARG_EVENTS, EVENTS_MAX, FOR_EVER, 0, 8);
    if (n == -ERESTARTSYS) return false;
    t.event = 0;
    t.events = n > 0 ? <u32>n : 0;
    if (t.events != 0) t.step = HANDLES;
    return true;
  }
  const data = load<u64>(<usize>(t.args + ARG_EVENTS + t.event * EPOLL_EVENT_BYTES), 4);
  let more = false;
  if ((data & LISTENER) != 0) {
    t.listener = <u32>(data & ~LISTENER);
    acceptAll(a, t);
  } else {
    t.stream = <u32>data;
    // A socket that is ready when a whole piece is there is read once: the rest waits for the next.
    more = receive(a, t, MSG_DONTWAIT) && t.stream != NONE && !hostConfig(a.host).app_waitall;
    if (t.stream == NONE) listenAgain(a, t);
  }
  if (!more && ++t.event == t.events) t.step = WAITS;
  return true;
}

/** A turn of one thread: until it sleeps, or has had its time. */
export function plainTurn(a: App, task: u32): void {
  const t = thread(a, task / HOSTS_MAX);
  const until_ns = coreState().clock_ns + TURN_NS;
  let steps: u32 = 0;
  while (a.receive == APP_RECEIVE_READ ? readStep(a, t) : epollStep(a, t)) {
    steps++;
    if (now() >= until_ns) {
      taskWake(taskAt(task));
      break;
    }
  }
  traceAppWake(0, NONE, a.host, steps);
}
