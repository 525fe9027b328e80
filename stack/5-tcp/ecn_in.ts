/**
 * ECN of what arrives: marks on data, and what ACKs report about ours (net/ipv4/tcp_input.c: tcp_data_ecn_check,
 * tcp_accecn_process; include/net/tcp_ecn.h: tcp_ecn_received_counters).
 */
import { Skb } from '../3-pool';
import { Sock } from '../6-socket';
import { ICSK_ACK_NOW, TCP_CA_CWR, TCP_CA_OPEN } from './ack_flags';
import { enterQuickackMode } from './ack_out';
import {
  accecnAce, accecnOptDemandMin, accecnOptionInit, accecnSawOpt, counter24, ecnModeAccecn, ecnModeAny, ecnModeRfc3168, INET_ECN_CE,
  INET_ECN_ECT_0, INET_ECN_ECT_1, INET_ECN_MASK, INET_ECN_NOT_ECT, TCP_ACCECN_CEP_ACE_MASK, TCP_ACCECN_CEP_INIT_OFFSET,
  TCP_ACCECN_OPT_COUNTER_SEEN, TCP_ACCECN_OPT_FAIL_RECV, TCP_ACCECN_OPT_FAIL_SEEN, TCP_ECN_DEMAND_CWR, TCP_ECN_SEEN, TCPHDR_CWR, TCPHDR_ECE,
} from './ecn';
import { FLAG_ECE, FLAG_FORWARD_PROGRESS, FLAG_SLOWPATH, FLAG_SYN_ACKED, FLAG_TS_PROGRESS } from './event_flags';
import { FLAG_SYN } from './header';
import { segsOf } from './ip';
import { AckState } from './stage';
import { fastPathOn } from './window';

/** Kind of the option that has ECT(1) first; in the other ECT(0) is first. */
const TCPOPT_ACCECN1: u32 = 174;
const FIELD_BYTES: u32 = 3;
const FIELDS: u32 = 3;
/** After as many bytes sent without an option from the peer, its counters may have wrapped: too late to begin. */
const LATE_BYTES: u64 = (1 << 23) - 1;
const RECEIVED_CE_PENDING_MAX: u32 = 15;
const ACE_MAX_DELTA: u8 = 6;
const SAFETY_SHIFT: u32 = 1;
const PKTS_ACKED_WEIGHT: u32 = 6;
const PKTS_ACKED_PREC: u32 = 6;
const ACK_COMP_THRESH: u32 = 4;

/** Data arrived (tcp_data_ecn_check). Classic: a mark is echoed from now on. */
export function dataEcnCheck(sk: Sock, b: Skb): void {
  if (!ecnModeAny(sk)) return;
  const field = <u32>b.ip_dsfield & INET_ECN_MASK;
  if (field == INET_ECN_NOT_ECT) {
    // Others were ECN-capable: probably it was sent again.
    if ((sk.ecn_flags & TCP_ECN_SEEN) != 0) enterQuickackMode(sk, 2);
    return;
  }
  if (!ecnModeRfc3168(sk)) return;
  if (field == INET_ECN_CE && (sk.ecn_flags & TCP_ECN_DEMAND_CWR) == 0) {
    enterQuickackMode(sk, 2);
    sk.ecn_flags |= TCP_ECN_DEMAND_CWR;
  }
  sk.ecn_flags |= TCP_ECN_SEEN;
}

/** The peer says that it has slowed down (tcp_ecn_accept_cwr). */
export function ecnAcceptCwr(sk: Sock, b: Skb): void {
  if ((b.tcp_flags & <u8>TCPHDR_CWR) == 0 || !ecnModeRfc3168(sk)) return;
  sk.ecn_flags &= ~TCP_ECN_DEMAND_CWR;
  // Its window may be a single packet now: do not keep it waiting.
  if (b.seq != b.end_seq) sk.ack_pending |= ICSK_ACK_NOW;
}

/** Classic: does the peer report a mark (tcp_ecn_rcv_ecn_echo)? */
export function ecnRcvEcnEcho(sk: Sock, b: Skb): bool {
  return (b.tcp_flags & <u8>(TCPHDR_ECE | FLAG_SYN)) == <u8>TCPHDR_ECE && ecnModeRfc3168(sk);
}

/** A counter of bytes by code point, 1 to 3. */
function receivedBytes(sk: Sock, field: u32): usize {
  return changetype<usize>(sk) + offsetof<Sock>('received_e1_bytes') + (<usize>(field - 1) << 2);
}
function deliveredBytes(sk: Sock, field: u32): usize {
  return changetype<usize>(sk) + offsetof<Sock>('delivered_e1_bytes') + (<usize>(field - 1) << 2);
}

