/**
 * A packet of a socket becomes a packet for a socket (net/ipv4/tcp_output.c: __tcp_transmit_skb, which clones it;
 * drivers/net/loopback.c: loopback_xmit). The clone has headers of its own and shares the fragments:
 *
 *     sender's rtx queue    skb ──┬──► frag, frag, …   pages that sendmsg filled, or that were lent
 *     receiver's queue    clone ──┘
 */
import { countDrop, DROP_NOMEM, NONE, newPktIds, now, STAGE_NIC, traceLoXmit } from '../../sim/core';
import {
  NAPI_LO, netmemRef, skb, skbAlloc, skbDestructor, skbFrag, SKB_HEAD_TRUESIZE, skbPair, skbZcopySet,
} from '../../stack/3-pool';
import { backlogLen, netifRx } from '../../stack/4-napi';

const ETH_HLEN: u32 = 14;
const FRAG_BYTES: usize = 12;

/** LoXmit. */
export function loopbackXmit(host: u32, header_addr: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32): u32 {
  const segs = skb_idx == NONE ? 1 : max<u32>(skb(skb_idx).gso_segs, 1);
  const pkt_id = newPktIds(segs);
  const idx = skbAlloc(host);
  if (idx == NONE) {
    countDrop(DROP_NOMEM, STAGE_NIC, pkt_id, header_len);
    return 1;
  }
  const b = skb(idx);
  memory.copy(<usize>b.head, <usize>header_addr, header_len);
  b.pkt_id = pkt_id;
  b.napi = NAPI_LO;
  b.ip_summed = 1;
  b.hash = hash;
  b.tstamp_ns = now();
  b.data_off = <u16>ETH_HLEN;
  b.network_off = <u16>ETH_HLEN;
  b.head_len = <u16>(header_len - ETH_HLEN);
  b.len = header_len - ETH_HLEN;
  b.gso_segs = <u16>segs;
  b.truesize = SKB_HEAD_TRUESIZE;
  if (skb_idx != NONE) sharePayload(idx, skb_idx);
  traceLoXmit(pkt_id, b.nr_frags == 0 ? NONE : skbFrag(idx, 0).netmem, b.len, segs, backlogLen(host));
  // It is no longer the sender's (skb_orphan).
  if (sock_idx != NONE) skbDestructor(sock_idx, b.truesize);
  netifRx(idx);
  return 0;
}

/** skb_clone, or pskb_copy where the sender's skb has a clone already. */
function sharePayload(idx: u32, skb_idx: u32): void {
  const b = skb(idx);
  const from = skb(skb_idx);
  const n = from.nr_frags;
  memory.copy(changetype<usize>(skbFrag(idx, 0)), changetype<usize>(skbFrag(skb_idx, 0)), <usize>n * FRAG_BYTES);
  for (let i: u32 = 0; i < n; i++) netmemRef(skbFrag(idx, i).netmem);
  b.nr_frags = n;
  b.data_len = from.data_len;
  b.len += from.data_len;
  b.truesize = from.truesize;
  b.gso_size = from.gso_size;
  skbZcopySet(b, from.uarg);
  if (from.clone == 0) skbPair(idx, skb_idx);
}
