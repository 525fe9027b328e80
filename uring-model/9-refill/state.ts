/**
 * The stage's own state, at REFILL_ADDR, and its tables: zcrx instances (struct io_zcrx_ifq), areas (io_zcrx_area), and
 * what each socket received. A net_iov of an area is a row of the netmem table: `first + niov_idx`; its user reference
 * count lies there too.
 */
import { AREAS_MAX, arenaAlloc, HOSTS_MAX, IFQS_MAX, NONE, REFILL_ADDR, runConfig, ZCRX_COUNTERS, ZCRX_LINKS_MAX } from '../../sim/core';

@unmanaged
export class RefillState {
  ifqs_base: u32;
  areas_base: u32;
  counters_base: u32;
  socks_base: u32;
  links_base: u32;
  dmabufs_base: u32;
  /** A free list entry for each net_iov of the netmem table; the row of the first one. */
  freelists_base: u32;
  niovs_first: u32;
  /** The receive that is under way (io_zcrx_args and read_descriptor_t). */
  recv_ring: u32;
  recv_ifq: u32;
  recv_user_data: u64;
  recv_sock: u32;
  recv_count: u32;
  recv_skbs: u32;
  recv_stopped_early: u32;
  recv_pkt_id: u32;
  /** Its packet was received on another core. */
  recv_remote: u32;
}

/** One zcrx instance. Its table of areas (u16 each, by area id) follows. */
@unmanaged
export class Ifq {
  /** 0: the slot is free. */
  used: u32;
  host: u32;
  /** Rings and descriptors that have it (user_refs). At 0 the queue is closed and buffers are scrubbed. */
  user_refs: u32;
  /** Rings and descriptors that have not let go for good (refs). At 0 it is freed when the last buffer is home. */
  refs: u32;
  /** NONE: bound to no queue. */
  if_rxq: u32;
  /** Has a device (not ZCRX_REG_NODEV); the device is still there. */
  dev: u32;
  netdev: u32;
  niov_shift: u32;
  nr_areas: u32;
  kern_readable: u32;
  /** Refill ring: address of its head, of its tail, of its entries; entries is a power of two. */
  rq_head: u32;
  rq_tail: u32;
  rqes: u32;
  rq_entries: u32;
  cached_head: u32;
  cached_tail: u32;
  region_addr: u32;
  region_bytes: u32;
  region_user: u32;
  /** Ring that gets the events; NONE. */
  master_ring: u32;
  allowed_notif_mask: u32;
  fired_notifs: u32;
  notif_data: u64;
  /** Address of struct zcrx_stats in the region; 0: none. */
  notif_stats: u32;
  /** Buffers on loan: with a user reference. */
  loans: u32;
  /** 1 + the core that lends buffers to user space; 0: none yet. */
  reader: u32;
  // What its kernel does (sim/schema/behaviours.ts: zcrx_*)
  refill_folds: u32;
  refill_rereads: u32;
  /** Bits of an offset in an area that a completion can say. */
  offset_mask: u64;
}
const IFQ_AREAS: usize = 152;
const IFQ_BYTES: usize = IFQ_AREAS + <usize>AREAS_MAX * 2;

@unmanaged
export class Area {
  used: u32;
  ifq: u32;
  area_id: u32;
  /** netmem_idx of its first net_iov. */
  first: u32;
  num_niovs: u32;
  /** Rows of the netmem table that the slot owns. */
  capacity: u32;
  addr: u32;
  size: u32;
  /** A stack: the buffer freed last is taken first (zcrx_get_free_niov). */
  freelist: u32;
  free_count: u32;
  /** Pages that are counted against RLIMIT_MEMLOCK; of a dma-buf none. */
  account_pages: u32;
  /** 1 + the dma-buf that it lies in; 0: user memory. */
  dmabuf: u32;
}
const AREA_BYTES: usize = 48;

/** That a ring has an instance, and by which number (an entry of io_ring_ctx.zcrx_ctxs). */
@unmanaged
export class Link {
  /** 1 + ring; 0: the slot is free. */
  ring: u32;
  id: u32;
  ifq: u32;
  /** The ring's exit has begun: it does not use it any more (set_zcrx_entry_mark). */
  terminated: u32;
}
const LINK_BYTES: usize = 16;

/** What one socket delivered through RECV_ZC. */
@unmanaged
export class ZcSock {
  zc_bytes: u64;
  zc_cqes: u64;
  copy_linear_bytes: u64;
  copy_page_bytes: u64;
}
const ZC_SOCK_BYTES: usize = 32;

export function refillState(): RefillState {
  return changetype<RefillState>(REFILL_ADDR);
}
export function ifqAt(ifq_idx: u32): Ifq {
  return changetype<Ifq>(<usize>refillState().ifqs_base + <usize>ifq_idx * IFQ_BYTES);
}
export function areaAt(area_idx: u32): Area {
  return changetype<Area>(<usize>refillState().areas_base + <usize>area_idx * AREA_BYTES);
}
export function linkAt(i: u32): Link {
  return changetype<Link>(<usize>refillState().links_base + <usize>i * LINK_BYTES);
}
/** The area with an id in an instance. */
export function ifqArea(q: Ifq, area_id: u32): Area {
  return areaAt(<u32>load<u16>(changetype<usize>(q) + IFQ_AREAS + (<usize>area_id << 1)));
}
export function ifqSetArea(q: Ifq, area_id: u32, area_idx: u32): void {
  store<u16>(changetype<usize>(q) + IFQ_AREAS + (<usize>area_id << 1), <u16>area_idx);
}
export function ifqClear(q: Ifq): void {
  memory.fill(changetype<usize>(q), 0, IFQ_BYTES);
  q.if_rxq = NONE;
  q.master_ring = NONE;
}
/** What a socket delivered so far; cleared by zcrxSockReset. */
export function zcSock(sock_idx: u32): ZcSock {
  return changetype<ZcSock>(<usize>refillState().socks_base + <usize>sock_idx * ZC_SOCK_BYTES);
}
/** A socket index is used anew. */
export function zcrxSockReset(sock_idx: u32): void {
  memory.fill(changetype<usize>(zcSock(sock_idx)), 0, ZC_SOCK_BYTES);
}

export function refillTables(): void {
  const s = refillState();
  const c = runConfig();
  assert(offsetof<Ifq>() <= IFQ_AREAS && offsetof<Area>() <= AREA_BYTES, 'IFQ_AREAS or AREA_BYTES is too small');
  assert(HOSTS_MAX > 0 && AREAS_MAX <= 0xffff, 'an area index fits into 16 bits');
  s.ifqs_base = <u32>arenaAlloc(<u64>IFQS_MAX * IFQ_BYTES);
  s.areas_base = <u32>arenaAlloc(<u64>AREAS_MAX * AREA_BYTES);
  s.links_base = <u32>arenaAlloc(<u64>ZCRX_LINKS_MAX * LINK_BYTES);
  s.counters_base = <u32>arenaAlloc(<u64>(IFQS_MAX * ZCRX_COUNTERS) * 8);
  s.socks_base = <u32>arenaAlloc(<u64>c.limits_socks * ZC_SOCK_BYTES);
  s.niovs_first = c.limits_rx_pages + c.limits_tx_pages;
  s.freelists_base = <u32>arenaAlloc((<u64>(c.limits_user_bytes >> 12) + 1) * 4);
}
