/** TIME-WAIT, kept in a mini socket (net/ipv4/tcp_minisocks.c: tcp_time_wait, tcp_timewait_state_process; RFC 1337). */
import {
  DROP_TCP_RFC7323_PAWS, hostConfig, NONE, seqAfter, seqBefore, TCP_TCPTIMEWAITOVERFLOW, TCP_TW, timerArm, timerCancel, traceTcpState,
} from '../../sim/core';
import { Skb } from '../3-pool';
import {
  ehashInsert, ehashRemove, KEY_OFFSET, listenerLookup, mibInc, Mini, mini, miniAlloc, miniFree, miniTimer, Sock, sock, SockCommon,
  TCP_CLOSE, TCP_FIN_WAIT2, TCP_TIME_WAIT,
} from '../6-socket';
import { oowLimited } from './ack_out';
import { clockRefresh, jiffies, jiffyToNs } from './clock';
import { tcpDone } from './done';
import { INET_ECN_MASK } from './ecn';
import { FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, parseOptions, TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED, writeTimestamp } from './header';
import { dropSkb, rxFree } from './ip';
import { receiveOnListener } from './listen';
import { updateMetrics } from './metrics';
import { pawsReject, seconds } from './paws';
import { sendReset } from './reset';
import { Options } from './stage';
import { transition } from './state';
import { replyHeader, transmitReply } from './transmit';
import { receiveWindow } from './window';

/** Jiffies of TIME-WAIT and of an orphaned FIN-WAIT-2 (tcp_fin_time). */
export function timewaitLen(host: u32): u32 {
  return <u32>(hostConfig(host).tcp_timewait_ns / 1000000);
}
export function finTime(sk: Sock): u32 {
  const timeout = sk.linger2 != 0 ? <u32>sk.linger2 : <u32>(hostConfig(sk.host).tcp_fin_timeout_ns / 1000000);
  const least = (sk.rto << 2) - (sk.rto >> 1);
  return timeout > least ? timeout : least;
}

/** Copies the four-tuple. */
export function copyKey(to: SockCommon, from: SockCommon): void {
  to.laddr0 = from.laddr0;
  to.laddr1 = from.laddr1;
  to.raddr0 = from.raddr0;
  to.raddr1 = from.raddr1;
  store<u64>(changetype<usize>(to), load<u64>(changetype<usize>(from), KEY_OFFSET), KEY_OFFSET);
}

function armMini(m: Mini, len: u32): void {
  timerArm(miniTimer(m), jiffyToNs(jiffies() + len));
}

/** A mini socket takes the connection over for a while; the socket itself is done (tcp_time_wait). */
export function timeWait(sk: Sock, state: u32, timeo: u32): void {
  const handle = miniAlloc(sk.host);
  if (handle == NONE) mibInc(sk.host, TCP_TCPTIMEWAITOVERFLOW);
  else {
    const m = mini(handle);
    copyKey(m, sk);
    m.state = <u8>TCP_TIME_WAIT;
    m.substate = <u8>state;
    m.rcv_wscale = sk.rcv_wscale;
    m.rcv_seq = sk.rcv_nxt;
    m.snd_seq = sk.snd_nxt;
    m.rcv_wnd = receiveWindow(sk);
    m.tstamp_ok = sk.tstamp_ok;
    m.ts_recent = sk.ts_recent;
    m.ts_recent_stamp = sk.ts_recent_stamp;
    m.ts_off = sk.tsoffset;
    m.txhash = sk.txhash;
    m.reply_tos = sk.tos;
    m.entry_stamp = jiffies();
    const least = (sk.rto << 2) - (sk.rto >> 1);
    const len = state == TCP_TIME_WAIT ? timewaitLen(sk.host) : timeo > least ? timeo : least;
    ehashInsert(m);
    armMini(m, len);
    if (state == TCP_TIME_WAIT) transition(sk, TCP_TIME_WAIT);
  }
  updateMetrics(sk);
  tcpDone(sk);
}

/** The end of TIME-WAIT (inet_twsk_kill). */
export function timewaitKill(m: Mini): void {
  traceTcpState(0, NONE, m.handle, m.substate, TCP_CLOSE);
  timerCancel(miniTimer(m));
  ehashRemove(m);
  miniFree(m.handle);
}

/** TIME-WAIT's time is up. */
export function timewaitTimeout(m: Mini): void {
  mibInc(m.host, TCP_TW);
  timewaitKill(m);
}

/** tcp_in_window. */
export function inWindow(seq: u32, end_seq: u32, s_win: u32, e_win: u32): bool {
  if (seq == s_win) return true;
  if (seqAfter(end_seq, s_win) && seqBefore(seq, e_win)) return true;
  return seq == e_win && seq == end_seq;
}

/** tcp_v4_timewait_ack. */
function timewaitAck(m: Mini): void {
  let options_len: u32 = 0;
  if (m.tstamp_ok != 0) {
    writeTimestamp(replyHeader(m) + TCP_HLEN, jiffies() + m.ts_off, m.ts_recent);
    options_len = TCPOLEN_TSTAMP_ALIGNED;
  }
  transmitReply(m, m.snd_seq, m.rcv_seq, FLAG_ACK, m.rcv_wnd >> m.rcv_wscale, m.txhash, options_len);
}

