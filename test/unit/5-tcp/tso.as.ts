/** Description: packets of several segments are made as large as is good, and counted, cut and sent again by the segment. */
import { NONE, TCP_RETRANSSEGS, TCP_TCPLOSSPROBES, TCP_TCPTIMEOUTS } from '../../../sim/core';
import { poolState, skb } from '../../../stack/3-pool';
import { tcpSendmsg, tcpShutdown } from '../../../stack/5-tcp';
import { TCP_CA_RECOVERY, TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS } from '../../../stack/5-tcp/ack_flags';
import { jiffies } from '../../../stack/5-tcp/clock';
import { GSO_MAX_SIZE, xmitSizeGoal } from '../../../stack/5-tcp/mss';
import { stage } from '../../../stack/5-tcp/stage';
import { wndEnd } from '../../../stack/5-tcp/transmit';
import { DEFER_CWND_LIMITED, DEFER_NO, DEFER_YES, mssSplitPoint, tsoSegsMax, tsoShouldDefer } from '../../../stack/5-tcp/tso';
import { mibBase, Sock, sock } from '../../../stack/6-socket';
import {
  AT_NIC_MTU, AT_RUN_SEED, AT_SOCKET_RCVBUF, AT_SOCKET_SNDBUF, AT_TCP_FAMILY, AT_TCP_MIN_TSO_SEGS, AT_TCP_SACK, AT_TCP_TSO_WIN_DIVISOR,
  setHost, setRun,
} from '../config.gen.as';
import { ACK, app, asTask, build, connected, defaults, FIN, inject, link, PSH, runMs, transfer, verifyAll } from '../config_loopback.as';

const USER: usize = 0x14400;
const MSS: u32 = 1448;

function mib(counter: u32): u64 {
  return load<u64>(mibBase(0) + (<usize>counter << 3));
}
/** The client of a connection whose segments are lost from now on, with windows that allow `cwnd` segments. */
function alone(cwnd: u32, sack: u64 = 1): Sock {
  defaults();
  setHost(0, AT_TCP_SACK, sack);
  setHost(0, AT_SOCKET_SNDBUF, 1048576);
  build();
  const client = <u32>(connected() >> 32);
  runMs(1000);
  link(0).cut = 1;
  const s = sock(client);
  acked(s, s.snd_una); // so that a later one is no window update
  assert(s.mss_cache == MSS, 'Ethernet and timestamps');
  s.snd_cwnd = cwnd;
  s.snd_cwnd_stamp = jiffies(); // it was not idle
  s.lsndtime = jiffies();
  s.snd_wnd = 1048576;
  s.max_window = 1048576;
  return s;
}
/** The application writes; USER lies in memory that is large enough. */
function write(s: Sock, bytes: u32): void {
  asTask(0);
  assert(tcpSendmsg(s.handle, USER, bytes, 0) == <i32>bytes, 'taken');
}
/** An acknowledgement from the peer. */
function acked(s: Sock, ack: u32): void {
  inject(s, s.rcv_nxt, ack, ACK, 8192, 0);
  verifyAll();
}
/** A duplicate one with a SACK block. */
function sacked(s: Sock, start: u32, end: u32): void {
  inject(s, s.rcv_nxt, s.snd_una, ACK, 8192, 0, 0, start, end);
  verifyAll();
}

export function what_is_written_at_once_leaves_as_one_packet(): void {
  const s = alone(100);
  const packets = link(0).packets;
  const segments = link(0).segments;
  write(s, 40 * MSS);
  assert(link(0).packets == packets + 1 && link(0).packet_segs == 40 && link(0).packet_len == 40 * MSS, 'one packet of forty segments');
  assert(link(0).segments == segments + 40, 'forty on the link');
  assert(s.packets_out == 40 && s.rtx_len == 1 && skb(s.rtx_head).gso_size == MSS, 'forty segments are out, in one skb');
  assert((link(0).last_flags & PSH) != 0, 'the last one pushes');
}

