/**
 * Explicit congestion notification: what both kinds share (include/net/tcp_ecn.h, include/net/inet_ecn.h).
 *
 *     classic    RFC 3168: CE on data -> ECE on every ACK until CWR comes
 *     accurate   RFC 9768: the three flags AE, CWR and ECE count CE-marked packets modulo 8 (ACE), an option counts bytes
 *
 * Differs from Linux: no congestion control asks for ECN by itself (DCTCP, BPF), and no route does.
 */
import { hostConfig } from '../../sim/core';
import { Skb } from '../3-pool';
import { Sock } from '../6-socket';

/** Flags of the TCP header; with FLAG_* of header.ts they are nine. */
export const TCPHDR_ECE: u32 = 0x40;
export const TCPHDR_CWR: u32 = 0x80;
export const TCPHDR_AE: u32 = 0x100;
export const TCPHDR_ACE: u32 = TCPHDR_ECE | TCPHDR_CWR | TCPHDR_AE;
const ACE_SHIFT: u32 = 6;

/** Code points in the IP header. */
export const INET_ECN_NOT_ECT: u32 = 0;
export const INET_ECN_ECT_1: u32 = 1;
export const INET_ECN_ECT_0: u32 = 2;
export const INET_ECN_CE: u32 = 3;
export const INET_ECN_MASK: u32 = 3;

/** Sock.ecn_flags. */
export const TCP_ECN_MODE_RFC3168: u8 = 1;
export const TCP_ECN_QUEUE_CWR: u8 = 2;
export const TCP_ECN_DEMAND_CWR: u8 = 4;
export const TCP_ECN_SEEN: u8 = 8;
export const TCP_ECN_MODE_ACCECN: u8 = 16;
export const TCP_ECN_DISABLED: u8 = 0;
/** We asked for accurate ECN and do not know yet. */
export const TCP_ECN_MODE_PENDING: u8 = TCP_ECN_MODE_RFC3168 | TCP_ECN_MODE_ACCECN;

/** Sock.accecn_fail_mode: something on the way tampers with flags or options, in one direction or the other. */
export const TCP_ACCECN_ACE_FAIL_SEND: u8 = 1;
export const TCP_ACCECN_ACE_FAIL_RECV: u8 = 2;
export const TCP_ACCECN_OPT_FAIL_SEND: u8 = 4;
export const TCP_ACCECN_OPT_FAIL_RECV: u8 = 8;

/** Sock.saw_accecn_opt: the best that was seen of the peer's options. */
export const TCP_ACCECN_OPT_EMPTY_SEEN: u8 = 1;
export const TCP_ACCECN_OPT_COUNTER_SEEN: u8 = 2;
export const TCP_ACCECN_OPT_FAIL_SEEN: u8 = 3;

/** net.ipv4.tcp_ecn. */
export const TCP_ECN_IN_ECN_OUT_ECN: u32 = 1;
export const TCP_ECN_IN_ACCECN_OUT_ACCECN: u32 = 3;
export const TCP_ECN_IN_ACCECN_OUT_ECN: u32 = 4;

/** Counters begin at these values, so that zeroing on the way shows. */
export const TCP_ACCECN_CEP_INIT_OFFSET: u32 = 5;
export const TCP_ACCECN_CEP_ACE_MASK: u32 = 7;

export function ecnModeAny(sk: Sock): bool {
  return (sk.ecn_flags & TCP_ECN_MODE_PENDING) != 0;
}
export function ecnModeRfc3168(sk: Sock): bool {
  return (sk.ecn_flags & TCP_ECN_MODE_PENDING) == TCP_ECN_MODE_RFC3168;
}
export function ecnModeAccecn(sk: Sock): bool {
  return (sk.ecn_flags & TCP_ECN_MODE_PENDING) == TCP_ECN_MODE_ACCECN;
}
export function ecnModePending(sk: Sock): bool {
  return (sk.ecn_flags & TCP_ECN_MODE_PENDING) == TCP_ECN_MODE_PENDING;
}
export function ecnModeSet(sk: Sock, mode: u8): void {
  sk.ecn_flags = (sk.ecn_flags & ~TCP_ECN_MODE_PENDING) | mode;
}

/** Packets were delivered; `ece_ack`: classic ECN, and the ACK says that a mark was seen (net/ipv4/tcp_input.c: tcp_count_delivered). */
export function countDelivered(sk: Sock, delivered: u32, ece_ack: bool): void {
  sk.delivered += delivered;
  if (ece_ack && ecnModeRfc3168(sk)) sk.delivered_ce += delivered;
}

