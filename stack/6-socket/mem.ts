/**
 * Memory of a socket. Receive: truesize of what waits in the receive and out-of-order queues, against rcvbuf. Send:
 * truesize of what waits in the write and rtx queues, against sndbuf.
 *
 * Differs from Linux: no memory limit over all sockets (tcp_mem), so there is no memory pressure and no forward allocation.
 */
import { hostConfig } from '../../sim/core';
import { Sock } from './sock';
import { SOCK_RCVBUF_LOCK, SOCK_SNDBUF_LOCK } from './sock_flags';

/** SKB_DATA_ALIGN(sizeof(struct sk_buff)) and of skb_shared_info, on x86-64. */
export const SK_BUFF_BYTES: u32 = 256;
export const SHARED_INFO_BYTES: u32 = 320;
/** MAX_TCP_HEADER on a kernel with IPv6. */
export const MAX_TCP_HEADER: u32 = 320;
/** An skb of the sender before payload: its small head, sk_buff and skb_shared_info (tcp_stream_alloc_skb). */
export const TX_SKB_TRUESIZE: u32 = 960;
/** Least buffers (include/net/sock.h: SOCK_MIN_SNDBUF, SOCK_MIN_RCVBUF). */
export const SOCK_MIN_SNDBUF: u32 = 4608;
export const SOCK_MIN_RCVBUF: u32 = 2304;
/** net.core.rmem_max and wmem_max. */
export const MEM_MAX: u32 = 4194304;
const TCP_INIT_CWND: u32 = 10;
/** Greatest value that is doubled (net/core/sock.c: __sock_set_rcvbuf): twice as much still fits an int. */
const SOCK_BUF_MAX: u32 = 0x3fffffff;

/** What SO_RCVBUF or SO_SNDBUF make of a value: it is to hold overhead too. */
function doubled(asked: u32, least: u32): u32 {
  const twice: u32 = 2 * (asked < SOCK_BUF_MAX ? asked : SOCK_BUF_MAX);
  return twice > least ? twice : least;
}

/** What setsockopt() makes of it: no more than the system allows. */
export function sockBuf(asked: u32, least: u32): u32 {
  return doubled(min(asked, MEM_MAX), least);
}

/** Buffer sizes of a new socket (net/ipv4/tcp.c: tcp_init_sock; SO_RCVBUF and SO_SNDBUF are doubled: sock_setsockopt). */
export function memInit(sk: Sock): void {
  const c = hostConfig(sk.host);
  sk.rcvbuf = c.socket_rmem_default;
  sk.sndbuf = c.socket_wmem_default;
  const rcvbuf = c.socket_rcvbuf;
  if (rcvbuf != 0) {
    sk.rcvbuf = doubled(rcvbuf, SOCK_MIN_RCVBUF);
    sk.userlocks |= SOCK_RCVBUF_LOCK;
  }
  const sndbuf = c.socket_sndbuf;
  if (sndbuf != 0) {
    sk.sndbuf = doubled(sndbuf, SOCK_MIN_SNDBUF);
    sk.userlocks |= SOCK_SNDBUF_LOCK;
  }
}

export function wmemAdd(sk: Sock, truesize: u32): void {
  sk.wmem_queued += truesize;
}
export function wmemSub(sk: Sock, truesize: u32): void {
  assert(sk.wmem_queued >= truesize, 'K3 wmem_queued fell below what is queued');
  sk.wmem_queued -= truesize;
}

/** Few enough bytes wait unsent; for a wake-up, half of them (tcp_stream_memory_free, TCP_NOTSENT_LOWAT). */
function belowLowat(sk: Sock, wake: u32): bool {
  const lowat = sk.notsent_lowat != 0 ? sk.notsent_lowat : hostConfig(sk.host).tcp_notsent_lowat;
  return <u64>(sk.write_seq - sk.snd_nxt) << wake < <u64>lowat;
}

/** Room for another skb (include/net/sock.h: sk_stream_memory_free). */
export function streamMemoryFree(sk: Sock): bool {
  return sk.wmem_queued < sk.sndbuf && belowLowat(sk, 0);
}
/** Is a writer woken: a third of the buffer is free (sk_stream_is_writeable). */
export function streamIsWriteable(sk: Sock): bool {
  return sk.sndbuf >= sk.wmem_queued && sk.sndbuf - sk.wmem_queued >= sk.wmem_queued >> 1 && belowLowat(sk, 1);
}

/** Grows the send buffer with the congestion window (net/ipv4/tcp_input.c: tcp_sndbuf_expand). */
export function sndbufExpand(sk: Sock): void {
  let per_mss = sk.mss_clamp > sk.mss_cache ? sk.mss_clamp : sk.mss_cache;
  per_mss += MAX_TCP_HEADER + SHARED_INFO_BYTES;
  per_mss = ((<u32>1) << (32 - clz<u32>(per_mss - 1))) + SK_BUFF_BYTES;
  let segs = sk.snd_cwnd > TCP_INIT_CWND ? sk.snd_cwnd : TCP_INIT_CWND;
  if (segs < sk.reordering + 1) segs = sk.reordering + 1;
  const wanted = <u64>2 * segs * per_mss;
  const most = hostConfig(sk.host).socket_wmem_max;
  if (<u64>sk.sndbuf >= wanted) return;
  sk.sndbuf = wanted < <u64>most ? <u32>wanted : most;
}
