/** A full socket from a half-open connection (net/ipv4/tcp_minisocks.c: tcp_create_openreq_child; tcp_v4_syn_recv_sock). */
import { NONE, TCP_PASSIVEOPENS } from '../../sim/core';
import { Skb } from '../3-pool';
import {
  mibInc, Mini, Sock, sock, sockAlloc, SOCK_KEEPOPEN, SOCK_RECVERR, SOCK_RECVERR6, SOCK_TSTAMP_NEW, SOCK_URGINLINE, SOCK_ZEROCOPY,
  TCP_SYN_RECV,
} from '../6-socket';
import { jiffies, usDelta } from './clock';
import { ecnOpenreqChild } from './ecn_handshake';
import { TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED } from './header';
import { initSock } from './init_sock';
import { clampMss, pathAdvmss, syncMss } from './mss';
import { seconds } from './paws';
import { initializeRcvMss, TCP_MSS_DEFAULT } from './rcvbuf';
import { rttSample } from './rto';
import { stage } from './stage';
import { transition } from './state';
import { copyKey } from './timewait';

/** What the handshake agreed on. */
function takeHandshake(sk: Sock, m: Mini): void {
  sk.rcv_wup = m.rcv_seq + 1;
  sk.copied_seq = sk.rcv_wup;
  sk.rcv_nxt = sk.rcv_wup;
  const seq = m.snd_seq + 1;
  sk.snd_una = seq;
  sk.snd_up = seq;
  sk.snd_sml = seq;
  sk.snd_nxt = seq;
  sk.write_seq = seq;
  sk.pushed_seq = seq;
  sk.snd_wl1 = m.rcv_seq;
  sk.tstamp_ok = m.tstamp_ok;
  sk.sack_ok = m.sack_ok;
  sk.window_clamp = m.window_clamp;
  sk.rcv_ssthresh = m.rcv_wnd;
  sk.rcv_wnd = m.rcv_wnd;
  sk.rcv_mwnd_seq = sk.rcv_wup + m.rcv_wnd;
  sk.wscale_ok = m.wscale_ok;
  if (m.wscale_ok != 0) {
    sk.snd_wscale = m.snd_wscale;
    sk.rcv_wscale = m.rcv_wscale;
  } else if (sk.window_clamp > 0xffff) sk.window_clamp = 0xffff;
  if (m.tstamp_ok != 0) {
    sk.ts_recent = m.ts_recent;
    sk.ts_recent_stamp = seconds();
    sk.tcp_header_len = <u16>(TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED);
  } else sk.tcp_header_len = <u16>TCP_HLEN;
  sk.tsoffset = m.ts_off;
  sk.txhash = m.txhash;
  sk.mss_clamp = m.mss;
  sk.total_retrans = m.num_retrans;
  if (m.num_timeout != 0) {
    sk.total_rto = m.num_timeout;
    sk.total_rto_recoveries = 1;
    sk.undo_marker = m.snd_seq;
    sk.retrans_stamp = <u32>(m.snt_synack / 1000);
    sk.total_rto_time = <u32>(usDelta(stage().us, m.snt_synack) / 1000);
  }
}

/** What the application asked of the listener holds for its children too (sk_clone). */
function inheritOptions(sk: Sock, listener: Sock): void {
  sk.ca_kind = listener.ca_kind;
  sk.flags |= listener.flags & SOCK_KEEPOPEN;
  sk.linger = listener.linger;
  sk.rcvlowat = listener.rcvlowat;
  sk.notsent_lowat = listener.notsent_lowat;
  sk.user_timeout = listener.user_timeout;
  sk.keepalive_time = listener.keepalive_time;
  sk.keepalive_intvl = listener.keepalive_intvl;
  sk.keepalive_probes = listener.keepalive_probes;
  sk.rto_min = listener.rto_min;
  sk.rto_max = listener.rto_max;
  sk.linger2 = listener.linger2;
  sk.user_mss = listener.user_mss;
  sk.recvmsg_inq = listener.recvmsg_inq;
  sk.tos = listener.tos;
  sk.pmtudisc = listener.pmtudisc;
  sk.max_pacing_rate = listener.max_pacing_rate;
  sk.pacing_status = listener.pacing_status;
  sk.flags |= listener.flags & (SOCK_RECVERR | SOCK_RECVERR6 | SOCK_URGINLINE);
  sk.syn_retries = listener.syn_retries;
  sk.fastopen_no_cookie = listener.fastopen_no_cookie;
  sk.ipv6_api = listener.ipv6_api;
  sk.flags |= listener.flags & (SOCK_ZEROCOPY | SOCK_TSTAMP_NEW);
  sk.tsflags = listener.tsflags;
  sk.tskey = listener.tskey;
}

/** The child in SYN-RECEIVED, in no table yet; NONE when there is no socket left. */
export function openreqChild(listener: Sock, m: Mini, b: Skb, header_len: u32): u32 {
  const idx = sockAlloc(m.host);
  if (idx == NONE) return NONE;
  const sk = sock(idx);
  initSock(sk, m.family);
  copyKey(sk, m);
  sk.rcvbuf = listener.rcvbuf;
  sk.sndbuf = listener.sndbuf;
  sk.userlocks = listener.userlocks;
  sk.nonagle = listener.nonagle;
  inheritOptions(sk, listener);
  takeHandshake(sk, m);
  sk.lrcvtime = jiffies();
  sk.lsndtime = jiffies();
  // The SYN.
  sk.segs_in = 1;
  sk.snd_wnd = <u32>b.window << sk.snd_wscale;
  sk.max_window = sk.snd_wnd;
  const len = b.len;
  if (len >= TCP_MSS_DEFAULT + <u32>sk.tcp_header_len) sk.last_seg_size = len - sk.tcp_header_len;
  ecnOpenreqChild(sk, m, b, header_len);
  transition(sk, TCP_SYN_RECV);
  sk.advmss = <u16>clampMss(sk, pathAdvmss(m));
  syncMss(sk);
  initializeRcvMss(sk);
  mibInc(m.host, TCP_PASSIVEOPENS);
  // The handshake is the first round trip (tcp_synack_rtt_meas).
  sk.tcp_mstamp = stage().us;
  if (m.num_retrans == 0 && m.snt_synack != 0) {
    const rtt = usDelta(stage().us, m.snt_synack);
    rttSample(sk, rtt, <i32>rtt, false);
  }
  return idx;
}
