/**
 * Is a segment acceptable (net/ipv4/tcp_input.c: tcp_validate_incoming; RFC 9293 section 3.10.7.4, RFC 5961): timestamps,
 * sequence number, RST, SYN, in this order.
 */
import {
  bug, DROP_TCP_INVALID_END_SEQUENCE, DROP_TCP_INVALID_SEQUENCE, DROP_TCP_INVALID_SYN, DROP_TCP_OLD_SEQUENCE, DROP_TCP_RESET,
  DROP_TCP_RFC7323_PAWS, DROP_TCP_RFC7323_PAWS_ACK, NONE, RUN_BUG_TCP_BLIND_RESET, RUN_BUG_TCP_PAWS_POISON, seqAfter, seqBefore,
  TCP_BEYONDWINDOW, TCP_INERRS, TCP_PAWSESTAB, TCP_PAWSOLDACK, TCP_TCPSYNCHALLENGE,
} from '../../sim/core';
import { Skb } from '../3-pool';
import { mibInc, Sock, SOCK_OWNED, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_ESTABLISHED, TCP_LAST_ACK, TCP_SYN_RECV } from '../6-socket';
import { mayUpdateWindow } from './ack_in';
import { oowRateLimited, sendChallengeAck, sendDupack } from './ack_out';
import { tcpReset } from './done';
import { ecnRcvLateSyn } from './ecn_handshake';
import { fastopenDisable } from './fastopen_blackhole';
import {
  alignedTsecr, alignedTsval, FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, hasAlignedTimestamp, parseOptions, TCP_HLEN, TCPOLEN_TSTAMP_ALIGNED,
} from './header';
import { takeTimestamp } from './input';
import { dropSkb, rxFree, segsOf } from './ip';
import { pawsCheck, storeTsRecent } from './paws';
import { sackEnd } from './sack_out';
import { stateIn } from './state';
import { maxReceiveWindow } from './window';

/** Old timestamps are tolerated by this much (TCP_PAWS_WINDOW). */
const PAWS_WINDOW: i32 = 1;

/** Options of an established connection (tcp_fast_parse_options). */
function fastParseOptions(sk: Sock, b: Skb, th: usize, header_len: u32): void {
  sk.rx_accecn = 0;
  if (header_len == TCP_HLEN) return;
  if (sk.tstamp_ok != 0 && header_len == TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED && hasAlignedTimestamp(th)) {
    takeTimestamp(sk, alignedTsval(th), alignedTsecr(th));
    return;
  }
  const opt = parseOptions(sk.host, th, header_len, false, sk.tstamp_ok != 0, sk.sack_ok != 0);
  b.sacked = <u8>opt.sack_at;
  sk.rx_accecn = <u8>opt.accecn_at;
  if (opt.saw_tstamp != 0) takeTimestamp(sk, opt.tsval, opt.tsecr);
}

/** NONE: an old timestamp may pass, because the segment is a harmless ACK (tcp_disordered_ack_check). */
function disorderedAck(sk: Sock, b: Skb): u32 {
  if ((b.tcp_flags & <u8>FLAG_ACK) == 0 || b.seq != b.end_seq) return DROP_TCP_RFC7323_PAWS;
  if (b.seq != sk.rcv_nxt) return seqBefore(b.seq, sk.rcv_nxt) ? DROP_TCP_RFC7323_PAWS_ACK : DROP_TCP_RFC7323_PAWS;
  if (b.ack_seq != sk.snd_una) return DROP_TCP_RFC7323_PAWS;
  if (mayUpdateWindow(sk, b.ack_seq, b.seq, <u32>b.window << sk.snd_wscale)) return DROP_TCP_RFC7323_PAWS;
  // RFC 7323: clocks tick at most 1200 times a second.
  const replay = <u32>(<u64>sk.rto * 1200 / 1000);
  if (<i32>(sk.ts_recent - sk.rcv_tsval) > <i32>replay) return DROP_TCP_RFC7323_PAWS;
  return NONE;
}

/** NONE when the segment lies in the window (tcp_sequence). */
function sequenceReason(sk: Sock, b: Skb): u32 {
  if (seqBefore(b.end_seq, sk.rcv_wup)) return DROP_TCP_OLD_SEQUENCE;
  const limit = sk.rcv_nxt + maxReceiveWindow(sk);
  if (!seqAfter(b.end_seq, limit)) return NONE;
  const fin: u32 = (b.tcp_flags & <u8>FLAG_FIN) != 0 ? 1 : 0;
  if (!seqAfter(b.end_seq - fin, limit)) return NONE;
  if (seqAfter(b.seq, limit)) return DROP_TCP_INVALID_SEQUENCE;
  return sk.receive_len != 0 ? DROP_TCP_INVALID_END_SEQUENCE : NONE;
}

