/** A new socket's protocol state (net/ipv4/tcp.c: tcp_init_sock). */
import { hostConfig } from '../../sim/core';
import { memInit, Sock } from '../6-socket';
import { TCP_INFINITE_SSTHRESH } from './cong';
import { IP_PMTUDISC_DONT, IP_PMTUDISC_WANT } from './pmtu';
import { TCP_INIT_CWND, TCP_MSS_DEFAULT } from './rcvbuf';
import { TCP_REORDERING } from './recovery';
import { usecsToJiffies } from './clock';
import { minRttReset, TCP_TIMEOUT_INIT } from './rto';
import { TCP_DEFAULT_SCALING_RATIO } from './window';

export function initSock(sk: Sock, family: u32): void {
  sk.family = <u8>family;
  memInit(sk);
  sk.rto = TCP_TIMEOUT_INIT;
  sk.rto_max = hostConfig(sk.host).tcp_rto_max_ms;
  sk.rto_min = usecsToJiffies(<u32>(hostConfig(sk.host).tcp_rto_min_ns / 1000));
  sk.mdev_us = TCP_TIMEOUT_INIT * 1000;
  sk.max_pacing_rate = u64.MAX_VALUE;
  sk.pmtudisc = hostConfig(sk.host).tcp_no_pmtu_disc != 0 ? IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
  minRttReset(sk);
  sk.snd_cwnd = TCP_INIT_CWND;
  sk.snd_ssthresh = TCP_INFINITE_SSTHRESH;
  sk.mss_cache = TCP_MSS_DEFAULT;
  sk.reordering = TCP_REORDERING;
  sk.rack_reo_wnd_steps = 1;
  sk.undo_retrans = -1;
  sk.scaling_ratio = <u8>TCP_DEFAULT_SCALING_RATIO;
  sk.ca_kind = <u8>hostConfig(sk.host).tcp_congestion_control;
  sk.nonagle = hostConfig(sk.host).socket_nodelay ? 1 : 0;
}