/** Counts a packet of `len` bytes of payload by its code point; ACKs count too (tcp_ecn_received_counters). */
export function ecnReceivedCounters(sk: Sock, b: Skb, len: u32): void {
  const field = <u32>b.ip_dsfield & INET_ECN_MASK;
  const is_ce = field == INET_ECN_CE;
  if (field != INET_ECN_NOT_ECT) {
    if (!ecnModeRfc3168(sk)) sk.ecn_flags |= TCP_ECN_SEEN;
    if (is_ce) {
      const pcount = <u32>segsOf(b);
      sk.received_ce += pcount;
      sk.received_ce_pending = <u8>min(<u32>sk.received_ce_pending + pcount, RECEIVED_CE_PENDING_MAX);
    }
    if (len > 0) countBytes(sk, field, len);
  }
  const edge = <u32>sk.prev_ecnfield != field;
  if (!edge && !is_ce) return;
  sk.prev_ecnfield = <u8>field;
  if (!ecnModeAccecn(sk)) return;
  // Two ACKs tell when it changed: the second has nothing else in it.
  if (edge) sk.ack_pending |= ICSK_ACK_NOW;
  sk.accecn_opt_demand = 2;
}

function countBytes(sk: Sock, field: u32, len: u32): void {
  const at = receivedBytes(sk, field);
  const before = load<u32>(at);
  store<u32>(at, before + len);
  // The option has ECT(1), CE and ECT(0), in this order, and may end early.
  const minlen: u8 = field == INET_ECN_ECT_1 ? 1 : field == INET_ECN_CE ? 2 : 3;
  if (minlen > sk.accecn_minlen) sk.accecn_minlen = minlen;
  // An option at least for each 2^22 bytes, so that 24 bits are enough.
  if (((before + len) ^ before) >> 22 != 0) accecnOptDemandMin(sk, 1);
}

/** Takes a field of the option over; returns by how much the counter moved (tcp_update_ecn_bytes). */
function updateEcnBytes(at: usize, field: usize, init_offset: u32): i32 {
  const truncated = counter24(field) - init_offset;
  const delta = <i32>((truncated - load<u32>(at)) << 8) >> 8;
  store<u32>(at, load<u32>(at) + <u32>delta);
  return delta;
}

/** Bytes by code point, from the option or by extrapolation; true when they can be relied on (tcp_accecn_process_option). */
function processOption(sk: Sock, b: Skb, delivered_bytes: u32, flag: u32): bool {
  const estimate = <u32>sk.est_ecnfield;
  if ((sk.accecn_fail_mode & TCP_ACCECN_OPT_FAIL_RECV) != 0) return false;
  if ((flag & FLAG_SLOWPATH) == 0 || sk.rx_accecn == 0) {
    if (sk.saw_accecn_opt == 0) {
      if (sk.bytes_sent >= LATE_BYTES) accecnSawOpt(sk, TCP_ACCECN_OPT_FAIL_SEEN);
      return false;
    }
    if (estimate == 0) return false;
    const at = deliveredBytes(sk, estimate);
    store<u32>(at, load<u32>(at) + delivered_bytes);
    return true;
  }
  const option = <usize>b.head + b.transport_off + sk.rx_accecn;
  if (sk.saw_accecn_opt < TCP_ACCECN_OPT_COUNTER_SEEN) accecnSawOpt(sk, accecnOptionInit(option));
  return updateFromOption(sk, option, estimate);
}

function updateFromOption(sk: Sock, option: usize, estimate: u32): bool {
  const order1 = <u32>load<u8>(option) == TCPOPT_ACCECN1;
  const fields = min((<u32>load<u8>(option, 1) - 2) / FIELD_BYTES, FIELDS);
  let usable = estimate != 0;
  let ambiguous = false;
  let first_changed = false;
  for (let i: u32 = 0; i < fields; i++) {
    let field = INET_ECN_CE;
    if (i != 1) field = (i == 0) == order1 ? INET_ECN_ECT_1 : INET_ECN_ECT_0;
    const delta = updateEcnBytes(deliveredBytes(sk, field), option + 2 + i * FIELD_BYTES, field == INET_ECN_CE ? 0 : 1);
    if (delta < 0) {
      usable = false;
      ambiguous = true;
    }
    if (delta == 0 || field == estimate) continue;
    if (first_changed) {
      usable = false;
      ambiguous = true;
    } else {
      sk.est_ecnfield = <u8>field;
      first_changed = true;
    }
  }
  if (ambiguous) sk.est_ecnfield = 0;
  return usable;
}

