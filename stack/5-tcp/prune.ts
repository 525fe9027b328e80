/**
 * When the receive buffer is full (net/ipv4/tcp_input.c: tcp_try_rmem_schedule, tcp_prune_queue, tcp_prune_ofo_queue).
 *
 * Differs from Linux: queues are not collapsed into fewer skbs before data behind holes is dropped (tcp_collapse).
 */
import { DROP_TCP_OFO_QUEUE_PRUNE, NONE, seqAfter, TCP_OFOPRUNED, TCP_PRUNECALLED, TCP_RCVPRUNED } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibInc, oooQueue, queueUnlink, Sock } from '../6-socket';
import { dropSkb } from './ip';
import { clampWindow } from './rcvbuf';
import { sackReset } from './sack_out';

function canIngest(sk: Sock): bool {
  return sk.rmem_alloc <= sk.rcvbuf;
}

/** May the segment be kept? Makes room if there is none. */
export function rmemSchedule(sk: Sock, b: Skb): bool {
  return canIngest(sk) || pruneQueue(sk, b);
}

function pruneQueue(sk: Sock, b: Skb): bool {
  if (sk.rmem_alloc == 0) return false;
  mibInc(sk.host, TCP_PRUNECALLED);
  clampWindow(sk);
  if (canIngest(sk)) return true;
  pruneOfoQueue(sk, b);
  if (canIngest(sk)) return true;
  mibInc(sk.host, TCP_RCVPRUNED);
  sk.pred_flags = 0;
  return false;
}

/** Drops from the end of the out-of-order queue, at least an eighth of the buffer at once. */
function pruneOfoQueue(sk: Sock, b: Skb): void {
  let goal = <i32>(sk.rcvbuf >> 3);
  let pruned = false;
  while (sk.ooo_tail != NONE) {
    const idx = sk.ooo_tail;
    const last = skb(idx);
    if (seqAfter(b.seq, last.seq)) break;
    pruned = true;
    queueUnlink(oooQueue(sk), idx);
    sk.rmem_alloc -= last.truesize;
    goal -= <i32>last.truesize;
    dropSkb(idx, DROP_TCP_OFO_QUEUE_PRUNE);
    if (sk.ooo_tail == NONE || goal <= 0) {
      if (canIngest(sk)) break;
      goal = <i32>(sk.rcvbuf >> 3);
    }
  }
  if (!pruned) return;
  mibInc(sk.host, TCP_OFOPRUNED);
  if (sk.sack_ok != 0) sackReset(sk);
}
