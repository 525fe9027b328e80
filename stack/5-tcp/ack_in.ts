/**
 * ACKs that arrive (net/ipv4/tcp_input.c: tcp_ack): the left edge, the peer's window, the rtx queue, round trips, recovery,
 * congestion control.
 */
import {
  charge, COST_TCP_ACK, DROP_TCP_ACK_UNSENT_DATA, DROP_TCP_TOO_OLD_ACK, NONE, seqAfter, seqBefore, TCP_TCPDELIVERED, TCP_TCPDELIVEREDCE,
  TCP_TCPHPACKS, TCP_TCPPUREACKS, traceTcpAck,
} from '../../sim/core';
import { Skb, skb } from '../3-pool';
import { mibAdd, mibInc, Sock, TCP_SYN_SENT } from '../6-socket';
import { ICSK_TIME_PROBE0, TCP_CA_OPEN } from './ack_flags';
import { sendChallengeAck } from './ack_out';
import { cleanRtxQueue } from './clean_rtx';
import { jiffies } from './clock';
import { caCongAvoid, inCwndReduction } from './cong';
import { slowStartAfterIdleCheck } from './cwnd';
import { countDelivered, ecnModeAccecn, ecnModeRfc3168 } from './ecn';
import { accecnProcess, ecnAcceptCwr, ecnRcvEcnEcho } from './ecn_in';
import {
  FLAG_CA_ALERT, FLAG_DATA, FLAG_DATA_ACKED, FLAG_DSACKING_ACK, FLAG_ECE, FLAG_FORWARD_PROGRESS, FLAG_NO_CHALLENGE_ACK, FLAG_NOT_DUP,
  FLAG_SET_XMIT_TIMER, FLAG_SLOWPATH, FLAG_SND_UNA_ADVANCED, FLAG_TS_PROGRESS, FLAG_UPDATE_TS_RECENT, FLAG_WIN_UPDATE, REXMIT_NEW,
  REXMIT_NONE,
} from './event_flags';
import { FLAG_SYN } from './header';
import { currentMss, syncMss } from './mss';
import { pushPendingFrames, TCP_NAGLE_OFF } from './output';
import { pacingDelay } from './pacing';
import { pawsCheck, storeTsRecent } from './paws';
import { cwndReduction } from './prr';
import { rackUpdateReoWnd } from './rack';
import { fastretransAlert, TCP_REORDERING } from './recovery';
import { xmitRetransmitQueue } from './retransmit';
import { clampProbe0, clearXmitTimer, probe0When, rearmRto, resetXmitTimer } from './rto';
import { highestSackSeq, sacktagWriteQueue } from './sack_in';
import { AckState, ackState } from './stage';
import { processTlpAck, scheduleLossProbe } from './tlp';
import { wndEnd } from './transmit';
import { fastPathCheck } from './window';

/** tcp_may_update_window. */
export function mayUpdateWindow(sk: Sock, ack: u32, ack_seq: u32, nwin: u32): bool {
  return seqAfter(ack, sk.snd_una) || seqAfter(ack_seq, sk.snd_wl1) || (ack_seq == sk.snd_wl1 && (nwin > sk.snd_wnd || nwin == 0));
}

function sndUnaUpdate(sk: Sock, ack: u32): void {
  sk.bytes_acked += ack - sk.snd_una;
  sk.snd_una = ack;
}

/** Takes the peer's window over (tcp_ack_update_window). */
function ackUpdateWindow(sk: Sock, b: Skb, ack: u32, ack_seq: u32): u32 {
  let flag: u32 = 0;
  let nwin = <u32>b.window;
  if ((b.tcp_flags & <u8>FLAG_SYN) == 0) nwin <<= sk.snd_wscale;
  if (mayUpdateWindow(sk, ack, ack_seq, nwin)) {
    flag = FLAG_WIN_UPDATE;
    sk.snd_wl1 = ack_seq;
    if (sk.snd_wnd != nwin) {
      sk.snd_wnd = nwin;
      // The one place where a sender gets its fast path back.
      sk.pred_flags = 0;
      fastPathCheck(sk);
      if (sk.write_head != NONE) slowStartAfterIdleCheck(sk);
      if (nwin > sk.max_window) {
        sk.max_window = nwin;
        syncMss(sk);
      }
    }
  }
  sndUnaUpdate(sk, ack);
  return flag;
}

