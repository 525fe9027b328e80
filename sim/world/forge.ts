/**
 * An attacker on the wire: a segment for a live connection, forged from its state and from one number (sim/schema/forgeries.ts). It
 * arrives at once, past rate and impairments of the link.
 */
import { ABI_ADDR, coreState, storeBe16, storeBe32 } from '../core';
import { INJECT_OFFLOADED, wireInject } from '../../nic-model/1-wire';
import { Sock } from '../../stack/6-socket';
import {
  FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, FLAG_URG, ipAt, ipSum, optionsAt, Segment, segmentBegin, segmentPayload, segmentWrite, tcpAt,
  TCP_HLEN, TIMESTAMP_BYTES,
} from './forge_segment';

/** As sim/schema/forgeries.ts numbers them. */
const RST: u32 = 0;
const SYN: u32 = 1;
const FIN: u32 = 2;
const ACK: u32 = 3;
const ACK_AHEAD: u32 = 4;
const WINDOW: u32 = 5;
const SACK: u32 = 6;
const SACK_AHEAD: u32 = 7;
const SACK_TANGLE: u32 = 8;
const URG: u32 = 9;
const OPTION: u32 = 10;
const TSVAL: u32 = 11;
const TSECR: u32 = 12;
const DATA: u32 = 13;
const SLIVER: u32 = 14;
const CHECKSUM: u32 = 15;
const IP_CHECKSUM: u32 = 16;
const DOFF: u32 = 17;
const IP_LENGTH: u32 = 18;
const FRAGMENT: u32 = 19;
const FLAGS: u32 = 20;
const STRAY: u32 = 21;
const IP_HEADER: u32 = 22;
const SYNACK: u32 = 23;
const OLD_TSVAL: u32 = 24;
export const FORGERIES: u32 = 25;

const ENOENT: i32 = 2;
const TCPOPT_SACK: u32 = 5;
/** Where the frame is put together: nobody's arguments lie there. */
const SEGMENT_AT: usize = ABI_ADDR + 0x2000;
const FRAME_AT: u32 = <u32>ABI_ADDR + 0x2100;
const STRAY_BYTES: u32 = 100;
/** Outside of any window (RFC 7323 section 2.2), and still before it. */
const FAR_BEFORE: u32 = 1 << 30;
/** Bytes of a segment whose connection does not know yet. */
const MSS_LEAST: u32 = 536;

/** 0, or -errno: the connection has nothing of the kind. */
export function forge(kind: u32, sk: Sock, by: i32): i32 {
  const s = changetype<Segment>(SEGMENT_AT);
  s.at = FRAME_AT;
  segmentBegin(s, sk);
  if (!numbers(kind, s, sk, by)) return -ENOENT;
  const len = segmentWrite(s, sk);
  spoil(kind, s, sk, by);
  const sums_wrong = kind == CHECKSUM || (kind == IP_CHECKSUM && sk.family != 6);
  return wireInject(1 - sk.host, coreState().clock_ns, <usize>s.at, len, sums_wrong ? 0 : INJECT_OFFLOADED);
}

/** What a segment says that is well-formed. False: it cannot be made. */
function numbers(kind: u32, s: Segment, sk: Sock, by: i32): bool {
  switch (kind) {
    case RST:
    case SYN:
    case FIN: {
      s.flags = kind == RST ? FLAG_RST : kind == SYN ? FLAG_SYN : FLAG_FIN | FLAG_ACK;
      s.seq += by;
      return true;
    }
    case ACK:
    case ACK_AHEAD: {
      s.ack = (kind == ACK ? sk.snd_una : sk.snd_nxt) + by;
      return true;
    }
    case SYNACK: {
      s.flags = FLAG_SYN | FLAG_ACK;
      s.ack = sk.snd_nxt + by;
      return true;
    }
    case WINDOW: {
      s.window = by;
      return true;
    }
    case SACK:
    case SACK_AHEAD:
    case SACK_TANGLE: return blocks(kind, s, sk, by);
    // What a shorter header leaves would be bytes of the stream, and nobody's.
    case DOFF: return by < 5 || by * 4 >= <i32>(TCP_HLEN + (sk.tstamp_ok != 0 ? TIMESTAMP_BYTES : 0));
    case URG: {
      s.flags |= FLAG_URG;
      s.urgent = by;
      return true;
    }
    case OPTION: {
      storeBe32(optionsAt(s, sk), by << 16);
      s.options = 4;
      return true;
    }
    case TSVAL: {
      s.tsval += by;
      return sk.tstamp_ok != 0;
    }
    case OLD_TSVAL: {
      s.seq -= FAR_BEFORE;
      s.tsval += by;
      return sk.tstamp_ok != 0;
    }
    case TSECR: {
      s.tsecr += by;
      return sk.tstamp_ok != 0;
    }
    case DATA: return segmentPayload(s, sk, s.seq + by, segmentBytes(sk));
    case SLIVER: return segmentPayload(s, sk, s.seq + by, 1);
    case FLAGS: {
      s.flags = by;
      return true;
    }
    case STRAY: {
      s.dport = (<u32>sk.lport + by) & 0xffff;
      s.payload = STRAY_BYTES;
      memory.fill(optionsAt(s, sk), 0, STRAY_BYTES);
      return true;
    }
    default: return true;
  }
}

function segmentBytes(sk: Sock): u32 {
  return max(sk.mss_cache, MSS_LEAST);
}

/** SACK blocks: one, or three that are inside of each other and turned round. */
function blocks(kind: u32, s: Segment, sk: Sock, by: i32): bool {
  const at = optionsAt(s, sk);
  const start = (kind == SACK_AHEAD ? sk.snd_nxt : sk.snd_una) + by;
  const len = segmentBytes(sk);
  const count: u32 = kind == SACK_TANGLE ? 3 : 1;
  storeBe32(at, (1 << 24) | (1 << 16) | (TCPOPT_SACK << 8) | (2 + count * 8));
  storeBe32(at + 4, start);
  storeBe32(at + 8, start + len);
  if (count == 3) {
    storeBe32(at + 12, start + 1);
    storeBe32(at + 16, start + len - 1);
    storeBe32(at + 20, start + len);
    storeBe32(at + 24, start);
  }
  s.options = 4 + count * 8;
  return sk.sack_ok != 0;
}

/** What makes it malformed, over the headers that were written. */
function spoil(kind: u32, s: Segment, sk: Sock, by: i32): void {
  const ip = ipAt(s);
  const th = tcpAt(s, sk);
  const v6 = sk.family == 6;
  switch (kind) {
    case CHECKSUM: {
      storeBe16(th + 16, by);
      return;
    }
    case IP_CHECKSUM: {
      if (v6) store<u8>(ip, <u8>(by << 4));
      else storeBe16(ip + 10, by);
      return;
    }
    case DOFF: {
      store<u8>(th, <u8>(by << 4), 12);
      return;
    }
    case IP_LENGTH: {
      const field = ip + (v6 ? 4 : 2);
      storeBe16(field, (<u32>load<u8>(field) << 8) + <u32>load<u8>(field, 1) + by);
      break;
    }
    case IP_HEADER: {
      store<u8>(ip, (load<u8>(ip) & 0xf0) | <u8>by);
      break;
    }
    case FRAGMENT: {
      if (!v6) storeBe16(ip + 6, by);
      break;
    }
    default: return;
  }
  if (!v6) ipSum(ip);
}