export function half_the_congestion_window_is_a_packet_at_most(): void {
  const s = alone(20);
  const packets = link(0).packets;
  write(s, 40 * MSS);
  assert(link(0).packets == packets + 2 && link(0).packet_segs == 10 && s.packets_out == 20, 'two of ten');
}

export function an_ack_inside_a_packet_trims_it(): void {
  const s = alone(100);
  write(s, 40 * MSS);
  runMs(1);
  const una = s.snd_una;
  const queued = s.wmem_queued;
  acked(s, una + 10 * MSS);
  const b = skb(s.rtx_head);
  assert(s.packets_out == 30 && b.gso_segs == 30 && s.rtx_len == 1, 'ten segments are acknowledged');
  assert(b.seq == una + 10 * MSS && b.len == 30 * MSS && s.wmem_queued == queued - 10 * MSS, 'and their bytes are free');
  acked(s, una + 11 * MSS + 100);
  assert(s.packets_out == 29 && b.len == 29 * MSS - 100 && b.seq == s.snd_una, 'an eleventh, and a part of the next');
  acked(s, una + 11 * MSS + 200);
  assert(s.packets_out == 29 && b.gso_segs == 29, 'a part is no segment');
  acked(s, una + 39 * MSS);
  assert(s.packets_out == 1 && b.gso_segs == 1 && b.len == MSS, 'the last one is left');
  acked(s, una + 40 * MSS);
  assert(s.packets_out == 0 && s.rtx_head == NONE, 'and gone');
}

export function a_sack_in_the_middle_cuts_out_whole_segments(): void {
  const s = alone(100);
  write(s, 40 * MSS);
  runMs(1);
  s.reord_seen = 1; // RACK does not call the rest lost at once
  const una = s.snd_una;
  sacked(s, una + 10 * MSS + 700, una + 20 * MSS + 700);
  assert(s.sacked_out == 9 && s.rtx_len == 3 && s.packets_out == 40, 'nine of them are whole');
  const first = s.rtx_head;
  const second = skb(first).next;
  const third = skb(second).next;
  assert(skb(first).len == 11 * MSS && (skb(first).sacked & TCPCB_SACKED_ACKED) == 0, 'eleven before');
  assert(skb(second).len == 9 * MSS && (skb(second).sacked & TCPCB_SACKED_ACKED) != 0, 'nine');
  assert(skb(third).len == 20 * MSS && (skb(third).sacked & TCPCB_SACKED_ACKED) == 0, 'twenty behind');
  assert((skb(first).tcp_flags & <u8>PSH) == 0 && (skb(third).tcp_flags & <u8>PSH) != 0, 'PSH stays at the end');
  sacked(s, una + 20 * MSS, una + 40 * MSS);
  assert(s.sacked_out == 29 && skb(third).len == 20 * MSS, 'what reaches the end needs no cut');
}

export function a_block_that_grew_covers_the_segment_that_it_ended_in(): void {
  const s = alone(100);
  write(s, 40 * MSS);
  runMs(1);
  s.reord_seen = 1;
  const una = s.snd_una;
  sacked(s, una + 10 * MSS, una + 20 * MSS + 700);
  assert(s.sacked_out == 10, 'ten whole ones');
  sacked(s, una + 10 * MSS, una + 30 * MSS + 700);
  assert(s.sacked_out == 20 && s.rtx_len == 4, 'ten more, the one that was cut among them');
}

export function a_sack_of_less_than_a_segment_cuts_nothing(): void {
  const s = alone(100);
  write(s, 40 * MSS);
  runMs(1);
  const una = s.snd_una;
  sacked(s, una + 39 * MSS + 1, una + 40 * MSS);
  assert(s.sacked_out == 0 && s.rtx_len == 1, 'a part of the last');
  sacked(s, una + 5 * MSS + 1, una + 6 * MSS + 1000);
  assert(s.sacked_out == 0 && s.packets_out == 40, 'the parts of two');
}

