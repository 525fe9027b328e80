/** The application closes (net/ipv4/tcp.c: __tcp_close; net/ipv4/inet_connection_sock.c: inet_csk_listen_stop). */
import { bug, NONE, RUN_BUG_TCP_CLOSE_UNREAD, seqAfter, TCP_TCPABORTONCLOSE, TCP_TCPABORTONLINGER, waitForget } from '../../sim/core';
import { skb } from '../3-pool';
import {
  mibInc, mini, queueUnlink, receiveQueue, SHUTDOWN_MASK, Sock, sock, SOCK_DEAD, SOCK_OWNED, sockHold, sockPut, sockWaiters, TCP_CLOSE,
  TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_LISTEN, TCP_SYN_RECV,
} from '../6-socket';
import { mstampRefresh } from './clock';
import { disconnect } from './disconnect';
import { destroySock } from './done';
import { forgetRsts } from './fastopen_server';
import { FLAG_FIN } from './header';
import { rxFree } from './ip';
import { dropRequest } from './listen';
import { sendActiveReset } from './reset';
import { flushBacklog, lockSock, releaseSock } from './lock';
import { resetKeepaliveTimer } from './rto';
import { closeState, sendFin } from './shutdown';
import { stateIn, transition } from './state';
import { finTime, timeWait, timewaitLen } from './timewait';

/** Throws unread data away and says whether there was any. */
function flushReceiveQueue(sk: Sock): bool {
  let unread = false;
  while (sk.receive_head != NONE) {
    const idx = sk.receive_head;
    const b = skb(idx);
    const fin: u32 = (b.tcp_flags & <u8>FLAG_FIN) != 0 ? 1 : 0;
    if (seqAfter(b.end_seq - fin, sk.copied_seq)) unread = true;
    queueUnlink(receiveQueue(sk), idx);
    sk.rmem_alloc -= b.truesize;
    rxFree(idx);
  }
  return unread;
}

/** Nobody has the socket any more (sock_orphan). */
function orphan(sk: Sock): void {
  sk.flags = (sk.flags | SOCK_DEAD) & ~SOCK_OWNED;
  waitForget(sockWaiters(sk));
}

/** A child that was never accepted (inet_child_forget, tcp_disconnect). */
function forgetChild(sk: Sock): void {
  disconnect(sk);
  orphan(sk);
  destroySock(sk);
}

/** Half-open and unaccepted connections of a listener end (inet_csk_listen_stop). */
export function listenStop(sk: Sock): void {
  while (sk.request_head != NONE) dropRequest(mini(sk.request_head));
  while (sk.accept_head != NONE) {
    const child = sock(sk.accept_head);
    sk.accept_head = child.accept_next;
    child.accept_next = NONE;
    forgetChild(child);
  }
  sk.accept_tail = NONE;
  sk.ack_backlog = 0;
  forgetRsts(sk);
}

/** The last file of the socket is closed. The socket lives on until the protocol is done. */
export function tcpClose(sock_idx: u32): void {
  const sk = sock(sock_idx);
  assert(!sk.hasFlag(SOCK_DEAD), 'T4 a socket is closed once');
  sockHold(sock_idx);
  lockSock(sk);
  close(sk);
  releaseSock(sk);
  sockPut(sock_idx);
}

/** __tcp_close. */
function close(sk: Sock): void {
  sk.shutdown = <u8>SHUTDOWN_MASK;
  if (sk.state == <u8>TCP_LISTEN) {
    transition(sk, TCP_CLOSE);
    listenStop(sk);
  } else {
    const unread = flushReceiveQueue(sk);
    if (sk.state != <u8>TCP_CLOSE) {
      mstampRefresh(sk);
      if (unread && !bug(RUN_BUG_TCP_CLOSE_UNREAD)) {
        // RFC 2525 section 2.17: the peer must learn that data was lost.
        mibInc(sk.host, TCP_TCPABORTONCLOSE);
        const from = sk.state;
        sendActiveReset(sk);
        assert(sk.state == from, 'T3 an illegal change of state');
        transition(sk, TCP_CLOSE);
      } else if (sk.linger == 1) {
        // SO_LINGER of no time: what is left is thrown away and the peer is told (tcp_disconnect).
        disconnect(sk);
      } else if (closeState(sk)) sendFin(sk);
    }
  }
  const state = sk.state;
  orphan(sk);
  flushBacklog(sk);
  // What was in the backlog may have ended the connection.
  if (state != <u8>TCP_CLOSE && sk.state == <u8>TCP_CLOSE) return;
  if (sk.state == <u8>TCP_FIN_WAIT2 && sk.linger2 < 0) {
    sendActiveReset(sk);
    transition(sk, TCP_CLOSE);
    mibInc(sk.host, TCP_TCPABORTONLINGER);
  } else if (sk.state == <u8>TCP_FIN_WAIT2) {
    const tmo = finTime(sk);
    const timewait = timewaitLen(sk.host);
    if (tmo > timewait) resetKeepaliveTimer(sk, tmo - timewait);
    else {
      timeWait(sk, TCP_FIN_WAIT2, tmo);
      return;
    }
  }
  if (sk.state == <u8>TCP_CLOSE) destroySock(sk);
}