/** How many packets an ACK covers, on average (the moving average in __tcp_accecn_process). */
function averagePktsAcked(sk: Sock, delivered_pkts: u32): void {
  let ewma = delivered_pkts << PKTS_ACKED_PREC;
  if (sk.pkts_acked_ewma != 0) {
    const old = <u32>sk.pkts_acked_ewma;
    ewma = ((old << PKTS_ACKED_WEIGHT) - old + ewma) >> PKTS_ACKED_WEIGHT;
  }
  sk.pkts_acked_ewma = <u16>min(ewma, 0xffff);
}

/**
 * More packets than ACE can count: how many of them were marked? `delta` is the answer modulo 8, `safe_delta` the greatest
 * that agrees with it; marked bytes help to choose.
 */
function chooseDelta(sk: Sock, delta: u32, safe_delta: u32, delivered_pkts: u32, delivered_bytes: u32, d_ceb: u32): u32 {
  if (d_ceb == 0) return delta;
  const by_bytes = sk.sack_ok != 0 || sk.ca_state == TCP_CA_OPEN || sk.ca_state == TCP_CA_CWR;
  if (delivered_pkts >= (TCP_ACCECN_CEP_ACE_MASK + 1) * 2 && by_bytes) {
    if (delivered_bytes <= d_ceb) return safe_delta;
    const est_d_cep = <u32>((<u64>d_ceb * <u64>delivered_pkts + <u64>delivered_bytes - 1) / <u64>delivered_bytes);
    return min(safe_delta, delta + (est_d_cep & ~TCP_ACCECN_CEP_ACE_MASK));
  }
  if (d_ceb > delta * sk.mss_cache) return safe_delta;
  if (d_ceb < (safe_delta * sk.mss_cache) >> SAFETY_SHIFT) return delta;
  return safe_delta;
}

/** Packets that an ACK newly reports as marked (__tcp_accecn_process). */
function accecnDelta(sk: Sock, b: Skb, delivered_pkts: u32, delivered_bytes: u32, flag: u32): u32 {
  // A reordered ACK, or nobody can tell.
  if ((flag & (FLAG_FORWARD_PROGRESS | FLAG_TS_PROGRESS)) == 0) return 0;
  const old_ceb = sk.delivered_ce_bytes;
  const opt_deltas_valid = processOption(sk, b, delivered_bytes, flag);
  if (delivered_pkts != 0) averagePktsAcked(sk, delivered_pkts);
  if ((flag & FLAG_SLOWPATH) == 0 && delivered_pkts <= TCP_ACCECN_CEP_ACE_MASK) return 0;
  // In the handshake the flags mean something else.
  if ((flag & FLAG_SYN_ACKED) != 0) return 0;
  if (sk.received_ce_pending >= ACE_MAX_DELTA) sk.ack_pending |= ICSK_ACK_NOW;
  const corrected_ace = accecnAce(b) - TCP_ACCECN_CEP_INIT_OFFSET;
  const delta = (corrected_ace - sk.delivered_ce) & TCP_ACCECN_CEP_ACE_MASK;
  if (delivered_pkts <= TCP_ACCECN_CEP_ACE_MASK) return delta;
  const safe_delta = delivered_pkts - ((delivered_pkts - delta) & TCP_ACCECN_CEP_ACE_MASK);
  if (opt_deltas_valid) return chooseDelta(sk, delta, safe_delta, delivered_pkts, delivered_bytes, sk.delivered_ce_bytes - old_ceb);
  return <u32>sk.pkts_acked_ewma > ACK_COMP_THRESH << PKTS_ACKED_PREC ? delta : safe_delta;
}

/** What an ACK says about marks, in accurate ECN (tcp_accecn_process). Returns how many are new. */
export function accecnProcess(sk: Sock, b: Skb, st: AckState, delivered_pkts: u32): u32 {
  const delta = accecnDelta(sk, b, delivered_pkts, st.delivered_bytes, st.flag);
  if (delta == 0) return 0;
  sk.delivered_ce += delta;
  st.flag |= FLAG_ECE;
  // Header prediction knows ACE.
  if (sk.pred_flags != 0) fastPathOn(sk);
  return delta;
}
