/** Description: when we acknowledge: at once, with the second segment, or after a while. */
import { TCP_DELAYEDACKS } from '../../../sim/core';
import { tcpRecvmsg, tcpSendmsg } from '../../../stack/5-tcp';
import { mibBase, sock } from '../../../stack/6-socket';
import { AT_SOCKET_NODELAY, setHost } from '../config.gen.as';
import { act, app, asTask, build, connected, defaults, link, run, runMs, transfer } from '../config_loopback.as';

const USER: usize = 0x14400;
function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}
function send(idx: u32, len: u32): void {
  asTask(sock(idx).host);
  assert(tcpSendmsg(idx, USER, len, 0) == <i32>len, 'taken');
}

export function the_first_segments_are_acknowledged_at_once(): void {
  defaults();
  build();
  const pair = connected();
  const acks = link(1).acks;
  send(<u32>(pair >> 32), 100);
  run(200000);
  assert(link(1).acks == acks + 1, 'quick ACKs while slow start needs them');
}

export function a_bidirectional_connection_delays_its_acks(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  // Request and reply, as in RPC.
  for (let i: u32 = 0; i < 5; i++) {
    send(c, 100);
    run(200000);
    send(s, 100);
    run(200000);
    asTask(0);
    tcpRecvmsg(c, USER, 200, 0);
    asTask(1);
    tcpRecvmsg(s, USER, 200, 0);
  }
  const acks = link(1).acks;
  send(c, 100);
  runMs(20);
  assert(link(1).acks == acks, 'the ACK waits for a reply');
  runMs(60);
  assert(link(1).acks == acks + 1 && mib(1, TCP_DELAYEDACKS) >= 1, 'but not longer than 40 ms');
}

export function every_second_full_segment_is_acknowledged(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  transfer(c, s, 2000000, 1000);
  const acks = link(1).acks;
  const data = link(0).data_segments;
  // Spread out, so that segments come one by one.
  link(0).byte_ns_q10 = 8200;
  transfer(c, s, 2000000, 1000);
  const segments = link(0).data_segments - data;
  const replies = link(1).acks - acks;
  assert(replies * 2 >= segments - 20 && replies * 2 <= segments + 60, 'one for two');
}

export function nagle_holds_small_segments_back(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const before = link(0).data_segments;
  for (let i: u32 = 0; i < 5; i++) {
    send(c, 10);
    run(1000);
  }
  assert(link(0).data_segments == before + 1, 'one small segment at a time');
  runMs(1);
  assert(link(0).data_segments == before + 2, 'the rest together, after the ACK');
}

export function nodelay_sends_small_segments(): void {
  defaults();
  setHost(0, AT_SOCKET_NODELAY, 1);
  build();
  const pair = connected();
  const before = link(0).data_segments;
  for (let i: u32 = 0; i < 5; i++) {
    send(<u32>(pair >> 32), 10);
    run(1000);
  }
  assert(link(0).data_segments == before + 5, 'each on its own');
}

export function reading_opens_the_window_again(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  app(c).to_send = 1000000;
  act(c);
  runMs(500);
  const acks = link(1).acks;
  asTask(1);
  for (let i: u32 = 0; i < 200; i++) tcpRecvmsg(s, 0x200000, 1000, 0);
  assert(link(1).acks > acks, 'an update is sent');
  assert(link(1).acks - acks < 40, 'but not for each read');
}
