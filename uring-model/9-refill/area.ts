/**
 * Areas: user memory cut into net_iovs, and the free list of each.
 *
 *     token of an offset:   63      48 47                                  0
 *                          +----------+-------------------------------------+
 *                          | area id  | offset of the byte in the area      |
 *                          +----------+-------------------------------------+
 */
import {
  AREAS_MAX, bug, hasMuseum, hostConfig, NONE, PAGE_SIZE, REFILL_ADDR, RUN_BUG_POOL_FREED_INFLIGHT, RUN_BUG_ZCRX_OFFSET_32, traceZcArea,
} from '../../sim/core';
import {
  areaPlaceCounts, KIND_NIOV, ledgerMove, memCharge, memUncharge, netmem, netmemReserve, NO_POOL, PLACE_FREE, poolRecycle,
  userOk,
} from '../../stack/3-pool';
import {
  EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EOVERFLOW, ERANGE, io_uring_zcrx_area_reg, IORING_ZCRX_AREA_DMABUF, IORING_ZCRX_AREA_SHIFT,
} from '../uapi.gen';
import { dmabufAt, dmabufGet, dmabufPut } from './dmabuf';
import { Area, areaAt, Ifq, ifqArea, ifqAt, ifqSetArea, refillState } from './state';

const PAGE_SHIFT: u32 = 12;
const PAGE_MASK: u64 = <u64>PAGE_SIZE - 1;
const AREA_LEN_MAX: u64 = 1 << 40;
/** __zcrx_create_area's ZCRX_MAX_AREAS is 1024; AREAS_MAX ends sooner. */
const ZCRX_MAX_AREAS: u32 = 1024;

/** Gives a buffer to the free list of its area (io_zcrx_return_niov_freelist). */
export function niovToFreelist(netmem_idx: u32): void {
  const n = netmem(netmem_idx);
  const area = areaAt(n.area);
  assert(area.free_count < area.num_niovs, 'Z2 a free list holds each buffer of its area at most once');
  n.pool = NO_POOL;
  n.pp_ref = 0;
  ledgerMove(netmem_idx, PLACE_FREE);
  store<u32>(<usize>area.freelist + (<usize>area.free_count << 2), netmem_idx);
  area.free_count++;
}

/** The buffer that was freed last, or NONE (zcrx_get_free_niov). */
export function niovFromFreelist(area: Area): u32 {
  if (area.free_count == 0) return NONE;
  area.free_count--;
  return load<u32>(<usize>area.freelist + (<usize>area.free_count << 2));
}

/** A buffer without references goes back where it came from: its page pool, or the free list (io_zcrx_return_niov). */
export function niovReturn(netmem_idx: u32): void {
  if (netmem(netmem_idx).pool == NO_POOL) niovToFreelist(netmem_idx);
  else poolRecycle(netmem_idx, false);
}

/** Value that a completion names a byte of a buffer by (io_zcrx_queue_cqe). Some kernels compute the offset in 32 bits. */
export function niovToken(q: Ifq, area: Area, niov_idx: u32, off: u32): u64 {
  const mask: u64 = bug(RUN_BUG_ZCRX_OFFSET_32) ? 0x7fff : q.offset_mask;
  return ((<u64>area.area_id) << IORING_ZCRX_AREA_SHIFT) + (((<u64>niov_idx << q.niov_shift) + off) & mask);
}

/** What an area's memory is: where it begins, and how long its contiguous runs are. */
@unmanaged
class AreaMem {
  addr: u32;
  /** Contiguous runs begin every `run` bytes: a power of two, or more than the area has. */
  run: u32;
  account_pages: u64;
  /** 1 + dma-buf; 0: user memory. */
  dmabuf: u32;
}
function areaMem(): AreaMem {
  return changetype<AreaMem>(REFILL_ADDR + 0xe00);
}

