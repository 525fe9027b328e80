/** Description: lost segments are found and sent again, by the quickest means that the situation allows. */
import {
  TCP_RETRANSSEGS, TCP_TCPABORTONTIMEOUT, TCP_TCPDSACKUNDO, TCP_TCPFASTRETRANS, TCP_TCPFULLUNDO, TCP_TCPLOSSPROBERECOVERY,
  TCP_TCPLOSSPROBES, TCP_TCPLOSSUNDO, TCP_TCPLOSTRETRANSMIT, TCP_TCPRENORECOVERY, TCP_TCPSACKRECOVERY, TCP_TCPSACKREORDER,
  TCP_TCPSPURIOUSRTOS, TCP_TCPTIMEOUTS,
} from '../../../sim/core';
import { mibBase, sock, TCP_CLOSE, TCP_ESTABLISHED } from '../../../stack/6-socket';
import { AT_TCP_RETRIES2, AT_TCP_SACK, setHost } from '../config.gen.as';
import { act, app, build, connected, defaults, link, run, runMs, transfer } from '../config_loopback.as';

function mib(counter: u32): u64 {
  return load<u64>(mibBase(0) + (<usize>counter << 3));
}
function both(at: u32, value: u64): void {
  setHost(0, at, value);
  setHost(1, at, value);
}
/** Drops data segments `from` to `to` of the next transfer and moves 200 of them. */
function moveWithout(from: u32, to: u32): u64 {
  const pair = connected();
  const l = link(0);
  l.byte_ns_q10 = 820; // 10 Gbit/s
  l.drop_from = l.data_segments + from;
  l.drop_to = l.data_segments + to;
  transfer(<u32>(pair >> 32), <u32>pair, 200 * 1448, 20000);
  runMs(500);
  return pair;
}

/** Moves 200 segments, and drops the last one. */
function moveWithoutLast(): u64 {
  const pair = connected();
  const client = <u32>(pair >> 32);
  link(0).byte_ns_q10 = 820;
  link(0).drop_end = sock(client).write_seq + 200 * 1448;
  transfer(client, <u32>pair, 200 * 1448, 20000);
  runMs(500);
  return pair;
}

export function one_lost_segment_is_repaired_in_a_round_trip(): void {
  defaults();
  build();
  const pair = moveWithout(50, 50);
  assert(mib(TCP_RETRANSSEGS) == 1 && mib(TCP_TCPFASTRETRANS) == 1, 'one segment, sent again once');
  assert(mib(TCP_TCPSACKRECOVERY) == 1 && mib(TCP_TCPTIMEOUTS) == 0, 'by SACK, without a timeout');
  const c = sock(<u32>(pair >> 32));
  assert(c.ca_state == 0 && c.snd_ssthresh < 0x7fffffff && c.undo_marker != 0, 'the window was reduced');
}

export function one_lost_segment_without_sack(): void {
  defaults();
  both(AT_TCP_SACK, 0);
  build();
  moveWithout(50, 50);
  assert(mib(TCP_RETRANSSEGS) == 1 && mib(TCP_TCPRENORECOVERY) == 1 && mib(TCP_TCPTIMEOUTS) == 0, 'three duplicate ACKs');
}

export function several_lost_segments_with_sack_cost_one_recovery(): void {
  defaults();
  build();
  moveWithout(50, 55);
  assert(mib(TCP_RETRANSSEGS) == 6 && mib(TCP_TCPSACKRECOVERY) == 1 && mib(TCP_TCPTIMEOUTS) == 0, 'six again');
}

export function several_lost_segments_without_sack_take_a_round_trip_each(): void {
  defaults();
  both(AT_TCP_SACK, 0);
  build();
  moveWithout(50, 53);
  assert(mib(TCP_RETRANSSEGS) == 4 && mib(TCP_TCPRENORECOVERY) == 1 && mib(TCP_TCPTIMEOUTS) == 0, 'each partial ACK shows the next');
}

export function a_lost_tail_is_probed_before_the_timeout(): void {
  defaults();
  build();
  const pair = moveWithoutLast();
  assert(mib(TCP_TCPLOSSPROBES) >= 1 && mib(TCP_TCPTIMEOUTS) == 0, 'TLP');
  transfer(<u32>(pair >> 32), <u32>pair, 14480, 1000);
  assert(mib(TCP_TCPLOSSPROBERECOVERY) == 1, 'and the loss counts');
}

export function a_lost_tail_without_sack_waits_for_the_timeout(): void {
  defaults();
  both(AT_TCP_SACK, 0);
  build();
  moveWithoutLast();
  assert(mib(TCP_TCPTIMEOUTS) == 1 && mib(TCP_RETRANSSEGS) == 1, 'RTO');
}

