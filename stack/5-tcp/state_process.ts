/** All states but LISTEN, ESTABLISHED and TIME-WAIT (net/ipv4/tcp_input.c: tcp_rcv_state_process). */
import {
  DROP_TCP_ABORT_ON_DATA, DROP_TCP_CLOSE, DROP_TCP_FLAGS, DROP_TCP_OLD_ACK, NONE, seqAfter, seqBefore, TCP_TCPABORTONDATA,
} from '../../sim/core';
import { Skb } from '../3-pool';
import {
  mibInc, RCV_SHUTDOWN, SEND_SHUTDOWN, Sock, SOCK_DEAD, stateChange, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_ESTABLISHED, TCP_FIN_WAIT1,
  TCP_FIN_WAIT2, TCP_LAST_ACK, TCP_SYN_RECV, TCP_SYN_SENT, TCP_TIME_WAIT,
} from '../6-socket';
import { tcpAck } from './ack_in';
import { ackScheduled, ackSndCheck, sendChallengeAck } from './ack_out';
import { jiffies, mstampRefresh } from './clock';
import { dataQueue } from './data_queue';
import { tcpDone, tcpReset } from './done';
import { ecnModeAccecn } from './ecn';
import { accecnThirdAck } from './ecn_handshake';
import { initTransfer, tryUndoSpuriousSyn } from './established';
import { FLAG_NO_CHALLENGE_ACK, FLAG_SLOWPATH, FLAG_UPDATE_TS_RECENT } from './event_flags';
import { fastopenDisable } from './fastopen_blackhole';
import { fastopenCheckReq, fastopenEstablished, fastopenRtt } from './fastopen_server';
import { FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, TCPOLEN_TSTAMP_ALIGNED } from './header';
import { dropSkb, rxFree } from './ip';
import { updateMetrics } from './metrics';
import { dataSndCheck } from './output';
import { initializeRcvMss, rttTsoptUs } from './rcvbuf';
import { resetKeepaliveTimer, rttSample } from './rto';
import { shutdownSend } from './shutdown';
import { stateIn, transition } from './state';
import { rcvSynsent } from './synsent';
import { finTime, timeWait, timewaitLen } from './timewait';
import { tcpUrg } from './urgent';
import { validateIncoming } from './validate';
import { fastPathOn } from './window';

/** The segment ends here; the state machine has nothing to add. */
const CONSUMED: u32 = 0;
const GO_ON: u32 = 1;

/** SYN-RECEIVED: our SYN was acknowledged. */
function synRecvAcked(sk: Sock, b: Skb): void {
  const fastopen = sk.fastopen_rsk != NONE;
  sk.delivered++;
  if (fastopen) fastopenRtt(sk);
  if (sk.srtt_us == 0 && sk.saw_tstamp != 0 && sk.rcv_tsecr != 0) {
    const rtt = rttTsoptUs(sk, 1);
    if (rtt >= 0) rttSample(sk, <u32>rtt, rtt, false);
  }
  if (sk.tstamp_ok != 0) sk.advmss -= <u16>TCPOLEN_TSTAMP_ALIGNED;
  if (fastopen) fastopenEstablished(sk);
  else {
    tryUndoSpuriousSyn(sk);
    sk.retrans_stamp = 0;
    initTransfer(sk);
    sk.copied_seq = sk.rcv_nxt;
  }
  transition(sk, TCP_ESTABLISHED);
  sk.snd_una = b.ack_seq;
  sk.snd_wnd = <u32>b.window << sk.snd_wscale;
  sk.snd_wl1 = b.seq;
  stateChange(sk);
  sk.lsndtime = jiffies();
  initializeRcvMss(sk);
  if (ecnModeAccecn(sk)) accecnThirdAck(sk, b, sk.syn_ect_snt);
  fastPathOn(sk);
  if ((<u32>sk.shutdown & SEND_SHUTDOWN) != 0) shutdownSend(sk);
}

/** FIN-WAIT-1: our FIN was acknowledged. */
function finWait1Acked(sk: Sock, b: Skb, skb_idx: u32): u32 {
  transition(sk, TCP_FIN_WAIT2);
  sk.shutdown |= <u8>SEND_SHUTDOWN;
  if (!sk.hasFlag(SOCK_DEAD)) {
    stateChange(sk);
    return GO_ON;
  }
  const fin: u32 = (b.tcp_flags & <u8>FLAG_FIN) != 0 ? 1 : 0;
  if (sk.linger2 < 0) {
    mibInc(sk.host, TCP_TCPABORTONDATA);
    tcpDone(sk);
    return DROP_TCP_ABORT_ON_DATA;
  }
  if (b.end_seq != b.seq && seqAfter(b.end_seq - fin, sk.rcv_nxt)) {
    // Data for an application that has gone.
    if (sk.syn_fastopen != 0 && fin != 0) fastopenDisable(sk);
    mibInc(sk.host, TCP_TCPABORTONDATA);
    tcpDone(sk);
    return DROP_TCP_ABORT_ON_DATA;
  }
  const tmo = finTime(sk);
  const timewait = timewaitLen(sk.host);
  if (tmo > timewait) resetKeepaliveTimer(sk, tmo - timewait);
  else if (fin != 0) resetKeepaliveTimer(sk, tmo);
  else {
    timeWait(sk, TCP_FIN_WAIT2, tmo);
    rxFree(skb_idx);
    return CONSUMED;
  }
  return GO_ON;
}

