/**
 * Description: whatever connections do and whatever happens to their segments, streams arrive whole, counts agree after each
 * event, and in the end nothing is left. Each storm is another seed; everything in it is drawn.
 */
import { chance, drawBelow, STREAM_APP_PAYLOAD } from '../../../sim/core';
import { poolState } from '../../../stack/3-pool';
import { tcpAccept, tcpClose, tcpShutdown } from '../../../stack/5-tcp';
import { sock, SOCK_OWNED, socketState, TCP_LISTEN } from '../../../stack/6-socket';
import {
  AT_LIMITS_SKBS, AT_LIMITS_SOCKS, AT_LIMITS_TX_PAGES, AT_NIC_MTU, AT_RUN_SEED, AT_SOCKET_NODELAY, AT_SOCKET_RCVBUF, AT_SOCKET_SNDBUF,
  AT_TCP_CONGESTION_CONTROL, AT_TCP_FIN_TIMEOUT_NS, AT_TCP_RETRIES2, AT_TCP_SACK, AT_TCP_TIMESTAMPS, AT_TCP_TIMEWAIT_NS,
  AT_TCP_WINDOW_SCALING, setHost, setRun,
} from '../config.gen.as';
import { act, app, asTask, attach, build, connecting, defaults, link, listener, run, runMs, verifyAll } from '../config_loopback.as';

const SOCKS: u32 = 40;

function draw(n: u32): u32 {
  return drawBelow(0, STREAM_APP_PAYLOAD, n);
}
function odds(percent: u32): bool {
  return chance(0, STREAM_APP_PAYLOAD, percent * 10000);
}
/** Draws before the world is built come from the seed itself. */
function bit(seed: u64, n: u32): u64 {
  return ((seed * 0x9e3779b97f4a7c15) >> n) & 1;
}

function settings(seed: u64): void {
  defaults();
  setRun(AT_RUN_SEED, seed);
  setRun(AT_LIMITS_SOCKS, SOCKS);
  setRun(AT_LIMITS_SKBS, bit(seed, 20) != 0 ? 4096 : 500);
  setRun(AT_LIMITS_TX_PAGES, bit(seed, 21) != 0 ? 64 : 6);
  for (let host: u32 = 0; host < 2; host++) {
    const n = 30 + host * 8;
    setHost(host, AT_TCP_SACK, bit(seed, 22) | bit(seed, n));
    setHost(host, AT_TCP_TIMESTAMPS, bit(seed, 23) | bit(seed, n + 1));
    setHost(host, AT_TCP_WINDOW_SCALING, bit(seed, 24) | bit(seed, n + 2));
    setHost(host, AT_TCP_CONGESTION_CONTROL, bit(seed, n + 3));
    setHost(host, AT_SOCKET_NODELAY, bit(seed, n + 4));
    setHost(host, AT_NIC_MTU, bit(seed, n + 5) != 0 ? 1500 : 9000);
    setHost(host, AT_SOCKET_RCVBUF, bit(seed, n + 6) != 0 ? 0 : 8000);
    setHost(host, AT_SOCKET_SNDBUF, bit(seed, n + 7) != 0 ? 0 : 8000);
    setHost(host, AT_TCP_TIMEWAIT_NS, 2000000000);
    setHost(host, AT_TCP_FIN_TIMEOUT_NS, 2000000000);
    setHost(host, AT_TCP_RETRIES2, 8);
  }
}

function weather(): void {
  for (let i: u32 = 0; i < 2; i++) {
    const l = link(i);
    l.loss_ppm = odds(40) ? draw(100000) : 0;
    l.reorder_ppm = odds(40) ? draw(100000) : 0;
    l.duplicate_ppm = odds(40) ? draw(50000) : 0;
    l.reorder_ns = 1000 + draw(3000000);
    l.delay_ns = 1000 + draw(odds(20) ? 30000000 : 300000);
    l.byte_ns_q10 = 10 + draw(5000);
    l.cut = odds(5) ? 1 : 0;
  }
}
function calm(): void {
  for (let i: u32 = 0; i < 2; i++) {
    const l = link(i);
    l.loss_ppm = 0;
    l.reorder_ppm = 0;
    l.duplicate_ppm = 0;
    l.delay_ns = 50000;
    l.byte_ns_q10 = 82;
    l.cut = 0;
  }
}

function isOpen(idx: u32): bool {
  const sk = sock(idx);
  return sk.refs != 0 && sk.hasFlag(SOCK_OWNED) && sk.state != <u8>TCP_LISTEN;
}
/** One thing that an application does. */
function something(listen4: u32, listen6: u32): void {
  const what = draw(10);
  if (what < 2 && socketState().sock_used + 2 < SOCKS) {
    const six = odds(30);
    const c = connecting(0, six ? 6 : 4, six ? 81 : 80);
    attach(c);
    app(c).reads = 1;
    return;
  }
  if (what == 2) {
    const s = tcpAccept(odds(30) ? listen6 : listen4);
    if (s < 0) return;
    attach(<u32>s);
    app(<u32>s).reads = odds(90) ? 1 : 0;
    return;
  }
  const idx = draw(SOCKS);
  if (!isOpen(idx) || app(idx).to_send == u64.MAX_VALUE) return;
  if (what < 8) {
    if (app(idx).closes == 0) app(idx).to_send += draw(odds(10) ? 300000 : 6000);
    app(idx).reads = 1;
    act(idx);
  } else if (what == 8) {
    app(idx).closes = 1;
    asTask(sock(idx).host);
    if (app(idx).sent == app(idx).to_send) tcpShutdown(idx, 1);
  } else if (odds(50)) {
    asTask(sock(idx).host);
    tcpClose(idx);
  }
}

function storm(seed: u64): void {
  settings(seed);
  build();
  const listen4 = listener(1, 4, 80, 8);
  const listen6 = listener(1, 6, 81, 8);
  weather();
  for (let i: u32 = 0; i < 600; i++) {
    something(listen4, listen6);
    run(draw(odds(5) ? 300000000 : 1000000));
    if (odds(3)) weather();
  }
  calm();
  // Calm: whoever is left closes, and everything must drain.
  for (let i: u32 = 0; i < SOCKS; i++) {
    if (!isOpen(i)) continue;
    app(i).reads = 1;
    app(i).to_send = app(i).sent;
    act(i);
  }
  runMs(200000);
  verifyAll();
  asTask(1);
  tcpClose(listen4);
  asTask(1);
  tcpClose(listen6);
  for (let i: u32 = 0; i < SOCKS; i++) {
    if (!isOpen(i)) continue;
    asTask(sock(i).host);
    tcpClose(i);
  }
  runMs(2000000);
  assert(socketState().sock_used == 0 && socketState().mini_used == 0, 'no socket is left');
  assert(poolState().skb_used == 0, 'no skb is left');
  assert(poolState().tx_pages_used <= 2, 'no page but the one that each host fills');
}

export function storm_1(): void {
  storm(1);
}
export function storm_2(): void {
  storm(2);
}
export function storm_3(): void {
  storm(3);
}
export function storm_4(): void {
  storm(4);
}
export function storm_5(): void {
  storm(5);
}
/** For a longer search: any seed. */
export function stormOf(seed: u64): void {
  storm(seed);
}
