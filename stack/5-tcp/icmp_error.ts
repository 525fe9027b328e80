/**
 * What ICMP errors do to connections (net/ipv4/tcp_ipv4.c: tcp_v4_err; net/ipv6/tcp_ipv6.c: tcp_v6_err). They end a connection only
 * while it is being made. Later a connection tries on until it has timed out; the error is what it says then, unless the
 * application wants to hear of it at once (IP_RECVERR). A packet that was too large for the path is sent again in smaller pieces.
 */
import { NONE, seqBetween, TCP_LISTENDROPS, TCP_OUTOFWINDOWICMPS } from '../../sim/core';
import { skb } from '../3-pool';
import {
  clearExtendedErr, errorReport, isMini, mibInc, Mini, mini, queueErrSkb, Sock, sock, SOCK_RECVERR, SOCK_RECVERR6, SO_EE_ORIGIN_ICMP,
  SO_EE_ORIGIN_ICMP6, TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../6-socket';
import { ICSK_TIME_RETRANS } from './ack_flags';
import { mstampRefresh, usDelta, usecsToJiffies } from './clock';
import { tcpDoneWithError } from './done';
import {
  EACCES, ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, EMSGSIZE, ENETUNREACH, ENONET, ENOPROTOOPT, EOPNOTSUPP, EPROTO,
} from './errno';
import { rxFree } from './ip';
import { dropRequest } from './listen';
import { mtuToSegment, syncMss } from './mss';
import { acceptsPmtu, IP_PMTUDISC_DONT, IPV6_MIN_MTU, mayFragment, pathMtu, updatePmtu } from './pmtu';
import { resetXmitTimer, rtoMax, setRto, TCP_TIMEOUT_INIT } from './rto';
import { simpleRetransmit } from './simple_retransmit';
import { stateIn } from './state';
import { retransmitTimeout } from './timers';
import { skbStampUs } from './transmit';

export const ICMP_DEST_UNREACH: u32 = 3;
export const ICMP_TIME_EXCEEDED: u32 = 11;
export const ICMP_PARAMETERPROB: u32 = 12;
const ICMP_NET_UNREACH: u32 = 0;
const ICMP_HOST_UNREACH: u32 = 1;
export const ICMP_FRAG_NEEDED: u32 = 4;
export const NR_ICMP_UNREACH: u32 = 15;

export const ICMPV6_DEST_UNREACH: u32 = 1;
const ICMPV6_PKT_TOOBIG: u32 = 2;
const ICMPV6_TIME_EXCEED: u32 = 3;
export const ICMPV6_PARAMPROB: u32 = 4;
const ICMPV6_NOROUTE: u32 = 0;

/** An error about a segment. The skb begins at what is quoted of the segment; its network header is the message's. */
@unmanaged
export class IcmpError {
  type: u32;
  code: u32;
  /** The MTU, or where a parameter is wrong. */
  info: u32;
  /** Sequence number of the segment. */
  seq: u32;
  skb_idx: u32;
}

/** icmp_err_convert. */
function errnoOf4(type: u32, code: u32): u32 {
  if (type == ICMP_PARAMETERPROB) return EPROTO;
  if (type == ICMP_TIME_EXCEEDED) return EHOSTUNREACH;
  switch (code) {
    case 0: // network
    case 6: // network unknown
    case 9: // network prohibited
    case 11: return ENETUNREACH; // network, for this type of service
    case 2: return ENOPROTOOPT; // protocol
    case 3: return ECONNREFUSED; // port
    case 4: return EMSGSIZE; // too big
    case 5: return EOPNOTSUPP; // source route
    case 7: return EHOSTDOWN; // host unknown
    case 8: return ENONET; // host isolated
    default: return EHOSTUNREACH;
  }
}

/** icmpv6_err_convert. */
function errnoOf6(type: u32, code: u32): u32 {
  switch (type) {
    case ICMPV6_DEST_UNREACH: {
      if (code == ICMPV6_NOROUTE) return ENETUNREACH;
      if (code == 4) return ECONNREFUSED; // port
      return code == 1 || code == 5 || code == 6 ? EACCES : code == 2 || code == 3 ? EHOSTUNREACH : EPROTO;
    }
    case ICMPV6_PKT_TOOBIG: return EMSGSIZE;
    case ICMPV6_TIME_EXCEED: return EHOSTUNREACH;
    default: return EPROTO;
  }
}

/** Errors that are meant to last (the result of icmpv6_err_convert). */
function fatal6(type: u32, code: u32): bool {
  if (type == ICMPV6_DEST_UNREACH) return code == 1 || code >= 4;
  return type == ICMPV6_PARAMPROB;
}

function isTooBig(family: u32, type: u32, code: u32): bool {
  return family == 4 ? type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED : type == ICMPV6_PKT_TOOBIG;
}

/** The network or the host cannot be reached: the way may come back (RFC 6069). */
function isUnreachable(family: u32, type: u32, code: u32): bool {
  if (family == 4) return type == ICMP_DEST_UNREACH && (code == ICMP_NET_UNREACH || code == ICMP_HOST_UNREACH);
  return type == ICMPV6_DEST_UNREACH && code == ICMPV6_NOROUTE;
}

/** Takes the skb over. */
export function tcpErr(handle: u32, e: IcmpError): void {
  if (isMini(handle)) {
    const m = mini(handle);
    if (m.state == <u8>TCP_NEW_SYN_RECV) onRequest(m, e);
  } else if (onSock(sock(handle), e)) return;
  rxFree(e.skb_idx);
}

/** tcp_req_err: nobody is told, because nobody knows of the connection yet. */
function onRequest(m: Mini, e: IcmpError): void {
  if (e.seq != m.snd_seq) {
    mibInc(m.host, TCP_OUTOFWINDOWICMPS);
    return;
  }
  const abort = m.family == 6 ? fatal6(e.type, e.code)
    : e.type == ICMP_PARAMETERPROB || e.type == ICMP_TIME_EXCEEDED || isUnreachable(4, e.type, e.code);
  if (!abort) return;
  mibInc(m.host, TCP_LISTENDROPS);
  dropRequest(m);
}

/** True: the skb went into the error queue. */
function onSock(sk: Sock, e: IcmpError): bool {
  if (sk.state == <u8>TCP_CLOSE) return false;
  const fastopen = sk.fastopen_rsk != NONE;
  const snd_una = fastopen ? mini(sk.fastopen_rsk).snd_seq : sk.snd_una;
  if (!seqBetween(e.seq, snd_una, sk.snd_nxt)) {
    mibInc(sk.host, TCP_OUTOFWINDOWICMPS);
    return false;
  }
  if (isTooBig(sk.family, e.type, e.code)) {
    mtuReduced(sk, e.info);
    return false;
  }
  const err = sk.family == 4 ? errnoOf4(e.type, e.code) : errnoOf6(e.type, e.code);
  // A Fast Open child that was accepted is a connection like any other.
  const opening = stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV));
  const young = opening && !(fastopen && mini(sk.fastopen_rsk).child == NONE);
  if (!fastopen && isUnreachable(sk.family, e.type, e.code) && (sk.family == 4 || !opening)) revertRto(sk, e.seq);
  if (sk.state == <u8>TCP_CLOSE) return false;
  if (young) {
    const queued = queueIcmp(sk, e, err);
    tcpDoneWithError(sk, err);
    return queued;
  }
  if (sk.hasFlag(sk.family == 4 ? SOCK_RECVERR : SOCK_RECVERR6)) {
    sk.err = err;
    errorReport(sk);
  } else sk.err_soft = err;
  return false;
}

