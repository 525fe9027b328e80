/**
 * Reading the error queue (net/ipv4/ip_sockglue.c: ip_recv_error; net/ipv6/datagram.c: ipv6_recv_error; net/socket.c:
 * __sock_recv_timestamp; net/ipv4/tcp.c: tcp_recv_timestamp): the packet that a message is about goes to the buffers, what is
 * to be said of it to control messages. Never waits.
 *
 * Differs from Linux: no IP_PKTINFO beside a timestamp (SOF_TIMESTAMPING_OPT_CMSG).
 */
import { NONE, runConfig } from '../../sim/core';
import { skb } from '../3-pool';
import {
  clearMsgOut, dequeueErrSkb, EXTENDED_ERR_BYTES, extendedErr, freeErrSkb, msgOut, putCmsg, Sock, sock, SOCK_TSTAMP_NEW,
  SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, SOF_TIMESTAMPING_RX_SOFTWARE, SOF_TIMESTAMPING_SOFTWARE,
} from '../6-socket';
import { EAGAIN } from './errno';
import { tcpInqHint } from './options';
import { copySkb, MSG_TRUNC } from './recvmsg';

export const MSG_ERRQUEUE: u32 = 0x2000;

const SOL_SOCKET: u32 = 1;
const SOL_IP: u32 = 0;
const SOL_IPV6: u32 = 41;
const IP_RECVERR: u32 = 11;
const IPV6_RECVERR: u32 = 25;
const SOL_TCP: u32 = 6;
const TCP_CM_INQ: u32 = 36;
const SCM_TIMESTAMPING: u32 = 37;
const SCM_TIMESTAMPING_OPT_STATS: u32 = 54;
const SCM_TIMESTAMPING_NEW: u32 = 65;
/** struct scm_timestamping: three times of two words; and sockaddr_in, sockaddr_in6 behind a sock_extended_err. */
const TIMESTAMPS_BYTES: u32 = 48;
const SOCKADDR_IN_BYTES: u32 = 16;
const SOCKADDR_IN6_BYTES: u32 = 28;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const NS_PER_SEC: u64 = 1000000000;

/** A software timestamp. */
function putTimestamp(sk: Sock, out: usize, ns: u64): void {
  const at = putCmsg(out, SOL_SOCKET, sk.hasFlag(SOCK_TSTAMP_NEW) ? SCM_TIMESTAMPING_NEW : SCM_TIMESTAMPING, TIMESTAMPS_BYTES);
  if (at == 0) return;
  store<u64>(at, ns / NS_PER_SEC);
  store<u64>(at, ns % NS_PER_SEC, 8);
}

/** What an skb of the queue says, as the family of the socket says it: an IPv6 socket also of IPv4 packets. */
function putExtendedErr(sk: Sock, out: usize, skb_idx: u32): void {
  const v6 = sk.family == 6 || sk.ipv6_api != 0;
  const bytes = <u32>EXTENDED_ERR_BYTES + (v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  const at = putCmsg(out, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_RECVERR : IP_RECVERR, bytes);
  if (at == 0) return;
  memory.fill(at, 0, bytes);
  const ee = extendedErr(skb_idx);
  memory.copy(at, changetype<usize>(ee), EXTENDED_ERR_BYTES);
  if (ee.ee_origin == SO_EE_ORIGIN_ICMP || ee.ee_origin == SO_EE_ORIGIN_ICMP6) putOffender(at + EXTENDED_ERR_BYTES, v6, skb_idx);
}

/** Who says so, as a sockaddr (SO_EE_OFFENDER): the sender of the ICMP message. */
function putOffender(at: usize, v6: bool, skb_idx: u32): void {
  const b = skb(skb_idx);
  const ip = <usize>b.head + b.network_off;
  const from4 = load<u8>(ip) >> 4 == 4;
  store<u16>(at, v6 ? AF_INET6 : AF_INET);
  if (!v6) store<u32>(at, load<u32>(ip, 12), 4);
  else if (from4) {
    store<u16>(at, 0xffff, 18);
    store<u32>(at, load<u32>(ip, 12), 20);
  } else {
    store<u64>(at, load<u64>(ip, 8), 8);
    store<u64>(at, load<u64>(ip, 16), 16);
  }
}

/** recvmsg with MSG_ERRQUEUE: bytes of the packet, or -EAGAIN. `out`: a MsgOut with `room` bytes behind it. */
export function tcpRecvError(sock_idx: u32, user: usize, len: u32, out: usize, room: u32): i32 {
  const sk = sock(sock_idx);
  clearMsgOut(out, room);
  const idx = dequeueErrSkb(sk);
  if (idx == NONE) return -<i32>EAGAIN;
  const b = skb(idx);
  const m = msgOut(out);
  const copied = min(b.len, len);
  if (b.len > len) m.msg_flags |= MSG_TRUNC;
  if (runConfig().run_payload && copied != 0) copySkb(b, idx, 0, copied, user);
  if (b.tstamp_ns != 0 && (sk.tsflags & SOF_TIMESTAMPING_SOFTWARE) != 0) {
    putTimestamp(sk, out, b.tstamp_ns);
    if (extendedErr(idx).opt_stats != 0 && b.len != 0) {
      const at = putCmsg(out, SOL_SOCKET, SCM_TIMESTAMPING_OPT_STATS, b.len);
      if (at != 0) copySkb(b, idx, 0, b.len, at);
    }
  }
  putExtendedErr(sk, out, idx);
  m.msg_flags |= MSG_ERRQUEUE;
  freeErrSkb(sk, idx);
  return <i32>copied;
}

/** Control messages of a read that has just been made: its timestamp, and what is left to read (TCP_CM_INQ). */
export function tcpRecvControl(sock_idx: u32, out: usize, room: u32): void {
  const sk = sock(sock_idx);
  clearMsgOut(out, room);
  const wanted = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
  if (sk.rx_tstamp_ns != 0 && (sk.tsflags & wanted) == wanted) putTimestamp(sk, out, sk.rx_tstamp_ns);
  if (sk.recvmsg_inq == 0) return;
  const at = putCmsg(out, SOL_TCP, TCP_CM_INQ, 4);
  if (at != 0) store<i32>(at, tcpInqHint(sock_idx));
}
