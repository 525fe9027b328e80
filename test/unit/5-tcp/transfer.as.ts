/** Description: a stream arrives whole and in order, whatever the link does to its segments. */
import {
  TCP_CONGESTION_CONTROL_RENO, TCP_INSEGS, TCP_RETRANSSEGS, TCP_TCPFASTRETRANS, TCP_TCPHPHITS, TCP_TCPOFOQUEUE, TCP_TCPRENORECOVERY,
  TCP_TCPSACKRECOVERY,
} from '../../../sim/core';
import { mibBase, sock } from '../../../stack/6-socket';
import { AT_NIC_MTU, AT_TCP_CONGESTION_CONTROL, AT_TCP_SACK, AT_TCP_TIMESTAMPS, setHost } from '../config.gen.as';
import { act, app, build, connected, defaults, link, runMs, transfer } from '../config_loopback.as';

const MIB: u64 = 1048576;

export function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}

function both(at: u32, value: u64): void {
  setHost(0, at, value);
  setHost(1, at, value);
}

function moves(family: u32, bytes: u64, ms: u64): void {
  const pair = connected(family);
  transfer(<u32>(pair >> 32), <u32>pair, bytes, ms);
  // The last ACK may be lost too.
  runMs(5000);
  const c = sock(<u32>(pair >> 32));
  assert(c.snd_una == c.snd_nxt && c.wmem_queued == 0, 'everything was acknowledged');
}

export function a_stream_over_ipv4(): void {
  defaults();
  build();
  moves(4, 4 * MIB, 1000);
  assert(mib(0, TCP_RETRANSSEGS) == 0, 'nothing was sent twice');
  assert(mib(1, TCP_TCPHPHITS) * 10 > mib(1, TCP_INSEGS) * 9, 'nearly all segments took the fast path');
}

export function a_stream_over_ipv6(): void {
  defaults();
  build();
  moves(6, 4 * MIB, 1000);
  assert(mib(0, TCP_RETRANSSEGS) == 0, 'nothing was sent twice');
}

export function a_stream_with_reno(): void {
  defaults();
  both(AT_TCP_CONGESTION_CONTROL, TCP_CONGESTION_CONTROL_RENO);
  build();
  moves(4, 4 * MIB, 1000);
}

export function a_stream_of_jumbo_frames(): void {
  defaults();
  both(AT_NIC_MTU, 9000);
  build();
  moves(4, 4 * MIB, 1000);
}

export function a_stream_without_timestamps(): void {
  defaults();
  both(AT_TCP_TIMESTAMPS, 0);
  build();
  link(0).loss_ppm = 5000;
  moves(4, 2 * MIB, 20000);
}

export function a_stream_through_loss_with_sack(): void {
  defaults();
  build();
  link(0).loss_ppm = 10000;
  moves(4, 4 * MIB, 20000);
  assert(mib(0, TCP_TCPSACKRECOVERY) > 0 && mib(0, TCP_TCPFASTRETRANS) > 0, 'by fast retransmit');
}

export function a_stream_through_loss_without_sack(): void {
  defaults();
  both(AT_TCP_SACK, 0);
  build();
  link(0).loss_ppm = 10000;
  moves(4, 2 * MIB, 60000);
  assert(mib(0, TCP_TCPRENORECOVERY) > 0, 'by NewReno');
}

export function a_stream_through_heavy_loss_both_ways(): void {
  defaults();
  build();
  link(0).loss_ppm = 100000;
  link(1).loss_ppm = 100000;
  moves(4, MIB / 2, 300000);
}

export function a_stream_through_reordering(): void {
  defaults();
  build();
  link(0).reorder_ppm = 50000;
  moves(4, 4 * MIB, 20000);
  assert(mib(1, TCP_TCPOFOQUEUE) > 0, 'segments came out of order');
}

export function a_stream_through_duplication(): void {
  defaults();
  build();
  link(0).duplicate_ppm = 50000;
  link(1).duplicate_ppm = 50000;
  moves(4, 4 * MIB, 20000);
}

export function a_stream_through_everything(): void {
  defaults();
  build();
  for (let i: u32 = 0; i < 2; i++) {
    link(i).loss_ppm = 10000;
    link(i).reorder_ppm = 20000;
    link(i).duplicate_ppm = 10000;
  }
  moves(6, 2 * MIB, 60000);
}

export function both_ways_at_once(): void {
  defaults();
  build();
  link(0).loss_ppm = 3000;
  link(1).loss_ppm = 3000;
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  app(c).reads = 1;
  app(s).to_send = MIB;
  transfer(c, s, MIB, 20000);
  for (let i = 0; i < 20000 && app(c).received < MIB; i++) runMs(1);
  assert(app(c).received == MIB, 'and back');
}

export function the_slow_reader_slows_the_sender(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  app(c).to_send = MIB;
  act(c);
  runMs(50);
  assert(app(c).sent < MIB, 'a window is full');
  app(s).read_max = 5000;
  app(s).reads = 1;
  for (let i = 0; i < 2000 && app(s).received < MIB; i++) {
    act(s);
    runMs(1);
  }
  assert(app(s).received == MIB, 'every byte arrived');
}
