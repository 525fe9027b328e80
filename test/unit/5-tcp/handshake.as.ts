/** Description: connections open as RFC 9293 section 3.5 says, with the options that both sides offer. */
import { TCP_LISTENOVERFLOWS, TCP_TCPREQQFULLDROP, TCP_TCPSYNRETRANS } from '../../../sim/core';
import {
  hostAddress0, tcpAccept, tcpAddPreset, tcpBind, tcpClampAck, tcpClose, tcpConnect, tcpPoll, tcpSocket,
} from '../../../stack/5-tcp';
import { mibBase, POLLERR, POLLHUP, POLLOUT, sock, sockLive, TCP_CLOSE, TCP_ESTABLISHED, TCP_SYN_SENT } from '../../../stack/6-socket';
import {
  AT_LIMITS_SOCKS, AT_TCP_SACK, AT_TCP_SYNACK_RETRIES, AT_TCP_SYNCOOKIES, AT_TCP_SYN_RETRIES, AT_TCP_TIMESTAMPS, AT_TCP_WINDOW_SCALING,
  setHost, setRun,
} from '../config.gen.as';
import {
  ACK, act, app, asTask, attach, build, connected, connecting, defaults, inject, link, listener, RST, run, runMs, SYN, transfer,
} from '../config_loopback.as';

const ADDRESS: usize = 0x14380;

function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}

export function a_connection_opens_with_all_options(): void {
  defaults();
  build();
  const both = connected();
  const c = sock(<u32>(both >> 32));
  const s = sock(<u32>both);
  assert(c.state == <u8>TCP_ESTABLISHED && s.state == <u8>TCP_ESTABLISHED, 'both ends are established');
  assert(c.snd_nxt == s.rcv_nxt && s.snd_nxt == c.rcv_nxt, 'and agree on sequence numbers');
  assert(c.tstamp_ok == 1 && s.tstamp_ok == 1 && c.sack_ok == 1 && s.sack_ok == 1, 'timestamps and SACK are on');
  assert(c.snd_wscale == 7 && s.snd_wscale == 7, 'windows scale by 7, as with tcp_rmem up to 6 MiB');
  assert(c.mss_cache == 1448 && s.mss_cache == 1448, '1500 - 20 - 20 - 12');
  assert(link(0).segments == 2 && link(1).segments == 1, 'in three segments');
  assert(c.srtt_us != 0 && s.srtt_us != 0, 'and the handshake was a round trip for both');
}

export function a_connection_over_ipv6_has_smaller_segments(): void {
  defaults();
  build();
  const both = connected(6);
  assert(sock(<u32>both).mss_cache == 1428, '1500 - 40 - 20 - 12');
}

export function an_option_that_one_side_lacks_is_off_for_both(): void {
  defaults();
  setHost(1, AT_TCP_TIMESTAMPS, 0);
  setHost(0, AT_TCP_WINDOW_SCALING, 0);
  setHost(1, AT_TCP_SACK, 0);
  build();
  const both = connected();
  const c = sock(<u32>(both >> 32));
  const s = sock(<u32>both);
  assert(c.tstamp_ok == 0 && s.tstamp_ok == 0, 'no timestamps');
  assert(c.sack_ok == 0 && s.sack_ok == 0, 'no SACK');
  assert(c.snd_wscale == 0 && c.rcv_wscale == 0 && s.snd_wscale == 0 && s.rcv_wscale == 0, 'no scaling');
  assert(c.mss_cache == 1460 && c.tcp_header_len == 20, 'segments of 1460');
  transfer(<u32>(both >> 32), <u32>both, 300000, 1000);
}

export function the_first_windows_are_linux_s(): void {
  defaults();
  build();
  connecting(0, 4, 80);
  assert(link(0).last_window == 64240, '44 segments of 1460 in half of 131072 bytes');
  const l = listener(1, 4, 80);
  runMs(1);
  assert(link(1).last_window == 65160 || link(1).rsts == 1, '45 segments of 1448');
  assert(sock(l).state == 10, 'the listener listens');
}

export function connecting_to_a_closed_port_is_refused(): void {
  defaults();
  build();
  const c = connecting(0, 4, 81);
  runMs(2);
  assert(sock(c).state == <u8>TCP_CLOSE, 'closed');
  assert((tcpPoll(c) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP), 'poll says so');
  store<u32>(ADDRESS, <u32>hostAddress0(1, 4));
  assert(tcpConnect(c, ADDRESS, 81) == -111, 'ECONNREFUSED');
  tcpClose(c);
  assert(!sockLive(c), 'and the socket is gone');
}

