/** Description: explicit congestion notification, classic (RFC 3168) and accurate (RFC 9768), between two hosts. */
import { TCP_INCEPKTS, TCP_TCPDELIVEREDCE } from '../../../sim/core';
import { TCP_CA_CWR } from '../../../stack/5-tcp/ack_flags';
import {
  accecnExtractSynEct, accecnReflectorFlags, ecnModeAccecn, ecnModeAny, ecnModeRfc3168, ectTransitionValid, TCP_ACCECN_OPT_COUNTER_SEEN,
  TCP_ECN_DEMAND_CWR,
} from '../../../stack/5-tcp/ecn';
import { accecnFit, fitBlocks, fitFields, fitSize } from '../../../stack/5-tcp/ecn_out';
import { TCP_INFINITE_SSTHRESH } from '../../../stack/5-tcp/cong';
import { mibBase, Sock, sock } from '../../../stack/6-socket';
import { AT_TCP_ECN, AT_TCP_ECN_FALLBACK, AT_TCP_ECN_OPTION, setHost } from '../config.gen.as';
import { ACK, build, connected, connecting, CWR, defaults, ECE, link, listener, runMs, SYN, transfer } from '../config_loopback.as';

function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}
/** A connection between hosts with these values of tcp_ecn. */
function hosts(client_ecn: u32, server_ecn: u32, family: u32 = 4): u64 {
  defaults();
  setHost(0, AT_TCP_ECN, client_ecn);
  setHost(1, AT_TCP_ECN, server_ecn);
  build();
  const pair = connected(family);
  runMs(1000);
  return pair;
}
function client(pair: u64): Sock {
  return sock(<u32>(pair >> 32));
}
function server(pair: u64): Sock {
  return sock(<u32>pair);
}

export function by_default_nobody_asks_for_ecn(): void {
  const pair = hosts(2, 2);
  assert(!ecnModeAny(client(pair)) && !ecnModeAny(server(pair)), 'agreed only when asked');
  transfer(<u32>(pair >> 32), <u32>pair, 100000, 100);
  assert(link(0).last_ecn == 0 && link(0).last_ace == 0, 'and nothing says that it is capable');
}

export function classic_ecn_is_agreed_on_and_only_new_data_is_capable(): void {
  const pair = hosts(1, 2);
  assert(ecnModeRfc3168(client(pair)) && ecnModeRfc3168(server(pair)), 'both');
  transfer(<u32>(pair >> 32), <u32>pair, 1000, 100);
  runMs(1000);
  assert(link(0).last_len == 1000 && link(0).last_ecn == 2, 'data is ECT(0)');
  assert(link(1).last_len == 0 && link(1).last_ecn == 0, 'its ACK is not');
}

export function a_mark_is_echoed_until_the_sender_says_that_it_slowed_down(): void {
  const pair = hosts(1, 1);
  const c = client(pair);
  link(0).mark_from = 4;
  link(0).mark_to = 4;
  transfer(<u32>(pair >> 32), <u32>pair, 400000, 1000);
  assert(link(0).marked == 1 && mib(1, TCP_INCEPKTS) == 1, 'one mark');
  assert(link(1).ece_segments > 0 && link(0).cwr_segments == 1, 'echoed, and answered by one CWR although packets are cut by the device');
  assert(c.snd_ssthresh < TCP_INFINITE_SSTHRESH && c.total_retrans == 0, 'the window was reduced without a loss');
  assert((server(pair).ecn_flags & TCP_ECN_DEMAND_CWR) == 0, 'and the echo has ended');
  assert(c.delivered_ce > 0 && mib(0, TCP_TCPDELIVEREDCE) == <u64>c.delivered_ce, 'what ACKs with an echo delivered is counted');
}

export function an_echo_reduces_the_window_once_a_round_trip(): void {
  const pair = hosts(1, 1);
  const c = client(pair);
  link(0).delay_ns = 10000000;
  link(1).delay_ns = 10000000;
  link(0).mark_from = 1;
  link(0).mark_to = 10;
  const before = c.snd_cwnd;
  transfer(<u32>(pair >> 32), <u32>pair, 14480, 500);
  runMs(100);
  assert(c.ca_state == TCP_CA_CWR || c.snd_cwnd == c.snd_ssthresh, 'PRR steers');
  assert(c.snd_ssthresh == before * 717 / 1024, 'by CUBIC\'s factor, once for ten marks');
}

function marksAreCounted(family: u32): void {
  const pair = hosts(3, 3, family);
  const c = client(pair);
  const s = server(pair);
  assert(ecnModeAccecn(c) && ecnModeAccecn(s), 'accurate on both sides');
  assert(c.saw_accecn_opt == TCP_ACCECN_OPT_COUNTER_SEEN && s.saw_accecn_opt == TCP_ACCECN_OPT_COUNTER_SEEN, 'options pass');
  link(0).mark_from = 5;
  link(0).mark_to = 24;
  transfer(<u32>(pair >> 32), <u32>pair, 1000000, 1000);
  runMs(1000);
  assert(link(0).marked == 20 && s.received_ce == 20, 'the receiver counts marked packets');
  assert(c.delivered_ce == 20, 'and the sender learns how many');
  assert(s.received_ce_bytes > 0 && c.delivered_ce_bytes == s.received_ce_bytes, 'and how many bytes');
  assert(c.delivered_e0_bytes == s.received_e0_bytes && s.received_e0_bytes + s.received_ce_bytes == 1000000, 'and without a mark');
  assert(c.snd_ssthresh < TCP_INFINITE_SSTHRESH && c.accecn_fail_mode == 0 && s.accecn_fail_mode == 0, 'it slowed down');
  assert(link(1).last_ecn == 2 && link(1).last_accecn >= 0, 'ACKs are capable too and have an option');
}
export function accurate_ecn_counts_marks(): void {
  marksAreCounted(4);
}
export function accurate_ecn_counts_marks_over_ipv6(): void {
  marksAreCounted(6);
}

