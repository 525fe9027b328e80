/** Segment sizes (net/ipv4/tcp_output.c: tcp_mtu_to_mss, tcp_sync_mss, tcp_current_mss; net/ipv4/route.c: ipv4_default_advmss). */
import { hostConfig } from '../../sim/core';
import { MAX_TCP_HEADER, Sock, SockCommon } from '../6-socket';
import { isLocal } from './address';
import { ecnModeAccecn } from './ecn';
import { TCP_HLEN } from './header';
import { pathMtu, pmtuKnown, routeMtu } from './pmtu';
import { TCP_MSS_DEFAULT } from './rcvbuf';
import { establishedOptionsLen } from './transmit';

/** net.ipv4.route.min_adv_mss. */
const IP_MIN_ADVMSS: u32 = 256;
/** MSS of a peer that announces none over IPv6 (RFC 8200), and the least that is announced (net.ipv6.route.min_adv_mss). */
export const MSS_DEFAULT_V6: u32 = 1220;
/** sk_gso_max_size: 64 KiB with its headers (net/core/sock.c: sk_dst_gso_max_size). */
export const GSO_MAX_SIZE: u32 = 65536 - 1 - MAX_TCP_HEADER;
/** Headers without options: IP and TCP. */
function headers(family: u32): u32 {
  return family == 4 ? 40 : 60;
}

/** The MSS that is announced to a peer: what the path can carry (ipv4_default_advmss, ip6_default_advmss). */
export function pathAdvmss(c: SockCommon): u32 {
  const advmss = hostConfig(c.host).tcp_route_advmss;
  if (advmss != 0 && !isLocal(c.host, c.family, c.raddr0, c.raddr1)) return advmss;
  const mss = pathMtu(c) - headers(c.family);
  const least = c.family == 4 ? IP_MIN_ADVMSS : MSS_DEFAULT_V6;
  return mss < least ? least : mss;
}
/** A SYN announces no more than the path carries by now (tcp_advertise_mss). */
export function advertiseMss(sk: Sock): u32 {
  const mss = pathAdvmss(sk);
  if (mss < <u32>sk.advmss) sk.advmss = <u16>mss;
  return sk.advmss;
}

/** No more than the application allows (TCP_MAXSEG; tcp_mss_clamp). */
export function clampMss(sk: Sock, mss: u32): u32 {
  const user_mss = <u32>sk.user_mss;
  return user_mss != 0 && user_mss < mss ? user_mss : mss;
}

/** What fits into IP packets of `mtu` bytes without options, and the peer takes (__tcp_mtu_to_mss). */
export function mtuToMss(sk: Sock, mtu: u32): u32 {
  let mss = mtu - headers(sk.family);
  if (mss > sk.mss_clamp) mss = sk.mss_clamp;
  return max(mss, hostConfig(sk.host).tcp_min_snd_mss);
}
/** The same less the options that every segment has (tcp_mtu_to_mss). */
export function mtuToSegment(sk: Sock, mtu: u32): u32 {
  return mtuToMss(sk, mtu) - (<u32>sk.tcp_header_len - TCP_HLEN);
}
/** tcp_mss_to_mtu. */
export function mssToMtu(sk: Sock, mss: u32): u32 {
  return mss + sk.tcp_header_len + headers(sk.family) - TCP_HLEN;
}
/** The largest packet that the peer takes: where a search for the path's MTU ends. */
export function peerMtu(sk: Sock): u32 {
  return sk.mss_clamp + headers(sk.family);
}

/** Recomputes mss_cache after the MTU, the peer's MSS or its window changed (tcp_sync_mss). */
export function syncMss(sk: Sock): u32 {
  sk.route_mtu = routeMtu(sk);
  return syncMssTo(sk, pathMtu(sk));
}
/** … for packets of `pmtu` bytes. */
export function syncMssTo(sk: Sock, pmtu: u32): u32 {
  if (sk.mtup_search_high > pmtu) sk.mtup_search_high = pmtu;
  sk.pmtu_cookie = pmtu;
  let mss = boundToHalfWnd(sk, mtuToSegment(sk, pmtu));
  if (sk.mtup_enabled != 0) mss = min(mss, mtuToSegment(sk, sk.mtup_search_low));
  sk.mss_cache = mss;
  return mss;
}

/** A peer with a tiny window gets packets of half of it (tcp_bound_to_half_wnd). */
function boundToHalfWnd(sk: Sock, size: u32): u32 {
  const cutoff = sk.max_window > TCP_MSS_DEFAULT ? sk.max_window >> 1 : sk.max_window;
  if (cutoff == 0 || size <= cutoff) return size;
  const least = <u32>68 - sk.tcp_header_len;
  return cutoff > least ? cutoff : least;
}

/** Up to how many bytes an skb of the write queue is filled: whole segments (net/ipv4/tcp.c: tcp_xmit_size_goal). */
export function xmitSizeGoal(sk: Sock, mss: u32): u32 {
  const goal = boundToHalfWnd(sk, GSO_MAX_SIZE) / mss * mss;
  return goal > mss ? goal : mss;
}

/** The MSS now: less when SACK blocks or an AccECN option go along (tcp_current_mss). */
export function currentMss(sk: Sock): u32 {
  // A route that changed is seen when something was sent (__sk_dst_check).
  const mtu = pmtuKnown(sk.host) ? pathMtu(sk) : sk.route_mtu != 0 ? sk.route_mtu : hostConfig(sk.host).nic_mtu;
  if (mtu != sk.pmtu_cookie) syncMssTo(sk, mtu);
  if (sk.num_sacks == 0 && sk.dsack == 0 && !ecnModeAccecn(sk)) return sk.mss_cache;
  return sk.mss_cache - (establishedOptionsLen(sk) + TCP_HLEN - <u32>sk.tcp_header_len);
}
