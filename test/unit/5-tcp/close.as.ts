/** Description: connections close in every order that RFC 9293 section 3.6 knows, and nothing of them is left. */
import { TCP_TCPABORTONCLOSE, TCP_TW } from '../../../sim/core';
import { poolState } from '../../../stack/3-pool';
import {
  hostAddress0, tcpAccept, tcpBind, tcpClose, tcpConnect, tcpPoll, tcpRecvmsg, tcpSendmsg, tcpShutdown, tcpSocket,
} from '../../../stack/5-tcp';
import {
  mibBase, mini, miniCount, miniLive, POLLIN, POLLRDHUP, sock, socketState, sockLive, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_CLOSING,
  TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_LAST_ACK, TCP_TIME_WAIT,
} from '../../../stack/6-socket';
import { AT_TCP_FIN_TIMEOUT_NS, AT_TCP_TIMEWAIT_NS, setHost } from '../config.gen.as';
import {
  act, app, asTask, attach, build, connected, connecting, defaults, link, listener, RST, run, runMs, transfer,
} from '../config_loopback.as';

const USER: usize = 0x14400;

function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}
function close(idx: u32): void {
  asTask(sock(idx).host);
  tcpClose(idx);
}
function timeWaits(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < miniCount(); i++) if (miniLive(i) && mini(i).state == <u8>TCP_TIME_WAIT) n++;
  return n;
}
/** Nothing but the listener is left. */
function allGone(): void {
  assert(socketState().sock_used == 1, 'only the listener is left');
  assert(socketState().mini_used == 0, 'no mini socket');
  assert(poolState().skb_used == 0, 'no skb');
}

export function the_client_closes_first(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  close(c);
  assert(sock(c).state == <u8>TCP_FIN_WAIT1, 'FIN-WAIT-1');
  run(120000);
  assert(sock(s).state == <u8>TCP_CLOSE_WAIT, 'CLOSE-WAIT');
  assert((tcpPoll(s) & (POLLIN | POLLRDHUP)) == (POLLIN | POLLRDHUP), 'the server sees the end');
  assert(tcpRecvmsg(s, USER, 10, 0) == 0, 'of the stream');
  runMs(300);
  assert(timeWaits() == 1 && !sockLive(c), 'an orphan in FIN-WAIT-2 needs only a mini socket');
  close(s);
  assert(sock(s).state == <u8>TCP_LAST_ACK, 'LAST-ACK');
  runMs(5);
  assert(!sockLive(s), 'closed');
  assert(timeWaits() == 1, 'TIME-WAIT');
  runMs(60100);
  assert(mib(0, TCP_TW) == 1, 'that ended');
  allGone();
}

export function the_server_closes_first_and_data_still_flows_back(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  asTask(1);
  assert(tcpShutdown(s, 1) == 0, 'half closed');
  runMs(300);
  assert(sock(s).state == <u8>TCP_FIN_WAIT2 && sock(c).state == <u8>TCP_CLOSE_WAIT, 'one way is closed');
  asTask(1);
  assert(tcpSendmsg(s, USER, 10, 0) == -32, 'EPIPE on the closed way');
  transfer(c, s, 200000, 1000);
  close(c);
  runMs(5);
  assert(!sockLive(c) && sock(s).state == <u8>TCP_CLOSE, 'both are closed');
  close(s);
  runMs(60100);
  allGone();
}

export function both_close_at_once(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  asTask(0);
  tcpShutdown(c, 2);
  asTask(1);
  tcpShutdown(s, 2);
  run(55000);
  assert(sock(c).state == <u8>TCP_CLOSING && sock(s).state == <u8>TCP_CLOSING, 'CLOSING on both sides');
  run(200000);
  assert(timeWaits() == 2, 'then TIME-WAIT on both');
  close(c);
  close(s);
  runMs(60100);
  allGone();
}

export function a_fin_waits_for_the_data_before_it(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  link(0).loss_ppm = 20000;
  app(c).closes = 1;
  transfer(c, s, 500000, 20000);
  runMs(3000);
  assert(app(s).eof == 1 && app(s).received == 500000, 'the end comes after the last byte');
  assert(sock(c).state == <u8>TCP_FIN_WAIT2, 'and was acknowledged');
}

export function a_lost_fin_is_sent_again(): void {
  defaults();
  build();
  const pair = connected();
  link(0).cut = 1;
  close(<u32>(pair >> 32));
  run(1000);
  link(0).cut = 0;
  runMs(1000);
  assert(sock(<u32>pair).state == <u8>TCP_CLOSE_WAIT, 'it arrived in the end');
}

