/**
 * Requests that wait and can be cancelled, by user_data (struct io_hash_table; io_uring/poll.c: io_poll_req_insert). A bucket
 * is a list with the last to come in front, so the order in which a cancellation of many finds them is the kernel's.
 */
import { arenaAlloc, NONE, RINGS_MAX } from '../../sim/core';
import { Req, reqAt, reqIdx } from './request';
import { Ring, ringAt, ringState } from './state';

/** 1 << 8 buckets for each ring. */
const BITS_MAX: u32 = 8;
const GOLDEN_RATIO_64: u64 = 0x61c8864680b583eb;
/** In Req.list_prev: what follows is a bucket, no request. */
const BUCKET: u32 = 1 << 31;

export function cancelTablesInit(): void {
  ringState().cancel_base = <u32>arenaAlloc(<u64>RINGS_MAX << (BITS_MAX + 2));
}

function bucketAt(r: Ring, bucket: u32): usize {
  return <usize>(ringState().cancel_base + (((r.idx << BITS_MAX) + bucket) << 2));
}

/** A new ring: 32 completions a bucket, at most 256 buckets (io_ring_ctx_alloc). */
export function cancelTableCreate(r: Ring): void {
  const bits = 31 - <i32>clz<u32>(r.cq_entries) - 5;
  r.cancel_bits = bits < 1 ? 1 : bits > <i32>BITS_MAX ? BITS_MAX : <u32>bits;
  memory.fill(bucketAt(r, 0), 0xff, <usize>4 << r.cancel_bits);
}

/** hash_long */
export function cancelBucket(r: Ring, user_data: u64): u32 {
  return <u32>((user_data * GOLDEN_RATIO_64) >> (64 - r.cancel_bits));
}

/** The first request of a bucket, or NONE; Req.list_next leads on. */
export function cancelFirst(r: Ring, bucket: u32): u32 {
  return load<u32>(bucketAt(r, bucket));
}

export function cancelTableAdd(req: Req): void {
  const r = ringAt(req.ring);
  const bucket = cancelBucket(r, req.user_data);
  const at = bucketAt(r, bucket);
  const first = load<u32>(at);
  const idx = reqIdx(req);
  req.list_next = first;
  req.list_prev = BUCKET | bucket;
  if (first != NONE) reqAt(first).list_prev = idx;
  store<u32>(at, idx);
}

/** hash_del */
export function cancelTableRemove(req: Req): void {
  const prev = req.list_prev;
  const next = req.list_next;
  if ((prev & BUCKET) != 0) store<u32>(bucketAt(ringAt(req.ring), prev & ~BUCKET), next);
  else reqAt(prev).list_next = next;
  if (next != NONE) reqAt(next).list_prev = prev;
}
