/**
 * Sizing the receive side to the connection (net/ipv4/tcp_input.c): what full-sized segments cost in memory
 * (tcp_measure_rcv_mss), the slow start of the offered window (tcp_grow_window), and the buffer that follows twice the
 * bytes read in a round trip (tcp_rcv_space_adjust, "dynamic right-sizing").
 */
import { hostConfig, seqBefore } from '../../sim/core';
import { Skb, skb, SKB_HEAD_TRUESIZE } from '../3-pool';
import { sndbufExpand, Sock, SOCK_RCVBUF_LOCK, SOCK_SNDBUF_LOCK } from '../6-socket';
import { ICSK_ACK_PUSHED, ICSK_ACK_PUSHED2 } from './ack_flags';
import { jiffies, mstampRefresh, usDelta } from './clock';
import { FLAG_PSH, TCP_HLEN } from './header';
import { stage } from './stage';
import { spaceFromWin, tcpFullSpace, tcpSpace, winFromSpace } from './window';

export const TCP_MSS_DEFAULT: u32 = 536;
export const TCP_MIN_MSS: u32 = 88;
export const TCP_INIT_CWND: u32 = 10;
const TCP_APP_WIN: u32 = 31;
/** FIN, SYN, PSH or URG: such a segment may be short for a good reason. */
const TCP_REMNANT: u8 = 0x2b;
/** net.ipv4.tcp_rcvbuf_low_rtt. */
const RCVBUF_LOW_RTT_US: u32 = 1000;

/** tcp_measure_rcv_mss. `b` still has its header before data_off; len is payload. */
export function measureRcvMss(sk: Sock, b: Skb): void {
  const last = sk.last_seg_size;
  sk.last_seg_size = 0;
  let len: u32 = b.gso_size != 0 ? <u32>b.gso_size : b.len;
  if (len >= sk.rcv_mss) {
    if (len != sk.rcv_mss) newScalingRatio(sk, b);
    sk.rcv_mss = len < <u32>sk.advmss ? len : <u32>sk.advmss;
    // Exactly one segment with PSH ends a write: let the reader's read be acknowledged.
    if ((b.tcp_flags & <u8>FLAG_PSH) != 0) sk.ack_pending |= ICSK_ACK_PUSHED;
    return;
  }
  len += <u32>b.data_off - <u32>b.transport_off;
  if (len >= TCP_MSS_DEFAULT + TCP_HLEN || (len >= TCP_MIN_MSS + TCP_HLEN && (b.tcp_flags & TCP_REMNANT) == 0)) {
    len -= <u32>sk.tcp_header_len;
    sk.last_seg_size = len;
    if (len == last) {
      sk.rcv_mss = len;
      return;
    }
  }
  if ((sk.ack_pending & ICSK_ACK_PUSHED) != 0) sk.ack_pending |= ICSK_ACK_PUSHED2;
  sk.ack_pending |= ICSK_ACK_PUSHED;
}

function newScalingRatio(sk: Sock, b: Skb): void {
  const ratio = b.truesize == 0 ? 255 : (b.len << 8) / b.truesize;
  const old = sk.scaling_ratio;
  sk.scaling_ratio = ratio == 0 ? 1 : ratio > 255 ? 255 : <u8>ratio;
  if (old == sk.scaling_ratio) return;
  sk.window_clamp = <u32>winFromSpace(sk, <i32>sk.rcvbuf);
  if (sk.window_clamp < sk.rcvq_space) sk.rcvq_space = sk.window_clamp;
}

