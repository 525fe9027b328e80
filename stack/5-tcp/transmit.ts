/**
 * One skb to the device (net/ipv4/tcp_output.c: __tcp_transmit_skb): options, header, accounting. Headers are built in
 * the stage's scratch; payload stays in the skb's fragments, of which the driver takes its own references.
 */
import { charge, coreState, COST_TCP_TX_SKB, hostConfig, NONE, storeBe16, storeBe32, TCP_OUTSEGS, traceTcpTx } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibAdd, mibInc, sentTail, sentUnlink, Sock, SockCommon } from '../6-socket';
import { ICSK_ACK_SCHED } from './ack_flags';
import { isLocal } from './address';
import { jiffies, jiffiesOf, usOf } from './clock';
import { compressedAcksSent } from './compressed_ack';
import { caTxStart, enterCwr } from './cong';
import { ecnModeAccecn, ecnModeAny } from './ecn';
import { skbFlags } from './ecn_handshake';
import {
  accecnFit, accecnOptionSent, accecnWantsOption, ecnSend, fitBlocks, fitFields, fitSize, LEFTOVER_NOPS, synOptionsLen, withAccecn,
  writeAccecnCounters,
} from './ecn_out';
import { cookieOut, writeFastopen } from './fastopen_cookie';
import {
  FLAG_ACK, FLAG_PSH, FLAG_SYN, MAX_TCP_OPTION_SPACE, OPTION_ACCECN, OPTION_SACK_ADVERTISE, OPTION_TS, OPTION_WSCALE, TCP_HLEN,
  TCPOLEN_TSTAMP_ALIGNED, TH_ACK, TH_FLAG_WORD, TH_SEQ, writeSack, writeSynOptions, writeTimestamp,
} from './header';
import { traceSaid } from './header_trace';
import { clearDf, linkHeaderLen, writeLinkHeaders, writeTos } from './ip';
import { pacedByQdisc, QDISC_FQ, updateAfterSend } from './pacing';
import { mayFragment, routeMtu } from './pmtu';
import { advertiseMss } from './mss';
import { loXmit, startXmit } from './port';
import { headerScratch, stage } from './stage';
import { schedTstamp, sndTstamp } from './tx_timestamp';
import { FLAG_URG, urgentPointer } from './urgent';
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

/**
 * Which options an established connection's segment has: bytes of all, SACK blocks << 8, and (fields of AccECN + 1) << 16
 * (tcp_established_options).
 */
function establishedLayout(sk: Sock): u32 {
  const size: u32 = sk.tstamp_ok != 0 ? TCPOLEN_TSTAMP_ALIGNED : 0;
  const blocks = sackBlocks(sk, size);
  const len = blocks == 0 ? size : size + 4 + blocks * 8;
  if (!ecnModeAccecn(sk) || !accecnWantsOption(sk)) return len | (blocks << 8);
  const fit = accecnFit(<i32>sk.accecn_minlen, <i32>(MAX_TCP_OPTION_SPACE - len), blocks > 0 ? 2 : 0, <i32>blocks);
  return (len + <u32>fitSize(fit)) | (fitBlocks(fit) << 8) | (fitFields(fit) << 16);
}
/** Length of these options. */
export function establishedOptionsLen(sk: Sock): u32 {
  return establishedLayout(sk) & 0xff;
}

