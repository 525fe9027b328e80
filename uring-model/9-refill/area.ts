/**
 * Areas: user memory cut into net_iovs, and the free list of each.
 *
 *     token of an offset:   63      48 47                                  0
 *                          +----------+-------------------------------------+
 *                          | area id  | offset of the byte in the area      |
 *                          +----------+-------------------------------------+
 */
import { AREAS_MAX, NONE, PAGE_SIZE } from '../../sim/core';
import { areaPlaceCounts, KIND_NIOV, ledgerMove, netmem, netmemAddArea, NO_POOL, PLACE_FREE, poolRecycle } from '../../stack/3-pool';
import {
  EBADF, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EOVERFLOW, ERANGE, io_uring_zcrx_area_reg, IORING_ZCRX_AREA_DMABUF, IORING_ZCRX_AREA_SHIFT,
} from '../uapi.gen';
import { ringUserOk } from './port';
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

/** Value that a completion or a refill entry names a byte of a buffer by. */
export function niovToken(area: Area, niov_idx: u32, niov_shift: u32, off: u32): u64 {
  return ((<u64>area.area_id) << IORING_ZCRX_AREA_SHIFT) + ((<u64>niov_idx << niov_shift) + off);
}

/** Checks of the memory (io_import_area, io_import_umem, io_import_dmabuf). 0 or -errno. */
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
  if ((reg.flags & IORING_ZCRX_AREA_DMABUF) != 0) {
    if (q.dev == 0 || addr != 0) return -EINVAL;
    // Differs from Linux: there are no dma-bufs, so no file descriptor names one.
    return -EBADF;
  }
  if (reg.dmabuf_fd != 0) return -EINVAL;
  if (addr == 0) return -EFAULT;
  return ringUserOk(addr, len) ? 0 : -EFAULT;
}

/** A free slot with room for `count` buffers in the netmem table: used before, or new. NONE at a limit. */
function slotFor(count: u32, host: u32, addr: u32, niov_size: u32): u32 {
  let fresh = NONE;
  for (let i: u32 = 0; i < AREAS_MAX; i++) {
    const a = areaAt(i);
    if (a.used != 0) continue;
    if (a.capacity == 0) {
      if (fresh == NONE) fresh = i;
    } else if (a.capacity >= count) return i;
  }
  if (fresh == NONE) return NONE;
  const first = netmemAddArea(<u16>fresh, <u8>host, addr, niov_size, count);
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
    n.generation = 0;
    n.niov_idx = i;
    n.next = NONE;
    store<u32>(<usize>a.freelist + (<usize>i << 2), a.first + i);
  }
  a.free_count = a.num_niovs;
  const counts = areaPlaceCounts(area_idx);
  memory.fill(counts, 0, 16);
  store<u32>(counts + (<usize>PLACE_FREE << 2), a.num_niovs);
}

/** Makes an area of user memory and appends it to an instance (__zcrx_create_area). 0 or -errno; writes the token. */
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
  // Differs from Linux: user memory is contiguous, so that larger buffers want a length that they divide and nothing else.
  if (q.dev != 0 && shift > <u32>ctz<u64>(reg.len)) return -ERANGE;
  q.niov_shift = shift;
  const count = <u32>(reg.len >> shift);
  const area_idx = slotFor(count, q.host, <u32>reg.addr, 1 << shift);
  if (area_idx == NONE) return -ENOMEM;
  if (q.kern_readable == 0) return -EINVAL;
  if (q.nr_areas + 1 > ZCRX_MAX_AREAS) return -EINVAL;
  const a = areaAt(area_idx);
  a.used = 1;
  a.ifq = ifq_idx;
  a.area_id = q.nr_areas;
  a.num_niovs = count;
  a.addr = <u32>reg.addr;
  a.size = <u32>reg.len;
  niovsInit(area_idx, ifq_idx, <u32>reg.addr, 1 << shift);
  reg.rq_area_token = (<u64>a.area_id) << IORING_ZCRX_AREA_SHIFT;
  ifqSetArea(q, a.area_id, area_idx);
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
    assert(a.free_count == a.num_niovs, 'Z1 an area is freed when all its buffers are home');
    a.used = 0;
    a.num_niovs = 0;
    a.free_count = 0;
  }
  q.nr_areas = 0;
}
