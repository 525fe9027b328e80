/**
 * What a host remembers of its peers (net/ipv4/tcp_metrics.c): cookie and MSS of Fast Open, and round trip, threshold and
 * reordering of connections that ended. Keyed by both addresses; a bucket that is full gives its oldest entry away.
 *
 * Differs from Linux: one table of fixed size for each host; its metrics come from connections only, not from routes.
 */
import { arenaAlloc, hostConfig, HOSTS_MAX, TCP_ADDR } from '../../sim/core';
import { Sock } from '../6-socket';
import { TCP_CA_OPEN } from './ack_flags';
import { jiffies, USEC_PER_JIFFY } from './clock';
import { inSlowStart, TCP_INFINITE_SSTHRESH } from './cong';
import { Cookie } from './fastopen_cookie';
import { TCP_REORDERING } from './recovery';
import { rtoMinUs } from './rto';

/** `used` is 0 for a free place. Times in jiffies; rtt and rttvar as srtt_us and mdev_us. */
@unmanaged
export class Metrics {
  raddr0: u64;
  raddr1: u64;
  laddr0: u64;
  laddr1: u64;
  used: u32;
  stamp: u32;
  rtt: u32;
  rttvar: u32;
  ssthresh: u32;
  cwnd: u32;
  reordering: u32;
  // struct tcp_fastopen_metrics
  mss: u32;
  syn_loss: u32;
  last_syn_loss: u32;
  try_exp: u32;
  pad: u32;
  cookie_len: i32;
  cookie_exp: u32;
  cookie_val0: u64;
  cookie_val1: u64;
}

@unmanaged
class MetricsTable {
  base: u32;
  unused: u32;
}

const TABLE_AT: usize = 0x680;
const METRICS_BYTES: usize = 104;
const BUCKETS: u32 = 64;
/** Entries of a bucket: TCP_METRICS_RECLAIM_DEPTH, and one. */
const DEPTH: u32 = 6;
/** After so long without news the metrics of connections are forgotten; Fast Open's are not (TCP_METRICS_TIMEOUT). */
const METRICS_TIMEOUT: u32 = 60 * 60 * 1000;
const TCP_TIMEOUT_FALLBACK: u32 = 3000;

function table(): MetricsTable {
  return changetype<MetricsTable>(TCP_ADDR + TABLE_AT);
}
export function metricsInit(): void {
  assert(offsetof<Metrics>() == METRICS_BYTES, 'METRICS_BYTES is not the size of Metrics');
  table().base = <u32>arenaAlloc(<u64>(HOSTS_MAX * BUCKETS * DEPTH) * METRICS_BYTES);
}

function place(host: u32, bucket: u32, i: u32): Metrics {
  return changetype<Metrics>(<usize>table().base + <usize>((host * BUCKETS + bucket) * DEPTH + i) * METRICS_BYTES);
}
function bucketOf(sk: Sock): u32 {
  const h = (sk.raddr0 ^ rotl<u64>(sk.raddr1, 29)) * 0x9e3779b97f4a7c15;
  return <u32>(h >> 58);
}

/** What is known of a socket's peer; null for nothing, unless there shall be an entry from now on (tcp_get_metrics). */
export function metricsOf(sk: Sock, create: bool): Metrics | null {
  const bucket = bucketOf(sk);
  const now = jiffies();
  let oldest = place(sk.host, bucket, 0);
  for (let i: u32 = 0; i < DEPTH; i++) {
    const m = place(sk.host, bucket, i);
    if (m.used == <u32>sk.family && m.raddr0 == sk.raddr0 && m.raddr1 == sk.raddr1 && m.laddr0 == sk.laddr0 && m.laddr1 == sk.laddr1) {
      if (<i32>(now - (m.stamp + METRICS_TIMEOUT)) > 0) forgetConnections(m);
      return m;
    }
    if (oldest.used != 0 && (m.used == 0 || <i32>(m.stamp - oldest.stamp) < 0)) oldest = m;
  }
  if (!create) return null;
  memory.fill(changetype<usize>(oldest), 0, METRICS_BYTES);
  oldest.used = sk.family;
  oldest.stamp = now;
  oldest.raddr0 = sk.raddr0;
  oldest.raddr1 = sk.raddr1;
  oldest.laddr0 = sk.laddr0;
  oldest.laddr1 = sk.laddr1;
  return oldest;
}

/** tcpm_suck_dst. */
function forgetConnections(m: Metrics): void {
  m.stamp = jiffies();
  m.rtt = 0;
  m.rttvar = 0;
  m.ssthresh = 0;
  m.cwnd = 0;
  m.reordering = 0;
}

/** ip tcp_metrics flush all. */
export function tcpMetricsFlush(host: u32): void {
  memory.fill(changetype<usize>(place(host, 0, 0)), 0, <usize>(BUCKETS * DEPTH) * METRICS_BYTES);
}