/** tcp_grow_window, with __tcp_grow_window and truesize_adjust. */
export function growWindow(sk: Sock, b: Skb, adjust: bool): void {
  const space = tcpSpace(sk);
  const limit = <i32>sk.window_clamp < space ? <i32>sk.window_clamp : space;
  const room = limit - <i32>sk.rcv_ssthresh;
  if (room <= 0) return;
  let truesize = b.truesize;
  if (adjust && b.head_len == 0 && truesize >= SKB_HEAD_TRUESIZE + b.len) truesize -= SKB_HEAD_TRUESIZE;
  let incr: u32 = 0;
  let cost = winFromSpace(sk, <i32>truesize);
  if (cost <= <i32>b.len) incr = 2 * <u32>sk.advmss;
  else {
    cost >>= 1;
    let window = winFromSpace(sk, <i32>hostConfig(sk.host).socket_rmem_max) >> 1;
    while (<i32>sk.rcv_ssthresh <= window) {
      if (cost <= <i32>b.len) {
        incr = 2 * sk.rcv_mss;
        break;
      }
      cost >>= 1;
      window >>= 1;
    }
  }
  if (incr == 0) return;
  if (incr < 2 * b.len) incr = 2 * b.len;
  sk.rcv_ssthresh += <u32>room < incr ? <u32>room : incr;
  sk.ack_quick |= 1;
}

/** When a connection is established (tcp_init_buffer_space). */
export function initBufferSpace(sk: Sock): void {
  if ((sk.userlocks & SOCK_SNDBUF_LOCK) == 0) sndbufExpand(sk);
  mstampRefresh(sk);
  sk.rcvq_time = sk.tcp_mstamp;
  sk.rcvq_seq = sk.copied_seq;
  const maxwin = <u32>tcpFullSpace(sk);
  const advmss = <u32>sk.advmss;
  if (sk.window_clamp >= maxwin) {
    sk.window_clamp = maxwin;
    if (maxwin > 4 * advmss) {
      const clamp = maxwin - (maxwin >> TCP_APP_WIN);
      sk.window_clamp = clamp > 4 * advmss ? clamp : 4 * advmss;
    }
  }
  if (sk.window_clamp > 2 * advmss && sk.window_clamp + advmss > maxwin) {
    const clamp = <i32>maxwin - <i32>advmss;
    sk.window_clamp = clamp > <i32>(2 * advmss) ? <u32>clamp : 2 * advmss;
  }
  if (sk.rcv_ssthresh > sk.window_clamp) sk.rcv_ssthresh = sk.window_clamp;
  sk.snd_cwnd_stamp = jiffies();
  let space = sk.rcv_ssthresh < sk.rcv_wnd ? sk.rcv_ssthresh : sk.rcv_wnd;
  if (space > TCP_INIT_CWND * advmss) space = TCP_INIT_CWND * advmss;
  sk.rcvq_space = space;
}

/** After the buffer was full (tcp_clamp_window). */
export function clampWindow(sk: Sock): void {
  sk.ack_quick = 0;
  const most = hostConfig(sk.host).socket_rmem_max;
  if (sk.rcvbuf < most && (sk.userlocks & SOCK_RCVBUF_LOCK) == 0) sk.rcvbuf = sk.rmem_alloc < most ? sk.rmem_alloc : most;
  if (sk.rmem_alloc > sk.rcvbuf) {
    const least: u32 = 2 * <u32>sk.advmss;
    sk.rcv_ssthresh = sk.window_clamp < least ? sk.window_clamp : least;
  }
}

/** A first guess of the peer's segment size (tcp_initialize_rcv_mss). */
export function initializeRcvMss(sk: Sock): void {
  let hint: u32 = <u32>sk.advmss < sk.mss_cache ? <u32>sk.advmss : sk.mss_cache;
  if (hint > sk.rcv_wnd >> 1) hint = sk.rcv_wnd >> 1;
  if (hint > TCP_MSS_DEFAULT) hint = TCP_MSS_DEFAULT;
  if (hint < TCP_MIN_MSS) hint = TCP_MIN_MSS;
  sk.rcv_mss = hint;
}

