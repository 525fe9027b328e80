/**
 * How two hosts agree on ECN (include/net/tcp_ecn.h; net/ipv4/tcp_input.c: tcp_ecn_create_request; net/ipv4/tcp_minisocks.c:
 * tcp_ecn_openreq_child; RFC 3168 section 6.1.1, RFC 9768 section 3.1).
 *
 *      SYN flags AE CWR ECE          SYN-ACK flags: the answer                    mode
 *      0 0 0  no ECN                 0 0 0                                        disabled
 *      0 1 1  classic                0 0 1                                        RFC 3168
 *      1 1 1  accurate               how the SYN arrived (2 3 4 6), or 0 0 1      accurate, or RFC 3168
 */
import { hostConfig, loadBe16 } from '../../sim/core';
import { Skb } from '../3-pool';
import { Mini, Sock } from '../6-socket';
import {
  accecnAce, accecnExtractSynEct, accecnOptionInit, accecnReflectorFlags, accecnSawOpt, accecnValidateSynFeedback, ecnModeAccecn,
  ecnModePending, ecnModeRfc3168, ecnModeSet, INET_ECN_CE, INET_ECN_MASK, TCP_ACCECN_ACE_FAIL_RECV, TCP_ACCECN_ACE_FAIL_SEND,
  TCP_ACCECN_OPT_COUNTER_SEEN, TCP_ACCECN_OPT_FAIL_RECV, TCP_ACCECN_OPT_FAIL_SEEN, TCP_ECN_DISABLED, TCP_ECN_IN_ACCECN_OUT_ACCECN,
  TCP_ECN_IN_ACCECN_OUT_ECN, TCP_ECN_IN_ECN_OUT_ECN, TCP_ECN_MODE_ACCECN, TCP_ECN_MODE_PENDING, TCP_ECN_MODE_RFC3168, TCPHDR_ACE, TCPHDR_AE,
  TCPHDR_CWR, TCPHDR_ECE,
} from './ecn';
import { ecnReceivedCounters } from './ecn_in';
import { TH_FLAG_WORD } from './header';

const ECE_CWR: u8 = <u8>(TCPHDR_ECE | TCPHDR_CWR);
const TH_RES1: u32 = 0x0e00;

/** All nine flags of an skb that we send. */
export function skbFlags(b: Skb): u32 {
  return <u32>b.tcp_flags | (<u32>b.tcp_ae << 8);
}
function setAceFlags(b: Skb, flags: u32): void {
  b.tcp_flags = (b.tcp_flags & ~ECE_CWR) | <u8>(flags & <u32>ECE_CWR);
  b.tcp_ae = (flags & TCPHDR_AE) != 0 ? 1 : 0;
}

/** Our SYN (tcp_ecn_send_syn). */
export function ecnSendSyn(sk: Sock, b: Skb): void {
  const ecn = hostConfig(sk.host).tcp_ecn;
  const use_accecn = ecn == TCP_ECN_IN_ACCECN_OUT_ACCECN;
  sk.ecn_flags = 0;
  if (!use_accecn && ecn != TCP_ECN_IN_ECN_OUT_ECN && ecn != TCP_ECN_IN_ACCECN_OUT_ECN) return;
  setAceFlags(b, use_accecn ? TCPHDR_ACE : TCPHDR_ECE | TCPHDR_CWR);
  ecnModeSet(sk, use_accecn ? TCP_ECN_MODE_PENDING : TCP_ECN_MODE_RFC3168);
  if (use_accecn) sk.syn_ect_snt = sk.tos & <u8>INET_ECN_MASK;
}

/** A SYN goes out again: some boxes drop those that ask for ECN (net/ipv4/tcp_output.c: __tcp_retransmit_skb; RFC 3168 section 6.1.1.1). */
export function ecnRetransmitSyn(sk: Sock, b: Skb): void {
  if ((b.tcp_flags & ECE_CWR) != ECE_CWR || (ecnModePending(sk) && sk.retransmits <= 1)) return;
  if (hostConfig(sk.host).tcp_ecn_fallback) setAceFlags(b, 0);
}

