/**
 * A mini socket, for the two states that Linux keeps in small structs too: a half-open connection (request_sock) and TIME-WAIT
 * (inet_timewait_sock).
 */
import { Timer } from '../../sim/core';
import { SockCommon } from './sock_common';

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
  /** Half-open: the last ACK came, and was ignored because data is waited for. */
  acked: u8;
  /** Half-open, with a Fast Open child: the next number that we expect, the child until it is accepted, when a RST is forgotten. */
  rcv_nxt: u32;
  child: u32;
  expires: u32;
  /** TIME-WAIT: since when, in jiffies. */
  entry_stamp: u32;
  // ECN, as in Sock
  ecn_ok: u8;
  accecn_ok: u8;
  syn_ect_snt: u8;
  syn_ect_rcv: u8;
  accecn_fail_mode: u8;
  saw_accecn_opt: u8;
  timer0: u64;
  timer1: u64;
  timer2: u64;
}
export const MINI_BYTES: usize = 192;

export function miniTimer(m: Mini): Timer {
  return changetype<Timer>(changetype<usize>(m) + offsetof<Mini>('timer0'));
}
