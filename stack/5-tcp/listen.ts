/**
 * Passive open (net/ipv4/tcp_input.c: tcp_conn_request; net/ipv4/tcp_minisocks.c: tcp_check_req). A half-open connection is
 * a mini socket; its last ACK makes a full socket, which waits in the listener's accept queue.
 *
 * With a full SYN queue a SYN is dropped, or answered with a cookie (syn_cookies.ts).
 */
import {
  draw, DROP_NOMEM, DROP_TCP_FLAGS, DROP_TCP_LISTEN_OVERFLOW, DROP_TCP_OVERWINDOW, DROP_TCP_RESET, DROP_TCP_RFC7323_PAWS,
  DROP_TCP_RFC7323_TSECR, hostConfig, NONE, seqAfter, seqBetween, STREAM_TCP_ISS, TCP_ATTEMPTFAILS, TCP_EMBRYONICRSTS, TCP_LISTENDROPS,
  TCP_LISTENOVERFLOWS, TCP_PAWSESTAB, TCP_RETRANSSEGS, TCP_TCPCHALLENGEACK, TCP_TCPREQQFULLDROP, TCP_TCPSYNRETRANS, TCP_TCPTIMEOUTS,
  TCP_TSECRREJECTED, timerArm, timerCancel,
} from '../../sim/core';
import { Skb } from '../3-pool';
import {
  ehashInsert, ehashRemove, KEY_OFFSET, mibInc, Mini, mini, miniAlloc, miniFree, miniTimer, Sock, sock, SOCK_RCVBUF_LOCK, TCP_NEW_SYN_RECV,
  TCP_SYN_RECV, tupleKey, wakeReadable,
} from '../6-socket';
import { oowLimited } from './ack_out';
import { openreqChild } from './child';
import { clockRefresh, jiffies, jiffyToNs } from './clock';
import { deferAccept, requestExpired, requestResends } from './defer_accept';
import { INET_ECN_MASK } from './ecn';
import { ecnCreateRequest, ecnMakeSynack, ecnRequestOption, ecnSynackSentAgain, ecnSynAgain } from './ecn_handshake';
import { synOptionsLen, withAccecn } from './ecn_out';
import { cookieOut, fastopenLen, writeFastopen } from './fastopen_cookie';
import { tryFastopen } from './fastopen_server';
import {
  FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, OPTION_SACK_ADVERTISE, OPTION_TS, OPTION_WSCALE, parseOptions, TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED,
  writeSynOptions, writeTimestamp,
} from './header';
import { receiveOnSock } from './input';
import { dropSkb, rxFree } from './ip';
import { initSequence, initTsOffset, presetBind } from './iss';
import { clampMss, MSS_DEFAULT_V6, pathAdvmss } from './mss';
import { pawsReject, seconds } from './paws';
import { TCP_MSS_DEFAULT } from './rcvbuf';
import { sendReset } from './reset';
import { TCP_TIMEOUT_INIT } from './rto';
import { Options, stage } from './stage';
import { cookieCheck, cookieInit, cookieWanted } from './syn_cookies';
import { inWindow } from './timewait';
import { replyHeader, transmitReply } from './transmit';
import { selectInitialWindow, tcpFullSpace } from './window';

function listenDrop(sk: Sock, skb_idx: u32, reason: u32): void {
  mibInc(sk.host, TCP_LISTENDROPS);
  dropSkb(skb_idx, reason);
}