/** tcp_replace_ts_recent. Returns FLAG_TS_PROGRESS when the clock went on. */
function replaceTsRecent(sk: Sock, seq: u32): u32 {
  if (sk.saw_tstamp == 0 || seqAfter(seq, sk.rcv_wup) || !pawsCheck(sk, 0)) return 0;
  const delta = <i32>(sk.rcv_tsval - sk.ts_recent);
  storeTsRecent(sk);
  return delta > 0 ? FLAG_TS_PROGRESS : 0;
}

/** Nothing was in flight: did this ACK open a closed window (tcp_ack_probe)? */
function ackProbe(sk: Sock): void {
  const head = sk.write_head;
  if (head == NONE) return;
  if (!seqAfter(skb(head).end_seq, wndEnd(sk))) {
    sk.backoff = 0;
    sk.probes_tstamp = 0;
    clearXmitTimer(sk);
  } else resetXmitTimer(sk, ICSK_TIME_PROBE0, clampProbe0(sk, probe0When(sk)) + pacingDelay(sk));
}

/** tcp_cong_control. */
function congControl(sk: Sock, delivered: u32, lost: u32, flag: u32): void {
  sk.pacing_rate = 0;
  if (inCwndReduction(sk)) {
    cwndReduction(sk, delivered, lost, (flag & FLAG_SND_UNA_ADVANCED) != 0);
    return;
  }
  const raise = sk.reordering > TCP_REORDERING ? flag & FLAG_FORWARD_PROGRESS : flag & FLAG_DATA_ACKED;
  if (raise != 0) caCongAvoid(sk, delivered);
}

/** tcp_xmit_recovery. */
function xmitRecovery(sk: Sock, rexmit: u32): void {
  if (rexmit == REXMIT_NONE || sk.state == <u8>TCP_SYN_SENT) return;
  if (rexmit == REXMIT_NEW) {
    pushPendingFrames(sk, currentMss(sk), TCP_NAGLE_OFF);
    if (seqAfter(sk.snd_nxt, sk.high_seq)) return;
    sk.frto = 0;
  }
  xmitRetransmitQueue(sk);
}

function clearAckState(st: AckState): void {
  memory.fill(changetype<usize>(st), 0, offsetof<AckState>());
}

/** Where the SACK option of a received segment lies; 0 for none. Skb.sacked holds its distance from the TCP header. */
function sackOption(b: Skb): usize {
  return b.sacked == 0 ? 0 : <usize>b.head + b.transport_off + b.sacked;
}

/** Packets that the ACK delivered, for the statistics too (tcp_newly_delivered). */
function newlyDelivered(sk: Sock, prior_delivered: u32, ecn_count: u32, flag: u32): u32 {
  const delivered = sk.delivered - prior_delivered;
  mibAdd(sk.host, TCP_TCPDELIVERED, delivered);
  if ((flag & FLAG_ECE) != 0) mibAdd(sk.host, TCP_TCPDELIVEREDCE, ecnModeRfc3168(sk) ? delivered : ecn_count);
  return delivered;
}

/** An ACK from the past may bring news in its SACK blocks. */
function oldAck(sk: Sock, b: Skb, st: AckState, prior_snd_una: u32): i32 {
  if ((st.flag & FLAG_UPDATE_TS_RECENT) != 0) replaceTsRecent(sk, b.seq);
  const prior_delivered = sk.delivered;
  const option = sackOption(b);
  if (option != 0) {
    sacktagWriteQueue(sk, st, option, b.ack_seq, prior_snd_una);
    sk.delivered += st.sack_delivered;
    fastretransAlert(sk, st, prior_snd_una, 0);
    newlyDelivered(sk, prior_delivered, 0, st.flag);
    xmitRecovery(sk, st.rexmit);
  }
  return 0;
}

/** Edge, window and SACK blocks of an acceptable ACK. */
function takeAck(sk: Sock, b: Skb, st: AckState, prior_snd_una: u32): void {
  const ack = b.ack_seq;
  const ack_seq = b.seq;
  if ((st.flag & FLAG_UPDATE_TS_RECENT) != 0) st.flag |= replaceTsRecent(sk, ack_seq);
  if ((st.flag & (FLAG_SLOWPATH | FLAG_SND_UNA_ADVANCED)) == FLAG_SND_UNA_ADVANCED) {
    // Header prediction said that the window is the same.
    sk.snd_wl1 = ack_seq;
    sndUnaUpdate(sk, ack);
    st.flag |= FLAG_WIN_UPDATE;
    mibInc(sk.host, TCP_TCPHPACKS);
    return;
  }
  if (ack_seq != b.end_seq) st.flag |= FLAG_DATA;
  else mibInc(sk.host, TCP_TCPPUREACKS);
  st.flag |= ackUpdateWindow(sk, b, ack, ack_seq);
  const option = sackOption(b);
  if (option != 0) sacktagWriteQueue(sk, st, option, ack, prior_snd_una);
  if (ecnRcvEcnEcho(sk, b)) st.flag |= FLAG_ECE;
  if (st.sack_delivered != 0) countDelivered(sk, st.sack_delivered, (st.flag & FLAG_ECE) != 0);
}

