/** Active open (net/ipv4/tcp_output.c: tcp_connect; net/ipv4/inet_hashtables.c: __inet_hash_connect). */
import { draw, drawBelow, hostConfig, NONE, STREAM_TCP_ISS, STREAM_TCP_PORT, TCP_ACTIVEOPENS } from '../../sim/core';
import { skb, skbAlloc } from '../3-pool';
import {
  bindConflict, ehashInsert, ehashLookup, mibInc, mini, queueTail, rtxQueue, Sock, SOCK_CONNECTING, SOCK_DONE, SOCK_RCVBUF_LOCK, TCP_CLOSE,
  TCP_SYN_SENT, tupleKey, TX_SKB_TRUESIZE, wmemAdd,
} from '../6-socket';
import { ICSK_TIME_RETRANS } from './ack_flags';
import { clockRefresh, jiffies, mstampRefresh } from './clock';
import { ecnSendSyn } from './ecn_handshake';
import { EADDRNOTAVAIL, ENOBUFS } from './errno';
import { deferConnect, sendSynData } from './fastopen_client';
import { FLAG_SYN, TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED } from './header';
import { clampMss, MSS_DEFAULT_V6, pathAdvmss, syncMss } from './mss';
import { mtupInit } from './mtu_probe';
import { initializeRcvMss, TCP_MSS_DEFAULT } from './rcvbuf';
import { resetXmitTimer, TCP_TIMEOUT_INIT } from './rto';
import { stage } from './stage';
import { transition } from './state';
import { mayReplace, replaceTimewait } from './timewait_reuse';
import { transmitSkb } from './transmit';
import { selectInitialWindow, tcpFullSpace } from './window';

/** net.ipv4.ip_local_port_range. */
const PORT_LOW: u32 = 32768;
const PORT_HIGH: u32 = 60999;

/** The connection to this peer that a local port has already; NONE: none. */
function holder(sk: Sock, port: u32): u32 {
  return ehashLookup(sk.laddr0, sk.laddr1, sk.raddr0, sk.raddr1, tupleKey(sk.host, sk.family, port, sk.rport));
}

/** Is a local port free for this peer? */
function portFree(sk: Sock, port: u32): bool {
  if (bindConflict(sk.host, port, sk.laddr0, sk.laddr1, false)) return false;
  const handle = holder(sk, port);
  return handle == NONE || mayReplace(sk, handle, false);
}

/** An ephemeral port: from a random place on, first those of the parity of the range's begin. 0 when none is free. */
export function ephemeralPort(sk: Sock): u32 {
  const half = (PORT_HIGH - PORT_LOW + 1) / 2;
  const start = drawBelow(sk.host, STREAM_TCP_PORT, half);
  for (let parity: u32 = 0; parity < 2; parity++) {
    for (let i: u32 = 0; i < half; i++) {
      let slot = start + i;
      if (slot >= half) slot -= half;
      const port = PORT_LOW + slot * 2 + parity;
      if (portFree(sk, port)) return port;
    }
  }
  return 0;
}

/** tcp_connect_init. */
function connectInit(sk: Sock): void {
  const c = hostConfig(sk.host);
  sk.tcp_header_len = <u16>(c.tcp_timestamps ? TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED : TCP_HLEN);
  if (sk.user_mss != 0) sk.mss_clamp = <u32>sk.user_mss;
  sk.max_window = 0;
  mtupInit(sk);
  syncMss(sk);
  sk.advmss = <u16>clampMss(sk, pathAdvmss(sk));
  const full_space = tcpFullSpace(sk);
  const clamp = (sk.userlocks & SOCK_RCVBUF_LOCK) != 0 ? <u32>full_space : 0;
  selectInitialWindow(sk.host, full_space, sk.advmss, clamp, c.tcp_window_scaling);
  const s = stage();
  sk.rcv_wnd = s.init_rcv_wnd;
  sk.window_clamp = s.init_window_clamp;
  sk.rcv_wscale = <u8>s.init_wscale;
  sk.rcv_ssthresh = sk.rcv_wnd;
  initializeRcvMss(sk);
  sk.err = 0;
  sk.flags &= ~SOCK_DONE;
  sk.snd_wnd = 0;
  sk.snd_wl1 = 0;
  sk.rcv_nxt = 0;
  sk.rcv_wup = 0;
  sk.copied_seq = 0;
  sk.retransmits = 0;
  sk.snd_una = sk.write_seq;
  sk.snd_up = sk.write_seq;
  sk.snd_sml = sk.write_seq;
  sk.snd_nxt = sk.write_seq;
  sk.rcv_mwnd_seq = sk.rcv_wnd;
  sk.rto = TCP_TIMEOUT_INIT;
}

/** Sends a SYN on a socket whose addresses and remote port are set. 0 or -errno. */
export function connectStart(sk: Sock): i32 {
  clockRefresh();
  const bound = sk.lport != 0;
  const port = bound ? <u32>sk.lport : ephemeralPort(sk);
  const old = port == 0 ? NONE : holder(sk, port);
  if (port == 0 || (bound && old != NONE && !mayReplace(sk, old, true))) return -<i32>EADDRNOTAVAIL;
  sk.lport = <u16>port;
  const seq = old == NONE ? 0 : replaceTimewait(sk, mini(old));
  transition(sk, TCP_SYN_SENT);
  sk.flags |= SOCK_CONNECTING;
  ehashInsert(sk);
  sk.mss_clamp = sk.family == 4 ? TCP_MSS_DEFAULT : MSS_DEFAULT_V6;
  const drawn = draw(sk.host, STREAM_TCP_ISS);
  sk.write_seq = seq != 0 ? seq : <u32>drawn;
  sk.tsoffset = <u32>(drawn >> 32);
  sk.txhash = <u32>draw(sk.host, STREAM_TCP_ISS);
  mstampRefresh(sk);
  if (deferConnect(sk)) return 0;
  const err = connectSyn(sk);
  if (err == 0) return 0;
  transition(sk, TCP_CLOSE);
  sk.flags &= ~SOCK_CONNECTING;
  sk.rport = 0;
  return err;
}

/** Sends the SYN (tcp_connect). 0 or -errno. */
export function connectSyn(sk: Sock): i32 {
  const idx = skbAlloc(sk.host);
  if (idx == NONE) return -<i32>ENOBUFS;
  mstampRefresh(sk);
  connectInit(sk);
  const b = skb(idx);
  b.truesize = TX_SKB_TRUESIZE;
  b.link_next = NONE;
  b.link_prev = NONE;
  b.gso_segs = 1;
  b.tcp_flags = <u8>FLAG_SYN;
  b.seq = sk.write_seq;
  b.end_seq = sk.write_seq + 1;
  ecnSendSyn(sk, b);
  sk.retrans_stamp = jiffies();
  wmemAdd(sk, b.truesize);
  sk.write_seq = b.end_seq;
  sk.packets_out++;
  queueTail(rtxQueue(sk), idx);
  if (sk.fastopen_req != 0) sendSynData(sk, idx);
  else transmitSkb(sk, idx);
  sk.snd_nxt = sk.write_head == NONE ? sk.write_seq : skb(sk.write_head).seq;
  sk.pushed_seq = sk.snd_nxt;
  mibInc(sk.host, TCP_ACTIVEOPENS);
  resetXmitTimer(sk, ICSK_TIME_RETRANS, sk.rto);
  return 0;
}
