/**
 * Memory for payload that is sent (net/core/sock.c: sk_page_frag_refill): each task fills one 32 KiB page after the other.
 * Writers that find no page or no skb wait in a list and are told when ACKs have freed some.
 */
import { arenaAlloc, coreState, NONE, TASKS_OF_ALL_KINDS, TX_PAGE_SIZE } from '../../sim/core';
import { fragUnref, netmem, poolState, txPageAlloc } from '../3-pool';
import { Sock, sock, sockHold, SOCK_NOSPACE, sockPut, SOCK_WAITS_PAGE, wakeWritable } from '../6-socket';
import { stage, tcpHost } from './stage';

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

/** The page that a task fills, and how far; NONE for none (struct page_frag). */
@unmanaged
export class PageFrag {
  netmem: u32;
  off: u32;
}
const PAGE_FRAG_BYTES: usize = 8;

function pageFragOf(task: u32): PageFrag {
  return changetype<PageFrag>(<usize>stage().frags_base + <usize>task * PAGE_FRAG_BYTES);
}
export function pageFragsInit(): void {
  stage().frags_base = <u32>arenaAlloc(<u64>TASKS_OF_ALL_KINDS * PAGE_FRAG_BYTES);
  for (let task: u32 = 0; task < TASKS_OF_ALL_KINDS; task++) pageFragOf(task).netmem = NONE;
}

/** That of the running task (current->task_frag). */
export function pageFrag(): PageFrag {
  return pageFragOf(coreState().task);
}

/** The task's page has room; false when there is no page. */
export function pageFragRefill(f: PageFrag, host: u32): bool {
  if (f.netmem != NONE) {
    // Nobody else holds it any more: it is filled again from its begin.
    if (netmem(f.netmem).pp_ref == 1) {
      f.off = 0;
      return true;
    }
    if (f.off + FRAG_LEAST <= TX_PAGE_SIZE) return true;
    fragUnref(f.netmem, false);
    f.netmem = NONE;
  }
  const idx = txPageAlloc(host);
  if (idx == NONE) return false;
  f.netmem = idx;
  f.off = 0;
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

/** Something was freed: all who wait may try again. Who finds nothing once more waits once more. */
export function wakePageWaiters(host: u32): void {
  if (poolState().tx_page_free == NONE || !skbsForWriters()) return;
  const h = tcpHost(host);
  let idx = h.page_head;
  h.page_head = NONE;
  h.page_tail = NONE;
  while (idx != NONE) {
    const sk = sock(idx);
    const next = sk.page_next;
    sk.page_next = NONE;
    sk.flags &= ~SOCK_WAITS_PAGE;
    wakeWritable(sk);
    sockPut(idx);
    idx = next;
  }
}
