/** SACK and DSACK blocks that we report (net/ipv4/tcp_input.c: tcp_sack_new_ofo_skb, tcp_sack_remove, tcp_dsack_set). */
import { seqAfter, seqBefore, TCP_TCPDSACKOFOSENT, TCP_TCPDSACKOLDSENT } from '../../sim/core';
import { mibInc, Sock } from '../6-socket';
import { sendCompressedAck } from './compressed_ack';

const NUM_SACKS: u32 = 4;
/**
 * So many blocks are enough in one ACK: before a block would be moved further back, what is held back is sent
 * (TCP_SACK_BLOCKS_EXPECTED).
 */
const BLOCKS_EXPECTED: u32 = 2;

/** Block i of selective_acks: {start, end}. */
function block(sk: Sock, i: u32): usize {
  return changetype<usize>(sk) + offsetof<Sock>('sack0_start') + (<usize>i << 3);
}
export function sackStart(sk: Sock, i: u32): u32 {
  return load<u32>(block(sk, i));
}
export function sackEnd(sk: Sock, i: u32): u32 {
  return load<u32>(block(sk, i), 4);
}

/** Widens a block by a range that touches it. */
function extend(at: usize, seq: u32, end_seq: u32): bool {
  if (seqAfter(seq, load<u32>(at, 4)) || seqAfter(load<u32>(at), end_seq)) return false;
  if (seqBefore(seq, load<u32>(at))) store<u32>(at, seq);
  if (seqAfter(end_seq, load<u32>(at, 4))) store<u32>(at, end_seq, 4);
  return true;
}

export function dsackSet(sk: Sock, seq: u32, end_seq: u32): void {
  if (sk.sack_ok == 0) return;
  mibInc(sk.host, seqBefore(seq, sk.rcv_nxt) ? TCP_TCPDSACKOLDSENT : TCP_TCPDSACKOFOSENT);
  sk.dsack = 1;
  sk.duplicate_start = seq;
  sk.duplicate_end = end_seq;
}
export function dsackExtend(sk: Sock, seq: u32, end_seq: u32): void {
  if (sk.dsack == 0) dsackSet(sk, seq, end_seq);
  else extend(changetype<usize>(sk) + offsetof<Sock>('duplicate_start'), seq, end_seq);
}

export function sackReset(sk: Sock): void {
  sk.dsack = 0;
  sk.num_sacks = 0;
}

/** Out-of-order data came: its block goes first (RFC 2018 section 4). */
export function sackNewOfo(sk: Sock, seq: u32, end_seq: u32): void {
  const count = <u32>sk.num_sacks;
  for (let i: u32 = 0; i < count; i++) {
    if (!extend(block(sk, i), seq, end_seq)) continue;
    if (i >= BLOCKS_EXPECTED) sendCompressedAck(sk);
    const found = load<u64>(block(sk, i));
    for (let j = i; j > 0; j--) store<u64>(block(sk, j), load<u64>(block(sk, j - 1)));
    store<u64>(block(sk, 0), found);
    if (count > 1) coalesce(sk);
    return;
  }
  if (count >= BLOCKS_EXPECTED) sendCompressedAck(sk);
  const kept = count < NUM_SACKS ? count : NUM_SACKS - 1;
  for (let j = kept; j > 0; j--) store<u64>(block(sk, j), load<u64>(block(sk, j - 1)));
  store<u32>(block(sk, 0), seq);
  store<u32>(block(sk, 0), end_seq, 4);
  sk.num_sacks = <u8>(kept + 1);
}

/** The first block may have grown into others (tcp_sack_maybe_coalesce). */
function coalesce(sk: Sock): void {
  let i: u32 = 1;
  while (i < <u32>sk.num_sacks) {
    if (!extend(block(sk, 0), sackStart(sk, i), sackEnd(sk, i))) {
      i++;
      continue;
    }
    sk.num_sacks--;
    for (let j = i; j < <u32>sk.num_sacks; j++) store<u64>(block(sk, j), load<u64>(block(sk, j + 1)));
  }
}

/** RCV.NXT moved: blocks below it go (tcp_sack_remove). */
export function sackRemove(sk: Sock): void {
  if (sk.ooo_len == 0) {
    sk.num_sacks = 0;
    return;
  }
  let i: u32 = 0;
  while (i < <u32>sk.num_sacks) {
    if (seqBefore(sk.rcv_nxt, sackStart(sk, i))) {
      i++;
      continue;
    }
    sk.num_sacks--;
    for (let j = i; j < <u32>sk.num_sacks; j++) store<u64>(block(sk, j), load<u64>(block(sk, j + 1)));
  }
}