export function sacked_and_lost_segments_are_sent_again_as_the_window_allows(): void {
  const s = alone(40);
  write(s, 40 * MSS);
  assert(s.packets_out == 40, 'all of it, in two packets');
  runMs(1);
  const una = s.snd_una;
  const packets = link(0).packets;
  // RACK calls all before them lost; PRR lets as many go as have arrived.
  sacked(s, una + 35 * MSS, una + 40 * MSS);
  assert(s.ca_state == TCP_CA_RECOVERY && s.lost_out == 35 && s.sacked_out == 5, 'thirty-five are lost');
  assert(s.retrans_out >= 5 && s.retrans_out <= 6 && link(0).packet_segs == s.retrans_out, 'five may go, in one packet');
  assert(s.rtx_len >= 3 && link(0).packets > packets, 'what is sent again is an skb by itself');
  assert(mib(TCP_RETRANSSEGS) == s.retrans_out && (skb(s.rtx_head).sacked & TCPCB_SACKED_RETRANS) != 0, 'counted by the segment');
  assert(skb(s.rtx_head).gso_segs == s.retrans_out, 'from the beginning');
}

export function after_a_timeout_one_segment_is_sent_again(): void {
  const s = alone(100, 0);
  write(s, 10 * MSS);
  const una = s.snd_una;
  for (let i = 0; i < 2000 && mib(TCP_TCPTIMEOUTS) == 0; i++) runMs(1);
  verifyAll();
  assert(mib(TCP_TCPTIMEOUTS) == 1 && mib(TCP_RETRANSSEGS) == 1 && link(0).packet_segs == 1 && link(0).packet_len == MSS, 'one segment');
  assert(s.rtx_len == 2 && skb(s.rtx_head).len == MSS && s.lost_out == 10 && s.retrans_out == 1, 'all are lost');
  acked(s, una + MSS);
  assert(link(0).packet_segs == 2 && s.retrans_out == 2 && s.lost_out == 9 && s.packets_out == 9, 'then two in one packet: slow start');
}

export function sending_again_goes_by_the_mss_of_now(): void {
  const s = alone(100, 0);
  write(s, 2 * MSS);
  assert(s.packets_out == 2, 'two segments');
  s.mss_cache = 1000;
  for (let i = 0; i < 2000 && mib(TCP_TCPTIMEOUTS) == 0; i++) runMs(1);
  verifyAll();
  assert(link(0).packet_len == 1000 && s.packets_out == 3 && s.lost_out == 3, 'cut at 1000 bytes: the rest is two segments more');
}

export function a_loss_probe_is_the_last_segment(): void {
  const s = alone(100);
  write(s, 9 * MSS + 500);
  assert(link(0).packet_segs == 10, 'nine and a short one');
  const end = s.snd_nxt;
  for (let i = 0; i < 100 && mib(TCP_TCPLOSSPROBES) == 0; i++) runMs(1);
  verifyAll();
  assert(mib(TCP_TCPLOSSPROBES) == 1 && mib(TCP_TCPTIMEOUTS) == 0, 'probed');
  assert(link(0).packet_segs == 1 && link(0).last_len == 500 && link(0).last_seq == end - 500, 'with the short one');
  assert(s.packets_out == 10 && s.rtx_len == 2, 'which is an skb of its own now');
}

export function without_sack_three_duplicates_mark_the_first_segment(): void {
  const s = alone(100, 0);
  write(s, 20 * MSS);
  runMs(1);
  for (let i = 0; i < 3; i++) acked(s, s.snd_una);
  assert(s.ca_state == TCP_CA_RECOVERY && s.lost_out == 1 && s.sacked_out == 3, 'one is lost, three have arrived');
  assert(skb(s.rtx_head).len == MSS && (skb(s.rtx_head).sacked & TCPCB_LOST) != 0 && s.rtx_len == 2, 'the first');
  assert(link(0).packet_segs == 1 && link(0).packet_len == MSS && s.retrans_out == 1, 'and it alone is sent again');
  // A partial acknowledgement shows the next hole (RFC 6582).
  acked(s, s.snd_una + 5 * MSS);
  assert(s.lost_out == 1 && s.retrans_out == 1 && s.packets_out == 15, 'one more');
}