export function more_marks_than_the_flags_can_count(): void {
  const pair = hosts(3, 3);
  const c = client(pair);
  setHost(1, AT_TCP_ECN_OPTION, 0);
  link(0).mark_from = 1;
  link(0).mark_to = 1000;
  transfer(<u32>(pair >> 32), <u32>pair, 500000, 2000);
  runMs(1000);
  assert(link(0).marked > 100 && server(pair).received_ce == link(0).marked, 'all marked');
  assert(c.delivered_ce == server(pair).received_ce, 'ACKs come often enough that nothing is lost modulo 8');
}

export function an_accurate_client_makes_do_with_a_classic_server(): void {
  const pair = hosts(3, 1);
  assert(ecnModeRfc3168(client(pair)) && ecnModeRfc3168(server(pair)), 'RFC 3168 it is');
  const other = hosts(3, 0);
  assert(!ecnModeAny(client(other)) && !ecnModeAny(server(other)), 'or nothing');
}

export function a_classic_client_gets_classic_ecn_of_an_accurate_server(): void {
  const pair = hosts(4, 3);
  assert(ecnModeRfc3168(client(pair)) && ecnModeRfc3168(server(pair)), 'RFC 3168');
}

/** Flags and code point of the SYN, `losses` timeouts after the first. */
function synAfter(client_ecn: u32, losses: u32): u32 {
  defaults();
  setHost(0, AT_TCP_ECN, client_ecn);
  build();
  listener(1, 4, 80);
  link(0).cut = 1;
  connecting(0, 4, 80);
  runMs(<u64>losses * 1000 + 500);
  assert((link(0).last_flags & (SYN | ACK)) == SYN && link(0).segments == losses + 1, 'a SYN');
  return link(0).last_ace;
}
export function a_syn_asks_with_two_flags_or_three(): void {
  assert(synAfter(1, 0) == 3, 'classic');
}
export function a_lost_syn_goes_out_again_without_ecn(): void {
  assert(synAfter(1, 1) == 0, 'classic');
}
export function accurate_ecn_tries_twice(): void {
  assert(synAfter(3, 1) == 7, 'still asks');
}
export function and_then_does_without(): void {
  assert(synAfter(3, 2) == 0, 'asks no more');
}

export function without_fallback_a_lost_syn_stays_as_it_is(): void {
  defaults();
  setHost(0, AT_TCP_ECN, 3);
  setHost(0, AT_TCP_ECN_FALLBACK, 0);
  build();
  link(0).cut = 1;
  connecting(0, 4, 80);
  runMs(3500);
  assert(link(0).segments == 4 && link(0).last_ace == 7, 'four times the same');
}

export function a_retransmission_of_classic_ecn_is_not_capable(): void {
  const pair = hosts(1, 1);
  link(0).drop_from = 1;
  link(0).drop_to = 1;
  transfer(<u32>(pair >> 32), <u32>pair, 1000, 2000);
  assert(client(pair).total_retrans > 0 && link(0).last_len == 1000 && link(0).last_ecn == 0, 'so that a mark is not lost with it');
}

export function a_bleached_path_leaves_nothing_to_count(): void {
  const pair = hosts(3, 3);
  link(0).bleach = 1;
  link(0).mark_from = 1;
  link(0).mark_to = 1000;
  transfer(<u32>(pair >> 32), <u32>pair, 100000, 1000);
  assert(link(0).marked == 0 && server(pair).received_ce == 0 && client(pair).delivered_ce == 0, 'no code point, no mark');
}

export function the_handshake_reflects_each_code_point(): void {
  for (let ect: u32 = 0; ect < 4; ect++) assert(accecnExtractSynEct(accecnReflectorFlags(ect) >> 6) == ect, 'there and back');
  assert(accecnReflectorFlags(0) == CWR && accecnReflectorFlags(1) == (CWR | ECE), 'RFC 9768 table 2');
  assert(ectTransitionValid(2, 3) && ectTransitionValid(1, 3) && ectTransitionValid(0, 0), 'routers mark');
  assert(!ectTransitionValid(0, 3) && !ectTransitionValid(3, 2) && !ectTransitionValid(2, 0), 'and do nothing else');
}

function fits(required: i32, remaining: i32, saving: i32, blocks: i32, fields: i32, size: i32, left_blocks: u32): bool {
  const fit = accecnFit(required, remaining, saving, blocks);
  return <i32>fitFields(fit) - 1 == fields && fitSize(fit) == size && fitBlocks(fit) == left_blocks;
}
export function the_option_takes_what_room_there_is(): void {
  assert(fits(0, 28, 0, 0, 3, 12, 0), 'all fields and a NOP');
  assert(fits(0, 8, 2, 2, 2, 8, 2), 'two of them');
  assert(fits(0, 4, 2, 1, 1, 4, 1), 'one: its last byte takes the place of a NOP');
  assert(fits(0, 0, 2, 3, 0, 0, 3), 'none: a kind and a length in the place of two NOPs');
  assert(fits(0, 4, 0, 0, 0, 4, 0), 'or with NOPs of its own');
}
export function sack_blocks_give_way_to_fields_that_are_needed(): void {
  assert(fits(3, 0, 2, 3, -1, 0, 3), 'but two blocks stay');
  assert(fits(2, 0, 2, 3, 2, 8 - 8, 2), 'one block for two fields');
  assert(fits(1, 0, 2, 3, 2, 8 - 8, 2), 'if one goes, its room is used');
  assert(fits(3, 4, 2, 4, 3, 12 - 8, 3), 'the fourth block for all three');
}
