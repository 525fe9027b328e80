/**
 * ECN of what is sent: flags and code point (net/ipv4/tcp_output.c: tcp_ecn_send), and the AccECN option (RFC 9768 section
 * 3.2.3), which makes do with the room that others leave, down to the NOPs between them:
 *
 *      3 fields  174 11 e1b e1b | e1b ceb ceb ceb | e0b e0b e0b NOP
 *      2 fields  174  8 e1b e1b | e1b ceb ceb ceb
 *      1 field   174  5 e1b e1b | e1b NOP …           the last byte in the place of a NOP
 *      none      174  2 …                             both in the place of NOPs
 */
import { hostConfig, seqBefore, storeBe32 } from '../../sim/core';
import { skb, SKB_GSO_TCP_ACCECN } from '../3-pool';
import { Sock } from '../6-socket';
import { usDelta } from './clock';
import {
  aceFlags, ecnDontxmit, ecnModeAccecn, ecnXmit, TCP_ACCECN_ACE_FAIL_RECV, TCP_ACCECN_ACE_FAIL_SEND, TCP_ACCECN_CEP_INIT_OFFSET,
  TCP_ACCECN_OPT_FAIL_SEND, TCP_ECN_DEMAND_CWR, TCP_ECN_QUEUE_CWR, TCPHDR_ACE, TCPHDR_CWR, TCPHDR_ECE,
} from './ecn';
import { MAX_TCP_OPTION_SPACE, OPTION_ACCECN, OPTION_ACCECN_FIELDS, OPTION_SACK_ADVERTISE, OPTION_TS, OPTION_WSCALE } from './header';

const TCPOPT_ACCECN1: u32 = 174;
const MAXSIZE: i32 = 11;
const NUMFIELDS: i32 = 3;
const PERFIELD: i32 = 3;
const SACK_PERBLOCK: i32 = 8;
const OPTION_FULL: u32 = 2;
const OPTION_PERSIST: u32 = 3;

/** Two NOPs: what stands in front of an option of two bytes when AccECN has left nothing. */
export const LEFTOVER_NOPS: u32 = 0x0101;

/**
 * Sets the code point of a segment that is no SYN, and returns the flags that ECN adds. `skb_idx`: its payload, if
 * `payload_len` is not 0.
 */
export function ecnSend(sk: Sock, seq: u32, flags: u32, skb_idx: u32, payload_len: u32): u32 {
  if (ecnModeAccecn(sk)) {
    if ((sk.accecn_fail_mode & (TCP_ACCECN_ACE_FAIL_SEND | TCP_ACCECN_ACE_FAIL_RECV)) == 0) ecnXmit(sk);
    else ecnDontxmit(sk);
    if (payload_len != 0) skb(skb_idx).gso_type |= SKB_GSO_TCP_ACCECN;
    // The end of a handshake tells how the SYN arrived instead.
    if ((flags & TCPHDR_ACE) != 0) return 0;
    sk.received_ce_pending = 0;
    return aceFlags(sk.received_ce + TCP_ACCECN_CEP_INIT_OFFSET);
  }
  let more: u32 = 0;
  if (payload_len != 0 && !seqBefore(seq, sk.snd_nxt)) {
    ecnXmit(sk);
    if ((sk.ecn_flags & TCP_ECN_QUEUE_CWR) != 0) {
      sk.ecn_flags &= ~TCP_ECN_QUEUE_CWR;
      more = TCPHDR_CWR;
    }
  } else ecnDontxmit(sk);
  if ((sk.ecn_flags & TCP_ECN_DEMAND_CWR) != 0) more |= TCPHDR_ECE;
  return more;
}

/** Is it time for an option though nothing changed (tcp_accecn_option_beacon_check)? */
export function accecnBeaconCheck(sk: Sock): bool {
  const beacon = hostConfig(sk.host).tcp_ecn_option_beacon;
  return beacon != 0 && usDelta(sk.tcp_mstamp, sk.accecn_opt_tstamp) * beacon >= sk.srtt_us >> 3;
}

/** Does the next segment of an established connection want an option (tcp_established_options)? */
export function accecnWantsOption(sk: Sock): bool {
  const option = hostConfig(sk.host).tcp_ecn_option;
  if (option == 0 || sk.saw_accecn_opt == 0) return false;
  if (option < OPTION_PERSIST && (sk.accecn_fail_mode & TCP_ACCECN_OPT_FAIL_SEND) != 0) return false;
  return option >= OPTION_FULL || sk.accecn_opt_demand != 0 || accecnBeaconCheck(sk);
}

