/** A connection begins to transfer (net/ipv4/tcp_input.c: tcp_init_transfer, tcp_finish_connect). */
import { Sock, SOCK_KEEPOPEN, TCP_ESTABLISHED } from '../6-socket';
import { jiffies } from './clock';
import { caInit, setCwnd } from './cong';
import { initCwnd } from './cwnd';
import { ecnDontxmit } from './ecn';
import { keepaliveTimeWhen } from './keepalive';
import { initMetrics } from './metrics';
import { mtupInit } from './mtu_probe';
import { initBufferSpace } from './rcvbuf';
import { resetKeepaliveTimer } from './rto';
import { transition } from './state';
import { fastPathOn } from './window';

/** tcp_init_transfer. More than one lost SYN: begin with one packet. */
export function initTransfer(sk: Sock): void {
  mtupInit(sk);
  initMetrics(sk);
  setCwnd(sk, sk.total_retrans > 1 && sk.undo_marker != 0 ? 1 : initCwnd(sk));
  sk.snd_cwnd_stamp = jiffies();
  caInit(sk);
  // From here on each segment says whether it is ECN-capable.
  ecnDontxmit(sk);
  initBufferSpace(sk);
}

/** The echo is that of the first SYN: its retransmission was needless (tcp_try_undo_spurious_syn). */
export function tryUndoSpuriousSyn(sk: Sock): void {
  if (sk.undo_marker != 0 && sk.retrans_stamp != 0 && sk.saw_tstamp != 0 && sk.retrans_stamp == sk.rcv_tsecr) sk.undo_marker = 0;
}

/** Our SYN was answered (tcp_finish_connect). */
export function finishConnect(sk: Sock): void {
  transition(sk, TCP_ESTABLISHED);
  sk.lrcvtime = jiffies();
  initTransfer(sk);
  sk.lsndtime = jiffies();
  if (sk.hasFlag(SOCK_KEEPOPEN)) resetKeepaliveTimer(sk, keepaliveTimeWhen(sk));
  if (sk.snd_wscale == 0) fastPathOn(sk);
  else sk.pred_flags = 0;
}