/** A segment that matches only a listener. `isn`: not 0 when the SYN ends a TIME-WAIT. Addresses are the segment's. */
export function receiveOnListener(
  sk: Sock, b: Skb, skb_idx: u32, family: u32, saddr0: u64, saddr1: u64, daddr0: u64, daddr1: u64, isn: u32,
): void {
  const flags = <u32>b.tcp_flags;
  if ((flags & FLAG_ACK) != 0) {
    if (receiveCookie(sk, b, skb_idx, family, saddr0, saddr1, daddr0, daddr1)) return;
    sendReset(sk.host, b, family, saddr0, saddr1, daddr0, daddr1);
    dropSkb(skb_idx, DROP_TCP_FLAGS);
    return;
  }
  if ((flags & FLAG_RST) != 0) return dropSkb(skb_idx, DROP_TCP_RESET);
  if ((flags & FLAG_SYN) == 0 || (flags & FLAG_FIN) != 0) return dropSkb(skb_idx, DROP_TCP_FLAGS);
  if (isn == 0 && sk.syn_qlen > sk.max_ack_backlog && !cookieWanted(sk, true)) {
    mibInc(sk.host, TCP_TCPREQQFULLDROP);
    return listenDrop(sk, skb_idx, DROP_TCP_LISTEN_OVERFLOW);
  }
  if (sk.ack_backlog > sk.max_ack_backlog) {
    mibInc(sk.host, TCP_LISTENOVERFLOWS);
    return listenDrop(sk, skb_idx, DROP_TCP_LISTEN_OVERFLOW);
  }
  const handle = miniAlloc(sk.host);
  if (handle == NONE) return listenDrop(sk, skb_idx, DROP_NOMEM);
  clockRefresh();
  const m = mini(handle);
  const th = <usize>b.head + b.transport_off;
  setKey(sk, m, th, family, saddr0, saddr1, daddr0, daddr1);
  const header_len = (<u32>load<u8>(th, 12) >> 4) << 2;
  const opt = parseOptions(sk.host, th, header_len, true, hostConfig(sk.host).tcp_timestamps, false);
  if (!openRequest(sk, m, b, skb_idx, header_len, opt, isn)) rxFree(skb_idx);
}

/** Addresses and ports of a segment, turned round. */
function setKey(sk: Sock, m: Mini, th: usize, family: u32, saddr0: u64, saddr1: u64, daddr0: u64, daddr1: u64): void {
  m.laddr0 = daddr0;
  m.laddr1 = daddr1;
  m.raddr0 = saddr0;
  m.raddr1 = saddr1;
  const sport = <u32>bswap<u16>(load<u16>(th));
  store<u64>(changetype<usize>(m), tupleKey(sk.host, family, sk.lport, sport), KEY_OFFSET);
}

/** An ACK that brings a SYN cookie back makes a connection (cookie_v4_check). False: it brings none. */
function receiveCookie(sk: Sock, b: Skb, skb_idx: u32, family: u32, saddr0: u64, saddr1: u64, daddr0: u64, daddr1: u64): bool {
  if (hostConfig(sk.host).tcp_syncookies == 0) return false;
  const handle = miniAlloc(sk.host);
  if (handle == NONE) return false;
  clockRefresh();
  const m = mini(handle);
  const th = <usize>b.head + b.transport_off;
  const header_len = (<u32>load<u8>(th, 12) >> 4) << 2;
  m.state = <u8>TCP_NEW_SYN_RECV;
  m.listener = sk.handle;
  setKey(sk, m, th, family, saddr0, saddr1, daddr0, daddr1);
  const opt = parseOptions(sk.host, th, header_len, false, hostConfig(sk.host).tcp_timestamps, false);
  if (!cookieCheck(sk, m, b, opt)) {
    miniFree(handle);
    return false;
  }
  m.ts_recent_stamp = seconds();
  m.txhash = <u32>draw(m.host, STREAM_TCP_ISS);
  selectInitialWindow(m.host, tcpFullSpace(sk), m.mss, windowClamp(sk), m.wscale_ok != 0);
  takeWindow(m);
  hashRequest(sk, m);
  completeHandshake(m, b, skb_idx, th, header_len, opt);
  // No room for the socket: no timer would end what is left of it.
  if (m.state == <u8>TCP_NEW_SYN_RECV) dropRequest(m);
  return true;
}

/** A receive buffer that the application chose bounds the window. */
function windowClamp(sk: Sock): u32 {
  return (sk.userlocks & SOCK_RCVBUF_LOCK) != 0 ? <u32>tcpFullSpace(sk) : 0;
}

/** What selectInitialWindow chose. */
function takeWindow(m: Mini): void {
  const s = stage();
  m.rcv_wnd = s.init_rcv_wnd;
  m.window_clamp = s.init_window_clamp;
  m.rcv_wscale = <u8>s.init_wscale;
}

/**
 * Fills a half-open connection from its SYN and answers (tcp_openreq_init, tcp_openreq_init_rwin). True: a Fast Open child has
 * taken the skb over.
 */