/** After an ACK went out (tcp_event_ack_sent, tcp_dec_quickack_mode). */
function eventAckSent(sk: Sock): void {
  if (sk.compressed_ack != 0) compressedAcksSent(sk);
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
function synOptions(sk: Sock, th: usize, syn_flags: u32): u32 {
  const c = hostConfig(sk.host);
  let flags: u32 = 0;
  if (c.tcp_timestamps) flags |= OPTION_TS;
  if (c.tcp_window_scaling) flags |= OPTION_WSCALE;
  if (c.tcp_sack) flags |= OPTION_SACK_ADVERTISE;
  // A SYN that became a SYN-ACK.
  if ((syn_flags & FLAG_ACK) != 0 && sk.retransmits < 2 && ecnModeAccecn(sk)) {
    flags = withAccecn(sk.host, flags, synOptionsLen(flags));
    if ((flags & OPTION_ACCECN) != 0) accecnOptionSent(sk);
  }
  const options_len = writeSynOptions(th, advertiseMss(sk), flags, sk.rcv_wscale, jiffies() + sk.tsoffset, sk.ts_recent);
  const with_cookie = writeFastopen(th, options_len);
  if (with_cookie != options_len) {
    sk.syn_fastopen = 1;
    sk.syn_fastopen_exp = <u8>cookieOut().exp;
  }
  return with_cookie;
}

/** Options of any other segment, as establishedLayout() says. Forgets the DSACK that it reports. */
function establishedOptions(sk: Sock, th: usize, layout: u32): void {
  let p = th + TCP_HLEN;
  if (sk.tstamp_ok != 0) {
    writeTimestamp(p, jiffiesOf(sk.wstamp_ns) + sk.tsoffset, sk.ts_recent);
    p += TCPOLEN_TSTAMP_ALIGNED;
  }
  let leftover = LEFTOVER_NOPS;
  const fields = layout >> 16;
  if (fields != 0) {
    leftover = writeAccecnCounters(sk, p, fields - 1);
    p += (fields - 1) << 2;
  } else sk.accecn_opt_sent_w_dsack = 0;
  const blocks = (layout >> 8) & 0xff;
  if (blocks == 0) {
    if (leftover != LEFTOVER_NOPS) storeBe32(p, (leftover << 16) | LEFTOVER_NOPS);
    return;
  }
  const first = sk.dsack != 0 ? offsetof<Sock>('duplicate_start') : offsetof<Sock>('sack0_start');
  writeSack(p, changetype<usize>(sk) + first, blocks, leftover);
  sk.dsack = 0;
}

/**
 * Sends a segment of a socket. `skb_idx` NONE: no payload. Returns 0, or 1 when the device refused it. The clock was
 * refreshed by the caller.
 */
export function transmit(sk: Sock, seq: u32, flags: u32, skb_idx: u32, payload_len: u32): u32 {
  charge(COST_TCP_TX_SKB);
  if (sk.wstamp_ns < stage().ns) sk.wstamp_ns = stage().ns;
  const link_len = linkHeaderLen(sk.family);
  const th = headerScratch() + link_len;
  let options_len: u32;
  let window: u32;
  let ecn: u32 = 0;
  if ((flags & FLAG_SYN) != 0) {
    options_len = synOptions(sk, th, flags);
    window = sk.rcv_wnd < 0xffff ? sk.rcv_wnd : 0xffff;
  } else {
    const layout = establishedLayout(sk);
    options_len = layout & 0xff;
    window = tcpSelectWindow(sk);
    if (ecnModeAny(sk)) ecn = ecnSend(sk, seq, flags, skb_idx, payload_len);
    establishedOptions(sk, th, layout);
  }
  const tcp_len = TCP_HLEN + options_len;
  writeLinkHeaders(sk, sk.inet_id, sk.txhash, tcp_len + payload_len);
  sk.inet_id += payload_len == 0 ? 1 : skb(skb_idx).gso_segs;
  if (sk.tos != 0) writeTos(sk.family, sk.tos);
  if (mayFragment(sk)) clearDf(sk.family);
  storeBe32(th + TH_SEQ, seq);
  storeBe32(th + TH_ACK, sk.rcv_nxt);
  storeBe32(th + TH_FLAG_WORD, (tcp_len << 26) | ((flags | ecn) << 16) | window);
  store<u32>(th, 0, 16);
  const urg = urgentPointer(sk, seq);
  if (urg >= 0) {
    store<u8>(th, load<u8>(th, 13) | <u8>FLAG_URG, 13);
    storeBe16(th + 18, <u32>urg);
  }
  if ((flags & FLAG_ACK) != 0) eventAckSent(sk);
  if (payload_len != 0) {
    eventDataSent(sk);
    sk.bytes_sent += payload_len;
    sk.data_segs_out += skb(skb_idx).gso_segs;
  }
  const segs: u32 = payload_len == 0 ? 1 : <u32>skb(skb_idx).gso_segs;
  sk.segs_out += segs;
  mibAdd(sk.host, TCP_OUTSEGS, segs);
  const header_len = link_len + tcp_len;
  traceTcpTx(coreState().next_pkt_id + 1, NONE, sk.handle, seq, payload_len);
  traceSaid(coreState().next_pkt_id + 1, th);
  // A segment without payload does not count for small queues (skb_is_tcp_pure_ack).
  const c = hostConfig(sk.host);
  sk.route_mtu = routeMtu(sk);
  if (payload_len == 0 || (c.nic_tun && c.nic_qdisc != QDISC_FQ)) {
    const full = payload_len == 0
      ? xmit(sk, header_len, NONE, NONE, sk.txhash, sk.handle, sk.wstamp_ns)
      : stampedXmit(sk, skb_idx, header_len, NONE);
    if (full != 0) enterCwr(sk);
    return full;
  }
  const truesize = skb(skb_idx).truesize;
  sk.wmem_alloc += truesize;
  const refused = stampedXmit(sk, skb_idx, header_len, sk.handle);
  if (refused == 0) return 0;
  sk.wmem_alloc -= truesize;
  enterCwr(sk);
  return 1;
}

/** Payload to the device, and the timestamps that are wanted of it. */
function stampedXmit(sk: Sock, skb_idx: u32, header_len: u32, owner: u32): u32 {
  if (skb(skb_idx).tx_flags == 0) return xmit(sk, header_len, skb_idx, owner, sk.txhash, sk.handle, sk.wstamp_ns);
  // Over the loopback device the packet arrives before the call returns, and its answer's headers are built where its own were.
  const local = isLocal(sk.host, sk.family, sk.raddr0, sk.raddr1);
  schedTstamp(sk, skb_idx, header_len);
  if (local) sndTstamp(sk, skb_idx, header_len);
  const refused = xmit(sk, header_len, skb_idx, owner, sk.txhash, sk.handle, sk.wstamp_ns);
  if (!local && refused == 0) sndTstamp(sk, skb_idx, header_len);
  return refused;
}

/** The headers in the scratch and the payload of an skb go to the device that the route to the peer says: 1 when it refused. */
function xmit(c: SockCommon, header_len: u32, skb_idx: u32, owner: u32, hash: u32, flow: u32, edt_ns: u64): u32 {
  if (isLocal(c.host, c.family, c.raddr0, c.raddr1)) return loXmit(c.host, <u32>headerScratch(), header_len, skb_idx, owner, hash);
  return startXmit(c.host, <u32>headerScratch(), header_len, skb_idx, owner, hash, flow, edt_ns);
}

/** Sends an skb that stays queued until it is acknowledged: notes when (tcp_update_skb_after_send, tcp_rate_skb_sent). */
export function transmitSkb(sk: Sock, skb_idx: u32): u32 {
  const b = skb(skb_idx);
  // A packet of several segments asks to be delivered at once, so that GRO at the other end lets it go.
  const flags = b.gso_segs > 1 ? skbFlags(b) | FLAG_PSH : skbFlags(b);
  const prior = sk.wstamp_ns;
  const edt_ns = max(prior, stage().ns);
  b.cb1 = usOf(edt_ns);
  b.tsval = jiffiesOf(edt_ns);
  const refused = transmit(sk, b.seq, flags, skb_idx, b.len);
  if (refused != 0) return refused;
  pacedByQdisc(sk);
  updateAfterSend(sk, b.len, prior);
  sentUnlink(sk, skb_idx);
  sentTail(sk, skb_idx);
  b.cb0 = sk.delivered;
  return 0;
}

/** Sends a segment of something that is no full socket: a half-open connection, TIME-WAIT, or nothing at all. */
export function transmitReply(
  c: SockCommon, seq: u32, ack: u32, flags: u32, window: u32, txhash: u32, options_len: u32,
): void {
  charge(COST_TCP_TX_SKB);
  const tcp_len = TCP_HLEN + options_len;
  const th = writeLinkHeaders(c, 0, txhash, tcp_len);
  if (c.reply_tos != 0) writeTos(c.family, c.reply_tos);
  storeBe32(th + TH_SEQ, seq);
  storeBe32(th + TH_ACK, ack);
  storeBe16(th + TH_FLAG_WORD, (tcp_len << 10) | flags);
  storeBe16(th + TH_FLAG_WORD + 2, window);
  store<u32>(th, 0, 16);
  mibInc(c.host, TCP_OUTSEGS);
  traceTcpTx(coreState().next_pkt_id + 1, NONE, c.handle, seq, 0);
  traceSaid(coreState().next_pkt_id + 1, th);
  xmit(c, linkHeaderLen(c.family) + tcp_len, NONE, NONE, txhash, NONE, 0);
}

/** Where the TCP header of a reply is built, so that its options can be written first. */
export function replyHeader(c: SockCommon): usize {
  return headerScratch() + linkHeaderLen(c.family);
}
