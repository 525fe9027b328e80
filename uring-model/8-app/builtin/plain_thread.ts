/**
 * Threads of a sink without a ring: what they keep, and the system calls that all of them make. A call that sleeps returns
 * -ERESTARTSYS; the thread makes the same call again in its next turn.
 */
import { charge, COST_APP_CQE, hostConfig, NONE } from '../../../sim/core';
import {
  __NR_accept4, __NR_close, __NR_recvfrom, __NR_setsockopt, __NR_shutdown, EAGAIN, ERESTARTSYS, SHUT_RDWR, SOL_SOCKET,
} from '../../uapi.gen';
import { connEnded, connNew, connOver } from './listener';
import { systemCall } from './port';
import { sinkBytes, sinkWork } from './sink';
import { App, listenerFd, stream } from './state';

/** A thread's page of arguments: names, events of one epoll_wait, and what poll looks at. */
export const ARG_NAME_LEN: u32 = 0;
export const ARG_NAME: u32 = 16;
export const ARG_EVENT: u32 = 48;
export const ARG_EVENTS: u32 = 64;
export const PLAIN_ARG_BYTES: u32 = 1024;
export const SO_RCVLOWAT: u64 = 18;
export const FOR_EVER: u64 = u64.MAX_VALUE;

/** Where a thread is. */
export const WAITS: u32 = 0;
export const ACCEPTS: u32 = 1;
export const READS: u32 = 2;
export const HANDLES: u32 = 3;
export const MAPS: u32 = 4;
export const REST: u32 = 5;

@unmanaged
export class Thread {
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
  /** The area that it maps to, and bytes that are to be read before something can be mapped again. */
  area: u32;
  hint: u32;
}
export const THREAD_BYTES: u32 = 40;

export function thread(a: App, n: u32): Thread {
  return changetype<Thread>(<usize>(a.threads_base + n * THREAD_BYTES));
}
export function listeners(host: u32): u32 {
  const ports = hostConfig(host).port_count;
  return ports != 0 ? ports : 1;
}

/** Which stream the thread reads now: accept4 gave `fd`. */
export function accepted(a: App, t: Thread, fd: i32): u32 {
  const i = connNew(a, t.listener, fd);
  if (i == NONE) {
    systemCall(t.task, __NR_close, fd);
    return NONE;
  }
  memory.copy(<usize>stream(a, i).name_slot, <usize>(t.args + ARG_NAME), 28);
  return i;
}
export function accept(a: App, t: Thread, flags: u32): i64 {
  const name = t.args + ARG_NAME;
  store<u32>(<usize>t.args, 28, ARG_NAME_LEN);
  return systemCall(t.task, __NR_accept4, listenerFd(a, t.listener), name, t.args + ARG_NAME_LEN, flags);
}

/** One receive of the thread's stream. False: there is nothing now. */
export function receive(a: App, t: Thread, flags: u32): bool {
  const s = stream(a, t.stream);
  const ret = systemCall(t.task, __NR_recvfrom, s.fd, t.buffer, a.buf_size, flags);
  if (ret == -ERESTARTSYS || ret == -EAGAIN) return false;
  charge(COST_APP_CQE);
  if (ret > 0) {
    sinkBytes(a, s, t.buffer, <u32>ret);
    took(a, t);
    return true;
  }
  over(a, t, ret);
  return true;
}

/** The thread's stream is over: 0, or -errno. */
export function over(a: App, t: Thread, res: i64): void {
  const s = stream(a, t.stream);
  if (res < 0) s.res = res;
  connOver(a, s);
  systemCall(t.task, __NR_close, s.fd);
  connEnded(a, t.stream);
  t.stream = NONE;
}

/** The thread's stream has got something. */
export function took(a: App, t: Thread): void {
  const s = stream(a, t.stream);
  s.requests++;
  if (sinkWork(a, s)) systemCall(t.task, __NR_shutdown, s.fd, SHUT_RDWR);
}

/** With `app.waitall` a socket is ready when all the bytes of a receive are there. */
export function lowWater(a: App, t: Thread, fd: i32): void {
  if (!hostConfig(a.host).app_waitall) return;
  store<u32>(<usize>(t.args + ARG_EVENT), a.buf_size);
  systemCall(t.task, __NR_setsockopt, fd, SOL_SOCKET, SO_RCVLOWAT, t.args + ARG_EVENT, 4);
}
