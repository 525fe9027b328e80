/**
 * Bytes from the application (net/ipv4/tcp.c: tcp_sendmsg_locked): copied into transmit pages, or lent (zerocopy.ts), in skbs
 * of up to 64 KiB.
 */
import {
  charge, COST_SEND, MAX_SKB_FRAGS, memCopy, memUser, NONE, runConfig, seqAfter, TCP_TCPMEMORYWAITS, traceSockSend, TX_PAGE_SIZE,
} from '../../sim/core';
import { netmem, netmemRef, Skb, skb, skbAddFrag, skbAlloc, skbFrag, skbFree, zcopyComplete } from '../3-pool';
import {
  mibInc, msgZerocopyAbort, queueTail, queueUnlink, SEND_SHUTDOWN, Sock, sock, SOCK_NOSPACE, SOF_TIMESTAMPING_TX_RECORD_MASK,
  streamMemoryFree, TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_SYN_RECV, TCP_SYN_SENT, TSQ_THROTTLED, TX_SKB_TRUESIZE, wmemAdd, wmemSub,
  writeQueue,
} from '../6-socket';
import { chronoStart, CHRONO_BUSY } from './chrono';
import { clockRefresh } from './clock';
import { slowStartAfterIdleCheck } from './cwnd';
import { EAGAIN, EFAULT, EPIPE } from './errno';
import { takeSockError } from './error';
import { forgetSendName, opensFast, sendFast } from './fastopen_send';
import { passiveFastopen } from './fastopen_server';
import { FLAG_ACK, FLAG_PSH } from './header';
import { flushBacklog, lockSock, releaseSock } from './lock';
import { currentMss, xmitSizeGoal } from './mss';
import { pushPendingFrames, TCP_NAGLE_CORK, TCP_NAGLE_PUSH, writeXmit } from './output';
import { pageFrag, pageFragRefill, skbsForWriters, waitForPage } from './page_frag';
import { messageBegin, messageOf, messagePass, messageSegment, MSG_DONTWAIT, MSG_EOR, MSG_MORE, SendMessage } from './send_message';
import { sendMessage } from './stage';
import { stateIn } from './state';
import { txTimestamp } from './tx_timestamp';
import { MSG_OOB } from './urgent';
import { SKB_IS_FULL, zerocopyAppend, zerocopyBegin } from './zerocopy';

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
  slowStartAfterIdleCheck(sk);
  const b = skb(idx);
  b.truesize = TX_SKB_TRUESIZE;
  b.link_next = NONE;
  b.link_prev = NONE;
  b.sock = sk.handle;
  b.seq = sk.write_seq;
  b.end_seq = sk.write_seq;
  b.tcp_flags = <u8>FLAG_ACK;
  queueTail(writeQueue(sk), idx);
  if (sk.write_head == idx) chronoStart(sk, CHRONO_BUSY);
  wmemAdd(sk, TX_SKB_TRUESIZE);
  return idx;
}

