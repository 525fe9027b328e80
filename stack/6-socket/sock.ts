/**
 * A full socket, for connections and listeners. Fields are named as in struct sock, inet_connection_sock
 * and tcp_sock. Times: *_jiffies and `rto`, `ato` are milliseconds (a jiffy), *_us are microseconds.
 *
 *     send sequence space                                receive sequence space
 *
 *      snd_una     snd_nxt   snd_una+snd_wnd  write_seq     copied_seq    rcv_nxt     rcv_wup+rcv_wnd
 *     ----|-----------|-----------|---------------|-----   -----|------------|--------------|------
 *          rtx queue    may be sent   write queue                 receive queue  ooo queue
 */
import { HrTimer, NONE, Timer } from '../../sim/core';
import { SockCommon } from './sock_common';
import { TCP_CLOSE } from './sock_flags';

@unmanaged
export class Sock extends SockCommon {
  refs: u32;
  flags: u32;
  /** Head of the wait queue (sim/core/wait_queue.ts). */
  waiters: u32;
  /** sk_err: a positive errno. */
  err: u32;
  shutdown: u8;
  userlocks: u8;
  /** TCP_NODELAY is 1 (TCP_NAGLE_OFF). */
  nonagle: u8;
  ca_state: u8;
  /** 0 reno, 1 cubic. */
  ca_kind: u8;
  /** Kind of the pending write timer (icsk_pending). */
  pending: u8;
  backoff: u8;
  retransmits: u8;

  /** A caller has locked it (sk_lock.owned): then segments wait in its backlog (stack/5-tcp/lock.ts). */
  owned: u8;
  /** 1 + the core that worked on it last; 0: none yet. */
  core: u8;
  backlog_head: u32;
  backlog_tail: u32;
  /** Weight of what waits, or has waited since the socket was locked. */
  backlog_len: u32;

  // Receive path
  pred_flags: u32;
  rcv_nxt: u32;
  copied_seq: u32;
  rcv_wup: u32;
  rcv_wnd: u32;
  /** Greatest right edge ever advertised. */
  rcv_mwnd_seq: u32;
  rcv_ssthresh: u32;
  window_clamp: u32;
  rcvbuf: u32;
  rmem_alloc: u32;
  /** Greatest of rcv_wup + rcv_wnd, kept for the verifier. */
  verify_edge: u32;
  verify_rcv_nxt: u32;
  receive_head: u32;
  receive_tail: u32;
  receive_len: u32;
  ooo_head: u32;
  ooo_tail: u32;
  ooo_len: u32;
  ack_pending: u8;
  ack_quick: u8;
  pingpong: u8;
  scaling_ratio: u8;
  snd_wscale: u8;
  rcv_wscale: u8;
  /** Received or allowed in the handshake. */
  wscale_ok: u8;
  sack_ok: u8;
  tstamp_ok: u8;
  saw_tstamp: u8;
  dsack: u8;
  num_sacks: u8;
  tcp_header_len: u16;
  advmss: u16;
  rcv_mss: u32;
  last_seg_size: u32;
  ato: u32;
  lrcvtime: u32;
  delack_timeout: u32;
  rcv_tsval: u32;
  rcv_tsecr: u32;
  ts_recent: u32;
  /** Seconds; 0: no timestamp was received. */
  ts_recent_stamp: u32;
  tsoffset: u32;
  rcv_rtt_us: u32;
  rcv_rtt_seq: u32;
  rcv_rtt_time: u64;
  rcv_rtt_last_tsecr: u32;
  rcvq_seq: u32;
  rcvq_time: u64;
  rcvq_space: u32;
  // duplicate_sack must come directly before selective_acks
  duplicate_start: u32;
  duplicate_end: u32;
  sack0_start: u32;
  sack0_end: u32;
  sack1: u64;
  sack2: u64;
  sack3: u64;

