/** AF_UNIX sockets and their messages (struct unix_sock, struct sk_buff): state at UNIX_ADDR, and two tables. */
import {
  chainFree, NONE, Slab, slabAt, slabNew, slabPut, slabTake, UNIX_ADDR, UNIX_SKBS_MAX, UNIX_SOCKS_MAX, WAIT_UNIX, waitAdd, waitAlloc,
  waitFree, waitRemove, wakeUp,
} from '../../sim/core';
import { POLLERR, READ_BITS, TCP_CLOSE, TCP_LISTEN, WRITE_BITS } from '../6-socket';

@unmanaged
export class UnixState {
  socks: Slab;
  skbs: Slab;
  /** The last name that was made up for a socket. */
  autobind: u32;
}
export function unixState(): UnixState {
  return changetype<UnixState>(UNIX_ADDR);
}

/** net.core.wmem_default; net.unix.max_dgram_qlen. */
const WMEM_DEFAULT: u32 = 212992;
const MAX_DGRAM_QLEN: u32 = 10;
/** struct sockaddr_un. */
export const SOCKADDR_UN_BYTES: u32 = 110;
export const SUN_PATH: u32 = 2;

@unmanaged
export class UnixSock {
  idx: u32;
  /** Its file, its peer, and who looks at it. */
  refs: u32;
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; 0: free. */
  type: u8;
  /** TCP_CLOSE, TCP_ESTABLISHED or TCP_LISTEN. */
  state: u8;
  shutdown: u8;
  dead: u8;
  host: u8;
  unused: u8;
  name_len: u16;
  err: i32;
  peer: u32;
  /** Heads: of who waits for the socket, and of writers to it that found it full (peer_wait). */
  waiters: u32;
  peer_wait: u32;
  /** 1 + the entry with which it waits for its peer, and whose peer_wait that stands in (peer_wake). */
  peer_wake: u32;
  peer_wake_of: u32;
  sndbuf: u32;
  /** truesize of what it sent and nobody has read (sk_wmem_alloc, without its first). */
  wmem_alloc: u32;
  max_ack_backlog: u32;
  queue_head: u32;
  queue_tail: u32;
  queue_len: u32;
  /** Bytes of the queue. */
  inq_len: u32;
  // The name: SOCKADDR_UN_BYTES
  name0: u64;
}
const NAME_OFFSET: usize = 80;
const SOCK_BYTES: usize = 192;

@unmanaged
export class UnixSkb {
  /** The sender; in a listener's queue the child that waits to be accepted. */
  sock: u32;
  len: u32;
  consumed: u32;
  truesize: u32;
  chain: u32;
  next: u32;
}

export function unixSock(idx: u32): UnixSock {
  return changetype<UnixSock>(slabAt(unixState().socks, idx));
}
export function unixName(u: UnixSock): usize {
  return changetype<usize>(u) + offsetof<UnixSock>('name0');
}
export function unixSkb(idx: u32): UnixSkb {
  return changetype<UnixSkb>(slabAt(unixState().skbs, idx));
}

export function unixTablesInit(): void {
  const s = unixState();
  assert(offsetof<UnixSock>('name0') <= NAME_OFFSET && NAME_OFFSET + SOCKADDR_UN_BYTES <= SOCK_BYTES, 'SOCK_BYTES is too small');
  s.socks = slabNew(UNIX_SOCKS_MAX, SOCK_BYTES);
  s.skbs = slabNew(UNIX_SKBS_MAX, offsetof<UnixSkb>());
}

/** A socket with one reference, or NONE (unix_create1). */
export function unixNew(host: u32, type: u32): u32 {
  const idx = slabTake(unixState().socks);
  if (idx == NONE) return NONE;
  const u = unixSock(idx);
  memory.fill(changetype<usize>(u), 0, SOCK_BYTES);
  u.idx = idx;
  u.refs = 1;
  u.type = <u8>type;
  u.state = <u8>TCP_CLOSE;
  u.host = <u8>host;
  u.peer = NONE;
  u.peer_wake_of = NONE;
  u.sndbuf = WMEM_DEFAULT;
  u.max_ack_backlog = MAX_DGRAM_QLEN;
  u.queue_head = NONE;
  u.queue_tail = NONE;
  return idx;
}
export function unixHold(u: UnixSock): void {
  u.refs++;
}
/** Drops a reference. A socket goes when nobody holds it and nothing that it sent is left. */
export function unixPut(u: UnixSock): void {
  assert(u.refs != 0, 'X1 a socket loses no reference that nobody held');
  u.refs--;
  maybeFree(u);
}
function maybeFree(u: UnixSock): void {
  if (u.refs != 0 || u.wmem_alloc != 0 || u.dead == 0) return;
  assert(u.queue_len == 0 && u.waiters == 0 && u.peer_wait == 0, 'X1 nobody waits for a socket that goes');
  u.type = 0;
  slabPut(unixState().socks, u.idx);
}