export function a_connect_that_is_repeated_says_how_it_went(): void {
  defaults();
  build();
  listener(1, 4, 80);
  const c = connecting(0, 4, 80);
  store<u32>(ADDRESS, <u32>hostAddress0(1, 4));
  assert(tcpConnect(c, ADDRESS, 80) == -114, 'EALREADY while the SYN is out');
  assert((tcpPoll(c) & POLLOUT) == 0, 'not writable yet');
  runMs(2);
  assert((tcpPoll(c) & POLLOUT) != 0, 'writable');
  assert(tcpConnect(c, ADDRESS, 80) == 0, 'the first call after it tells that it went well');
  assert(tcpConnect(c, ADDRESS, 80) == -106, 'EISCONN');
}

export function a_lost_syn_is_sent_again_after_a_second(): void {
  defaults();
  build();
  listener(1, 4, 80);
  link(0).cut = 1;
  const c = connecting(0, 4, 80);
  runMs(999);
  assert(link(0).segments == 1, 'not yet');
  link(0).cut = 0;
  runMs(10);
  assert(link(0).segments == 3 && sock(c).state == <u8>TCP_ESTABLISHED, 'now');
  assert(mib(0, TCP_TCPSYNRETRANS) == 1, 'counted');
}

export function a_syn_that_nobody_answers_times_out(): void {
  defaults();
  setHost(0, AT_TCP_SYN_RETRIES, 2);
  build();
  link(0).cut = 1;
  const c = connecting(0, 4, 80);
  runMs(60000);
  assert(sock(c).state == <u8>TCP_CLOSE && sock(c).err == 110, 'ETIMEDOUT');
  assert(link(0).segments == 6, 'four even timeouts and two that double, but no longer than 7 seconds in all');
}

export function a_lost_syn_ack_is_sent_again(): void {
  defaults();
  build();
  const l = listener(1, 4, 80);
  link(1).cut = 1;
  const c = connecting(0, 4, 80);
  runMs(500);
  link(1).cut = 0;
  runMs(1500);
  assert(sock(c).state == <u8>TCP_ESTABLISHED && tcpAccept(l) >= 0, 'the connection opens');
}

export function a_half_open_connection_is_given_up(): void {
  defaults();
  setHost(1, AT_TCP_SYNACK_RETRIES, 2);
  build();
  const l = listener(1, 4, 80);
  link(1).cut = 1;
  const c = connecting(0, 4, 80);
  runMs(2);
  link(0).cut = 1;
  runMs(20000);
  assert(sock(l).syn_qlen == 0 && sock(l).request_head == 0xffffffff, 'nothing is left of it');
  assert(sock(c).state == <u8>TCP_SYN_SENT, 'the client still tries');
}

export function a_lost_last_ack_is_made_good_by_data(): void {
  defaults();
  build();
  const l = listener(1, 4, 80);
  const c = connecting(0, 4, 80);
  attach(c);
  run(1000);
  link(0).drop_acks = 1;
  runMs(1);
  assert(sock(c).state == <u8>TCP_ESTABLISHED && tcpAccept(l) == -11, 'the server still waits');
  link(0).drop_acks = 0;
  app(c).to_send = 100;
  // What carries the ACK may carry data too.
  const server = establish(l, c);
  attach(server);
  app(server).reads = 1;
  runMs(5);
  assert(sock(server).rcv_nxt - sock(server).copied_seq + <u32>app(server).received == 100, 'with its data');
}