/** A RST right behind the FIN that we took (tcp_reset_check). */
function resetAfterFin(sk: Sock, b: Skb): bool {
  return b.seq == sk.rcv_nxt - 1 && stateIn(sk, (1 << TCP_CLOSE_WAIT) | (1 << TCP_LAST_ACK) | (1 << TCP_CLOSING));
}

/** Does a RST hit exactly what is expected next (RFC 5961 section 3.2)? */
function resetIsExact(sk: Sock, b: Skb): bool {
  if (b.seq == sk.rcv_nxt || resetAfterFin(sk, b) || bug(RUN_BUG_TCP_BLIND_RESET)) return true;
  if (sk.sack_ok == 0 || sk.num_sacks == 0) return false;
  let max_sack = sackEnd(sk, 0);
  for (let i: u32 = 1; i < <u32>sk.num_sacks; i++) if (seqAfter(sackEnd(sk, i), max_sack)) max_sack = sackEnd(sk, i);
  return b.seq == max_sack;
}

function synChallenge(sk: Sock, skb_idx: u32, accecn_reflector: bool): bool {
  if (sk.state == <u8>TCP_ESTABLISHED) mibInc(sk.host, TCP_INERRS);
  mibInc(sk.host, TCP_TCPSYNCHALLENGE);
  sendChallengeAck(sk, accecn_reflector);
  dropSkb(skb_idx, DROP_TCP_INVALID_SYN);
  return false;
}

function resetAccepted(sk: Sock, skb_idx: u32): bool {
  rxFree(skb_idx);
  tcpReset(sk);
  return false;
}

/** A segment outside the window is answered, unless it is a RST. */
function notAcceptable(sk: Sock, b: Skb, skb_idx: u32, reason: u32): bool {
  if ((b.tcp_flags & <u8>FLAG_RST) != 0) {
    if (resetAfterFin(sk, b)) return resetAccepted(sk, skb_idx);
  } else {
    if ((b.tcp_flags & <u8>FLAG_SYN) != 0) return synChallenge(sk, skb_idx, false);
    if (reason != DROP_TCP_OLD_SEQUENCE) mibInc(sk.host, TCP_BEYONDWINDOW);
    else if (b.end_seq != b.seq) sk.rcv_dup_segs += segsOf(b);
    if (!oowRateLimited(sk, b)) sendDupack(sk, b);
  }
  dropSkb(skb_idx, reason);
  return false;
}

/** False: the segment was dealt with and is gone. */
export function validateIncoming(sk: Sock, b: Skb, skb_idx: u32, th: usize, header_len: u32): bool {
  const flags = <u32>b.tcp_flags;
  fastParseOptions(sk, b, th, header_len);
  if (sk.saw_tstamp != 0 && !pawsCheck(sk, PAWS_WINDOW)) {
    const reason = disorderedAck(sk, b);
    if (reason != NONE && (flags & FLAG_RST) == 0) {
      if ((flags & FLAG_SYN) != 0) return synChallenge(sk, skb_idx, false);
      if (reason == DROP_TCP_RFC7323_PAWS_ACK) mibInc(sk.host, TCP_PAWSOLDACK);
      else {
        mibInc(sk.host, TCP_PAWSESTAB);
        if (!oowRateLimited(sk, b)) sendDupack(sk, b);
      }
      dropSkb(skb_idx, reason);
      return false;
    }
  }
  if (bug(RUN_BUG_TCP_PAWS_POISON) && sk.saw_tstamp != 0) storeTsRecent(sk);
  const reason = sequenceReason(sk, b);
  if (reason != NONE) return notAcceptable(sk, b, skb_idx, reason);
  if ((flags & FLAG_RST) != 0) {
    if (resetIsExact(sk, b)) return resetAccepted(sk, skb_idx);
    if (sk.syn_fastopen != 0 && sk.data_segs_in == 0 && sk.state == <u8>TCP_ESTABLISHED) fastopenDisable(sk);
    sendChallengeAck(sk);
    dropSkb(skb_idx, DROP_TCP_RESET);
    return false;
  }
  if ((flags & FLAG_SYN) != 0) {
    const accecn_reflector = ecnRcvLateSyn(sk, b);
    // A crossed SYN's SYN-ACK passes; any other SYN is challenged (RFC 5961 section 4.2).
    const crossed = sk.state == <u8>TCP_SYN_RECV && sk.hasFlag(SOCK_OWNED) && (flags & FLAG_ACK) != 0 && b.seq + 1 == b.end_seq
      && b.seq + 1 == sk.rcv_nxt && b.ack_seq == sk.snd_nxt;
    if (!crossed) return synChallenge(sk, skb_idx, accecn_reflector);
  }
  return true;
}
