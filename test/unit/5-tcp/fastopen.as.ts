/** Description: Fast Open as RFC 7413 says, with a client and a server of ours: cookies, data with the SYN, and what can go wrong. */
import {
  leaveContext, NONE, TCP_TCPFASTOPENACTIVE, TCP_TCPFASTOPENACTIVEFAIL, TCP_TCPFASTOPENBLACKHOLE, TCP_TCPFASTOPENCOOKIEREQD,
  TCP_TCPFASTOPENLISTENOVERFLOW, TCP_TCPFASTOPENPASSIVE, TCP_TCPFASTOPENPASSIVEALTKEY, TCP_TCPFASTOPENPASSIVEFAIL,
} from '../../../sim/core';
import {
  hostAddress0, hostAddress1, tcpAccept, tcpClose, tcpConnect, tcpDisconnect, tcpGetsockopt, tcpMetricsFlush, tcpPoll, tcpRecvmsg,
  tcpSendmsg, tcpSendName, tcpSetsockopt, tcpSocket,
} from '../../../stack/5-tcp';
import { siphash } from '../../../stack/5-tcp/siphash';
import {
  mibBase, POLLIN, POLLOUT, sock, sockLive, TCP_CLOSE, TCP_ESTABLISHED, TCP_SYN_RECV, TCP_SYN_SENT,
} from '../../../stack/6-socket';
import { AT_TCP_FASTOPEN, AT_TCP_FASTOPEN_BLACKHOLE_TIMEOUT_SEC, AT_TCP_FASTOPEN_KEY0, setHost } from '../config.gen.as';
import { ACK, asTask, build, defaults, inject, link, listener, RST, runMs, SYN, userMemory } from '../config_loopback.as';

const ADDRESS: usize = 0x14380;
const VALUE: usize = 0x143c0;
const MSG_FASTOPEN: u32 = 0x20000000;
const SOL_TCP: u32 = 6;
const TCP_FASTOPEN: u32 = 23;
const TCP_FASTOPEN_CONNECT: u32 = 30;
const TCP_FASTOPEN_KEY: u32 = 33;
const EINPROGRESS: i32 = -115;

function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}

/** Client and server both enabled, and a listener that takes `pending` Fast Opens. */
function start(pending: i32, client: u64 = 1): u32 {
  defaults();
  setHost(0, AT_TCP_FASTOPEN, client);
  setHost(1, AT_TCP_FASTOPEN, 2);
  setHost(1, AT_TCP_FASTOPEN_KEY0, 0x12345678);
  build();
  const l = listener(1, 4, 80);
  store<i32>(VALUE, pending);
  assert(tcpSetsockopt(l, SOL_TCP, TCP_FASTOPEN, VALUE, 4) == 0, 'Fast Open is on');
  return l;
}

function setAddress(host: u32): void {
  store<u64>(ADDRESS, hostAddress0(host, 4));
  store<u64>(ADDRESS, hostAddress1(host, 4), 8);
}

/** sendto(MSG_FASTOPEN) of a new socket; what it says is in `result`. */
function opening(bytes: u32, result: i32): u32 {
  const c = tcpSocket(0, 4);
  setAddress(1);
  asTask(0);
  tcpSendName(ADDRESS, 80, 1);
  assert(tcpSendmsg(<u32>c, userMemory(), bytes, MSG_FASTOPEN) == result, 'the send says how much went with the SYN');
  leaveContext();
  return <u32>c;
}

/** The client learns a cookie on a connection that ends at once. */
function learnCookie(l: u32): void {
  const c = opening(0, EINPROGRESS);
  runMs(5);
  const s = tcpAccept(l);
  assert(s >= 0 && sock(c).state == <u8>TCP_ESTABLISHED, 'a connection as usual');
  tcpClose(c);
  runMs(5);
  tcpClose(<u32>s);
  runMs(5);
}

export function siphash_is_that_of_its_authors(): void {
  // Appendix A of the paper: key 00 01 … 0f, and the bytes 00 01 … 07 of the reference code's vectors.
  store<u64>(VALUE, 0x0706050403020100);
  assert(siphash(VALUE, 1, 0x0706050403020100, 0x0f0e0d0c0b0a0908) == 0x93f5f5799a932462, 'eight bytes');
  assert(siphash(VALUE, 0, 0x0706050403020100, 0x0f0e0d0c0b0a0908) == 0x726fdb47dd0e0e31, 'none');
}

