/** A FIN of ours (net/ipv4/tcp.c: tcp_shutdown, tcp_close_state; net/ipv4/tcp_output.c: tcp_send_fin). */
import { NONE } from '../../sim/core';
import { skb, skbAlloc } from '../3-pool';
import {
  queueTail, Sock, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_LAST_ACK, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT,
  TX_SKB_TRUESIZE, wmemAdd, writeQueue,
} from '../6-socket';
import { FLAG_ACK, FLAG_FIN } from './header';
import { currentMss } from './mss';
import { pushPendingFrames, TCP_NAGLE_OFF } from './output';
import { stateIn, transition } from './state';

/** The state after close or shutdown; true when a FIN is due (tcp_close_state). */
export function closeState(sk: Sock): bool {
  switch (<u32>sk.state) {
    case TCP_ESTABLISHED:
    case TCP_SYN_RECV: {
      transition(sk, TCP_FIN_WAIT1);
      return true;
    }
    case TCP_CLOSE_WAIT: {
      transition(sk, TCP_LAST_ACK);
      return true;
    }
    case TCP_SYN_SENT:
    case TCP_LISTEN: {
      transition(sk, TCP_CLOSE);
      return false;
    }
    default: return false;
  }
}

/** On the last unsent skb, or on one of its own. */
export function sendFin(sk: Sock): void {
  const tail = sk.write_tail;
  if (tail != NONE) {
    const b = skb(tail);
    b.tcp_flags |= <u8>FLAG_FIN;
    b.end_seq++;
    sk.write_seq++;
  } else {
    const idx = skbAlloc(sk.host);
    if (idx == NONE) return finOnSent(sk);
    const b = skb(idx);
    b.truesize = TX_SKB_TRUESIZE;
    b.link_next = NONE;
    b.link_prev = NONE;
    b.tcp_flags = <u8>(FLAG_ACK | FLAG_FIN);
    b.seq = sk.write_seq;
    b.end_seq = sk.write_seq + 1;
    sk.write_seq++;
    wmemAdd(sk, b.truesize);
    queueTail(writeQueue(sk), idx);
  }
  pushPendingFrames(sk, currentMss(sk), TCP_NAGLE_OFF);
}

/** No skb is left: the FIN goes on the last sent one, as if it had been there, and leaves when that is sent again. */
function finOnSent(sk: Sock): void {
  const idx = sk.rtx_tail;
  assert(idx != NONE, 'limits.skbs is too small: no skb for a FIN');
  const b = skb(idx);
  b.tcp_flags |= <u8>FLAG_FIN;
  b.end_seq++;
  sk.write_seq++;
  sk.snd_nxt++;
}

/** Shuts the sending side (tcp_shutdown). */
export function shutdownSend(sk: Sock): void {
  if (!stateIn(sk, (1 << TCP_ESTABLISHED) | (1 << TCP_SYN_SENT) | (1 << TCP_CLOSE_WAIT))) return;
  if (closeState(sk)) sendFin(sk);
}
