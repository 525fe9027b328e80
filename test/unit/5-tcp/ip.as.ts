/** Description: what is no good IP packet for this host goes no further, with its reason. */
import {
  CONTEXT_SOFTIRQ, coreState, csumFinish, csumPartial, csumPseudo, DROP_COUNT, DROP_IP_CSUM, DROP_IP_INHDR, DROP_OTHERHOST,
  DROP_PKT_TOO_SMALL, DROP_TCP_CSUM, DROP_UNHANDLED_PROTO, enterContext, leaveContext, newPktId, NONE, storeBe16, storeBe32,
} from '../../../sim/core';
import { poolState, skb, skbAlloc, SKB_HEAD_TRUESIZE } from '../../../stack/3-pool';
import { hostAddress0, hostAddress1, ipReceive } from '../../../stack/5-tcp';
import { AT_TCP_ANYIP, setHost } from '../config.gen.as';
import { ACK, build, defaults, link, listener, RST, SYN } from '../config_loopback.as';

function dropped(reason: u32): u64 {
  return load<u64>(<usize>coreState().drops_base + (<usize>(DROP_COUNT + reason) << 3));
}

/** A SYN for port 80 of the server; the skb's index. IP header at head + 14. */
function syn(family: u32): u32 {
  const idx = skbAlloc(1);
  const b = skb(idx);
  const ip = <usize>b.head + 14;
  const ip_len: u32 = family == 4 ? 20 : 40;
  if (family == 4) {
    storeBe32(ip, 0x45000000 | 40);
    storeBe32(ip + 4, 0x4000);
    storeBe32(ip + 8, 0x40060000);
    store<u32>(ip, <u32>hostAddress0(0, 4), 12);
    store<u32>(ip, <u32>hostAddress0(1, 4), 16);
    store<u16>(ip, <u16>csumFinish(csumPartial(0, ip, 20)), 10);
  } else {
    storeBe32(ip, 0x60000000);
    storeBe32(ip + 4, (20 << 16) | 0x0640);
    store<u64>(ip, hostAddress0(0, 6), 8);
    store<u64>(ip, hostAddress1(0, 6), 16);
    store<u64>(ip, hostAddress0(1, 6), 24);
    store<u64>(ip, hostAddress1(1, 6), 32);
  }
  const th = ip + ip_len;
  storeBe16(th, 1234);
  storeBe16(th + 2, 80);
  storeBe32(th + 4, 1000);
  storeBe32(th + 8, 0);
  storeBe32(th + 12, (20 << 26) | (SYN << 16) | 1000);
  storeBe32(th + 16, 0);
  const addresses = family == 4 ? ip + 12 : ip + 8;
  const bytes: u32 = family == 4 ? 4 : 16;
  const sum = csumPartial(csumPseudo(addresses, addresses + bytes, bytes, 6, 20), th, 20);
  store<u16>(th, <u16>csumFinish(sum), 16);
  b.data_off = 14;
  b.network_off = 14;
  b.head_len = <u16>(ip_len + 20);
  b.len = b.head_len;
  b.truesize = SKB_HEAD_TRUESIZE;
  b.gso_segs = 1;
  b.pkt_id = newPktId();
  return idx;
}
function receive(idx: u32): void {
  enterContext(1, 0, CONTEXT_SOFTIRQ);
  ipReceive(1, idx, NONE);
  leaveContext();
}
function start(): void {
  defaults();
  build();
  listener(1, 4, 80);
  listener(1, 6, 81);
}

export function a_good_packet_is_answered(): void {
  start();
  receive(syn(4));
  assert(link(1).segments == 1 && link(1).last_flags == (SYN | ACK) && link(1).last_ack == 1001, 'SYN,ACK');
}

export function padding_is_cut_off(): void {
  start();
  const idx = syn(4);
  const b = skb(idx);
  b.head_len += 6;
  b.len += 6;
  receive(idx);
  assert(link(1).segments == 1 && link(1).last_ack == 1001, 'six bytes of Ethernet padding are no data');
}

