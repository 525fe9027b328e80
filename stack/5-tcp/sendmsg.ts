/**
 * Bytes from the application (net/ipv4/tcp.c: tcp_sendmsg_locked): copied into transmit pages, cut into skbs of one segment.
 */
import {
  chargeBytes, COST_COPY_KIB, FRAME_FRAGS, NONE, runConfig, seqAfter, TCP_TCPMEMORYWAITS, traceSockSend, TX_PAGE_SIZE,
} from '../../sim/core';
import { netmem, netmemRef, Skb, skb, skbAddFrag, skbAlloc, skbFrag, skbFree } from '../3-pool';
import {
  mibInc, queueTail, queueUnlink, SEND_SHUTDOWN, Sock, sock, SOCK_NOSPACE, streamMemoryFree, TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_SYN_RECV,
  TCP_SYN_SENT, TSQ_THROTTLED, TX_SKB_TRUESIZE, wmemAdd, wmemSub, writeQueue,
} from '../6-socket';
import { EAGAIN, EPIPE } from './errno';
import { takeSockError } from './error';
import { FLAG_ACK, FLAG_PSH } from './header';
import { currentMss } from './mss';
import { pushPendingFrames, TCP_NAGLE_CORK, TCP_NAGLE_PUSH, writeXmit } from './output';
import { pageFragRefill, skbsForWriters, waitForPage } from './page_frag';
import { tcpHost } from './stage';
import { stateIn } from './state';

export const MSG_MORE: u32 = 0x8000;

function markPush(sk: Sock, b: Skb): void {
  b.tcp_flags |= <u8>FLAG_PSH;
  sk.pushed_seq = sk.write_seq;
}
/** More than half of the greatest window is waiting without PSH (forced_push). */
function forcedPush(sk: Sock): bool {
  return seqAfter(sk.write_seq, sk.pushed_seq + (sk.max_window >> 1));
}

/** Appends an empty skb to the write queue, or NONE (tcp_stream_alloc_skb, tcp_skb_entail). */
function entail(sk: Sock): u32 {
  if (!skbsForWriters()) return NONE;
  const idx = skbAlloc(sk.host);
  if (idx == NONE) return NONE;
  const b = skb(idx);
  b.truesize = TX_SKB_TRUESIZE;
  b.link_next = NONE;
  b.link_prev = NONE;
  b.sock = sk.handle;
  b.seq = sk.write_seq;
  b.end_seq = sk.write_seq;
  b.tcp_flags = <u8>FLAG_ACK;
  queueTail(writeQueue(sk), idx);
  wmemAdd(sk, TX_SKB_TRUESIZE);
  return idx;
}

/** Copies up to `want` bytes to the end of an skb. Bytes copied; 0: no page; -1: the skb has no room for a fragment. */
function appendBytes(sk: Sock, b: Skb, skb_idx: u32, from: usize, want: u32): i32 {
  if (!pageFragRefill(sk.host)) return 0;
  const h = tcpHost(sk.host);
  const page = h.frag_netmem;
  const off = h.frag_off;
  let merge = false;
  if (b.nr_frags != 0) {
    const last = skbFrag(skb_idx, b.nr_frags - 1);
    merge = last.netmem == page && last.off + last.len == off;
    if (!merge && b.nr_frags >= FRAME_FRAGS) return -1;
  }
  const room = TX_PAGE_SIZE - off;
  const copy = want < room ? want : room;
  if (runConfig().run_payload) memory.copy(<usize>netmem(page).addr + off, from, copy);
  chargeBytes(COST_COPY_KIB, copy);
  if (merge) {
    skbFrag(skb_idx, b.nr_frags - 1).len += copy;
    b.len += copy;
    b.data_len += copy;
    b.truesize += copy;
  } else {
    netmemRef(page);
    skbAddFrag(skb_idx, page, off, copy, copy);
  }
  h.frag_off = off + copy;
  wmemAdd(sk, copy);
  return <i32>copy;
}