/** Copies up to `want` bytes to the end of an skb. Bytes copied; 0: no page; SKB_IS_FULL: the skb has no room for a fragment. */
function copyBytes(sk: Sock, b: Skb, skb_idx: u32, from: usize, want: u32): i32 {
  const f = pageFrag();
  if (!pageFragRefill(f, sk.host)) return 0;
  const page = f.netmem;
  const off = f.off;
  let merge = false;
  if (b.nr_frags != 0) {
    const last = skbFrag(skb_idx, b.nr_frags - 1);
    merge = last.netmem == page && last.off + last.len == off;
    if (!merge && b.nr_frags >= MAX_SKB_FRAGS) return SKB_IS_FULL;
  }
  const room = TX_PAGE_SIZE - off;
  const copy = want < room ? want : room;
  if (runConfig().run_payload) memory.copy(<usize>netmem(page).addr + off, from, copy);
  b.zcopy_pure = 0;
  memCopy(<usize>memUser(sk.host, from, copy), <usize>netmem(page).addr + off, copy);
  if (merge) {
    skbFrag(skb_idx, b.nr_frags - 1).len += copy;
    b.len += copy;
    b.data_len += copy;
    b.truesize += copy;
  } else {
    netmemRef(page);
    skbAddFrag(skb_idx, page, off, copy, copy);
  }
  f.off = off + copy;
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
function push(sk: Sock, more: bool, mss: u32, nonagle: u32, size_goal: u32, urgent: bool = false): void {
  const idx = sk.write_tail;
  if (idx == NONE) return;
  const b = skb(idx);
  if (!more || forcedPush(sk)) markPush(sk, b);
  if (urgent) sk.snd_up = sk.write_seq;
  if (b.len < size_goal && sk.rtx_head != NONE && sk.wmem_alloc > b.truesize) {
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

/** Copies up to `want` bytes of the message to the end of an skb, but no more than one segment has. As copyBytes. */
export function appendBytes(sk: Sock, b: Skb, skb_idx: u32, m: SendMessage, want: u32): i32 {
  messageSegment(m);
  const got = copyBytes(sk, b, skb_idx, m.at, min(want, m.left));
  if (got > 0) messagePass(m, got);
  return got;
}

/** Queues up to `want` bytes on an skb. Bytes, 0 without memory, SKB_IS_FULL or -EFAULT. */
function append(sk: Sock, skb_idx: u32, m: SendMessage, want: u32): i32 {
  const b = skb(skb_idx);
  return m.zerocopy != 0 ? zerocopyAppend(sk, b, skb_idx, m, want) : appendBytes(sk, b, skb_idx, m, want);
}

/** After so many new skbs the answers to the first are looked at, if they have come already. */
const FRESH_SKBS: u32 = 16;
/** They may have changed how large segments are: the call begins again with what is left. */
const BACKLOG_FLUSHED: i32 = 1;

/**
 * Queues bytes of the message until all are queued (0) or there is no room (-EAGAIN) or no memory at their address (-EFAULT).
 * Or BACKLOG_FLUSHED.
 */
function queueBytes(sk: Sock, m: SendMessage, mss: u32, size_goal: u32): i32 {
  let full = false;
  let fresh: u32 = 0;
  while (m.total != 0) {
    let idx = sk.write_tail;
    if (full || idx == NONE || skb(idx).len >= size_goal || skb(idx).eor != 0) {
      if (!streamMemoryFree(sk)) {
        sk.flags |= SOCK_NOSPACE;
        return -<i32>EAGAIN;
      }
      if (fresh++ >= FRESH_SKBS) {
        fresh = 1;
        if (sk.backlog_head != NONE) {
          flushBacklog(sk);
          return BACKLOG_FLUSHED;
        }
      }
      idx = entail(sk);
    }
    const got = idx == NONE ? 0 : append(sk, idx, m, min(m.total, size_goal - skb(idx).len));
    full = got == SKB_IS_FULL;
    if (full) {
      markPush(sk, skb(idx));
      continue;
    }
    if (got < 0) return got;
    if (got == 0) {
      mibInc(sk.host, TCP_TCPMEMORYWAITS);
      waitForPage(sk);
      return -<i32>EAGAIN;
    }
    const b = skb(idx);
    if (m.copied == 0) b.tcp_flags &= ~<u8>FLAG_PSH;
    sk.write_seq += <u32>got;
    b.end_seq += <u32>got;
    m.copied += <u32>got;
    b.gso_segs = 0;
    if (m.total != 0 && b.len >= size_goal) pushFull(sk, b, idx, mss);
  }
  return 0;
}

/** May bytes be queued at all? 0, -EAGAIN before there is a connection, or what is wrong. An error is told once all is. */
function mayQueue(sk: Sock, told: bool): i32 {
  if (sk.err != 0) return told ? takeSockError(sk) : -<i32>EPIPE;
  if (stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV)) && !passiveFastopen(sk)) return -<i32>EAGAIN;
  const open = stateIn(sk, (1 << TCP_ESTABLISHED) | (1 << TCP_CLOSE_WAIT)) || passiveFastopen(sk);
  return open && (<u32>sk.shutdown & SEND_SHUTDOWN) == 0 ? 0 : -<i32>EPIPE;
}

/** The call is over: what was queued goes out and its bytes are told, else the error. */
function finish(sk: Sock, m: SendMessage, mss: u32, size_goal: u32, err: i32): i32 {
  const copied = m.copied;
  if (copied != 0) {
    const tsflags = sk.tsflags;
    txTimestamp(sk, m.has_tsflags != 0 ? (tsflags & ~SOF_TIMESTAMPING_TX_RECORD_MASK) | m.tsflags : tsflags);
    push(sk, (m.flags & MSG_MORE) != 0, mss, sk.nonagle, size_goal, (m.flags & MSG_OOB) != 0);
  }
  // A caller in the kernel keeps its own reference.
  if (m.uarg != 0 && m.msg_ubuf == 0) {
    if (copied + sk.fastopen_copied != 0 || err == 0 || m.again != 0) zcopyComplete(NONE, m.uarg, true);
    else msgZerocopyAbort(m.uarg);
    m.uarg = 0;
  }
  traceSockSend(0, NONE, sk.handle, copied, sk.write_seq - sk.snd_una);
  const all = copied + sk.fastopen_copied;
  sk.fastopen_copied = 0;
  return all != 0 ? <i32>all : err;
}

/**
 * Queues a message for sending. Bytes taken, or -errno: -EPIPE after shutdown, -EAGAIN without room. Without MSG_DONTWAIT
 * -EAGAIN means that the call waits: it is made again with the same message when the socket was woken, or with MSG_DONTWAIT
 * when its time is up.
 */
export function tcpSendMessage(sock_idx: u32, m: SendMessage): i32 {
  const sk = sock(sock_idx);
  charge(COST_SEND);
  lockSock(sk);
  const ret = send(sk, m);
  releaseSock(sk);
  return ret;
}

/** tcp_sendmsg_locked. */
function send(sk: Sock, m: SendMessage): i32 {
  messageBegin(m);
  let err = zerocopyBegin(sk, m, sk.write_tail == NONE ? 0 : skb(sk.write_tail).uarg);
  let mss: u32 = 0;
  let size_goal: u32 = 0;
  if (err == 0 && opensFast(sk, m)) err = sendFast(sk, m);
  forgetSendName();
  if (err == 0) err = mayQueue(sk, m.copied + sk.fastopen_copied == 0);
  if (err == 0 || m.copied != 0) {
    clockRefresh();
    mss = currentMss(sk);
    size_goal = xmitSizeGoal(sk, mss);
  }
  if (err == 0) {
    const copied_before = m.copied;
    err = queueBytes(sk, m, mss, size_goal);
    while (err == BACKLOG_FLUSHED) {
      mss = currentMss(sk);
      size_goal = xmitSizeGoal(sk, mss);
      const over = sk.err != 0 || (<u32>sk.shutdown & SEND_SHUTDOWN) != 0;
      err = over ? -<i32>EPIPE : queueBytes(sk, m, mss, size_goal);
    }
    if (err == 0) {
      if ((m.flags & MSG_EOR) != 0 && m.copied != 0 && sk.write_tail != NONE) skb(sk.write_tail).eor = 1;
    } else {
      removeEmpty(sk);
      // A call that was woken for something else has nothing new to push.
      if (err != -<i32>EFAULT && m.copied != copied_before) push(sk, false, mss, TCP_NAGLE_PUSH, size_goal);
    }
  }
  if (err == -<i32>EAGAIN && (m.flags & MSG_DONTWAIT) == 0) {
    if (sk.state == <u8>TCP_SYN_SENT && sk.fastopen_req == 0) sk.write_pending = 1;
    return err;
  }
  sk.write_pending = 0;
  return finish(sk, m, mss, size_goal, err);
}

/** What a call comes to that has no memory to send from: what is wrong with the connection is told before (tcp_sendmsg_locked). */
export function tcpSendFault(sock_idx: u32): i32 {
  const sk = sock(sock_idx);
  lockSock(sk);
  let err = mayQueue(sk, true);
  if (err == 0) {
    if (streamMemoryFree(sk)) err = -<i32>EFAULT;
    else {
      sk.flags |= SOCK_NOSPACE;
      err = -<i32>EAGAIN;
    }
  }
  releaseSock(sk);
  return err;
}

/** The same for one segment, and it never waits. */
export function tcpSendmsg(sock_idx: u32, user: usize, len: u32, flags: u32): i32 {
  const m = sendMessage();
  messageOf(m, user, len, flags | MSG_DONTWAIT);
  return tcpSendMessage(sock_idx, m);
}
