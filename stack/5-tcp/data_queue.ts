/**
 * Data in order (net/ipv4/tcp_input.c: tcp_data_queue, tcp_queue_rcv, tcp_ofo_queue, tcp_fin).
 *
 *      seq < rcv_nxt, end <= rcv_nxt   old: ACK at once, DSACK
 *      seq <= rcv_nxt < end            in order, perhaps with an old head: receive queue
 *      rcv_nxt < seq < right edge      out_of_order.ts
 *      seq >= right edge               beyond the window: ACK at once
 */
import {
  bug, DROP_PROTO_MEM, DROP_TCP_OFO_DROP, DROP_TCP_OLD_DATA, DROP_TCP_OVERWINDOW, DROP_TCP_ZEROWINDOW, NONE,
  RUN_BUG_TCP_EARLY_FIN, seqAfter, seqBefore, TCP_BEYONDWINDOW, TCP_DELAYEDACKLOST, TCP_TCPRCVQDROP, TCP_TCPZEROWINDOWDROP, traceSockQueue,
} from '../../sim/core';
import { Skb, skb, skbFrag, skbFreeHead } from '../3-pool';
import {
  mibInc, oooQueue, queueTail, queueUnlink, RCV_SHUTDOWN, receiveQueue, Sock, SOCK_DEAD, SOCK_DONE, stateChange, TCP_CLOSE_WAIT,
  TCP_CLOSING, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_SYN_RECV, TCP_TIME_WAIT, wakeReadable,
} from '../6-socket';
import { ICSK_ACK_NOMEM, ICSK_ACK_NOW } from './ack_flags';
import { enterPingpongMode, enterQuickackMode, eventDataRecv, scheduleAck, sendAck, spuriousRetrans, TCP_MAX_QUICKACKS } from './ack_out';
import { tryCoalesce } from './coalesce';
import { FLAG_FIN } from './header';
import { dropSkb, rxFree, segsOf } from './ip';
import { dataQueueOfo, purgeOfo } from './out_of_order';
import { readableAt } from './poll';
import { rmemSchedule } from './prune';
import { dsackExtend, dsackSet, sackRemove, sackReset } from './sack_out';
import { transition } from './state';
import { timeWait } from './timewait';
import { fastPathCheck, receiveWindow } from './window';

export function rcvNxtUpdate(sk: Sock, seq: u32): void {
  assert(!seqBefore(seq, sk.rcv_nxt), 'T1 rcv_nxt never moves back');
  sk.bytes_received += seq - sk.rcv_nxt;
  sk.rcv_nxt = seq;
}

/** Removes the TCP header from the linear part. */
export function pullHeader(b: Skb, header_len: u32): void {
  b.data_off += <u16>header_len;
  b.head_len -= <u16>header_len;
  b.len -= header_len;
}

/** Is there enough for a reader (tcp_data_ready)? With SO_RCVLOWAT 1, any byte is. */
export function tcpDataReady(sk: Sock, pkt_id: u32): void {
  if ((sk.flags & SOCK_DONE) != 0 || readableAt(sk, sk.rcvlowat)) wakeReadable(sk, pkt_id);
}

/**
 * Puts a segment at the end of the receive queue (tcp_queue_rcv). True when the one before it took its payload over: then
 * the caller frees what is left with skbFreeHead.
 */
export function queueRcv(sk: Sock, b: Skb, skb_idx: u32): bool {
  const end_seq = b.end_seq;
  traceSockQueue(b.pkt_id, b.nr_frags == 0 ? NONE : skbFrag(skb_idx, 0).netmem, sk.handle, b.seq, b.len);
  const tail = sk.receive_tail;
  const eaten = tail != NONE && tryCoalesce(sk, tail, skb_idx);
  rcvNxtUpdate(sk, end_seq);
  if (!eaten) addReceiveQueue(sk, b, skb_idx);
  return eaten;
}

function addReceiveQueue(sk: Sock, b: Skb, skb_idx: u32): void {
  queueTail(receiveQueue(sk), skb_idx);
  b.sock = sk.handle;
  sk.rmem_alloc += b.truesize;
}

/** The peer's FIN is next in order (tcp_fin). */
export function tcpFin(sk: Sock): void {
  scheduleAck(sk);
  sk.shutdown |= <u8>RCV_SHUTDOWN;
  sk.flags |= SOCK_DONE;
  switch (<u32>sk.state) {
    case TCP_SYN_RECV:
    case TCP_ESTABLISHED: {
      transition(sk, TCP_CLOSE_WAIT);
      enterPingpongMode(sk);
      break;
    }
    case TCP_FIN_WAIT1: {
      // Both close at once.
      sendAck(sk);
      transition(sk, TCP_CLOSING);
      break;
    }
    case TCP_FIN_WAIT2: {
      sendAck(sk);
      timeWait(sk, TCP_TIME_WAIT, 0);
      break;
    }
    default: // a FIN again: CLOSE-WAIT, CLOSING, LAST-ACK
  }
  purgeOfo(sk);
  if (sk.sack_ok != 0) sackReset(sk);
  if ((sk.flags & SOCK_DEAD) == 0) stateChange(sk);
}

