/**
 * Queues of skbs: doubly linked by Skb.next and Skb.prev, NONE-terminated. A queue is three words {head, tail, len} inside
 * Sock; functions take its address (receiveQueue(sk) and its neighbours).
 */
import { NONE } from '../../sim/core';
import { skb } from '../3-pool';
import { Sock } from './sock';

const TAIL: usize = 4;
const LEN: usize = 8;

export function receiveQueue(sk: Sock): usize {
  return changetype<usize>(sk) + offsetof<Sock>('receive_head');
}
export function oooQueue(sk: Sock): usize {
  return changetype<usize>(sk) + offsetof<Sock>('ooo_head');
}
export function errorQueue(sk: Sock): usize {
  return changetype<usize>(sk) + offsetof<Sock>('error_head');
}
export function writeQueue(sk: Sock): usize {
  return changetype<usize>(sk) + offsetof<Sock>('write_head');
}
export function rtxQueue(sk: Sock): usize {
  return changetype<usize>(sk) + offsetof<Sock>('rtx_head');
}

export function queueTail(queue: usize, skb_idx: u32): void {
  const b = skb(skb_idx);
  const tail = load<u32>(queue, TAIL);
  b.next = NONE;
  b.prev = tail;
  if (tail == NONE) store<u32>(queue, skb_idx);
  else skb(tail).next = skb_idx;
  store<u32>(queue, skb_idx, TAIL);
  store<u32>(queue, load<u32>(queue, LEN) + 1, LEN);
}

/** Behind `after`, which is in the queue; NONE: at the head. */
export function queueAfter(queue: usize, after: u32, skb_idx: u32): void {
  const b = skb(skb_idx);
  const next = after == NONE ? load<u32>(queue) : skb(after).next;
  b.prev = after;
  b.next = next;
  if (after == NONE) store<u32>(queue, skb_idx);
  else skb(after).next = skb_idx;
  if (next == NONE) store<u32>(queue, skb_idx, TAIL);
  else skb(next).prev = skb_idx;
  store<u32>(queue, load<u32>(queue, LEN) + 1, LEN);
}

export function queueUnlink(queue: usize, skb_idx: u32): void {
  const b = skb(skb_idx);
  const next = b.next;
  const prev = b.prev;
  if (prev == NONE) store<u32>(queue, next);
  else skb(prev).next = next;
  if (next == NONE) store<u32>(queue, prev, TAIL);
  else skb(next).prev = prev;
  b.next = NONE;
  b.prev = NONE;
  store<u32>(queue, load<u32>(queue, LEN) - 1, LEN);
}

/** The list of sent skbs in order of their last transmission: linked by link_next and link_prev. */
export function sentTail(sk: Sock, skb_idx: u32): void {
  const b = skb(skb_idx);
  const tail = sk.sent_tail;
  b.link_next = NONE;
  b.link_prev = tail;
  if (tail == NONE) sk.sent_head = skb_idx;
  else skb(tail).link_next = skb_idx;
  sk.sent_tail = skb_idx;
}

/** Is it in the list of sent skbs? */
export function sentLinked(sk: Sock, skb_idx: u32): bool {
  return skb(skb_idx).link_prev != NONE || sk.sent_head == skb_idx;
}

/** Takes an skb out of the list; nothing happens when it is not there. */
export function sentUnlink(sk: Sock, skb_idx: u32): void {
  if (!sentLinked(sk, skb_idx)) return;
  const b = skb(skb_idx);
  const next = b.link_next;
  const prev = b.link_prev;
  if (prev == NONE) sk.sent_head = next;
  else skb(prev).link_next = next;
  if (next == NONE) sk.sent_tail = prev;
  else skb(next).link_prev = prev;
  b.link_next = NONE;
  b.link_prev = NONE;
}

/** Behind `after`, which is in the list. */
export function sentAfter(sk: Sock, after: u32, skb_idx: u32): void {
  const b = skb(skb_idx);
  const next = skb(after).link_next;
  b.link_prev = after;
  b.link_next = next;
  skb(after).link_next = skb_idx;
  if (next == NONE) sk.sent_tail = skb_idx;
  else skb(next).link_prev = skb_idx;
}
