/** What somebody does to a connection by hand: kills it (net/ipv4/tcp.c: tcp_abort, `ss -K`), or tells its peer a window of 0. */
import { Sock, TCP_SYN_SENT } from '../6-socket';
import { ICSK_ACK_NOMEM } from './ack_flags';
import { sendAck } from './ack_out';
import { mstampRefresh } from './clock';
import { needsReset } from './disconnect';
import { tcpDoneWithError } from './done';
import { ECONNABORTED } from './errno';
import { sendActiveReset } from './reset';

/** The peer is told by a RST, the application by ECONNABORTED. */
export function tcpAbort(sk: Sock): void {
  if (needsReset(sk)) sendActiveReset(sk);
  tcpDoneWithError(sk, ECONNABORTED);
}

/** An ACK goes out that offers nothing, as when memory is short; the next one says again what there is room for. */
export function tcpCloseWindow(sk: Sock): void {
  // There is nobody yet who could be told.
  if (sk.state == <u8>TCP_SYN_SENT) return;
  mstampRefresh(sk);
  sk.ack_pending |= ICSK_ACK_NOMEM;
  sendAck(sk);
}
