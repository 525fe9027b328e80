/**
 * One segment to the device (net/ipv4/tcp_output.c: __tcp_transmit_skb): options, header, accounting. Headers are built in
 * the stage's scratch; payload stays in the skb's fragments, of which the driver takes its own references.
 */
import { charge, coreState, COST_TCP_TX_SEGMENT, hostConfig, NONE, storeBe16, storeBe32, TCP_OUTSEGS, traceTcpTx } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibInc, sentTail, sentUnlink, Sock, SockCommon } from '../6-socket';
import { ICSK_ACK_SCHED } from './ack_flags';
import { jiffies } from './clock';
import { caTxStart, enterCwr } from './cong';
import {
  FLAG_ACK, FLAG_SYN, MAX_TCP_OPTION_SPACE, OPTION_SACK_ADVERTISE, OPTION_TS, OPTION_WSCALE, TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED, TH_ACK,
  TH_FLAG_WORD, TH_SEQ, writeSack, writeSynOptions, writeTimestamp,
} from './header';
import { linkHeaderLen, writeLinkHeaders } from './ip';
import { startXmit } from './port';
import { headerScratch, stage } from './stage';
import { tcpSelectWindow } from './window';

export const TCP_ATO_MIN: u32 = 40;

/** Packets that the network holds (tcp_packets_in_flight). */
export function packetsInFlight(sk: Sock): u32 {
  return sk.packets_out - (sk.sacked_out + sk.lost_out) + sk.retrans_out;
}
/** The peer's right edge (tcp_wnd_end). */
export function wndEnd(sk: Sock): u32 {
  return sk.snd_una + sk.snd_wnd;
}

/** When an skb was sent last, in microseconds; its timestamp without offset is Skb.tsval. */
export function skbStampUs(b: Skb): u64 {
  return b.cb1;
}

/** SACK blocks that fit beside the other options. */
function sackBlocks(sk: Sock, size: u32): u32 {
  const wanted = <u32>sk.num_sacks + <u32>sk.dsack;
  if (wanted == 0) return 0;
  const room = (MAX_TCP_OPTION_SPACE - size - 4) >> 3;
  return wanted < room ? wanted : room;
}

/** Length of the options of an established connection's segment (tcp_established_options). */
export function establishedOptionsLen(sk: Sock): u32 {
  const size: u32 = sk.tstamp_ok != 0 ? TCPOLEN_TSTAMP_ALIGNED : 0;
  const blocks = sackBlocks(sk, size);
  return blocks == 0 ? size : size + 4 + blocks * 8;
}

/** After an ACK went out (tcp_event_ack_sent, tcp_dec_quickack_mode). */
function eventAckSent(sk: Sock): void {
  if (sk.ack_quick != 0) {
    const pkts: u8 = (sk.ack_pending & ICSK_ACK_SCHED) != 0 ? 1 : 0;
    if (pkts >= sk.ack_quick) {
      sk.ack_quick = 0;
      sk.ato = TCP_ATO_MIN;
    } else sk.ack_quick -= pkts;
  }
  sk.ack_pending = 0;
}

/** After data went out (tcp_event_data_sent). */
function eventDataSent(sk: Sock): void {
  if (packetsInFlight(sk) == 0) caTxStart(sk);
  const now = jiffies();
  sk.lsndtime = now;
  // A reply soon after data came: the connection is interactive.
  if (now - sk.lrcvtime < sk.ato && sk.pingpong < 255) sk.pingpong++;
}

/** Options of a SYN that belongs to a socket (tcp_syn_options). */
function synOptions(sk: Sock, th: usize): u32 {
  const c = hostConfig(sk.host);
  let flags: u32 = 0;
  if (c.tcp_timestamps) flags |= OPTION_TS;
  if (c.tcp_window_scaling) flags |= OPTION_WSCALE;
  if (c.tcp_sack) flags |= OPTION_SACK_ADVERTISE;
  return writeSynOptions(th, sk.advmss, flags, sk.rcv_wscale, jiffies() + sk.tsoffset, sk.ts_recent);
}

/** Options of any other segment; num_blocks as sackBlocks() says. Forgets the DSACK that it reports. */
function establishedOptions(sk: Sock, th: usize, size: u32, blocks: u32): void {
  if (size != 0) writeTimestamp(th + TCP_HLEN, jiffies() + sk.tsoffset, sk.ts_recent);
  if (blocks == 0) return;
  const first = sk.dsack != 0 ? offsetof<Sock>('duplicate_start') : offsetof<Sock>('sack0_start');
  writeSack(th + TCP_HLEN + size, changetype<usize>(sk) + first, blocks);
  sk.dsack = 0;
}

