/**
 * SACK blocks that arrive (net/ipv4/tcp_input.c: tcp_sacktag_write_queue; RFC 2018, RFC 2883). Tags of a sent skb:
 *
 *     S sacked   L lost   R retransmitted        in flight:  none 1   S 0   L 0   R 2   L|R 1   S|R 1
 *
 * Differs from Linux: the rtx queue is a list walked from the last place instead of a tree, and sacked skbs are not
 * merged (tcp_shift_skb_data), only cut.
 */
import {
  loadBe32, NONE, seqAfter, seqBefore, TCP_TCPDSACKRECV, TCP_TCPSACKDISCARD, TCP_TCPSACKREORDER, TCP_TCPTSREORDER,
} from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibInc, rtxQueue, sentUnlink, Sock } from '../6-socket';
import { TCP_CA_LOSS, TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './ack_flags';
import { FLAG_DATA_SACKED, FLAG_DSACKING_ACK, FLAG_DSACK_TLP, FLAG_ORIG_SACK_ACKED } from './event_flags';
import { ecnModeAccecn } from './ecn';
import { splitSkb } from './fragment';
import { rackAdvance, sentLater } from './rack';
import { TCP_MAX_REORDERING } from './recovery';
import { NOT_SHIFTED, shiftLeaves } from './sack_shift';
import { AckState, sackScratch } from './stage';
import { skbStampUs } from './transmit';

const NUM_SACKS: u32 = 4;

/** The start of the skb behind the highest sacked one (tcp_highest_sack_seq). */
export function highestSackSeq(sk: Sock): u32 {
  if (sk.sacked_out == 0) return sk.snd_una;
  return sk.highest_sack == NONE ? sk.snd_nxt : skb(sk.highest_sack).seq;
}

/** Something was delivered above a packet that was sent once: reordering (tcp_check_sack_reordering). */
export function checkSackReordering(sk: Sock, low_seq: u32, by_timestamp: bool): void {
  const fack = highestSackSeq(sk);
  if (!seqBefore(low_seq, fack)) return;
  const metric = fack - low_seq;
  const mss = sk.mss_cache;
  if (mss != 0 && metric > sk.reordering * mss) {
    const packets = (metric + mss - 1) / mss;
    sk.reordering = packets < TCP_MAX_REORDERING ? packets : TCP_MAX_REORDERING;
  }
  sk.reord_seen++;
  mibInc(sk.host, by_timestamp ? TCP_TCPTSREORDER : TCP_TCPSACKREORDER);
}

/** An skb was delivered: what RACK's window wants to know (tcp_rate_skb_delivered). */
export function rateSkbDelivered(st: AckState, b: Skb): void {
  const sent_us = skbStampUs(b);
  if (st.has_prior != 0 && !sentLater(sent_us, st.newest_us, b.end_seq, st.newest_end_seq)) return;
  st.has_prior = 1;
  st.newest_us = sent_us;
  st.newest_end_seq = b.end_seq;
  st.prior_delivered = <u32>b.cb0;
}

/** Counts a DSACK; 0 when it is dubious (tcp_dsack_seen). */
function dsackSeen(sk: Sock, start: u32, end: u32, st: AckState): u32 {
  if (!seqBefore(start, end)) return 0;
  const len = end - start;
  if (len > sk.max_window) return 0;
  let segs: u32 = 1;
  if (len > sk.mss_cache) segs = (len + sk.mss_cache - 1) / sk.mss_cache;
  else if (sk.tlp_high_seq != 0 && sk.tlp_high_seq == end) st.flag |= FLAG_DSACK_TLP;
  sk.dsack_dups += segs;
  if (sk.dsack_dups > sk.total_retrans) return 0;
  if (sk.reord_seen != 0 && (st.flag & FLAG_DSACK_TLP) == 0) sk.rack_dsack_seen = 1;
  st.flag |= FLAG_DSACKING_ACK;
  st.sack_delivered += segs;
  return segs;
}

/** Is the first block a DSACK (tcp_check_dsack)? Blocks lie in network order at `wire`. */
function checkDsack(sk: Sock, ack: u32, wire: usize, count: u32, prior_snd_una: u32, st: AckState): bool {
  const start = loadBe32(wire);
  const end = loadBe32(wire + 4);
  if (seqBefore(start, ack)) mibInc(sk.host, TCP_TCPDSACKRECV);
  else if (count > 1) {
    if (seqAfter(end, loadBe32(wire + 12)) || seqBefore(start, loadBe32(wire + 8))) return false;
    mibInc(sk.host, TCP_TCPDSACKRECV);
  } else return false;
  const segs = dsackSeen(sk, start, end, st);
  if (segs == 0) return false;
  if (sk.undo_marker != 0 && sk.undo_retrans > 0 && !seqAfter(end, prior_snd_una) && seqAfter(end, sk.undo_marker)) {
    sk.undo_retrans = sk.undo_retrans > <i32>segs ? sk.undo_retrans - <i32>segs : 0;
  }
  return true;
}

/** tcp_is_sackblock_valid. */
function sackBlockValid(sk: Sock, is_dsack: bool, start: u32, end: u32): bool {
  if (seqAfter(end, sk.snd_nxt) || !seqBefore(start, end) || !seqBefore(start, sk.snd_nxt)) return false;
  if (seqAfter(start, sk.snd_una)) return true;
  if (!is_dsack || sk.undo_marker == 0 || seqAfter(end, sk.snd_una)) return false;
  if (!seqBefore(start, sk.undo_marker)) return true;
  if (!seqAfter(end, sk.undo_marker)) return false;
  return !seqBefore(start, end - sk.max_window);
}

/** Tags one skb that a block covers (tcp_sacktag_one). `bytes`: how many are counted as delivered. */
function sacktagOne(sk: Sock, st: AckState, b: Skb, dup_sack: bool, bytes: u32): void {
  let sacked = b.sacked;
  const pcount = <u32>b.gso_segs;
  if (dup_sack && (sacked & TCPCB_RETRANS) != 0) {
    if (sk.undo_marker != 0 && sk.undo_retrans > 0 && seqAfter(b.end_seq, sk.undo_marker)) {
      sk.undo_retrans = max<i32>(0, sk.undo_retrans - <i32>pcount);
    }
    if ((sacked & TCPCB_SACKED_ACKED) != 0 && seqBefore(b.seq, st.reord)) st.reord = b.seq;
  }
  if (!seqAfter(b.end_seq, sk.snd_una)) return;
  if ((sacked & TCPCB_SACKED_ACKED) == 0) {
    rackAdvance(sk, sacked, b.end_seq, skbStampUs(b));
    if ((sacked & TCPCB_SACKED_RETRANS) != 0) {
      if ((sacked & TCPCB_LOST) != 0) {
        sacked &= ~(TCPCB_LOST | TCPCB_SACKED_RETRANS);
        sk.lost_out -= pcount;
        sk.retrans_out -= pcount;
      }
    } else {
      if ((sacked & TCPCB_RETRANS) == 0) {
        // Fills a hole, and was sent once: reordering.
        if (seqBefore(b.seq, highestSackSeq(sk)) && seqBefore(b.seq, st.reord)) st.reord = b.seq;
        if (!seqAfter(b.end_seq, sk.high_seq)) st.flag |= FLAG_ORIG_SACK_ACKED;
        if (st.first_sackt == 0) st.first_sackt = skbStampUs(b);
        st.last_sackt = skbStampUs(b);
      }
      if ((sacked & TCPCB_LOST) != 0) {
        sacked &= ~TCPCB_LOST;
        sk.lost_out -= pcount;
      }
    }
    sacked |= TCPCB_SACKED_ACKED;
    st.flag |= FLAG_DATA_SACKED;
    sk.sacked_out += pcount;
    st.sack_delivered += pcount;
    st.delivered_bytes += bytes;
  }
  if (dup_sack && (sacked & TCPCB_SACKED_RETRANS) != 0) {
    sacked &= ~TCPCB_SACKED_RETRANS;
    sk.retrans_out -= pcount;
  }
  b.sacked = sacked;
}

/** The skb of the rtx queue that holds a sequence number, or NONE. */
function rtxFind(sk: Sock, seq: u32): u32 {
  let idx = sk.sack_hint != NONE ? sk.sack_hint : sk.rtx_head;
  while (idx != NONE && seqBefore(seq, skb(idx).seq)) idx = skb(idx).prev;
  while (idx != NONE && !seqBefore(seq, skb(idx).end_seq)) idx = skb(idx).next;
  if (idx != NONE && seqBefore(seq, skb(idx).seq)) return NONE;
  return idx;
}

/**
 * Does a block cover an skb? One of several segments is cut at the block's edge, to whole segments: then true means that the
 * part that stays at `skb_idx` is covered (tcp_match_skb_to_sack).
 */
function matchSkbToSack(sk: Sock, b: Skb, skb_idx: u32, start: u32, end: u32): bool {
  const from_head = !seqAfter(start, b.seq);
  if (from_head && !seqBefore(end, b.end_seq)) return true;
  if (b.gso_segs <= 1 || !seqAfter(b.end_seq, start)) return false;
  const mss = <u32>b.gso_size;
  let len = from_head ? end - b.seq : start - b.seq;
  if (len < mss) {
    if (from_head) return false;
    len = mss;
  } else {
    const whole = len / mss * mss;
    len = !from_head && whole < len ? whole + mss : whole;
  }
  if (len >= b.len) return from_head;
  if (!splitSkb(sk, skb_idx, len, mss, rtxQueue(sk))) return false;
  return from_head;
}

/** Tags all skbs from `idx` on that a block covers (tcp_sacktag_walk). Returns where it stopped. */
function sacktagWalk(sk: Sock, st: AckState, from: u32, start: u32, end: u32, dup_sack: bool): u32 {
  let idx = from;
  while (idx != NONE) {
    const b = skb(idx);
    if (!seqBefore(b.seq, end)) break;
    const left = ecnModeAccecn(sk) ? shiftLeaves(sk, b, start, end, dup_sack) : 0;
    if (matchSkbToSack(sk, b, idx, start, end)) {
      sacktagOne(sk, st, b, dup_sack, left == NOT_SHIFTED ? b.len : left);
      rateSkbDelivered(st, b);
      if ((b.sacked & TCPCB_SACKED_ACKED) != 0) sentUnlink(sk, idx);
      if (!seqBefore(b.seq, highestSackSeq(sk))) sk.highest_sack = b.next;
    }
    sk.sack_hint = idx;
    idx = b.next;
  }
  return idx;
}

function cacheStart(sk: Sock, i: u32): u32 {
  return load<u32>(changetype<usize>(sk) + offsetof<Sock>('sack_cache0') + (<usize>i << 3));
}
function cacheEnd(sk: Sock, i: u32): u32 {
  return load<u32>(changetype<usize>(sk) + offsetof<Sock>('sack_cache0') + (<usize>i << 3), 4);
}

/** Takes the valid blocks over into the scratch, sorted. Returns their number; the DSACK's place is kept by its start. */
function collectBlocks(sk: Sock, wire: usize, count: u32, dsack: bool, ack: u32, prior_snd_una: u32): u32 {
  const sp = sackScratch();
  let used: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const start = loadBe32(wire + (<usize>i << 3));
    const end = loadBe32(wire + (<usize>i << 3) + 4);
    const dup = i == 0 && dsack;
    if (!sackBlockValid(sk, dup, start, end)) {
      if (!dup && !(ack != sk.snd_una && !seqAfter(end, sk.snd_una))) mibInc(sk.host, TCP_TCPSACKDISCARD);
      continue;
    }
    if (!seqAfter(end, prior_snd_una)) continue;
    let at = used;
    while (at > 0 && seqAfter(load<u32>(sp + (<usize>(at - 1) << 4)), start)) {
      memory.copy(sp + (<usize>at << 4), sp + (<usize>(at - 1) << 4), 16);
      at--;
    }
    store<u32>(sp + (<usize>at << 4), start);
    store<u32>(sp + (<usize>at << 4), end, 4);
    store<u32>(sp + (<usize>at << 4), dup ? 1 : 0, 8);
    used++;
  }
  return used;
}

