/**
 * The lock of a socket (net/core/sock.c: lock_sock, __release_sock; net/ipv4/tcp_ipv4.c: tcp_add_backlog). A system call locks
 * the socket that it works on. What arrives for it meanwhile, because the call itself sent something to an address of the host's
 * own, waits in the backlog, and is received when the call lets the socket go:
 *
 *     send() ── lock ── transmit ── softirq: the peer receives, wakes its reader, and answers ──┐
 *                                                   backlog of the sender's socket  ◄───────────┘
 *               release ── the answer is received ── return
 */
import {
  DROP_SOCKET_BACKLOG, loadBe32, storeBe16, TCP_TCPBACKLOGCOALESCE, TCP_TCPBACKLOGDROP, NONE, traceTcpBacklog,
} from '../../sim/core';
import { Skb, skb, skbFree } from '../3-pool';
import { mibInc, Sock, sockWork } from '../6-socket';
import { skbTryCoalesce } from './coalesce';
import { FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, TCP_HLEN, TH_FLAG_WORD, TH_WINDOW } from './header';
import { receiveOnSock } from './input';
import { dropSkb } from './ip';
import { FLAG_URG } from './urgent';

const FLAG_ECE: u32 = 64;
const FLAG_CWR: u32 = 128;
/** Room beyond the buffers: only the owner of the socket can make some. */
const HEADROOM: u64 = 64 * 1024;

/** A system call begins to work on a socket. */
export function lockSock(sk: Sock): void {
  assert(sk.owned == 0, 'T12 a socket is locked once');
  sk.owned = 1;
  sockWork(sk);
}

/** It is done: what came meanwhile is received. */
export function releaseSock(sk: Sock): void {
  if (sk.backlog_head != NONE) flushBacklog(sk);
  sk.owned = 0;
}

/** Receives what waits, and what comes because of that; the socket stays locked (__release_sock). */
export function flushBacklog(sk: Sock): void {
  while (sk.backlog_head != NONE) {
    let idx = sk.backlog_head;
    sk.backlog_head = NONE;
    sk.backlog_tail = NONE;
    while (idx != NONE) {
      const b = skb(idx);
      const next = b.next;
      b.next = NONE;
      const th = <usize>b.head + b.transport_off;
      const word = loadBe32(th + TH_FLAG_WORD);
      receiveOnSock(sk, b, idx, th, word, (word >> 28) << 2);
      idx = next;
    }
  }
  sk.backlog_len = 0;
}

/** A segment for a socket that is locked (tcp_add_backlog). */
export function addBacklog(sk: Sock, b: Skb, skb_idx: u32, th: usize, header_len: u32): void {
  traceTcpBacklog(b.pkt_id, NONE, sk.handle, b.seq, b.len - header_len);
  const tail = sk.backlog_tail;
  if (tail != NONE && joinBacklog(sk, skb(tail), tail, b, skb_idx, th, header_len)) return;
  const limit = (<u64>sk.rcvbuf << 1) + (sk.sndbuf >> 1) + HEADROOM;
  if (<u64>sk.backlog_len + sk.rmem_alloc > limit) {
    mibInc(sk.host, TCP_TCPBACKLOGDROP);
    return dropSkb(skb_idx, DROP_SOCKET_BACKLOG);
  }
  b.next = NONE;
  if (tail == NONE) sk.backlog_head = skb_idx;
  else skb(tail).next = skb_idx;
  sk.backlog_tail = skb_idx;
  sk.backlog_len += b.truesize;
}

/** May a segment become one with that before it, but for its payload? */
function joins(t: Skb, b: Skb, tail_th: usize, th: usize, header_len: u32): bool {
  const tail_flags = <u32>t.tcp_flags;
  const flags = <u32>b.tcp_flags;
  if (t.end_seq != b.seq || t.ip_dsfield != b.ip_dsfield) return false;
  if (((tail_flags | flags) & (FLAG_SYN | FLAG_RST | FLAG_URG)) != 0 || (tail_flags & flags & FLAG_ACK) == 0) return false;
  if (((tail_flags ^ flags) & (FLAG_ECE | FLAG_CWR)) != 0 || t.tcp_ae != b.tcp_ae) return false;
  if (load<u8>(tail_th, 12) >> 4 != load<u8>(th, 12) >> 4) return false;
  return memory.compare(tail_th + TCP_HLEN, th + TCP_HLEN, header_len - TCP_HLEN) == 0;
}

/** Joins a segment to the last one that waits. False: nothing happened. */
function joinBacklog(sk: Sock, t: Skb, tail: u32, b: Skb, skb_idx: u32, th: usize, header_len: u32): bool {
  const tail_th = <usize>t.head + t.transport_off;
  if (!joins(t, b, tail_th, th, header_len)) return false;
  b.data_off += <u16>header_len;
  b.head_len -= <u16>header_len;
  b.len -= header_len;
  const size = b.gso_size != 0 ? <u32>b.gso_size : b.len;
  const tail_size = t.gso_size != 0 ? <u32>t.gso_size : t.len - header_len;
  const delta = skbTryCoalesce(tail, skb_idx);
  if (delta < 0) {
    b.data_off -= <u16>header_len;
    b.head_len += <u16>header_len;
    b.len += header_len;
    return false;
  }
  t.end_seq = b.end_seq;
  if (<i32>(b.ack_seq - t.ack_seq) >= 0) {
    t.ack_seq = b.ack_seq;
    t.window = b.window;
    storeBe16(tail_th + TH_WINDOW, b.window);
  }
  // Also in the header, so that no prediction is made of a segment that ends with a FIN.
  store<u8>(tail_th, load<u8>(tail_th, 13) | (load<u8>(th, 13) & <u8>FLAG_FIN), 13);
  t.tcp_flags |= b.tcp_flags;
  t.tstamp_ns = b.tstamp_ns;
  t.gso_size = <u16>max(size, tail_size);
  t.gso_segs = <u16>min(max<u32>(t.gso_segs, 1) + max<u32>(b.gso_segs, 1), 0xffff);
  sk.backlog_len += <u32>delta;
  mibInc(sk.host, TCP_TCPBACKLOGCOALESCE);
  skbFree(skb_idx, false);
  return true;
}
