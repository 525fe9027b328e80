/** SYN-SENT (net/ipv4/tcp_input.c: tcp_rcv_synsent_state_process; RFC 9293 section 3.10.7.3). */
import {
  DROP_TCP_FLAGS, DROP_TCP_INVALID_ACK_SEQUENCE, DROP_TCP_RESET, DROP_TCP_RFC7323_PAWS, hostConfig, NONE, seqAfter, seqBetween,
  TCP_PAWSACTIVE,
} from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibInc, Sock, SOCK_DEAD, stateChange, TCP_SYN_RECV } from '../6-socket';
import { ICSK_TIME_RETRANS } from './ack_flags';
import { tcpAck } from './ack_in';
import { enterQuickackMode, inPingpongMode, scheduleAck, sendAckReflectEct, TCP_DELACK_MAX, TCP_MAX_QUICKACKS } from './ack_out';
import { jiffies } from './clock';
import { tcpReset } from './done';
import { ecnModeAccecn, ecnModeAny } from './ecn';
import { ecnRcvSyn, ecnRcvSynack, ecnSendSynack } from './ecn_handshake';
import { finishConnect, tryUndoSpuriousSyn } from './established';
import { FLAG_SLOWPATH } from './event_flags';
import { fastopenSynack } from './fastopen_client';
import { fastopenAddSkb } from './fastopen_server';
import { FLAG_ACK, FLAG_RST, FLAG_SYN, parseOptions, TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED } from './header';
import { takeTimestamp } from './input';
import { dropSkb, rxFree } from './ip';
import { clampMss, syncMss } from './mss';
import { mtupInit } from './mtu_probe';
import { dataSndCheck } from './output';
import { pawsReject, storeTsRecent } from './paws';
import { initializeRcvMss } from './rcvbuf';
import { resetDelackTimer, resetXmitTimer, TCP_TIMEOUT_MIN } from './rto';
import { Options } from './stage';
import { transition } from './state';
import { transmitSkb } from './transmit';

/** What the peer's SYN offers, where we offered it too. */
function takeSynOptions(sk: Sock, opt: Options): void {
  if (opt.mss != 0) sk.mss_clamp = clampMss(sk, opt.mss);
  sk.wscale_ok = <u8>opt.wscale_ok;
  sk.snd_wscale = <u8>opt.snd_wscale;
  sk.sack_ok = <u8>opt.sack_ok;
  if (opt.saw_tstamp != 0) {
    sk.tstamp_ok = 1;
    sk.tcp_header_len = <u16>(TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED);
    storeTsRecent(sk);
  } else sk.tcp_header_len = <u16>TCP_HLEN;
}

/** The peer's SYN is the first byte that we received. */
function takeSynSequence(sk: Sock, b: Skb): void {
  sk.rcv_nxt = b.seq + 1;
  sk.copied_seq = sk.rcv_nxt;
  sk.rcv_wup = sk.rcv_nxt;
  sk.rcv_mwnd_seq = sk.rcv_wup + sk.rcv_wnd;
  sk.snd_wnd = b.window;
}

/** SYN,ACK that fits: the connection is established. */
function established(sk: Sock, b: Skb, skb_idx: u32, th: usize, header_len: u32, opt: Options): void {
  if (ecnModeAny(sk)) ecnRcvSynack(sk, b);
  sk.snd_wl1 = b.seq;
  tryUndoSpuriousSyn(sk);
  takeSynOptions(sk, opt);
  tcpAck(sk, b, FLAG_SLOWPATH);
  takeSynSequence(sk, b);
  // (A SYN that crossed ours leaves our scale as it was: the SYN-ACK announces it again.)
  if (sk.wscale_ok == 0) {
    sk.snd_wscale = 0;
    sk.rcv_wscale = 0;
    if (sk.window_clamp > 0xffff) sk.window_clamp = 0xffff;
  }
  if (sk.tstamp_ok != 0) sk.advmss -= <u16>TCPOLEN_TSTAMP_ALIGNED;
  mtupInit(sk);
  syncMss(sk);
  initializeRcvMss(sk);
  finishConnect(sk);
  const fast = (sk.syn_fastopen | sk.syn_data) != 0;
  const failed = fast && fastopenSynack(sk, opt, th);
  if (!fast || failed || !fastopenAddSkb(sk, b, skb_idx, header_len)) rxFree(skb_idx);
  if (!sk.hasFlag(SOCK_DEAD)) stateChange(sk);
  if (failed) return dataSndCheck(sk);
  if (sk.write_pending != 0 || sk.defer_accept != 0 || inPingpongMode(sk)) {
    // Save one ACK: data will carry it.
    scheduleAck(sk);
    enterQuickackMode(sk, TCP_MAX_QUICKACKS);
    resetDelackTimer(sk, jiffies() + TCP_DELACK_MAX);
    return;
  }
  sendAckReflectEct(sk, ecnModeAccecn(sk));
  dataSndCheck(sk);
}

