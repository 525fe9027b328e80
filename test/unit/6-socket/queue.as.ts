/** Description: queues of skbs keep their order under every insertion and removal. */
import { arenaInit, NONE } from '../../../sim/core';
import { skb, skbAlloc, skbsInit } from '../../../stack/3-pool';
import {
  queueAfter, queueTail, queueUnlink, rtxQueue, sentAfter, sentLinked, sentTail, sentUnlink, Sock, sock, sockAlloc, socketInit,
} from '../../../stack/6-socket';
import { setDefaults } from '../config.gen.as';

function start(): Sock {
  setDefaults();
  arenaInit();
  skbsInit(16);
  socketInit();
  for (let i: u32 = 0; i < 6; i++) {
    const b = skb(skbAlloc(0));
    b.link_next = NONE;
    b.link_prev = NONE;
  }
  return sock(sockAlloc(0));
}
/** The queue as digits, from both ends. */
function is(sk: Sock, digits: u32): void {
  let forward: u32 = 0;
  let backward: u32 = 0;
  let n: u32 = 0;
  for (let i = sk.rtx_head; i != NONE; i = skb(i).next) {
    forward = forward * 10 + i + 1;
    n++;
  }
  let place: u32 = 1;
  for (let i = sk.rtx_tail; i != NONE; i = skb(i).prev) {
    backward += (i + 1) * place;
    place *= 10;
  }
  assert(forward == digits && backward == digits && n == sk.rtx_len, 'in order, both ways, counted');
}

export function a_queue_keeps_its_order(): void {
  const sk = start();
  const q = rtxQueue(sk);
  is(sk, 0);
  queueTail(q, 0);
  queueTail(q, 1);
  queueAfter(q, 0, 2);
  is(sk, 132);
  queueAfter(q, NONE, 3);
  queueAfter(q, 1, 4);
  is(sk, 41325);
  queueUnlink(q, 3);
  queueUnlink(q, 4);
  queueUnlink(q, 2);
  is(sk, 12);
  queueUnlink(q, 0);
  queueUnlink(q, 1);
  is(sk, 0);
}

export function the_list_of_sent_skbs_moves_what_is_sent_again(): void {
  const sk = start();
  for (let i: u32 = 0; i < 4; i++) sentTail(sk, i);
  sentUnlink(sk, 0);
  sentTail(sk, 0);
  assert(sk.sent_head == 1 && sk.sent_tail == 0 && sentLinked(sk, 0), 'to the end');
  sentUnlink(sk, 2);
  sentUnlink(sk, 2);
  assert(!sentLinked(sk, 2) && skb(1).link_next == 3, 'taken out once');
  sentAfter(sk, 0, 5);
  assert(sk.sent_tail == 5 && skb(5).link_prev == 0, 'behind another');
  sentUnlink(sk, 1);
  sentUnlink(sk, 3);
  sentUnlink(sk, 0);
  sentUnlink(sk, 5);
  assert(sk.sent_head == NONE && sk.sent_tail == NONE, 'empty');
}
