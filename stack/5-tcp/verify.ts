/** The invariants of the card, counted out for one socket. Expensive: for verify runs and tests. */
import { NONE, seqAfter, seqBefore } from '../../sim/core';
import { skb } from '../3-pool';
import {
  extendedErr, SO_EE_ORIGIN_ZEROCOPY, Sock, sock, SOCK_DEAD, TCP_CLOSE, TCP_ESTABLISHED, TCP_LISTEN, TCP_SYN_SENT,
} from '../6-socket';
import { TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from './ack_flags';

function verifyReceive(sk: Sock): void {
  let sum: u32 = 0;
  let count: u32 = 0;
  for (let idx = sk.receive_head; idx != NONE; idx = skb(idx).next) {
    sum += skb(idx).truesize;
    count++;
  }
  assert(count == sk.receive_len, 'T7 queues are counted');
  count = 0;
  let last = sk.rcv_nxt;
  for (let idx = sk.ooo_head; idx != NONE; idx = skb(idx).next) {
    const b = skb(idx);
    sum += b.truesize;
    count++;
    assert(seqAfter(b.seq, sk.rcv_nxt) && !seqBefore(b.seq, last), 'T7 out-of-order data is sorted and behind a hole');
    last = b.seq;
  }
  assert(count == sk.ooo_len, 'T7 queues are counted');
  for (let idx = sk.error_head; idx != NONE; idx = skb(idx).next) {
    if (extendedErr(idx).ee_origin != SO_EE_ORIGIN_ZEROCOPY) sum += skb(idx).truesize;
  }
  assert(sum == sk.rmem_alloc, 'K3 queue sums equal rmem_alloc');
  assert(!seqBefore(sk.rcv_nxt, sk.copied_seq), 'T1 copied_seq passed rcv_nxt');
  if (sk.verify_rcv_nxt != 0) assert(!seqBefore(sk.rcv_nxt, sk.verify_rcv_nxt), 'T1 rcv_nxt never moves back');
  sk.verify_rcv_nxt = sk.rcv_nxt;
  if (sk.verify_edge != 0) assert(!seqBefore(sk.rcv_mwnd_seq, sk.verify_edge), 'T2 right edge shrank');
  sk.verify_edge = sk.rcv_mwnd_seq;
}

function verifySend(sk: Sock): void {
  let sum: u32 = 0;
  let skbs: u32 = 0;
  let packets: u32 = 0;
  let sacked: u32 = 0;
  let lost: u32 = 0;
  let retrans: u32 = 0;
  let seq = sk.snd_una;
  for (let idx = sk.rtx_head; idx != NONE; idx = skb(idx).next) {
    const b = skb(idx);
    sum += b.truesize;
    const pcount = <u32>b.gso_segs;
    assert(pcount != 0 && (pcount == 1 || (b.len + b.gso_size - 1) / b.gso_size == pcount), 'T10 a sent skb knows its segments');
    skbs++;
    packets += pcount;
    if ((b.sacked & TCPCB_SACKED_ACKED) != 0) sacked += pcount;
    if ((b.sacked & TCPCB_LOST) != 0) lost += pcount;
    if ((b.sacked & TCPCB_SACKED_RETRANS) != 0) retrans += pcount;
    assert((b.sacked & (TCPCB_SACKED_ACKED | TCPCB_LOST)) != (TCPCB_SACKED_ACKED | TCPCB_LOST), 'T5 a packet is sacked or lost, not both');
    if (skbs > 1) assert(b.seq == seq, 'T5 the retransmit queue has no holes');
    seq = b.end_seq;
  }
  assert(skbs == sk.rtx_len && packets == sk.packets_out, 'T5 packets_out counts the retransmit queue');
  assert(lost == sk.lost_out, 'T5 tags are counted: lost');
  assert(retrans == sk.retrans_out, 'T5 tags are counted: retransmitted');
  if (sk.sack_ok != 0) assert(sacked == sk.sacked_out, 'T5 tags are counted: sacked');
  if (packets != 0) assert(seq == sk.snd_nxt, 'T5 the retransmit queue ends at snd_nxt');
  for (let idx = sk.write_head; idx != NONE; idx = skb(idx).next) {
    const b = skb(idx);
    sum += b.truesize;
    assert(b.seq == seq || packets == 0, 'T5 the write queue follows the retransmit queue');
    seq = b.end_seq;
  }
  assert(sum == sk.wmem_queued, 'K3 queue sums equal wmem_queued');
  assert(!seqAfter(sk.snd_una, sk.snd_nxt) && !seqAfter(sk.snd_nxt, sk.write_seq), 'T5 snd_una <= snd_nxt <= write_seq');
}

/** Checks one socket. */
export function tcpVerify(sock_idx: u32): void {
  const sk = sock(sock_idx);
  assert(sk.owned == 0 && sk.backlog_head == NONE, 'T12 a socket is not locked between two events');
  if (sk.state == <u8>TCP_LISTEN || (sk.state == <u8>TCP_CLOSE && sk.hasFlag(SOCK_DEAD))) return;
  if (sk.state != <u8>TCP_SYN_SENT && sk.state != <u8>TCP_CLOSE) verifyReceive(sk);
  if (sk.state != <u8>TCP_CLOSE) verifySend(sk);
  if (sk.state == <u8>TCP_ESTABLISHED) assert(sk.snd_cwnd > 0, 'T6 the congestion window is at least one packet');
}
