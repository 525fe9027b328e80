/**
 * Data behind a hole (net/ipv4/tcp_input.c: tcp_data_queue_ofo). The queue is sorted, without overlap of whole segments.
 *
 * Differs from Linux: a sorted list searched from its nearer end, where Linux has a tree; a list of holes is short.
 */
import {
  DROP_PROTO_MEM, DROP_TCP_OFOMERGE, NONE, seqAfter, seqBefore, TCP_TCPOFODROP, TCP_TCPOFOMERGE, TCP_TCPOFOQUEUE, traceTcpOoo,
} from '../../sim/core';
import { Skb, skb, skbFrag, skbFreeHead } from '../3-pool';
import { mibInc, oooQueue, queueAfter, queueUnlink, Sock, SOCK_OWNED, wakeReadable } from '../6-socket';
import { scheduleAck } from './ack_out';
import { tryCoalesce } from './coalesce';
import { dataEcnCheck } from './ecn_in';
import { dropSkb, rxFree, segsOf } from './ip';
import { rmemSchedule } from './prune';
import { growWindow, measureRcvMss, rcvbufGrow } from './rcvbuf';
import { dsackExtend, dsackSet, sackNewOfo } from './sack_out';

/** The last skb that starts at or before `seq`, or NONE. */
function findBefore(sk: Sock, seq: u32): u32 {
  const head = sk.ooo_head;
  if (head == NONE || seqBefore(seq, skb(head).seq)) return NONE;
  if (seq - skb(head).seq < skb(sk.ooo_tail).end_seq - seq) {
    let idx = head;
    for (;;) {
      const next = skb(idx).next;
      if (next == NONE || seqBefore(seq, skb(next).seq)) return idx;
      idx = next;
    }
  }
  let idx = sk.ooo_tail;
  while (seqBefore(seq, skb(idx).seq)) idx = skb(idx).prev;
  return idx;
}

function dropCovered(sk: Sock, skb_idx: u32): void {
  const b = skb(skb_idx);
  dsackExtend(sk, b.seq, b.end_seq);
  mibInc(sk.host, TCP_TCPOFOMERGE);
  queueUnlink(oooQueue(sk), skb_idx);
  sk.rmem_alloc -= b.truesize;
  dropSkb(skb_idx, DROP_TCP_OFOMERGE);
}

/** Segments behind a new one that it covers go (the label merge_right). */
function mergeRight(sk: Sock, skb_idx: u32, end_seq: u32): void {
  for (;;) {
    const next = skb(skb_idx).next;
    if (next == NONE) return;
    const n = skb(next);
    if (!seqAfter(end_seq, n.seq)) return;
    if (seqBefore(end_seq, n.end_seq)) {
      dsackExtend(sk, n.seq, end_seq);
      return;
    }
    dropCovered(sk, next);
  }
}

function insertAfter(sk: Sock, after: u32, b: Skb, skb_idx: u32): void {
  queueAfter(oooQueue(sk), after, skb_idx);
  b.sock = sk.handle;
  sk.rmem_alloc += b.truesize;
}

/** What became of a segment: queued, joined to another (the caller frees the rest), or dropped because it was there. */
const QUEUED: u32 = 0;
const JOINED: u32 = 1;
const DROPPED: u32 = 2;

/** Puts a segment in its place. */
function insert(sk: Sock, b: Skb, skb_idx: u32): u32 {
  const seq = b.seq;
  const end_seq = b.end_seq;
  const tail = sk.ooo_tail;
  if (tail != NONE && tryCoalesce(sk, tail, skb_idx)) return JOINED;
  let before = findBefore(sk, seq);
  if (before != NONE) {
    const p = skb(before);
    if (seqBefore(seq, p.end_seq)) {
      if (!seqAfter(end_seq, p.end_seq)) {
        // All of it is there.
        mibInc(sk.host, TCP_TCPOFOMERGE);
        dsackSet(sk, seq, end_seq);
        sk.rcv_dup_segs += segsOf(b);
        dropSkb(skb_idx, DROP_TCP_OFOMERGE);
        return DROPPED;
      }
      if (seqAfter(seq, p.seq)) dsackSet(sk, seq, p.end_seq);
      else {
        const covered = before;
        before = p.prev;
        dropCovered(sk, covered);
      }
    } else if (tryCoalesce(sk, before, skb_idx)) {
      mergeRight(sk, before, end_seq);
      return JOINED;
    }
  }
  insertAfter(sk, before, b, skb_idx);
  mergeRight(sk, skb_idx, end_seq);
  return QUEUED;
}

export function dataQueueOfo(sk: Sock, b: Skb, skb_idx: u32): void {
  const seq = b.seq;
  const end_seq = b.end_seq;
  const pkt_id = b.pkt_id;
  dataEcnCheck(sk, b);
  if (!rmemSchedule(sk, b)) {
    mibInc(sk.host, TCP_TCPOFODROP);
    wakeReadable(sk, pkt_id);
    dropSkb(skb_idx, DROP_PROTO_MEM);
    return;
  }
  traceTcpOoo(pkt_id, b.nr_frags == 0 ? NONE : skbFrag(skb_idx, 0).netmem, sk.handle, seq, b.len);
  measureRcvMss(sk, b);
  sk.pred_flags = 0;
  scheduleAck(sk);
  mibInc(sk.host, TCP_TCPOFOQUEUE);
  sk.rcv_ooopack += segsOf(b);
  if (sk.ooo_len == 0) {
    insertAfter(sk, NONE, b, skb_idx);
    sk.num_sacks = 0;
    if (sk.sack_ok != 0) {
      sackNewOfo(sk, seq, end_seq);
      growWindow(sk, b, false);
    }
  } else {
    const result = insert(sk, b, skb_idx);
    // Without SACK the window does not grow, so that our ACKs stay duplicates.
    if (sk.sack_ok != 0) {
      if (result != DROPPED) growWindow(sk, b, result == JOINED);
      sackNewOfo(sk, seq, end_seq);
    }
    if (result == JOINED) skbFreeHead(skb_idx);
  }
  // Not for sockets that nobody has accepted yet.
  if ((sk.flags & SOCK_OWNED) != 0) rcvbufGrow(sk, sk.rcvq_space);
}

/** Drops everything behind holes (skb_rbtree_purge). */
export function purgeOfo(sk: Sock): void {
  while (sk.ooo_head != NONE) {
    const idx = sk.ooo_head;
    queueUnlink(oooQueue(sk), idx);
    sk.rmem_alloc -= skb(idx).truesize;
    rxFree(idx);
  }
}
