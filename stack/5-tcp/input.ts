/**
 * A segment finds its socket (net/ipv4/tcp_ipv4.c: tcp_v4_rcv; net/ipv6/tcp_ipv6.c: tcp_v6_rcv), and the way of nearly all
 * segments: ESTABLISHED, with header prediction (net/ipv4/tcp_input.c: tcp_rcv_established).
 */
import {
  charge, COST_TCP_RX_SEGMENT, DROP_NO_SOCKET, DROP_PKT_TOO_SMALL, DROP_TCP_FLAGS, DROP_TCP_MD5UNEXPECTED, loadBe16, loadBe32, NONE,
  seqAfter, seqBetween, TCP_INERRS, TCP_INSEGS, TCP_TCPHPHITS, TCP_TCPMD5UNEXPECTED, traceTcpRx,
} from '../../sim/core';
import { Skb, skbFrag, skbFreeHead } from '../3-pool';
import {
  ehashLookup, isMini, listenerLookup, mibInc, mini, Sock, sock, sockWork, TCP_CLOSE, TCP_ESTABLISHED, TCP_NEW_SYN_RECV, tupleKey,
} from '../6-socket';
import { tcpAck } from './ack_in';
import { ackScheduled, ackSndCheck, eventDataRecv } from './ack_out';
import { mstampRefresh } from './clock';
import { dataQueue, pullHeader, queueRcv, tcpDataReady } from './data_queue';
import { ecnReceivedCounters } from './ecn_in';
import { FLAG_DATA, FLAG_SLOWPATH, FLAG_TS_PROGRESS, FLAG_UPDATE_TS_RECENT } from './event_flags';
import {
  alignedTsecr, alignedTsval, FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, hasAlignedTimestamp, TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED, TH_ACK,
  TH_DEST, TH_FLAG_WORD, TH_SEQ, TH_SOURCE,
} from './header';
import { traceHeard } from './header_trace';
import { dropSkb, rxFree, segsOf } from './ip';
import { receiveOnListener, receiveOnRequest } from './listen';
import { addBacklog } from './lock';
import { dataSndCheck } from './output';
import { storeTsRecent } from './paws';
import { rcvRttMeasureTs } from './rcvbuf';
import { sendReset } from './reset';
import { isSigned } from './signature';
import { rcvStateProcess } from './state_process';
import { receiveOnTimeWait } from './timewait';
import { FLAG_URG, tcpUrg } from './urgent';
import { validateIncoming } from './validate';
import { receiveWindow } from './window';

/** Header prediction looks at all but PSH and the reserved bits (TCP_HP_BITS). */
const HP_BITS: u32 = 0xf1f7ffff;

/** Fills Skb's TCP fields from the header (tcp_v4_fill_cb). */
function fillCb(b: Skb, th: usize, word: u32, header_len: u32): void {
  const flags = (word >> 16) & 0xff;
  b.seq = loadBe32(th + TH_SEQ);
  b.end_seq = b.seq + ((flags & FLAG_SYN) >> 1) + (flags & FLAG_FIN) + b.len - header_len;
  b.ack_seq = loadBe32(th + TH_ACK);
  b.tcp_flags = <u8>flags;
  b.tcp_ae = <u8>(word >> 24) & 1;
  b.window = <u16>word;
  b.sacked = 0;
}

/** A TCP segment; addresses are the packet's. Takes the skb over. */
export function tcpReceive(host: u32, b: Skb, skb_idx: u32, family: u32, saddr0: u64, saddr1: u64, daddr0: u64, daddr1: u64): void {
  charge(COST_TCP_RX_SEGMENT);
  mibInc(host, TCP_INSEGS);
  const th = <usize>b.head + b.data_off;
  const word = loadBe32(th + TH_FLAG_WORD);
  const header_len = (word >> 28) << 2;
  if (header_len < TCP_HLEN || header_len > <u32>b.head_len) {
    mibInc(host, TCP_INERRS);
    dropSkb(skb_idx, DROP_PKT_TOO_SMALL);
    return;
  }
  fillCb(b, th, word, header_len);
  const sport = loadBe16(th + TH_SOURCE);
  const dport = loadBe16(th + TH_DEST);
  const handle = ehashLookup(daddr0, daddr1, saddr0, saddr1, tupleKey(host, family, dport, sport));
  if (handle == NONE) {
    const listener = listenerLookup(host, family, daddr0, daddr1, dport);
    if (listener == NONE) {
      sendReset(host, b, family, saddr0, saddr1, daddr0, daddr1);
      dropSkb(skb_idx, DROP_NO_SOCKET);
    } else if (isSigned(th, header_len)) dropSigned(host, skb_idx);
    else receiveOnListener(sock(listener), b, skb_idx, family, saddr0, saddr1, daddr0, daddr1, 0);
    return;
  }
  if (isSigned(th, header_len) && (!isMini(handle) || mini(handle).state == <u8>TCP_NEW_SYN_RECV)) {
    dropSigned(host, skb_idx);
    return;
  }
  if (!isMini(handle)) {
    const sk = sock(handle);
    sockWork(sk);
    if (sk.owned == 0) receiveOnSock(sk, b, skb_idx, th, word, header_len);
    else addBacklog(sk, b, skb_idx, th, header_len);
    return;
  }
  if (mini(handle).state == <u8>TCP_NEW_SYN_RECV) receiveOnRequest(mini(handle), b, skb_idx, th, header_len);
  else receiveOnTimeWait(mini(handle), b, skb_idx, th, header_len);
}