/** A piece of device memory that a descriptor stands for (io_import_dmabuf). */
function importDmabuf(q: Ifq, reg: io_uring_zcrx_area_reg): i32 {
  const m = areaMem();
  if (q.dev == 0 || reg.addr != 0) return -EINVAL;
  const idx = dmabufGet(q.host, <i32>reg.dmabuf_fd);
  if (idx < 0) return idx;
  const d = dmabufAt(<u32>idx);
  if (<u64>d.bytes != reg.len) {
    dmabufPut(<u32>idx);
    return -EINVAL;
  }
  m.addr = d.addr;
  m.run = d.run;
  m.account_pages = 0;
  m.dmabuf = <u32>idx + 1;
  return 0;
}

/**
 * Pages of user memory (io_import_umem). An area of large pages counts whole ones (io_count_account_pages).
 *
 * Differs from Linux: user memory is contiguous, so a knob says how large the pages of an area are; neighbours are never taken for
 * one run.
 */
function importUmem(q: Ifq, reg: io_uring_zcrx_area_reg): i32 {
  const m = areaMem();
  if (reg.dmabuf_fd != 0) return -EINVAL;
  if (reg.addr == 0 || !userOk(reg.addr, reg.len)) return -EFAULT;
  const page = <u64>hostConfig(q.host).refill_area_page;
  const pages = ((reg.len + page - 1) & ~(page - 1)) >> PAGE_SHIFT;
  if (!memCharge(q.host, pages)) return -ENOMEM;
  m.addr = <u32>reg.addr;
  m.run = <u32>page;
  m.account_pages = pages;
  m.dmabuf = 0;
  return 0;
}

/** Checks of the memory (io_import_area, io_validate_user_buf_range). 0 or -errno. */
function importArea(q: Ifq, reg: io_uring_zcrx_area_reg): i32 {
  if ((reg.flags & ~IORING_ZCRX_AREA_DMABUF) != 0) return -EINVAL;
  if (reg.rq_area_token != 0) return -EINVAL;
  if (load<u64>(changetype<usize>(reg), 32) != 0 || load<u64>(changetype<usize>(reg), 40) != 0) return -EINVAL;
  const addr = reg.addr;
  const len = reg.len;
  if (len == 0) return -EFAULT;
  if (len > AREA_LEN_MAX) return -EINVAL;
  if (addr + ((len + PAGE_MASK) & ~PAGE_MASK) < addr) return -EOVERFLOW;
  if ((addr & PAGE_MASK) != 0 || (len & PAGE_MASK) != 0) return -EINVAL;
  return (reg.flags & IORING_ZCRX_AREA_DMABUF) != 0 ? importDmabuf(q, reg) : importUmem(q, reg);
}
/** Undoes importArea. */
function releaseMem(host: u32, account_pages: u64, dmabuf: u32): void {
  memUncharge(host, account_pages);
  if (dmabuf != 0) dmabufPut(dmabuf - 1);
}

/** Every contiguous run is a number of whole buffers up to this size (io_area_max_shift). */
function maxShift(len: u64): u32 {
  const run = <u64>areaMem().run;
  // The last one may be shorter.
  return <u32>ctz<u64>(run | (len & (run - 1)));
}

/** A free slot with room for `count` buffers in the netmem table: used before, or new. NONE at a limit. */
function slotFor(count: u32): u32 {
  let fresh = NONE;
  for (let i: u32 = 0; i < AREAS_MAX; i++) {
    const a = areaAt(i);
    if (a.used != 0) continue;
    if (a.capacity == 0) {
      if (fresh == NONE) fresh = i;
    } else if (a.capacity >= count) return i;
  }
  if (fresh == NONE) return NONE;
  const first = netmemReserve(count);
  if (first == NONE) return NONE;
  const a = areaAt(fresh);
  a.first = first;
  a.capacity = count;
  a.freelist = refillState().freelists_base + ((first - refillState().niovs_first) << 2);
  return fresh;
}