/** A socket with skbs of 45 and of `segs` - 46 segments in its write queue, which may send 80 when one is acknowledged. */
function twoWait(segs: u32, fin: bool): Sock {
  const s = alone(1);
  write(s, segs * MSS);
  if (fin) {
    asTask(0);
    tcpShutdown(s.handle, 1);
  }
  runMs(1);
  assert(s.packets_out == 1 && skb(s.write_head).len == 45 * MSS && skb(s.write_head).next == s.write_tail, 'one is out, two skbs wait');
  assert(skb(s.write_tail).len == (segs - 46) * MSS, 'as they were filled');
  s.snd_cwnd = 79;
  return s;
}

export function a_packet_is_filled_over_the_borders_of_skbs(): void {
  const s = twoWait(91, false);
  const packets = link(0).packets;
  acked(s, s.snd_una + MSS);
  assert(link(0).packets == packets + 2 && link(0).packet_segs == 40 && s.packets_out == 80, 'forty, then five and thirty-five');
  assert(s.write_head == s.write_tail && skb(s.write_head).len == 10 * MSS && skb(s.write_head).seq == s.snd_nxt, 'ten are left');
}

export function a_packet_takes_the_last_skb_with_its_fin(): void {
  const s = twoWait(50, true);
  const packets = link(0).packets;
  const used = poolState().skb_used;
  const end = s.snd_una + 50 * MSS + 1;
  acked(s, s.snd_una + MSS);
  assert(link(0).packets == packets + 2 && link(0).packet_segs == 9 && s.packets_out == 49, 'forty, then five and four');
  assert((link(0).last_flags & FIN) != 0 && s.snd_nxt == end && s.write_seq == end, 'with the FIN');
  assert(s.write_head == NONE && s.rtx_len == 2 && poolState().skb_used < used, 'the skb whose bytes were moved is free');
}

export function a_small_window_makes_small_packets(): void {
  const s = alone(100);
  assert(xmitSizeGoal(s, MSS) == GSO_MAX_SIZE / MSS * MSS, '64 KiB');
  s.max_window = 30000;
  assert(xmitSizeGoal(s, MSS) == 10 * MSS, 'half the largest window, in whole segments');
  s.max_window = 2000;
  assert(xmitSizeGoal(s, MSS) == MSS, 'at least one');
}

export function a_receiver_with_a_small_buffer_gets_its_stream(): void {
  defaults();
  setHost(1, AT_SOCKET_RCVBUF, 8000);
  build();
  const pair = connected();
  transfer(<u32>(pair >> 32), <u32>pair, 300000, 20000);
  assert(link(0).packet_segs_max <= 8, 'in packets of no more than half its window');
}

export function packets_are_a_millisecond_of_the_pacing_rate(): void {
  const s = alone(100);
  s.rtt_min0 = 200000; // far away: the round trip adds nothing
  s.pacing_rate = 1024 * 10 * <u64>MSS;
  assert(tsoSegsMax(s, MSS) == 10, 'ten segments');
  s.pacing_rate = 1;
  assert(tsoSegsMax(s, MSS) == 2, 'tcp_min_tso_segs');
  s.rtt_min0 = 600;
  assert(tsoSegsMax(s, MSS) == (GSO_MAX_SIZE >> 1) / MSS, 'half of 64 KiB for 512 us and more');
  s.rtt_min0 = 100;
  assert(tsoSegsMax(s, MSS) == 45, 'all of it for less');
}