export function closing_with_unread_data_resets(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  app(c).to_send = 1000;
  act(c);
  runMs(1);
  close(s);
  assert((link(1).last_flags & RST) != 0 && mib(1, TCP_TCPABORTONCLOSE) == 1, 'RST instead of FIN');
  runMs(5);
  assert(sock(c).state == <u8>TCP_CLOSE && sock(c).err == 104, 'ECONNRESET at the other end');
  asTask(0);
  assert(tcpSendmsg(c, USER, 10, 0) == -104, 'told once');
  assert(tcpSendmsg(c, USER, 10, 0) == -32, 'then EPIPE');
  close(c);
  allGone();
}

export function data_for_an_orphan_resets(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  close(c);
  runMs(1);
  app(s).to_send = 1000;
  act(s);
  runMs(5);
  assert(sock(s).state == <u8>TCP_CLOSE && sock(s).err == 32, 'the sender learns that nobody reads: EPIPE in CLOSE-WAIT');
  close(s);
  allGone();
}

export function an_orphan_in_fin_wait_2_is_given_up(): void {
  defaults();
  setHost(0, AT_TCP_FIN_TIMEOUT_NS, 3000000000);
  build();
  const pair = connected();
  close(<u32>(pair >> 32));
  runMs(2900);
  assert(timeWaits() == 1, 'it waits for the peer to close');
  runMs(400);
  assert(timeWaits() == 0, 'but not for ever');
}

export function a_listener_that_closes_resets_what_was_not_accepted(): void {
  defaults();
  build();
  const l = listener(1, 4, 80);
  const c = connecting(0, 4, 80);
  runMs(5);
  assert(sock(c).state == <u8>TCP_ESTABLISHED && sock(l).ack_backlog == 1, 'one waits');
  close(l);
  runMs(5);
  assert(sock(c).state == <u8>TCP_CLOSE && sock(c).err == 104, 'reset');
  close(c);
  assert(socketState().sock_used == 0 && poolState().skb_used == 0, 'nothing is left');
}

export function closing_in_syn_sent_forgets(): void {
  defaults();
  build();
  link(0).cut = 1;
  const c = connecting(0, 4, 80);
  runMs(10);
  close(c);
  assert(!sockLive(c) && poolState().skb_used == 0, 'at once');
  runMs(5000);
}

export function a_syn_reopens_a_connection_in_time_wait(): void {
  defaults();
  build();
  const l = listener(1, 4, 80);
  const c = connecting(0, 4, 80);
  attach(c);
  runMs(5);
  const s = <u32>tcpAccept(l);
  attach(s);
  close(s);
  runMs(1);
  const port = sock(c).lport;
  const seq = sock(c).snd_nxt;
  close(c);
  runMs(5);
  assert(timeWaits() == 1, 'the server is in TIME-WAIT');
  // A new SYN from the same port, later in sequence.
  const t = tcpSocketOnPort(port);
  sock(t).write_seq = seq;
  runMs(5);
  assert(sock(t).state == <u8>TCP_ESTABLISHED && timeWaits() == 0, 'a new connection took its place');
}

function tcpSocketOnPort(port: u32): u32 {
  const t = <u32>tcpSocket(0, 4);
  memory.fill(USER, 0, 16);
  assert(tcpBind(t, USER, port) == 0, 'bound again');
  store<u32>(USER, <u32>hostAddress0(1, 4));
  asTask(0);
  assert(tcpConnect(t, USER, 80) == -115, 'connecting');
  return t;
}

export function time_wait_answers_a_repeated_fin(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  asTask(0);
  tcpShutdown(c, 1);
  runMs(2);
  link(0).cut = 1; // the last ACK is lost
  asTask(1);
  tcpShutdown(s, 1);
  runMs(1);
  link(0).cut = 0;
  assert(timeWaits() == 1 && sock(s).state == <u8>TCP_LAST_ACK, 'one side is through');
  runMs(1000);
  assert(sock(s).state == <u8>TCP_CLOSE, 'the other learns it when it asks again');
}

export function shutdown_of_reading_ends_the_stream_for_the_reader(): void {
  defaults();
  build();
  const pair = connected();
  const s = <u32>pair;
  assert(tcpShutdown(s, 0) == 0 && tcpRecvmsg(s, USER, 10, 0) == 0, 'end of stream');
  assert(sock(s).state == <u8>TCP_ESTABLISHED, 'the connection lives');
}

export function many_connections_come_and_go(): void {
  defaults();
  setHost(0, AT_TCP_TIMEWAIT_NS, 10000000);
  setHost(1, AT_TCP_TIMEWAIT_NS, 10000000);
  build();
  const l = listener(1, 4, 80);
  for (let i: u32 = 0; i < 200; i++) {
    const c = connecting(0, 4, 80);
    attach(c);
    runMs(1);
    const s = <u32>tcpAccept(l);
    attach(s);
    transfer(c, s, 3000, 100);
    close(i % 2 == 0 ? c : s);
    runMs(1);
    close(i % 2 == 0 ? s : c);
    runMs(1);
  }
  runMs(1000);
  allGone();
}
