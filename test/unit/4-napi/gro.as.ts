/** Description: GRO merges exactly what Linux merges; a packet too many in a batch would hide an acknowledgement or a push. */
import { DROP_NO_SOCKET, EV_DROP, EV_GRO_MERGE, NONE, storeBe16, storeBe32 } from '../../../sim/core';
import { skb, skbAddFrag, skbAlloc, txPageAlloc } from '../../../stack/3-pool';
import { groFlush, groReceive } from '../../../stack/4-napi';
import { groBucket, napi } from '../../../stack/4-napi/state';
import { AT_NAPI_GRO, setHost } from '../config.gen.as';
import { ACK, build, FIN, headers, lastTraced, PSH, small, SYN, traced } from '../config_two_nics.as';

const HASH: u32 = 5;
const SLOT: usize = 0x7900;

/** An skb as the driver makes it, of headers that were prepared. */
function packet(at: usize, header_len: u32, len: u32): u32 {
  const idx = skbAlloc(1);
  const b = skb(idx);
  memory.copy(<usize>b.head, at, header_len);
  b.pkt_id = load<u32>(SLOT) + 1;
  store<u32>(SLOT, b.pkt_id);
  b.data_off = 14;
  b.network_off = 14;
  b.head_len = <u16>(header_len - 14);
  b.len = header_len - 14;
  b.ip_summed = 1;
  b.hash = HASH;
  b.gso_segs = 1;
  b.truesize = 896;
  b.napi = 16;
  if (len != 0) skbAddFrag(idx, txPageAlloc(1), 0, len, 4096);
  return idx;
}
function segment(seq: u32, len: u32): u32 {
  return packet(headers(0, seq, len, ACK), 54, len);
}
/** Gives a segment whose IPv4 identification is `id`. */
function give(seq: u32, len: u32, id: u32, flags: u32 = 0x10): void {
  const at = headers(0, seq, len, flags);
  storeBe16(at + 18, id);
  groReceive(16, packet(at, 54, len));
}
function held(): u32 {
  const bucket = groBucket(napi(16), HASH);
  return bucket.count == 0 ? NONE : bucket.youngest;
}
/** Packets that reached TCP, where no socket waits for them. */
function wentUp(): u32 {
  return traced(EV_DROP);
}
function world(): void {
  small();
  build();
}

export function segments_that_follow_each_other_become_one(): void {
  world();
  for (let i: u32 = 0; i < 5; i++) give(1 + i * 1000, 1000, i);
  const p = skb(held());
  assert(p.gso_segs == 5 && p.len == 5040 && p.data_len == 5000 && p.nr_frags == 5 && p.gso_size == 1000, 'five in one');
  assert(p.truesize == 896 + 5 * 4096, 'heads of the others are gone');
  assert(traced(EV_GRO_MERGE) == 4 && wentUp() == 0, 'nothing went up');
  groFlush(16, false);
  assert(held() == NONE && wentUp() == 1 && lastTraced(EV_DROP, 12) == 1, 'one packet with the first one\'s id');
  assert(lastTraced(EV_DROP, 20) == DROP_NO_SOCKET && lastTraced(EV_DROP, 28) == 5020, 'and the bytes of all');
}

export function a_shorter_segment_ends_the_batch(): void {
  world();
  give(1, 1000, 1);
  give(1001, 999, 2);
  assert(wentUp() == 1 && traced(EV_GRO_MERGE) == 1 && held() == NONE, 'merged and up');
}

export function a_longer_segment_begins_a_batch(): void {
  world();
  give(1, 1000, 1);
  give(1001, 1001, 2);
  assert(wentUp() == 1 && traced(EV_GRO_MERGE) == 0 && skb(held()).gso_size == 1001, 'the first is up, the second held');
}

export function push_and_fin_are_merged_and_end_the_batch(): void {
  world();
  give(1, 1000, 1);
  give(1001, 1000, 2, ACK | PSH);
  assert(wentUp() == 1 && traced(EV_GRO_MERGE) == 1, 'with the push');
  give(2001, 1000, 3);
  give(3001, 1000, 4, ACK | FIN);
  assert(wentUp() == 2 && traced(EV_GRO_MERGE) == 2, 'with the FIN');
}

export function a_bare_acknowledgement_flushes_its_flow_and_goes_up(): void {
  world();
  give(1, 1000, 1);
  give(1001, 0, 2);
  assert(wentUp() == 2 && held() == NONE && lastTraced(EV_DROP, 12) == 2, 'the data first');
}

