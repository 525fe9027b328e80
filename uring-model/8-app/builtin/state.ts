/**
 * State of the built-in applications: one a host, at APP_ADDR, and a table of streams for each.
 */
import { APP_ADDR, arenaAlloc, SHA256_BYTES } from '../../../sim/core';

@unmanaged
export class App {
  /** The host it runs on, which is also its task. */
  host: u32;
  role: u32;
  /** Its io_uring; -1 before it starts. */
  ring_fd: i32;
  /** A TypeScript application may run: the run loop returns to the host. */
  runnable: u32;
  // The ring's memory (user_ring.ts)
  sq_head: u32;
  sq_tail: u32;
  sq_mask: u32;
  sqes: u32;
  sq_local_tail: u32;
  sq_submitted: u32;
  cq_head: u32;
  cq_tail: u32;
  cq_mask: u32;
  cqes: u32;
  cqe_shift: u32;
  // Zero-copy receive: area and refill ring
  zcrx_id: u32;
  area: u32;
  area_bytes: u32;
  rq_head: u32;
  rq_tail: u32;
  rqes: u32;
  rq_entries: u32;
  area_token: u64;
  // Buffers that the application holds (refill_policy.ts): a ring of {off, time, len}
  held: u32;
  held_mask: u32;
  held_head: u32;
  held_tail: u32;
  held_max: u32;
  given_back: u32;
  // Buffer ring (receive: multishot)
  buf_ring: u32;
  buf_base: u32;
  buf_len: u32;
  buf_mask: u32;
  buf_tail: u32;
  // Streams
  streams: u32;
  stream_capacity: u32;
  stream_count: u32;
  /** Flows that a source has begun to open. */
  started: u32;
  /** Flows that wait for their next send, or receives that wait for buffers: a FIFO through Stream.next. */
  wait_head: u32;
  wait_tail: u32;
  /** Echo: pieces to send back. */
  pieces: u32;
  piece_free: u32;
  scratch: u32;
  scratch_len: u32;
  next_start_ns: u64;
  /** The earliest timer event that is in the queue; u64.MAX_VALUE: none. */
  timer_ns: u64;
}
const APP_BYTES: usize = 0x200;

export function app(host: u32): App {
  return changetype<App>(APP_ADDR + 0x100 + <usize>host * APP_BYTES);
}

/** Stream.phase */
export const PHASE_NONE: u32 = 0;
export const PHASE_OPENING: u32 = 1;
export const PHASE_OPEN: u32 = 2;
export const PHASE_CLOSING: u32 = 3;
export const PHASE_CLOSED: u32 = 4;

/**
 * One connection, as the application and the laboratory see it. The host reads it (sim/host), so the order of the
 * first fields is an interface; all of them are u64.
 */
@unmanaged
export class Stream {
  /** Number of the flow at its source, or u64.MAX_VALUE if no source of this world sends it. */
  flow: u64;
  local_port: u64;
  peer_port: u64;
  /** 4 or 6. */
  family: u64;
  peer_addr0: u64;
  peer_addr1: u64;
  /** Bytes that the application received (a source: sent). */
  bytes: u64;
  zc_bytes: u64;
  copied_linear: u64;
  copied_page: u64;
  cqes: u64;
  segments: u64;
  out_of_order: u64;
  duplicates: u64;
  /** Most buffers held at once. */
  held_max: u64;
  start_ns: u64;
  end_ns: u64;
  /** Result of the completion that ended it; 0 end of stream. */
  res: i64;
  /** 1 + position of the first byte that was not what the source sent; 0: none. */
  bad: u64;
  phase: u64;
  digest0: u64;
  digest1: u64;
  digest2: u64;
  digest3: u64;
  /** Bytes that a source received back. */
  echoed: u64;
  /** Buffers held now. */
  held: u64;
  // The application's own
  fd: i32;
  sock: u32;
  inflight: u32;
  next: u32;
  recv_buf: u32;
  starved: u32;
  piece_head: u32;
  piece_tail: u32;
  due_ns: u64;
  queued: u64;
  // SHA-256 context follows
}
export const STREAM_BYTES: u32 = 384;
const STREAM_SHA: usize = 256;

export function stream(a: App, i: u32): Stream {
  return changetype<Stream>(<usize>a.streams + <usize>i * STREAM_BYTES);
}
export function streamSha(s: Stream): usize {
  return changetype<usize>(s) + STREAM_SHA;
}

export function streamsInit(a: App, capacity: u32): void {
  assert(offsetof<Stream>() <= STREAM_SHA && STREAM_SHA + SHA256_BYTES <= STREAM_BYTES, 'STREAM_BYTES is too small');
  a.streams = <u32>arenaAlloc(<u64>capacity * STREAM_BYTES);
  a.stream_capacity = capacity;
}
