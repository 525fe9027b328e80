/**
 * Receiving: walks the skbs of a socket's receive queue and turns each fragment into a completion, without touching the
 * bytes when they lie in the area (io_uring/zcrx.c: io_zcrx_recv_skb and below).
 */
import {
  behaves, BEHAVES_ZCRX_STOPPED_EARLY, charge, COST_REMOTE_LINE, COST_ZC_CHUNK, traceCqe, traceZcDeliver, ZCRX_COPY_LINEAR_BYTES,
  ZCRX_COPY_PAGE_BYTES, ZCRX_ZC_BYTES, ZCRX_ZC_CQES,
} from '../../sim/core';
import { Frag, KIND_NIOV, netmem, netmemRef, NO_POOL, runningCore, skb, skbFrag } from '../../stack/3-pool';
import { tcpReadSock } from '../../stack/5-tcp';
import { EAGAIN, EFAULT, ENOSPC } from '../uapi.gen';
import { niovToken } from './area';
import { copyChunk, copyFrag, COPY_LINEAR } from './copy_fallback';
import { zcrxCount } from './counters';
import { ringPostZc } from './port';
import { areaAt, ifqAt, refillState, zcSock } from './state';
import { userRefGet } from './user_refs';

/** Packets of one call; the request then goes to the back of the queue (IO_SKBS_PER_CALL_LIMIT). */
export const IO_SKBS_PER_CALL_LIMIT: u32 = 20;

/** One fragment, or a part of it: lent if it lies in this instance's area, else copied. Bytes or -errno. */
function recvFrag(frag: Frag, off: u32, len: u32): i32 {
  const s = refillState();
  const idx = frag.netmem;
  const n = netmem(idx);
  if (n.kind != KIND_NIOV) {
    const ret = copyFrag(<usize>(n.addr + frag.off + off), len);
    if (ret > 0) {
      zcSock(s.recv_sock).copy_page_bytes += <u64>ret;
      zcrxCount(s.recv_ifq, ZCRX_COPY_PAGE_BYTES, ret);
    }
    return ret;
  }
  const area = areaAt(n.area);
  if (n.pool == NO_POOL || area.ifq != s.recv_ifq) return -EFAULT;
  const token = niovToken(ifqAt(s.recv_ifq), area, n.niov_idx, frag.off + off);
  const cflags = ringPostZc(s.recv_ring, s.recv_user_data, len, token);
  if (cflags == 0) return -ENOSPC;
  charge(COST_ZC_CHUNK);
  if (s.recv_remote != 0) charge(COST_REMOTE_LINE);
  // The reference comes first: it keeps the buffer from its pool while user space reads it.
  netmemRef(idx);
  userRefGet(s.recv_ifq, idx);
  ifqAt(s.recv_ifq).reader = runningCore();
  traceZcDeliver(s.recv_pkt_id, idx, s.recv_sock, <u32>token, len);
  traceCqe(s.recv_pkt_id, idx, <u32>s.recv_user_data, len, cflags);
  zcrxCount(s.recv_ifq, ZCRX_ZC_BYTES, len);
  zcrxCount(s.recv_ifq, ZCRX_ZC_CQES, 1);
  const z = zcSock(s.recv_sock);
  z.zc_bytes += len;
  z.zc_cqes++;
  return <i32>len;
}

/** Delivers [offset, offset + len) of an skb. Returns the bytes done; `result` of the last step is -errno when it failed. */
function walk(skb_idx: u32, offset: u32, len: u32): i32 {
  const s = refillState();
  const b = skb(skb_idx);
  const start_off = offset;
  const head_len = <u32>b.head_len;
  let ret: i32 = 0;
  s.recv_pkt_id = b.pkt_id;
  // The counts of a buffer were last written where its packet was received.
  s.recv_remote = b.home != 0 && b.home != runningCore() ? 1 : 0;
  if (offset < head_len) {
    const want = head_len - offset < len ? head_len - offset : len;
    ret = copyChunk(<usize>(b.head + b.data_off + offset), want, COPY_LINEAR);
    if (ret > 0) {
      zcSock(s.recv_sock).copy_linear_bytes += <u64>ret;
      zcrxCount(s.recv_ifq, ZCRX_COPY_LINEAR_BYTES, ret);
      offset += <u32>ret;
      len -= <u32>ret;
    }
    if (ret < 0 || len == 0 || offset != head_len) return finish(ret, offset - start_off, len);
  }
  let start = head_len;
  const nr_frags = b.nr_frags;
  for (let i: u32 = 0; i < nr_frags; i++) {
    const frag = skbFrag(skb_idx, i);
    const frag_end = start + frag.len;
    if (offset < frag_end) {
      const want = frag_end - offset < len ? frag_end - offset : len;
      ret = recvFrag(frag, offset - start, want);
      if (ret < 0) break;
      offset += <u32>ret;
      len -= <u32>ret;
      if (len == 0 || <u32>ret != want) break;
    }
    start = frag_end;
  }
  return finish(ret, offset - start_off, len);
}

/** Bytes left over mean that an error ended the walk early. */
function finish(ret: i32, done: u32, left: u32): i32 {
  const s = refillState();
  if (left != 0) s.recv_stopped_early = 1;
  if (done == 0) return ret;
  s.recv_count -= done;
  return <i32>done;
}

/** The actor of tcp_read_sock (io_zcrx_recv_skb). */
function recvSkb(sock_idx: u32, skb_idx: u32, offset: u32, len: u32): i32 {
  const s = refillState();
  // The reader shows no more than was asked for, and at least one byte.
  if (s.recv_skbs++ > IO_SKBS_PER_CALL_LIMIT) return -EAGAIN;
  return walk(skb_idx, offset, len);
}

/**
 * Reads a socket, which the caller has locked, for a request: at most `len` bytes (0: no limit). Returns tcp_read_sock's result.
 * zcrxStoppedEarly() and zcrxSkbs() tell how it ended.
 */
export function zcrxReadSock(ring: u32, user_data: u64, ifq_idx: u32, sock_idx: u32, len: u32): i32 {
  const s = refillState();
  s.recv_ring = ring;
  s.recv_ifq = ifq_idx;
  s.recv_user_data = user_data;
  s.recv_sock = sock_idx;
  s.recv_count = len != 0 ? len : u32.MAX_VALUE;
  s.recv_skbs = 0;
  s.recv_stopped_early = 0;
  return tcpReadSock(sock_idx, s.recv_count, recvSkb.index);
}
/** An error left bytes over, and the kernel looks again at once what it was. */
export function zcrxStoppedEarly(host: u32): bool {
  return refillState().recv_stopped_early != 0 && behaves(host, BEHAVES_ZCRX_STOPPED_EARLY);
}
export function zcrxSkbs(): u32 {
  return refillState().recv_skbs;
}
