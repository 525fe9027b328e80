/**
 * Fast Open of a server (RFC 7413 section 4.2; net/ipv4/tcp_fastopen.c: tcp_try_fastopen): a SYN with a valid cookie makes a
 * full socket at once, which has the SYN's data and may be accepted, read and written before the handshake is over. Until then
 * the half-open connection stays with it, for its SYN-ACK; it is in neither list nor table of the listener.
 *
 *     listener  <-- Mini.listener --  Mini  -- Mini.child, until accepted -->  child
 *                                     Mini  <-- Sock.fastopen_rsk -----------  child
 */
import {
  DROP_TCP_FASTOPEN, DROP_TCP_OVERWINDOW, DROP_TCP_RESET, DROP_TCP_RFC7323_PAWS, hostConfig, NONE, seqAfter, TCP_ATTEMPTFAILS,
  TCP_PAWSESTAB, TCP_TCPCHALLENGEACK, TCP_TCPFASTOPENCOOKIEREQD, TCP_TCPFASTOPENLISTENOVERFLOW, TCP_TCPFASTOPENPASSIVE,
  TCP_TCPFASTOPENPASSIVEALTKEY, TCP_TCPFASTOPENPASSIVEFAIL, TCP_TCPTIMEOUTS,
} from '../../sim/core';
import { Skb } from '../3-pool';
import {
  ehashInsert, mibInc, Mini, mini, miniFree, queueTail, receiveQueue, Sock, sock, sockHold, sockPut, TCP_LISTEN, TCP_SYN_RECV,
} from '../6-socket';
import { ICSK_TIME_RETRANS, TCP_CA_LOSS } from './ack_flags';
import { openreqChild } from './child';
import { jiffies, usDelta } from './clock';
import { pullHeader, tcpFin } from './data_queue';
import { tcpReset } from './done';
import { ecnRequestOption, ecnSynAgain } from './ecn_handshake';
import { initTransfer } from './established';
import {
  COOKIE_SIZE, cookieOf, cookieOut, fastopenKeys, takeCookie, TFO_SERVER_COOKIE_NOT_REQD, TFO_SERVER_ENABLE,
  TFO_SERVER_WO_SOCKOPT1,
} from './fastopen_cookie';
import { FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, parseOptions } from './header';
import { dropSkb, segsOf } from './ip';
import { presetBind } from './iss';
import { requestAck, requestLimited, retransmitSynack } from './listen';
import { pawsReject } from './paws';
import { anyRetransDone, enterLoss, tryUndoRecovery, updateRtoTime } from './recovery';
import { sendReset } from './reset';
import { rearmRto, resetXmitTimer, rttSample, TCP_TIMEOUT_INIT } from './rto';
import { Options, stage } from './stage';
import { inWindow } from './timewait';
import { countRto, writeErr } from './timers';

/** For so long a connection that a RST ended counts against fastopen_max_qlen: an address may be forged. */
const RST_COUNTS: u32 = 60000;

/** Has the listener turned Fast Open on, and room for another such child (tcp_fastopen_queue_check)? */
function queueCheck(lsk: Sock): bool {
  const most = lsk.fastopen_max_qlen;
  if (most == 0) return false;
  if (lsk.fastopen_qlen < most) return true;
  const head = lsk.fastopen_rst_head;
  if (head == NONE || seqAfter(mini(head).expires, jiffies())) {
    mibInc(lsk.host, TCP_TCPFASTOPENLISTENOVERFLOW);
    return false;
  }
  forgetRst(lsk);
  lsk.fastopen_qlen--;
  return true;
}

/** Frees the oldest half-open connection that a RST ended. */
function forgetRst(lsk: Sock): void {
  const m = mini(lsk.fastopen_rst_head);
  lsk.fastopen_rst_head = m.list_next;
  if (lsk.fastopen_rst_head == NONE) lsk.fastopen_rst_tail = NONE;
  freeRequest(m);
}
/** The listener closes (inet_csk_listen_stop). */
export function forgetRsts(lsk: Sock): void {
  while (lsk.fastopen_rst_head != NONE) forgetRst(lsk);
}