/** A socket that could send 5 segments of 10 that wait, and expects an ACK in a moment: it defers. */
function deferring(): Sock {
  const s = alone(30);
  write(s, 25 * MSS);
  s.snd_cwnd = 30;
  const sent_us = skb(s.rtx_head).cb1;
  s.srtt_us = 400 << 3;
  stage().us = sent_us + 350;
  s.wstamp_ns = stage().ns - (stage().us - sent_us) * 1000;
  assert(s.packets_out == 25 && s.write_head == NONE, 'twenty-five are out');
  return s;
}
/** What would become of an skb of so many segments behind what was sent. */
function verdict(s: Sock, segs: u32, flags: u32 = 0, is_tail: bool = true): u32 {
  const b = skb(s.rtx_tail);
  const seq = b.seq;
  const len = b.len;
  const before = b.tcp_flags;
  b.seq = s.snd_nxt;
  b.len = segs * MSS;
  b.tcp_flags = <u8>flags;
  const answer = tsoShouldDefer(s, b, is_tail, 45);
  b.seq = seq;
  b.len = len;
  b.tcp_flags = before;
  return answer;
}

export function a_packet_waits_for_the_window_to_open(): void {
  const s = deferring();
  assert(verdict(s, 10) == DEFER_CWND_LIMITED, 'the congestion window is too small for it');
  s.snd_wnd = s.snd_nxt - s.snd_una + 5 * MSS;
  assert(wndEnd(s) - s.snd_nxt == 5 * MSS && verdict(s, 10) == DEFER_YES, 'the receive window is');
  s.snd_wnd = 1048576;
  assert(verdict(s, 4) == DEFER_YES, 'it fits, but more may be written');
}
export function but_not_with_a_fin(): void {
  const s = deferring();
  assert(verdict(s, 4, FIN) == DEFER_NO, 'it gets no more data');
  assert(verdict(s, 10, FIN) == DEFER_CWND_LIMITED, 'unless it does not fit');
}
export function nor_when_others_wait_behind_it(): void {
  const s = deferring();
  assert(verdict(s, 4, 0, false) == DEFER_NO && verdict(s, 10, 0, false) == DEFER_CWND_LIMITED, 'it gets no more data');
}
export function nor_in_recovery(): void {
  const s = deferring();
  s.ca_state = TCP_CA_RECOVERY;
  assert(verdict(s, 10) == DEFER_NO, 'recovery sends what it may');
}
export function nor_after_a_millisecond_of_silence(): void {
  const s = deferring();
  s.wstamp_ns = stage().ns - 1001000;
  assert(verdict(s, 10) == DEFER_NO, 'the burst is over');
}
export function nor_when_the_ack_is_far_away(): void {
  const s = deferring();
  stage().us = skb(s.rtx_head).cb1 + 150;
  assert(verdict(s, 10) == DEFER_NO, '250 of 400 microseconds');
  stage().us += 50;
  assert(verdict(s, 10) == DEFER_CWND_LIMITED, 'half of them');
}
export function nor_with_a_third_of_the_window(): void {
  const s = deferring();
  s.snd_cwnd = 38;
  assert(verdict(s, 20) == DEFER_NO, '13 of 38');
  s.snd_cwnd = 37;
  assert(verdict(s, 20) == DEFER_CWND_LIMITED || verdict(s, 20) == DEFER_NO, '12 of 37: at the border');
  s.snd_cwnd = 36;
  assert(verdict(s, 20) == DEFER_CWND_LIMITED, '11 of 36');
}
export function without_a_divisor_three_segments_are_enough(): void {
  const s = deferring();
  setHost(0, AT_TCP_TSO_WIN_DIVISOR, 0);
  assert(verdict(s, 10) == DEFER_NO, 'five');
  s.snd_cwnd = 28;
  assert(verdict(s, 10) == DEFER_CWND_LIMITED, 'three are not more than three');
}

export function a_deferred_packet_goes_with_the_next_ack(): void {
  const s = deferring();
  const packets = link(0).packets;
  write(s, 20 * MSS);
  assert(link(0).packets == packets || s.packets_out > 25, 'it waits, or goes in part');
  acked(s, s.snd_una + 25 * MSS);
  assert(s.write_head == NONE && s.packets_out <= 20, 'all of it');
}

