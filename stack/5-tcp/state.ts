/**
 * The state machine of RFC 9293 section 3.3.2, with Linux's numbers for the states.
 *
 *     CLOSED --listen--> LISTEN                      CLOSED --connect--> SYN-SENT --SYN,ACK--> ESTABLISHED
 *     (half-open: a Mini) --ACK--> SYN-RECEIVED --> ESTABLISHED          SYN-SENT --SYN--> SYN-RECEIVED
 *     ESTABLISHED --close--> FIN-WAIT-1 --ACK--> FIN-WAIT-2 --FIN--> TIME-WAIT (a Mini) --> CLOSED
 *                            FIN-WAIT-1 --FIN--> CLOSING --ACK--> TIME-WAIT
 *     ESTABLISHED --FIN--> CLOSE-WAIT --close--> LAST-ACK --ACK--> CLOSED
 */
import { NONE, TCP_ESTABRESETS, traceTcpState } from '../../sim/core';
import {
  ehashRemove, mibInc, Sock, SOCK_HASHED, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2,
  TCP_LAST_ACK, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT, TCP_TIME_WAIT,
} from '../6-socket';

/** Bit `to` of LEGAL(from). */
function legal(from: u32): u32 {
  switch (from) {
    case TCP_ESTABLISHED: return (1 << TCP_FIN_WAIT1) | (1 << TCP_CLOSE_WAIT) | (1 << TCP_CLOSE);
    case TCP_SYN_SENT: return (1 << TCP_ESTABLISHED) | (1 << TCP_SYN_RECV) | (1 << TCP_CLOSE);
    case TCP_SYN_RECV: return (1 << TCP_ESTABLISHED) | (1 << TCP_FIN_WAIT1) | (1 << TCP_CLOSE_WAIT) | (1 << TCP_CLOSE);
    case TCP_FIN_WAIT1: return (1 << TCP_FIN_WAIT2) | (1 << TCP_CLOSING) | (1 << TCP_TIME_WAIT) | (1 << TCP_CLOSE);
    case TCP_FIN_WAIT2: return (1 << TCP_TIME_WAIT) | (1 << TCP_CLOSE);
    case TCP_TIME_WAIT: return 1 << TCP_CLOSE;
    case TCP_CLOSE: return (1 << TCP_LISTEN) | (1 << TCP_SYN_SENT) | (1 << TCP_SYN_RECV);
    case TCP_CLOSE_WAIT: return (1 << TCP_LAST_ACK) | (1 << TCP_CLOSE);
    case TCP_LAST_ACK: return 1 << TCP_CLOSE;
    case TCP_LISTEN: return 1 << TCP_CLOSE;
    case TCP_CLOSING: return (1 << TCP_TIME_WAIT) | (1 << TCP_CLOSE);
    default: return 0;
  }
}

/** The one way in which a socket changes its state (net/ipv4/tcp.c: tcp_set_state). */
export function transition(sk: Sock, to: u32): void {
  const from = <u32>sk.state;
  if (from == to) return;
  assert((legal(from) & (1 << to)) != 0, 'T3 an illegal change of state');
  sk.state = <u8>to;
  traceTcpState(0, NONE, sk.handle, from, to);
  if (to != TCP_CLOSE) return;
  if (from == TCP_CLOSE_WAIT || from == TCP_ESTABLISHED) mibInc(sk.host, TCP_ESTABRESETS);
  unhash(sk);
}

/** Takes a socket out of the table of connections. */
export function unhash(sk: Sock): void {
  if (sk.hasFlag(SOCK_HASHED)) ehashRemove(sk);
}

/** Is the state one of a set of bits 1 << TCP_*? */
export function stateIn(sk: Sock, set: u32): bool {
  return ((1 << <u32>sk.state) & set) != 0;
}