export function data_goes_with_the_second_connection_s_syn(): void {
  const l = start(10);
  learnCookie(l);
  assert(mib(1, TCP_TCPFASTOPENCOOKIEREQD) == 1, 'the first asked for a cookie');
  const c = opening(1000, 1000);
  runMs(1);
  const s = <u32>tcpAccept(l);
  assert(sockLive(s) && tcpRecvmsg(s, userMemory() + 65536, 4096, 0) == 1000, 'the data is there with the connection');
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVE) == 1 && mib(0, TCP_TCPFASTOPENACTIVE) == 1, 'both count it');
  assert(sock(c).syn_data_acked == 1 && sock(c).state == <u8>TCP_ESTABLISHED, 'the client knows');
  assert(sock(s).state == <u8>TCP_ESTABLISHED && sock(s).fastopen_rsk == NONE, 'the handshake is over');
  assert(sock(l).fastopen_qlen == 0, 'and no longer counts');
  assert(sock(c).snd_una == sock(c).snd_nxt && sock(s).rcv_nxt == sock(c).snd_nxt, 'nothing is missing');
}

export function a_child_speaks_before_its_handshake_is_over(): void {
  const l = start(10);
  learnCookie(l);
  link(0).delay_ns = 1000000;
  link(1).delay_ns = 1000000;
  const c = opening(100, 100);
  runMs(2);
  const s = <u32>tcpAccept(l);
  assert(sock(s).state == <u8>TCP_SYN_RECV, 'half open');
  assert((tcpPoll(s) & (POLLIN | POLLOUT)) == (POLLIN | POLLOUT), 'readable and writable');
  asTask(1);
  assert(tcpSendmsg(s, userMemory(), 500, 0) == 500, 'it answers');
  leaveContext();
  runMs(2);
  assert(tcpRecvmsg(c, userMemory() + 65536, 4096, 0) == 500, 'one round trip after the SYN');
}

export function a_wrong_cookie_is_answered_with_the_right_one(): void {
  const l = start(10);
  learnCookie(l);
  setHost(1, AT_TCP_FASTOPEN_KEY0, 0x87654321);
  const c = opening(1000, 1000);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVEFAIL) == 1 && mib(0, TCP_TCPFASTOPENACTIVEFAIL) == 1, 'refused');
  const s = <u32>tcpAccept(l);
  runMs(5);
  assert(tcpRecvmsg(s, userMemory() + 65536, 4096, 0) == 1000 && sock(c).syn_data_acked == 0, 'the data came again, after the handshake');
  opening(1000, 1000);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVE) == 1, 'the new cookie is good');
}

export function the_backup_key_is_good_for_a_while(): void {
  const l = start(10);
  store<u64>(VALUE, 1);
  store<u64>(VALUE, 2, 8);
  assert(tcpSetsockopt(l, SOL_TCP, TCP_FASTOPEN_KEY, VALUE, 16) == 0, 'a key of its own');
  learnCookie(l);
  store<u64>(VALUE, 3);
  store<u64>(VALUE, 4, 8);
  store<u64>(VALUE, 1, 16);
  store<u64>(VALUE, 2, 24);
  assert(tcpSetsockopt(l, SOL_TCP, TCP_FASTOPEN_KEY, VALUE, 32) == 0, 'a new key, and the old one');
  memory.fill(VALUE, 0, 32);
  assert(tcpGetsockopt(l, SOL_TCP, TCP_FASTOPEN_KEY, VALUE, 64) == 32, 'both are told');
  assert(load<u64>(VALUE) == 3 && load<u64>(VALUE, 24) == 2, 'in their order');
  opening(10, 10);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVEALTKEY) == 1 && mib(1, TCP_TCPFASTOPENPASSIVE) == 1, 'taken');
  opening(10, 10);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVEALTKEY) == 1 && mib(1, TCP_TCPFASTOPENPASSIVE) == 2, 'by now the client has the new one');
}

export function a_listener_that_has_enough_pending_says_no(): void {
  const l = start(1);
  learnCookie(l);
  link(1).cut = 1;
  opening(10, 10);
  runMs(5);
  assert(sock(l).fastopen_qlen == 1, 'one is pending');
  opening(10, 10);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENLISTENOVERFLOW) == 1 && mib(1, TCP_TCPFASTOPENPASSIVE) == 1, 'the second opens slowly');
}

export function a_reset_child_counts_for_a_minute(): void {
  const l = start(1);
  learnCookie(l);
  link(1).cut = 1;
  const c = opening(10, 10);
  runMs(5);
  const s = <u32>tcpAccept(l);
  inject(sock(s), sock(s).rcv_nxt, 0, RST, 0, 0);
  assert(sock(s).state == <u8>TCP_CLOSE && sock(s).err == 104, 'ECONNRESET');
  assert(sock(l).fastopen_qlen == 1, 'still counts');
  tcpClose(s);
  tcpClose(c);
  runMs(59000);
  opening(10, 10);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENLISTENOVERFLOW) == 1, 'not yet');
  runMs(2000);
  opening(10, 10);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVE) == 2, 'now');
}