/** The SYN-ACK says that the peer does accurate ECN. */
function rcvSynackAccecn(sk: Sock, b: Skb): void {
  ecnModeSet(sk, TCP_ECN_MODE_ACCECN);
  sk.syn_ect_rcv = b.ip_dsfield & <u8>INET_ECN_MASK;
  if (sk.rx_accecn == 0 || sk.saw_accecn_opt >= TCP_ACCECN_OPT_COUNTER_SEEN) return;
  accecnSawOpt(sk, accecnOptionInit(<usize>b.head + b.transport_off + sk.rx_accecn));
  sk.accecn_opt_demand = 2;
}

/** The answer to our SYN (tcp_ecn_rcv_synack; RFC 9768 table 2). */
export function ecnRcvSynack(sk: Sock, b: Skb): void {
  const ace = accecnAce(b);
  const ce = (<u32>b.ip_dsfield & INET_ECN_MASK) == INET_ECN_CE;
  if (ace == 0 || ace == 7) {
    ecnModeSet(sk, TCP_ECN_DISABLED);
    return;
  }
  if (ace == 1) {
    ecnModeSet(sk, TCP_ECN_MODE_RFC3168);
    return;
  }
  if (ace == 5 && !ecnModePending(sk)) return;
  rcvSynackAccecn(sk, b);
  if (!ce || (ace != 5 && !accecnValidateSynFeedback(sk, ace, sk.syn_ect_snt))) return;
  sk.received_ce++;
  sk.received_ce_pending++;
}

/** Does a SYN ask for accurate ECN (tcp_accecn_syn_requested)? Not only in the form that we know. */
function synRequested(b: Skb): bool {
  const ace = accecnAce(b);
  return ace != 0 && ace != 3;
}

/** A SYN that crossed ours (tcp_ecn_rcv_syn). */
export function ecnRcvSyn(sk: Sock, b: Skb): void {
  if (ecnModePending(sk)) {
    if (synRequested(b)) {
      sk.syn_ect_rcv = b.ip_dsfield & <u8>INET_ECN_MASK;
      sk.prev_ecnfield = sk.syn_ect_rcv;
      ecnModeSet(sk, TCP_ECN_MODE_ACCECN);
    } else ecnModeSet(sk, TCP_ECN_MODE_RFC3168);
  }
  if (ecnModeRfc3168(sk) && (b.tcp_flags & ECE_CWR) != ECE_CWR) ecnModeSet(sk, TCP_ECN_DISABLED);
}

/** Our SYN becomes a SYN-ACK because the peer's crossed it (tcp_ecn_send_synack). */
export function ecnSendSynack(sk: Sock, b: Skb): void {
  let flags = skbFlags(b) & ~TCPHDR_CWR;
  if ((sk.ecn_flags & TCP_ECN_MODE_PENDING) == TCP_ECN_DISABLED) flags &= ~TCPHDR_ECE;
  if ((sk.ecn_flags & TCP_ECN_MODE_ACCECN) != 0) {
    flags = accecnReflectorFlags(sk.syn_ect_rcv);
    sk.syn_ect_snt = sk.tos & <u8>INET_ECN_MASK;
  }
  setAceFlags(b, flags);
}

/** A SYN at a listener (tcp_ecn_create_request). A SYN that is ECN-capable itself is suspect, unless it is of a newer kind (RFC 8311). */
export function ecnCreateRequest(m: Mini, b: Skb, th: usize): void {
  const ecn = hostConfig(m.host).tcp_ecn;
  const ect = b.ip_dsfield & <u8>INET_ECN_MASK;
  if (synRequested(b) && ecn >= TCP_ECN_IN_ACCECN_OUT_ACCECN) {
    m.ecn_ok = 1;
    m.accecn_ok = 1;
    m.syn_ect_rcv = ect;
    return;
  }
  if ((b.tcp_flags & ECE_CWR) != ECE_CWR || ecn == 0) return;
  const newer = b.tcp_ae != 0 || (loadBe16(th + TH_FLAG_WORD) & TH_RES1) != 0;
  if (ect == 0 || newer) m.ecn_ok = 1;
}

