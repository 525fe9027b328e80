/** Description: what RFC 9293 section 3.10.7.4 and RFC 5961 say about segments that do not fit. */
import { TCP_PAWSESTAB, TCP_TCPCHALLENGEACK, TCP_TCPDSACKOLDSENT, TCP_TCPSYNCHALLENGE } from '../../../sim/core';
import { poolState } from '../../../stack/3-pool';
import { mibBase, Sock, sock, TCP_CLOSE, TCP_ESTABLISHED } from '../../../stack/6-socket';
import { ACK, build, connected, defaults, FIN, inject, link, PSH, RST, runMs, SYN } from '../config_loopback.as';

function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}
/** The server's end of a new connection. */
function server(): Sock {
  defaults();
  build();
  const pair = connected();
  runMs(1000);
  return sock(<u32>pair);
}

export function an_exact_rst_closes(): void {
  const s = server();
  inject(s, s.rcv_nxt, 0, RST, 0, 0);
  assert(s.state == <u8>TCP_CLOSE && s.err == 104, 'ECONNRESET');
}

export function a_rst_elsewhere_in_the_window_is_challenged(): void {
  const s = server();
  const out = link(1).segments;
  inject(s, s.rcv_nxt + 100, 0, RST, 0, 0);
  assert(s.state == <u8>TCP_ESTABLISHED, 'the connection lives');
  assert(link(1).segments == out + 1 && link(1).last_flags == ACK && mib(1, TCP_TCPCHALLENGEACK) == 1, 'a challenge ACK');
  inject(s, s.rcv_nxt + 200, 0, RST, 0, 0);
  assert(link(1).segments == out + 1, 'at most one in half a second');
}

export function a_rst_outside_the_window_is_ignored(): void {
  const s = server();
  const out = link(1).segments;
  inject(s, s.rcv_nxt + 10000000, 0, RST, 0, 0);
  inject(s, s.rcv_nxt - 10, 0, RST, 0, 0);
  assert(s.state == <u8>TCP_ESTABLISHED && link(1).segments == out, 'not even answered');
}

export function a_syn_in_a_connection_is_challenged(): void {
  const s = server();
  const out = link(1).segments;
  inject(s, s.rcv_nxt, 0, SYN, 100, 0);
  assert(s.state == <u8>TCP_ESTABLISHED && mib(1, TCP_TCPSYNCHALLENGE) == 1, 'it lives');
  assert(link(1).segments == out + 1 && link(1).last_flags == ACK && link(1).last_ack == s.rcv_nxt, 'and says where it is');
}

export function an_ack_of_what_was_never_sent_is_answered(): void {
  const s = server();
  const out = link(1).segments;
  inject(s, s.rcv_nxt, s.snd_nxt + 1000, ACK, 100, 10);
  assert(s.snd_una == s.snd_nxt && s.rcv_nxt - s.copied_seq == 0, 'neither ACK nor data count');
  assert(link(1).segments == out + 1, 'RFC 5961 section 5.2');
}

export function old_data_is_reported_as_duplicate(): void {
  const s = server();
  inject(s, s.rcv_nxt, s.snd_nxt, ACK | PSH, 500, 100);
  assert(s.rcv_nxt - s.copied_seq == 100, 'taken');
  inject(s, s.rcv_nxt - 100, s.snd_nxt, ACK | PSH, 500, 100);
  assert(s.rcv_nxt - s.copied_seq == 100 && mib(1, TCP_TCPDSACKOLDSENT) == 1, 'only once');
  assert(link(1).last_sacks == 1 && link(1).last_sack_end == s.rcv_nxt && link(1).last_ack == s.rcv_nxt, 'and a DSACK says so');
}

export function data_with_an_old_head_brings_its_tail(): void {
  const s = server();
  inject(s, s.rcv_nxt, s.snd_nxt, ACK | PSH, 500, 100);
  inject(s, s.rcv_nxt - 50, s.snd_nxt, ACK | PSH, 500, 100);
  assert(s.rcv_nxt - s.copied_seq == 150, 'half of it was new');
}

