/**
 * Two hosts with nothing but TCP: a port for StartXmit that holds each segment for a while and hands it to the other host,
 * dropping, delaying or doubling it on demand; and applications that write and read as soon as they are told. Payload stays
 * in the sender's pages, so what is tested (and measured) is TCP alone.
 *
 *     transmit --> [ device: one after another, at the rate ] --> [ link: delay ] --> ipReceive
 */
import {
  arenaAlloc, arenaInit, CONTEXT_SOFTIRQ, CONTEXT_SYSCALL, coreFreeAt, coreState, cpuInit, dropInit, enterContext, enterHardware,
  eventQueueInit, EVENT_HRTIMERS, EVENT_TASK, EVENT_TIMERS, EVENT_TSQ, EVENT_TX, EVENT_WIRE, HOSTS_MAX, HRTIMER_TCP_PACING, hrtimersInit,
  leaveContext, newPktId, nextDueHrtimer, nextDueTimer, nextEventTime, NONE, PAGE_SIZE, popEvent, prngInit, runConfig, schedule, storeBe16,
  setWaiter, storeBe32, timerWheelInit, timerWheelTurn, WAIT_RING, waitAdd, waitInit, waits,
} from '../../sim/core';
import { netmemInit, poolsInit, skb, skbAlloc, SKB_HEAD_TRUESIZE, skbsInit, userPagesInit } from '../../stack/3-pool';
import {
  hostAddress0, hostAddress1, ipReceive, tcpAccept, tcpBind, tcpCompressedAckTimer, tcpConnect, tcpInit, tcpListen, tcpPacingTimer,
  tcpRecvmsg, tcpSendmsg, tcpShutdown, tcpSocket, tcpTimer, tcpTsqRun, tcpVerify,
} from '../../stack/5-tcp';
import { Sock, sock, sockCount, socketInit, sockLive, sockWaiters, timerHost } from '../../stack/6-socket';
import { setDefaults } from './config.gen.as';
import { arrived, link, linkInit, sent } from './config_loopback_link.as';

export { ACK, CWR, ECE, FIN, link, PSH, RST, SYN } from './config_loopback_link.as';

const EAGAIN: i32 = -11;

/** An application on a socket. */
@unmanaged
export class App {
  to_send: u64;
  sent: u64;
  received: u64;
  woken: u32;
  /** Reads what comes. */
  reads: u32;
  /** Reads at most this much at once; 0: everything. */
  read_max: u32;
  /** Shuts down when all is sent. */
  closes: u32;
  eof: u32;
  error: i32;
  next: u32;
  /** Checks the bytes. */
  checks: u32;
}
const APP_BYTES: usize = 64;

@unmanaged
class World {
  apps: u32;
  source: u32;
  target: u32;
  woken_head0: u32;
  woken_head1: u32;
  task_scheduled: u32;
  verify: u32;
  /** Memory that may be lent to packets. */
  user: u32;
}

const WORLD: usize = 0x14000;
const ADDRESS: usize = 0x14300;
const CHUNK: u32 = 65536;
const USER_PAGES: u32 = 64;

function world(): World {
  return changetype<World>(WORLD);
}
export function app(sock_idx: u32): App {
  return changetype<App>(<usize>world().apps + <usize>sock_idx * APP_BYTES);
}

/** Where user memory of 256 KiB begins, with a page. */
export function userMemory(): u32 {
  return world().user;
}

/** Knobs at their defaults, before build. */
export function defaults(): void {
  setDefaults();
}

/** The word of the stream at a place that is a multiple of 4. */
function pattern(at: u64): u32 {
  return <u32>(at >> 2) * 0x9e3779b1 + 0x1234567;
}

