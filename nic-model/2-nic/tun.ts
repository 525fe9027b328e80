/**
 * What a packet weighs that a tun device took from user space (drivers/net/tun.c: tun_get_user, tun_alloc_skb; net/core/skbuff.c:
 * alloc_skb_with_frags): a page's worth is linear, in memory from kmalloc; the rest lies in pages of up to 32 KiB.
 */
import { Skb } from '../../stack/3-pool';

const NET_SKB_PAD: u32 = 64;
const PAGE_SIZE: u32 = 4096;
const PAGE_ORDER_MAX: u32 = 3;
const CACHE_LINE: u32 = 64;
/** SKB_DATA_ALIGN of sk_buff and of skb_shared_info; SKB_SMALL_HEAD_CACHE_SIZE. */
const SK_BUFF: u32 = 256;
const SHARED_INFO: u32 = 320;
const SMALL_HEAD: u32 = 640;
/** What fits into a page beside all that (SKB_MAX_HEAD). */
const GOOD_LINEAR: u32 = PAGE_SIZE - NET_SKB_PAD - SHARED_INFO;

/** Size of the object that holds a linear part of `len` bytes: the small cache, or the next power of two. */
function headSize(len: u32): u32 {
  const wanted = ((NET_SKB_PAD + len + CACHE_LINE - 1) & ~(CACHE_LINE - 1)) + SHARED_INFO;
  if (wanted <= SMALL_HEAD) return SMALL_HEAD;
  return (<u32>1) << (32 - clz<u32>(wanted - 1));
}

/** Pages for `len` bytes: the largest that are filled, then smaller ones. */
function pagesSize(len: u32): u32 {
  let left = len;
  let order = PAGE_ORDER_MAX;
  let size: u32 = 0;
  while (left > 0) {
    const rounded = (left + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    while (order > 0 && rounded < PAGE_SIZE << order) order--;
    const chunk = PAGE_SIZE << order;
    size += chunk;
    left -= min(left, chunk);
  }
  return size;
}

/**
 * Gives a received skb of `len` bytes its weight. A linear one cannot lend its memory to another skb; Skb.cb1 holds what that
 * needs to know: 1, and from bit 32 on the room behind its bytes.
 */
export function tunWeigh(b: Skb, len: u32): void {
  if (NET_SKB_PAD + len >= PAGE_SIZE) {
    b.truesize = PAGE_SIZE + SK_BUFF + pagesSize(len - GOOD_LINEAR);
    b.cb1 = 1;
    return;
  }
  const size = headSize(len);
  b.truesize = size + SK_BUFF;
  b.cb1 = <u64>1 | (<u64>(size - SHARED_INFO - NET_SKB_PAD - len) << 32);
}
