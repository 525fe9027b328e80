/**
 * Pages of the kernel that user space has mapped: areas that mmap(2) of a TCP socket made (struct vm_area_struct), and which page lies
 * at each of their addresses (mm/memory.c: vm_insert_pages, zap_vma_range). A mapping is a reference of user space (Netmem.user_ref): a
 * page that nobody else holds any more leaves its pool instead of being used again, and is freed when it is unmapped
 * (net/core/page_pool.c: __page_pool_page_can_be_recycled).
 *
 * Differs from Linux: there are no page tables. What a page has is shown at the user's address when it is mapped, which costs nobody
 * anything, and stays there when it is unmapped.
 */
import {
  arenaAlloc, charge, COST_MAP_PAGE, COST_TLB_FLUSH, COST_UNMAP_PAGE, NONE, PAGE_SIZE, runConfig, VMAS_MAX,
} from '../../sim/core';
import { netmem, NO_POOL, pageFree } from './netmem';
import { poolState } from './state';

@unmanaged
class Vma {
  /** Addresses [start, end); 0: free. */
  start: u32;
  end: u32;
  host: u32;
  /** The file that it keeps open. */
  file: u32;
}
const VMA_BYTES: usize = 16;
const PAGE_SHIFT: u32 = 12;

/** Makes the tables; user memory is known. */
export function mappingsInit(): void {
  const s = poolState();
  s.vmas_base = <u32>arenaAlloc(<u64>VMAS_MAX * VMA_BYTES);
  s.mapped_base = <u32>arenaAlloc(<u64>((s.user_end - s.user_base) >> PAGE_SHIFT) << 2);
}
function vma(i: u32): Vma {
  return changetype<Vma>(<usize>poolState().vmas_base + <usize>i * VMA_BYTES);
}
/** 1 + the page that lies at a user's address; 0: none. */
function entry(addr: u32): usize {
  return <usize>poolState().mapped_base + (<usize>((addr - poolState().user_base) >> PAGE_SHIFT) << 2);
}

/** User memory becomes an area. False: there are too many. */
export function vmaAdd(host: u32, start: u32, bytes: u32, file_idx: u32): bool {
  for (let i: u32 = 0; i < VMAS_MAX; i++) {
    const v = vma(i);
    if (v.start != 0) continue;
    v.start = start;
    v.end = start + bytes;
    v.host = host;
    v.file = file_idx;
    return true;
  }
  return false;
}
function vmaFind(host: u32, addr: u64): u32 {
  for (let i: u32 = 0; i < VMAS_MAX; i++) {
    const v = vma(i);
    if (v.start != 0 && v.host == host && addr >= v.start && addr < <u64>v.end) return i;
  }
  return NONE;
}
/** Where the area that an address of a host's process lies in ends; 0: it lies in none (find_tcp_vma). */
export function vmaEnd(host: u32, addr: u64): u32 {
  const i = vmaFind(host, addr);
  return i == NONE ? 0 : vma(i).end;
}
/** Ends the area that is exactly this: the file that it kept open, or NONE. */
export function vmaRemove(host: u32, start: u64, bytes: u64): u32 {
  const i = vmaFind(host, start);
  if (i == NONE || <u64>vma(i).start != start || <u64>(vma(i).end - vma(i).start) != bytes) return NONE;
  pagesUnmap(<u32>start, <u32>bytes);
  vma(i).start = 0;
  return vma(i).file;
}

/** Maps a page to an address of an area. False: another one lies there (-EBUSY). */
export function pageMap(addr: u32, netmem_idx: u32): bool {
  const at = entry(addr);
  if (load<u32>(at) != 0) return false;
  charge(COST_MAP_PAGE);
  store<u32>(at, netmem_idx + 1);
  const n = netmem(netmem_idx);
  n.user_ref++;
  if (runConfig().run_payload) memory.copy(addr, n.addr, PAGE_SIZE);
  return true;
}

/** Unmaps all pages of [addr, addr + bytes), which lies in one area (zap_vma_range). */
export function pagesUnmap(addr: u32, bytes: u32): void {
  let count: u32 = 0;
  for (let off: u32 = 0; off < bytes; off += PAGE_SIZE) {
    const at = entry(addr + off);
    const idx = load<u32>(at) - 1;
    if (idx == NONE) continue;
    store<u32>(at, 0);
    charge(COST_UNMAP_PAGE);
    count++;
    const n = netmem(idx);
    n.user_ref--;
    if (n.user_ref == 0 && n.pp_ref == 0 && n.pool == NO_POOL) pageFree(idx);
  }
  if (count != 0) charge(COST_TLB_FLUSH);
}

/** Where the bytes at a user's address lie: there, or in the page that is mapped to it. */
export function physical(addr: u32): u32 {
  const idx = load<u32>(entry(addr)) - 1;
  return idx == NONE ? addr : netmem(idx).addr + (addr & (PAGE_SIZE - 1));
}
