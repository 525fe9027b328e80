/**
 * The stage's own state, at TCP_ADDR: the clock, what is kept for each host, and scratch structs that live no longer than
 * one call.
 */
import { NONE, TCP_ADDR } from '../../sim/core';
import { SockCommon } from '../6-socket';
import { SendMessage } from './send_message';

@unmanaged
export class TcpStage {
  /** The clock of the last refresh: microseconds and jiffies since boot. */
  us: u64;
  /** The same in the machine's time (tcp_clock_cache). */
  ns: u64;
  /** Where the clock counts from: all divisible by 1 ms. */
  base_ns: u64;
  base_us: u64;
  base_ms: u32;
  jiffies: u32;
  /** The NAPI in whose poll TCP runs, or NONE. */
  napi: u32;
  preset_base: u32;
  preset_mask: u32;
  preset_count: u32;
  /** Results of selectInitialWindow. */
  init_rcv_wnd: u32;
  init_window_clamp: u32;
  init_wscale: u32;
  /** How far a read that only looks has come, over all of its ranges. */
  peek_seq: u32;
  /** An iovec for a read of one range. */
  range_base: u64;
  range_len: u64;
  /** Pages that tasks fill: page_frag.ts. */
  frags_base: u32;
}

/** One for each host. */
@unmanaged
export class TcpHost {
  /** Sockets that may send again because the device sent something (tsq_work). */
  tsq_head: u32;
  tsq_tail: u32;
  tsq_scheduled: u32;
  /** Sockets that wait for a page or an skb. */
  page_head: u32;
  page_tail: u32;
  /** Addresses that were given to the host (setHostAddress); 0: the one it is born with. Network order. */
  address4: u64;
  address6_0: u64;
  address6_1: u64;
}

/** What one parse of the options found. */
@unmanaged
export class Options {
  saw_tstamp: u32;
  tsval: u32;
  tsecr: u32;
  mss: u32;
  wscale_ok: u32;
  snd_wscale: u32;
  sack_ok: u32;
  /** Where the SACK option lies, from the start of the TCP header; 0 for none. */
  sack_at: u32;
  /** The same for the AccECN option. */
  accecn_at: u32;
  /** Bytes of the Fast Open cookie, -1 for none; where it lies; whether in the experimental option. */
  fastopen_len: i32;
  fastopen_at: u32;
  fastopen_exp: u32;

  clear(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<Options>());
    this.fastopen_len = -1;
  }
}

/** What one ACK did (tcp_sacktag_state and rate_sample). */
@unmanaged
export class AckState {
  first_sackt: u64;
  last_sackt: u64;
  /** Send time of the newest skb that was delivered. */
  newest_us: u64;
  reord: u32;
  sack_delivered: u32;
  prior_delivered: u32;
  flag: u32;
  newest_end_seq: u32;
  has_prior: u32;
  /** RTT of the newest delivered skb, or -1. */
  rtt_us: i32;
  rexmit: u32;
  delivered_bytes: u32;
}

const HOSTS_AT: usize = 0x080;
const HOST_BYTES: usize = 0x40;
const OPTIONS_AT: usize = 0x100;
const ACK_AT: usize = 0x140;
const REPLY_AT: usize = 0x180;
const SACK_AT: usize = 0x200;
const ICMP_AT: usize = 0x280;
const URGENT_AT: usize = 0x2c0;
const SEND_AT: usize = 0x300;
const HEADER_AT: usize = 0x400;

export function stage(): TcpStage {
  return changetype<TcpStage>(TCP_ADDR);
}
export function tcpHost(host: u32): TcpHost {
  return changetype<TcpHost>(TCP_ADDR + HOSTS_AT + <usize>host * HOST_BYTES);
}
export function options(): Options {
  return changetype<Options>(TCP_ADDR + OPTIONS_AT);
}
export function ackState(): AckState {
  return changetype<AckState>(TCP_ADDR + ACK_AT);
}
/** A key for segments that belong to no socket (RST). */
export function replyKey(): SockCommon {
  return changetype<SockCommon>(TCP_ADDR + REPLY_AT);
}
/** Room to sort SACK blocks. */
export function sackScratch(): usize {
  return TCP_ADDR + SACK_AT;
}
/** The message of a call that does not wait. */
export function sendMessage(): SendMessage {
  return changetype<SendMessage>(TCP_ADDR + SEND_AT);
}
/** Where headers of outgoing segments are built: Ethernet, IP, TCP. */
export function headerScratch(): usize {
  return TCP_ADDR + HEADER_AT;
}

/** Room for a byte. */
export function urgentScratch(): usize {
  return TCP_ADDR + URGENT_AT;
}
/** The ICMP message in hand. */
export function icmpScratch(): usize {
  return TCP_ADDR + ICMP_AT;
}

export function stageInit(hosts: u32): void {
  assert(offsetof<TcpStage>() <= HOSTS_AT && offsetof<TcpHost>() <= HOST_BYTES, 'the page of stage 5 is laid out too tightly');
  assert(offsetof<SendMessage>() <= HEADER_AT - SEND_AT, 'the page of stage 5 is laid out too tightly');
  assert(offsetof<AckState>() <= REPLY_AT - ACK_AT, 'the page of stage 5 is laid out too tightly');
  stage().napi = NONE;
  for (let i: u32 = 0; i < hosts; i++) {
    const h = tcpHost(i);
    h.tsq_head = NONE;
    h.tsq_tail = NONE;
    h.page_head = NONE;
    h.page_tail = NONE;
  }
}