function openRequest(sk: Sock, m: Mini, b: Skb, skb_idx: u32, header_len: u32, opt: Options, isn: u32): bool {
  m.state = <u8>TCP_NEW_SYN_RECV;
  m.listener = sk.handle;
  m.rcv_seq = b.seq;
  m.rcv_nxt = b.seq + 1;
  m.mss = clampMss(sk, opt.mss != 0 ? opt.mss : m.family == 4 ? TCP_MSS_DEFAULT : MSS_DEFAULT_V6);
  m.ts_recent = opt.saw_tstamp != 0 ? opt.tsval : 0;
  m.ts_recent_stamp = seconds();
  m.tstamp_ok = <u8>opt.saw_tstamp;
  m.sack_ok = <u8>opt.sack_ok;
  m.wscale_ok = <u8>opt.wscale_ok;
  m.snd_wscale = <u8>opt.snd_wscale;
  ecnCreateRequest(m, b, <usize>b.head + b.transport_off);
  m.txhash = <u32>draw(m.host, STREAM_TCP_ISS);
  m.snd_seq = initSequence(m);
  if (isn != 0) m.snd_seq = isn;
  m.ts_off = initTsOffset(m);
  const cookie = isn == 0 && cookieWanted(sk, sk.syn_qlen > sk.max_ack_backlog);
  if (cookie) cookieInit(sk, m, opt);
  const mss = clampMss(sk, pathAdvmss(m)) - (m.tstamp_ok != 0 ? TCPOLEN_TSTAMP_ALIGNED : 0);
  selectInitialWindow(m.host, tcpFullSpace(sk), mss, windowClamp(sk), m.wscale_ok != 0);
  takeWindow(m);
  if (cookie) {
    sendSynack(m, sk, false);
    miniFree(m.handle);
    return false;
  }
  const pkt_id = b.pkt_id;
  const child_idx = tryFastopen(sk, m, b, skb_idx, header_len, opt);
  if (child_idx != NONE) {
    const child = sock(child_idx);
    sendSynack(m, child, false);
    queueAccept(sk, child);
    wakeReadable(sk, pkt_id);
    return child.receive_head == skb_idx;
  }
  hashRequest(sk, m);
  presetBind(m, m.handle);
  sendSynack(m, sk, false);
  armRequest(m);
  return false;
}

/** A child waits to be accepted (inet_csk_reqsk_queue_add). */
function queueAccept(sk: Sock, child: Sock): void {
  child.listener = sk.handle;
  if (sk.accept_tail == NONE) sk.accept_head = child.handle;
  else sock(sk.accept_tail).accept_next = child.handle;
  sk.accept_tail = child.handle;
  sk.ack_backlog++;
}

/** Into the listener's list and the table of connections (inet_csk_reqsk_queue_hash_add). */
function hashRequest(sk: Sock, m: Mini): void {
  m.list_next = sk.request_head;
  if (m.list_next != NONE) mini(m.list_next).list_prev = m.handle;
  sk.request_head = m.handle;
  sk.syn_qlen++;
  ehashInsert(m);
}

function armRequest(m: Mini): void {
  const timeout = <u64>TCP_TIMEOUT_INIT << m.num_timeout;
  const most = hostConfig(m.host).tcp_rto_max_ms;
  timerArm(miniTimer(m), jiffyToNs(jiffies() + (timeout < <u64>most ? <u32>timeout : most)));
}

/**
 * tcp_make_synack. `sk`: the listener, or the Fast Open child. `again`: not for the first time, and not as the first answer to
 * a SYN.
 */
function sendSynack(m: Mini, sk: Sock, again: bool): void {
  let flags: u32 = 0;
  let tsval: u32 = 0;
  if (m.wscale_ok != 0) flags |= OPTION_WSCALE;
  if (m.sack_ok != 0) flags |= OPTION_SACK_ADVERTISE;
  if (m.tstamp_ok != 0) {
    flags |= OPTION_TS;
    tsval = jiffies() + m.ts_off;
    if (m.snt_tsval_first == 0) {
      if (tsval == 0) tsval = 0xffffffff;
      m.snt_tsval_first = tsval;
    }
    m.snt_tsval_last = tsval;
  }
  if (m.snt_synack == 0) m.snt_synack = stage().us;
  const th = replyHeader(m);
  if (m.accecn_ok != 0 && !again) flags = withAccecn(m.host, flags, synOptionsLen(flags) + fastopenLen(synOptionsLen(flags)));
  let options_len = writeSynOptions(th, clampMss(sk, pathAdvmss(m)), flags, m.rcv_wscale, tsval, m.ts_recent);
  options_len = writeFastopen(th, options_len);
  cookieOut().len = -1;
  const window = m.rcv_wnd < 0xffff ? m.rcv_wnd : 0xffff;
  m.reply_tos = sk.tos;
  m.syn_ect_snt = m.reply_tos & <u8>INET_ECN_MASK;
  transmitReply(m, m.snd_seq, m.rcv_nxt, FLAG_SYN | FLAG_ACK | ecnMakeSynack(m, again), window, m.txhash, options_len);
}