/**
 * How much of the option fits (tcp_options_fit_accecn). At least `required` fields; `saving` bytes of NOPs may be used; SACK
 * blocks above the second give way to fields that are required. The result is packed: see fitSize() and its neighbours.
 */
export function accecnFit(required: i32, remaining: i32, saving: i32, sack_blocks: i32): u32 {
  let size = MAXSIZE;
  let fields = NUMFIELDS;
  let blocks = sack_blocks;
  let room = remaining;
  while (fields >= required) {
    const aligned = (size & 3) > saving ? (size + 3) & ~3 : size & ~3;
    if (room >= aligned) {
      size = aligned;
      break;
    }
    if (fields == required && blocks > 2 && required > 0) {
      blocks--;
      room += SACK_PERBLOCK;
      fields = NUMFIELDS;
      size = MAXSIZE;
      continue;
    }
    fields--;
    size -= PERFIELD;
  }
  if (fields < required) return FIT_NOTHING | (<u32>sack_blocks << 8);
  size -= (sack_blocks - blocks) * SACK_PERBLOCK;
  return <u32>(size + SIZE_BIAS) | (<u32>blocks << 8) | (<u32>(fields + 1) << 16);
}
const SIZE_BIAS: i32 = 64;
const FIT_NOTHING: u32 = 64;
/** Bytes by which the options grow; below 0 when SACK blocks gave way. */
export function fitSize(fit: u32): i32 {
  return <i32>(fit & 0xff) - SIZE_BIAS;
}
export function fitBlocks(fit: u32): u32 {
  return (fit >> 8) & 0xff;
}
/** Fields and one; 0: no option. */
export function fitFields(fit: u32): u32 {
  return fit >> 16;
}

/** Adds the option to what a SYN-ACK has, if `taken` bytes of other options leave room (tcp_synack_options). OPTION_* in and out. */
export function withAccecn(host: u32, flags: u32, taken: u32): u32 {
  if (hostConfig(host).tcp_ecn_option == 0 || taken + 2 > MAX_TCP_OPTION_SPACE) return flags;
  const sack_alone = (flags & (OPTION_SACK_ADVERTISE | OPTION_TS)) == OPTION_SACK_ADVERTISE;
  const saving = sack_alone ? 2 : (flags & OPTION_WSCALE) != 0 ? 1 : 0;
  const fit = accecnFit(0, <i32>(MAX_TCP_OPTION_SPACE - taken), saving, 0);
  return flags | OPTION_ACCECN | ((fitFields(fit) - 1) << OPTION_ACCECN_FIELDS);
}
/** Bytes of the options that OPTION_* stand for, without AccECN. */
export function synOptionsLen(flags: u32): u32 {
  let len: u32 = 4;
  if ((flags & OPTION_TS) != 0) len += 12;
  else if ((flags & OPTION_SACK_ADVERTISE) != 0) len += 4;
  return (flags & OPTION_WSCALE) != 0 ? len + 4 : len;
}

/**
 * Writes the option with `fields` fields at `p`, as whole words: that many of them. Returns the two bytes that it leaves for
 * the next NOPs.
 */
function writeAccecn(p: usize, fields: u32, e1b: u32, ceb: u32, e0b: u32): u32 {
  if (fields == 0) return (TCPOPT_ACCECN1 << 8) | 2;
  storeBe32(p, (TCPOPT_ACCECN1 << 24) | ((2 + fields * 3) << 16) | ((e1b >> 8) & 0xffff));
  if (fields == 1) return ((e1b & 0xff) << 8) | 1;
  storeBe32(p + 4, (e1b << 24) | (ceb & 0xffffff));
  if (fields == 3) storeBe32(p + 8, (e0b << 8) | 1);
  return LEFTOVER_NOPS;
}

/** The option of a SYN-ACK: nothing was received yet. */
export function writeAccecnInitial(p: usize, fields: u32): u32 {
  return writeAccecn(p, fields, 1, 0, 1);
}
/** The option of a connection (net/ipv4/tcp_output.c: tcp_options_write). */
export function writeAccecnCounters(sk: Sock, p: usize, fields: u32): u32 {
  const leftover = writeAccecn(p, fields, sk.received_e1_bytes + 1, sk.received_ce_bytes, sk.received_e0_bytes + 1);
  accecnOptionSent(sk);
  return leftover;
}
export function accecnOptionSent(sk: Sock): void {
  sk.accecn_minlen = 0;
  sk.accecn_opt_tstamp = sk.tcp_mstamp;
  sk.accecn_opt_sent_w_dsack = sk.dsack;
  if (sk.accecn_opt_demand != 0) sk.accecn_opt_demand--;
}
