/**
 * A source of plain system calls, without a ring: a thread opens a connection, sends on it in calls that wait, shuts it down, reads
 * the peer's end of stream, closes it and opens the next one. `write`: send(2). `sendmsg`: sendmsg(2). `msg_zerocopy`: sendmsg(2) that
 * lends the memory; the error queue of the socket says when it is the application's again, and the thread looks there after every
 * NOTIFY_LIMIT sends, when the kernel has no memory for more, and before it closes (tools/testing/selftests/net/msg_zerocopy.c).
 * A call that sleeps returns -ERESTARTSYS; the thread makes the same call again in its next turn.
 */
import {
  APP_PROTOCOL_UDP, APP_SEND_MSG_ZEROCOPY, APP_SEND_WRITE, charge, COST_APP_CQE, coreState, hostConfig, HOSTS_MAX, NONE, now, sha256Update,
  traceAppWake, traceAppWrite,
} from '../../../sim/core';
import { taskAt, taskWake } from '../../7-ring';
import {
  __NR_bind, __NR_close, __NR_connect, __NR_nanosleep, __NR_poll, __NR_recvfrom, __NR_recvmsg, __NR_sendmsg, __NR_sendto, __NR_setsockopt,
  __NR_shutdown, __NR_socket, AF_INET, AF_INET6, ENOBUFS, ERESTARTSYS, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_ZEROCOPY, SHUT_WR,
  SOCK_DGRAM, SOCK_STREAM, SOCKADDR_IN6_BYTES, SOCKADDR_IN_BYTES, SOL_SOCKET,
} from '../../uapi.gen';
import { flowClosed, flowNew } from './opener';
import { writeSockaddr } from './ops';
import { patternAdvance, tailBytes } from './payload';
import { systemCall } from './port';
import { App, patternAddr, stream, Stream } from './state';
import { touchSent } from './touch';

const SO_ZEROCOPY: u64 = 60;
/** Sends between two looks at the error queue. */
const NOTIFY_LIMIT: u32 = 32;
/** struct cmsghdr before a struct sock_extended_err: its code, and the first and last number that it is about. */
const EE_CODE: usize = 16 + 6;
const EE_INFO: usize = 16 + 8;
const EE_DATA: usize = 16 + 12;

/** A thread's arguments: a name or a time, struct msghdr, struct iovec, struct pollfd, control messages, room for what nobody reads. */
const ARG_NAME: u32 = 0;
const ARG_MSG: u32 = 32;
const ARG_IOV: u32 = 96;
const ARG_POLL: u32 = 112;
const ARG_CONTROL: u32 = 128;
const ARG_JUNK: u32 = 256;
const CONTROL_BYTES: u32 = 128;
const JUNK_BYTES: u32 = 768;
export const SOURCE_ARG_BYTES: u32 = 1024;
/** A thread's turn ends after this, so that what others do meanwhile comes in its order. */
const TURN_NS: u64 = 20000;
const FOR_EVER: u64 = u64.MAX_VALUE;

/** Where a thread is. */
const WAITS: u32 = 0;
const OPENS: u32 = 1;
const CONNECTS: u32 = 2;
const SENDS: u32 = 3;
const HEARS: u32 = 4;
const PAUSES: u32 = 5;
const ENDS: u32 = 6;
const READS: u32 = 7;
const SETTLES: u32 = 8;

@unmanaged
class Sender {
  step: u32;
  stream: u32;
  task: u32;
  args: u32;
  /** Sends since it looked at the error queue last. */
  unheard: u32;
  flow: u32;
}
const SENDER_BYTES: u32 = 24;

function sender(a: App, n: u32): Sender {
  return changetype<Sender>(<usize>(a.threads_base + n * SENDER_BYTES));
}
/** Threads of the application are made with the world; `base`: room for their records, `args` for their arguments. */
export function plainSourceInit(a: App, base: u32, args: u32): void {
  a.threads_base = base;
  for (let n: u32 = 0; n < a.threads; n++) {
    const t = sender(a, n);
    t.task = a.host + HOSTS_MAX * n;
    t.args = args + n * SOURCE_ARG_BYTES;
  }
}
export const SENDER_RECORD_BYTES: u32 = SENDER_BYTES;

