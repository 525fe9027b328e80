/**
 * Who waits until the payload of packets is no longer needed (include/linux/skbuff.h: ubuf_info, ubuf_info_ops). Whoever lends
 * memory to packets keeps a Ubuf where it likes, as the head of a struct of its own; packets know its address (Skb.uarg) and
 * hold references, and so does a device while it sends.
 *
 *     sender ──1──┐
 *     skb    ──1──┼──► Ubuf { complete, link_skb, refs } of a message, of a request, …
 *     device ──1──┘       complete(skb_idx, uarg, success): a reference is dropped; the last one tells the owner
 */
@unmanaged
export class Ubuf {
  /** Table index of (skb_idx, uarg, success): drops a reference. success 0: the bytes were copied after all. skb_idx may be NONE. */
  complete: u32;
  /** Table index of (skb_idx, uarg) -> 0 or -errno: may this skb carry it? 0: an skb that has another one may not. */
  link_skb: u32;
  refs: u32;
}
export const UBUF_BYTES: usize = 12;

export function ubuf(uarg: u32): Ubuf {
  return changetype<Ubuf>(<usize>uarg);
}

/** net_zcopy_get. */
export function zcopyGet(uarg: u32): void {
  ubuf(uarg).refs++;
}

/** Drops a reference for whom `skb_idx` stands (ubuf_info_ops.complete). */
export function zcopyComplete(skb_idx: u32, uarg: u32, success: bool): void {
  call_indirect<void>(ubuf(uarg).complete, skb_idx, uarg, <u32>success);
}
