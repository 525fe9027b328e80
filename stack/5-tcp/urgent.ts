/**
 * Urgent data (RFC 6093; net/ipv4/tcp_input.c: tcp_check_urg, tcp_urg; net/ipv4/tcp.c: tcp_recv_urg). A segment with URG points
 * behind a byte. That byte is taken out of the stream for MSG_OOB, unless SO_OOBINLINE leaves it there; a read stops before it.
 */
import { loadBe16, runConfig, seqAfter, seqBefore } from '../../sim/core';
import { Skb, skb, skbFree } from '../3-pool';
import {
  queueUnlink, receiveQueue, Sock, sock, SOCK_DEAD, SOCK_DONE, SOCK_URGINLINE, RCV_SHUTDOWN, TCP_CLOSE, TCP_LISTEN, wakeReadable,
} from '../6-socket';
import { EAGAIN, EINVAL, ENOTCONN } from './errno';
import { FLAG_SYN } from './header';
import { copySkb, MSG_PEEK, MSG_TRUNC } from './recvmsg';
import { urgentScratch } from './stage';
import { fastPathCheck } from './window';

export const MSG_OOB: u32 = 1;
export const FLAG_URG: u32 = 32;
const TH_URG_PTR: usize = 18;

/** Sock.urg_data: the byte is there (and in the low bits), is still to come, was read. */
export const TCP_URG_VALID: u16 = 0x100;
const TCP_URG_NOTYET: u16 = 0x200;
const TCP_URG_READ: u16 = 0x400;

/** Is there urgent data that the peer has not acknowledged (tcp_urg_mode)? */
export function urgMode(sk: Sock): bool {
  return sk.snd_una != sk.snd_up;
}

/** The urgent pointer of a segment at `seq`, or -1 when it has none (__tcp_transmit_skb). */
export function urgentPointer(sk: Sock, seq: u32): i32 {
  if (!urgMode(sk) || !seqBefore(seq, sk.snd_up)) return -1;
  if (seqBefore(sk.snd_up, seq + 0x10000)) return <i32>(sk.snd_up - seq);
  return seqAfter(seq + 0xffff, sk.snd_nxt) ? 0xffff : -1;
}

/** A segment may point to an urgent byte, or bring one. Its TCP header has not been pulled yet. */
export function tcpUrg(sk: Sock, b: Skb, skb_idx: u32, th: usize, header_len: u32): void {
  if ((<u32>b.tcp_flags & FLAG_URG) != 0) checkUrg(sk, b, th);
  if (sk.urg_data != TCP_URG_NOTYET) return;
  const syn: u32 = (<u32>b.tcp_flags & FLAG_SYN) != 0 ? 1 : 0;
  const ptr = sk.urg_seq - b.seq + header_len - syn;
  if (ptr >= b.len) return;
  const byte = urgentScratch();
  store<u8>(byte, 0);
  if (runConfig().run_payload) copySkb(b, skb_idx, ptr, 1, byte);
  sk.urg_data = TCP_URG_VALID | <u16>load<u8>(byte);
  if (!sk.hasFlag(SOCK_DEAD)) wakeReadable(sk, b.pkt_id);
}

/** The urgent pointer of a segment (net.ipv4.tcp_stdurg = 0: it points behind the byte). */
function checkUrg(sk: Sock, b: Skb, th: usize): void {
  let ptr = loadBe16(th + TH_URG_PTR);
  if (ptr != 0) ptr--;
  ptr += b.seq;
  if (seqAfter(sk.copied_seq, ptr) || seqBefore(ptr, sk.rcv_nxt)) return;
  if (sk.urg_data != 0 && !seqAfter(ptr, sk.urg_seq)) return;
  // The byte read last was urgent: it must not be read again as data.
  if (sk.urg_seq == sk.copied_seq && sk.urg_data != 0 && !sk.hasFlag(SOCK_URGINLINE) && sk.copied_seq != sk.rcv_nxt) {
    sk.copied_seq++;
    const idx = sk.receive_head;
    if (idx != 0xffffffff && !seqBefore(sk.copied_seq, skb(idx).end_seq)) {
      queueUnlink(receiveQueue(sk), idx);
      sk.rmem_alloc -= skb(idx).truesize;
      skbFree(idx, false);
    }
  }
  sk.urg_data = TCP_URG_NOTYET;
  sk.urg_seq = ptr;
  sk.pred_flags = 0;
}

/** How many of `used` bytes from `seq` on may be read in one go. 0: the first one is urgent. */
export function beforeUrgent(sk: Sock, seq: u32, used: u32): u32 {
  if (sk.urg_data == 0) return used;
  const offset = sk.urg_seq - seq;
  return offset < used ? offset : used;
}

/** A read has passed the urgent byte. */
export function urgentPassed(sk: Sock): void {
  if (sk.urg_data == 0 || !seqAfter(sk.copied_seq, sk.urg_seq)) return;
  sk.urg_data = 0;
  fastPathCheck(sk);
}

/** recv() with MSG_OOB: 1 for the byte, or -errno. It never waits. */
export function tcpRecvUrg(sock_idx: u32, user: usize, len: u32, flags: u32): i32 {
  const sk = sock(sock_idx);
  if (sk.state == <u8>TCP_LISTEN) return -<i32>ENOTCONN;
  if (sk.hasFlag(SOCK_URGINLINE) || sk.urg_data == 0 || sk.urg_data == TCP_URG_READ) return -<i32>EINVAL;
  if (sk.state == <u8>TCP_CLOSE && !sk.hasFlag(SOCK_DONE)) return -<i32>ENOTCONN;
  if ((sk.urg_data & TCP_URG_VALID) != 0) {
    const byte = <u8>sk.urg_data;
    if ((flags & MSG_PEEK) == 0) sk.urg_data = TCP_URG_READ;
    if (len == 0) return 0;
    if ((flags & MSG_TRUNC) == 0) store<u8>(user, byte);
    return 1;
  }
  return sk.state == <u8>TCP_CLOSE || (<u32>sk.shutdown & RCV_SHUTDOWN) != 0 ? 0 : -<i32>EAGAIN;
}

/** Does the next read begin at the urgent byte (SIOCATMARK)? */
export function tcpAtMark(sock_idx: u32): bool {
  const sk = sock(sock_idx);
  return sk.urg_data != 0 && sk.urg_seq == sk.copied_seq;
}
