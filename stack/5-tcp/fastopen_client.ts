/**
 * Fast Open of a client (RFC 7413 section 4.2; net/ipv4/tcp_output.c: tcp_send_syn_data; net/ipv4/tcp_input.c:
 * tcp_rcv_fastopen_synack): data goes with the SYN if there is a cookie for the peer; else the SYN asks for one.
 *
 *     rtx queue after a SYN with data:   [ SYN ][ data ]     one segment on the wire, two packets to the bookkeeping
 */
import { hostConfig, NONE, TCP_TCPFASTOPENACTIVE, TCP_TCPFASTOPENACTIVEFAIL, TCP_TCPORIGDATASENT } from '../../sim/core';
import { Skb, skb, skbAlloc, skbFree, skbZcopySet } from '../3-pool';
import { mibInc, queueTail, rtxQueue, Sock, TX_SKB_TRUESIZE, wmemAdd, wmemSub, writeQueue } from '../6-socket';
import { chronoStart, CHRONO_BUSY } from './chrono';
import { Cookie, cookieOut, takeCookie, TFO_CLIENT_NO_COOKIE } from './fastopen_cookie';
import { fastopenPaused } from './fastopen_blackhole';
import { FLAG_ACK, FLAG_PSH, MAX_TCP_OPTION_SPACE } from './header';
import { fastopenCacheGet, fastopenCacheSet } from './metrics';
import { clampMss, mtuToMss, syncMss } from './mss';
import { skbsForWriters } from './page_frag';
import { markSkbLost } from './rack';
import { SendMessage } from './send_message';
import { appendBytes } from './sendmsg';
import { nonCongestionRetransmit } from './simple_retransmit';
import { Options } from './stage';
import { transmitSkb } from './transmit';

/** tcpi_fastopen_client_fail. */
const TFO_COOKIE_UNAVAILABLE: u8 = 1;
const TFO_DATA_NOT_ACKED: u8 = 2;
const TFO_SYN_RETRANSMITTED: u8 = 3;

/** May data go with the SYN? Puts the cookie into `cookie` and the peer's MSS, if known, into mss_clamp (tcp_fastopen_cookie_check). */
export function fastopenCookieCheck(sk: Sock, cookie: Cookie): bool {
  sk.mss_clamp = fastopenCacheGet(sk, sk.mss_clamp, cookie);
  if (fastopenPaused(sk)) {
    cookie.len = -1;
    return false;
  }
  if ((hostConfig(sk.host).tcp_fastopen & TFO_CLIENT_NO_COOKIE) != 0 || sk.fastopen_no_cookie != 0) {
    cookie.len = -1;
    return true;
  }
  if (cookie.len > 0) return true;
  sk.fastopen_client_fail = TFO_COOKIE_UNAVAILABLE;
  return false;
}

/** connect() with TCP_FASTOPEN_CONNECT: true when the SYN waits for the first write (tcp_fastopen_defer_connect). */
export function deferConnect(sk: Sock): bool {
  if (sk.fastopen_connect == 0 || sk.fastopen_req != 0) return false;
  const clamp = sk.mss_clamp;
  const cookie = cookieOut();
  cookie.clear(0);
  const known = fastopenCookieCheck(sk, cookie);
  cookie.clear(-1);
  sk.mss_clamp = clamp;
  if (known) {
    sk.defer_connect = 1;
    return true;
  }
  // The SYN asks for a cookie.
  sk.fastopen_req = 1;
  sk.fastopen_message = 0;
  sk.fastopen_copied = 0;
  return false;
}

function messageAt(at: u32): SendMessage {
  return changetype<SendMessage>(<usize>at);
}

/** An skb with the first bytes of the request behind a copy of the SYN; NONE when there is no memory. */
function dataBehindSyn(sk: Sock, syn: Skb, space: u32): u32 {
  if (!skbsForWriters()) return NONE;
  const idx = skbAlloc(sk.host);
  if (idx == NONE) return NONE;
  const b = skb(idx);
  b.truesize = TX_SKB_TRUESIZE;
  b.link_next = NONE;
  b.link_prev = NONE;
  b.sock = sk.handle;
  wmemAdd(sk, TX_SKB_TRUESIZE);
  while (b.len < space) {
    const got = appendBytes(sk, b, idx, messageAt(sk.fastopen_message), space - b.len);
    if (got <= 0) break;
  }
  if (b.len != 0) skbZcopySet(b, messageAt(sk.fastopen_message).uarg);
  if (space != 0 && b.len == 0) {
    wmemSub(sk, b.truesize);
    skbFree(idx, false);
    return NONE;
  }
  b.gso_segs = 1;
  b.tcp_flags = syn.tcp_flags;
  b.tcp_ae = syn.tcp_ae;
  b.seq = syn.seq;
  b.end_seq = syn.end_seq + b.len;
  return idx;
}