function freeRequest(m: Mini): void {
  const listener = m.listener;
  miniFree(m.handle);
  sockPut(listener);
}

/** listen() may turn Fast Open on (__inet_listen_sk). */
export function fastopenListen(lsk: Sock, backlog: u32): void {
  const sysctl = hostConfig(lsk.host).tcp_fastopen;
  const both = TFO_SERVER_WO_SOCKOPT1 | TFO_SERVER_ENABLE;
  if ((sysctl & both) == both && lsk.fastopen_max_qlen == 0) lsk.fastopen_max_qlen = backlog;
}

/** Which key made a cookie of eight bytes: 1 the first, 2 the backup, 0 none. cookieOut() gets the one of the first key. */
function matchingKey(lsk: Sock, m: Mini, len: i32, val: u64): u32 {
  const out = cookieOut();
  let found: u32 = 0;
  for (let i: u32 = 0; i < fastopenKeys(lsk) && found == 0; i++) {
    const cookie = cookieOf(lsk, i, m.family, m.raddr0, m.raddr1, m.laddr0, m.laddr1);
    if (i == 0) {
      out.val0 = cookie;
      out.len = COOKIE_SIZE;
    }
    if (len == COOKIE_SIZE && val == cookie) found = i + 1;
  }
  return found;
}

/**
 * A SYN with data, a cookie, or a request for one. The child that it makes, or NONE. cookieOut() is what the SYN-ACK shall
 * carry (tcp_try_fastopen).
 */
export function tryFastopen(lsk: Sock, m: Mini, b: Skb, skb_idx: u32, header_len: u32, opt: Options): u32 {
  const foc = takeCookie(opt, <usize>b.head + b.transport_off);
  const out = cookieOut();
  out.clear(-1);
  const sysctl = hostConfig(lsk.host).tcp_fastopen;
  const syn_data = b.end_seq != b.seq + 1;
  if (foc.len == 0) mibInc(lsk.host, TCP_TCPFASTOPENCOOKIEREQD);
  if ((sysctl & TFO_SERVER_ENABLE) == 0 || !(syn_data || foc.len >= 0) || !queueCheck(lsk)) return NONE;
  let key: u32 = 1;
  if ((sysctl & TFO_SERVER_COOKIE_NOT_REQD) == 0 && lsk.fastopen_no_cookie == 0) {
    if (foc.len < 0) return NONE;
    out.exp = foc.exp;
    key = matchingKey(lsk, m, foc.len, foc.val0);
    if (foc.len == 0) return NONE; // asked for one
    if (key == 0) {
      mibInc(lsk.host, TCP_TCPFASTOPENPASSIVEFAIL);
      return NONE;
    }
  }
  const child_idx = createChild(lsk, m, b, skb_idx, header_len);
  if (child_idx == NONE) {
    mibInc(lsk.host, TCP_TCPFASTOPENPASSIVEFAIL);
    return NONE;
  }
  // A client with a cookie of the backup key gets a new one.
  if (key == 2) mibInc(lsk.host, TCP_TCPFASTOPENPASSIVEALTKEY);
  else out.len = -1;
  mibInc(lsk.host, TCP_TCPFASTOPENPASSIVE);
  sock(child_idx).syn_fastopen_child = 1;
  return child_idx;
}

/** tcp_fastopen_create_child. */
function createChild(lsk: Sock, m: Mini, b: Skb, skb_idx: u32, header_len: u32): u32 {
  const idx = openreqChild(lsk, m, b, header_len);
  if (idx == NONE) return NONE;
  const sk = sock(idx);
  ehashInsert(sk);
  presetBind(sk, idx);
  lsk.fastopen_qlen++;
  sockHold(lsk.handle);
  sk.fastopen_rsk = m.handle;
  m.child = idx;
  // The window of a SYN is never scaled.
  sk.snd_wnd = b.window;
  sk.max_window = sk.snd_wnd;
  resetXmitTimer(sk, ICSK_TIME_RETRANS, TCP_TIMEOUT_INIT);
  initTransfer(sk);
  sk.rcv_nxt = b.seq + 1;
  sk.segs_in = 1;
  fastopenAddSkb(sk, b, skb_idx, header_len);
  m.rcv_nxt = sk.rcv_nxt;
  sk.rcv_wup = sk.rcv_nxt;
  sk.rcv_mwnd_seq = sk.rcv_wup + sk.rcv_wnd;
  return idx;
}

