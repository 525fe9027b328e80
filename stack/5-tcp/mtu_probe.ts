/**
 * Path MTU discovery by probing (RFC 4821; net/ipv4/tcp_output.c: tcp_mtu_probe; net/ipv4/tcp_timer.c: tcp_mtu_probing): now and
 * then a segment is sent that is larger than the others. If it arrives, all may be as large; if it alone is lost, that was its
 * size and not congestion. The size is searched for by halves:
 *
 *      search_low ----------------- probe -------------- search_high
 *      known to arrive        halfway between         the peer's MSS, or what failed less 1
 */
import { hostConfig, NONE, seqAfter, TCP_TCPMTUPFAIL, TCP_TCPMTUPSUCCESS } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibInc, Sock, writeQueue } from '../6-socket';
import { TCP_CA_CWR, TCP_CA_OPEN } from './ack_flags';
import { HZ, jiffies } from './clock';
import { currentSsthresh, setCwnd } from './cong';
import { growSkb, splitSkb } from './fragment';
import { currentMss, mssToMtu, mtuToSegment, peerMtu, syncMssTo } from './mss';
import { eventNewDataSent } from './output';
import { simpleRetransmit } from './simple_retransmit';
import { packetsInFlight, transmitSkb, wndEnd } from './transmit';
import { hasTxTstamp } from './tx_timestamp';

/** net.ipv4.tcp_mtu_probing. */
const MTU_PROBING_OFF: u32 = 0;
const MTU_PROBING_ON: u32 = 2;
/** With a smaller congestion window a lost probe would be missed. */
const CWND_MIN: u32 = 11;

/** What mtuProbe() did: nothing, so that others go on; it waits for room; it sent a probe. */
export const PROBE_NONE: i32 = -1;
export const PROBE_WAITS: i32 = 0;
export const PROBE_SENT: i32 = 1;

/** tcp_mtup_init. */
export function mtupInit(sk: Sock): void {
  const c = hostConfig(sk.host);
  sk.mtup_enabled = c.tcp_mtu_probing >= MTU_PROBING_ON ? 1 : 0;
  sk.mtup_search_high = peerMtu(sk);
  sk.mtup_search_low = mssToMtu(sk, c.tcp_base_mss);
  sk.mtup_probe_size = 0;
  if (sk.mtup_enabled != 0) sk.mtup_probe_timestamp = jiffies();
}

/** The range was searched; after a while it is searched again (tcp_mtu_check_reprobe). */
function checkReprobe(sk: Sock): void {
  if (jiffies() - sk.mtup_probe_timestamp < hostConfig(sk.host).tcp_probe_interval * HZ) return;
  sk.mtup_probe_size = 0;
  sk.mtup_search_high = peerMtu(sk);
  sk.mtup_search_low = mssToMtu(sk, currentMss(sk));
  sk.mtup_probe_timestamp = jiffies();
}

/** Can the first `len` bytes that wait be one segment (tcp_can_coalesce_send_queue_head)? */
function canCoalesce(sk: Sock, len: u32): bool {
  let left = len;
  for (let idx = sk.write_head; idx != NONE; idx = skb(idx).next) {
    const b = skb(idx);
    if (left <= b.len) return true;
    if (hasTxTstamp(b) || b.eor != 0 || b.next == NONE) return false;
    left -= b.len;
  }
  return false;
}

/** Makes the head of the write queue a segment of `size` bytes. Null: its bytes do not fit into one skb. */
function buildProbe(sk: Sock, size: u32, mss: u32): Skb | null {
  const idx = sk.write_head;
  const b = skb(idx);
  while (b.len < size) {
    const before = b.len;
    growSkb(sk, idx, size - b.len);
    if (b.len == before) return null;
  }
  if (b.len > size && !splitSkb(sk, idx, size, mss, writeQueue(sk))) return null;
  b.gso_segs = 1;
  b.gso_size = 0;
  return b;
}