  // Send path
  snd_una: u32;
  snd_nxt: u32;
  snd_wnd: u32;
  snd_wl1: u32;
  max_window: u32;
  write_seq: u32;
  pushed_seq: u32;
  snd_sml: u32;
  mss_cache: u32;
  mss_clamp: u32;
  sndbuf: u32;
  wmem_queued: u32;
  /** Bytes handed to the device and not yet sent (sk_wmem_alloc). */
  wmem_alloc: u32;
  write_head: u32;
  write_tail: u32;
  write_len: u32;
  rtx_head: u32;
  rtx_tail: u32;
  rtx_len: u32;
  /** Sent skbs in the order of their last transmission (tsorted_sent_queue). */
  sent_head: u32;
  sent_tail: u32;
  retransmit_hint: u32;
  highest_sack: u32;
  /** Where the last walk over the rtx queue ended. */
  sack_hint: u32;
  packets_out: u32;
  sacked_out: u32;
  lost_out: u32;
  retrans_out: u32;
  max_packets_out: u32;
  cwnd_usage_seq: u32;
  snd_cwnd: u32;
  snd_ssthresh: u32;
  snd_cwnd_cnt: u32;
  snd_cwnd_stamp: u32;
  snd_cwnd_used: u32;
  prior_cwnd: u32;
  prior_ssthresh: u32;
  prr_delivered: u32;
  prr_out: u32;
  is_cwnd_limited: u8;
  is_sack_reneg: u8;
  frto: u8;
  tlp_retrans: u8;
  rack_advanced: u8;
  rack_dsack_seen: u8;
  rack_reo_wnd_steps: u8;
  rack_reo_wnd_persist: u8;
  high_seq: u32;
  undo_marker: u32;
  undo_retrans: i32;
  retrans_stamp: u32;
  reordering: u32;
  reord_seen: u32;
  tlp_high_seq: u32;
  rack_mstamp: u64;
  rack_rtt_us: u32;
  rack_end_seq: u32;
  rack_last_delivered: u32;
  delivered: u32;
  lost: u32;
  dsack_dups: u32;
  total_retrans: u32;
  total_rto: u32;
  /** Timeouts that began a recovery, the milliseconds spent in them, and since when this one lasts; 0: none does. */
  total_rto_recoveries: u32;
  total_rto_time: u32;
  rto_stamp: u32;
  // recv_sack_cache, four blocks {start, end}
  sack_cache0: u64;
  sack_cache1: u64;
  sack_cache2: u64;
  sack_cache3: u64;

  // Time
  tcp_mstamp: u64;
  /** When an skb was sent last; ahead of the clock, when pacing lets the next one go (tcp_wstamp_ns), in the machine's time. */
  wstamp_ns: u64;
  srtt_us: u32;
  mdev_us: u32;
  mdev_max_us: u32;
  rttvar_us: u32;
  rtt_seq: u32;
  rto: u32;
  /** When the write timer is due, in jiffies (icsk_timeout). */
  timeout: u32;
  lsndtime: u32;
  rcv_tstamp: u32;
  last_oow_ack_time: u32;
  probes_out: u32;
  /** Windowed least RTT: three samples {time, value} (lib/minmax.c). */
  rtt_min0: u64;
  rtt_min1: u64;
  rtt_min2: u64;
  /** Bytes a second; 0: to be computed. And how many the application allows. */
  pacing_rate: u64;
  max_pacing_rate: u64;
  /** Who paces: PACING_* (stack/5-tcp/pacing.ts). */
  pacing_status: u8;
  /** ACKs with SACK blocks that are held back, and duplicate ones that were not (stack/5-tcp/compressed_ack.ts). */
  compressed_ack: u8;
  dup_ack_counter: u8;
  compressed_ack_rcv_nxt: u32;

  // Congestion control's own (struct bictcp)
  ca_cnt: u32;
  ca_last_max_cwnd: u32;
  ca_last_cwnd: u32;
  ca_last_time: u32;
  ca_origin_point: u32;
  ca_k: u32;
  ca_delay_min: u32;
  ca_epoch_start: u32;
  ca_ack_cnt: u32;
  ca_tcp_cwnd: u32;
  ca_round_start: u32;
  ca_end_seq: u32;
  ca_last_ack: u32;
  ca_curr_rtt: u32;
  ca_sample_cnt: u8;
  ca_found: u8;
  inet_id: u16;
  txhash: u32;

  // Statistics
  bytes_acked: u64;
  bytes_received: u64;
  bytes_sent: u64;
  bytes_retrans: u64;
  segs_in: u64;
  segs_out: u64;
  /** Segments with payload; those of them that came early; those that brought nothing new. */
  data_segs_in: u64;
  rcv_ooopack: u64;
  rcv_dup_segs: u64;

  // ECN (struct tcp_sock, whose names these are)
  /** Bits TCP_ECN_* (stack/5-tcp/ecn.ts). */
  ecn_flags: u8;
  /** Received CE marks of which the peer has not been told yet. */
  received_ce_pending: u8;
  /** Fields that the next AccECN option needs at least. */
  accecn_minlen: u8;
  /** The code point that deliveries are put down to while no option says; 0: it is not known. */
  est_ecnfield: u8;
  /** ACKs that shall carry an AccECN option. */
  accecn_opt_demand: u8;
  /** Code point of the segment before. */
  prev_ecnfield: u8;
  accecn_opt_sent_w_dsack: u8;
  accecn_fail_mode: u8;
  saw_accecn_opt: u8;
  /** Code points of our SYN or SYN-ACK as it was sent, and of the peer's as it arrived. */
  syn_ect_snt: u8;
  syn_ect_rcv: u8;
  /** Where the AccECN option of the segment in hand lies, from its TCP header on; 0 for none (rx_opt.accecn). */
  rx_accecn: u8;
  pkts_acked_ewma: u16;
  delivered_ce: u32;
  received_ce: u32;
  // Bytes by code point: ECT(1), ECT(0), CE
  received_e1_bytes: u32;
  received_e0_bytes: u32;
  received_ce_bytes: u32;
  delivered_e1_bytes: u32;
  delivered_e0_bytes: u32;
  delivered_ce_bytes: u32;
  accecn_opt_tstamp: u64;

