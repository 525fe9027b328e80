/**
 * Which RX queue takes a frame: n-tuple rules first, then RSS, as mlx5, bnxt and fbnic do (Documentation/networking/
 * scaling.rst). RSS is the Toeplitz hash of addresses and TCP ports in network order, or of addresses alone where there
 * are no ports to see; its low seven bits pick an entry of the indirection table.
 *
 * The hash is linear over GF(2): it is the XOR of a 32-bit window of the key for each set bit of the input. So the
 * windows of a byte are summed up beforehand for all its values, and a byte costs one lookup:
 *
 *     tables[position of the byte][value of the byte]        36 positions × 256 × 4 B
 */
import { arenaAlloc, hostConfig, loadBe16, NONE, NTUPLE_MAX, RSS_INDIR_SIZE, Rule, ruleOf } from '../../sim/core';
import { Frame, frameHead, PROTO_IPV4, PROTO_IPV6, PROTO_TCP } from '../1-wire';
import { Nic } from './state';

/** Source and destination address of IPv6, source and destination port. */
const INPUT_MAX: u32 = 36;
const RSS_KEY_BYTES: u32 = 40;

/** The key of Microsoft's RSS verification suite, which is also many drivers' first key. */
const KEY_0: u64 = 0x6d5a56da255b0ec2;
const KEY_1: u64 = 0x4167253d43a38fb0;
const KEY_2: u64 = 0xd0ca2bcbae7b30b4;
const KEY_3: u64 = 0x77cb2da38030f20c;
const KEY_4: u64 = 0x6a42b73bbeac01fa;

export function steerInit(nic: Nic, host: u32): void {
  const key = arenaAlloc(RSS_KEY_BYTES);
  store<u64>(key, bswap<u64>(KEY_0));
  store<u64>(key, bswap<u64>(KEY_1), 8);
  store<u64>(key, bswap<u64>(KEY_2), 16);
  store<u64>(key, bswap<u64>(KEY_3), 24);
  store<u64>(key, bswap<u64>(KEY_4), 32);
  nic.hash_tables = <u32>toeplitzTables(key);
  const c = hostConfig(host);
  nic.indirection = <u32>arenaAlloc(RSS_INDIR_SIZE);
  rssSpread(nic, c.nic_rss_start, c.nic_rss_equal);
  rulesInit(nic, host);
}

/** ethtool -X start … equal …; 0: all that are left. */
export function rssSpread(nic: Nic, start: u32, want: u32): void {
  const first = min(start, nic.rx_queues - 1);
  const left = nic.rx_queues - first;
  const equal = want == 0 ? left : min(want, left);
  // include/linux/ethtool.h: ethtool_rxfh_indir_default
  for (let i: u32 = 0; i < RSS_INDIR_SIZE; i++) store<u8>(<usize>(nic.indirection + i), <u8>(first + i % equal));
}

/** The tables of a key of 40 bytes. */
export function toeplitzTables(key: usize): usize {
  const tables = arenaAlloc(<u64>INPUT_MAX << 10);
  for (let position: u32 = 0; position < INPUT_MAX; position++) {
    const row = tables + (<usize>position << 10);
    // The hash is linear: an entry is that without its lowest bit, and what this bit adds.
    for (let value: u32 = 1; value < 256; value++) {
      const rest = load<u32>(row + (<usize>(value & (value - 1)) << 2));
      store<u32>(row + (<usize>value << 2), rest ^ keyWindow(key, (position << 3) + 7 - ctz<u32>(value)));
    }
  }
  return tables;
}

/** 32 bits of the key from bit `from` on, counted from the first byte's highest. */
function keyWindow(key: usize, from: u32): u32 {
  const five = (<u64>bswap<u32>(load<u32>(key + (from >> 3))) << 8) | <u64>load<u8>(key + (from >> 3), 4);
  return <u32>(five >> (8 - (from & 7)));
}

/** The hash of `len` bytes at `at`, which are the input's bytes from `position` on. len is a multiple of 4. */
export function toeplitz(tables: usize, position: u32, at: usize, len: u32): u32 {
  let row = tables + (<usize>position << 10);
  let hash: u32 = 0;
  for (let i: u32 = 0; i < len; i += 4) {
    const word = load<u32>(at + i);
    hash ^=
      load<u32>(row + (<usize>(word & 0xff) << 2)) ^
      load<u32>(row + (<usize>((word >> 8) & 0xff) << 2), 1024) ^
      load<u32>(row + (<usize>((word >> 16) & 0xff) << 2), 2048) ^
      load<u32>(row + (<usize>(word >> 24) << 2), 3072);
    row += 4096;
  }
  return hash;
}

/** The RSS hash of a frame; 0 for what is not IP. */
export function rssHash(nic: Nic, f: Frame): u32 {
  const tables = <usize>nic.hash_tables;
  const ip = frameHead(f) + <u32>f.l3_off;
  let hash: u32 = 0;
  let ports: u32 = 8;
  if ((f.proto & PROTO_IPV4) != 0) {
    hash = toeplitz(tables, 0, ip + 12, 8);
  } else if ((f.proto & PROTO_IPV6) != 0) {
    hash = toeplitz(tables, 0, ip + 8, 32);
    ports = 32;
  }
  if ((f.proto & PROTO_TCP) != 0) hash ^= toeplitz(tables, ports, frameHead(f) + <u32>f.l4_off, 4);
  return hash;
}

/** An n-tuple rule. A port of 0 is any; a place without a rule matches nothing. */
@unmanaged
export class NicRule {
  used: u32;
  src_port: u32;
  dst_port: u32;
  queue: u32;
  drop: u32;
}
const RULE_BYTES: usize = 20;

export function nicRule(nic: Nic, i: u32): NicRule {
  return changetype<NicRule>(<usize>nic.rule_table + <usize>i * RULE_BYTES);
}

/** Takes the rules of the scenario over. */
function rulesInit(nic: Nic, host: u32): void {
  nic.rule_table = <u32>arenaAlloc(<u64>NTUPLE_MAX * RULE_BYTES);
  for (let i: u32 = 0; i < nic.rules; i++) {
    const rule: Rule = ruleOf(host, i);
    setRule(nic, i, <u32>rule.src_port, <u32>rule.dst_port, <u32>rule.queue, <u32>rule.drop);
  }
}

/** ethtool -N … loc i */
export function setRule(nic: Nic, i: u32, src_port: u32, dst_port: u32, queue: u32, drop: u32): void {
  const r = nicRule(nic, i);
  r.used = 1;
  r.src_port = src_port;
  r.dst_port = dst_port;
  r.queue = queue;
  r.drop = drop;
  if (i >= nic.rules) nic.rules = i + 1;
}

/** The number, from 0, of the n-tuple rule that matches a frame, or NONE. Rules are for TCP; the first one that matches wins. */
export function matchRule(nic: Nic, f: Frame): u32 {
  if ((f.proto & PROTO_TCP) == 0) return NONE;
  const tcp = frameHead(f) + <u32>f.l4_off;
  const src_port = loadBe16(tcp);
  const dst_port = loadBe16(tcp + 2);
  for (let i: u32 = 0; i < nic.rules; i++) {
    const rule = nicRule(nic, i);
    if (rule.used != 0 && (rule.src_port == 0 || rule.src_port == src_port) && (rule.dst_port == 0 || rule.dst_port == dst_port)) return i;
  }
  return NONE;
}

export function rssQueue(nic: Nic, hash: u32): u32 {
  return <u32>load<u8>(<usize>(nic.indirection + (hash & (RSS_INDIR_SIZE - 1))));
}