export function retransmitSynack(m: Mini, sk: Sock): void {
  sendSynack(m, sk, true);
  mibInc(m.host, TCP_RETRANSSEGS);
  mibInc(m.host, TCP_TCPSYNRETRANS);
  m.num_retrans++;
  ecnSynackSentAgain(m);
}

/** The SYN-ACK was not answered in time (net/ipv4/inet_connection_sock.c: reqsk_timer_handler). */
export function requestTimeout(m: Mini): void {
  clockRefresh();
  mibInc(m.host, TCP_TCPTIMEOUTS);
  const listener = sock(m.listener);
  const retries = listener.syn_retries != 0 ? <u32>listener.syn_retries : hostConfig(m.host).tcp_synack_retries;
  if (requestExpired(m, listener, retries)) return dropRequest(m);
  if (requestResends(m, listener)) retransmitSynack(m, listener);
  m.num_timeout++;
  armRequest(m);
}

/** Takes a half-open connection out of all tables and frees it. */
export function dropRequest(m: Mini): void {
  const sk = sock(m.listener);
  timerCancel(miniTimer(m));
  ehashRemove(m);
  if (m.list_prev == NONE) sk.request_head = m.list_next;
  else mini(m.list_prev).list_next = m.list_next;
  if (m.list_next != NONE) mini(m.list_next).list_prev = m.list_prev;
  sk.syn_qlen--;
  miniFree(m.handle);
}

/** An ACK for a half-open connection (tcp_v4_reqsk_send_ack). */
export function requestAck(m: Mini, b: Skb, seq: u32): void {
  let options_len: u32 = 0;
  if (m.tstamp_ok != 0) {
    writeTimestamp(replyHeader(m) + TCP_HLEN, jiffies() + m.ts_off, m.ts_recent);
    options_len = TCPOLEN_TSTAMP_ALIGNED;
  }
  const window = m.rcv_wnd < 0xffff ? m.rcv_wnd : 0xffff;
  m.reply_tos = b.ip_dsfield & ~<u8>INET_ECN_MASK;
  transmitReply(m, seq, m.rcv_nxt, FLAG_ACK, window >> m.rcv_wscale, m.txhash, options_len);
}

export function requestLimited(m: Mini): bool {
  if (oowLimited(m.host, m.last_oow_ack_time)) return true;
  m.last_oow_ack_time = jiffies();
  return false;
}

function rejectReason(m: Mini, b: Skb, opt: Options): u32 {
  if (opt.saw_tstamp != 0) {
    if (pawsReject(m.ts_recent, m.ts_recent_stamp, opt.tsval, (b.tcp_flags & <u8>FLAG_RST) != 0)) return DROP_TCP_RFC7323_PAWS;
    if (opt.tsecr != 0 && m.tstamp_ok != 0 && !seqBetween(opt.tsecr, m.snt_tsval_first, m.snt_tsval_last)) return DROP_TCP_RFC7323_TSECR;
  }
  const window = m.rcv_wnd < 0xffff ? m.rcv_wnd : 0xffff;
  return inWindow(b.seq, b.end_seq, m.rcv_seq + 1, m.rcv_seq + 1 + window) ? NONE : DROP_TCP_OVERWINDOW;
}

/** Out of window or with a wrong timestamp: answered and dropped. */
function rejectOnRequest(m: Mini, b: Skb, skb_idx: u32, reason: u32): void {
  const limited = (b.seq == b.end_seq || (b.tcp_flags & <u8>FLAG_SYN) != 0) && requestLimited(m);
  if ((b.tcp_flags & <u8>FLAG_RST) == 0 && !limited) requestAck(m, b, m.snd_seq + 1);
  if (reason == DROP_TCP_RFC7323_PAWS) mibInc(m.host, TCP_PAWSESTAB);
  else if (reason == DROP_TCP_RFC7323_TSECR) mibInc(m.host, TCP_TSECRREJECTED);
  dropSkb(skb_idx, reason);
}