export function build(): void {
  const c = runConfig();
  arenaInit();
  prngInit(c.run_seed, HOSTS_MAX);
  eventQueueInit(4096);
  timerWheelInit();
  hrtimersInit(2 * c.limits_socks);
  cpuInit();
  dropInit();
  netmemInit(c.limits_rx_pages, c.limits_tx_pages, 16, USER_PAGES);
  poolsInit();
  skbsInit(c.limits_skbs);
  socketInit();
  tcpInit();
  const w = world();
  linkInit();
  w.apps = <u32>arenaAlloc(<u64>c.limits_socks * APP_BYTES);
  w.source = <u32>arenaAlloc(CHUNK * 2);
  w.target = <u32>arenaAlloc(CHUNK * 2);
  w.user = (<u32>arenaAlloc((USER_PAGES + 1) * PAGE_SIZE) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  userPagesInit(w.user, USER_PAGES * PAGE_SIZE);
  w.woken_head0 = NONE;
  w.woken_head1 = NONE;
  w.verify = 1;
  waitInit(c.limits_socks, 0);
  setWaiter(WAIT_RING, wake);
  enterHardware(0);
}

/** Verification after each event costs time; measurements turn it off. */
export function verifyOff(): void {
  world().verify = 0;
}

function timers(jiffy: u32): void {
  timerWheelTurn(jiffy);
  for (;;) {
    const timer = nextDueTimer();
    if (timer == null) return;
    enterContext(timerHost(timer.kind, timer.arg), 0, CONTEXT_SOFTIRQ);
    tcpTimer(timer.kind, timer.arg);
    leaveContext();
  }
}

/** A socket's own entry waits for it. */
function wake(sock_idx: u32, mask: u32): bool {
  const a = app(sock_idx);
  if (a.woken != 0) return true;
  a.woken = 1;
  const w = world();
  const host = <u32>sock(sock_idx).host;
  const at = WORLD + offsetof<World>('woken_head0') + (<usize>host << 2);
  a.next = load<u32>(at);
  store<u32>(at, sock_idx);
  const bit = <u32>1 << host;
  if ((w.task_scheduled & bit) != 0) return true;
  w.task_scheduled |= bit;
  schedule(coreState().clock_ns, EVENT_TASK, host);
  return true;
}

/** Applications of a host that were told act, when their core is free. */
function applications(host: u32): void {
  const w = world();
  const free_at = coreFreeAt(host, 1, CONTEXT_SYSCALL);
  if (free_at > coreState().clock_ns) {
    schedule(free_at, EVENT_TASK, host);
    return;
  }
  w.task_scheduled &= ~(<u32>1 << host);
  const at = WORLD + offsetof<World>('woken_head0') + (<usize>host << 2);
  let idx = load<u32>(at);
  store<u32>(at, NONE);
  while (idx != NONE) {
    const a = app(idx);
    const next = a.next;
    a.woken = 0;
    act(idx);
    idx = next;
  }
}

/** Reads and writes what is possible. */
export function act(idx: u32): void {
  const a = app(idx);
  enterContext(sock(idx).host, 1, CONTEXT_SYSCALL);
  if (a.reads != 0 && a.eof == 0 && a.error == 0) readAll(idx, a);
  if (a.sent < a.to_send && a.error == 0) writeAll(idx, a);
  leaveContext();
}

function readAll(idx: u32, a: App): void {
  const w = world();
  for (;;) {
    const got = tcpRecvmsg(idx, w.target, a.read_max != 0 ? a.read_max : CHUNK, 0);
    if (got == EAGAIN) return;
    if (got == 0) {
      a.eof = 1;
      return;
    }
    if (got < 0) {
      a.error = got;
      return;
    }
    if (a.checks != 0) check(a, w.target, <u32>got);
    a.received += <u32>got;
    if (a.read_max != 0) return;
  }
}

function check(a: App, at: usize, len: u32): void {
  for (let i: u32 = 0; i < len; i++) {
    const place = a.received + i;
    assert(load<u8>(at + i) == <u8>(pattern(place & ~3) >> (<u32>(place & 3) << 3)), 'the bytes are those that were sent');
  }
}

function writeAll(idx: u32, a: App): void {
  const w = world();
  while (a.sent < a.to_send) {
    const left = a.to_send - a.sent;
    const len = left < CHUNK ? <u32>left : CHUNK;
    if (a.checks != 0) {
      const from = a.sent & ~3;
      for (let i: u32 = 0; i < len + 8; i += 4) store<u32>(<usize>w.source + i, pattern(from + i));
    }
    const took = tcpSendmsg(idx, w.source + <u32>(a.sent & 3), len, 0);
    if (took == EAGAIN) return;
    if (took < 0) {
      a.error = took;
      return;
    }
    a.sent += <u32>took;
  }
  if (a.closes != 0) tcpShutdown(idx, 1);
}

/** Precise timers that are due. */
function hrtimers(): void {
  for (;;) {
    const timer = nextDueHrtimer();
    if (timer == null) return;
    const pacing = timer.kind == HRTIMER_TCP_PACING;
    const idx = timer.arg;
    enterContext(sock(idx).host, 0, CONTEXT_SOFTIRQ);
    if (pacing) tcpPacingTimer(idx);
    else tcpCompressedAckTimer(idx);
    leaveContext();
  }
}

/** Runs for so many nanoseconds of virtual time. */
export function run(ns: u64): void {
  const s = coreState();
  const until = s.clock_ns + ns;
  const w = world();
  while (nextEventTime() <= until) {
    const event = popEvent();
    const arg = <u32>(event >> 32);
    switch (<u32>event) {
      case EVENT_TX: {
        enterHardware(arg);
        sent(arg);
        break;
      }
      case EVENT_WIRE: {
        arrived(arg);
        break;
      }
      case EVENT_TIMERS: {
        timers(arg);
        break;
      }
      case EVENT_HRTIMERS: {
        hrtimers();
        break;
      }
      case EVENT_TSQ: {
        tcpTsqRun(arg);
        break;
      }
      case EVENT_TASK: {
        applications(arg);
        break;
      }
      default: assert(false, 'an event that the loopback does not know');
    }
    if (w.verify != 0) verifyAll();
  }
  s.clock_ns = until;
  enterHardware(0);
}
export function runMs(ms: u64): void {
  run(ms * 1000000);
}

/** Checks every socket. */
export function verifyAll(): void {
  for (let i: u32 = 0; i < sockCount(); i++) if (sockLive(i)) tcpVerify(i);
}

function address(host: u32, family: u32): usize {
  store<u64>(ADDRESS, hostAddress0(host, family));
  store<u64>(ADDRESS, hostAddress1(host, family), 8);
  return ADDRESS;
}

/** A listener on any address of a host. */
export function listener(host: u32, family: u32, port: u32, backlog: u32 = 128): u32 {
  const idx = tcpSocket(host, family);
  assert(idx >= 0, 'a socket');
  store<u64>(ADDRESS, 0);
  store<u64>(ADDRESS, 0, 8);
  assert(tcpBind(<u32>idx, ADDRESS, port) == 0, 'the port is free');
  assert(tcpListen(<u32>idx, backlog) == 0, 'it listens');
  return <u32>idx;
}

/** A socket that begins to connect to the other host. */
export function connecting(host: u32, family: u32, port: u32): u32 {
  const idx = tcpSocket(host, family);
  assert(idx >= 0, 'a socket');
  enterContext(host, 1, CONTEXT_SYSCALL);
  assert(tcpConnect(<u32>idx, address(1 - host, family), port) == -115, 'connecting is in progress');
  leaveContext();
  return <u32>idx;
}

/** Client and server ends of a new connection: client << 32 | server. */
export function connected(family: u32 = 4, port: u32 = 80, ms: u64 = 5): u64 {
  const l = listener(1, family, port);
  const client = connecting(0, family, port);
  runMs(ms);
  const server = tcpAccept(l);
  assert(server >= 0, 'the connection is accepted');
  attach(client);
  attach(<u32>server);
  return (<u64>client << 32) | <u64>(<u32>server);
}

/** Lets the application of a socket be told. */
export function attach(idx: u32): void {
  if (!waits(idx)) waitAdd(sockWaiters(sock(idx)), idx, WAIT_RING, idx, false);
  const a = app(idx);
  memory.fill(changetype<usize>(a), 0, APP_BYTES);
  a.checks = 1;
}

/** One end sends, the other reads and checks; both run until it is done or the time is over. */
export function transfer(from: u32, to: u32, bytes: u64, ms: u64): void {
  const a = app(from);
  const b = app(to);
  a.to_send = a.sent + bytes;
  b.reads = 1;
  act(to);
  act(from);
  const done = b.received + bytes;
  for (let i: u64 = 0; i < ms && b.received < done; i++) runMs(1);
  assert(b.received == done, 'all bytes arrived in time');
}

/** A segment from the peer of a socket, made by hand. Options: timestamps if the connection uses them, one SACK block if it has an end. */
export function inject(
  to: Sock, seq: u32, ack: u32, flags: u32, window: u32, len: u32, tsval: u32 = 0, sack_start: u32 = 0, sack_end: u32 = 0,
): void {
  const skb_idx = skbAlloc(to.host);
  const b = skb(skb_idx);
  const ip = <usize>b.head + 14;
  const stamps: u32 = to.tstamp_ok != 0 ? 12 : 0;
  const options = stamps + (sack_end != 0 ? 12 : 0);
  const ip_len: u32 = to.family == 4 ? 20 : 40;
  const tcp_len = 20 + options + len;
  if (to.family == 4) {
    storeBe32(ip, 0x45000000 | (20 + tcp_len));
    storeBe32(ip + 4, 0x4000);
    storeBe32(ip + 8, 0x40060000);
    store<u32>(ip, <u32>to.raddr0, 12);
    store<u32>(ip, <u32>to.laddr0, 16);
  } else {
    storeBe32(ip, 0x60000000);
    storeBe32(ip + 4, (tcp_len << 16) | 0x0640);
    store<u64>(ip, to.raddr0, 8);
    store<u64>(ip, to.raddr1, 16);
    store<u64>(ip, to.laddr0, 24);
    store<u64>(ip, to.laddr1, 32);
  }
  const th = ip + ip_len;
  storeBe16(th, to.rport);
  storeBe16(th + 2, to.lport);
  storeBe32(th + 4, seq);
  storeBe32(th + 8, ack);
  storeBe32(th + 12, ((20 + options) << 26) | (flags << 16) | window);
  storeBe32(th + 16, 0);
  if (stamps != 0) {
    storeBe32(th + 20, 0x0101080a);
    storeBe32(th + 24, tsval != 0 ? tsval : to.ts_recent);
    storeBe32(th + 28, 0);
  }
  if (sack_end != 0) {
    storeBe32(th + 20 + stamps, 0x0101050a);
    storeBe32(th + 24 + stamps, sack_start);
    storeBe32(th + 28 + stamps, sack_end);
  }
  memory.fill(th + 20 + options, 0x55, len);
  b.data_off = 14;
  b.network_off = 14;
  b.head_len = <u16>(ip_len + tcp_len);
  b.len = b.head_len;
  b.truesize = SKB_HEAD_TRUESIZE;
  b.ip_summed = 1;
  b.gso_segs = 1;
  b.pkt_id = newPktId();
  enterContext(to.host, 0, CONTEXT_SOFTIRQ);
  ipReceive(to.host, skb_idx, 0xff);
  leaveContext();
}

/** In the context of a system call of a host. */
export function asTask(host: u32): void {
  enterContext(host, 1, CONTEXT_SYSCALL);
}