function rcvRttUpdate(sk: Sock, sample: u32, win_dep: bool): void {
  const old = sk.rcv_rtt_us;
  const m = sample << 3;
  if (old == 0 || m < old) sk.rcv_rtt_us = m;
  else if (!win_dep && sk.rcv_nxt == sk.copied_seq) sk.rcv_rtt_us = old - (old >> 3) + sample;
}

/** Round trips of the receiver without timestamps: one window of data (tcp_rcv_rtt_measure). */
export function rcvRttMeasure(sk: Sock): void {
  if (sk.rcv_rtt_time != 0) {
    if (seqBefore(sk.rcv_nxt, sk.rcv_rtt_seq)) return;
    const delta = usDelta(sk.tcp_mstamp, sk.rcv_rtt_time);
    rcvRttUpdate(sk, delta == 0 ? 1 : delta, true);
  }
  sk.rcv_rtt_seq = sk.rcv_nxt + sk.rcv_wnd;
  sk.rcv_rtt_time = sk.tcp_mstamp;
}

/** Microseconds since the echoed timestamp was sent, or -1 (tcp_rtt_tsopt_us). */
export function rttTsoptUs(sk: Sock, min_delta: u32): i32 {
  let delta = stage().jiffies - sk.rcv_tsecr;
  if (delta >= 0x7fffffff / 1000) return -1;
  if (delta == 0) delta = min_delta;
  return <i32>(delta * 1000);
}

/** The same with timestamps (tcp_rcv_rtt_measure_ts). */
export function rcvRttMeasureTs(sk: Sock, b: Skb): void {
  if (sk.rcv_tsecr == sk.rcv_rtt_last_tsecr) return;
  sk.rcv_rtt_last_tsecr = sk.rcv_tsecr;
  if (b.end_seq - b.seq < sk.rcv_mss) return;
  const delta = rttTsoptUs(sk, 0);
  if (delta > 0) rcvRttUpdate(sk, <u32>delta, false);
}

/** tcp_rcvbuf_grow. */
export function rcvbufGrow(sk: Sock, newval: u32): void {
  const oldval = sk.rcvq_space;
  sk.rcvq_space = newval;
  const c = hostConfig(sk.host);
  if (!c.socket_moderate_rcvbuf || (sk.userlocks & SOCK_RCVBUF_LOCK) != 0) return;
  // Right-sizing is always one round trip late.
  let rcvwin = <u64>newval << 1;
  const rtt_us = sk.rcv_rtt_us >> 3;
  if (rtt_us < RCVBUF_LOW_RTT_US) rcvwin += rcvwin * <u64>rtt_us / RCVBUF_LOW_RTT_US;
  else if (oldval != 0) rcvwin += (rcvwin << 1) * <u64>(newval - oldval) / <u64>oldval;
  if (sk.ooo_len != 0) rcvwin += <u64>(skb(sk.ooo_tail).end_seq - sk.rcv_nxt);
  const cap = c.socket_rmem_max;
  let rcvbuf = rcvwin >= <u64>cap ? cap : spaceFromWin(sk, <u32>rcvwin);
  if (rcvbuf > cap) rcvbuf = cap;
  if (rcvbuf <= sk.rcvbuf) return;
  sk.rcvbuf = rcvbuf;
  sk.window_clamp = <u32>winFromSpace(sk, <i32>rcvbuf);
}

/** After bytes were read (tcp_rcv_space_adjust). */
export function rcvSpaceAdjust(sk: Sock): void {
  if (sk.rcv_rtt_us == 0) return;
  const time = usDelta(sk.tcp_mstamp, sk.rcvq_time);
  if (time < sk.rcv_rtt_us >> 3) return;
  const inq = <i32>(sk.rcv_nxt - sk.copied_seq);
  const copied = <i32>(sk.copied_seq - sk.rcvq_seq) - inq;
  if (copied > <i32>sk.rcvq_space) rcvbufGrow(sk, <u32>copied);
  sk.rcvq_seq = sk.copied_seq;
  sk.rcvq_time = sk.tcp_mstamp;
}
