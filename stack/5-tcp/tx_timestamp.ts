/**
 * Timestamps of what is sent (net/ipv4/tcp.c: tcp_tx_timestamp): when the last byte of a send goes to the device's queue, to the
 * device, and is acknowledged. An skb carries one key, that byte's; when skbs are cut or joined it stays with its byte.
 *
 *     write(2000)   skb ──SCHED──► device queue ──SND──► device ┄┄► peer
 *      key 1999      ▲                                               │
 *                    └──────────────────ACK──────────────────────────┘
 *
 * Differs from Linux: SND is when the queue of the device takes the packet, also where a fair queue holds it back before it is sent.
 */
import { hostConfig, NONE, seqBefore } from '../../sim/core';
import { Skb, skb } from '../3-pool';
import {
  SCM_TSTAMP_ACK, SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SKBTX_SCHED_TSTAMP, SKBTX_SW_TSTAMP, Sock, SOF_TIMESTAMPING_TX_ACK,
  SOF_TIMESTAMPING_TX_RECORD_MASK, tstampTx, txFlagsOf,
} from '../6-socket';
import { timestampStats } from './opt_stats';
import { headerScratch } from './stage';

const ETH_HLEN: u32 = 14;

/** A send is over: its last byte gets the key. */
export function txTimestamp(sk: Sock, tsflags: u32): void {
  if (tsflags == 0) return;
  const idx = sk.write_tail != NONE ? sk.write_tail : sk.rtx_tail;
  if (idx == NONE) return;
  const b = skb(idx);
  b.tx_flags |= txFlagsOf(tsflags);
  if ((tsflags & SOF_TIMESTAMPING_TX_ACK) != 0) b.txstamp_ack = 1;
  if ((tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK) != 0) b.tskey = b.seq + b.len - 1;
}

/** tcp_has_tx_tstamp. */
export function hasTxTstamp(b: Skb): bool {
  return b.txstamp_ack != 0 || b.tx_flags != 0;
}

/** An skb was cut: the key may lie in what is now the second one (tcp_fragment_tstamp). */
export function fragmentTstamp(b: Skb, tail: Skb): void {
  if (!hasTxTstamp(b) || seqBefore(b.tskey, tail.seq)) return;
  tail.tx_flags |= b.tx_flags;
  b.tx_flags = 0;
  const tskey = tail.tskey;
  tail.tskey = b.tskey;
  b.tskey = tskey;
  tail.txstamp_ack = b.txstamp_ack;
  b.txstamp_ack = 0;
}

/** An skb was joined to the one before it: the later key wins (tcp_skb_collapse_tstamp). */
export function collapseTstamp(b: Skb, next: Skb): void {
  if (!hasTxTstamp(next)) return;
  b.tx_flags |= next.tx_flags;
  b.tskey = next.tskey;
  b.txstamp_ack |= next.txstamp_ack;
}

/** An ACK reached an skb: did it pass the key (tcp_ack_tstamp)? */
export function ackTstamp(sk: Sock, b: Skb, skb_idx: u32, prior_snd_una: u32): void {
  if (b.txstamp_ack == 0) return;
  if (seqBefore(b.tskey, prior_snd_una) || !seqBefore(b.tskey, sk.snd_una)) return;
  tstampTx(sk, skb_idx, SCM_TSTAMP_ACK, 0, 0, timestampStats.index);
}

/** A packet goes to the device with headers of `header_len` bytes; a tun device sees none of Ethernet. */
function deviceTstamp(sk: Sock, skb_idx: u32, type: u32, header_len: u32): void {
  const skip: u32 = hostConfig(sk.host).nic_tun ? ETH_HLEN : 0;
  tstampTx(sk, skb_idx, type, headerScratch() + skip, header_len - skip, timestampStats.index);
}

/** net/core/dev.c: __dev_queue_xmit. */
export function schedTstamp(sk: Sock, skb_idx: u32, header_len: u32): void {
  if ((skb(skb_idx).tx_flags & SKBTX_SCHED_TSTAMP) != 0) deviceTstamp(sk, skb_idx, SCM_TSTAMP_SCHED, header_len);
}

/** skb_tx_timestamp. */
export function sndTstamp(sk: Sock, skb_idx: u32, header_len: u32): void {
  if ((skb(skb_idx).tx_flags & SKBTX_SW_TSTAMP) != 0) deviceTstamp(sk, skb_idx, SCM_TSTAMP_SND, header_len);
}
