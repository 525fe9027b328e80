/** TCP_INFO: struct tcp_info (include/uapi/linux/tcp.h), as net/ipv4/tcp.c: tcp_get_info fills it. */
import { hostConfig } from '../../sim/core';
import { Sock, sock, TCP_LISTEN } from '../6-socket';
import { delackMax } from './ack_out';
import { busyUs, rwndLimitedUs, sndbufLimitedUs } from './chrono';
import { jiffies, mstampRefresh } from './clock';
import { ecnModeAccecn, ecnModeAny, ecnModePending, TCP_ECN_SEEN } from './ecn';
import { minRtt } from './rto';

/** Fields and their places are the kernel's. */
@unmanaged
export class TcpInfo {
  state: u8;
  ca_state: u8;
  retransmits: u8;
  probes: u8;
  backoff: u8;
  options: u8;
  /** snd_wscale in the low half, rcv_wscale in the high one. */
  wscale: u8;
  /** Bit 0 delivery_rate_app_limited, bits 1 and 2 fastopen_client_fail. */
  limited: u8;
  rto: u32;
  ato: u32;
  snd_mss: u32;
  rcv_mss: u32;
  unacked: u32;
  sacked: u32;
  lost: u32;
  retrans: u32;
  fackets: u32;
  last_data_sent: u32;
  last_ack_sent: u32;
  last_data_recv: u32;
  last_ack_recv: u32;
  pmtu: u32;
  rcv_ssthresh: u32;
  rtt: u32;
  rttvar: u32;
  snd_ssthresh: u32;
  snd_cwnd: u32;
  advmss: u32;
  reordering: u32;
  rcv_rtt: u32;
  rcv_space: u32;
  total_retrans: u32;
  pacing_rate: u64;
  max_pacing_rate: u64;
  bytes_acked: u64;
  bytes_received: u64;
  segs_out: u32;
  segs_in: u32;
  notsent_bytes: u32;
  min_rtt: u32;
  data_segs_in: u32;
  data_segs_out: u32;
  delivery_rate: u64;
  busy_time: u64;
  rwnd_limited: u64;
  sndbuf_limited: u64;
  delivered: u32;
  delivered_ce: u32;
  bytes_sent: u64;
  bytes_retrans: u64;
  dsack_dups: u32;
  reord_seen: u32;
  rcv_ooopack: u32;
  snd_wnd: u32;
  rcv_wnd: u32;
  rehash: u32;
  total_rto: u16;
  total_rto_recoveries: u16;
  total_rto_time: u32;
  received_ce: u32;
  delivered_e1_bytes: u32;
  delivered_e0_bytes: u32;
  delivered_ce_bytes: u32;
  received_e1_bytes: u32;
  received_e0_bytes: u32;
  received_ce_bytes: u32;
  /** Bits 0 and 1 ecn_mode, 2 and 3 accecn_opt_seen, 4 to 7 accecn_fail_mode, the rest options2. */
  ecn: u32;
}
export const TCP_INFO_BYTES: u32 = 280;

const TCPI_OPT_TIMESTAMPS: u8 = 1;
const TCPI_OPT_SACK: u8 = 2;
const TCPI_OPT_WSCALE: u8 = 4;
const TCPI_OPT_SYN_DATA: u8 = 32;
const TCPI_OPT_TFO_CHILD: u8 = 128;
const TCPI_OPT_ECN: u8 = 8;
const TCPI_OPT_ECN_SEEN: u8 = 16;
const TCPI_ECN_MODE_RFC3168: u32 = 1;
const TCPI_ECN_MODE_ACCECN: u32 = 2;
const TCPI_ECN_MODE_PENDING: u32 = 3;

/** Writes TCP_INFO_BYTES about a socket to `out`. */
export function tcpInfoStruct(sock_idx: u32, out: usize): void {
  assert(<u32>offsetof<TcpInfo>() == TCP_INFO_BYTES, 'struct tcp_info is laid out differently');
  const sk = sock(sock_idx);
  const info = changetype<TcpInfo>(out);
  memory.fill(out, 0, TCP_INFO_BYTES);
  info.state = sk.state;
  info.pacing_rate = sk.pacing_rate;
  info.max_pacing_rate = sk.max_pacing_rate;
  info.reordering = sk.reordering;
  info.snd_cwnd = sk.snd_cwnd;
  if (sk.state == <u8>TCP_LISTEN) {
    info.unacked = sk.ack_backlog;
    info.sacked = sk.max_ack_backlog;
    return;
  }
  mstampRefresh(sk);
  stateFields(sk, info);
  receiveFields(sk, info);
  sendFields(sk, info);
  ecnFields(sk, info);
}

