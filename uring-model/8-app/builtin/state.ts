/**
 * The built-in applications' own memory. One App a host at APP_ADDR; a record of each stream, for the application itself
 * and for the host's reports:
 *
 *      word  0 flow, all ones: unknown   1 peer port, family << 32     2,3 peer address (network order)
 *            4 bytes                     5 of them lent                6 copied from linear data   7 copied from pages
 *            8 completions with data     9 segments with payload      10 most buffers on loan at once
 *           11 start, ns                12 end, ns                    13 result: 0 or -errno
 *           14 first wrong byte + 1, 0 for none                       15-18 SHA-256
 *           19 done                     20 own port                   21 segments out of order
 *           22 duplicate segments       23 socket                     24 requests that brought data, or sent it
 *           25.. the application's own
 */
import {
  APP_ADDR, APP_RECEIVE_EPOLL, APP_RECEIVE_MMAP, APP_RECEIVE_READ, APP_ROLE_SOURCE, APP_SEND_WRITE, hostConfig, NONE,
} from '../../../sim/core';

/** user_data of an operation: its kind above, the stream's index below. A trace record has room for its low 32 bits, so it has no more. */
export const USER_DATA_KIND_SHIFT: u32 = 24;
export const USER_DATA_INDEX_MASK: u32 = 0xffffff;

/** A source's stream counts what was sent; 5 to 10 stay 0. */
@unmanaged
export class Stream {
  flow: u64;
  peer_port: u32;
  family: u32;
  peer_addr0: u64;
  peer_addr1: u64;
  bytes: u64;
  zc_bytes: u64;
  copy_linear_bytes: u64;
  copy_page_bytes: u64;
  cqes: u64;
  segs_in: u64;
  loan_max: u64;
  start_ns: u64;
  end_ns: u64;
  res: i64;
  bad_offset: u64;
  sha0: u64;
  sha1: u64;
  sha2: u64;
  sha3: u64;
  done: u64;
  own_port: u64;
  out_of_order: u64;
  duplicates: u64;
  /** The socket, while it is open and afterwards. */
  sock: u64;
  /** Receives that brought data, sends that took some, or answers of an rpc server. Of RECV_ZC: whole pieces of app.recv_bytes. */
  requests: u64;
  // The application's own
  fd: i32;
  /** FLOW_* or CONN_*: where the stream is. */
  state: u32;
  /** Buffers on loan. */
  loans: u32;
  /** Operations under way. */
  inflight: u32;
  /** Place in the pattern of the next byte. */
  table_pos: u32;
  /** Slot in which the peer's name will be; receive buffer; SHA state. */
  name_slot: u32;
  buffer: u32;
  sha: u32;
  /** Bytes handed to sends (source); bytes when the receive was armed last (sink). */
  mark: u64;
  /** Notifications that a source got, and those of them that say: copied. */
  notifs: u64;
  copied_notifs: u64;
}
export const STREAM_BYTES: u32 = 256;

@unmanaged
export class App {
  host: u32;
  role: u32;
  /** 0: has not started. 1: runs. 2: has ended. */
  state: u32;
  /** Its wait went to sleep; the call is to be repeated. */
  asleep: u32;
  // The ring, as liburing keeps it
  fd: u32;
  rings: u32;
  sqes: u32;
  sq_mask: u32;
  sq_entries: u32;
  sq_tail: u32;
  sq_published: u32;
  cqes: u32;
  cq_mask: u32;
  cqe_shift: u32;
  /** Address of the flags of a queue that a thread reads; 0: none does. */
  sq_flags_at: u32;
  /** Does it use a table of files, and for each descriptor whether it is in that. */
  fixed_files: u32;
  fixed_base: u32;
  // The refill ring
  rq_head_at: u32;
  rq_tail_at: u32;
  rqes: u32;
  rq_mask: u32;
  rq_entries: u32;
  rq_tail: u32;
  zcrx_id: u32;
  area_addr: u32;
  // Buffers to give back (refill_policy.ts)
  pending_base: u32;
  pending_mask: u32;
  pending_head: u32;
  pending_tail: u32;
  // Provided buffers, or one buffer a stream
  bufs_base: u32;
  buf_ring: u32;
  buf_size: u32;
  buf_mask: u32;
  buf_tail: u32;
  buf_free: u32;
  /** Bytes used of each incremental buffer. */
  buf_used: u32;
  // Streams
  streams: u32;
  streams_max: u32;
  stream_count: u32;
  streams_open: u32;
  shas_base: u32;
  names_base: u32;
  names_mask: u32;
  names_next: u32;
  /** A page of user memory for arguments; a socket address for each SQE. */
  scratch: u32;
  sockaddrs: u32;
  /** -errno of what it could not have: a ring, its sockets (and then it ended), or zero-copy receive. */
  error: i32;
  /** APP_RECEIVE_*: as configured, or RECV when zero-copy receive was refused. */
  receive: u32;
  /** APP_PROTOCOL_*. */
  protocol: u32;
  /** Listeners whose ACCEPT has ended; it begins again when a connection closes. */
  listeners_idle: u64;
  /** FIFO of streams that wait for a time (waits.ts): {time u64, stream u32, what u32}. */
  waits_base: u32;
  waits_mask: u32;
  waits_head: u32;
  waits_tail: u32;
  /** Source: the next flow to start. */
  next_flow: u32;
  check: u32;
  compare: u32;
  work_ns: u64;
  next_start_ns: u64;
  // Plain system calls (plain_sink.ts): its threads, a page of arguments for each, their number, and the epoll set
  threads_base: u32;
  call_args: u32;
  threads: u32;
  epoll_fd: i32;
}
const APP_BYTES: usize = 0x400;
/** Descriptors of listeners, behind the App: PORTS_MAX words. */
const LISTENERS: usize = 0x200;
/** Shared by all: address of the payload pattern, 0 before it is made. */
const PATTERN: usize = APP_ADDR + 0xc00;

export const APP_NEW: u32 = 0;
export const APP_RUNS: u32 = 1;
export const APP_ENDED: u32 = 2;
export const NO_FLOW: u64 = u64.MAX_VALUE;

export function app(host: u32): App {
  return changetype<App>(APP_ADDR + <usize>host * APP_BYTES);
}
export function stream(a: App, i: u32): Stream {
  return changetype<Stream>(<usize>a.streams + <usize>i * STREAM_BYTES);
}
/** Does the application do without a ring? */
export function isPlain(a: App): bool {
  if (a.role == APP_ROLE_SOURCE) return hostConfig(a.host).app_send >= APP_SEND_WRITE;
  return a.receive == APP_RECEIVE_READ || a.receive == APP_RECEIVE_EPOLL || a.receive == APP_RECEIVE_MMAP;
}
export function patternAddr(): u32 {
  return load<u32>(PATTERN);
}
export function setPatternAddr(addr: u32): void {
  store<u32>(PATTERN, addr);
}
/** A fresh record; NONE when there is no room for another stream. */
export function streamNew(a: App): u32 {
  if (a.stream_count == a.streams_max) return NONE;
  const i = a.stream_count++;
  a.streams_open++;
  const s = stream(a, i);
  s.flow = NO_FLOW;
  s.fd = -1;
  s.buffer = 0;
  return i;
}
/** Descriptor of a listener. */
export function listenerFd(a: App, i: u32): i32 {
  return load<i32>(changetype<usize>(a) + LISTENERS + (<usize>i << 2));
}
export function setListenerFd(a: App, i: u32, fd: i32): void {
  store<i32>(changetype<usize>(a) + LISTENERS + (<usize>i << 2), fd);
}
