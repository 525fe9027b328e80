/** Room for what is sent (net/core/sock.c: sock_alloc_send_pskb; net/core/skbuff.c: alloc_skb_with_frags). */
import { chainAlloc, chainFree, NONE, slabEmpty } from '../../sim/core';
import { Msg, msgToChain, SEND_SHUTDOWN, skbTruesize } from '../6-socket';
import { EAGAIN, EFAULT, ENOBUFS, EPIPE } from '../../uring-model/uapi.gen';
import { skbNew, takeError, UnixSock, unixState } from './sock';

export const UNIX_SKB_FRAGS_SZ: u32 = 32768;

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
  if (slabEmpty(unixState().skbs)) return -ENOBUFS;
  const chain = chainAlloc(len);
  if (chain == NONE && len != 0) return -ENOBUFS;
  if (!msgToChain(m, offset, len, chain, 0)) {
    chainFree(chain);
    return -EFAULT;
  }
  return <i32>skbNew(u, chain, len, skbTruesize(len - data, data));
}
