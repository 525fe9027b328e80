/** The tables of sockets and mini sockets: fixed size, free lists, reference counts. */
import {
  arenaAlloc, HOSTS_MAX, HRTIMER_TCP_ACK, HRTIMER_TCP_PACING, NONE, runConfig, SOCKS_MAX, TCP_COUNTERS, TIMER_TCP_DELACK,
  TIMER_TCP_KEEPALIVE, TIMER_TCP_REQUEST, TIMER_TCP_RETRANSMIT,
} from '../../sim/core';
import { BHASH_SIZE, ehashInsertEmpty } from './hash';
import { Mini, MINI_BYTES, miniTimer } from './mini';
import { compressedAckTimer, delackTimer, keepaliveTimer, pacingTimer, retransmitTimer, Sock, SOCK_BYTES, sockClear } from './sock';
import { MINI, SockCommon } from './sock_common';
import { SOCK_DESTROYED } from './sock_flags';
import { socketState } from './state';

const EHASH_MIN: u32 = 256;

/** Makes the tables. limits.socks sockets; twice as many mini sockets, because TIME-WAIT outlives its socket. */
export function socketInit(): void {
  const s = socketState();
  const socks = runConfig().limits_socks;
  assert(socks > 0 && socks <= SOCKS_MAX, 'limits.socks is out of range');
  assert(offsetof<Sock>() <= SOCK_BYTES, 'SOCK_BYTES is too small');
  assert(offsetof<Mini>() <= MINI_BYTES, 'MINI_BYTES is too small');
  s.sock_capacity = socks;
  s.sock_base = <u32>arenaAlloc(<u64>socks * SOCK_BYTES);
  s.sock_free = NONE;
  for (let i = socks; i > 0; i--) {
    sock(i - 1).hash_next = s.sock_free;
    s.sock_free = i - 1;
  }
  s.mini_capacity = socks * 2;
  s.mini_base = <u32>arenaAlloc(<u64>s.mini_capacity * MINI_BYTES);
  s.mini_free = NONE;
  for (let i = s.mini_capacity; i > 0; i--) {
    mini(i - 1).next_free = s.mini_free;
    s.mini_free = i - 1;
  }
  let buckets = EHASH_MIN;
  while (buckets < socks * 4) buckets <<= 1;
  s.ehash_mask = buckets - 1;
  s.ehash_base = <u32>arenaAlloc(<u64>buckets * 4);
  s.bhash_base = <u32>arenaAlloc(<u64>BHASH_SIZE * 4);
  ehashInsertEmpty();
  s.mib_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * TCP_COUNTERS) * 8);
}

export function sock(idx: u32): Sock {
  return changetype<Sock>(<usize>socketState().sock_base + <usize>idx * SOCK_BYTES);
}
export function mini(idx: u32): Mini {
  return changetype<Mini>(<usize>socketState().mini_base + <usize>(idx & ~MINI) * MINI_BYTES);
}
export function isMini(handle: u32): bool {
  return (handle & MINI) != 0;
}
/** What both kinds have in common. */
export function sockCommon(handle: u32): SockCommon {
  return isMini(handle) ? mini(handle) : sock(handle);
}

/** A cleared socket with one reference, the protocol's; NONE when the table is full. */
export function sockAlloc(host: u32): u32 {
  const s = socketState();
  const idx = s.sock_free;
  if (idx == NONE) return NONE;
  const sk = sock(idx);
  s.sock_free = sk.hash_next;
  sockClear(sk, idx);
  sk.host = <u8>host;
  sk.refs = 1;
  const retransmit = retransmitTimer(sk);
  retransmit.kind = TIMER_TCP_RETRANSMIT;
  retransmit.arg = idx;
  const delack = delackTimer(sk);
  delack.kind = TIMER_TCP_DELACK;
  delack.arg = idx;
  const pacing = pacingTimer(sk);
  pacing.kind = HRTIMER_TCP_PACING;
  pacing.arg = idx;
  const compressed_ack = compressedAckTimer(sk);
  compressed_ack.kind = HRTIMER_TCP_ACK;
  compressed_ack.arg = idx;
  const keepalive = keepaliveTimer(sk);
  keepalive.kind = TIMER_TCP_KEEPALIVE;
  keepalive.arg = idx;
  s.sock_used++;
  if (idx >= s.sock_high) s.sock_high = idx + 1;
  return idx;
}

export function sockHold(idx: u32): void {
  const sk = sock(idx);
  assert(sk.refs != 0, 'K1 a freed socket was held');
  sk.refs++;
}

/** Drops a reference. The last one frees the socket, once nothing of it is left in the device (sk_free). */
export function sockPut(idx: u32): void {
  const sk = sock(idx);
  assert(sk.refs != 0, 'K1 a socket lost a reference that nobody held');
  sk.refs--;
  sockMaybeFree(sk);
}

/** Frees a socket that nobody holds and whose packets have all left the device. */
export function sockMaybeFree(sk: Sock): void {
  if (sk.refs != 0 || sk.wmem_alloc != 0) return;
  const s = socketState();
  assert(sk.hasFlag(SOCK_DESTROYED), 'K2 a socket is freed after the protocol let it go');
  assert(sk.rmem_alloc == 0 && sk.wmem_queued == 0 && sk.omem_alloc == 0, 'K3 a freed socket holds no memory');
  sk.flags = 0;
  sk.hash_next = s.sock_free;
  s.sock_free = sk.handle;
  s.sock_used--;
}

/** A cleared mini socket, or NONE. */
export function miniAlloc(host: u32): u32 {
  const s = socketState();
  const idx = s.mini_free;
  if (idx == NONE) return NONE;
  const m = mini(idx);
  s.mini_free = m.next_free;
  memory.fill(changetype<usize>(m), 0, MINI_BYTES);
  m.handle = idx | MINI;
  m.host = <u8>host;
  m.hash_next = NONE;
  m.list_next = NONE;
  m.list_prev = NONE;
  m.listener = NONE;
  const timer = miniTimer(m);
  timer.kind = TIMER_TCP_REQUEST;
  timer.arg = m.handle;
  s.mini_used++;
  if (idx >= s.mini_high) s.mini_high = idx + 1;
  return m.handle;
}

export function miniFree(handle: u32): void {
  const s = socketState();
  const m = mini(handle);
  assert(m.state != 0, 'K1 a mini socket was freed twice');
  m.state = 0;
  m.next_free = s.mini_free;
  s.mini_free = handle & ~MINI;
  s.mini_used--;
}

/** Host whose softirq a wheel timer of TCP runs in. */
export function timerHost(kind: u32, arg: u32): u32 {
  return kind == TIMER_TCP_REQUEST ? mini(arg).host : sock(arg).host;
}

/** One more than the highest index of a socket ever used; see sockLive. */
export function sockCount(): u32 {
  return socketState().sock_high;
}
/** Is there a socket at this index? */
export function sockLive(idx: u32): bool {
  return sock(idx).refs != 0;
}
/** The same for mini sockets; `i` from 0. */
export function miniCount(): u32 {
  return socketState().mini_high;
}
export function miniLive(i: u32): bool {
  return mini(i).state != 0;
}