/** Data or a FIN that came with a SYN or SYN-ACK goes into the receive queue: then true (tcp_fastopen_add_skb). */
export function fastopenAddSkb(sk: Sock, b: Skb, skb_idx: u32, header_len: u32): bool {
  if (b.end_seq == sk.rcv_nxt) return false;
  sk.segs_in = segsOf(b);
  if (b.len > header_len) sk.data_segs_in += segsOf(b);
  pullHeader(b, header_len);
  b.seq++;
  b.tcp_flags &= ~<u8>FLAG_SYN;
  sk.rcv_nxt = b.end_seq;
  queueTail(receiveQueue(sk), skb_idx);
  b.sock = sk.handle;
  sk.rmem_alloc += b.truesize;
  sk.syn_data_acked = 1;
  sk.bytes_received = b.len;
  if ((b.tcp_flags & <u8>FLAG_FIN) != 0) tcpFin(sk);
  return true;
}

/** May data be sent before the handshake is over (tcp_passive_fastopen)? */
export function passiveFastopen(sk: Sock): bool {
  return sk.state == <u8>TCP_SYN_RECV && sk.fastopen_rsk != NONE;
}

/** The child needs its half-open connection no more; `reset`: a RST ended it (reqsk_fastopen_remove). */
export function fastopenRemove(sk: Sock, reset: bool): void {
  if (sk.fastopen_rsk == NONE) return;
  const m = mini(sk.fastopen_rsk);
  const lsk = sock(m.listener);
  sk.fastopen_rsk = NONE;
  lsk.fastopen_qlen--;
  if (m.child != NONE || !reset || lsk.state != <u8>TCP_LISTEN) return freeRequest(m);
  m.expires = jiffies() + RST_COUNTS;
  m.list_next = NONE;
  if (lsk.fastopen_rst_tail == NONE) lsk.fastopen_rst_head = m.handle;
  else mini(lsk.fastopen_rst_tail).list_next = m.handle;
  lsk.fastopen_rst_tail = m.handle;
  lsk.fastopen_qlen++;
}

/** The child is accepted (inet_csk_accept). */
export function fastopenAccepted(sk: Sock): void {
  if (sk.fastopen_rsk != NONE) mini(sk.fastopen_rsk).child = NONE;
}

/** Out of window or with an old timestamp. */
function reject(sk: Sock, m: Mini, b: Skb, skb_idx: u32, paws_reject: bool): bool {
  const limited = (b.seq == b.end_seq || (b.tcp_flags & <u8>FLAG_SYN) != 0) && requestLimited(m);
  if ((b.tcp_flags & <u8>FLAG_RST) == 0 && !limited) requestAck(m, b, sk.snd_nxt);
  if (paws_reject) mibInc(sk.host, TCP_PAWSESTAB);
  dropSkb(skb_idx, paws_reject ? DROP_TCP_RFC7323_PAWS : DROP_TCP_OVERWINDOW);
  return false;
}

/** RST or SYN (the label embryonic_reset): a SYN alone ends nothing. */
function embryonicReset(sk: Sock, b: Skb, skb_idx: u32, rst: bool): bool {
  mibInc(sk.host, TCP_ATTEMPTFAILS);
  if (rst) {
    fastopenRemove(sk, true);
    tcpReset(sk);
  } else sendReset(sk.host, b, sk.family, sk.raddr0, sk.raddr1, sk.laddr0, sk.laddr1);
  dropSkb(skb_idx, DROP_TCP_RESET);
  return false;
}

