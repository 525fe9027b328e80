/**
 * Options of a socket (net/core/sock.c: sk_setsockopt, sk_getsockopt; net/ipv4/tcp.c: do_tcp_setsockopt, do_tcp_getsockopt).
 * Values lie in memory as user space has them.
 */
import { hostConfig, NONE, seqBefore } from '../../sim/core';
import {
  Sock, sock, sockBuf, SOCK_DONE, SOCK_KEEPOPEN, SOCK_MIN_RCVBUF, SOCK_MIN_SNDBUF, SOCK_RCVBUF_LOCK, SOCK_SNDBUF_LOCK, SOCK_URGINLINE,
  SOCK_ZEROCOPY, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT, wakeWritable,
} from '../6-socket';
import { ICSK_ACK_PUSHED } from './ack_flags';
import { getBoundOption, NO_BOUND, setBoundOption, setRcvlowat, setWindowClamp } from './bound_options';
import { ackScheduled, enterPingpongMode } from './ack_out';
import { mstampRefresh } from './clock';
import { ecnDontxmit } from './ecn';
import { EINVAL, ENOPROTOOPT } from './errno';
import { takeAnyError } from './error';
import { getIpOption, getIpv6Option, setIpOption, setIpv6Option } from './ip_options';
import { getFastopenKey, getFastopenOption, setFastopenKey, setFastopenOption, TCP_FASTOPEN_KEY } from './fastopen_options';
import { keepaliveChanged, keepaliveTimeWhen, tcpSetKeepalive } from './keepalive';
import { currentMss } from './mss';
import { lockSock, releaseSock } from './lock';
import { pushPendingFrames, TCP_NAGLE_CORK, TCP_NAGLE_OFF, TCP_NAGLE_PUSH } from './output';
import { getMaxPacingRate, setMaxPacingRate } from './pacing';
import { cleanupRbuf } from './recvmsg';
import { getSoTimestamping, setSoTimestamping, setZerocopy, SO_TIMESTAMPING_NEW, SO_TIMESTAMPING_OLD, SO_ZEROCOPY } from './send_options';
import { stateIn } from './state';
import { tcpInfoStruct, TCP_INFO_BYTES } from './tcp_info';
import { winFromSpace } from './window';
import { tcpZerocopyReceive } from './zerocopy_receive';

/** The answer to an option that Linux has and the model has not. */
export const NOT_MODELLED: i32 = -1000;

export const SOL_IP: u32 = 0;
export const SOL_SOCKET: u32 = 1;
export const SOL_TCP: u32 = 6;
export const SOL_IPV6: u32 = 41;

const SO_REUSEADDR: u32 = 2;
const SO_ERROR: u32 = 4;
const SO_SNDBUF: u32 = 7;
const SO_RCVBUF: u32 = 8;
const SO_KEEPALIVE: u32 = 9;
const SO_PRIORITY: u32 = 12;
const SO_LINGER: u32 = 13;
const SO_REUSEPORT: u32 = 15;
const SO_RCVLOWAT: u32 = 18;
const SO_OOBINLINE: u32 = 10;
const SO_MARK: u32 = 36;
const SO_MAX_PACING_RATE: u32 = 47;
const SO_MEMINFO: u32 = 55;

const TCP_NODELAY: u32 = 1;
const TCP_MAXSEG: u32 = 2;
const TCP_CORK: u32 = 3;
const TCP_KEEPIDLE: u32 = 4;
const TCP_KEEPINTVL: u32 = 5;
const TCP_KEEPCNT: u32 = 6;
const TCP_SYNCNT: u32 = 7;
const TCP_INFO: u32 = 11;
const TCP_QUICKACK: u32 = 12;
const TCP_CONGESTION: u32 = 13;
const TCP_USER_TIMEOUT: u32 = 18;
const TCP_NOTSENT_LOWAT: u32 = 25;
const TCP_CC_INFO: u32 = 26;
const TCP_ZEROCOPY_RECEIVE: u32 = 35;
const TCP_INQ: u32 = 36;

const TCP_MIN_MSS: u32 = 88;
const MAX_TCP_WINDOW: u32 = 32767;
const MAX_TCP_KEEPIDLE: u32 = 32767;
const MAX_TCP_KEEPCNT: u32 = 127;
const MAX_TCP_SYNCNT: u32 = 127;
const MEMINFO_WORDS: u32 = 9;

function pushNow(sk: Sock): void {
  if (stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN)) || sk.write_head == NONE) return;
  mstampRefresh(sk);
  pushPendingFrames(sk, currentMss(sk), sk.nonagle);
}