/** A SYN that crossed ours (simultaneous open). */
function crossedSyn(sk: Sock, b: Skb, skb_idx: u32, opt: Options): void {
  transition(sk, TCP_SYN_RECV);
  takeSynSequence(sk, b);
  takeSynOptions(sk, opt);
  sk.snd_wl1 = b.seq;
  sk.max_window = sk.snd_wnd;
  ecnRcvSyn(sk, b);
  mtupInit(sk);
  syncMss(sk);
  initializeRcvMss(sk);
  // Our SYN goes out again, now with an ACK (tcp_send_synack).
  const head = skb(sk.rtx_head);
  if ((head.tcp_flags & <u8>FLAG_ACK) == 0) {
    head.tcp_flags |= <u8>FLAG_ACK;
    ecnSendSynack(sk, head);
  }
  transmitSkb(sk, sk.rtx_head);
  rxFree(skb_idx);
}

/** NONE, or the reason for a RST in answer. */
export function rcvSynsent(sk: Sock, b: Skb, skb_idx: u32, th: usize, header_len: u32): u32 {
  const flags = <u32>b.tcp_flags;
  const opt = parseOptions(sk.host, th, header_len, true, hostConfig(sk.host).tcp_timestamps, false);
  if (opt.saw_tstamp != 0) takeTimestamp(sk, opt.tsval, opt.tsecr);
  sk.rx_accecn = <u8>opt.accecn_at;
  if ((flags & FLAG_ACK) != 0) {
    if (!seqAfter(b.ack_seq, sk.snd_una) || seqAfter(b.ack_seq, sk.snd_nxt)) {
      // Perhaps an old FIN or RST of ours was ignored: try again soon.
      if (sk.retransmits == 0) resetXmitTimer(sk, ICSK_TIME_RETRANS, TCP_TIMEOUT_MIN);
      return DROP_TCP_INVALID_ACK_SEQUENCE;
    }
    if (sk.saw_tstamp != 0 && sk.rcv_tsecr != 0 && !seqBetween(sk.rcv_tsecr, sk.retrans_stamp, jiffies())) {
      mibInc(sk.host, TCP_PAWSACTIVE);
      return DROP_TCP_RFC7323_PAWS;
    }
    if ((flags & FLAG_RST) != 0) {
      rxFree(skb_idx);
      tcpReset(sk);
      return NONE;
    }
    if ((flags & FLAG_SYN) == 0) {
      dropSkb(skb_idx, DROP_TCP_FLAGS);
      return NONE;
    }
    established(sk, b, skb_idx, th, header_len, opt);
    return NONE;
  }
  let reason: u32 = DROP_TCP_FLAGS;
  if ((flags & FLAG_RST) != 0) reason = DROP_TCP_RESET;
  else if (sk.ts_recent_stamp != 0 && sk.saw_tstamp != 0 && pawsReject(sk.ts_recent, sk.ts_recent_stamp, sk.rcv_tsval, false)) {
    reason = DROP_TCP_RFC7323_PAWS;
  } else if ((flags & FLAG_SYN) != 0) {
    crossedSyn(sk, b, skb_idx, opt);
    return NONE;
  }
  dropSkb(skb_idx, reason);
  return NONE;
}