export function a_lost_syn_with_data_is_sent_again_without(): void {
  const l = start(10);
  learnCookie(l);
  link(0).cut = 1;
  const c = opening(700, 700);
  runMs(500);
  link(0).cut = 0;
  runMs(600);
  const s = <u32>tcpAccept(l);
  runMs(5);
  assert(sock(c).state == <u8>TCP_ESTABLISHED && tcpRecvmsg(s, userMemory() + 65536, 4096, 0) == 700, 'the data comes after the handshake');
  assert(sock(c).fastopen_client_fail == 3, 'TFO_SYN_RETRANSMITTED');
}

export function a_lost_syn_ack_of_a_child_is_sent_again(): void {
  const l = start(10);
  learnCookie(l);
  link(1).cut = 1;
  const c = opening(700, 700);
  runMs(500);
  link(1).cut = 0;
  runMs(1600);
  const s = <u32>tcpAccept(l);
  assert(sock(c).state == <u8>TCP_ESTABLISHED && sock(s).state == <u8>TCP_ESTABLISHED, 'both are there');
  assert(tcpRecvmsg(s, userMemory() + 65536, 4096, 0) == 700, 'with the data');
}

export function a_listener_that_closes_resets_its_children(): void {
  const l = start(10);
  learnCookie(l);
  const c = opening(10, 10);
  runMs(5);
  tcpClose(l);
  runMs(5);
  assert(link(1).rsts > 0 && sock(c).state == <u8>TCP_CLOSE, 'the peer is told');
  assert(!sockLive(l), 'and the listener is gone');
}

export function an_accepted_child_outlives_its_listener(): void {
  const l = start(10);
  learnCookie(l);
  link(1).cut = 1;
  opening(10, 10);
  runMs(5);
  const s = <u32>tcpAccept(l);
  tcpClose(l);
  assert(sockLive(l), 'the half-open connection holds the listener');
  link(1).cut = 0;
  runMs(1500);
  assert(sock(s).state == <u8>TCP_ESTABLISHED && !sockLive(l), 'until the handshake is over');
}

export function connect_may_be_put_off_to_the_first_write(): void {
  const l = start(10);
  learnCookie(l);
  const c = <u32>tcpSocket(0, 4);
  store<i32>(VALUE, 1);
  assert(tcpSetsockopt(c, SOL_TCP, TCP_FASTOPEN_CONNECT, VALUE, 4) == 0, 'TCP_FASTOPEN_CONNECT');
  const sent = link(0).segments;
  setAddress(1);
  asTask(0);
  assert(tcpConnect(c, ADDRESS, 80) == 0, 'connected, it seems');
  assert(sock(c).state == <u8>TCP_SYN_SENT && (tcpPoll(c) & POLLOUT) != 0, 'and writable');
  assert(tcpConnect(c, ADDRESS, 80) == -106, 'EISCONN');
  leaveContext();
  runMs(5);
  assert(link(0).segments == sent, 'nothing was sent');
  asTask(0);
  assert(tcpSendmsg(c, userMemory(), 300, 0) == 300, 'now');
  leaveContext();
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVE) == 1 && sock(c).state == <u8>TCP_ESTABLISHED, 'a Fast Open');
}

export function three_timeouts_pause_fast_open(): void {
  const l = start(10);
  setHost(0, AT_TCP_FASTOPEN_BLACKHOLE_TIMEOUT_SEC, 3600);
  learnCookie(l);
  link(0).cut = 1;
  const c = opening(10, 10);
  runMs(3500);
  assert(mib(0, TCP_TCPFASTOPENBLACKHOLE) == 1, 'suspected');
  tcpClose(c);
  link(0).cut = 0;
  opening(10, EINPROGRESS);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVE) == 0, 'an ordinary SYN');
  runMs(3600000);
  opening(10, 10);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENPASSIVE) == 1, 'an hour later it is tried again');
}

export function cookies_are_forgotten_on_demand(): void {
  const l = start(10);
  learnCookie(l);
  tcpMetricsFlush(0);
  opening(10, EINPROGRESS);
  runMs(5);
  assert(mib(1, TCP_TCPFASTOPENCOOKIEREQD) == 2, 'asked again');
}

export function fast_open_has_to_be_allowed(): void {
  start(10, 0);
  opening(10, -95);
  const c = <u32>tcpSocket(0, 4);
  store<i32>(VALUE, 1);
  assert(tcpSetsockopt(c, SOL_TCP, TCP_FASTOPEN_CONNECT, VALUE, 4) == -95, 'EOPNOTSUPP');
}

export function a_socket_that_was_disconnected_connects_again(): void {
  const l = start(10);
  learnCookie(l);
  const c = opening(10, 10);
  runMs(5);
  asTask(0);
  assert(tcpDisconnect(c) == 0 && sock(c).state == <u8>TCP_CLOSE, 'connect() to AF_UNSPEC');
  setAddress(1);
  assert(tcpConnect(c, ADDRESS, 80) == EINPROGRESS, 'and to somebody');
  leaveContext();
  runMs(5);
  assert(sock(c).state == <u8>TCP_ESTABLISHED && (link(0).last_flags & (ACK | SYN)) == ACK, 'connected');
}