export function a_packet_that_is_too_short_is_dropped(): void {
  start();
  let idx = syn(4);
  skb(idx).head_len -= 4;
  skb(idx).len -= 4;
  receive(idx);
  assert(dropped(DROP_PKT_TOO_SMALL) == 1, 'shorter than its header says');
  idx = syn(4);
  skb(idx).head_len = 10;
  skb(idx).len = 10;
  receive(idx);
  assert(dropped(DROP_PKT_TOO_SMALL) == 2, 'shorter than a header');
}

export function a_wrong_checksum_is_dropped(): void {
  start();
  let idx = syn(4);
  store<u8>(<usize>skb(idx).head + 14 + 8, 63);
  receive(idx);
  assert(dropped(DROP_IP_CSUM) == 1, 'of the IP header');
  idx = syn(4);
  store<u8>(<usize>skb(idx).head + 14 + 20 + 7, 1);
  receive(idx);
  assert(dropped(DROP_TCP_CSUM) == 1, 'of the segment');
  idx = syn(6);
  store<u8>(<usize>skb(idx).head + 14 + 40 + 7, 1);
  receive(idx);
  assert(dropped(DROP_TCP_CSUM) == 2, 'over IPv6 too');
  assert(link(1).segments == 0, 'and not answered');
}

export function a_checksum_that_the_nic_verified_is_not_looked_at(): void {
  start();
  const idx = syn(4);
  store<u16>(<usize>skb(idx).head + 14 + 20 + 16, 0);
  skb(idx).ip_summed = 1;
  receive(idx);
  assert(link(1).segments == 1, 'taken');
}

export function other_protocols_and_fragments_are_dropped(): void {
  start();
  let idx = syn(4);
  skb(idx).ip_summed = 1;
  store<u8>(<usize>skb(idx).head + 14 + 9, 17);
  receive(idx);
  assert(dropped(DROP_UNHANDLED_PROTO) == 1, 'UDP');
  idx = syn(4);
  skb(idx).ip_summed = 1;
  storeBe16(<usize>skb(idx).head + 14 + 6, 0x2000);
  receive(idx);
  assert(dropped(DROP_UNHANDLED_PROTO) == 2, 'a fragment');
  idx = syn(4);
  skb(idx).ip_summed = 1;
  store<u8>(<usize>skb(idx).head + 14, 0x46);
  receive(idx);
  assert(dropped(DROP_IP_INHDR) == 1, 'IP options');
  idx = syn(4);
  store<u8>(<usize>skb(idx).head + 14, 0x15);
  receive(idx);
  assert(dropped(DROP_UNHANDLED_PROTO) == 3, 'no IP at all');
}

export function a_packet_for_somebody_else_is_dropped(): void {
  start();
  const idx = syn(4);
  skb(idx).ip_summed = 1;
  store<u8>(<usize>skb(idx).head + 14 + 19, 99);
  receive(idx);
  assert(dropped(DROP_OTHERHOST) == 1, 'OTHERHOST');
}

export function with_anyip_every_address_is_ours(): void {
  defaults();
  setHost(1, AT_TCP_ANYIP, 1);
  build();
  listener(1, 4, 80);
  const idx = syn(4);
  skb(idx).ip_summed = 1;
  store<u8>(<usize>skb(idx).head + 14 + 19, 99);
  receive(idx);
  assert(link(1).segments == 1 && link(1).last_flags == (SYN | ACK), 'answered from that address');
}

export function a_family_6_listener_takes_both(): void {
  start();
  const idx = syn(4);
  skb(idx).ip_summed = 1;
  storeBe16(<usize>skb(idx).head + 14 + 22, 81);
  receive(idx);
  assert(link(1).last_flags == (SYN | ACK), 'IPV6_V6ONLY is off');
  receive(syn(6));
  assert((link(1).last_flags & RST) != 0, 'but a family 4 listener does not');
}

export function nothing_of_a_dropped_packet_is_left(): void {
  a_wrong_checksum_is_dropped();
  assert(poolState().skb_used == 0, 'no skb');
}