/** What an acknowledgement means to each state. GO_ON, CONSUMED, or a reason to reset. */
function ackByState(sk: Sock, b: Skb, skb_idx: u32): u32 {
  switch (<u32>sk.state) {
    case TCP_SYN_RECV: {
      synRecvAcked(sk, b);
      return GO_ON;
    }
    case TCP_FIN_WAIT1: {
      if (sk.fastopen_rsk != NONE) fastopenEstablished(sk);
      if (sk.snd_una != sk.write_seq) return GO_ON;
      return finWait1Acked(sk, b, skb_idx);
    }
    case TCP_CLOSING: {
      if (sk.snd_una != sk.write_seq) return GO_ON;
      timeWait(sk, TCP_TIME_WAIT, 0);
      rxFree(skb_idx);
      return CONSUMED;
    }
    case TCP_LAST_ACK: {
      if (sk.snd_una != sk.write_seq) return GO_ON;
      updateMetrics(sk);
      tcpDone(sk);
      rxFree(skb_idx);
      return CONSUMED;
    }
    default: return GO_ON;
  }
}

/** The segment's text. NONE, or a reason to reset. */
function textByState(sk: Sock, b: Skb, skb_idx: u32, header_len: u32): u32 {
  const closing = stateIn(sk, (1 << TCP_CLOSE_WAIT) | (1 << TCP_CLOSING) | (1 << TCP_LAST_ACK));
  let queued = false;
  if (!closing || seqBefore(b.seq, sk.rcv_nxt)) {
    if (sk.state != <u8>TCP_ESTABLISHED && (<u32>sk.shutdown & RCV_SHUTDOWN) != 0) {
      const fin: u32 = (b.tcp_flags & <u8>FLAG_FIN) != 0 ? 1 : 0;
      if (b.end_seq != b.seq && seqAfter(b.end_seq - fin, sk.rcv_nxt)) {
        mibInc(sk.host, TCP_TCPABORTONDATA);
        tcpReset(sk);
        return DROP_TCP_ABORT_ON_DATA;
      }
    }
    dataQueue(sk, b, skb_idx, header_len);
    queued = true;
  }
  if (sk.state != <u8>TCP_CLOSE) {
    dataSndCheck(sk);
    if (ackScheduled(sk)) ackSndCheck(sk, true);
  }
  if (!queued) rxFree(skb_idx);
  return NONE;
}

/** NONE: dealt with. Else a reason: the caller answers with a RST and drops the segment. */
export function rcvStateProcess(sk: Sock, b: Skb, skb_idx: u32, th: usize, header_len: u32): u32 {
  if (sk.state == <u8>TCP_CLOSE) {
    dropSkb(skb_idx, DROP_TCP_CLOSE);
    return NONE;
  }
  mstampRefresh(sk);
  sk.saw_tstamp = 0;
  if (sk.state == <u8>TCP_SYN_SENT) return rcvSynsent(sk, b, skb_idx, th, header_len);
  if (sk.fastopen_rsk != NONE && !fastopenCheckReq(sk, b, skb_idx, th, header_len)) return NONE;
  if ((b.tcp_flags & <u8>(FLAG_ACK | FLAG_RST | FLAG_SYN)) == 0) {
    dropSkb(skb_idx, DROP_TCP_FLAGS);
    return NONE;
  }
  if (!validateIncoming(sk, b, skb_idx, th, header_len)) return NONE;
  const result = tcpAck(sk, b, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT | FLAG_NO_CHALLENGE_ACK);
  if (result <= 0) {
    if (sk.state == <u8>TCP_SYN_RECV) return result == 0 ? DROP_TCP_OLD_ACK : <u32>-result;
    if (result < 0) {
      sendChallengeAck(sk);
      dropSkb(skb_idx, <u32>-result);
      return NONE;
    }
  }
  const next = ackByState(sk, b, skb_idx);
  if (next == CONSUMED) return NONE;
  if (next != GO_ON) return next;
  tcpUrg(sk, b, skb_idx, th, header_len);
  return textByState(sk, b, skb_idx, header_len);
}