/** TCP_NODELAY (__tcp_sock_set_nodelay). */
function setNodelay(sk: Sock, on: bool): void {
  if (!on) {
    sk.nonagle &= ~<u8>TCP_NAGLE_OFF;
    return;
  }
  sk.nonagle |= <u8>(TCP_NAGLE_OFF | TCP_NAGLE_PUSH);
  pushNow(sk);
}

/** TCP_CORK (__tcp_sock_set_cork). */
function setCork(sk: Sock, on: bool): void {
  if (on) {
    sk.nonagle |= <u8>TCP_NAGLE_CORK;
    return;
  }
  sk.nonagle &= ~<u8>TCP_NAGLE_CORK;
  if ((<u32>sk.nonagle & TCP_NAGLE_OFF) != 0) sk.nonagle |= <u8>TCP_NAGLE_PUSH;
  pushNow(sk);
}

/** TCP_QUICKACK (__tcp_sock_set_quickack). */
function setQuickack(sk: Sock, val: i32): void {
  if (val == 0) {
    enterPingpongMode(sk);
    return;
  }
  sk.pingpong = 0;
  if (!stateIn(sk, (1 << TCP_ESTABLISHED) | (1 << TCP_CLOSE_WAIT)) || !ackScheduled(sk)) return;
  sk.ack_pending |= ICSK_ACK_PUSHED;
  cleanupRbuf(sk, 1);
  if ((val & 1) == 0) enterPingpongMode(sk);
}

/** SO_RCVBUF: doubled, because it is to hold overhead too (__sock_set_rcvbuf). */
function setRcvbuf(sk: Sock, val: i32): void {
  sk.userlocks |= SOCK_RCVBUF_LOCK;
  sk.rcvbuf = sockBuf(<u32>val, SOCK_MIN_RCVBUF);
  if (!stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN))) setWindowClamp(sk, winFromSpace(sk, <i32>sk.rcvbuf));
}

function setSndbuf(sk: Sock, val: i32): void {
  sk.userlocks |= SOCK_SNDBUF_LOCK;
  sk.sndbuf = sockBuf(<u32>val, SOCK_MIN_SNDBUF);
  wakeWritable(sk);
}

function setSocketOption(sk: Sock, name: u32, at: usize, len: u32): i32 {
  const val = load<i32>(at);
  switch (name) {
    case SO_REUSEADDR:
    case SO_REUSEPORT:
    case SO_PRIORITY:
    case SO_MARK: return 0;
    case SO_RCVBUF: {
      setRcvbuf(sk, val);
      return 0;
    }
    case SO_SNDBUF: {
      setSndbuf(sk, val);
      return 0;
    }
    case SO_KEEPALIVE: {
      tcpSetKeepalive(sk.handle, val != 0);
      return 0;
    }
    case SO_LINGER: {
      if (len < 8) return -<i32>EINVAL;
      sk.linger = val != 0 ? <u32>load<i32>(at, 4) + 1 : 0;
      return 0;
    }
    case SO_RCVLOWAT: {
      setRcvlowat(sk, val < 0 ? <u32>i32.MAX_VALUE : <u32>val);
      return 0;
    }
    case SO_OOBINLINE: {
      if (val != 0) sk.flags |= SOCK_URGINLINE;
      else sk.flags &= ~SOCK_URGINLINE;
      return 0;
    }
    case SO_MAX_PACING_RATE: {
      setMaxPacingRate(sk, len >= 8 ? load<u64>(at) : val == -1 ? u64.MAX_VALUE : <u64><u32>val);
      return 0;
    }
    case SO_ZEROCOPY: return setZerocopy(sk, val);
    case SO_TIMESTAMPING_OLD:
    case SO_TIMESTAMPING_NEW: return setSoTimestamping(sk, name, val);
    default: return NOT_MODELLED;
  }
}

function within(val: i32, least: u32, most: u32): bool {
  return val >= <i32>least && val <= <i32>most;
}

function setTcpOption(sk: Sock, name: u32, at: usize, len: u32): i32 {
  if (name == TCP_CONGESTION) return setCongestion(sk, at, len);
  if (name == TCP_FASTOPEN_KEY) return setFastopenKey(sk, at, len);
  if (len < 4) return -<i32>EINVAL;
  const val = load<i32>(at);
  switch (name) {
    case TCP_NODELAY: {
      setNodelay(sk, val != 0);
      return 0;
    }
    case TCP_CORK: {
      setCork(sk, val != 0);
      return 0;
    }
    case TCP_QUICKACK: {
      setQuickack(sk, val);
      return 0;
    }
    case TCP_MAXSEG: {
      if (val != 0 && !within(val, TCP_MIN_MSS, MAX_TCP_WINDOW)) return -<i32>EINVAL;
      sk.user_mss = <u16>val;
      return 0;
    }
    case TCP_SYNCNT: {
      if (!within(val, 1, MAX_TCP_SYNCNT)) return -<i32>EINVAL;
      sk.syn_retries = <u8>val;
      return 0;
    }
    case TCP_USER_TIMEOUT: {
      if (val < 0) return -<i32>EINVAL;
      sk.user_timeout = <u32>val;
      return 0;
    }
    case TCP_NOTSENT_LOWAT: {
      sk.notsent_lowat = <u32>val;
      wakeWritable(sk);
      return 0;
    }
    case TCP_INQ: {
      if (val < 0 || val > 1) return -<i32>EINVAL;
      sk.recvmsg_inq = <u8>val;
      return 0;
    }
    default: return setKeepalive(sk, name, val);
  }
}