/** Sends a probe if it is time for one and enough bytes wait. */
export function mtuProbe(sk: Sock): i32 {
  if (sk.mtup_enabled == 0 || sk.mtup_probe_size != 0 || sk.ca_state != TCP_CA_OPEN || sk.snd_cwnd < CWND_MIN
    || sk.num_sacks != 0 || sk.dsack != 0 || sk.write_head == NONE) return PROBE_NONE;
  const mss = currentMss(sk);
  const high = sk.mtup_search_high;
  const low = sk.mtup_search_low;
  const probe_size = mtuToSegment(sk, (high + low) >> 1);
  if (probe_size > mtuToSegment(sk, high) || <i32>(high - low) < <i32>hostConfig(sk.host).tcp_probe_threshold) {
    checkReprobe(sk);
    return PROBE_NONE;
  }
  // If the probe is lost, what follows it must be enough to tell.
  const size_needed = probe_size + (sk.reordering + 1) * sk.mss_cache;
  if (sk.write_seq - sk.snd_nxt < size_needed || sk.snd_wnd < size_needed) return PROBE_NONE;
  if (seqAfter(sk.snd_nxt + size_needed, wndEnd(sk))) return PROBE_WAITS;
  const in_flight = packetsInFlight(sk);
  if (in_flight + 2 > sk.snd_cwnd) return in_flight == 0 ? PROBE_NONE : PROBE_WAITS;
  if (!canCoalesce(sk, probe_size)) return PROBE_NONE;
  const b = buildProbe(sk, probe_size, mss);
  if (b == null) return PROBE_NONE;
  const idx = sk.write_head;
  if (transmitSkb(sk, idx) != 0) return PROBE_NONE;
  // One packet counts as two.
  setCwnd(sk, sk.snd_cwnd - 1);
  eventNewDataSent(sk, idx);
  sk.mtup_probe_size = mssToMtu(sk, probe_size);
  sk.mtup_probe_seq_start = b.seq;
  sk.mtup_probe_seq_end = b.end_seq;
  return PROBE_SENT;
}

/** Recovery is about to begin: was it the probe that was lost? Then the congestion window stays as it is (tcp_mtup_probe_failed). */
export function mtupProbeLost(sk: Sock): bool {
  if (sk.mtup_probe_size == 0 || sk.ca_state >= TCP_CA_CWR || sk.snd_una != sk.mtup_probe_seq_start) return false;
  sk.mtup_search_high = sk.mtup_probe_size - 1;
  sk.mtup_probe_size = 0;
  mibInc(sk.host, TCP_TCPMTUPFAIL);
  setCwnd(sk, sk.snd_cwnd + 1);
  simpleRetransmit(sk);
  return true;
}

/** An ACK passed the probe: segments grow, and the window counts fewer of them (tcp_mtup_probe_success). */
export function mtupProbeAcked(sk: Sock): void {
  if (sk.mtup_probe_size == 0 || seqAfter(sk.mtup_probe_seq_end, sk.snd_una)) return;
  sk.prior_ssthresh = currentSsthresh(sk);
  const cwnd = <u64>sk.snd_cwnd * <u64>mssToMtu(sk, sk.mss_cache) / <u64>sk.mtup_probe_size;
  setCwnd(sk, max(1, <u32>cwnd));
  sk.snd_cwnd_cnt = 0;
  sk.snd_cwnd_stamp = jiffies();
  sk.snd_ssthresh = currentSsthresh(sk);
  sk.mtup_search_low = sk.mtup_probe_size;
  sk.mtup_probe_size = 0;
  syncMssTo(sk, sk.pmtu_cookie);
  mibInc(sk.host, TCP_TCPMTUPSUCCESS);
}

/** Timeouts follow each other: perhaps a black hole swallows what is too large (tcp_mtu_probing). */
export function mtuBlackHole(sk: Sock): void {
  const c = hostConfig(sk.host);
  if (c.tcp_mtu_probing == MTU_PROBING_OFF) return;
  if (sk.mtup_enabled == 0) {
    sk.mtup_enabled = 1;
    sk.mtup_probe_timestamp = jiffies();
  } else {
    let mss = min(c.tcp_base_mss, mtuToSegment(sk, sk.mtup_search_low) >> 1);
    mss = max(max(mss, c.tcp_mtu_probe_floor), c.tcp_min_snd_mss);
    sk.mtup_search_low = mssToMtu(sk, mss);
  }
  syncMssTo(sk, sk.pmtu_cookie);
}
