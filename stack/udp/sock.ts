/** UDP sockets and the datagrams that wait in them: state at UDP_ADDR, and two tables. Addresses as those of TCP sockets. */
import {
  chainFree, HOSTS_MAX, NONE, Slab, slabAt, slabNew, slabPut, slabTake, slabTaken, UDP_ADDR, UDP_SKBS_MAX, UDP_SOCKS_MAX,
} from '../../sim/core';

/** net.core.rmem_default. */
const RMEM_DEFAULT: u32 = 212992;

@unmanaged
class UdpState {
  socks: Slab;
  skbs: Slab;
  /** The port that was chosen last, on any host. */
  port: u32;
}
/** An address and a port, as in a packet. */
@unmanaged
export class UdpName {
  addr0: u64;
  addr1: u64;
  port: u32;
  /** 4 or 6. */
  family: u32;
}
const NAME_BYTES: usize = 24;

@unmanaged
export class UdpSock {
  // Own address (any: zeros, of either family) and the peer's: UdpName
  local0: u64;
  local1: u64;
  local2: u64;
  remote0: u64;
  remote1: u64;
  remote2: u64;
  idx: u32;
  host: u8;
  /** The family that it was made for. */
  family: u8;
  shutdown: u8;
  connected: u8;
  /** The application said which address is its own. */
  bound_addr: u8;
  unused: u8;
  unused_too: u16;
  err: i32;
  waiters: u32;
  rcvbuf: u32;
  sndbuf: u32;
  rmem_alloc: u32;
  queue_head: u32;
  queue_tail: u32;
}

@unmanaged
export class UdpSkb {
  from0: u64;
  from1: u64;
  from2: u64;
  chain: u32;
  len: u32;
  truesize: u32;
  next: u32;
}

function state(): UdpState {
  return changetype<UdpState>(UDP_ADDR);
}
export function udpSock(idx: u32): UdpSock {
  return changetype<UdpSock>(slabAt(state().socks, idx));
}
export function udpSkb(idx: u32): UdpSkb {
  return changetype<UdpSkb>(slabAt(state().skbs, idx));
}
export function localName(u: UdpSock): UdpName {
  return changetype<UdpName>(changetype<usize>(u) + offsetof<UdpSock>('local0'));
}
export function remoteName(u: UdpSock): UdpName {
  return changetype<UdpName>(changetype<usize>(u) + offsetof<UdpSock>('remote0'));
}
export function fromName(b: UdpSkb): UdpName {
  return changetype<UdpName>(changetype<usize>(b) + offsetof<UdpSkb>('from0'));
}
/** Names that a call is about: where it goes to, and where from. */
export function toName(): UdpName {
  return changetype<UdpName>(UDP_ADDR + 0x40);
}
export function ownName(): UdpName {
  return changetype<UdpName>(UDP_ADDR + 0x60);
}
export function copyName(to: UdpName, from: UdpName): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), NAME_BYTES);
}
export function udpWaiters(u: UdpSock): usize {
  return changetype<usize>(u) + offsetof<UdpSock>('waiters');
}

export function udpInit(): void {
  const s = state();
  assert(HOSTS_MAX < 256, 'UdpSock.host is too small');
  s.socks = slabNew(UDP_SOCKS_MAX, offsetof<UdpSock>());
  s.skbs = slabNew(UDP_SKBS_MAX, offsetof<UdpSkb>());
}

export function sockNew(host: u32, family: u32): u32 {
  const idx = slabTake(state().socks);
  if (idx == NONE) return NONE;
  const u = udpSock(idx);
  memory.fill(changetype<usize>(u), 0, offsetof<UdpSock>());
  u.idx = idx;
  u.host = <u8>host;
  u.family = <u8>family;
  u.rcvbuf = RMEM_DEFAULT;
  u.sndbuf = RMEM_DEFAULT;
  u.queue_head = NONE;
  u.queue_tail = NONE;
  return idx;
}
/** Is there a socket of that number? */
export function udpLive(idx: u32): bool {
  return slabTaken(state().socks, idx);
}
export function sockFree(u: UdpSock): void {
  slabPut(state().socks, u.idx);
}

/** A datagram for a queue, or NONE at the limit. */
export function skbNew(): u32 {
  return slabTake(state().skbs);
}
export function skbGone(idx: u32): void {
  chainFree(udpSkb(idx).chain);
  slabPut(state().skbs, idx);
}

/** The next port to try (net.ipv4.ip_local_port_range). */
export function nextPort(): u32 {
  const s = state();
  s.port = s.port < 32768 || s.port >= 60999 ? 32768 : s.port + 1;
  return s.port;
}