function setKeepalive(sk: Sock, name: u32, val: i32): i32 {
  switch (name) {
    case TCP_KEEPIDLE: {
      if (!within(val, 1, MAX_TCP_KEEPIDLE)) return -<i32>EINVAL;
      sk.keepalive_time = <u32>val * 1000;
      if (sk.hasFlag(SOCK_KEEPOPEN)) keepaliveChanged(sk);
      return 0;
    }
    case TCP_KEEPINTVL: {
      if (!within(val, 1, MAX_TCP_KEEPIDLE)) return -<i32>EINVAL;
      sk.keepalive_intvl = <u32>val * 1000;
      return 0;
    }
    case TCP_KEEPCNT: {
      if (!within(val, 1, MAX_TCP_KEEPCNT)) return -<i32>EINVAL;
      sk.keepalive_probes = <u32>val;
      return 0;
    }
    default: {
      const result = setBoundOption(sk, name, val);
      return result == NO_BOUND ? setFastopenOption(sk, name, val) : result;
    }
  }
}

/** "reno" and "cubic", by their first letter and length. */
function setCongestion(sk: Sock, at: usize, len: u32): i32 {
  if (len >= 4 && load<u32>(at) == 0x6f6e6572) sk.ca_kind = 0;
  else if (len >= 5 && load<u32>(at) == 0x69627563) sk.ca_kind = 1;
  else return NOT_MODELLED;
  ecnDontxmit(sk);
  return 0;
}

/** setsockopt(2) with `len` bytes at `at`. 0, -errno or NOT_MODELLED. */
export function tcpSetsockopt(sock_idx: u32, level: u32, name: u32, at: usize, len: u32): i32 {
  const sk = sock(sock_idx);
  lockSock(sk);
  const ret = setOption(sk, level, name, at, len);
  releaseSock(sk);
  return ret;
}

function setOption(sk: Sock, level: u32, name: u32, at: usize, len: u32): i32 {
  if (level == SOL_TCP) return setTcpOption(sk, name, at, len);
  if (level == SOL_IP) return setIpOption(sk, name, at, len);
  if (len < 4) return -<i32>EINVAL;
  if (level == SOL_SOCKET) return setSocketOption(sk, name, at, len);
  return level == SOL_IPV6 ? setIpv6Option(sk, name, load<i32>(at)) : -<i32>ENOPROTOOPT;
}

/** SO_MEMINFO (sk_get_meminfo). */
function memInfo(sk: Sock, out: usize): void {
  memory.fill(out, 0, MEMINFO_WORDS << 2);
  store<u32>(out, sk.rmem_alloc);
  store<u32>(out, sk.rcvbuf, 4);
  store<u32>(out, sk.wmem_alloc, 8);
  store<u32>(out, sk.sndbuf, 12);
  store<u32>(out, sk.wmem_queued, 20);
}

function getSocketOption(sk: Sock, name: u32): i32 {
  switch (name) {
    case SO_ERROR: return takeAnyError(sk);
    case SO_OOBINLINE: return sk.hasFlag(SOCK_URGINLINE) ? 1 : 0;
    case SO_SNDBUF: return <i32>sk.sndbuf;
    case SO_RCVBUF: return <i32>sk.rcvbuf;
    case SO_REUSEADDR: return 1;
    case SO_KEEPALIVE: return sk.hasFlag(SOCK_KEEPOPEN) ? 1 : 0;
    case SO_ZEROCOPY: return sk.hasFlag(SOCK_ZEROCOPY) ? 1 : 0;
    case SO_RCVLOWAT: return sk.rcvlowat != 0 ? <i32>sk.rcvlowat : 1;
    default: return NOT_MODELLED;
  }
}