/** The message goes into the error queue (ip_icmp_error; ipv6_icmp_error, which wants IPV6_RECVERR for it). False: it did not. */
function queueIcmp(sk: Sock, e: IcmpError, err: u32): bool {
  if (sk.family == 6 && !sk.hasFlag(SOCK_RECVERR6)) return false;
  const ee = clearExtendedErr(e.skb_idx);
  ee.ee_errno = err;
  ee.ee_origin = sk.family == 4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
  ee.ee_type = <u8>e.type;
  ee.ee_code = <u8>e.code;
  ee.ee_info = e.info;
  return queueErrSkb(sk, e.skb_idx);
}

/** A router says what fits (tcp_v4_mtu_reduced, tcp_v6_mtu_reduced). */
function mtuReduced(sk: Sock, mtu: u32): void {
  if (sk.family == 6) {
    if (!acceptsPmtu(sk) || mtu < IPV6_MIN_MTU || mtuToSegment(sk, mtu) >= sk.mss_cache) return;
  }
  updatePmtu(sk, mtu);
  const now = pathMtu(sk);
  if (sk.family == 4) {
    if (mtu < now && !mayFragment(sk)) sk.err_soft = EMSGSIZE;
    if (sk.pmtudisc == IP_PMTUDISC_DONT || !acceptsPmtu(sk)) return;
  }
  if (sk.pmtu_cookie <= now) return;
  mstampRefresh(sk);
  syncMss(sk);
  simpleRetransmit(sk);
}

/** The way was broken, not congested: the last doubling of the timeout is taken back (tcp_ld_RTO_revert). */
function revertRto(sk: Sock, seq: u32): void {
  if (seq != sk.snd_una || sk.retransmits == 0 || sk.backoff == 0 || sk.rtx_head == NONE) return;
  sk.backoff--;
  if (sk.srtt_us != 0) setRto(sk);
  else sk.rto = TCP_TIMEOUT_INIT;
  const backed_off = <u64>sk.rto << sk.backoff;
  const most = rtoMax(sk);
  sk.rto = backed_off < <u64>most ? <u32>backed_off : most;
  mstampRefresh(sk);
  const remaining = <i32>(sk.rto - usecsToJiffies(usDelta(sk.tcp_mstamp, skbStampUs(skb(sk.rtx_head)))));
  if (remaining > 0) resetXmitTimer(sk, ICSK_TIME_RETRANS, <u32>remaining);
  else retransmitTimeout(sk);
}