/** Sends SYN and data as one segment. False: the SYN is still to be sent. */
function sendTogether(sk: Sock, syn: Skb): bool {
  sk.mss_clamp = clampMss(sk, sk.mss_clamp);
  syncMss(sk);
  // Room is left for all options that a middle box could add.
  let space = mtuToMss(sk, sk.pmtu_cookie) - MAX_TCP_OPTION_SPACE;
  const size: u32 = sk.fastopen_message == 0 ? 0 : messageAt(sk.fastopen_message).total;
  if (space > size) space = size;
  const idx = dataBehindSyn(sk, syn, space);
  if (idx == NONE) return false;
  const b = skb(idx);
  sk.fastopen_copied = b.len;
  sk.write_seq = b.end_seq;
  sk.packets_out++;
  if (b.len != 0) chronoStart(sk, CHRONO_BUSY);
  const refused = transmitSkb(sk, idx);
  syn.cb1 = b.cb1;
  syn.tsval = b.tsval;
  b.seq++;
  b.tcp_flags = <u8>(FLAG_ACK | FLAG_PSH);
  b.tcp_ae = 0;
  if (refused == 0) {
    sk.syn_data = b.len != 0 ? 1 : 0;
    queueTail(rtxQueue(sk), idx);
    mibInc(sk.host, TCP_TCPORIGDATASENT);
    return true;
  }
  queueTail(writeQueue(sk), idx);
  sk.packets_out--;
  return false;
}

/** The SYN of a connection that opens fast. It lies in the rtx queue already. */
export function sendSynData(sk: Sock, syn_idx: u32): void {
  const cookie = cookieOut();
  cookie.clear(0);
  sk.mss_clamp = sk.advmss;
  if (!fastopenCookieCheck(sk, cookie) || !sendTogether(sk, skb(syn_idx))) {
    if (cookie.len > 0) cookie.len = 0;
    if (transmitSkb(sk, syn_idx) != 0) sk.syn_fastopen = 0;
  }
  cookie.len = -1; // not on a SYN that is sent again
}

/** Learns from a SYN-ACK. True when the data that went with the SYN did not arrive: it was sent again, which is an ACK. */
export function fastopenSynack(sk: Sock, opt: Options, th: usize): bool {
  const cookie = takeCookie(opt, th);
  const data = sk.syn_data != 0 ? sk.rtx_head : NONE;
  // The peer's own MSS, not what TCP_MAXSEG made of it.
  const mss = sk.mss_clamp == <u32>sk.user_mss ? opt.mss : sk.mss_clamp;
  let try_exp: u32 = 0;
  let syn_drop = false;
  if (sk.syn_fastopen == 0) cookie.len = -1;
  else if (sk.total_retrans != 0) syn_drop = cookie.len < 0 && data != NONE;
  else if (cookie.len < 0 && sk.syn_data == 0) try_exp = sk.syn_fastopen_exp != 0 ? 2 : 1;
  fastopenCacheSet(sk, mss, cookie, syn_drop, try_exp);
  if (data != NONE) {
    sk.fastopen_client_fail = sk.total_retrans != 0 ? TFO_SYN_RETRANSMITTED : TFO_DATA_NOT_ACKED;
    for (let idx = data; idx != NONE; idx = skb(idx).next) markSkbLost(sk, skb(idx), idx);
    nonCongestionRetransmit(sk);
    mibInc(sk.host, TCP_TCPFASTOPENACTIVEFAIL);
    return true;
  }
  sk.syn_data_acked = sk.syn_data;
  if (sk.syn_data_acked != 0) {
    mibInc(sk.host, TCP_TCPFASTOPENACTIVE);
    // One segment on the wire.
    if (sk.delivered > 1) sk.delivered--;
  }
  return false;
}