/** Takes an skb back that got no bytes (tcp_remove_empty_skb). */
function removeEmpty(sk: Sock): void {
  const idx = sk.write_tail;
  if (idx == NONE) return;
  const b = skb(idx);
  if (b.end_seq != b.seq) return;
  queueUnlink(writeQueue(sk), idx);
  wmemSub(sk, b.truesize);
  skbFree(idx, false);
}

/** Pushes out what was written (tcp_push): the last skb gets PSH; small ones wait for the device (autocorking). */
function push(sk: Sock, more: bool, mss: u32, nonagle: u32): void {
  const idx = sk.write_tail;
  if (idx == NONE) return;
  const b = skb(idx);
  if (!more || forcedPush(sk)) markPush(sk, b);
  if (b.len < mss && sk.rtx_head != NONE && sk.wmem_alloc > b.len + 66) {
    sk.flags |= TSQ_THROTTLED;
    return;
  }
  pushPendingFrames(sk, mss, more ? TCP_NAGLE_CORK : nonagle);
}

/** A full skb is complete: let it go now, or leave it to the end of the call. */
function pushFull(sk: Sock, b: Skb, skb_idx: u32, mss: u32): void {
  if (forcedPush(sk)) {
    markPush(sk, b);
    pushPendingFrames(sk, mss, TCP_NAGLE_PUSH);
  } else if (skb_idx == sk.write_head) writeXmit(sk, mss, TCP_NAGLE_PUSH, 1);
}

/** Copies from user memory until all is queued or there is no room. Returns bytes queued. */
function queueBytes(sk: Sock, user: usize, len: u32, mss: u32): u32 {
  let copied: u32 = 0;
  while (copied < len) {
    let idx = sk.write_tail;
    if (idx == NONE || skb(idx).len >= mss) {
      if (!streamMemoryFree(sk)) {
        sk.flags |= SOCK_NOSPACE;
        return copied;
      }
      idx = entail(sk);
    }
    let got: i32 = 0;
    if (idx != NONE) {
      const b = skb(idx);
      const room = mss - b.len;
      got = appendBytes(sk, b, idx, user + copied, len - copied < room ? len - copied : room);
      if (got < 0) {
        markPush(sk, b);
        if (!streamMemoryFree(sk)) {
          sk.flags |= SOCK_NOSPACE;
          return copied;
        }
        idx = entail(sk);
        got = idx == NONE ? 0 : appendBytes(sk, skb(idx), idx, user + copied, len - copied < mss ? len - copied : mss);
      }
    }
    if (got <= 0) {
      mibInc(sk.host, TCP_TCPMEMORYWAITS);
      waitForPage(sk);
      return copied;
    }
    const b = skb(idx);
    if (copied == 0) b.tcp_flags &= ~<u8>FLAG_PSH;
    sk.write_seq += <u32>got;
    b.end_seq += <u32>got;
    copied += <u32>got;
    if (copied < len && b.len >= mss) pushFull(sk, b, idx, mss);
  }
  return copied;
}

/** Queues bytes of user memory for sending. Bytes taken, or -errno: -EAGAIN without room, -EPIPE after shutdown. */
export function tcpSendmsg(sock_idx: u32, user: usize, len: u32, flags: u32): i32 {
  const sk = sock(sock_idx);
  if (!stateIn(sk, (1 << TCP_ESTABLISHED) | (1 << TCP_CLOSE_WAIT))) {
    if (sk.err != 0) return takeSockError(sk);
    return stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV)) ? -<i32>EAGAIN : -<i32>EPIPE;
  }
  if (sk.err != 0) return takeSockError(sk);
  if ((<u32>sk.shutdown & SEND_SHUTDOWN) != 0) return -<i32>EPIPE;
  if (len == 0) return 0;
  const mss = currentMss(sk);
  const more = (flags & MSG_MORE) != 0;
  const copied = queueBytes(sk, user, len, mss);
  if (copied < len) removeEmpty(sk);
  if (copied != 0) push(sk, more && copied == len, mss, copied == len ? sk.nonagle : TCP_NAGLE_PUSH);
  traceSockSend(0, NONE, sock_idx, copied, sk.write_seq - sk.snd_una);
  return copied != 0 ? <i32>copied : -<i32>EAGAIN;
}