/** The next new data says that the window was reduced; accurate ECN has no such flag (tcp_ecn_queue_cwr). */
export function ecnQueueCwr(sk: Sock): void {
  if (ecnModeRfc3168(sk)) sk.ecn_flags |= TCP_ECN_QUEUE_CWR;
}
export function ecnWithdrawCwr(sk: Sock): void {
  sk.ecn_flags &= ~TCP_ECN_QUEUE_CWR;
}

/** Sent packets are ECN-capable, or not (INET_ECN_xmit, INET_ECN_dontxmit). */
export function ecnXmit(sk: Sock): void {
  sk.tos = (sk.tos & ~<u8>INET_ECN_MASK) | <u8>INET_ECN_ECT_0;
}
export function ecnDontxmit(sk: Sock): void {
  sk.tos &= ~<u8>INET_ECN_MASK;
}

/** The number in the three flags of a segment (tcp_accecn_ace). */
export function accecnAce(b: Skb): u32 {
  return (<u32>b.tcp_ae << 2) | (<u32>b.tcp_flags >> ACE_SHIFT);
}
/** Such a number as flags. */
export function aceFlags(ace: u32): u32 {
  return (ace & TCP_ACCECN_CEP_ACE_MASK) << ACE_SHIFT;
}

/** How a SYN arrived, told by the flags of the answer (tcp_accecn_reflector_flags; RFC 9768 table 2). */
export function accecnReflectorFlags(ect: u32): u32 {
  // Not-ECT 2, ECT(1) 3, ECT(0) 4, CE 6: four bits each.
  return aceFlags((0x6432 >> ((ect & INET_ECN_MASK) << 2)) & 7);
}
/** … and read from them (tcp_accecn_extract_syn_ect). */
export function accecnExtractSynEct(ace: u32): u32 {
  // By number, two bits each: ECT(0), ECT(1), Not-ECT, ECT(1), ECT(0), ECT(1), CE, ECT(1).
  return (0x7646 >> ((ace & 7) << 1)) & INET_ECN_MASK;
}

/** May a code point turn into the other on its way (tcp_ect_transition_valid)? */
export function ectTransitionValid(snt: u32, rcv: u32): bool {
  if (rcv == snt) return true;
  if (snt == INET_ECN_NOT_ECT || rcv == INET_ECN_NOT_ECT) return false;
  return snt != INET_ECN_CE;
}

/** Does the peer's report about our SYN or SYN-ACK make sense (tcp_accecn_validate_syn_feedback)? */
export function accecnValidateSynFeedback(sk: Sock, ace: u32, sent_ect: u32): bool {
  if (!hostConfig(sk.host).tcp_ecn_fallback) return true;
  if (ectTransitionValid(sent_ect, accecnExtractSynEct(ace))) return true;
  sk.accecn_fail_mode |= TCP_ACCECN_ACE_FAIL_RECV;
  return false;
}

/** The peer's first option with counters, at `option`: does it have their first values, and not zeros (tcp_accecn_option_init)? */
export function accecnOptionInit(option: usize): u8 {
  const len = <u32>load<u8>(option, 1) - 2;
  if (len < 3) return TCP_ACCECN_OPT_EMPTY_SEEN;
  if (counter24(option + 2) == 0) return TCP_ACCECN_OPT_FAIL_SEEN;
  if (len >= 9 && counter24(option + 8) == 0) return TCP_ACCECN_OPT_FAIL_SEEN;
  return TCP_ACCECN_OPT_COUNTER_SEEN;
}
/** A field of the option: 24 bits in network order. */
export function counter24(at: usize): u32 {
  return (<u32>load<u8>(at) << 16) | (<u32>load<u8>(at, 1) << 8) | <u32>load<u8>(at, 2);
}

/** tcp_accecn_saw_opt_fail_recv. */
export function accecnSawOpt(sk: Sock, saw_opt: u8): void {
  sk.saw_accecn_opt = saw_opt;
  if (saw_opt == TCP_ACCECN_OPT_FAIL_SEEN) sk.accecn_fail_mode |= TCP_ACCECN_OPT_FAIL_RECV;
}
/** tcp_accecn_opt_demand_min. */
export function accecnOptDemandMin(sk: Sock, least: u8): void {
  if (sk.accecn_opt_demand < least) sk.accecn_opt_demand = least;
}
