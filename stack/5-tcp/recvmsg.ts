/**
 * Bytes to the application: copied (net/ipv4/tcp.c: tcp_recvmsg_locked), or shown to an actor that takes fragments as they
 * lie (tcp_read_sock).
 */
import { memCopied, memCopyPiece, memUser, NONE, runConfig, seqBefore, traceSockRead } from '../../sim/core';
import { KIND_NIOV, netmem, pageLinesMove, Skb, skb, skbDefer, skbFrag, skbLinesMove } from '../3-pool';
import {
  iovBase, iovLen, iovTotal, queueUnlink, RCV_SHUTDOWN, receiveQueue, Sock, sock, SOCK_DONE, SOCK_URGINLINE, TCP_CLOSE, TCP_LISTEN,
} from '../6-socket';
import { ICSK_ACK_PUSHED, ICSK_ACK_PUSHED2, ICSK_ACK_SCHED } from './ack_flags';
import { inPingpongMode, sendAck } from './ack_out';
import { mstampRefresh } from './clock';
import { EAGAIN, EFAULT, ENOTCONN } from './errno';
import { takeSockError } from './error';
import { FLAG_FIN } from './header';
import { rxFree } from './ip';
import { lockSock, releaseSock } from './lock';
import { rcvSpaceAdjust } from './rcvbuf';
import { stage, TcpStage } from './stage';
import { beforeUrgent, urgentPassed } from './urgent';
import { receiveWindow, selectWindow } from './window';

export const MSG_PEEK: u32 = 0x02;
export const MSG_TRUNC: u32 = 0x20;

/** The reader is done with the first skb (tcp_eat_recv_skb). */
function eatSkb(sk: Sock, skb_idx: u32): void {
  queueUnlink(receiveQueue(sk), skb_idx);
  sk.rmem_alloc -= skb(skb_idx).truesize;
  skbDefer(skb(skb_idx));
  rxFree(skb_idx);
}

/** After reading: is it time to tell the peer (__tcp_cleanup_rbuf)? */
export function cleanupRbuf(sk: Sock, copied: u32): void {
  const pending = sk.ack_pending;
  let time_to_ack = false;
  if ((pending & ICSK_ACK_SCHED) != 0) {
    const pushed = (pending & ICSK_ACK_PUSHED2) != 0 || ((pending & ICSK_ACK_PUSHED) != 0 && !inPingpongMode(sk));
    time_to_ack = sk.rcv_nxt - sk.rcv_wup > sk.rcv_mss || (copied > 0 && pushed && sk.rmem_alloc == 0);
  }
  if (copied > 0 && !time_to_ack && (<u32>sk.shutdown & RCV_SHUTDOWN) == 0) {
    const now = receiveWindow(sk);
    if (now + now <= sk.window_clamp) {
      const new_window = selectWindow(sk);
      if (new_window != 0 && new_window >= now + now) time_to_ack = true;
    }
  }
  if (!time_to_ack) return;
  mstampRefresh(sk);
  sendAck(sk);
}

/**
 * Copies `len` bytes from `offset` of an skb; false when the CPU may not read them (net_iovs). `seen`: where they go to as the caches
 * see it, 0 if nobody is charged.
 */
export function copySkb(b: Skb, skb_idx: u32, offset: u32, len: u32, to: usize, seen: u32 = 0): bool {
  const payload = runConfig().run_payload;
  let at = to;
  let skip = offset;
  let left = len;
  const linear = <u32>b.head_len;
  if (skip < linear) {
    const part = linear - skip < left ? linear - skip : left;
    if (payload) memory.copy(at, <usize>b.head + b.data_off + skip, part);
    if (seen != 0) memCopyPiece(<usize>b.head + b.data_off + skip, <usize>(seen + <u32>(at - to)), part);
    at += part;
    left -= part;
    skip = 0;
  } else skip -= linear;
  for (let i: u32 = 0; left > 0; i++) {
    const f = skbFrag(skb_idx, i);
    if (skip >= f.len) {
      skip -= f.len;
      continue;
    }
    const n = netmem(f.netmem);
    if (n.kind == KIND_NIOV) return false;
    const part = f.len - skip < left ? f.len - skip : left;
    if (payload) memory.copy(at, <usize>n.addr + f.off + skip, part);
    if (seen != 0) {
      if (skip == 0) pageLinesMove(b);
      memCopyPiece(<usize>n.addr + f.off + skip, <usize>(seen + <u32>(at - to)), part);
    }
    at += part;
    left -= part;
    skip = 0;
  }
  return true;
}

