/** Room for what is sent (net/core/sock.c: sock_alloc_send_pskb; net/core/skbuff.c: alloc_skb_with_frags). */
import { chainAlloc, chainFree, NONE } from '../../sim/core';
import { Msg, msgToChain, SEND_SHUTDOWN } from '../6-socket';
import { EAGAIN, EFAULT, ENOBUFS, EPIPE } from '../../uring-model/uapi.gen';
import { takeError, unixSkb, UnixSock, unixState } from './sock';

const PAGE: u32 = 4096;
/** sizeof(struct sk_buff) and sizeof(struct skb_shared_info), each in whole cache lines, on x86-64. */
const SK_BUFF: u32 = 256;
const SHARED_INFO: u32 = 320;
/** Heads of up to so many bytes come from a cache of their own (SKB_SMALL_HEAD_CACHE_SIZE). */
const SMALL_HEAD: u32 = 704;
/** SKB_MAX_HEAD(0), SKB_MAX_ALLOC and UNIX_SKB_FRAGS_SZ. */
export const SKB_MAX_HEAD: u32 = PAGE - SHARED_INFO;
export const SKB_MAX_ALLOC: u32 = 4 * PAGE - SHARED_INFO;
export const UNIX_SKB_FRAGS_SZ: u32 = 32768;

export function pageAlign(n: u32): u32 {
  return (n + PAGE - 1) & ~(PAGE - 1);
}

/** What an skb with `head` linear bytes and `data` bytes in pages weighs. */
function truesizeOf(head: u32, data: u32): u32 {
  const wanted = ((head + 63) & ~63) + SHARED_INFO;
  let size = SMALL_HEAD;
  if (wanted > size) {
    size = 1024;
    while (size < wanted) size <<= 1;
  }
  return SK_BUFF + size + pageAlign(data);
}

/** May the socket send now? 0 or -errno. */
function maySend(u: UnixSock): i32 {
  const err = takeError(u);
  if (err != 0) return err;
  if ((<u32>u.shutdown & SEND_SHUTDOWN) != 0) return -EPIPE;
  return u.wmem_alloc < u.sndbuf ? 0 : -EAGAIN;
}

/**
 * An skb of the sender with `len` bytes of the message from `offset` on, of which `data` are to lie in pages: its index, or
 * -errno. A refusal that comes after the copy leaves it to the caller to free the skb.
 */
export function sendSkb(u: UnixSock, m: Msg, offset: u32, len: u32, data: u32): i32 {
  const ret = maySend(u);
  if (ret != 0) return ret;
  const s = unixState();
  const idx = s.skb_free;
  if (idx == NONE) return -ENOBUFS;
  const chain = chainAlloc(len);
  if (chain == NONE && len != 0) return -ENOBUFS;
  if (!msgToChain(m, offset, len, chain, 0)) {
    chainFree(chain);
    return -EFAULT;
  }
  const b = unixSkb(idx);
  s.skb_free = b.next;
  b.sock = u.idx;
  b.len = len;
  b.consumed = 0;
  b.truesize = truesizeOf(len - data, data);
  b.chain = chain;
  b.next = NONE;
  u.wmem_alloc += b.truesize;
  return <i32>idx;
}