/**
 * Sends a segment of a socket. `skb_idx` NONE: no payload. Returns 0, or 1 when the device refused it. The clock was
 * refreshed by the caller.
 */
export function transmit(sk: Sock, seq: u32, flags: u32, skb_idx: u32, payload_len: u32): u32 {
  charge(COST_TCP_TX_SEGMENT);
  const link_len = linkHeaderLen(sk.family);
  const th = headerScratch() + link_len;
  let options_len: u32;
  let window: u32;
  if ((flags & FLAG_SYN) != 0) {
    options_len = synOptions(sk, th);
    window = sk.rcv_wnd < 0xffff ? sk.rcv_wnd : 0xffff;
  } else {
    const size: u32 = sk.tstamp_ok != 0 ? TCPOLEN_TSTAMP_ALIGNED : 0;
    const blocks = sackBlocks(sk, size);
    options_len = blocks == 0 ? size : size + 4 + blocks * 8;
    window = tcpSelectWindow(sk);
    establishedOptions(sk, th, size, blocks);
  }
  const tcp_len = TCP_HLEN + options_len;
  writeLinkHeaders(sk, sk.inet_id++, sk.txhash, tcp_len + payload_len);
  storeBe32(th + TH_SEQ, seq);
  storeBe32(th + TH_ACK, sk.rcv_nxt);
  storeBe32(th + TH_FLAG_WORD, (tcp_len << 26) | (flags << 16) | window);
  store<u32>(th, 0, 16);
  if ((flags & FLAG_ACK) != 0) eventAckSent(sk);
  if (payload_len != 0) {
    eventDataSent(sk);
    sk.bytes_sent += payload_len;
  }
  sk.segs_out++;
  mibInc(sk.host, TCP_OUTSEGS);
  const header_len = link_len + tcp_len;
  traceTcpTx(coreState().next_pkt_id + 1, NONE, sk.handle, seq, payload_len);
  // A segment without payload does not count for small queues (skb_is_tcp_pure_ack).
  if (payload_len == 0) return startXmit(sk.host, <u32>headerScratch(), header_len, NONE, 0, 0, NONE, sk.txhash);
  sk.wmem_alloc += header_len + payload_len;
  const refused = startXmit(sk.host, <u32>headerScratch(), header_len, skb_idx, 0, payload_len, sk.handle, sk.txhash);
  if (refused == 0) return 0;
  sk.wmem_alloc -= header_len + payload_len;
  enterCwr(sk);
  return 1;
}

/** Sends an skb that stays queued until it is acknowledged: notes when (tcp_update_skb_after_send, tcp_rate_skb_sent). */
export function transmitSkb(sk: Sock, skb_idx: u32): u32 {
  const b = skb(skb_idx);
  const refused = transmit(sk, b.seq, b.tcp_flags, skb_idx, b.len);
  b.cb1 = stage().us;
  b.tsval = jiffies();
  if (refused != 0) return refused;
  sentUnlink(sk, skb_idx);
  sentTail(sk, skb_idx);
  b.cb0 = sk.delivered;
  return 0;
}

/** Sends a segment of something that is no full socket: a half-open connection, TIME-WAIT, or nothing at all. */
export function transmitReply(
  c: SockCommon, seq: u32, ack: u32, flags: u32, window: u32, txhash: u32, options_len: u32,
): void {
  charge(COST_TCP_TX_SEGMENT);
  const tcp_len = TCP_HLEN + options_len;
  const th = writeLinkHeaders(c, 0, txhash, tcp_len);
  storeBe32(th + TH_SEQ, seq);
  storeBe32(th + TH_ACK, ack);
  storeBe16(th + TH_FLAG_WORD, (tcp_len << 10) | flags);
  storeBe16(th + TH_FLAG_WORD + 2, window);
  store<u32>(th, 0, 16);
  mibInc(c.host, TCP_OUTSEGS);
  traceTcpTx(coreState().next_pkt_id + 1, NONE, c.handle, seq, 0);
  startXmit(c.host, <u32>headerScratch(), linkHeaderLen(c.family) + tcp_len, NONE, 0, 0, NONE, txhash);
}

/** Where the TCP header of a reply is built, so that its options can be written first. */
export function replyHeader(c: SockCommon): usize {
  return headerScratch() + linkHeaderLen(c.family);
}
