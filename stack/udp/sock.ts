/** UDP sockets and the datagrams that wait in them: state at UDP_ADDR, and two tables. Addresses as those of TCP sockets. */
import {
  arenaAlloc, chainFree, hostConfig, HOSTS_MAX, NONE, Slab, slabAt, slabNew, slabPut, slabTake, slabTaken, UDP_ADDR, UDP_COUNTERS,
  UDP_SKBS_MAX, UDP_SOCKS_MAX, UDP_ZCS_MAX, wakeUp,
} from '../../sim/core';
import { DATAGRAM_OWNER, skb, skbFree } from '../3-pool';
import { SOCK_MIN_RCVBUF, SOCK_MIN_SNDBUF, sockBuf, WRITE_BITS } from '../6-socket';

/** net.core.rmem_default. */
const RMEM_DEFAULT: u32 = 212992;

@unmanaged
class UdpState {
  socks: Slab;
  skbs: Slab;
  /** Records of MSG_ZEROCOPY (zerocopy.ts). */
  zcs: Slab;
  /** The port that was chosen last, on any host. */
  port: u32;
}
/** What a host's UDP keeps besides its sockets. */
@unmanaged
export class UdpHost {
  icmp_last_ns: u64;
  icmp_tokens: u64;
  /** The next identification of an IP packet. */
  ip_id: u32;
  /** What fragments that wait for others weigh. */
  frag_mem: u32;
  /** Tables of all hosts, in the first one: fragments (defrag.ts), counters. */
  frags_base: u32;
  mib_base: u32;
}
const HOSTS_AT: usize = UDP_ADDR + 0x100;
const HOST_BYTES: usize = 32;

export function udpHost(host: u32): UdpHost {
  return changetype<UdpHost>(HOSTS_AT + <usize>host * HOST_BYTES);
}
/** Counters of a host: u64 each. */
export function udpMib(host: u32): usize {
  return <usize>udpHost(0).mib_base + (<usize>(host * UDP_COUNTERS) << 3);
}
export function mibAdd(host: u32, counter: u32, n: u64): void {
  const at = udpMib(host) + (<usize>counter << 3);
  store<u64>(at, load<u64>(at) + n);
}
export function mibInc(host: u32, counter: u32): void {
  mibAdd(host, counter, 1);
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
  /** A send found no room (SOCK_NOSPACE). */
  no_space: u8;
  /** Nobody has it any more, but the device has packets of it. */
  dead: u8;
  /** SO_ZEROCOPY */
  zerocopy: u8;
  err: i32;
  waiters: u32;
  rcvbuf: u32;
  sndbuf: u32;
  rmem_alloc: u32;
  /** Bytes of packets that the device has (sk_wmem_alloc). */
  wmem_alloc: u32;
  /** Sends with MSG_ZEROCOPY, and what their records weigh (sk_zckey, sk_omem_alloc). */
  zckey: u32;
  omem_alloc: u32;
  /** Error queue: Zc. */
  zc_head: u32;
  zc_tail: u32;
  queue_head: u32;
  queue_tail: u32;
}

@unmanaged
export class UdpSkb {
  from0: u64;
  from1: u64;
  from2: u64;
  /** Where its bytes are: a chain, of a datagram from the same host, or skbs that follow each other; the other is NONE. */
  chain: u32;
  skb: u32;
  len: u32;
  truesize: u32;
  next: u32;
}

/** Bytes of a record of MSG_ZEROCOPY. */
const ZC_BYTES: usize = 36;
export function zcTable(): Slab {
  return state().zcs;
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
/** Names that a packet is about: where it came from, and where it went to. */
export function wireName(): UdpName {
  return changetype<UdpName>(UDP_ADDR + 0x80);
}
export function takenName(): UdpName {
  return changetype<UdpName>(UDP_ADDR + 0xa0);
}
export function copyName(to: UdpName, from: UdpName): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), NAME_BYTES);
}
export function udpWaiters(u: UdpSock): usize {
  return changetype<usize>(u) + offsetof<UdpSock>('waiters');
}

export function socksInit(): void {
  const s = state();
  assert(HOSTS_MAX < 256, 'UdpSock.host is too small');
  s.socks = slabNew(UDP_SOCKS_MAX, offsetof<UdpSock>());
  s.skbs = slabNew(UDP_SKBS_MAX, offsetof<UdpSkb>());
  s.zcs = slabNew(UDP_ZCS_MAX, ZC_BYTES);
  udpHost(0).mib_base = <u32>arenaAlloc(<u64>(HOSTS_MAX * UDP_COUNTERS) << 3);
}

export function sockNew(host: u32, family: u32): u32 {
  const idx = slabTake(state().socks);
  if (idx == NONE) return NONE;
  const u = udpSock(idx);
  memory.fill(changetype<usize>(u), 0, offsetof<UdpSock>());
  u.idx = idx;
  u.host = <u8>host;
  u.family = <u8>family;
  const c = hostConfig(host);
  u.rcvbuf = c.socket_rcvbuf != 0 ? sockBuf(c.socket_rcvbuf, SOCK_MIN_RCVBUF) : RMEM_DEFAULT;
  u.sndbuf = c.socket_sndbuf != 0 ? sockBuf(c.socket_sndbuf, SOCK_MIN_SNDBUF) : RMEM_DEFAULT;
  u.queue_head = NONE;
  u.zc_head = NONE;
  u.queue_tail = NONE;
  return idx;
}
/** Is there a socket of that number? */
export function udpLive(idx: u32): bool {
  return slabTaken(state().socks, idx);
}
/** The application has closed it. It is there until the device has sent what it has of it. */
export function sockFree(u: UdpSock): void {
  localName(u).port = 0;
  u.dead = 1;
  if (u.wmem_alloc == 0) slabPut(state().socks, u.idx);
}
/** May more be sent without waiting (sock_writeable)? */
export function writeable(u: UdpSock): bool {
  return u.wmem_alloc < u.sndbuf >> 1;
}
/** The device has sent a packet of the socket (sock_wfree, sock_def_write_space). */
export function udpWfree(owner: u32, truesize: u32): void {
  const u = udpSock(owner & ~DATAGRAM_OWNER);
  assert(u.wmem_alloc >= truesize, 'U1 the device gives back what it was given');
  u.wmem_alloc -= truesize;
  if (u.dead != 0) {
    if (u.wmem_alloc == 0) slabPut(state().socks, u.idx);
  } else if (u.wmem_alloc << 1 <= u.sndbuf && u.no_space != 0) {
    u.no_space = 0;
    wakeUp(udpWaiters(u), WRITE_BITS);
  }
}

/** A datagram for a queue, or NONE at the limit. */
export function skbNew(): u32 {
  return slabTake(state().skbs);
}
export function skbGone(idx: u32): void {
  const d = udpSkb(idx);
  if (d.chain != NONE) chainFree(d.chain);
  for (let at = d.skb; at != NONE; ) {
    const next = skb(at).next;
    skbFree(at, false);
    at = next;
  }
  slabPut(state().skbs, idx);
}

/** The next port to try (net.ipv4.ip_local_port_range). */
export function nextPort(): u32 {
  const s = state();
  s.port = s.port < 32768 || s.port >= 60999 ? 32768 : s.port + 1;
  return s.port;
}