/** 1: taken, 0: old, below 0: minus the reason to drop the segment. */
export function tcpAck(sk: Sock, b: Skb, flag: u32): i32 {
  charge(COST_TCP_ACK);
  const st = ackState();
  clearAckState(st);
  st.flag = flag;
  const prior_snd_una = sk.snd_una;
  const prior_packets = sk.packets_out;
  const ack = b.ack_seq;
  let delivered = sk.delivered;
  const lost = sk.lost;
  const reneg = sk.is_sack_reneg;
  if (seqBefore(ack, prior_snd_una)) {
    let window = sk.max_window;
    if (<u64>window > sk.bytes_acked) window = <u32>sk.bytes_acked;
    if (seqBefore(ack, prior_snd_una - window)) {
      if ((flag & FLAG_NO_CHALLENGE_ACK) == 0) sendChallengeAck(sk);
      return -<i32>DROP_TCP_TOO_OLD_ACK;
    }
    return oldAck(sk, b, st, prior_snd_una);
  }
  if (seqAfter(ack, sk.snd_nxt)) {
    if ((flag & FLAG_NO_CHALLENGE_ACK) == 0) sendChallengeAck(sk);
    return -<i32>DROP_TCP_ACK_UNSENT_DATA;
  }
  if (seqAfter(ack, prior_snd_una)) {
    st.flag |= FLAG_SND_UNA_ADVANCED;
    sk.retransmits = 0;
    traceTcpAck(b.pkt_id, NONE, sk.handle, ack, ack - prior_snd_una);
  }
  const prior_fack = sk.sack_ok != 0 ? highestSackSeq(sk) : sk.snd_una;
  takeAck(sk, b, st, prior_snd_una);
  ecnAcceptCwr(sk, b);
  sk.err_soft = 0;
  sk.probes_out = 0;
  sk.rcv_tstamp = jiffies();
  let ecn_count: u32 = 0;
  if (prior_packets == 0) {
    if (ecnModeAccecn(sk)) ecn_count = accecnProcess(sk, b, st, sk.delivered - delivered);
    if ((st.flag & FLAG_DSACKING_ACK) != 0) {
      fastretransAlert(sk, st, prior_snd_una, 0);
      newlyDelivered(sk, delivered, ecn_count, st.flag);
    }
    ackProbe(sk);
    if (sk.tlp_high_seq != 0) processTlpAck(sk, ack, st.flag);
    return 1;
  }
  cleanRtxQueue(sk, st, prior_fack, prior_snd_una);
  rackUpdateReoWnd(sk, st.has_prior != 0, st.prior_delivered);
  if (ecnModeAccecn(sk)) ecn_count = accecnProcess(sk, b, st, sk.delivered - delivered);
  if (sk.tlp_high_seq != 0) processTlpAck(sk, ack, st.flag);
  if ((st.flag & FLAG_NOT_DUP) == 0 || (st.flag & FLAG_CA_ALERT) != 0 || sk.ca_state != TCP_CA_OPEN) {
    let num_dupack: u32 = 0;
    if ((st.flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DSACKING_ACK)) == 0) {
      num_dupack = (st.flag & FLAG_DATA) == 0 && b.gso_segs > 1 ? <u32>b.gso_segs : 1;
    }
    fastretransAlert(sk, st, prior_snd_una, num_dupack);
  }
  if ((st.flag & FLAG_SET_XMIT_TIMER) != 0) {
    if (sk.packets_out == 0 || !scheduleLossProbe(sk, true)) rearmRto(sk);
  }
  delivered = newlyDelivered(sk, delivered, ecn_count, st.flag);
  congControl(sk, delivered, sk.lost - lost, st.flag);
  xmitRecovery(sk, st.rexmit);
  return 1;
}