/** Makes the buffers of a slot, all free (net_iov_init). */
function niovsInit(area_idx: u32, ifq_idx: u32, addr: u32, niov_size: u32): void {
  const a = areaAt(area_idx);
  const host = <u8>ifqAt(ifq_idx).host;
  for (let i: u32 = 0; i < a.num_niovs; i++) {
    const n = netmem(a.first + i);
    n.addr = addr + i * niov_size;
    n.size = niov_size;
    n.pp_ref = 0;
    n.user_ref = 0;
    n.pool = NO_POOL;
    n.place = PLACE_FREE;
    n.kind = KIND_NIOV;
    n.area = <u16>area_idx;
    n.host = host;
    n.niov_idx = i;
    n.next = NONE;
    store<u32>(<usize>a.freelist + (<usize>i << 2), a.first + i);
  }
  a.free_count = a.num_niovs;
  const counts = areaPlaceCounts(area_idx);
  memory.fill(counts, 0, 16);
  store<u32>(counts + (<usize>PLACE_FREE << 2), a.num_niovs);
}

/** What cannot be decided before the memory is there (__zcrx_create_area, io_zcrx_append_area). The slot, or -errno. */
function placeArea(q: Ifq, reg: io_uring_zcrx_area_reg, shift: u32): i32 {
  if (q.dev != 0 && shift > maxShift(reg.len)) return -ERANGE;
  q.niov_shift = shift;
  const area_idx = slotFor(<u32>(reg.len >> shift));
  if (area_idx == NONE) return -ENOMEM;
  // The token is told even when the area cannot be appended.
  reg.rq_area_token = (<u64>q.nr_areas) << IORING_ZCRX_AREA_SHIFT;
  if (q.kern_readable != (areaMem().dmabuf == 0 ? 1 : 0)) return -EINVAL;
  return q.nr_areas + 1 > ZCRX_MAX_AREAS ? -EINVAL : <i32>area_idx;
}

/** Makes an area and appends it to an instance (__zcrx_create_area). 0 or -errno; writes the token. */
export function areaCreate(ifq_idx: u32, reg: io_uring_zcrx_area_reg, rx_buf_len: u32): i32 {
  const q = ifqAt(ifq_idx);
  let shift: u32 = PAGE_SHIFT;
  if (rx_buf_len != 0) {
    if (popcnt<u32>(rx_buf_len) != 1 || rx_buf_len < PAGE_SIZE) return -EINVAL;
    shift = ctz<u32>(rx_buf_len);
  }
  if (q.niov_shift != 0 && q.niov_shift != shift) return -EINVAL;
  if (q.dev == 0 && shift != PAGE_SHIFT) return -EOPNOTSUPP;
  const ret = importArea(q, reg);
  if (ret != 0) return ret;
  const m = areaMem();
  const area_idx = placeArea(q, reg, shift);
  if (area_idx < 0) {
    releaseMem(q.host, m.account_pages, m.dmabuf);
    return area_idx;
  }
  const a = areaAt(<u32>area_idx);
  a.used = 1;
  a.ifq = ifq_idx;
  a.area_id = q.nr_areas;
  a.num_niovs = <u32>(reg.len >> shift);
  a.addr = m.addr;
  a.size = <u32>reg.len;
  a.account_pages = <u32>m.account_pages;
  a.dmabuf = m.dmabuf;
  niovsInit(<u32>area_idx, ifq_idx, m.addr, 1 << shift);
  ifqSetArea(q, a.area_id, <u32>area_idx);
  if (hasMuseum()) traceZcArea(0, a.first, a.area_id, a.num_niovs, shift);
  q.nr_areas++;
  return 0;
}

/** Are all buffers of an instance in their free lists? */
export function areasHome(q: Ifq): bool {
  for (let i: u32 = 0; i < q.nr_areas; i++) {
    const a = ifqArea(q, i);
    if (a.free_count != a.num_niovs) return false;
  }
  return true;
}

/** Frees the slots of an instance whose buffers are all home (io_zcrx_free_area). */
export function areasFree(q: Ifq): void {
  for (let i: u32 = 0; i < q.nr_areas; i++) {
    const a = ifqArea(q, i);
    assert(bug(RUN_BUG_POOL_FREED_INFLIGHT) || a.free_count == a.num_niovs, 'Z1 an area is freed when all its buffers are home');
    releaseMem(q.host, a.account_pages, a.dmabuf);
    if (hasMuseum()) traceZcArea(0, a.first, i, 0, 0);
    a.used = 0;
    a.num_niovs = 0;
    a.free_count = 0;
  }
  q.nr_areas = 0;
}
