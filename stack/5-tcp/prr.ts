/** Proportional rate reduction (net/ipv4/tcp_input.c: tcp_cwnd_reduction; RFC 6937, RFC 9937). */
import { Sock } from '../6-socket';
import { TCP_CA_CWR } from './ack_flags';
import { jiffies } from './clock';
import { caSsthresh, setCwnd, TCP_INFINITE_SSTHRESH, traceCwnd } from './cong';
import { ecnQueueCwr } from './ecn';
import { packetsInFlight } from './transmit';

export function initCwndReduction(sk: Sock): void {
  sk.high_seq = sk.snd_nxt;
  sk.tlp_high_seq = 0;
  sk.snd_cwnd_cnt = 0;
  sk.prior_cwnd = sk.snd_cwnd;
  sk.prr_delivered = 0;
  sk.prr_out = 0;
  sk.snd_ssthresh = caSsthresh(sk);
  ecnQueueCwr(sk);
}

/** Sets the window so that as much is sent as the reduction allows for what was delivered. */
export function cwndReduction(sk: Sock, delivered: u32, newly_lost: u32, una_advanced: bool): void {
  if (<i32>delivered <= 0 || sk.prior_cwnd == 0) return;
  const in_flight = packetsInFlight(sk);
  const delta = <i32>(sk.snd_ssthresh - in_flight);
  let sndcnt: i32;
  sk.prr_delivered += delivered;
  if (delta < 0) {
    const dividend = <u64>sk.snd_ssthresh * <u64>sk.prr_delivered + <u64>sk.prior_cwnd - 1;
    sndcnt = <i32>(<u32>(dividend / <u64>sk.prior_cwnd) - sk.prr_out);
  } else {
    sndcnt = <i32>(sk.prr_delivered - sk.prr_out);
    if (sndcnt < <i32>delivered) sndcnt = <i32>delivered;
    if (una_advanced && newly_lost == 0) sndcnt++;
    if (sndcnt > delta) sndcnt = delta;
  }
  // A retransmission leaves at once when recovery begins.
  const least = sk.prr_out != 0 ? 0 : 1;
  if (sndcnt < least) sndcnt = least;
  setCwnd(sk, in_flight + <u32>sndcnt);
}

export function endCwndReduction(sk: Sock): void {
  if (sk.snd_ssthresh < TCP_INFINITE_SSTHRESH && (sk.ca_state == TCP_CA_CWR || sk.undo_marker != 0)) {
    setCwnd(sk, sk.snd_ssthresh);
    sk.snd_cwnd_stamp = jiffies();
    traceCwnd(sk);
  }
}
