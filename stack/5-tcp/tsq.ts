/**
 * TCP small queues (net/ipv4/tcp_output.c: tcp_wfree, tcp_tsq_workfn): a socket keeps little in the device's queue and goes
 * on when the device has sent something. Sockets that may go on wait in a list of their host, for one event.
 */
import { CONTEXT_SOFTIRQ, coreFreeAt, coreState, enterContext, EVENT_TSQ, hostConfig, leaveContext, NONE, schedule } from '../../sim/core';
import {
  Sock, sock, sockHold, sockMaybeFree, sockPut, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_LAST_ACK, TSQ_QUEUED,
  TSQ_THROTTLED,
} from '../6-socket';
import { mstampRefresh } from './clock';
import { currentMss } from './mss';
import { writeXmit } from './output';
import { xmitRetransmitQueue } from './retransmit';
import { tcpHost } from './stage';
import { stateIn } from './state';
import { packetsInFlight } from './transmit';

const TSQ_STATES: u32 = (1 << TCP_ESTABLISHED) | (1 << TCP_FIN_WAIT1) | (1 << TCP_CLOSING) | (1 << TCP_CLOSE_WAIT) | (1 << TCP_LAST_ACK);

/** The device is done with a packet of the socket: the SkbDestructor port (tcp_wfree). */
export function tcpWfree(sock_idx: u32, bytes: u32): void {
  const sk = sock(sock_idx);
  assert(sk.wmem_alloc >= bytes, 'T8 the device gave back more than it was given');
  sk.wmem_alloc -= bytes;
  if (sk.refs == 0) {
    sockMaybeFree(sk);
    return;
  }
  if ((sk.flags & (TSQ_THROTTLED | TSQ_QUEUED)) != TSQ_THROTTLED) return;
  sk.flags = (sk.flags & ~TSQ_THROTTLED) | TSQ_QUEUED;
  sockHold(sock_idx);
  const h = tcpHost(sk.host);
  sk.tsq_next = NONE;
  if (h.tsq_head == NONE) h.tsq_head = sock_idx;
  else sock(h.tsq_tail).tsq_next = sock_idx;
  h.tsq_tail = sock_idx;
  if (h.tsq_scheduled != 0) return;
  h.tsq_scheduled = 1;
  schedule(coreState().clock_ns, EVENT_TSQ, sk.host);
}

/** EVENT_TSQ: softirq on the core that takes the host's interrupts, as soon as it is free. */
export function tcpTsqRun(host: u32): void {
  const h = tcpHost(host);
  const core = hostConfig(host).cpu_irq_core;
  const free_at = coreFreeAt(host, core, CONTEXT_SOFTIRQ);
  if (free_at > coreState().clock_ns) {
    schedule(free_at, EVENT_TSQ, host);
    return;
  }
  enterContext(host, core, CONTEXT_SOFTIRQ);
  h.tsq_scheduled = 0;
  let idx = h.tsq_head;
  h.tsq_head = NONE;
  h.tsq_tail = NONE;
  while (idx != NONE) {
    const sk = sock(idx);
    const next = sk.tsq_next;
    sk.tsq_next = NONE;
    sk.flags &= ~TSQ_QUEUED;
    tsqWrite(sk);
    sockPut(idx);
    idx = next;
  }
  leaveContext();
}

/** tcp_tsq_write. */
export function tsqWrite(sk: Sock): void {
  if (!stateIn(sk, TSQ_STATES)) return;
  if (sk.lost_out > sk.retrans_out && sk.snd_cwnd > packetsInFlight(sk)) {
    mstampRefresh(sk);
    xmitRetransmitQueue(sk);
  }
  writeXmit(sk, currentMss(sk), sk.nonagle, 0);
}