/** The cookie for a peer into `cookie`, and the MSS that it announced, or `mss` (tcp_fastopen_cache_get). */
export function fastopenCacheGet(sk: Sock, mss: u32, cookie: Cookie): u32 {
  const m = metricsOf(sk, false);
  if (m == null) return mss;
  cookie.len = m.cookie_len;
  cookie.exp = m.cookie_exp;
  cookie.val0 = m.cookie_val0;
  cookie.val1 = m.cookie_val1;
  if (cookie.len <= 0 && m.try_exp == 1) cookie.exp = 1;
  return m.mss != 0 ? m.mss : mss;
}

/** What a SYN-ACK taught (tcp_fastopen_cache_set). */
export function fastopenCacheSet(sk: Sock, mss: u32, cookie: Cookie, syn_lost: bool, try_exp: u32): void {
  const m = metricsOf(sk, true)!;
  if (mss != 0) m.mss = mss;
  if (cookie.len > 0) {
    m.cookie_len = cookie.len;
    m.cookie_exp = cookie.exp;
    m.cookie_val0 = cookie.val0;
    m.cookie_val1 = cookie.val1;
  } else if (try_exp > m.try_exp && m.cookie_len <= 0 && m.cookie_exp == 0) m.try_exp = try_exp;
  if (syn_lost) {
    m.syn_loss++;
    m.last_syn_loss = jiffies();
  } else m.syn_loss = 0;
}

/** What a new connection may know from those before it (tcp_init_metrics). */
export function initMetrics(sk: Sock): void {
  // A SYN that was lost does not count.
  sk.snd_ssthresh = TCP_INFINITE_SSTHRESH;
  let crtt: u32 = 0;
  const m = metricsOf(sk, false);
  if (m != null) {
    if (m.ssthresh != 0) sk.snd_ssthresh = m.ssthresh;
    if (m.reordering != 0) sk.reordering = m.reordering;
    crtt = m.rtt;
  }
  if (crtt > sk.srtt_us) {
    // The first timeout only: round trips of data tell better.
    crtt /= 8 * USEC_PER_JIFFY;
    const least = rtoMinUs(sk) / USEC_PER_JIFFY;
    sk.rto = crtt + max(crtt * 2, least);
  } else if (sk.srtt_us == 0) {
    // RFC 6298 section 5.7: no sample from the handshake, probably because something of it was sent again.
    sk.rttvar_us = TCP_TIMEOUT_FALLBACK * USEC_PER_JIFFY;
    sk.mdev_us = sk.rttvar_us;
    sk.mdev_max_us = sk.rttvar_us;
    sk.rto = TCP_TIMEOUT_FALLBACK;
  }
}

/** A connection has come to its end: what it found out (tcp_update_metrics). */
export function updateMetrics(sk: Sock): void {
  if (hostConfig(sk.host).tcp_no_metrics_save) return;
  if (sk.backoff != 0 || sk.srtt_us == 0) {
    const known = metricsOf(sk, false);
    if (known != null) known.rtt = 0;
    return;
  }
  const m = metricsOf(sk, true)!;
  let diff = <i32>(m.rtt - sk.srtt_us);
  // Too long a round trip does less harm than too short a one.
  if (diff <= 0) m.rtt = sk.srtt_us;
  else m.rtt -= <u32>(diff >> 3);
  if (diff < 0) diff = -diff;
  diff >>= 1;
  if (diff < <i32>sk.mdev_us) diff = <i32>sk.mdev_us;
  if (<u32>diff >= m.rttvar) m.rttvar = <u32>diff;
  else m.rttvar -= (m.rttvar - <u32>diff) >> 2;
  updateWindows(sk, m);
  m.stamp = jiffies();
}

function updateWindows(sk: Sock, m: Metrics): void {
  const cwnd = sk.snd_cwnd;
  if (sk.snd_ssthresh >= TCP_INFINITE_SSTHRESH) {
    // Slow start did not end.
    if (m.ssthresh != 0 && cwnd >> 1 > m.ssthresh) m.ssthresh = cwnd >> 1;
    if (cwnd > m.cwnd) m.cwnd = cwnd;
  } else if (!inSlowStart(sk) && sk.ca_state == TCP_CA_OPEN) {
    m.ssthresh = cwnd >> 1 > sk.snd_ssthresh ? cwnd >> 1 : sk.snd_ssthresh;
    m.cwnd = (m.cwnd + cwnd) >> 1;
  } else {
    m.cwnd = (m.cwnd + sk.snd_ssthresh) >> 1;
    if (m.ssthresh != 0 && sk.snd_ssthresh > m.ssthresh) m.ssthresh = sk.snd_ssthresh;
    if (m.reordering < sk.reordering && sk.reordering != TCP_REORDERING) m.reordering = sk.reordering;
  }
}