/** RST or SYN ends a half-open connection (the label embryonic_reset). */
function embryonicReset(m: Mini, b: Skb, skb_idx: u32): void {
  mibInc(m.host, TCP_ATTEMPTFAILS);
  mibInc(m.host, TCP_EMBRYONICRSTS);
  sendReset(m.host, b, m.family, m.raddr0, m.raddr1, m.laddr0, m.laddr1);
  dropRequest(m);
  dropSkb(skb_idx, DROP_TCP_RESET);
}

/** A segment for a half-open connection (tcp_check_req). */
export function receiveOnRequest(m: Mini, b: Skb, skb_idx: u32, th: usize, header_len: u32): void {
  clockRefresh();
  let flags = <u32>b.tcp_flags & (FLAG_RST | FLAG_SYN | FLAG_ACK);
  const opt = parseOptions(m.host, th, header_len, false, m.tstamp_ok != 0, false);
  const paws_reject = opt.saw_tstamp != 0 && pawsReject(m.ts_recent, m.ts_recent_stamp, opt.tsval, (flags & FLAG_RST) != 0);
  if (b.seq == m.rcv_seq && flags == FLAG_SYN && !paws_reject) {
    // The SYN again: our answer was lost.
    if (!requestLimited(m)) {
      ecnSynAgain(m, b);
      retransmitSynack(m, sock(m.listener));
      armRequest(m);
    }
    rxFree(skb_idx);
    return;
  }
  if ((flags & (FLAG_ACK | FLAG_RST)) == FLAG_ACK && b.ack_seq != m.snd_seq + 1) {
    // Acknowledges what was never sent: the listener answers with a RST.
    sendReset(m.host, b, m.family, m.raddr0, m.raddr1, m.laddr0, m.laddr1);
    dropSkb(skb_idx, DROP_TCP_FLAGS);
    return;
  }
  const reason = rejectReason(m, b, opt);
  if (reason != NONE) return rejectOnRequest(m, b, skb_idx, reason);
  if (b.seq == m.rcv_seq) flags &= ~FLAG_SYN;
  if ((flags & FLAG_RST) != 0 && b.seq != m.rcv_seq + 1) {
    if (!requestLimited(m)) {
      mibInc(m.host, TCP_TCPCHALLENGEACK);
      requestAck(m, b, m.snd_seq + 1);
    }
    return dropSkb(skb_idx, DROP_TCP_RESET);
  }
  if ((flags & (FLAG_RST | FLAG_SYN)) != 0) return embryonicReset(m, b, skb_idx);
  if ((flags & FLAG_ACK) == 0) return dropSkb(skb_idx, DROP_TCP_FLAGS);
  if (opt.accecn_at != 0) ecnRequestOption(m, th + opt.accecn_at);
  if (deferAccept(m, sock(m.listener), b)) return rxFree(skb_idx);
  completeHandshake(m, b, skb_idx, th, header_len, opt);
}

/** The last ACK: a socket is made and takes the segment (tcp_v4_syn_recv_sock, tcp_child_process). */
function completeHandshake(m: Mini, b: Skb, skb_idx: u32, th: usize, header_len: u32, opt: Options): void {
  const listener = sock(m.listener);
  if (listener.ack_backlog > listener.max_ack_backlog) {
    mibInc(m.host, TCP_LISTENOVERFLOWS);
    m.acked = 1;
    return listenDrop(listener, skb_idx, DROP_TCP_LISTEN_OVERFLOW);
  }
  const child_idx = openreqChild(listener, m, b, header_len);
  if (child_idx == NONE) return listenDrop(listener, skb_idx, DROP_NOMEM);
  const child = sock(child_idx);
  if (opt.saw_tstamp != 0 && !seqAfter(b.seq, m.rcv_seq + 1)) child.ts_recent = opt.tsval;
  dropRequest(m);
  ehashInsert(child);
  presetBind(child, child_idx);
  queueAccept(listener, child);
  const pkt_id = b.pkt_id;
  receiveOnSock(child, b, skb_idx, th, bswap<u32>(load<u32>(th, 12)), header_len);
  if (child.state != <u8>TCP_SYN_RECV) wakeReadable(listener, pkt_id);
}