function dropSigned(host: u32, skb_idx: u32): void {
  mibInc(host, TCP_TCPMD5UNEXPECTED);
  dropSkb(skb_idx, DROP_TCP_MD5UNEXPECTED);
}

/** A segment for a full socket (tcp_v4_do_rcv). */
export function receiveOnSock(sk: Sock, b: Skb, skb_idx: u32, th: usize, word: u32, header_len: u32): void {
  sk.rx_napi = b.napi + 1;
  sk.segs_in += segsOf(b);
  if (b.len > header_len) sk.data_segs_in += segsOf(b);
  traceTcpRx(b.pkt_id, b.nr_frags == 0 ? NONE : skbFrag(skb_idx, 0).netmem, sk.handle, b.seq, b.len - header_len);
  traceHeard(b.pkt_id, th, b.ack_seq);
  if (sk.state == <u8>TCP_ESTABLISHED) {
    rcvEstablished(sk, b, skb_idx, th, word, header_len);
    return;
  }
  const reason = rcvStateProcess(sk, b, skb_idx, th, header_len);
  if (reason != NONE) {
    sendReset(sk.host, b, sk.family, sk.raddr0, sk.raddr1, sk.laddr0, sk.laddr1);
    dropSkb(skb_idx, reason);
  }
}

/** Pure ACK, as predicted: the way of a bulk sender. */
function fastAck(sk: Sock, b: Skb, skb_idx: u32, flag: u32): void {
  ecnReceivedCounters(sk, b, 0);
  tcpAck(sk, b, flag);
  rxFree(skb_idx);
  dataSndCheck(sk);
  sk.rcv_rtt_last_tsecr = sk.rcv_tsecr;
}

/** Data in order, as predicted: the way of a bulk receiver. */
function fastData(sk: Sock, b: Skb, skb_idx: u32, header_len: u32, flag: u32): void {
  rcvRttMeasureTs(sk, b);
  mibInc(sk.host, TCP_TCPHPHITS);
  pullHeader(b, header_len);
  const pkt_id = b.pkt_id;
  ecnReceivedCounters(sk, b, b.len);
  const eaten = queueRcv(sk, b, skb_idx);
  eventDataRecv(sk, b);
  if (b.ack_seq != sk.snd_una) {
    tcpAck(sk, b, flag | FLAG_DATA);
    dataSndCheck(sk);
    if (ackScheduled(sk)) ackSndCheck(sk, false);
  } else {
    sk.snd_wl1 = b.seq;
    ackSndCheck(sk, false);
  }
  if (eaten) skbFreeHead(skb_idx);
  tcpDataReady(sk, pkt_id);
}

/**
 * Differs from Linux: memory is not taken in whole pages (sk_forward_alloc), so a predicted segment never goes the slow way for want of it.
 * What MSG_MORE held back leaves on the slow way at once (tcp_data_snd_check), on the fast one with the next ACK or probe.
 */
function rcvEstablished(sk: Sock, b: Skb, skb_idx: u32, th: usize, word: u32, header_len: u32): void {
  mstampRefresh(sk);
  sk.saw_tstamp = 0;
  sk.rx_accecn = 0;
  if ((word & HP_BITS) == sk.pred_flags && b.seq == sk.rcv_nxt && seqBetween(b.ack_seq, sk.snd_una, sk.snd_nxt)) {
    let predicted = true;
    if (header_len == TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED) {
      predicted = hasAlignedTimestamp(th);
      if (predicted) {
        takeTimestamp(sk, alignedTsval(th), alignedTsecr(th));
        predicted = <i32>(sk.rcv_tsval - sk.ts_recent) >= 0;
      }
    }
    if (predicted && !seqAfter(b.end_seq, sk.rcv_nxt + receiveWindow(sk)) && (b.len == header_len || sk.rmem_alloc <= sk.rcvbuf)) {
      let flag: u32 = 0;
      if (sk.saw_tstamp != 0 && sk.rcv_nxt == sk.rcv_wup) {
        if (sk.rcv_tsval != sk.ts_recent) flag = FLAG_TS_PROGRESS;
        storeTsRecent(sk);
      }
      if (b.len == header_len) fastAck(sk, b, skb_idx, flag);
      else fastData(sk, b, skb_idx, header_len, flag);
      return;
    }
  }
  if ((b.tcp_flags & <u8>(FLAG_ACK | FLAG_RST | FLAG_SYN)) == 0) {
    dropSkb(skb_idx, DROP_TCP_FLAGS);
    return;
  }
  if (!validateIncoming(sk, b, skb_idx, th, header_len)) return;
  ecnReceivedCounters(sk, b, b.len - header_len);
  const result = tcpAck(sk, b, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT);
  if (result < 0) {
    dropSkb(skb_idx, <u32>-result);
    return;
  }
  rcvRttMeasureTs(sk, b);
  if ((<u32>b.tcp_flags & FLAG_URG) != 0 || sk.urg_data != 0) tcpUrg(sk, b, skb_idx, th, header_len);
  dataQueue(sk, b, skb_idx, header_len);
  if (sk.state == <u8>TCP_CLOSE) return;
  dataSndCheck(sk);
  if (ackScheduled(sk)) ackSndCheck(sk, true);
}

/** Remembers a segment's timestamps; the echo without our offset. */
export function takeTimestamp(sk: Sock, tsval: u32, tsecr: u32): void {
  sk.saw_tstamp = 1;
  sk.rcv_tsval = tsval;
  sk.rcv_tsecr = tsecr != 0 ? tsecr - sk.tsoffset : 0;
}