function getTcpOption(sk: Sock, name: u32): i32 {
  const c = hostConfig(sk.host);
  switch (name) {
    case TCP_NODELAY: return (<u32>sk.nonagle & TCP_NAGLE_OFF) != 0 ? 1 : 0;
    case TCP_CORK: return (<u32>sk.nonagle & TCP_NAGLE_CORK) != 0 ? 1 : 0;
    case TCP_MAXSEG: {
      const passive = stateIn(sk, (1 << TCP_CLOSE) | (1 << TCP_LISTEN));
      return sk.user_mss != 0 && passive ? <i32>sk.user_mss : <i32>sk.mss_cache;
    }
    case TCP_SYNCNT: return sk.syn_retries != 0 ? <i32>sk.syn_retries : <i32>c.tcp_syn_retries;
    case TCP_KEEPIDLE: return <i32>(keepaliveTimeWhen(sk) / 1000);
    case TCP_USER_TIMEOUT: return <i32>sk.user_timeout;
    case TCP_NOTSENT_LOWAT: return <i32>sk.notsent_lowat;
    case TCP_QUICKACK: return sk.pingpong == 0 ? 1 : 0;
    case TCP_INQ: return <i32>sk.recvmsg_inq;
    default: {
      const value = getBoundOption(sk, name);
      return value == NO_BOUND ? getFastopenOption(sk, name) : value;
    }
  }
}

/** getsockopt(2): writes at most `len` bytes at `at`. How many it wrote, -errno or NOT_MODELLED. */
export function tcpGetsockopt(sock_idx: u32, level: u32, name: u32, at: usize, len: u32): i32 {
  const sk = sock(sock_idx);
  if (level == SOL_TCP && name == TCP_INFO) {
    tcpInfoStruct(sock_idx, at);
    return <i32>(len < TCP_INFO_BYTES ? len : TCP_INFO_BYTES);
  }
  if (level == SOL_TCP && name == TCP_ZEROCOPY_RECEIVE) return tcpZerocopyReceive(sk, at, len);
  if (level == SOL_TCP && name == TCP_CC_INFO) return 0;
  if (level == SOL_TCP && name == TCP_FASTOPEN_KEY) return getFastopenKey(sk, at, len);
  if (level == SOL_SOCKET && name == SO_MEMINFO) {
    memInfo(sk, at);
    return <i32>(len < MEMINFO_WORDS << 2 ? len : MEMINFO_WORDS << 2);
  }
  if (level == SOL_SOCKET && name == SO_MAX_PACING_RATE) return getMaxPacingRate(sk, at, len);
  if (level == SOL_SOCKET && (name == SO_TIMESTAMPING_OLD || name == SO_TIMESTAMPING_NEW)) return getSoTimestamping(sk, name, at, len);
  let val = NOT_MODELLED;
  if (level == SOL_SOCKET) val = getSocketOption(sk, name);
  else if (level == SOL_TCP) val = getTcpOption(sk, name);
  else if (level == SOL_IP) val = getIpOption(sk, name);
  else if (level == SOL_IPV6) val = getIpv6Option(sk, name);
  if (val == NOT_MODELLED) return val;
  store<i32>(at, val);
  return <i32>(len < 4 ? len : 4);
}

/** Bytes that a read would find (SIOCINQ), -EINVAL on a listener (net/ipv4/tcp.c: tcp_ioctl, tcp_inq). */
export function tcpInq(sock_idx: u32): i32 {
  const sk = sock(sock_idx);
  if (sk.state == <u8>TCP_LISTEN) return -<i32>EINVAL;
  return <i32>inqOf(sk);
}

/** Bytes that were written and not acknowledged (SIOCOUTQ), -EINVAL on a listener (net/ipv4/tcp.c: tcp_ioctl). */
export function tcpOutq(sock_idx: u32): i32 {
  const sk = sock(sock_idx);
  if (sk.state == <u8>TCP_LISTEN) return -<i32>EINVAL;
  return stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV)) ? 0 : <i32>(sk.write_seq - sk.snd_una);
}

/** tcp_inq: after the peer's FIN one more is counted in RCV.NXT than there are bytes. */
export function inqOf(sk: Sock): u32 {
  if (stateIn(sk, (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV))) return 0;
  if (!sk.hasFlag(SOCK_URGINLINE) && sk.urg_data != 0 && !seqBefore(sk.urg_seq, sk.copied_seq) && seqBefore(sk.urg_seq, sk.rcv_nxt)) {
    return sk.urg_seq - sk.copied_seq;
  }
  const answer = sk.rcv_nxt - sk.copied_seq;
  return answer != 0 && sk.hasFlag(SOCK_DONE) ? answer - 1 : answer;
}

/** What TCP_INQ tells beside a read: bytes that the next one finds, and 1 when it finds the end (tcp_inq_hint). */
export function tcpInqHint(sock_idx: u32): i32 {
  const sk = sock(sock_idx);
  const inq = sk.rcv_nxt - sk.copied_seq;
  return inq == 0 && sk.hasFlag(SOCK_DONE) ? 1 : <i32>inq;
}
