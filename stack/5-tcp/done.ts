/** The end of a connection (net/ipv4/tcp.c: tcp_done, inet_csk_destroy_sock; net/ipv4/tcp_input.c: tcp_reset). */
import { hrtimerCancel, NONE, TCP_ATTEMPTFAILS, timerCancel } from '../../sim/core';
import { skb, skbFree } from '../3-pool';
import {
  bindRemove, delackTimer, errorReport, keepaliveTimer, mibInc, pacingTimer, purgeErrorQueue, queueUnlink, receiveQueue, retransmitTimer,
  SHUTDOWN_MASK, Sock, SOCK_DEAD, SOCK_DESTROYED, sockPut, stateChange, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_SYN_RECV, TCP_SYN_SENT, wmemSub,
  writeQueue,
} from '../6-socket';
import { rtxUnlinkAndFree } from './clean_rtx';
import { cancelCompressedAck } from './compressed_ack';
import { ECONNREFUSED, ECONNRESET, EPIPE } from './errno';
import { fastopenEndCheck } from './fastopen_blackhole';
import { fastopenRemove } from './fastopen_server';
import { rxFree } from './ip';
import { purgeOfo } from './out_of_order';
import { wakePageWaiters } from './page_frag';
import { transition } from './state';

/** Throws away what waits to be sent or acknowledged (tcp_write_queue_purge). */
export function writeQueuePurge(sk: Sock): void {
  while (sk.write_head != NONE) {
    const idx = sk.write_head;
    queueUnlink(writeQueue(sk), idx);
    wmemSub(sk, skb(idx).truesize);
    skbFree(idx, false);
  }
  while (sk.rtx_head != NONE) rtxUnlinkAndFree(sk, sk.rtx_head);
  sk.highest_sack = NONE;
  sk.sack_hint = NONE;
  sk.packets_out = 0;
  sk.backoff = 0;
  sk.sacked_out = 0;
  sk.lost_out = 0;
  sk.retrans_out = 0;
  wakePageWaiters(sk.host);
}

/** Throws away what nobody has read. */
export function receiveQueuePurge(sk: Sock): void {
  while (sk.receive_head != NONE) {
    const idx = sk.receive_head;
    queueUnlink(receiveQueue(sk), idx);
    sk.rmem_alloc -= skb(idx).truesize;
    rxFree(idx);
  }
}

/** tcp_clear_xmit_timers. */
export function clearTimers(sk: Sock): void {
  sk.pending = 0;
  sk.ack_pending = 0;
  timerCancel(retransmitTimer(sk));
  timerCancel(delackTimer(sk));
  timerCancel(keepaliveTimer(sk));
  if (hrtimerCancel(pacingTimer(sk))) sockPut(sk.handle);
  cancelCompressedAck(sk);
}

/** Lets go of a closed socket that no process has (inet_csk_destroy_sock). */
export function destroySock(sk: Sock): void {
  assert(sk.state == <u8>TCP_CLOSE && sk.hasFlag(SOCK_DEAD), 'T4 only a closed orphan is destroyed');
  if (sk.hasFlag(SOCK_DESTROYED)) return;
  clearTimers(sk);
  fastopenRemove(sk, false);
  fastopenEndCheck(sk);
  writeQueuePurge(sk);
  receiveQueuePurge(sk);
  purgeOfo(sk);
  purgeErrorQueue(sk);
  bindRemove(sk);
  sk.flags |= SOCK_DESTROYED;
  sockPut(sk.handle);
}

/** The connection is over (tcp_done). An orphan is freed. */
export function tcpDone(sk: Sock): void {
  if (sk.state == <u8>TCP_SYN_SENT || sk.state == <u8>TCP_SYN_RECV) mibInc(sk.host, TCP_ATTEMPTFAILS);
  transition(sk, TCP_CLOSE);
  clearTimers(sk);
  fastopenRemove(sk, false);
  sk.shutdown = <u8>SHUTDOWN_MASK;
  if (sk.hasFlag(SOCK_DEAD)) destroySock(sk);
  else stateChange(sk);
}

/** tcp_done_with_error. */
export function tcpDoneWithError(sk: Sock, err: u32): void {
  sk.err = err;
  writeQueuePurge(sk);
  tcpDone(sk);
  if (!sk.hasFlag(SOCK_DEAD)) errorReport(sk);
}

/** An acceptable RST came (tcp_reset). */
export function tcpReset(sk: Sock): void {
  switch (<u32>sk.state) {
    case TCP_SYN_SENT: return tcpDoneWithError(sk, ECONNREFUSED);
    case TCP_CLOSE_WAIT: return tcpDoneWithError(sk, EPIPE);
    case TCP_CLOSE: return;
    default: tcpDoneWithError(sk, ECONNRESET);
  }
}
