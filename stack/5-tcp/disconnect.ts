/** Back to a socket that was never connected (net/ipv4/tcp.c: tcp_disconnect): connect() to AF_UNSPEC, or after a connect that failed. */
import {
  errorReport, Sock, sock, SOCK_ANY_ADDRESS, SOCK_BOUND, SOCK_CONNECTED, SOCK_CONNECTING, SOCK_DISCONNECTING, SOCK_DONE, TCP_CLOSE,
  TCP_CLOSE_WAIT, TCP_CLOSING, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_LAST_ACK, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../6-socket';
import { TCP_CA_OPEN } from './ack_flags';
import { mstampRefresh } from './clock';
import { listenStop } from './close';
import { setCaState, TCP_INFINITE_SSTHRESH } from './cong';
import { clearTimers, receiveQueuePurge, writeQueuePurge } from './done';
import { ECONNRESET } from './errno';
import { fastopenEndCheck } from './fastopen_blackhole';
import { fastopenRemove } from './fastopen_server';
import { lockSock, releaseSock } from './lock';
import { purgeOfo } from './out_of_order';
import { TCP_INIT_CWND, TCP_MIN_MSS } from './rcvbuf';
import { sendActiveReset } from './reset';
import { TCP_RTO_MIN, TCP_TIMEOUT_INIT } from './rto';
import { transition } from './state';

/** States in which the peer has to be told (tcp_need_reset). */
const NEED_RESET: u32 = (1 << TCP_ESTABLISHED) | (1 << TCP_CLOSE_WAIT) | (1 << TCP_FIN_WAIT1) | (1 << TCP_FIN_WAIT2) | (1 << TCP_SYN_RECV);

/** The peer has to be told when the connection ends here. */
export function needsReset(sk: Sock): bool {
  return ((1 << <u32>sk.state) & NEED_RESET) != 0;
}

export function disconnect(sk: Sock): void {
  const from = <u32>sk.state;
  mstampRefresh(sk);
  if (from == TCP_LISTEN) {
    transition(sk, TCP_CLOSE);
    listenStop(sk);
  } else {
    const unsent = sk.snd_nxt != sk.write_seq && ((1 << from) & ((1 << TCP_CLOSING) | (1 << TCP_LAST_ACK))) != 0;
    const reset = needsReset(sk) || unsent;
    if (reset) sendActiveReset(sk);
    transition(sk, TCP_CLOSE);
    if (reset || from == TCP_SYN_SENT) sk.err = ECONNRESET;
  }
  clearTimers(sk);
  receiveQueuePurge(sk);
  sk.copied_seq = sk.rcv_nxt;
  writeQueuePurge(sk);
  fastopenEndCheck(sk);
  purgeOfo(sk);
  sk.urg_data = 0;
  sk.compressed_ack = 0;
  sk.rport = 0;
  if (!sk.hasFlag(SOCK_BOUND)) sk.lport = 0;
  if (!sk.hasFlag(SOCK_BOUND) || sk.hasFlag(SOCK_ANY_ADDRESS)) {
    sk.laddr0 = 0;
    sk.laddr1 = 0;
  }
  sk.flags &= ~(SOCK_DONE | SOCK_CONNECTING | SOCK_CONNECTED | SOCK_DISCONNECTING);
  sk.shutdown = 0;
  forgetSending(sk);
  forgetReceiving(sk);
  forgetCounts(sk);
  fastopenRemove(sk, false);
  sk.fastopen_req = 0;
  sk.fastopen_message = 0;
  sk.fastopen_copied = 0;
  sk.defer_connect = 0;
  sk.write_pending = 0;
  sk.fastopen_client_fail = 0;
  sk.syn_data_acked = 0;
  sk.syn_fastopen_child = 0;
  sk.syn_fastopen = 0;
  sk.syn_data = 0;
  errorReport(sk);
}

function forgetSending(sk: Sock): void {
  sk.srtt_us = 0;
  sk.mdev_us = TCP_TIMEOUT_INIT * 1000;
  sk.backoff = 0;
  sk.probes_out = 0;
  sk.probes_tstamp = 0;
  sk.rto = TCP_TIMEOUT_INIT;
  sk.retransmits = 0;
  sk.snd_ssthresh = TCP_INFINITE_SSTHRESH;
  sk.snd_cwnd = TCP_INIT_CWND;
  sk.snd_cwnd_cnt = 0;
  sk.is_cwnd_limited = 0;
  sk.max_packets_out = 0;
  setCaState(sk, TCP_CA_OPEN);
  sk.is_sack_reneg = 0;
  sk.undo_marker = 0;
  sk.undo_retrans = -1;
  sk.retrans_stamp = 0;
  sk.total_retrans = 0;
  sk.total_rto = 0;
  sk.total_rto_recoveries = 0;
  sk.total_rto_time = 0;
  sk.rto_stamp = 0;
  sk.rto_min = TCP_RTO_MIN;
  sk.tlp_high_seq = 0;
  sk.rack_mstamp = 0;
  sk.rack_advanced = 0;
  sk.rack_reo_wnd_steps = 1;
  sk.rack_last_delivered = 0;
  sk.rack_reo_wnd_persist = 0;
  sk.rack_dsack_seen = 0;
}

function forgetReceiving(sk: Sock): void {
  sk.rcv_rtt_last_tsecr = 0;
  sk.window_clamp = 0;
  sk.ack_pending = 0;
  sk.ack_quick = 0;
  sk.pingpong = 0;
  sk.ato = 0;
  // Not 0: something divides by it.
  sk.rcv_mss = TCP_MIN_MSS;
  sk.tstamp_ok = 0;
  sk.saw_tstamp = 0;
  sk.ts_recent = 0;
  sk.ts_recent_stamp = 0;
  sk.sack_ok = 0;
  sk.wscale_ok = 0;
  sk.snd_wscale = 0;
  sk.rcv_wscale = 0;
  sk.dsack = 0;
  sk.num_sacks = 0;
  sk.duplicate_start = 0;
  sk.duplicate_end = 0;
  sk.mss_clamp = 0;
  sk.last_oow_ack_time = 0;
  sk.verify_edge = 0;
  sk.verify_rcv_nxt = 0;
  sk.pred_flags = 0;
}

function forgetCounts(sk: Sock): void {
  sk.delivered = 0;
  sk.delivered_ce = 0;
  sk.segs_in = 0;
  sk.segs_out = 0;
  sk.bytes_sent = 0;
  sk.bytes_acked = 0;
  sk.bytes_received = 0;
  sk.bytes_retrans = 0;
  sk.data_segs_in = 0;
  sk.data_segs_out = 0;
  sk.dsack_dups = 0;
  sk.reord_seen = 0;
  sk.rcv_ooopack = 0;
}

/** connect() to AF_UNSPEC. */
export function tcpDisconnect(sock_idx: u32): i32 {
  const sk = sock(sock_idx);
  lockSock(sk);
  disconnect(sk);
  releaseSock(sk);
  return 0;
}
