/**
 * Middle boxes that swallow what Fast Open sends (net/ipv4/tcp_fastopen.c: tcp_fastopen_active_disable and its neighbours):
 * when one is suspected, a host opens no connection fast for a while, and twice as long each time that it happens again.
 */
import { hostConfig, TCP_ADDR, TCP_TCPFASTOPENACTIVEFAIL, TCP_TCPFASTOPENBLACKHOLE } from '../../sim/core';
import { skb } from '../3-pool';
import { mibInc, Sock } from '../6-socket';
import { HZ, jiffies } from './clock';
import { FLAG_FIN } from './header';

@unmanaged
class Blackhole {
  /** When Fast Open was paused last, in jiffies, and how often it was since it worked. */
  stamp: u32;
  times: u32;
}

const BLACKHOLE_AT: usize = 0x6b0;
const BLACKHOLE_BYTES: usize = 8;
/** The pause is at most 2^6 times the first. */
const DOUBLINGS_MAX: u32 = 6;

function blackhole(host: u32): Blackhole {
  return changetype<Blackhole>(TCP_ADDR + BLACKHOLE_AT + <usize>host * BLACKHOLE_BYTES);
}

/** tcp_fastopen_active_disable. */
export function fastopenDisable(sk: Sock): void {
  if (hostConfig(sk.host).tcp_fastopen_blackhole_timeout_sec == 0) return;
  const h = blackhole(sk.host);
  h.stamp = jiffies();
  h.times++;
  mibInc(sk.host, TCP_TCPFASTOPENBLACKHOLE);
}

/** Does the pause last still? If it is over, the next connection shows whether the way is free again. */
export function fastopenPaused(sk: Sock): bool {
  const timeout = hostConfig(sk.host).tcp_fastopen_blackhole_timeout_sec;
  const h = blackhole(sk.host);
  if (timeout == 0 || h.times == 0) return false;
  const doublings = h.times - 1 < DOUBLINGS_MAX ? h.times - 1 : DOUBLINGS_MAX;
  if (<u64>(jiffies() - h.stamp) < (<u64>timeout << doublings) * HZ) return true;
  sk.syn_fastopen_ch = 1;
  return false;
}

/** A connection ends: did only its FIN arrive, or did data (tcp_fastopen_active_disable_ofo_check)? */
export function fastopenEndCheck(sk: Sock): void {
  if (sk.syn_fastopen == 0) return;
  if (sk.data_segs_in == 0) {
    if (sk.ooo_len == 1 && (skb(sk.ooo_head).tcp_flags & <u8>FLAG_FIN) != 0) fastopenDisable(sk);
  } else if (sk.syn_fastopen_ch != 0) blackhole(sk.host).times = 0;
}

/** The retransmission timer fired (tcp_fastopen_active_detect_blackhole). */
export function fastopenTimeoutCheck(sk: Sock, expired: bool): void {
  if ((sk.syn_fastopen | sk.syn_data | sk.syn_data_acked) == 0) return;
  if (sk.retransmits != 2 && !(sk.retransmits < 2 && expired)) return;
  fastopenDisable(sk);
  mibInc(sk.host, TCP_TCPFASTOPENACTIVEFAIL);
}
