/**
 * Stage 5 of 9 · tcp
 * From 4-napi: packets.   To 6-socket: bytes in order.
 *
 * Linux 7.3   net/ipv4/tcp_input.c, tcp_output.c, tcp_timer.c, tcp_ipv4.c, tcp_minisocks.c, tcp_recovery.c, tcp_cubic.c, tcp.c,
 *             tcp_fastopen.c, tcp_metrics.c
 * RFC         9293, 5681, 5961, 6298, 6582, 7323, 7413, 2018, 2883, 8985, 9937, 9438, 5682
 * Owns        IP and TCP headers, sequence state, queues of sent and out-of-order data, windows, timers, congestion control
 * Does not    read payload except to copy it at the user's edge; know queues of the NIC, rings or areas
 * Drops       UNHANDLED_PROTO, OTHERHOST, IP_CSUM, IP_INHDR, PKT_TOO_SMALL, NO_SOCKET, NOMEM, TCP_CSUM, TCP_FLAGS, TCP_OLD_DATA,
 *             TCP_OLD_SEQUENCE, TCP_OVERWINDOW, TCP_ZEROWINDOW, TCP_OFOMERGE, TCP_OFO_DROP, TCP_OFO_QUEUE_PRUNE, PROTO_MEM,
 *             TCP_RFC7323_PAWS, TCP_RFC7323_PAWS_ACK, TCP_RFC7323_TSECR, TCP_INVALID_SEQUENCE, TCP_INVALID_END_SEQUENCE,
 *             TCP_INVALID_SYN, TCP_INVALID_ACK_SEQUENCE, TCP_RESET, TCP_CLOSE, TCP_OLD_ACK, TCP_TOO_OLD_ACK, TCP_ACK_UNSENT_DATA,
 *             TCP_ABORT_ON_DATA, TCP_LISTEN_OVERFLOW, TCP_FASTOPEN, SOCKET_BACKLOG
 * Invariants  T1 rcv_nxt never moves back.  T2 right edge never shrinks, unless it may or there is no memory.  T3 states change legally.
 *             T4 a socket is closed once, and destroyed when it is closed and an orphan.
 *             T5 packets_out, sacked_out, lost_out and retrans_out count the retransmit queue, which has no holes.
 *             T6 the congestion window is at least one packet.  T7 queues are sorted and counted.
 *             T8 the device gives back what it was given.  T9 an skb is split inside.
 *             T10 a sent skb knows its segments.  T11 a message is as long as its segments.
 *             T12 a socket is locked once, and not between two events.
 *             K3 (of 6-socket) queue sums equal rmem_alloc and wmem_queued.
 */
import { HOSTS_MAX } from '../../sim/core';
import { setSkbDestructor } from '../3-pool';
import { fastopenCookieInit } from './fastopen_cookie';
import { presetInit } from './iss';
import { metricsInit } from './metrics';
import { pmtuInit } from './pmtu';
import { pageFragsInit } from './page_frag';
import { stageInit } from './stage';
import { tcpWfree } from './tsq';

export * from './address';
export * from './calls';
export { tcpAbort, tcpCloseWindow } from './by_hand';
export { tcpClose } from './close';
export { tcpDisconnect } from './disconnect';
export { tcpCompressedAckTimer } from './compressed_ack';
export { sockError } from './error';
export { tcpSendName } from './fastopen_send';
export { TCP_INFO_WORDS, tcpInfo } from './info';
export { ipReceive, trimTail } from './ip';
export { tcpAddPreset, tcpClampAck } from './iss';
export { tcpSetKeepalive } from './keepalive';
export { lockSock, releaseSock } from './lock';
export { tcpMetricsFlush } from './metrics';
export { tcpRecvMsg, tcpSendMsg } from './msg';
export { NOT_MODELLED, tcpGetsockopt, tcpInq, tcpInqHint, tcpOutq, tcpSetsockopt } from './options';
export { pageFrag, pageFragRefill } from './page_frag';
export { tcpPacingTimer } from './pacing';
export { tcpPoll } from './poll';
export * from './port';
export { MSG_PEEK, MSG_TRUNC, tcpReadSock, tcpRecvmsg } from './recvmsg';
export { MSG_ERRQUEUE, tcpRecvControl, tcpRecvError } from './recv_error';
export * from './send_message';
export { tcpSendMessage, tcpSendmsg } from './sendmsg';
export { tcpInfoStruct, TCP_INFO_BYTES } from './tcp_info';
export { tcpSpliceRead } from './splice';
export { tcpTimer } from './timers';
export { tcpTsqRun } from './tsq';
export { MSG_OOB, tcpAtMark, tcpRecvUrg } from './urgent';
export { tcpVerify } from './verify';
export { skbAddUserPages } from './zerocopy';

/** Called once, after socketInit. */
export function tcpInit(): void {
  stageInit(HOSTS_MAX);
  pageFragsInit();
  presetInit();
  fastopenCookieInit();
  metricsInit();
  pmtuInit();
  setSkbDestructor(tcpWfree);
}