  // Fast Open (struct tcp_sock, struct fastopen_queue)
  /** The half-open connection that this is the child of, until its handshake is over: a Mini, or NONE. */
  fastopen_rsk: u32;
  /** Listener: how many such children it may have at most, how many it has, and those that a RST ended, which count for a while. */
  fastopen_max_qlen: u32;
  fastopen_qlen: u32;
  fastopen_rst_head: u32;
  fastopen_rst_tail: u32;
  /** Keys of its own (TCP_FASTOPEN_KEY): how many, and their halves. */
  fastopen_keys: u32;
  fastopen_key0: u64;
  fastopen_key1: u64;
  fastopen_key2: u64;
  fastopen_key3: u64;
  /** A request to open fast is under way (fastopen_req); its SendMessage, 0 for none; how many bytes of it went with the SYN. */
  fastopen_req: u8;
  /** connect() is over, but the SYN waits for the first bytes (DEFER_CONNECT). */
  defer_connect: u8;
  /** Somebody waits with bytes for the connection (sk_write_pending). */
  write_pending: u8;
  fastopen_connect: u8;
  fastopen_no_cookie: u8;
  fastopen_client_fail: u8;
  syn_fastopen: u8;
  syn_fastopen_exp: u8;
  syn_fastopen_ch: u8;
  syn_fastopen_child: u8;
  syn_data: u8;
  syn_data_acked: u8;
  fastopen_message: u32;
  fastopen_copied: u32;

  /** What went wrong lately, to be the error if the connection does not live (sk_err_soft). */
  err_soft: u32;
  /** Size of IP packets that mss_cache goes with (icsk_pmtu_cookie). */
  pmtu_cookie: u32;
  /** MTU of the route that was used last; 0: the device's. */
  route_mtu: u32;
  // Probing for a larger path MTU (icsk_mtup, mtu_probe)
  mtup_enabled: u8;
  mtup_search_high: u32;
  mtup_search_low: u32;
  mtup_probe_size: u32;
  mtup_probe_timestamp: u32;
  mtup_probe_seq_start: u32;
  mtup_probe_seq_end: u32;

  // Urgent data (RFC 6093): behind our last urgent byte; the peer's urgent byte, its place, and what is known of it
  snd_up: u32;
  urg_seq: u32;
  /** The byte, and bits TCP_URG_* (stack/5-tcp/urgent.ts). */
  urg_data: u16;
  /** Retransmissions of a SYN-ACK for which data is waited for (rskq_defer_accept). */
  defer_accept: u32;

  // Listener; and a child that waits to be accepted
  accept_head: u32;
  accept_tail: u32;
  accept_next: u32;
  ack_backlog: u32;
  max_ack_backlog: u32;
  syn_qlen: u32;
  /** Listener: head of its half-open connections. */
  request_head: u32;
  listener: u32;

  // Tables and lists of other owners
  bind_next: u32;
  tsq_next: u32;
  page_next: u32;

  // What the process is told beside the stream: error_queue.ts, zerocopy.ts, timestamping.ts
  error_head: u32;
  error_tail: u32;
  error_len: u32;
  /** Memory of notifications, against optmem_max. */
  omem_alloc: u32;
  /** Number of the next MSG_ZEROCOPY send. */
  zckey: u32;
  /** SO_TIMESTAMPING, and where its keys count from. */
  tsflags: u32;
  tskey: u32;
  /** When the last bytes that were read had arrived; 0: they have no timestamp. */
  rx_tstamp_ns: u64;
  /** 1 + the NAPI that brought the last segment (sk_napi_id); 0: none, or the loopback device's. */
  rx_napi: u8;