/** Tags one block, beginning behind what an earlier ACK reported already: that may end inside a segment. */
function tagBlock(sk: Sock, st: AckState, start: u32, end: u32, dup_sack: bool, had_sacked: bool): void {
  let from = start;
  if (had_sacked && !dup_sack) {
    for (let i: u32 = 0; i < NUM_SACKS; i++) {
      const c_start = cacheStart(sk, i);
      const c_end = cacheEnd(sk, i);
      if (c_start == c_end || !seqBefore(from, c_end) || !seqAfter(end, c_start)) continue;
      if (seqBefore(from, c_start)) sacktagWalk(sk, st, rtxFind(sk, from), start, c_start, false);
      if (!seqAfter(end, c_end)) return;
      from = c_end;
    }
  }
  const highest = highestSackSeq(sk);
  const first = !seqBefore(from, highest) && sk.highest_sack != NONE && from == highest ? sk.highest_sack : rtxFind(sk, from);
  sacktagWalk(sk, st, first, start, end, dup_sack);
}

/** Works through the SACK option at `option`. */
export function sacktagWriteQueue(sk: Sock, st: AckState, option: usize, ack: u32, prior_snd_una: u32): void {
  let count = (<u32>load<u8>(option, 1) - 2) >> 3;
  if (count > NUM_SACKS) count = NUM_SACKS;
  const wire = option + 2;
  st.reord = sk.snd_nxt;
  const had_sacked = sk.sacked_out != 0;
  if (!had_sacked) sk.highest_sack = sk.rtx_head;
  const dsack = checkDsack(sk, ack, wire, count, prior_snd_una, st);
  if (seqBefore(ack, prior_snd_una - sk.max_window) || sk.packets_out == 0) return;
  const sp = sackScratch();
  const used = collectBlocks(sk, wire, count, dsack, ack, prior_snd_una);
  for (let i: u32 = 0; i < used; i++) {
    const at = sp + (<usize>i << 4);
    tagBlock(sk, st, load<u32>(at), load<u32>(at, 4), load<u32>(at, 8) != 0, had_sacked);
  }
  // Remember the blocks, at the end of the cache; empty ones in front.
  const cache = changetype<usize>(sk) + offsetof<Sock>('sack_cache0');
  for (let i: u32 = 0; i < NUM_SACKS; i++) {
    const free = NUM_SACKS - used;
    const value = i < free ? 0 : load<u64>(sp + (<usize>(i - free) << 4));
    store<u64>(cache + (<usize>i << 3), value);
  }
  if (sk.ca_state != TCP_CA_LOSS || sk.undo_marker != 0) checkSackReordering(sk, st.reord, false);
}