/** Starts the other threads. */
export function plainSourceStart(a: App): i32 {
  for (let n: u32 = 1; n < a.threads; n++) taskWake(taskAt(sender(a, n).task));
  return 0;
}

function datagrams(a: App): bool {
  return hostConfig(a.host).app_protocol == APP_PROTOCOL_UDP;
}

/** The thread sleeps for a while. False: it sleeps still. */
function pause(t: Sender, ns: u64): bool {
  const at = <usize>(t.args + ARG_NAME);
  store<u64>(at, ns / 1000000000);
  store<u64>(at, ns % 1000000000, 8);
  return systemCall(t.task, __NR_nanosleep, at) != -ERESTARTSYS;
}

/** A stream is over; the thread goes on with the next. */
function over(a: App, t: Sender, s: Stream): void {
  s.end_ns = now();
  if (s.fd >= 0) systemCall(t.task, __NR_close, s.fd);
  flowClosed(a, s);
  t.step = WAITS;
}
function failed(a: App, t: Sender, s: Stream, res: i64): bool {
  s.res = res;
  over(a, t, s);
  return true;
}

/** The next flow begins when its time has come. False: the thread sleeps, or there is none. */
function begin(a: App, t: Sender): bool {
  const c = hostConfig(a.host);
  if (t.step == WAITS) {
    if (a.next_flow == c.app_flows) return false;
    t.flow = a.next_flow++;
    t.step = OPENS;
  }
  const start = c.app_start_ns + t.flow * c.app_stagger_ns;
  if (start > now() && !pause(t, start - now())) return false;
  t.stream = flowNew(a, t.flow);
  const s = stream(a, t.stream);
  const v6 = s.family == 6;
  const name = t.args + ARG_NAME;
  const len = v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
  const fd = systemCall(t.task, __NR_socket, v6 ? AF_INET6 : AF_INET, datagrams(a) ? SOCK_DGRAM : SOCK_STREAM);
  if (fd < 0) return failed(a, t, s, fd);
  s.fd = <i32>fd;
  if (c.app_send == APP_SEND_MSG_ZEROCOPY) {
    store<u32>(<usize>name, 1);
    const ret = systemCall(t.task, __NR_setsockopt, fd, SOL_SOCKET, SO_ZEROCOPY, name, 4);
    if (ret < 0) return failed(a, t, s, ret);
  }
  writeSockaddr(name, v6, 0, <u32>s.own_port);
  const ret = systemCall(t.task, __NR_bind, fd, name, len);
  if (ret < 0) return failed(a, t, s, ret);
  writeSockaddr(name, v6, 2 - a.host, <u32>s.peer_port);
  t.unheard = 0;
  t.step = CONNECTS;
  return true;
}

