/** Probes of a closed window (net/ipv4/tcp_output.c: tcp_write_wakeup, tcp_send_probe0; RFC 9293 section 3.8.6.1). */
import { bug, hostConfig, NONE, RUN_BUG_TCP_PROBE_BACKOFF, seqBefore, seqBetween, TCP_TCPWINPROBE } from '../../sim/core';
import { skb } from '../3-pool';
import { mibInc, Sock, TCP_CLOSE, writeQueue } from '../6-socket';
import { ICSK_TIME_PROBE0 } from './ack_flags';
import { setTsoSegs, splitSkb } from './fragment';
import { FLAG_ACK, FLAG_PSH } from './header';
import { currentMss } from './mss';
import { eventNewDataSent } from './output';
import { clampProbe0, probe0When, resetXmitTimer, TCP_RESOURCE_PROBE_INTERVAL } from './rto';
import { transmit, transmitSkb, wndEnd } from './transmit';

/** What fits into the window, or an ACK with an old sequence number that the peer must answer. 0, 1, or -1. */
export function writeWakeup(sk: Sock, counter: u32): i32 {
  if (sk.state == <u8>TCP_CLOSE) return -1;
  const idx = sk.write_head;
  if (idx != NONE && seqBefore(skb(idx).seq, wndEnd(sk))) {
    const b = skb(idx);
    const mss = currentMss(sk);
    let seg_size = wndEnd(sk) - b.seq;
    if (seqBefore(sk.pushed_seq, b.end_seq)) sk.pushed_seq = b.end_seq;
    b.tcp_flags |= <u8>FLAG_PSH;
    if (seg_size < b.len || b.len > mss) {
      if (seg_size > mss) seg_size = mss;
      if (!splitSkb(sk, idx, seg_size, mss, writeQueue(sk))) return -1;
      b.tcp_flags |= <u8>FLAG_PSH;
    } else setTsoSegs(b, mss);
    if (transmitSkb(sk, idx) != 0) return 1;
    eventNewDataSent(sk, idx);
    return 0;
  }
  // First the urgent pointer, which the peer may not know yet.
  if (seqBetween(sk.snd_up, sk.snd_una + 1, sk.snd_una + 0xffff)) {
    mibInc(sk.host, counter);
    transmit(sk, sk.snd_una, FLAG_ACK, NONE, 0);
  }
  mibInc(sk.host, counter);
  return <i32>transmit(sk, sk.snd_una - 1, FLAG_ACK, NONE, 0);
}

/** The probe timer fired. */
export function sendProbe0(sk: Sock): void {
  const err = writeWakeup(sk, TCP_TCPWINPROBE);
  if (sk.packets_out != 0 || sk.write_head == NONE) {
    sk.probes_out = 0;
    sk.backoff = 0;
    sk.probes_tstamp = 0;
    return;
  }
  sk.probes_out++;
  let timeout = TCP_RESOURCE_PROBE_INTERVAL;
  if (err <= 0) {
    if (<u32>sk.backoff < hostConfig(sk.host).tcp_retries2 && !bug(RUN_BUG_TCP_PROBE_BACKOFF)) sk.backoff++;
    timeout = probe0When(sk);
  }
  resetXmitTimer(sk, ICSK_TIME_PROBE0, clampProbe0(sk, timeout));
}
