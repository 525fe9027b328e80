/** Tail loss probes (net/ipv4/tcp_output.c: tcp_schedule_loss_probe, tcp_send_loss_probe; RFC 8985 section 7). */
import { hostConfig, NONE, seqAfter, seqBefore, TCP_TCPLOSSPROBERECOVERY, TCP_TCPLOSSPROBES } from '../../sim/core';
import { skb } from '../3-pool';
import { mibInc, rtxQueue, Sock } from '../6-socket';
import { ICSK_TIME_LOSS_PROBE, TCP_CA_CWR, TCP_CA_OPEN } from './ack_flags';
import { usecsToJiffies } from './clock';
import { setCaState } from './cong';
import { FLAG_DATA_SACKED, FLAG_DSACK_TLP, FLAG_NOT_DUP, FLAG_SND_UNA_ADVANCED } from './event_flags';
import { splitSkb } from './fragment';
import { currentMss } from './mss';
import { TCP_NAGLE_OFF, writeXmit } from './output';
import { pacingDelay } from './pacing';
import { endCwndReduction, initCwndReduction } from './prr';
import { tryKeepOpen } from './recovery';
import { retransmitSkbOnce } from './retransmit';
import { rearmRto, resetXmitTimer, rtoDeltaUs, rtoMinUs, TCP_TIMEOUT_INIT, TCP_TIMEOUT_MIN_US } from './rto';
import { wndEnd } from './transmit';

/** Arms the probe instead of the retransmission timer, two round trips from now. False when it is not for this state. */
export function scheduleLossProbe(sk: Sock, advancing_rto: bool): bool {
  if (sk.fastopen_rsk != NONE) return false;
  const early = hostConfig(sk.host).tcp_early_retrans;
  if (early != 3 && early != 4) return false;
  if (sk.sack_ok == 0 || (sk.ca_state != TCP_CA_OPEN && sk.ca_state != TCP_CA_CWR)) return false;
  let timeout = TCP_TIMEOUT_INIT;
  if (sk.srtt_us != 0) {
    let timeout_us = sk.srtt_us >> 2;
    timeout_us += sk.packets_out == 1 ? rtoMinUs(sk) : TCP_TIMEOUT_MIN_US;
    timeout = usecsToJiffies(timeout_us);
  }
  if (advancing_rto) {
    if (sk.rto < timeout) timeout = sk.rto;
  } else {
    const delta = rtoDeltaUs(sk);
    if (delta > 0) {
      const rto = usecsToJiffies(<u32>delta);
      if (rto < timeout) timeout = rto;
    }
  }
  resetXmitTimer(sk, ICSK_TIME_LOSS_PROBE, timeout + pacingDelay(sk));
  return true;
}

/** The probe timer fired: new data if there is some, else the last segment again. */
export function sendLossProbe(sk: Sock): void {
  if (sk.tlp_high_seq == 0 && probe(sk)) {
    sk.tlp_high_seq = sk.snd_nxt;
    mibInc(sk.host, TCP_TCPLOSSPROBES);
    sk.pending = 0;
  }
  rearmRto(sk);
}

function probe(sk: Sock): bool {
  sk.tlp_retrans = 0;
  const mss = currentMss(sk);
  const head = sk.write_head;
  if (head != NONE) {
    const b = skb(head);
    const end_seq = b.len > mss ? b.seq + mss : b.end_seq;
    if (!seqAfter(end_seq, wndEnd(sk))) {
      const prior = sk.packets_out;
      writeXmit(sk, mss, TCP_NAGLE_OFF, 2);
      return sk.packets_out > prior;
    }
  }
  let last = sk.rtx_tail;
  if (last == NONE) return false;
  const before_last = (<u32>skb(last).gso_segs - 1) * mss;
  if (before_last != 0 && skb(last).len > before_last) {
    if (!splitSkb(sk, last, before_last, mss, rtxQueue(sk))) return false;
    last = sk.rtx_tail;
  }
  if (retransmitSkbOnce(sk, last, 1) != 0) return false;
  sk.tlp_retrans = 1;
  return true;
}

/** An ACK during a probe episode (net/ipv4/tcp_input.c: tcp_process_tlp_ack). */
export function processTlpAck(sk: Sock, ack: u32, flag: u32): void {
  if (seqBefore(ack, sk.tlp_high_seq)) return;
  if (sk.tlp_retrans == 0 || (flag & FLAG_DSACK_TLP) != 0) sk.tlp_high_seq = 0;
  else if (seqAfter(ack, sk.tlp_high_seq)) {
    // The probe was needed: there was a loss, so the window shrinks.
    initCwndReduction(sk);
    setCaState(sk, TCP_CA_CWR);
    endCwndReduction(sk);
    tryKeepOpen(sk);
    mibInc(sk.host, TCP_TCPLOSSPROBERECOVERY);
  } else if ((flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DATA_SACKED)) == 0) sk.tlp_high_seq = 0;
}
