/** The whole world, of which only host 0 and its loopback device are used: socket calls of one process, one after another. */
import { APP_ROLE_NONE, coreState, NONE, traceCursor, EV_LO_XMIT } from '../../sim/core';
import { buildWorld } from '../../sim/world/build';
import { callArgument, socketCall } from '../../sim/world/socket_calls';
import { runWorld } from '../../sim/world/run';
import { verifyWorld } from '../../sim/world/verify';
import { skb, skbFrag } from '../../stack/3-pool';
import { sock } from '../../stack/6-socket';
import { userAlloc } from '../../uring-model/7-ring';
import { AT_APP_ROLE, setDefaults, setHost } from './config.gen.as';

export const EAGAIN: i32 = -11;
export const EPIPE: i32 = -32;
export const EADDRNOTAVAIL: i32 = -99;
export const ECONNRESET: i32 = -104;
export const ECONNREFUSED: i32 = -111;
export const EINPROGRESS: i32 = -115;
export const HOST: u32 = 0;
const MEMORY: usize = 0x14f00;
const USER_BYTES: u32 = 1 << 20;
const SOL_SOCKET: u32 = 1;
const SOL_TCP: u32 = 6;

/** What a process may ask of a socket (sim/world/socket_calls.ts). */
const SOCKET: u32 = 0;
const BIND: u32 = 1;
const LISTEN: u32 = 2;
const ACCEPT: u32 = 3;
const CONNECT: u32 = 4;
const SEND: u32 = 5;
const RECV: u32 = 6;
const SHUTDOWN: u32 = 7;
const CLOSE: u32 = 8;
const SETSOCKOPT: u32 = 10;
const WOKEN: u32 = 13;

export function defaults(): void {
  setDefaults();
  setHost(0, AT_APP_ROLE, APP_ROLE_NONE);
  setHost(1, AT_APP_ROLE, APP_ROLE_NONE);
}
export function build(): void {
  assert(buildWorld() == 0, 'the world is built');
  store<u32>(MEMORY, userAlloc(HOST, USER_BYTES));
}
/** A megabyte of user memory. */
export function user(): u32 {
  return load<u32>(MEMORY);
}

function call(what: u32, a: u32, b: u32 = 0, c: u32 = 0, d: u32 = 0): i32 {
  const ret = socketCall(HOST, what, a, b, c, d);
  verifyWorld();
  return ret;
}
/** 127.0.0.1 or ::1, or an IPv4 address in the order of the network. */
function putAddress(family: u32, addr: u32): void {
  const at = <usize>callArgument();
  store<u64>(at, family == 4 ? <u64>addr : 0);
  store<u64>(at, family == 4 || addr == 0 ? 0 : <u64>1 << 56, 8);
}
export const LOCALHOST: u32 = 0x0100007f;

export function newSocket(family: u32 = 4): u32 {
  const ret = call(SOCKET, HOST, family);
  assert(ret >= 0, 'a socket');
  return <u32>ret;
}
export function bindTo(idx: u32, family: u32, addr: u32, port: u32): i32 {
  putAddress(family, addr);
  return call(BIND, idx, port);
}
export function listener(family: u32 = 4, addr: u32 = 0x0100007f, port: u32 = 0): u32 {
  const idx = newSocket(family);
  assert(bindTo(idx, family, addr, port) == 0, 'it is bound');
  assert(call(LISTEN, idx, 8) == 0, 'it listens');
  return idx;
}
export function connectTo(idx: u32, family: u32, addr: u32, port: u32): i32 {
  putAddress(family, addr);
  return call(CONNECT, idx, port);
}
export function accept(idx: u32): i32 {
  return call(ACCEPT, idx);
}
/** Two connected sockets as the probes make them: without Nagle's rule. Client << 32 | server. */
export function pair(family: u32 = 4, addr: u32 = 0x0100007f): u64 {
  const l = listener(family, addr);
  const c = newSocket(family);
  assert(connectTo(c, family, addr, sock(l).lport) == EINPROGRESS, 'it connects');
  const s = accept(l);
  assert(s >= 0, 'and is accepted at once');
  close(l);
  option(c, SOL_TCP, 1, 1);
  option(<u32>s, SOL_TCP, 1, 1);
  return (<u64>c << 32) | <u64>(<u32>s);
}
/** Sends bytes of user memory that count up. */
export function send(idx: u32, len: u32, flags: u32 = 0): i32 {
  return call(SEND, idx, user(), len, flags | 0x40);
}
export function recv(idx: u32, len: u32, flags: u32 = 0): i32 {
  return call(RECV, idx, user() + (USER_BYTES >> 1), len, flags);
}
export function shut(idx: u32, how: u32): i32 {
  return call(SHUTDOWN, idx, how);
}
export function close(idx: u32): void {
  call(CLOSE, idx);
}
export function option(idx: u32, level: u32, name: u32, val: u32, len: u32 = 4): i32 {
  store<u32>(<usize>callArgument(), val);
  store<u32>(<usize>callArgument(), 0, 4);
  return call(SETSOCKOPT, idx, level, name, len);
}
/** SO_LINGER of no time. */
export function lingerNot(idx: u32): void {
  store<u64>(<usize>callArgument(), 1);
  assert(call(SETSOCKOPT, idx, SOL_SOCKET, 13, 8) == 0, 'SO_LINGER');
}
/** Poll bits of the wake-ups since the last time. */
export function woken(idx: u32): u32 {
  return <u32>call(WOKEN, idx);
}
/** Time goes on. */
export function passMs(ms: u64): void {
  runWorld(coreState().clock_ns + ms * 1000000, 100000);
  verifyWorld();
}

/** The n-th skb of a receive queue; NONE when there are not so many. */
export function queued(idx: u32, n: u32): u32 {
  let at = sock(idx).receive_head;
  for (let i: u32 = 0; i < n && at != NONE; i++) at = skb(at).next;
  return at;
}
/** Length of the n-th piece of all that waits to be read; 0 when there are not so many. */
export function piece(idx: u32, n: u32): u32 {
  let left = n;
  for (let at = sock(idx).receive_head; at != NONE; at = skb(at).next) {
    const b = skb(at);
    if (left < b.nr_frags) return skbFrag(at, left).len;
    left -= b.nr_frags;
  }
  return 0;
}
/** Packets that went over the device so far. */
export function packets(): u32 {
  let n: u32 = 0;
  const cursor = traceCursor();
  for (let at = cursor.base; at < cursor.next; at += 32) if (load<u8>(<usize>at, 8) == <u8>EV_LO_XMIT) n++;
  return n;
}