/** May the CPU read the skb? All its fragments are of one kind. */
export function skbReadable(b: Skb, skb_idx: u32): bool {
  return b.nr_frags == 0 || netmem(skbFrag(skb_idx, 0).netmem).kind != KIND_NIOV;
}

/** What a read of an empty queue returns: 0 at the end of the stream, or -errno. */
export function emptyResult(sk: Sock): i32 {
  if (sk.hasFlag(SOCK_DONE)) return 0;
  if (sk.err != 0) return takeSockError(sk);
  if ((<u32>sk.shutdown & RCV_SHUTDOWN) != 0) return 0;
  return sk.state == <u8>TCP_CLOSE ? -<i32>ENOTCONN : -<i32>EAGAIN;
}

/**
 * Copies received bytes to the ranges (struct iovec) behind the first `skip` bytes of theirs. Bytes, 0 at the end of the stream,
 * or -errno. Flags: MSG_PEEK, MSG_TRUNC.
 */
export function tcpRecvRanges(sock_idx: u32, iov: usize, iov_count: u32, skip: u32, flags: u32): i32 {
  const sk = sock(sock_idx);
  lockSock(sk);
  const ret = recvmsg(sk, iov, iov_count, skip, flags);
  releaseSock(sk);
  return ret;
}

function oneRange(user: usize, len: u32): usize {
  const s = stage();
  s.range_base = user;
  s.range_len = len;
  return changetype<usize>(s) + offsetof<TcpStage>('range_base');
}
/** The same for one range. */
export function tcpRecvmsg(sock_idx: u32, user: usize, len: u32, flags: u32): i32 {
  return tcpRecvRanges(sock_idx, oneRange(user, len), 1, 0, flags);
}
/** And for one range, of a socket that is locked. */
export function recvLocked(sk: Sock, user: usize, len: u32): i32 {
  return recvmsg(sk, oneRange(user, len), 1, 0, 0);
}

/** tcp_recvmsg_locked. */
function recvmsg(sk: Sock, iov: usize, iov_count: u32, skip: u32, flags: u32): i32 {
  if (sk.state == <u8>TCP_LISTEN) return -<i32>ENOTCONN;
  stage().peek_seq = sk.copied_seq;
  const wanted = iovTotal(iov, iov_count) > <u64>skip;
  let before: u64 = skip;
  let copied: u32 = 0;
  for (let i: u32 = 0; i < iov_count; i++) {
    const size = iovLen(iov, i);
    if (before >= size) {
      before -= size;
      continue;
    }
    const want = <u32>(size - before);
    const got = recvRange(sk, <usize>(iovBase(iov, i) + before), want, flags, copied != 0);
    if (got < 0 && copied == 0) return got;
    if (got > 0) copied += <u32>got;
    if (got < <i32>want) break;
    before = 0;
  }
  // Who wants nothing waits for the first byte all the same (sock_rcvlowat is never 0).
  if (copied == 0) return wanted || sk.rcv_nxt == sk.copied_seq ? emptyResult(sk) : 0;
  if ((flags & MSG_PEEK) == 0) {
    traceSockRead(0, NONE, sk.handle, copied);
    cleanupRbuf(sk, copied);
  }
  return <i32>copied;
}

