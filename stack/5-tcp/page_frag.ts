/**
 * Memory for payload that is sent (net/core/sock.c: sk_page_frag_refill): each host fills one 32 KiB page after the other.
 * Writers that find no page or no skb wait in a list and are told when ACKs have freed some.
 *
 * Differs from Linux: all tasks of a host fill the same page (task_frag).
 */
import { NONE, TX_PAGE_SIZE } from '../../sim/core';
import { fragUnref, netmem, poolState, txPageAlloc } from '../3-pool';
import { Sock, sock, sockHold, SOCK_NOSPACE, sockPut, SOCK_WAITS_PAGE, wakeWritable } from '../6-socket';
import { tcpHost } from './stage';

/**
 * Who makes skbs of the sender leaves some of all to what is received: else ACKs would find none, and nothing would ever be
 * freed. Writers leave a quarter; new data that is cut leaves an eighth; sent data that is cut leaves a sixteenth.
 */
function skbsBeyond(shift: u32): bool {
  const p = poolState();
  return p.skb_capacity - p.skb_used > p.skb_capacity >> shift;
}
export function skbsForWriters(): bool {
  return skbsBeyond(2);
}
export function skbsForCutting(sent: bool): bool {
  return skbsBeyond(sent ? 4 : 3);
}

/** So many bytes must be left of a page (sk_page_frag_refill). */
const FRAG_LEAST: u32 = 32;

/** The host's page has room; false when there is no page. */
export function pageFragRefill(host: u32): bool {
  const h = tcpHost(host);
  if (h.frag_netmem != NONE) {
    // Nobody else holds it any more: it is filled again from its begin.
    if (netmem(h.frag_netmem).pp_ref == 1) {
      h.frag_off = 0;
      return true;
    }
    if (h.frag_off + FRAG_LEAST <= TX_PAGE_SIZE) return true;
    fragUnref(h.frag_netmem, false);
    h.frag_netmem = NONE;
  }
  const idx = txPageAlloc(host);
  if (idx == NONE) return false;
  h.frag_netmem = idx;
  h.frag_off = 0;
  return true;
}

/** Remembers a writer that found nothing. */
export function waitForPage(sk: Sock): void {
  sk.flags |= SOCK_NOSPACE;
  if (sk.hasFlag(SOCK_WAITS_PAGE)) return;
  sk.flags |= SOCK_WAITS_PAGE;
  sockHold(sk.handle);
  const h = tcpHost(sk.host);
  sk.page_next = NONE;
  if (h.page_head == NONE) h.page_head = sk.handle;
  else sock(h.page_tail).page_next = sk.handle;
  h.page_tail = sk.handle;
}

/** Something was freed: the first who waits may try again. */
export function wakePageWaiters(host: u32): void {
  const h = tcpHost(host);
  const idx = h.page_head;
  if (idx == NONE) return;
  if (poolState().tx_page_free == NONE || !skbsForWriters()) return;
  const sk = sock(idx);
  h.page_head = sk.page_next;
  if (h.page_head == NONE) h.page_tail = NONE;
  sk.page_next = NONE;
  sk.flags &= ~SOCK_WAITS_PAGE;
  wakeWritable(sk);
  sockPut(idx);
}
