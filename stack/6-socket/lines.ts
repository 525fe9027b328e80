/** Work on a socket: its lock, and its cache lines when another core worked on it last (include/net/sock.h, include/linux/tcp.h). */
import { charge, COST_SOCK_LOCK } from '../../sim/core';
import { linesMove } from '../3-pool';
import { Sock } from './sock';

/** The lock, the queues with their accounting, and the fields of struct tcp_sock that both sides write (tcp_sock_write_rx, _txrx). */
const SOCK_LINES: u32 = 4;

/** A call or a packet begins to work on a socket. */
export function sockWork(sk: Sock): void {
  charge(COST_SOCK_LOCK);
  sk.core = <u8>linesMove(sk.core, SOCK_LINES);
}