export function data_beyond_the_window_is_refused(): void {
  const s = server();
  const edge = s.rcv_wup + s.rcv_wnd;
  const out = link(1).segments;
  inject(s, edge + 1, s.snd_nxt, ACK, 500, 100);
  assert(s.ooo_len == 0 && s.rcv_nxt == s.copied_seq, 'nothing is kept');
  assert(link(1).segments == out + 1, 'and answered');
}

export function an_old_timestamp_is_refused(): void {
  const s = server();
  inject(s, s.rcv_nxt, s.snd_nxt, ACK | PSH, 500, 100, s.ts_recent - 1000);
  assert(s.rcv_nxt == s.copied_seq && mib(1, TCP_PAWSESTAB) == 1, 'PAWS');
  inject(s, s.rcv_nxt, s.snd_nxt, ACK | PSH, 500, 100, s.ts_recent + 1000);
  assert(s.rcv_nxt - s.copied_seq == 100, 'a new one passes');
}

export function a_segment_without_ack_is_dropped(): void {
  const s = server();
  inject(s, s.rcv_nxt, 0, PSH, 500, 100);
  assert(s.rcv_nxt == s.copied_seq, 'TCP_FLAGS');
}

export function out_of_order_segments_wait_sorted_and_without_overlap(): void {
  const s = server();
  const at = s.rcv_nxt;
  inject(s, at + 300, s.snd_nxt, ACK, 500, 100);
  assert(link(1).last_sacks == 1 && link(1).last_sack_start == at + 300 && link(1).last_ack == at, 'a duplicate ACK with SACK');
  inject(s, at + 100, s.snd_nxt, ACK, 500, 100);
  assert(link(1).last_sacks == 2 && link(1).last_sack_start == at + 100, 'the newest block comes first');
  inject(s, at + 150, s.snd_nxt, ACK, 500, 100);
  assert(link(1).last_sack_end == at + 200 && link(1).last_sack_start == at + 150, 'a DSACK for the overlap');
  inject(s, at + 110, s.snd_nxt, ACK, 500, 20);
  runMs(2); // from the fourth on ACKs are compressed
  assert(link(1).last_sack_start == at + 110 && link(1).last_sack_end == at + 130, 'a DSACK for what was all there');
  inject(s, at + 90, s.snd_nxt, ACK, 500, 400);
  runMs(2);
  assert(s.ooo_len == 1 && link(1).last_sack_start == at + 100, 'one segment that covers all others');
  inject(s, at, s.snd_nxt, ACK, 500, 95);
  assert(s.rcv_nxt == at + 490 && s.ooo_len == 0 && s.num_sacks == 0, 'the hole is filled');
}

export function a_fin_out_of_order_waits_for_its_turn(): void {
  const s = server();
  const at = s.rcv_nxt;
  inject(s, at + 100, s.snd_nxt, ACK | FIN, 500, 10);
  assert(s.state == <u8>TCP_ESTABLISHED, 'not yet');
  inject(s, at, s.snd_nxt, ACK, 500, 100);
  assert(s.state == 8 && s.rcv_nxt == at + 111, 'CLOSE-WAIT, with the FIN counted');
}

export function a_window_from_an_old_segment_is_not_taken(): void {
  const s = server();
  inject(s, s.rcv_nxt, s.snd_nxt, ACK | PSH, 1000, 10);
  assert(s.snd_wnd == 1000 << 7, 'a new window');
  inject(s, s.rcv_nxt - 10, s.snd_nxt, ACK, 2000, 0);
  assert(s.snd_wnd == 1000 << 7, 'RFC 9293: SND.WL1');
}

export function nothing_leaks(): void {
  const s = server();
  const used = poolState().skb_used;
  for (let i: u32 = 0; i < 50; i++) inject(s, s.rcv_nxt - 1000 + i * 100, s.snd_nxt, ACK, 500, 60);
  inject(s, s.rcv_nxt, 0, RST, 0, 0);
  runMs(1000);
  assert(s.rmem_alloc <= 100000 && poolState().skb_used - used == s.receive_len + s.ooo_len, 'only queues hold skbs');
}
