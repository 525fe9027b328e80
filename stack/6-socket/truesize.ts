/** What an skb weighs on x86-64 (net/core/skbuff.c: __alloc_skb, kmalloc_reserve; include/linux/skbuff.h). */

const PAGE: u32 = 4096;
/** sizeof(struct sk_buff) and sizeof(struct skb_shared_info), each in whole cache lines. */
const SK_BUFF: u32 = 256;
const SHARED_INFO: u32 = 320;
/** Heads of up to so many bytes come from a cache of their own (SKB_SMALL_HEAD_CACHE_SIZE). */
const SMALL_HEAD: u32 = 704;
/** SKB_MAX_HEAD(0) and SKB_MAX_ALLOC. */
export const SKB_MAX_HEAD: u32 = PAGE - SHARED_INFO;
export const SKB_MAX_ALLOC: u32 = 4 * PAGE - SHARED_INFO;

export function pageAlign(n: u32): u32 {
  return (n + PAGE - 1) & ~(PAGE - 1);
}

/** The truesize of an skb with `head` linear bytes and `data` bytes in pages. */
export function skbTruesize(head: u32, data: u32): u32 {
  const wanted = ((head + 63) & ~63) + SHARED_INFO;
  let size = SMALL_HEAD;
  if (wanted > size) {
    size = 1024;
    while (size < wanted) size <<= 1;
  }
  return SK_BUFF + size + pageAlign(data);
}