export function a_lost_retransmission_is_noticed(): void {
  defaults();
  build();
  const pair = connected();
  const l = link(0);
  l.byte_ns_q10 = 820;
  const c = <u32>(pair >> 32);
  l.drop_from = l.data_segments + 30;
  l.drop_to = l.drop_from;
  app(c).to_send = 400 * 1448;
  app(<u32>pair).reads = 1;
  act(c);
  // Drop the retransmission too.
  for (let i = 0; i < 100000 && mib(TCP_RETRANSSEGS) == 0; i++) run(1000);
  l.drop_from = l.data_segments;
  l.drop_to = l.data_segments;
  for (let i = 0; i < 5000 && app(<u32>pair).received < 400 * 1448; i++) runMs(1);
  assert(app(<u32>pair).received == 400 * 1448, 'all arrived');
  assert(mib(TCP_TCPLOSTRETRANSMIT) >= 1 && mib(TCP_TCPTIMEOUTS) == 0, 'RACK looks at retransmissions too');
}

export function reordering_is_told_from_loss(): void {
  defaults();
  build();
  const pair = connected();
  link(0).reorder_ppm = 20000;
  link(0).reorder_ns = 2000; // a little later than its neighbours
  link(0).byte_ns_q10 = 820;
  transfer(<u32>(pair >> 32), <u32>pair, 2000000, 20000);
  assert(mib(TCP_TCPSACKREORDER) > 0, 'seen');
  assert(mib(TCP_RETRANSSEGS) < 40, 'and hardly anything is sent twice');
  assert(sock(<u32>(pair >> 32)).reord_seen > 0, 'remembered');
}

export function a_needless_retransmission_is_undone(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  link(0).byte_ns_q10 = 820;
  transfer(c, <u32>pair, 300000, 1000);
  // A pause of the link, longer than the timeout.
  app(c).to_send += 100000;
  link(0).delay_ns = 450000000;
  act(c);
  runMs(440);
  link(0).delay_ns = 50000;
  runMs(2000);
  assert(app(<u32>pair).received == 400000, 'all arrived');
  assert(mib(TCP_TCPTIMEOUTS) >= 1 || mib(TCP_TCPLOSSPROBES) >= 1, 'something was sent too early');
  assert(mib(TCP_TCPLOSSUNDO) + mib(TCP_TCPFULLUNDO) + mib(TCP_TCPDSACKUNDO) + mib(TCP_TCPSPURIOUSRTOS) > 0, 'and taken back');
}

export function timeouts_back_off_and_end_the_connection(): void {
  defaults();
  setHost(0, AT_TCP_RETRIES2, 5);
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  link(0).cut = 1;
  app(c).to_send = 1000;
  act(c);
  runMs(2000);
  assert(sock(c).state == <u8>TCP_ESTABLISHED && sock(c).rto >= 800, 'the timeout doubles');
  runMs(60000);
  assert(sock(c).state == <u8>TCP_CLOSE && sock(c).err == 110 && mib(TCP_TCPABORTONTIMEOUT) == 1, 'ETIMEDOUT');
}

export function the_timeout_follows_the_round_trip(): void {
  defaults();
  build();
  const pair = connected();
  const c = sock(<u32>(pair >> 32));
  link(0).delay_ns = 40000000;
  link(1).delay_ns = 40000000;
  transfer(<u32>(pair >> 32), <u32>pair, 500000, 20000);
  assert(c.srtt_us >> 3 > 60000 && c.srtt_us >> 3 < 100000, 'about 80 ms');
  assert(c.rto >= 260 && c.rto < 400, 'and 200 ms more');
}

export function slow_start_doubles_and_cubic_takes_over(): void {
  defaults();
  build();
  link(0).delay_ns = 10000000;
  link(1).delay_ns = 10000000;
  const pair = connected(4, 80, 100);
  const c = sock(<u32>(pair >> 32));
  app(<u32>(pair >> 32)).to_send = 20000000;
  app(<u32>pair).reads = 1;
  act(<u32>(pair >> 32));
  runMs(15);
  assert(c.snd_cwnd == 10, 'ten to begin with');
  runMs(10);
  assert(c.snd_cwnd >= 18 && c.snd_cwnd <= 20, 'then twenty');
  runMs(20);
  assert(c.snd_cwnd >= 36 && c.snd_cwnd <= 40, 'then forty');
}

export function idle_connections_begin_anew(): void {
  defaults();
  build();
  const pair = connected();
  const c = sock(<u32>(pair >> 32));
  transfer(<u32>(pair >> 32), <u32>pair, 2000000, 1000);
  const cwnd = c.snd_cwnd;
  assert(cwnd > 40, 'a wide window');
  runMs(5000);
  transfer(<u32>(pair >> 32), <u32>pair, 100, 1000);
  app(<u32>(pair >> 32)).to_send += 100000;
  assert(c.snd_cwnd <= cwnd, 'is not kept for ever');
}