export function what_differs_is_not_merged(): void {
  world();
  give(1, 100, 1);
  give(102, 100, 2);
  assert(traced(EV_GRO_MERGE) == 0 && wentUp() == 1, 'a gap');
  let at = headers(0, 202, 100, ACK);
  storeBe16(at + 18, 3);
  storeBe32(at + 42, 78);
  groReceive(16, packet(at, 54, 100));
  assert(traced(EV_GRO_MERGE) == 0 && wentUp() == 2, 'another acknowledgement');
  at = headers(0, 302, 100, ACK);
  storeBe16(at + 18, 4);
  storeBe32(at + 42, 78);
  storeBe16(at + 48, 501);
  groReceive(16, packet(at, 54, 100));
  assert(traced(EV_GRO_MERGE) == 0 && wentUp() == 3, 'another window');
  at = headers(0, 402, 100, ACK);
  storeBe16(at + 18, 5);
  storeBe32(at + 42, 78);
  storeBe16(at + 48, 501);
  store<u8>(at + 14, 63, 8);
  groReceive(16, packet(at, 54, 100));
  assert(traced(EV_GRO_MERGE) == 0 && wentUp() == 4, 'another hop count');
}

/** A segment with a timestamp option. */
function stamped(seq: u32, id: u32, tsval: u32): void {
  const at = headers(0, seq, 100 + 12, ACK);
  storeBe16(at + 18, id);
  store<u8>(at + 46, 0x80);
  storeBe32(at + 54, 0x0101080a);
  storeBe32(at + 58, tsval);
  storeBe32(at + 62, 1);
  groReceive(16, packet(at, 66, 100));
}

export function options_must_be_the_same(): void {
  world();
  stamped(1, 1, 50);
  stamped(101, 2, 50);
  assert(traced(EV_GRO_MERGE) == 1, 'the same timestamp');
  stamped(201, 3, 51);
  assert(traced(EV_GRO_MERGE) == 1 && wentUp() == 1, 'another one');
}

export function the_identification_counts_up_or_stays(): void {
  world();
  give(1, 100, 9);
  give(101, 100, 9);
  give(201, 100, 9);
  assert(traced(EV_GRO_MERGE) == 2, 'it stays');
  give(301, 100, 12);
  assert(traced(EV_GRO_MERGE) == 2 && wentUp() == 1, 'and then does not');
  give(401, 100, 13);
  give(501, 100, 14);
  assert(traced(EV_GRO_MERGE) == 4, 'it counts up');
}

export function seventeen_fragments_are_a_packet(): void {
  world();
  for (let i: u32 = 0; i < 18; i++) give(1 + i * 10, 10, i);
  assert(wentUp() == 1 && skb(held()).gso_segs == 1, 'the eighteenth begins another');
}

export function flows_are_told_apart(): void {
  world();
  for (let round: u32 = 0; round < 2; round++) {
    for (let flow: u32 = 0; flow < 4; flow++) {
      const at = headers(0, 1 + round * 100, 100, ACK, 1000 + flow);
      storeBe16(at + 18, round);
      groReceive(16, packet(at, 54, 100));
    }
  }
  assert(groBucket(napi(16), HASH).count == 4 && traced(EV_GRO_MERGE) == 4 && wentUp() == 0, 'four flows, two segments each');
  for (let flow: u32 = 4; flow < 9; flow++) groReceive(16, packet(headers(0, 1, 100, ACK, 1000 + flow), 54, 100));
  assert(groBucket(napi(16), HASH).count == 8 && wentUp() == 1 && lastTraced(EV_DROP, 12) == 1, 'the ninth pushes the oldest out');
}

export function syn_and_unvalidated_packets_pass_by(): void {
  world();
  give(1, 0, 1, SYN);
  assert(wentUp() == 1, 'a SYN');
  const idx = segment(1, 100);
  skb(idx).ip_summed = 0;
  groReceive(16, idx);
  assert(wentUp() == 2 && held() == NONE, 'a packet whose checksum is not known to be right');
}

export function padding_is_not_merged(): void {
  world();
  give(1, 100, 1);
  const at = headers(0, 101, 90, ACK);
  storeBe16(at + 18, 2);
  groReceive(16, packet(at, 54, 100));
  assert(traced(EV_GRO_MERGE) == 0 && wentUp() == 2, 'the datagram is shorter than the frame');
}

export function without_gro_every_packet_goes_up(): void {
  small();
  setHost(1, AT_NAPI_GRO, 0);
  build();
  for (let i: u32 = 0; i < 3; i++) give(1 + i * 100, 100, i);
  assert(wentUp() == 3, 'each by itself');
}

/** An IPv6 segment of the flow. */
function give6(seq: u32, traffic_class: u32): void {
  const at = headers(0, seq, 0, ACK);
  memory.copy(at + 54, at + 34, 20);
  memory.fill(at + 14, 0, 40);
  storeBe16(at + 12, 0x86dd);
  storeBe32(at + 14, 0x60000000 | (traffic_class << 20) | 0x1234);
  storeBe16(at + 18, 120);
  store<u8>(at + 20, 6);
  groReceive(16, packet(at, 74, 100));
}

export function ipv6_is_merged_while_its_traffic_class_stays(): void {
  world();
  give6(1, 0);
  give6(101, 0);
  assert(traced(EV_GRO_MERGE) == 1, 'merged');
  give6(201, 1);
  assert(traced(EV_GRO_MERGE) == 1 && wentUp() == 1 && held() != NONE, 'another class, but the same flow');
}