/** Copies to one range; `begun`: the call has copied something before. Bytes, or -EFAULT if there is nothing but what cannot be read. */
function recvRange(sk: Sock, user: usize, len: u32, flags: u32, begun: bool): i32 {
  const peek = (flags & MSG_PEEK) != 0;
  let seq = peek ? stage().peek_seq : sk.copied_seq;
  let copied: u32 = 0;
  let fault = false;
  let idx = sk.receive_head;
  while (idx != NONE && copied < len) {
    const b = skb(idx);
    const next = b.next;
    skbLinesMove(b);
    if (sk.urg_data != 0) {
      if ((begun || copied != 0) && sk.urg_seq == seq) break;
      // An urgent byte is left out of the stream.
      if (sk.urg_seq == seq && seq - b.seq < b.len && !sk.hasFlag(SOCK_URGINLINE)) seq++;
    }
    const offset = seq - b.seq;
    let used: u32 = 0;
    if (offset < b.len) {
      used = min(b.len - offset, len - copied);
      // One that stays in it is the first of a read, or the read ends before it.
      if (sk.urg_data != 0 && sk.urg_seq != seq) used = beforeUrgent(sk, seq, used);
      if ((flags & MSG_TRUNC) == 0) {
        if (!skbReadable(b, idx) || !copySkb(b, idx, offset, used, user + copied, memUser(sk.host, user + copied, used))) {
          fault = true;
          break;
        }
        memCopied(used);
      }
      seq += used;
      copied += used;
      if (sk.tsflags != 0) sk.rx_tstamp_ns = b.tstamp_ns;
      if (!peek) {
        sk.copied_seq = seq;
        rcvSpaceAdjust(sk);
        urgentPassed(sk);
      }
    } else if (!peek && seq != sk.copied_seq) {
      sk.copied_seq = seq;
      urgentPassed(sk);
    }
    if (offset + used < b.len) {
      if (sk.urg_data != 0 && copied < len) continue;
      break;
    }
    if ((b.tcp_flags & <u8>FLAG_FIN) != 0) {
      seq++;
      if (!peek) {
        sk.copied_seq = seq;
        eatSkb(sk, idx);
      }
      break;
    }
    if (!peek) eatSkb(sk, idx);
    idx = next;
  }
  if (peek) stage().peek_seq = seq;
  return copied == 0 && fault ? -<i32>EFAULT : <i32>copied;
}

/** The skb that holds a sequence number; those before it are freed (tcp_recv_skb). */
export function recvSkb(sk: Sock, seq: u32): u32 {
  let idx = sk.receive_head;
  while (idx != NONE) {
    const b = skb(idx);
    if (seq - b.seq < b.len || (b.tcp_flags & <u8>FLAG_FIN) != 0) break;
    eatSkb(sk, idx);
    idx = sk.receive_head;
  }
  return idx;
}

/**
 * Shows received bytes to `actor` (sock_idx, skb_idx, offset, len) -> bytes used, or below 1 to stop, in order, until `want`
 * bytes were used. Frees what was used, and sends window updates. Bytes used, or what the actor said first. The caller has locked
 * the socket.
 */
export function tcpReadSock(sock_idx: u32, want: u32, actor: u32): i32 {
  const sk = sock(sock_idx);
  if (sk.state == <u8>TCP_LISTEN) return -<i32>ENOTCONN;
  let seq = sk.copied_seq;
  let copied: i32 = 0;
  while (<u32>copied < want) {
    const idx = recvSkb(sk, seq);
    if (idx == NONE) break;
    const b = skb(idx);
    skbLinesMove(b);
    const offset = seq - b.seq;
    if (offset < b.len) {
      const left = want - <u32>copied;
      const len = beforeUrgent(sk, seq, min(b.len - offset, left));
      if (len == 0) break;
      const used = call_indirect<i32>(actor, sock_idx, idx, offset, len);
      if (used <= 0) {
        if (copied == 0) copied = used;
        break;
      }
      assert(<u32>used <= len, 'the actor used more than it was shown');
      seq += <u32>used;
      copied += used;
      if (offset + <u32>used < b.len) continue;
    }
    const fin = (b.tcp_flags & <u8>FLAG_FIN) != 0;
    eatSkb(sk, idx);
    if (fin) {
      seq++;
      break;
    }
    sk.copied_seq = seq;
  }
  assert(!seqBefore(seq, sk.copied_seq), 'T1 rcv_nxt never moves back');
  sk.copied_seq = seq;
  rcvSpaceAdjust(sk);
  if (copied > 0) {
    traceSockRead(0, NONE, sock_idx, <u32>copied);
    cleanupRbuf(sk, <u32>copied);
  }
  return copied;
}