/** A segment for a child whose handshake is not over. False: it was dealt with and is gone (tcp_check_req). */
export function fastopenCheckReq(sk: Sock, b: Skb, skb_idx: u32, th: usize, header_len: u32): bool {
  const m = mini(sk.fastopen_rsk);
  let flags = <u32>b.tcp_flags & (FLAG_RST | FLAG_SYN | FLAG_ACK);
  const opt = parseOptions(sk.host, th, header_len, false, hostConfig(sk.host).tcp_timestamps, false);
  const paws_reject = opt.saw_tstamp != 0 && pawsReject(m.ts_recent, m.ts_recent_stamp, opt.tsval, (flags & FLAG_RST) != 0);
  if (b.seq == m.rcv_seq && flags == FLAG_SYN && !paws_reject) {
    if (!requestLimited(m)) {
      ecnSynAgain(m, b);
      rtxSynack(sk, m);
    }
    dropSkb(skb_idx, DROP_TCP_FASTOPEN);
    return false;
  }
  const window = m.rcv_wnd < 0xffff ? m.rcv_wnd : 0xffff;
  if (paws_reject || !inWindow(b.seq, b.end_seq, m.rcv_nxt, m.rcv_nxt + window)) return reject(sk, m, b, skb_idx, paws_reject);
  if (b.seq == m.rcv_seq) flags &= ~FLAG_SYN;
  if ((flags & FLAG_RST) != 0 && b.seq != m.rcv_nxt) {
    if (!requestLimited(m)) {
      mibInc(sk.host, TCP_TCPCHALLENGEACK);
      requestAck(m, b, sk.snd_nxt);
    }
    dropSkb(skb_idx, DROP_TCP_RESET);
    return false;
  }
  if ((flags & (FLAG_RST | FLAG_SYN)) != 0) return embryonicReset(sk, b, skb_idx, (flags & FLAG_RST) != 0);
  if ((flags & FLAG_ACK) == 0) {
    dropSkb(skb_idx, DROP_TCP_FASTOPEN);
    return false;
  }
  if (opt.accecn_at != 0) ecnRequestOption(m, th + opt.accecn_at);
  return true;
}

/** tcp_rtx_synack. */
function rtxSynack(sk: Sock, m: Mini): void {
  retransmitSynack(m, sk);
  if (passiveFastopen(sk)) sk.total_retrans++;
}

/** The SYN-ACK was not answered in time. Nothing else is sent again until it is (tcp_fastopen_synack_timer). */
export function fastopenSynackTimer(sk: Sock): void {
  const m = mini(sk.fastopen_rsk);
  mibInc(sk.host, TCP_TCPTIMEOUTS);
  const most = sk.syn_retries != 0 ? <u32>sk.syn_retries : hostConfig(sk.host).tcp_synack_retries + 1;
  if (<u32>m.num_timeout >= most) return writeErr(sk);
  if (sk.retransmits == 1) enterLoss(sk);
  rtxSynack(sk, m);
  m.num_timeout++;
  countRto(sk);
  if (sk.retrans_stamp == 0) sk.retrans_stamp = jiffies();
  resetXmitTimer(sk, ICSK_TIME_RETRANS, TCP_TIMEOUT_INIT << m.num_timeout);
}

/** The handshake is the first round trip, unless something else was (tcp_synack_rtt_meas). */
export function fastopenRtt(sk: Sock): void {
  const m = mini(sk.fastopen_rsk);
  if (sk.srtt_us != 0 || m.num_retrans != 0 || m.snt_synack == 0) return;
  const rtt = usDelta(stage().us, m.snt_synack);
  rttSample(sk, rtt, <i32>rtt, false);
}

/** Our SYN-ACK was acknowledged (tcp_rcv_synrecv_state_fastopen). */
export function fastopenEstablished(sk: Sock): void {
  if (sk.ca_state == TCP_CA_LOSS && sk.packets_out == 0) tryUndoRecovery(sk);
  updateRtoTime(sk);
  sk.retransmits = 0;
  if (!anyRetransDone(sk)) sk.retrans_stamp = 0;
  fastopenRemove(sk, false);
  rearmRto(sk);
}
