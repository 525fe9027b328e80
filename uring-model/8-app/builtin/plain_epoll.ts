/** A sink of one thread that waits for its listeners and connections with epoll, and reads what is ready until there is nothing. */
import { hostConfig, NONE } from '../../../sim/core';
import {
  __NR_epoll_create1, __NR_epoll_ctl, __NR_epoll_pwait, EAGAIN, ERESTARTSYS, MSG_DONTWAIT, POLLIN, SOCK_NONBLOCK,
} from '../../uapi.gen';
import {
  accept, accepted, ARG_EVENT, ARG_EVENTS, FOR_EVER, HANDLES, lowWater, PLAIN_ARG_BYTES, receive, Thread, thread, WAITS,
} from './plain_thread';
import { systemCall } from './port';
import { App, listenerFd } from './state';

const EPOLL_EVENT_BYTES: u32 = 12;
const EVENTS_MAX: u32 = (PLAIN_ARG_BYTES - ARG_EVENTS) / EPOLL_EVENT_BYTES;
const EPOLL_CTL_ADD: u64 = 1;
const EPOLL_CTL_DEL: u64 = 2;
/** An event of a listener; below it: which one. */
const LISTENER: u64 = 0x80000000;

function epollAdd(a: App, t: Thread, fd: i32, data: u64): i64 {
  const event = <usize>(t.args + ARG_EVENT);
  store<u32>(event, POLLIN);
  store<u64>(event, data, 4);
  return systemCall(t.task, __NR_epoll_ctl, a.epoll_fd, EPOLL_CTL_ADD, fd, event);
}

/** The set, with `n` listeners in it. 0 or -errno. */
export function epollStart(a: App, n: u32): i32 {
  const fd = systemCall(a.host, __NR_epoll_create1);
  if (fd < 0) return <i32>fd;
  a.epoll_fd = <i32>fd;
  for (let i: u32 = 0; i < n; i++) {
    const ret = epollAdd(a, thread(a, 0), listenerFd(a, i), LISTENER | <u64>i);
    if (ret < 0) return <i32>ret;
  }
  return 0;
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
    lowWater(a, t, <i32>fd);
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
export function epollStep(a: App, t: Thread): bool {
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
