/** Reno (net/ipv4/tcp_cong.c: tcp_reno_cong_avoid, tcp_reno_ssthresh; RFC 5681 section 3.1). */
import { Sock } from '../6-socket';
import { congAvoidAi, inSlowStart, isCwndLimited, slowStart } from './cong';

export function renoCongAvoid(sk: Sock, acked: u32): void {
  if (!isCwndLimited(sk)) return;
  let left = acked;
  if (inSlowStart(sk)) {
    left = slowStart(sk, acked);
    if (left == 0) return;
  }
  congAvoidAi(sk, sk.snd_cwnd, left);
}

export function renoSsthresh(sk: Sock): u32 {
  const half = sk.snd_cwnd >> 1;
  return half < 2 ? 2 : half;
}