function stateFields(sk: Sock, info: TcpInfo): void {
  info.ca_state = sk.ca_state;
  info.retransmits = sk.retransmits;
  info.probes = <u8>sk.probes_out;
  info.backoff = sk.backoff;
  if (sk.tstamp_ok != 0) info.options |= TCPI_OPT_TIMESTAMPS;
  if (sk.sack_ok != 0) info.options |= TCPI_OPT_SACK;
  if (sk.wscale_ok != 0) {
    info.options |= TCPI_OPT_WSCALE;
    info.wscale = sk.snd_wscale | (sk.rcv_wscale << 4);
  }
  if (ecnModeAny(sk)) info.options |= TCPI_OPT_ECN;
  if ((sk.ecn_flags & TCP_ECN_SEEN) != 0) info.options |= TCPI_OPT_ECN_SEEN;
  if (sk.syn_data_acked != 0) info.options |= TCPI_OPT_SYN_DATA;
  if (sk.syn_fastopen_child != 0) info.options |= TCPI_OPT_TFO_CHILD;
  info.limited = sk.fastopen_client_fail << 1;
  const now = jiffies();
  info.last_data_sent = now - sk.lsndtime;
  info.last_data_recv = now - sk.lrcvtime;
  info.last_ack_recv = now - sk.rcv_tstamp;
  info.pmtu = sk.pmtu_cookie;
  info.advmss = sk.advmss;
  info.segs_in = <u32>sk.segs_in;
  info.segs_out = <u32>sk.segs_out;
  info.snd_wnd = sk.snd_wnd;
  info.rcv_wnd = sk.rcv_wnd;
}

function receiveFields(sk: Sock, info: TcpInfo): void {
  info.ato = min(sk.ato, delackMax(sk)) * 1000;
  info.rcv_mss = sk.rcv_mss;
  info.rcv_ssthresh = sk.rcv_ssthresh;
  info.rcv_rtt = sk.rcv_rtt_us >> 3;
  info.rcv_space = sk.rcvq_space;
  info.bytes_received = sk.bytes_received;
  info.data_segs_in = <u32>sk.data_segs_in;
  info.rcv_ooopack = <u32>sk.rcv_ooopack;
}

// Differs from Linux: No samples of the delivery rate (tcp_rate.c), so tcpi_delivery_rate and its app-limited bit are 0.
function sendFields(sk: Sock, info: TcpInfo): void {
  info.rto = sk.rto * 1000;
  info.snd_mss = sk.mss_cache;
  info.unacked = sk.packets_out;
  info.sacked = sk.sacked_out;
  info.lost = sk.lost_out;
  info.retrans = sk.retrans_out;
  info.rtt = sk.srtt_us >> 3;
  info.rttvar = sk.mdev_us >> 2;
  info.snd_ssthresh = sk.snd_ssthresh;
  info.total_retrans = sk.total_retrans;
  info.bytes_acked = sk.bytes_acked;
  const unsent = <i32>(sk.write_seq - sk.snd_nxt);
  info.notsent_bytes = unsent > 0 ? <u32>unsent : 0;
  info.min_rtt = minRtt(sk);
  info.data_segs_out = sk.data_segs_out;
  info.busy_time = busyUs(sk);
  info.rwnd_limited = rwndLimitedUs(sk);
  info.sndbuf_limited = sndbufLimitedUs(sk);
  info.delivered = sk.delivered;
  info.bytes_sent = sk.bytes_sent;
  info.bytes_retrans = sk.bytes_retrans;
  info.dsack_dups = sk.dsack_dups;
  info.reord_seen = sk.reord_seen;
  info.total_rto = <u16>sk.total_rto;
  info.total_rto_recoveries = <u16>sk.total_rto_recoveries;
  info.total_rto_time = sk.total_rto_time + (sk.rto_stamp != 0 ? jiffies() - sk.rto_stamp : 0);
}

function ecnMode(sk: Sock): u32 {
  if (ecnModePending(sk)) return TCPI_ECN_MODE_PENDING;
  if (ecnModeAccecn(sk)) return TCPI_ECN_MODE_ACCECN;
  return ecnModeAny(sk) ? TCPI_ECN_MODE_RFC3168 : 0;
}

function ecnFields(sk: Sock, info: TcpInfo): void {
  info.ecn = ecnMode(sk) | (<u32>sk.saw_accecn_opt << 2) | (<u32>sk.accecn_fail_mode << 4);
  info.delivered_ce = sk.delivered_ce;
  info.received_ce = sk.received_ce;
  info.delivered_e1_bytes = sk.delivered_e1_bytes;
  info.delivered_e0_bytes = sk.delivered_e0_bytes;
  info.delivered_ce_bytes = sk.delivered_ce_bytes;
  info.received_e1_bytes = sk.received_e1_bytes;
  info.received_e0_bytes = sk.received_e0_bytes;
  info.received_ce_bytes = sk.received_ce_bytes;
}
