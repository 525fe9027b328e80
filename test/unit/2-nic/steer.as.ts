/**
 * Description: the RSS hash is the one that Microsoft publishes ("Verifying the RSS Hash Calculation"), for the key and
 * the addresses given there, so that a flow lands in the queue in which real hardware would put it.
 */
import { arenaAlloc, arenaInit, EV_DROP, EV_NIC_STEER, NIC_RX_NTUPLE_DROP, storeBe16, storeBe32 } from '../../../sim/core';
import { nicCounter, nicOf, toeplitz, toeplitzTables } from '../../../nic-model/2-nic';
import { addRule, AT_NIC_NTUPLE, AT_NIC_RSS_EQUAL, AT_NIC_RSS_START, setHost } from '../config.gen.as';
import { build, headers, HEADERS, lastTraced, runUntil, send, small, traced } from '../config_two_nics.as';
import { wireInject } from '../../../nic-model/1-wire';

function key(): usize {
  const at = arenaAlloc(40);
  storeBe32(at, 0x6d5a56da);
  storeBe32(at + 4, 0x255b0ec2);
  storeBe32(at + 8, 0x4167253d);
  storeBe32(at + 12, 0x43a38fb0);
  storeBe32(at + 16, 0xd0ca2bcb);
  storeBe32(at + 20, 0xae7b30b4);
  storeBe32(at + 24, 0x77cb2da3);
  storeBe32(at + 28, 0x8030f20c);
  storeBe32(at + 32, 0x6a42b73b);
  storeBe32(at + 36, 0xbeac01fa);
  return at;
}

/** Source and destination as in the published table: the packet comes from `src`. */
function ipv4(tables: usize, src: u32, src_port: u32, dst: u32, dst_port: u32, hash: u32, hash_tcp: u32): void {
  const at = arenaAlloc(16);
  storeBe32(at, src);
  storeBe32(at + 4, dst);
  storeBe16(at + 8, src_port);
  storeBe16(at + 10, dst_port);
  assert(toeplitz(tables, 0, at, 8) == hash, 'addresses alone');
  assert(toeplitz(tables, 0, at, 12) == hash_tcp, 'with TCP ports');
  assert((toeplitz(tables, 0, at, 8) ^ toeplitz(tables, 8, at + 8, 4)) == hash_tcp, 'and in two parts, since the hash is linear');
}

export function the_published_ipv4_vectors_come_out(): void {
  arenaInit();
  const t = toeplitzTables(key());
  ipv4(t, 0x420995bb, 2794, 0xa18e6450, 1766, 0x323e8fc2, 0x51ccc178); // 66.9.149.187 to 161.142.100.80
  ipv4(t, 0xc75c6f02, 14230, 0x41458c53, 4739, 0xd718262a, 0xc626b0ea); // 199.92.111.2 to 65.69.140.83
  ipv4(t, 0x1813c65f, 12898, 0x0c16cfb8, 38024, 0xd2d0a5de, 0x5c2b394a); // 24.19.198.95 to 12.22.207.184
  ipv4(t, 0x261bcd1e, 48228, 0xd18ea306, 2217, 0x82989176, 0xafc7327f); // 38.27.205.30 to 209.142.163.6
  ipv4(t, 0x9927a3bf, 44251, 0xcabc7f02, 1303, 0x5d1809c5, 0x10e828a2); // 153.39.163.191 to 202.188.127.2
}

function ipv6(tables: usize, at: usize, src_port: u32, dst_port: u32, hash: u32, hash_tcp: u32): void {
  storeBe16(at + 32, src_port);
  storeBe16(at + 34, dst_port);
  assert(toeplitz(tables, 0, at, 32) == hash, 'addresses alone');
  assert(toeplitz(tables, 0, at, 36) == hash_tcp, 'with TCP ports');
}

function words(at: usize, a: u32, b: u32, c: u32, d: u32): void {
  storeBe32(at, a);
  storeBe32(at + 4, b);
  storeBe32(at + 8, c);
  storeBe32(at + 12, d);
}

export function the_published_ipv6_vectors_come_out(): void {
  arenaInit();
  const t = toeplitzTables(key());
  const at = arenaAlloc(64);
  words(at, 0x3ffe2501, 0x02001fff, 0x00000000, 0x00000007); // 3ffe:2501:200:1fff::7
  words(at + 16, 0x3ffe2501, 0x02000003, 0x00000000, 0x00000001); // 3ffe:2501:200:3::1
  ipv6(t, at, 2794, 1766, 0x2cc18cd5, 0x40207d3d);
  words(at, 0x3ffe0501, 0x00080000, 0x026097ff, 0xfe40efab); // 3ffe:501:8::260:97ff:fe40:efab
  words(at + 16, 0xff020000, 0x00000000, 0x00000000, 0x00000001); // ff02::1
  ipv6(t, at, 14230, 4739, 0x0f0c461c, 0xdde51bbf);
  words(at, 0x3ffe1900, 0x45450003, 0x0200f8ff, 0xfe2167cf); // 3ffe:1900:4545:3:200:f8ff:fe21:67cf
  words(at + 16, 0xfe800000, 0x00000000, 0x0200f8ff, 0xfe2167cf); // fe80::200:f8ff:fe21:67cf
  ipv6(t, at, 44251, 38024, 0x4b61e985, 0x02d1feef);
}

export function rss_spreads_over_the_queues_that_it_was_given(): void {
  small();
  setHost(1, AT_NIC_RSS_START, 1);
  setHost(1, AT_NIC_RSS_EQUAL, 2);
  build();
  const table = <usize>nicOf(1).indirection;
  for (let i: usize = 0; i < 128; i++) assert(load<u8>(table + i) == <u8>(1 + (i & 1)), 'queues 1 and 2 in turn');
}

export function a_rule_goes_before_rss(): void {
  small();
  addRule(1, 0, 9999, 3, 0);
  addRule(1, 0, 9999, 2, 0);
  build();
  send(0, 1, 100);
  runUntil(100000, false);
  assert(lastTraced(EV_NIC_STEER, 20) == 3 && lastTraced(EV_NIC_STEER, 28) == 1, 'the first rule that matches');
}

export function a_rule_may_drop_and_may_name_both_ports(): void {
  small();
  addRule(1, 1001, 9999, 0, 1);
  addRule(1, 1000, 9999, 0, 1);
  build();
  send(0, 1, 100);
  runUntil(100000, false);
  assert(traced(EV_DROP) == 1 && nicCounter(1, NIC_RX_NTUPLE_DROP) == 1 && traced(EV_NIC_STEER) == 0, 'dropped by the second');
}

export function rules_are_for_tcp_and_need_ntuple(): void {
  small();
  addRule(1, 0, 0, 3, 0);
  setHost(1, AT_NIC_NTUPLE, 0);
  addRule(0, 0, 0, 3, 0);
  build();
  send(0, 1, 100);
  runUntil(100000, false);
  assert(lastTraced(EV_NIC_STEER, 28) == 0, 'no rule is in force');
  const at = headers(1, 1, 0, 16);
  store<u8>(at + 14, 17, 9);
  assert(wireInject(1, 200000, at, HEADERS, 0) == 0, 'UDP');
  runUntil(300000, false);
  assert(traced(EV_NIC_STEER) == 2 && lastTraced(EV_NIC_STEER, 28) == 0, 'no TCP, no rule');
}
