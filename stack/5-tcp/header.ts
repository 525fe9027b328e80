/**
 * The TCP header and its options.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |          source port          |       destination port        |   0
 *     +-------------------------------+-------------------------------+
 *     |                        sequence number                        |   4
 *     +---------------------------------------------------------------+
 *     |                     acknowledgement number                    |   8
 *     +-------+-------+---------------+-------------------------------+
 *     | doff  |  res  |C E U A P R S F|             window            |  12
 *     +-------+-------+---------------+-------------------------------+
 *     |           checksum            |         urgent pointer        |  16
 *     +-------------------------------+-------------------------------+
 */
import { hostConfig, loadBe16, loadBe32, storeBe32 } from '../../sim/core';
import { LEFTOVER_NOPS, writeAccecnInitial } from './ecn_out';
import { parseFastopen, TCPOPT_EXP, TCPOPT_FASTOPEN } from './fastopen_cookie';
import { Options, options } from './stage';

export const TH_SOURCE: usize = 0;
export const TH_DEST: usize = 2;
export const TH_SEQ: usize = 4;
export const TH_ACK: usize = 8;
export const TH_FLAG_WORD: usize = 12;
export const TH_WINDOW: usize = 14;
export const TH_CHECK: usize = 16;
export const TH_URG: usize = 18;
export const TCP_HLEN: u32 = 20;

export const FLAG_FIN: u32 = 1;
export const FLAG_SYN: u32 = 2;
export const FLAG_RST: u32 = 4;
export const FLAG_PSH: u32 = 8;
export const FLAG_ACK: u32 = 16;
export const FLAG_URG: u32 = 32;

const TCPOPT_EOL: u32 = 0;
const TCPOPT_NOP: u32 = 1;
const TCPOPT_MSS: u32 = 2;
const TCPOPT_WINDOW: u32 = 3;
const TCPOPT_SACK_PERM: u32 = 4;
const TCPOPT_SACK: u32 = 5;
const TCPOPT_TIMESTAMP: u32 = 8;
/** The two orders of an AccECN option's fields. */
const TCPOPT_ACCECN0: u32 = 172;
const TCPOPT_ACCECN1: u32 = 174;

export const TCPOLEN_TSTAMP_ALIGNED: u32 = 12;
export const MAX_TCP_OPTION_SPACE: u32 = 40;
export const TCP_MAX_WSCALE: u32 = 14;

export const OPTION_SACK_ADVERTISE: u32 = 1;
export const OPTION_TS: u32 = 2;
export const OPTION_WSCALE: u32 = 8;
/** With its number of fields above (writeSynOptions). */
export const OPTION_ACCECN: u32 = 0x1000;
export const OPTION_ACCECN_FIELDS: u32 = 16;

/** NOP NOP TIMESTAMP 10: the form in which timestamps come on nearly every segment. */
const TIMESTAMP_WORD: u32 = (1 << 24) | (1 << 16) | (8 << 8) | 10;

/** The timestamp option in its usual place; true if it is there (net/ipv4/tcp_input.c: tcp_parse_aligned_timestamp). */
export function hasAlignedTimestamp(th: usize): bool {
  return loadBe32(th + 20) == TIMESTAMP_WORD;
}
export function alignedTsval(th: usize): u32 {
  return loadBe32(th + 24);
}
export function alignedTsecr(th: usize): u32 {
  return loadBe32(th + 28);
}

/**
 * Reads all options into options() (tcp_parse_options). `syn`: those of a handshake count. `tstamp_ok`, `sack_ok`: what
 * an established connection agreed on; for a SYN the host's sysctls.
 */
export function parseOptions(host: u32, th: usize, header_len: u32, syn: bool, tstamp_ok: bool, sack_ok: bool): Options {
  const opt = options();
  opt.clear();
  let at: u32 = TCP_HLEN;
  while (at < header_len) {
    const kind = <u32>load<u8>(th + at);
    if (kind == TCPOPT_EOL) break;
    if (kind == TCPOPT_NOP) {
      at++;
      continue;
    }
    if (at + 2 > header_len) break;
    const len = <u32>load<u8>(th + at, 1);
    if (len < 2 || at + len > header_len) break;
    parseOne(host, opt, th + at, at, kind, len, syn, tstamp_ok, sack_ok);
    at += len;
  }
  return opt;
}