  // Options of the application; 0 is Linux's default for each, or the host's
  /** Poll bits of all wake-ups since somebody asked (sim/world/bsd.ts). */
  woken: u32;
  /** SO_LINGER: seconds + 1; 0: off. */
  linger: u32;
  rcvlowat: u32;
  notsent_lowat: u32;
  /** Since when a closed window is probed, in jiffies; 0: it is not (icsk_probes_tstamp). */
  probes_tstamp: u32;
  /** TCP_USER_TIMEOUT, TCP_KEEPIDLE, TCP_KEEPINTVL in milliseconds. */
  user_timeout: u32;
  keepalive_time: u32;
  keepalive_intvl: u32;
  keepalive_probes: u32;
  /** Bounds of the retransmission timeout, in jiffies: the host's, TCP_RTO_MIN_US, TCP_RTO_MAX_MS. */
  rto_min: u32;
  rto_max: u32;
  /** TCP_LINGER2 in milliseconds; 0: the host's, -1: an orphan does not wait in FIN-WAIT-2. */
  linger2: i32;
  user_mss: u16;
  syn_retries: u8;
  recvmsg_inq: u8;
  tos: u8;
  /** IP_MTU_DISCOVER. */
  pmtudisc: u8;
  freebind: u8;
  /** Made for IPv6, whatever `family` is by now: its addresses have sixteen bytes, IPv4 ones mapped (::ffff:…). */
  ipv6_api: u8;
  /** What the last ACK was worth to the sender's clocks: kind of the running chronograph (tcp_chrono_type). */
  chrono_type: u8;
  chrono_start: u32;
  chrono_busy: u32;
  chrono_rwnd: u32;
  chrono_sndbuf: u32;
  data_segs_out: u32;

  // Timers, embedded: see retransmitTimer() and its neighbours
  retransmit_timer0: u64;
  retransmit_timer1: u64;
  retransmit_timer2: u64;
  delack_timer0: u64;
  delack_timer1: u64;
  delack_timer2: u64;
  keepalive_timer0: u64;
  keepalive_timer1: u64;
  keepalive_timer2: u64;
  // Precise ones: pacing, and ACKs that are held back
  pacing_timer0: u64;
  pacing_timer1: u64;
  pacing_timer2: u64;
  pacing_timer3: u64;
  compressed_ack_timer0: u64;
  compressed_ack_timer1: u64;
  compressed_ack_timer2: u64;
  compressed_ack_timer3: u64;

  get idx(): u32 {
    return this.handle;
  }
  hasFlag(flag: u32): bool {
    return (this.flags & flag) != 0;
  }
}
/** Stride of the table. */
export const SOCK_BYTES: usize = 1472;

export function retransmitTimer(sk: Sock): Timer {
  return changetype<Timer>(changetype<usize>(sk) + offsetof<Sock>('retransmit_timer0'));
}
export function delackTimer(sk: Sock): Timer {
  return changetype<Timer>(changetype<usize>(sk) + offsetof<Sock>('delack_timer0'));
}
/** Keepalive; also the life of an orphaned FIN-WAIT-2. */
export function keepaliveTimer(sk: Sock): Timer {
  return changetype<Timer>(changetype<usize>(sk) + offsetof<Sock>('keepalive_timer0'));
}

export function pacingTimer(sk: Sock): HrTimer {
  return changetype<HrTimer>(changetype<usize>(sk) + offsetof<Sock>('pacing_timer0'));
}
export function compressedAckTimer(sk: Sock): HrTimer {
  return changetype<HrTimer>(changetype<usize>(sk) + offsetof<Sock>('compressed_ack_timer0'));
}

/** A new socket's fields that are not 0. */
export function sockClear(sk: Sock, idx: u32): void {
  memory.fill(changetype<usize>(sk), 0, SOCK_BYTES);
  sk.handle = idx;
  sk.hash_next = NONE;
  sk.state = <u8>TCP_CLOSE;
  sk.receive_head = NONE;
  sk.receive_tail = NONE;
  sk.backlog_head = NONE;
  sk.backlog_tail = NONE;
  sk.ooo_head = NONE;
  sk.ooo_tail = NONE;
  sk.error_head = NONE;
  sk.error_tail = NONE;
  sk.write_head = NONE;
  sk.write_tail = NONE;
  sk.rtx_head = NONE;
  sk.rtx_tail = NONE;
  sk.sent_head = NONE;
  sk.sent_tail = NONE;
  sk.retransmit_hint = NONE;
  sk.highest_sack = NONE;
  sk.sack_hint = NONE;
  sk.accept_head = NONE;
  sk.accept_tail = NONE;
  sk.accept_next = NONE;
  sk.request_head = NONE;
  sk.listener = NONE;
  sk.fastopen_rsk = NONE;
  sk.fastopen_rst_head = NONE;
  sk.fastopen_rst_tail = NONE;
  sk.bind_next = NONE;
  sk.tsq_next = NONE;
  sk.page_next = NONE;
}
