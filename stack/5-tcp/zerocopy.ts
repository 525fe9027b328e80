/**
 * Payload that is not copied (net/core/datagram.c: zerocopy_fill_skb_from_iter; net/core/skbuff.c: skb_zerocopy_iter_stream):
 * the pages of user memory become fragments, and the skb holds a reference on the Ubuf of who lent them.
 *
 *     user    |...xxxx|xxxxxxxx|xxxxx...|      a segment of the message over three pages
 *     skb      frag 0   frag 1   frag 2        truesize: whole pages, from where the first begins
 */
import { charge, COST_PIN_PAGE, COST_ZC_FRAG, MAX_SKB_FRAGS, NONE, PAGE_SIZE } from '../../sim/core';
import { fragUnref, Skb, skbAddFrag, skbFrag, skbZcopySet, ubuf, userPagePin } from '../3-pool';
import { msgZerocopyRealloc, msgZerocopyResume, Sock, SOCK_ZEROCOPY, wmemAdd } from '../6-socket';
import { EFAULT, ENOBUFS } from './errno';
import { messagePass, messageSegment, MSG_ZEROCOPY, SendMessage } from './send_message';

/** The skb can take no more of this message. */
export const SKB_IS_FULL: i32 = -1;

/** A message that asks for it gets its Ubuf; `last`: that of the last skb, 0 for none. 0 or -errno. */
export function zerocopyBegin(sk: Sock, m: SendMessage, last: u32): i32 {
  if ((m.flags & MSG_ZEROCOPY) == 0 || m.total == 0 || m.uarg != 0) return 0;
  if (m.msg_ubuf != 0) m.uarg = m.msg_ubuf;
  else if (sk.hasFlag(SOCK_ZEROCOPY)) {
    if (m.again != 0) m.uarg = msgZerocopyResume(sk, last);
    m.again = m.uarg != 0 ? 1 : 0;
    if (m.uarg == 0) m.uarg = msgZerocopyRealloc(sk, m.total, last);
    if (m.uarg == 0) return -<i32>ENOBUFS;
  } else return 0;
  m.zerocopy = 1;
  return 0;
}

/** The pages of up to `want` bytes of the segment in hand become fragments. Bytes, 0 without room, or -EFAULT (iov_iter_get_pages2). */
export function skbAddUserPages(b: Skb, skb_idx: u32, m: SendMessage, want: u32): i32 {
  if (b.nr_frags == MAX_SKB_FRAGS) return 0;
  messageSegment(m);
  const start = m.at & (PAGE_SIZE - 1);
  const most = (MAX_SKB_FRAGS - b.nr_frags) * PAGE_SIZE - start;
  const bytes = min(min(want, m.left), most);
  let done: u32 = 0;
  while (done < bytes) {
    const page = userPagePin(m.at + done);
    if (page == NONE) break;
    if (m.fixed == 0) charge(COST_PIN_PAGE);
    charge(COST_ZC_FRAG);
    const off = (m.at + done) & (PAGE_SIZE - 1);
    const part = min(bytes - done, PAGE_SIZE - off);
    const n = b.nr_frags;
    const last = skbFrag(skb_idx, max(n, 1) - 1);
    if (n != 0 && last.netmem == page && last.off + last.len == off) {
      last.len += part;
      b.len += part;
      b.data_len += part;
      fragUnref(page, false);
    } else skbAddFrag(skb_idx, page, off, part, 0);
    done += part;
  }
  if (done == 0) return -<i32>EFAULT;
  b.truesize += (done + start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  messagePass(m, done);
  return <i32>done;
}

/** Takes what was added behind `len` bytes away again, as if nothing had happened (___pskb_trim). */
function trimTo(b: Skb, skb_idx: u32, len: u32): void {
  while (b.len > len) {
    const last = skbFrag(skb_idx, b.nr_frags - 1);
    const extra = min(b.len - len, last.len);
    last.len -= extra;
    b.len -= extra;
    b.data_len -= extra;
    if (last.len != 0) continue;
    fragUnref(last.netmem, false);
    b.nr_frags--;
  }
}

/** Lends up to `want` bytes of the message to an skb. Bytes, SKB_IS_FULL or -EFAULT; then the skb is as before, but for its weight. */
export function zerocopyAppend(sk: Sock, b: Skb, skb_idx: u32, m: SendMessage, want: u32): i32 {
  const uarg = m.uarg;
  const link = ubuf(uarg).link_skb;
  if (link != 0) {
    if (call_indirect<i32>(link, skb_idx, uarg) != 0) return SKB_IS_FULL;
  } else if (b.uarg != 0 && b.uarg != uarg) return SKB_IS_FULL;
  if (b.len == 0) b.zcopy_pure = 1;
  const len_before = b.len;
  const truesize_before = b.truesize;
  let got: i32 = 0;
  let err: i32 = 0;
  while (<u32>got < want) {
    err = b.nr_frags == MAX_SKB_FRAGS ? SKB_IS_FULL : skbAddUserPages(b, skb_idx, m, want - got);
    if (err < 0) break;
    got += err;
  }
  wmemAdd(sk, b.truesize - truesize_before);
  if (err == -<i32>EFAULT || got == 0) {
    trimTo(b, skb_idx, len_before);
    return err;
  }
  skbZcopySet(b, uarg);
  return got;
}