export function a_packet_is_cut_where_the_windows_end(): void {
  const s = alone(100);
  write(s, 10 * MSS);
  const b = skb(s.rtx_head);
  const una = s.snd_una;
  s.snd_wnd = 4 * MSS + 100;
  assert(b.seq == una && mssSplitPoint(s, b, true, MSS, 45, false) == 4 * MSS + 100, 'all of the window');
  assert(mssSplitPoint(s, b, true, MSS, 45, true) == 4 * MSS, 'or whole segments, if Nagle holds the rest');
  assert(mssSplitPoint(s, b, true, MSS, 3, true) == 3 * MSS, 'no more segments than allowed');
  s.snd_wnd = 1048576;
  assert(mssSplitPoint(s, b, false, MSS, 45, true) == 45 * MSS, 'in the middle of the queue nothing is cut short');
}

/** With an MTU of 64 KiB two segments are more than the IP length field holds. */
function hugeSegments(family: u64): void {
  defaults();
  for (let host: u32 = 0; host < 2; host++) {
    setHost(host, AT_NIC_MTU, 60000);
    setHost(host, AT_TCP_FAMILY, family);
    setHost(host, AT_TCP_MIN_TSO_SEGS, 3);
  }
  build();
  const pair = connected(<u32>family);
  transfer(<u32>(pair >> 32), <u32>pair, 3000000, 2000);
  assert(link(0).packet_segs_max > 1, 'packets of more than 64 KiB');
}
export function segments_of_almost_64_kib_ipv4(): void {
  hugeSegments(4);
}
export function segments_of_almost_64_kib_ipv6(): void {
  hugeSegments(6);
}

export function the_device_gives_back_what_it_was_given(): void {
  defaults();
  build();
  const pair = connected();
  link(0).loss_ppm = 5000;
  transfer(<u32>(pair >> 32), <u32>pair, 2000000, 20000);
  runMs(2000);
  assert(sock(<u32>(pair >> 32)).wmem_alloc == 0 && sock(<u32>pair).wmem_alloc == 0, 'all of it');
}

/** Megabytes both ways over a link that loses, reorders and doubles segments: verified after every event. */
function badWeather(seed: u64, sack: u64): void {
  defaults();
  setRun(AT_RUN_SEED, seed);
  setHost(0, AT_TCP_SACK, sack);
  build();
  const pair = connected((seed & 1) == 0 ? 4 : 6);
  for (let i: u32 = 0; i < 2; i++) {
    const l = link(i);
    l.loss_ppm = 3000 << <u32>(seed & 3);
    l.reorder_ppm = 20000;
    l.duplicate_ppm = 5000;
    l.reorder_ns = 1000 << <u32>(seed % 10);
    l.byte_ns_q10 = 820;
  }
  const there = <u32>(pair >> 32);
  const back = <u32>pair;
  app(there).reads = 1;
  app(back).to_send = 600000;
  transfer(there, back, 1000000, 200000);
  for (let i = 0; i < 200000 && app(there).received < 600000; i++) runMs(1);
  assert(app(there).received == 600000, 'both streams arrive whole');
  runMs(20000);
  assert(link(0).packet_segs_max > 1 && sock(there).packets_out == 0, 'in large packets');
}
export function bad_weather_with_sack_1(): void {
  badWeather(1, 1);
}
export function bad_weather_with_sack_2(): void {
  badWeather(2, 1);
}
export function bad_weather_with_sack_3(): void {
  badWeather(3, 1);
}
export function bad_weather_without_sack_1(): void {
  badWeather(4, 0);
}
export function bad_weather_without_sack_2(): void {
  badWeather(5, 0);
}
export function bad_weather_without_sack_3(): void {
  badWeather(7, 0);
}
/** For a longer search: any seed. */
export function badWeatherOf(seed: u64, sack: u64): void {
  badWeather(seed, sack);
}