/** Flags of a half-open connection's SYN-ACK; none from the second time on that nobody answers (tcp_ecn_make_synack). */
export function ecnMakeSynack(m: Mini, again: bool): u32 {
  if (again && m.num_timeout != 0) return 0;
  if (m.accecn_ok != 0) return accecnReflectorFlags(m.syn_ect_rcv);
  return m.ecn_ok != 0 ? TCPHDR_ECE : 0;
}

/** A SYN-ACK went out more than once again: its flags seem to be the trouble. */
export function ecnSynackSentAgain(m: Mini): void {
  if (m.num_retrans > 1 && m.accecn_ok != 0) m.accecn_fail_mode |= TCP_ACCECN_ACE_FAIL_SEND;
}

/** The SYN of a half-open connection came again (net/ipv4/tcp_minisocks.c: tcp_check_req). */
export function ecnSynAgain(m: Mini, b: Skb): void {
  if (m.accecn_ok == 0) return;
  m.syn_ect_rcv = b.ip_dsfield & <u8>INET_ECN_MASK;
  if (accecnAce(b) == 0) m.accecn_fail_mode |= TCP_ACCECN_ACE_FAIL_RECV;
}

/** The ACK of a half-open connection has an AccECN option. */
export function ecnRequestOption(m: Mini, option: usize): void {
  if (m.accecn_ok == 0 || m.saw_accecn_opt >= TCP_ACCECN_OPT_COUNTER_SEEN) return;
  m.saw_accecn_opt = accecnOptionInit(option);
  if (m.saw_accecn_opt == TCP_ACCECN_OPT_FAIL_SEEN) m.accecn_fail_mode |= TCP_ACCECN_OPT_FAIL_RECV;
}

/** The ACK of our SYN-ACK tells how that arrived (tcp_accecn_third_ack; RFC 9768 table 4). */
export function accecnThirdAck(sk: Sock, b: Skb, sent_ect: u32): void {
  const ace = accecnAce(b);
  if (ace == 0) {
    if (b.sacked == 0) sk.accecn_fail_mode |= TCP_ACCECN_ACE_FAIL_RECV | TCP_ACCECN_OPT_FAIL_RECV;
    return;
  }
  if (ace == 7 || ace == 5 || ace == 1 || b.seq != b.end_seq || b.sacked != 0) return;
  if (accecnValidateSynFeedback(sk, ace, sent_ect) && accecnExtractSynEct(ace) == INET_ECN_CE && sk.delivered_ce == 0) sk.delivered_ce = 1;
}

/** What a new socket takes over from its handshake (tcp_ecn_openreq_child). */
export function ecnOpenreqChild(sk: Sock, m: Mini, b: Skb, header_len: u32): void {
  if (m.accecn_ok == 0) {
    ecnModeSet(sk, m.ecn_ok != 0 ? TCP_ECN_MODE_RFC3168 : TCP_ECN_DISABLED);
    return;
  }
  ecnModeSet(sk, TCP_ECN_MODE_ACCECN);
  sk.syn_ect_snt = m.syn_ect_snt;
  accecnThirdAck(sk, b, m.syn_ect_snt);
  sk.saw_accecn_opt = m.saw_accecn_opt;
  sk.accecn_fail_mode |= m.accecn_fail_mode & (TCP_ACCECN_ACE_FAIL_SEND | TCP_ACCECN_ACE_FAIL_RECV);
  sk.prev_ecnfield = m.syn_ect_rcv;
  sk.accecn_opt_demand = 1;
  ecnReceivedCounters(sk, b, b.len - header_len);
}

/** A SYN in a connection that does accurate ECN (net/ipv4/tcp_input.c: tcp_validate_incoming). True: the answer reflects how it arrived. */
export function ecnRcvLateSyn(sk: Sock, b: Skb): bool {
  if (!ecnModeAccecn(sk)) return false;
  sk.syn_ect_rcv = b.ip_dsfield & <u8>INET_ECN_MASK;
  if (sk.rx_accecn != 0 && sk.saw_accecn_opt < TCP_ACCECN_OPT_COUNTER_SEEN) {
    accecnSawOpt(sk, accecnOptionInit(<usize>b.head + b.transport_off + sk.rx_accecn));
    if (sk.accecn_opt_demand == 0) sk.accecn_opt_demand = 1;
  }
  return true;
}