function establish(l: u32, c: u32): u32 {
  for (let i: u32 = 0; i < 10; i++) {
    app(c).woken = 0;
    act(c);
    runMs(1);
    const server = tcpAccept(l);
    if (server >= 0) return <u32>server;
  }
  assert(false, 'accepted');
  return 0;
}
export function simultaneous_open_makes_one_connection(): void {
  defaults();
  build();
  // Both bind the port that the other connects to.
  const a = tcpSocket(0, 4);
  const b = tcpSocket(1, 4);
  store<u64>(ADDRESS, 0);
  store<u64>(ADDRESS, 0, 8);
  assert(tcpBind(<u32>a, ADDRESS, 1000) == 0 && tcpBind(<u32>b, ADDRESS, 2000) == 0, 'bound');
  store<u32>(ADDRESS, <u32>hostAddress0(1, 4));
  asTask(0);
  assert(tcpConnect(<u32>a, ADDRESS, 2000) == -115, 'one side');
  store<u32>(ADDRESS, <u32>hostAddress0(0, 4));
  asTask(1);
  assert(tcpConnect(<u32>b, ADDRESS, 1000) == -115, 'and the other');
  runMs(5);
  assert(sock(<u32>a).state == <u8>TCP_ESTABLISHED && sock(<u32>b).state == <u8>TCP_ESTABLISHED, 'both are established');
  attach(<u32>a);
  attach(<u32>b);
  transfer(<u32>a, <u32>b, 200000, 1000);
  transfer(<u32>b, <u32>a, 200000, 1000);
}

export function a_full_accept_queue_drops_the_handshake(): void {
  defaults();
  setHost(1, AT_TCP_SYNCOOKIES, 0); // with a cookie nobody would try again
  build();
  const l = listener(1, 4, 80, 1);
  for (let i: u32 = 0; i < 4; i++) connecting(0, 4, 80);
  runMs(10);
  assert(sock(l).ack_backlog == 2, 'a backlog of 1 holds two, as in Linux');
  assert(mib(1, TCP_LISTENOVERFLOWS) + mib(1, TCP_TCPREQQFULLDROP) > 0, 'the others wait');
  assert(tcpAccept(l) >= 0 && tcpAccept(l) >= 0 && tcpAccept(l) == -11, 'two are there');
  runMs(3000);
  assert(tcpAccept(l) >= 0, 'and the next come when there is room');
}

export function a_socket_table_that_is_full_refuses(): void {
  defaults();
  setRun(AT_LIMITS_SOCKS, 4);
  build();
  for (let i: u32 = 0; i < 4; i++) assert(tcpSocket(0, 4) >= 0, 'room for four');
  assert(tcpSocket(0, 4) == -23, 'ENFILE');
}

export function a_preset_answers_with_its_numbers(): void {
  defaults();
  build();
  const l = listener(1, 4, 80);
  const c = connecting(0, 4, 80);
  store<u32>(ADDRESS, 4);
  store<u64>(ADDRESS, hostAddress0(0, 4), 4);
  store<u16>(ADDRESS, sock(c).lport, 20);
  store<u16>(ADDRESS, 80, 22);
  store<u32>(ADDRESS, 0xfffffff0, 24);
  store<u32>(ADDRESS, 123456789, 28);
  assert(tcpAddPreset(ADDRESS) == 0, 'room for it');
  runMs(5);
  assert(sock(c).state == <u8>TCP_ESTABLISHED, 'established');
  assert(sock(c).rcv_nxt == 0xfffffff1, 'with the sequence number asked for');
  assert(sock(c).ts_recent == 123456789 || sock(c).ts_recent - 123456789 < 5, 'and the timestamp');
  const s = tcpAccept(l);
  assert(tcpClampAck(ADDRESS) == 1 && load<u32>(ADDRESS, 24) == sock(<u32>s).snd_nxt, 'and its connection is found');
  attach(c);
  attach(<u32>s);
  transfer(<u32>s, c, 100000, 1000);
  assert(tcpClampAck(ADDRESS) == 1 && load<u32>(ADDRESS, 24) == sock(<u32>s).snd_nxt, 'wherever it is');
}

export function an_rst_from_nowhere_is_not_answered(): void {
  defaults();
  build();
  const both = connected();
  const s = sock(<u32>both);
  const out = link(1).segments;
  s.lport = 81; // the segment will match no socket
  inject(s, 1, 1, RST, 100, 0);
  assert(link(1).segments == out, 'silence');
  inject(s, 1, 1, ACK, 100, 0);
  assert(link(1).segments == out + 1 && link(1).last_flags == RST && link(1).last_seq == 1, 'an ACK gets a RST with its number');
  inject(s, 77, 0, SYN, 100, 0);
  assert(link(1).last_flags == (RST | ACK) && link(1).last_ack == 78 && link(1).last_seq == 0, 'a SYN gets RST,ACK');
  s.lport = 80;
}