function connect(a: App, t: Sender, s: Stream): bool {
  const ret = systemCall(t.task, __NR_connect, s.fd, t.args + ARG_NAME, s.family == 6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  if (ret == -ERESTARTSYS) return false;
  if (ret < 0) return failed(a, t, s, ret);
  t.step = SENDS;
  return true;
}

/** One message of one range at `at`. */
function message(t: Sender, at: u32, len: u32): u32 {
  const msg = <usize>(t.args + ARG_MSG);
  memory.fill(msg, 0, 64);
  store<u64>(msg, t.args + ARG_IOV, 16);
  store<u64>(msg, 1, 24);
  store<u64>(<usize>t.args, at, ARG_IOV);
  store<u64>(<usize>t.args, len, ARG_IOV + 8);
  return t.args + ARG_MSG;
}

/** The next send. False: it waits. */
function send(a: App, t: Sender, s: Stream): bool {
  const c = hostConfig(a.host);
  const left = c.app_bytes - s.bytes;
  const most = min(c.app_chunk, tailBytes());
  const len: u32 = left < <u64>most ? <u32>left : most;
  if (len == 0 && !datagrams(a)) {
    t.step = SETTLES;
    return true;
  }
  const at = patternAddr() + s.table_pos;
  // A call that is made again is the same one.
  if (s.inflight == 0) touchSent(a, at, len);
  s.inflight = 1;
  const lends = c.app_send == APP_SEND_MSG_ZEROCOPY;
  const ret = c.app_send == APP_SEND_WRITE ? systemCall(t.task, __NR_sendto, s.fd, at, len)
    : systemCall(t.task, __NR_sendmsg, s.fd, message(t, at, len), lends ? MSG_ZEROCOPY : 0);
  if (ret == -ERESTARTSYS) return false;
  s.inflight = 0;
  if (ret == -ENOBUFS && lends && s.loans != 0) {
    t.step = HEARS;
    return true;
  }
  if (ret < 0) return failed(a, t, s, ret);
  if (len == 0) {
    // The end of datagrams is one without bytes.
    t.step = SETTLES;
    return true;
  }
  charge(COST_APP_CQE);
  traceAppWrite(0, NONE, <u32>s.flow, <u32>s.bytes, <u32>ret);
  if (s.sha != 0) sha256Update(s.sha, at, <u32>ret);
  s.table_pos = patternAdvance(s.table_pos, <u32>ret);
  s.bytes += ret;
  s.cqes++;
  s.requests++;
  if (lends) {
    t.unheard++;
    if (++s.loans > <u32>s.loan_max) s.loan_max = s.loans;
  }
  if (t.unheard >= NOTIFY_LIMIT) hear(t, s);
  if (c.app_gap_ns != 0) t.step = PAUSES;
  return true;
}

/** Reads the error queue until it is empty. */
function hear(t: Sender, s: Stream): void {
  t.unheard = 0;
  while (s.loans != 0) {
    const msg = message(t, t.args + ARG_JUNK, 0);
    store<u64>(<usize>msg, t.args + ARG_CONTROL, 32);
    store<u64>(<usize>msg, CONTROL_BYTES, 40);
    if (systemCall(t.task, __NR_recvmsg, s.fd, msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    const at = <usize>(t.args + ARG_CONTROL);
    const n = load<u32>(at + EE_DATA) - load<u32>(at + EE_INFO) + 1;
    s.loans -= min(n, s.loans);
    s.notifs++;
    if (load<u8>(at + EE_CODE) != 0) s.copied_notifs++;
  }
}
/** Waits until the error queue has something, and reads it. False: it sleeps. */
function awaitHearing(t: Sender, s: Stream): bool {
  const at = <usize>(t.args + ARG_POLL);
  store<i32>(at, s.fd);
  store<u32>(at, 0, 4);
  if (systemCall(t.task, __NR_poll, at, 1, FOR_EVER) == -ERESTARTSYS) return false;
  const before = s.loans;
  hear(t, s);
  // It was woken for something else, which is wrong with the socket: nothing more will come.
  if (s.loans == before) s.loans = 0;
  return true;
}

/** Reads to the peer's end of stream. */
function readEnd(a: App, t: Sender, s: Stream): bool {
  const ret = systemCall(t.task, __NR_recvfrom, s.fd, t.args + ARG_JUNK, JUNK_BYTES);
  if (ret == -ERESTARTSYS) return false;
  if (ret < 0) return failed(a, t, s, ret);
  if (ret == 0) over(a, t, s);
  return true;
}

/** One step. False: the thread sleeps, or is done. */
function step(a: App, t: Sender): bool {
  if (t.step <= OPENS) return begin(a, t);
  const s = stream(a, t.stream);
  switch (t.step) {
    case CONNECTS: return connect(a, t, s);
    case SENDS: return send(a, t, s);
    case HEARS: {
      if (!awaitHearing(t, s)) return false;
      t.step = SENDS;
      return true;
    }
    case PAUSES: {
      if (!pause(t, hostConfig(a.host).app_gap_ns)) return false;
      t.step = SENDS;
      return true;
    }
    case ENDS: {
      systemCall(t.task, __NR_shutdown, s.fd, SHUT_WR);
      t.step = READS;
      return true;
    }
    case READS: return readEnd(a, t, s);
    case SETTLES: {
      hear(t, s);
      if (s.loans != 0) return awaitHearing(t, s);
      if (datagrams(a)) over(a, t, s);
      else t.step = ENDS;
      return true;
    }
    default: return false;
  }
}

/** A turn of one thread: until it sleeps, or has had its time. */
export function plainSourceTurn(a: App, task: u32): void {
  const t = sender(a, task / HOSTS_MAX);
  const until_ns = coreState().clock_ns + TURN_NS;
  let steps: u32 = 0;
  while (step(a, t)) {
    steps++;
    if (now() < until_ns) continue;
    taskWake(taskAt(task));
    break;
  }
  traceAppWake(0, NONE, a.host, steps);
}