function parseOne(host: u32, opt: Options, p: usize, at: u32, kind: u32, len: u32, syn: bool, tstamp_ok: bool, sack_ok: bool): void {
  switch (kind) {
    case TCPOPT_MSS: {
      if (len == 4 && syn) opt.mss = loadBe16(p + 2);
      return;
    }
    case TCPOPT_WINDOW: {
      if (len != 3 || !syn || !hostConfig(host).tcp_window_scaling) return;
      const scale = <u32>load<u8>(p, 2);
      opt.wscale_ok = 1;
      opt.snd_wscale = scale > TCP_MAX_WSCALE ? TCP_MAX_WSCALE : scale;
      return;
    }
    case TCPOPT_TIMESTAMP: {
      if (len != 10 || !tstamp_ok) return;
      opt.saw_tstamp = 1;
      opt.tsval = loadBe32(p + 2);
      opt.tsecr = loadBe32(p + 6);
      return;
    }
    case TCPOPT_SACK_PERM: {
      if (len == 2 && syn && hostConfig(host).tcp_sack) opt.sack_ok = 1;
      return;
    }
    case TCPOPT_SACK: {
      if (sack_ok && len >= 10 && ((len - 2) & 7) == 0) opt.sack_at = at;
      return;
    }
    case TCPOPT_ACCECN0:
    case TCPOPT_ACCECN1: {
      opt.accecn_at = at;
      return;
    }
    case TCPOPT_FASTOPEN:
    case TCPOPT_EXP: {
      if (syn) parseFastopen(opt, p, at, kind, len);
      return;
    }
    default:
  }
}

/**
 * Writes the options of a SYN or SYN-ACK, in Linux's order: MSS, SACK permitted with or without timestamps, AccECN, window scale
 * (net/ipv4/tcp_output.c: tcp_options_write). Returns their length.
 */
export function writeSynOptions(th: usize, mss: u32, flags: u32, wscale: u32, tsval: u32, tsecr: u32): u32 {
  let p = th + TCP_HLEN;
  storeBe32(p, (TCPOPT_MSS << 24) | (4 << 16) | mss);
  p += 4;
  if ((flags & OPTION_TS) != 0) {
    const lead = (flags & OPTION_SACK_ADVERTISE) != 0 ? (TCPOPT_SACK_PERM << 24) | (2 << 16) : (TCPOPT_NOP << 24) | (TCPOPT_NOP << 16);
    storeBe32(p, lead | (TCPOPT_TIMESTAMP << 8) | 10);
    storeBe32(p + 4, tsval);
    storeBe32(p + 8, tsecr);
    p += 12;
  }
  let leftover = LEFTOVER_NOPS;
  if ((flags & OPTION_ACCECN) != 0) {
    const fields = flags >> OPTION_ACCECN_FIELDS;
    leftover = writeAccecnInitial(p, fields);
    p += fields << 2;
  }
  if ((flags & (OPTION_SACK_ADVERTISE | OPTION_TS)) == OPTION_SACK_ADVERTISE) {
    storeBe32(p, (leftover << 16) | (TCPOPT_SACK_PERM << 8) | 2);
    leftover = LEFTOVER_NOPS;
    p += 4;
  }
  if ((flags & OPTION_WSCALE) != 0) {
    // One byte may stand in the place of the NOP.
    const one = (leftover & 0xff) == TCPOPT_NOP;
    storeBe32(p, ((one ? leftover >> 8 : TCPOPT_NOP) << 24) | (TCPOPT_WINDOW << 16) | (3 << 8) | wscale);
    if (one) leftover = LEFTOVER_NOPS;
    p += 4;
  }
  if (leftover != LEFTOVER_NOPS) {
    storeBe32(p, (leftover << 16) | LEFTOVER_NOPS);
    p += 4;
  }
  return <u32>(p - th) - TCP_HLEN;
}

/** Writes the timestamp option at `p`; 12 bytes. */
export function writeTimestamp(p: usize, tsval: u32, tsecr: u32): void {
  storeBe32(p, TIMESTAMP_WORD);
  storeBe32(p + 4, tsval);
  storeBe32(p + 8, tsecr);
}

/** Writes `count` SACK blocks that lie as {start, end} at `blocks`; 4 + 8 × count bytes, of which `lead` are the first two. */
export function writeSack(p: usize, blocks: usize, count: u32, lead: u32): void {
  storeBe32(p, (lead << 16) | (TCPOPT_SACK << 8) | (2 + count * 8));
  for (let i: u32 = 0; i < count; i++) {
    const at = <usize>i << 3;
    storeBe32(p + 4 + at, load<u32>(blocks + at));
    storeBe32(p + 8 + at, load<u32>(blocks + at, 4));
  }
}
