/**
 * The copy fallback: payload that did not land in the area (linear data of an unsplit packet, ordinary pages of another
 * queue) is copied into buffers from the free list, one page of payload to a buffer. Only fragments show in the kernel's
 * statistics and raise ZCRX_EVENT_COPY; linear data is copied without a word.
 */
import { bug, memCopy, NONE, PAGE_SIZE, RUN_BUG_FULL_RING_LEAK, runConfig, traceCqe, traceZcCopy, ZCRX_COPY_CQES } from '../../sim/core';
import { ledgerMove, netmem, NO_POOL, PLACE_LIVE } from '../../stack/3-pool';
import { ENOMEM, ENOSPC, ZCRX_EVENT_COPY } from '../uapi.gen';
import { niovFromFreelist, niovToken, niovToFreelist } from './area';
import { zcrxCount } from './counters';
import { zcrxSendNotif, zcrxStatCopy } from './events';
import { ringPostZc } from './port';
import { areaAt, Ifq, ifqArea, ifqAt, refillState } from './state';
import { userRefGet } from './user_refs';

export const COPY_LINEAR: u32 = 1;
export const COPY_PAGE: u32 = 2;

/** A buffer with one reference that belongs to no pool (io_alloc_fallback_niov). */
function allocFallbackNiov(q: Ifq): u32 {
  if (q.kern_readable == 0) return NONE;
  for (let i: u32 = 0; i < q.nr_areas; i++) {
    const idx = niovFromFreelist(ifqArea(q, i));
    if (idx == NONE) continue;
    const n = netmem(idx);
    assert(n.pool == NO_POOL, 'Z4 a free buffer belongs to no pool');
    n.pp_ref = 1;
    ledgerMove(idx, PLACE_LIVE);
    return idx;
  }
  return NONE;
}

/** Copies `len` bytes from `src` into fresh buffers and posts a completion for each (io_zcrx_copy_chunk). Bytes or -errno. */
export function copyChunk(src: usize, len: u32, why: u32): i32 {
  const s = refillState();
  const q = ifqAt(s.recv_ifq);
  const payload = runConfig().run_payload;
  let copied: u32 = 0;
  while (len > 0) {
    const idx = allocFallbackNiov(q);
    if (idx == NONE) return copied != 0 ? <i32>copied : -ENOMEM;
    const n = netmem(idx);
    // A page at a time, however large the buffer is.
    const part = len < PAGE_SIZE ? len : PAGE_SIZE;
    if (payload) memory.copy(<usize>n.addr, src + copied, part);
    memCopy(src + copied, <usize>n.addr, part);
    const token = niovToken(q, areaAt(n.area), n.niov_idx, 0);
    const cflags = ringPostZc(s.recv_ring, s.recv_user_data, part, token);
    if (cflags == 0) {
      if (!bug(RUN_BUG_FULL_RING_LEAK)) niovToFreelist(idx);
      return copied != 0 ? <i32>copied : -ENOSPC;
    }
    userRefGet(s.recv_ifq, idx);
    traceZcCopy(s.recv_pkt_id, idx, s.recv_sock, part, why);
    traceCqe(s.recv_pkt_id, idx, <u32>s.recv_user_data, part, cflags);
    zcrxCount(s.recv_ifq, ZCRX_COPY_CQES, 1);
    copied += part;
    len -= part;
  }
  return <i32>copied;
}

/** A fragment that lies in ordinary pages (io_zcrx_copy_frag). */
export function copyFrag(src: usize, len: u32): i32 {
  const ret = copyChunk(src, len, COPY_PAGE);
  if (ret > 0) {
    const ifq_idx = refillState().recv_ifq;
    zcrxStatCopy(ifq_idx, ifqAt(ifq_idx), <u32>ret);
    zcrxSendNotif(ifq_idx, ZCRX_EVENT_COPY);
  }
  return ret;
}
