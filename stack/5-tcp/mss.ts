/** Segment sizes (net/ipv4/tcp_output.c: tcp_mtu_to_mss, tcp_sync_mss, tcp_current_mss; net/ipv4/route.c: ipv4_default_advmss). */
import { hostConfig } from '../../sim/core';
import { Sock } from '../6-socket';
import { TCP_HLEN } from './header';
import { TCP_MIN_MSS, TCP_MSS_DEFAULT } from './rcvbuf';
import { establishedOptionsLen } from './transmit';

const TCP_MIN_SND_MSS: u32 = 48;
/** Headers without options: IP and TCP. */
function headers(family: u32): u32 {
  return family == 4 ? 40 : 60;
}

/** The MSS that a host announces: what its link can receive. */
export function dstAdvmss(host: u32, family: u32): u32 {
  const mss = hostConfig(host).nic_mtu - headers(family);
  return mss < TCP_MIN_MSS ? TCP_MIN_MSS : mss;
}

/** Recomputes mss_cache after the MTU, the peer's MSS or its window changed (tcp_sync_mss). */
export function syncMss(sk: Sock): u32 {
  let mss = hostConfig(sk.host).nic_mtu - headers(sk.family);
  if (mss > sk.mss_clamp) mss = sk.mss_clamp;
  if (mss < TCP_MIN_SND_MSS) mss = TCP_MIN_SND_MSS;
  mss -= <u32>sk.tcp_header_len - TCP_HLEN;
  // A peer with a tiny window gets segments of half of it (tcp_bound_to_half_wnd).
  const cutoff = sk.max_window > TCP_MSS_DEFAULT ? sk.max_window >> 1 : sk.max_window;
  if (cutoff != 0 && mss > cutoff) {
    const least = <u32>68 - sk.tcp_header_len;
    mss = cutoff > least ? cutoff : least;
  }
  sk.mss_cache = mss;
  return mss;
}

/** The MSS now: less when SACK blocks go along (tcp_current_mss). */
export function currentMss(sk: Sock): u32 {
  if (sk.num_sacks == 0 && sk.dsack == 0) return sk.mss_cache;
  return sk.mss_cache - (establishedOptionsLen(sk) + TCP_HLEN - <u32>sk.tcp_header_len);
}
