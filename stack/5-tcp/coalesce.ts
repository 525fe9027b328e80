/**
 * Joining a segment to the one before it in a queue (net/ipv4/tcp_input.c: tcp_try_coalesce; net/core/skbuff.c:
 * skb_try_coalesce): fragments move over, small linear payload is copied, the empty skb is freed.
 *
 * Differs from Linux: a linear part does not become a fragment (head_frag), so a segment with one is joined only by copying.
 */
import { MAX_SKB_FRAGS, runConfig, SKB_HEAD_SIZE, TCP_TCPRCVCOALESCE } from '../../sim/core';
import { KIND_NIOV, NAPI_LO, netmem, Skb, skb, skbFrag, SKB_HEAD_TRUESIZE } from '../3-pool';
import { mibInc, Sock, TX_SKB_TRUESIZE } from '../6-socket';

/** May the CPU read it (skb_frags_readable)? Fragments of an skb are all of one kind. */
function readable(b: Skb, skb_idx: u32): bool {
  return b.nr_frags == 0 || netmem(skbFrag(skb_idx, 0).netmem).kind != KIND_NIOV;
}

function moveFrags(to: Skb, to_idx: u32, from: Skb, from_idx: u32): void {
  memory.copy(changetype<usize>(skbFrag(to_idx, to.nr_frags)), changetype<usize>(skbFrag(from_idx, 0)), <usize>from.nr_frags * 12);
  to.nr_frags += from.nr_frags;
  from.nr_frags = 0;
  to.len += from.len;
  to.data_len += from.len;
}

/** What an skb weighs without its fragments (SKB_TRUESIZE of skb_end_offset). */
function headTruesize(b: Skb): u32 {
  return b.napi == NAPI_LO ? TX_SKB_TRUESIZE : SKB_HEAD_TRUESIZE;
}

/**
 * Appends the payload of `from` to `to`; then `from` has no fragments and the caller frees it. By how much `to` has become
 * heavier, or -1: nothing happened (skb_try_coalesce).
 */
export function skbTryCoalesce(to_idx: u32, from_idx: u32): i32 {
  const to = skb(to_idx);
  const from = skb(from_idx);
  // The sender's skb has the same fragments, until the ACK of it has arrived.
  if (to.clone != 0) return -1;
  if (from.len == 0) return 0; // A bare FIN.
  if (to.nr_frags == 0 && from.nr_frags == 0 && <u32>to.data_off + to.head_len + from.head_len <= SKB_HEAD_SIZE) {
    const at = <usize>to.head + to.data_off + to.head_len;
    if (runConfig().run_payload) memory.copy(at, <usize>from.head + from.data_off, from.head_len);
    to.head_len += from.head_len;
    to.len += from.len;
    return 0;
  }
  if (from.cb1 != 0) {
    // Linear memory from kmalloc: its bytes are copied, or nothing is done (2-nic/tun.ts). What a NIC has put beside the header
    // (nic.rx_copybreak) has no place behind fragments.
    if (from.head_len != 0) return -1;
    if (to.cb1 >> 32 < <u64>from.len || to.nr_frags + from.nr_frags > MAX_SKB_FRAGS) return -1;
    to.cb1 -= <u64>from.len << 32;
    moveFrags(to, to_idx, from, from_idx);
    return 0;
  }
  if (from.head_len != 0 || to.nr_frags + from.nr_frags > MAX_SKB_FRAGS) return -1;
  if (readable(to, to_idx) != readable(from, from_idx)) return -1;
  // Pages of a page pool do not mix with others (sk_buff.pp_recycle).
  if ((to.napi == NAPI_LO) != (from.napi == NAPI_LO)) return -1;
  const head = headTruesize(from);
  const delta = from.truesize > head + from.len ? from.truesize - head : from.len;
  moveFrags(to, to_idx, from, from_idx);
  // No room is left behind the linear part of a packet with fragments.
  to.cb1 &= 1;
  to.truesize += delta;
  return <i32>delta;
}

/** The same for two segments of a queue, of which one follows the other (tcp_try_coalesce). False: nothing happened. */
export function tryCoalesce(sk: Sock, to_idx: u32, from_idx: u32): bool {
  const to = skb(to_idx);
  const from = skb(from_idx);
  if (from.seq != to.end_seq) return false;
  const delta = skbTryCoalesce(to_idx, from_idx);
  if (delta < 0) return false;
  sk.rmem_alloc += <u32>delta;
  to.end_seq = from.end_seq;
  to.ack_seq = from.ack_seq;
  to.tcp_flags |= from.tcp_flags;
  to.tstamp_ns = from.tstamp_ns;
  mibInc(sk.host, TCP_TCPRCVCOALESCE);
  return true;
}
