/**
 * Sockets. A full socket (Sock) for connections and listeners; a mini socket (Mini) for the two states that Linux keeps
 * in small structs too: a half-open connection (request_sock) and TIME-WAIT (inet_timewait_sock). Both begin with
 * SockCommon (include/net/sock.h: sock_common), so that one hash table finds any of them.
 *
 * A handle is an index; handles of mini sockets have MINI set. Fields are named as in struct sock, inet_connection_sock
 * and tcp_sock. Times: *_jiffies and `rto`, `ato` are milliseconds (a jiffy), *_us are microseconds.
 *
 *     send sequence space                                receive sequence space
 *
 *      snd_una     snd_nxt   snd_una+snd_wnd  write_seq     copied_seq    rcv_nxt     rcv_wup+rcv_wnd
 *     ----|-----------|-----------|---------------|-----   -----|------------|--------------|------
 *          rtx queue    may be sent   write queue                 receive queue  ooo queue
 */
import { NONE, Timer } from '../../sim/core';

/** Bit of a handle that says: an index of a Mini. */
export const MINI: u32 = 0x80000000;

/** TCP states with Linux's numbers (include/net/tcp_states.h). */
export const TCP_ESTABLISHED: u32 = 1;
export const TCP_SYN_SENT: u32 = 2;
export const TCP_SYN_RECV: u32 = 3;
export const TCP_FIN_WAIT1: u32 = 4;
export const TCP_FIN_WAIT2: u32 = 5;
export const TCP_TIME_WAIT: u32 = 6;
export const TCP_CLOSE: u32 = 7;
export const TCP_CLOSE_WAIT: u32 = 8;
export const TCP_LAST_ACK: u32 = 9;
export const TCP_LISTEN: u32 = 10;
export const TCP_CLOSING: u32 = 11;
export const TCP_NEW_SYN_RECV: u32 = 12;

/** Sock.shutdown. */
export const RCV_SHUTDOWN: u32 = 1;
export const SEND_SHUTDOWN: u32 = 2;
export const SHUTDOWN_MASK: u32 = 3;

/** Sock.flags. */
/** No process has it any more (SOCK_DEAD). */
export const SOCK_DEAD: u32 = 1;
/** The peer's FIN was received (SOCK_DONE). */
export const SOCK_DONE: u32 = 2;
/** A writer found no room (SOCK_NOSPACE). */
export const SOCK_NOSPACE: u32 = 4;
/** Belongs to a process: not in an accept queue (sk_socket != NULL). */
export const SOCK_OWNED: u32 = 8;
/** Keepalive probes are wanted (SOCK_KEEPOPEN). */
export const SOCK_KEEPOPEN: u32 = 16;
/** Stands in the table of bound ports. */
export const SOCK_BOUND: u32 = 32;
/** Stands in the table of connections. */
export const SOCK_HASHED: u32 = 64;
/** A connect is under way (SS_CONNECTING). */
export const SOCK_CONNECTING: u32 = 128;
/** The protocol has let go of it: freed when nobody else holds it. */
export const SOCK_DESTROYED: u32 = 256;
/** Waits for a transmit page or an skb. */
export const SOCK_WAITS_PAGE: u32 = 512;
/** Small-queue throttling (TSQ_THROTTLED, TSQ_QUEUED). */
export const TSQ_THROTTLED: u32 = 1024;
export const TSQ_QUEUED: u32 = 2048;
/** Bound to the unspecified address. */
export const SOCK_ANY_ADDRESS: u32 = 4096;

/** Sock.userlocks: the application chose a buffer size. */
export const SOCK_SNDBUF_LOCK: u8 = 1;
export const SOCK_RCVBUF_LOCK: u8 = 2;

@unmanaged
export class SockCommon {
  hash_next: u32;
  hash: u32;
  /** Own handle. */
  handle: u32;
  state: u8;
  pad0: u8;
  pad1: u16;
  /** Addresses in network order; an IPv4 address fills the first four bytes. */
  laddr0: u64;
  laddr1: u64;
  raddr0: u64;
  raddr1: u64;
  // Compared as one word by lookups: keep these four together.
  lport: u16;
  rport: u16;
  /** 4 or 6. */
  family: u8;
  host: u8;
  key_pad: u16;
}
export const KEY_OFFSET: usize = 48;

@unmanaged
export class Sock extends SockCommon {
  refs: u32;
  flags: u32;
  /** Set by who waits on the socket; then the DataReady port is called. */
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
  // recv_sack_cache, four blocks {start, end}
  sack_cache0: u64;
  sack_cache1: u64;
  sack_cache2: u64;
  sack_cache3: u64;

  // Time
  tcp_mstamp: u64;
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
  pacing_rate: u64;

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

  get idx(): u32 {
    return this.handle;
  }
  hasFlag(flag: u32): bool {
    return (this.flags & flag) != 0;
  }
}
/** Stride of the table. */
export const SOCK_BYTES: usize = 1024;

/** A half-open connection (tcp_request_sock) or TIME-WAIT (tcp_timewait_sock). */
@unmanaged
export class Mini extends SockCommon {
  next_free: u32;
  /** Neighbours: requests of one listener. */
  list_next: u32;
  list_prev: u32;
  listener: u32;
  // Half-open: rcv_isn, snt_isn. TIME-WAIT: tw_rcv_nxt, tw_snd_nxt.
  rcv_seq: u32;
  snd_seq: u32;
  rcv_wnd: u32;
  window_clamp: u32;
  ts_recent: u32;
  ts_recent_stamp: u32;
  ts_off: u32;
  snt_tsval_first: u32;
  snt_tsval_last: u32;
  snt_synack: u64;
  mss: u32;
  last_oow_ack_time: u32;
  txhash: u32;
  snd_wscale: u8;
  rcv_wscale: u8;
  wscale_ok: u8;
  tstamp_ok: u8;
  sack_ok: u8;
  num_retrans: u8;
  num_timeout: u8;
  /** TIME-WAIT that may still be FIN-WAIT-2 (tw_substate). */
  substate: u8;
  timer0: u64;
  timer1: u64;
  timer2: u64;
}
export const MINI_BYTES: usize = 192;

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
export function miniTimer(m: Mini): Timer {
  return changetype<Timer>(changetype<usize>(m) + offsetof<Mini>('timer0'));
}

/** A new socket's fields that are not 0. */
export function sockClear(sk: Sock, idx: u32): void {
  memory.fill(changetype<usize>(sk), 0, SOCK_BYTES);
  sk.handle = idx;
  sk.hash_next = NONE;
  sk.state = <u8>TCP_CLOSE;
  sk.receive_head = NONE;
  sk.receive_tail = NONE;
  sk.ooo_head = NONE;
  sk.ooo_tail = NONE;
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
  sk.bind_next = NONE;
  sk.tsq_next = NONE;
  sk.page_next = NONE;
}