/** An ACK in answer to what is out of place, at most two a second for segments without data; not ECN-capable. */
function limitedAck(m: Mini, b: Skb): void {
  if (b.seq == b.end_seq || (b.tcp_flags & <u8>FLAG_SYN) != 0) {
    if (oowLimited(m.host, m.last_oow_ack_time)) return;
    m.last_oow_ack_time = jiffies();
  }
  const tos = m.reply_tos;
  m.reply_tos = tos & ~<u8>INET_ECN_MASK;
  timewaitAck(m);
  m.reply_tos = tos;
}

function takeTsRecent(m: Mini, opt: Options): void {
  if (opt.saw_tstamp == 0) return;
  m.ts_recent = opt.tsval;
  m.ts_recent_stamp = seconds();
}

function resetBySegment(m: Mini, b: Skb): void {
  sendReset(m.host, b, m.family, m.raddr0, m.raddr1, m.laddr0, m.laddr1);
  timewaitKill(m);
}

/** Still FIN-WAIT-2, only without its socket. */
function onFinWait2(m: Mini, b: Skb, opt: Options, paws_reject: bool): void {
  const flags = <u32>b.tcp_flags;
  const rcv_nxt = m.rcv_seq;
  if (paws_reject || !inWindow(b.seq, b.end_seq, rcv_nxt, rcv_nxt + m.rcv_wnd)) return limitedAck(m, b);
  if ((flags & FLAG_RST) != 0) return timewaitKill(m);
  if ((flags & FLAG_SYN) != 0 && !seqBefore(b.seq, rcv_nxt)) return resetBySegment(m, b);
  if ((flags & FLAG_ACK) == 0 || !seqAfter(b.end_seq, rcv_nxt) || b.end_seq == b.seq) return;
  // New data after the application has gone.
  if ((flags & FLAG_FIN) == 0 || b.end_seq != rcv_nxt + 1) return resetBySegment(m, b);
  traceTcpState(b.pkt_id, NONE, m.handle, TCP_FIN_WAIT2, TCP_TIME_WAIT);
  m.substate = <u8>TCP_TIME_WAIT;
  m.rcv_seq = b.end_seq;
  takeTsRecent(m, opt);
  if (opt.saw_tstamp != 0) m.entry_stamp = jiffies();
  armMini(m, timewaitLen(m.host));
  timewaitAck(m);
}

/** May this SYN begin a new connection (RFC 9293 section 3.10.7.4)? */
function reopens(m: Mini, b: Skb, opt: Options): bool {
  if ((b.tcp_flags & <u8>(FLAG_SYN | FLAG_RST | FLAG_ACK)) != <u8>FLAG_SYN) return false;
  return seqAfter(b.seq, m.rcv_seq) || (opt.saw_tstamp != 0 && <i32>(m.ts_recent - opt.tsval) < 0);
}

/** A segment for a connection in TIME-WAIT. */
export function receiveOnTimeWait(m: Mini, b: Skb, skb_idx: u32, th: usize, header_len: u32): void {
  clockRefresh();
  const flags = <u32>b.tcp_flags;
  const opt = parseOptions(m.host, th, header_len, false, m.tstamp_ok != 0, false);
  const paws_reject = opt.saw_tstamp != 0 && m.ts_recent_stamp != 0
    && pawsReject(m.ts_recent, m.ts_recent_stamp, opt.tsval, (flags & FLAG_RST) != 0);
  if (m.substate == <u8>TCP_FIN_WAIT2) {
    onFinWait2(m, b, opt, paws_reject);
    rxFree(skb_idx);
    return;
  }
  if (!paws_reject && b.seq == m.rcv_seq && (b.seq == b.end_seq || (flags & FLAG_RST) != 0)) {
    // A reset may be an old one (RFC 1337): whether it counts is the host's choice.
    if ((flags & FLAG_RST) != 0 && !hostConfig(m.host).tcp_rfc1337) timewaitKill(m);
    else {
      armMini(m, timewaitLen(m.host));
      takeTsRecent(m, opt);
    }
    rxFree(skb_idx);
    return;
  }
  if (!paws_reject && reopens(m, b, opt)) {
    const listener = listenerLookup(m.host, m.family, m.laddr0, m.laddr1, m.lport);
    if (listener != NONE) {
      let isn = m.snd_seq + 65535 + 2;
      if (isn == 0) isn = 1;
      // The mini socket is freed but not cleared, and it is the next that will be taken: read its key first.
      const saddr0 = m.raddr0;
      const saddr1 = m.raddr1;
      const daddr0 = m.laddr0;
      const daddr1 = m.laddr1;
      const family = <u32>m.family;
      timewaitKill(m);
      receiveOnListener(sock(listener), b, skb_idx, family, saddr0, saddr1, daddr0, daddr1, isn);
      return;
    }
  }
  if ((flags & FLAG_RST) == 0) {
    if (paws_reject || (flags & FLAG_ACK) != 0) armMini(m, timewaitLen(m.host));
    limitedAck(m, b);
  }
  if (paws_reject) dropSkb(skb_idx, DROP_TCP_RFC7323_PAWS);
  else rxFree(skb_idx);
}