/** A hole was filled: what waits behind it follows (tcp_ofo_queue). */
function ofoQueue(sk: Sock): void {
  const dsack_high = sk.rcv_nxt;
  let idx = sk.ooo_head;
  while (idx != NONE) {
    const b = skb(idx);
    if (seqAfter(b.seq, sk.rcv_nxt)) break;
    if (seqBefore(b.seq, dsack_high)) dsackExtend(sk, b.seq, seqBefore(b.end_seq, dsack_high) ? b.end_seq : dsack_high);
    const next = b.next;
    queueUnlink(oooQueue(sk), idx);
    sk.rmem_alloc -= b.truesize;
    if (!seqAfter(b.end_seq, sk.rcv_nxt)) {
      dropSkb(idx, DROP_TCP_OFO_DROP);
      idx = next;
      continue;
    }
    const fin = (b.tcp_flags & <u8>FLAG_FIN) != 0;
    if (queueRcv(sk, b, idx)) skbFreeHead(idx);
    if (fin) {
      tcpFin(sk); // empties the out-of-order queue
      break;
    }
    idx = next;
  }
}

function outOfWindow(sk: Sock, skb_idx: u32, reason: u32): void {
  enterQuickackMode(sk, TCP_MAX_QUICKACKS);
  scheduleAck(sk);
  dropSkb(skb_idx, reason);
}

/** A segment that starts at or before RCV.NXT and brings something new. */
function queueInOrder(sk: Sock, b: Skb, skb_idx: u32): void {
  const pkt_id = b.pkt_id;
  if (!rmemSchedule(sk, b)) {
    // No memory: say so with a closed window.
    sk.ack_pending |= ICSK_ACK_NOMEM | ICSK_ACK_NOW;
    scheduleAck(sk);
    wakeReadable(sk, pkt_id);
    if (sk.receive_len != 0 && b.len != 0) {
      mibInc(sk.host, TCP_TCPRCVQDROP);
      dropSkb(skb_idx, DROP_PROTO_MEM);
      return;
    }
  }
  const fin = (b.tcp_flags & <u8>FLAG_FIN) != 0;
  const eaten = queueRcv(sk, b, skb_idx);
  if (b.len != 0) eventDataRecv(sk, b);
  if (eaten) skbFreeHead(skb_idx);
  if (fin) tcpFin(sk);
  if (sk.ooo_len != 0) {
    ofoQueue(sk);
    if (sk.ooo_len == 0) sk.ack_pending |= ICSK_ACK_NOW;
  }
  if (sk.num_sacks != 0) sackRemove(sk);
  fastPathCheck(sk);
  if ((sk.flags & SOCK_DEAD) == 0) tcpDataReady(sk, pkt_id);
}

/** A segment that passed all checks. Takes it over. */
export function dataQueue(sk: Sock, b: Skb, skb_idx: u32, header_len: u32): void {
  if (b.seq == b.end_seq) {
    rxFree(skb_idx);
    return;
  }
  pullHeader(b, header_len);
  sk.dsack = 0;
  if (b.seq == sk.rcv_nxt) {
    if (receiveWindow(sk) == 0 && !(b.len == 0 && (b.tcp_flags & <u8>FLAG_FIN) != 0)) {
      mibInc(sk.host, TCP_TCPZEROWINDOWDROP);
      outOfWindow(sk, skb_idx, DROP_TCP_ZEROWINDOW);
      return;
    }
    queueInOrder(sk, b, skb_idx);
    return;
  }
  if (!seqAfter(b.end_seq, sk.rcv_nxt)) {
    spuriousRetrans(sk, b);
    mibInc(sk.host, TCP_DELAYEDACKLOST);
    dsackSet(sk, b.seq, b.end_seq);
    if (b.len != 0) sk.rcv_dup_segs += segsOf(b);
    outOfWindow(sk, skb_idx, DROP_TCP_OLD_DATA);
    return;
  }
  if (!seqBefore(b.seq, sk.rcv_nxt + receiveWindow(sk))) {
    mibInc(sk.host, TCP_BEYONDWINDOW);
    outOfWindow(sk, skb_idx, DROP_TCP_OVERWINDOW);
    return;
  }
  if (seqBefore(b.seq, sk.rcv_nxt)) {
    dsackSet(sk, b.seq, sk.rcv_nxt);
    if (receiveWindow(sk) == 0) {
      mibInc(sk.host, TCP_TCPZEROWINDOWDROP);
      outOfWindow(sk, skb_idx, DROP_TCP_ZEROWINDOW);
      return;
    }
    queueInOrder(sk, b, skb_idx);
    return;
  }
  if (bug(RUN_BUG_TCP_EARLY_FIN) && (b.tcp_flags & <u8>FLAG_FIN) != 0) tcpFin(sk);
  dataQueueOfo(sk, b, skb_idx);
}