/** sock_error: the error, once, as -errno. */
export function takeError(u: UnixSock): i32 {
  const err = u.err;
  u.err = 0;
  return -err;
}

function headOf(u: UnixSock, offset: usize): usize {
  return changetype<usize>(u) + offset;
}
export function unixWaiters(u: UnixSock): usize {
  return headOf(u, offsetof<UnixSock>('waiters'));
}
export function peerWait(u: UnixSock): usize {
  return headOf(u, offsetof<UnixSock>('peer_wait'));
}

/** sock_def_readable */
export function dataReady(u: UnixSock): void {
  wakeUp(unixWaiters(u), READ_BITS);
}
/** sock_def_wakeup */
export function stateChange(u: UnixSock): void {
  wakeUp(unixWaiters(u), 0);
}
/** sk_error_report */
export function errorReport(u: UnixSock): void {
  wakeUp(unixWaiters(u), POLLERR);
}

/** A quarter of the send buffer is in use at most (unix_writable). */
export function unixWritable(u: UnixSock): bool {
  return u.state != <u8>TCP_LISTEN && (u.wmem_alloc + 1) << 2 <= u.sndbuf;
}

/** A message from a socket, which is charged for it; NONE at the limit. */
export function skbNew(u: UnixSock, chain: u32, len: u32, truesize: u32): u32 {
  const idx = slabTake(unixState().skbs);
  if (idx == NONE) return NONE;
  const b = unixSkb(idx);
  b.sock = u.idx;
  b.len = len;
  b.consumed = 0;
  b.truesize = truesize;
  b.chain = chain;
  b.next = NONE;
  u.wmem_alloc += truesize;
  return idx;
}
/** To the end of a socket's queue. */
export function queueSkb(u: UnixSock, idx: u32): void {
  unixSkb(idx).next = NONE;
  if (u.queue_head == NONE) u.queue_head = idx;
  else unixSkb(u.queue_tail).next = idx;
  u.queue_tail = idx;
  u.queue_len++;
  u.inq_len += unixSkb(idx).len;
}
/** Takes the first of a socket's queue. */
export function unqueueSkb(u: UnixSock): u32 {
  const idx = u.queue_head;
  const b = unixSkb(idx);
  u.queue_head = b.next;
  if (b.next == NONE) u.queue_tail = NONE;
  u.queue_len--;
  u.inq_len -= b.len - b.consumed;
  return idx;
}
/** Longer than its backlog (unix_recvq_full). */
export function queueFull(u: UnixSock): bool {
  return u.queue_len > u.max_ack_backlog;
}

/** Frees a message; its sender has room again (sock_wfree, unix_write_space). */
export function skbFree(idx: u32): void {
  const b = unixSkb(idx);
  chainFree(b.chain);
  const u = unixSock(b.sock);
  u.wmem_alloc -= b.truesize;
  slabPut(unixState().skbs, idx);
  if (unixWritable(u)) wakeUp(unixWaiters(u), WRITE_BITS);
  maybeFree(u);
}

/** The entry with which a socket waits for its peer was told: the socket's own waiters are (unix_dgram_peer_wake_relay). */
export function peerWakeRelay(entry: u32, mask: u32, u: UnixSock): void {
  waitRemove(entry);
  u.peer_wake_of = NONE;
  wakeUp(unixWaiters(u), mask);
}
/** Waits for room in `other`, unless there is some: true when it waits (unix_dgram_peer_wake_me). */
export function peerWakeMe(u: UnixSock, other: UnixSock): bool {
  const connected = u.peer_wake_of == NONE;
  if (connected) {
    if (u.peer_wake == 0) u.peer_wake = waitAlloc() + 1;
    // Differs from Linux: at the limit of wait entries a writer is not told that a full peer has room again.
    if (u.peer_wake == 0) return true;
    u.peer_wake_of = other.idx;
    waitAdd(peerWait(other), u.peer_wake - 1, WAIT_UNIX, u.idx, false);
  }
  if (other.dead == 0 && queueFull(other)) return true;
  if (connected) peerWakeDisconnect(u, other);
  return false;
}
/** unix_dgram_peer_wake_disconnect */
export function peerWakeDisconnect(u: UnixSock, other: UnixSock): void {
  if (u.peer_wake_of != other.idx) return;
  waitRemove(u.peer_wake - 1);
  u.peer_wake_of = NONE;
}
/** It will not wait for anybody any more. */
export function peerWakeFree(u: UnixSock): void {
  if (u.peer_wake == 0) return;
  waitRemove(u.peer_wake - 1);
  waitFree(u.peer_wake - 1);
  u.peer_wake = 0;
  u.peer_wake_of = NONE;
}
