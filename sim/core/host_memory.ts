/**
 * A host's caches and DRAM, a page at a time: where a core or the NIC finds the bytes that it wants, and what that moves over the
 * memory bus. The cost model's tiers: a core's L1 and L2, the last-level cache, the I/O ways of it that DMA writes to (DDIO), DRAM.
 *
 * A page is in a cache while few enough lines came after it. Each cache has a clock that counts lines, a page keeps what it said, and
 * the difference is how far back the page lies (its reuse distance). Beyond the cache's size it is there in part, size / distance:
 * what replacement that withstands thrashing keeps of a loop that is longer than the cache, and for I/O ways the published
 * min(1, ways × way size / working set), whose working set nobody has to say: posted buffers and those in flight make it.
 *
 *     page:  last written [ 0 … wfill )      read since [ 0 … rfill )
 *            a piece behind what came before is of the same visit, and is found where the first one was
 *
 * Pages are numbered by address. Behind them lie pages of no memory: the application's buffers where `app.buffers_bytes` says how
 * large they are, which then stand for the addresses that a copy has on the user's side.
 */
import { arenaAlloc } from './arena';
import { hostConfig } from './config.gen';
import { CORES_MAX, HOSTS_MAX } from './constants.gen';
import { dramInit } from './dram';
import { MEM_ADDR } from './memory_map';
import { coreState } from './state';

export const LINE_SHIFT: u32 = 6;
export const MEM_PAGE_SHIFT: u32 = 12;
const PAGE_MASK: u32 = 4095;
/** All of a page, as a share of it. */
export const WHOLE: u32 = 32768;
const WHOLE_SHIFT: u32 = 15;

/** Where a core finds bytes that are in a cache. */
export const TIER_L1: u32 = 0;
export const TIER_L2: u32 = 1;
export const TIER_LLC: u32 = 2;

@unmanaged
export class MemPage {
  /** The last-level cache's clock when it was used last, or that of the I/O ways when DMA wrote it. */
  stamp: u32;
  /** The core's clock. */
  core_stamp: u32;
  wfill: u16;
  rfill: u16;
  /** Share that DMA wrote past the I/O ways. */
  absent: u16;
  /** Share that the present write, and the present read, found in no cache. */
  wmiss: u16;
  rmiss: u16;
  rtier: u8;
  wtier: u8;
  /** Lines that memory does not have yet. */
  dirty: u8;
  /** 1 + the core that used it last; 0: none since DMA wrote it. */
  core: u8;
  /** DMA wrote it last. */
  io: u8;
  /** 1 + the host that uses it; 0: nobody has so far. */
  owner: u8;
}
const MEM_PAGE_BYTES: usize = 24;

@unmanaged
export class HostMemory {
  /** Lines that came into the last-level cache, in 1/65536; lines that DMA wrote. */
  llc_clock_q16: u64;
  llc_share_q40: u64;
  io_clock: u32;
  llc_lines: u32;
  io_lines: u32;
  l1_lines: u32;
  l2_lines: u32;
  /** Shares that a scenario gives: of what cores read of DMA's pages, and of what DMA writes; NOT_GIVEN: they follow from the rest. */
  forced_miss: u32;
  forced_absent: u32;
  /** Lines fetched from DRAM for nothing, for a thousand that were wanted. */
  overfetch: u32;
  /** Remainders of shares of lines: for what cores read, and what DMA writes. */
  read_carry: u32;
  dma_carry: u32;
  fetch_carry: u32;
  /** The application's buffers: where they begin, how large, and how far copies, the NIC and the application's own eyes have come. */
  user_base: u32;
  user_bytes: u32;
  user_at: u32;
  user_nic_at: u32;
  user_app_at: u32;
}
const HOST_MEMORY_BYTES: usize = 160;
const NOT_GIVEN: u32 = 0xffffffff;
/** u32 clocks of cores, and the table of pages. */
const CORE_CLOCKS: usize = MEM_ADDR + <usize>HOSTS_MAX * HOST_MEMORY_BYTES;
const TABLE: usize = CORE_CLOCKS + ((<usize>HOSTS_MAX * CORES_MAX) << 2);

export function hostMemory(host: u32): HostMemory {
  return changetype<HostMemory>(MEM_ADDR + <usize>host * HOST_MEMORY_BYTES);
}
export function coreClock(host: u32, core: u32): usize {
  return CORE_CLOCKS + (<usize>(host * CORES_MAX + core) << 2);
}
export function memPage(addr: u32): MemPage {
  return changetype<MemPage>(<usize>load<u32>(TABLE) + <usize>(addr >> MEM_PAGE_SHIFT) * MEM_PAGE_BYTES);
}
/** 0: no caches were made, as for a part of a host that is looked at alone. */
export function memPages(): u32 {
  return load<u32>(TABLE, 4);
}

/** Makes the table. Called when all other tables are there. */
export function memInit(): void {
  assert(offsetof<HostMemory>() <= HOST_MEMORY_BYTES && offsetof<MemPage>() == MEM_PAGE_BYTES, 'sizes of host_memory.ts');
  let end: u64 = (<u64>coreState().arena_next + PAGE_MASK) & ~(<u64>PAGE_MASK);
  for (let host: u32 = 0; host < HOSTS_MAX; host++) {
    const m = hostMemory(host);
    const c = hostConfig(host);
    const way = c.mem_llc_bytes / <u64>c.mem_llc_ways;
    const io = min(<u64>c.mem_ddio_ways, <u64>c.mem_llc_ways) * way;
    m.io_lines = <u32>(io >> LINE_SHIFT);
    m.llc_lines = <u32>((c.mem_llc_bytes - io) >> LINE_SHIFT);
    m.llc_share_q40 = m.llc_lines == 0 ? 0 : (<u64>1 << 40) / m.llc_lines;
    m.l1_lines = c.mem_l1_bytes >> LINE_SHIFT;
    m.l2_lines = c.mem_l2_bytes >> LINE_SHIFT;
    m.forced_miss = c.mem_miss_permille == 0 ? NOT_GIVEN : (c.mem_miss_permille << WHOLE_SHIFT) / 1000;
    const set = c.mem_io_working_set;
    m.forced_absent = set == 0 ? NOT_GIVEN : set <= io ? 0 : WHOLE - <u32>((io << WHOLE_SHIFT) / set);
    m.overfetch = c.mem_overfetch_permille;
    // Addresses end with four bytes.
    m.user_bytes = <u32>min<u64>(c.app_buffers_bytes, 0xfffff000 - end) & ~PAGE_MASK;
    m.user_base = <u32>end;
    end += m.user_bytes;
  }
  const pages = <u32>(end >> MEM_PAGE_SHIFT) + 1;
  const base = <u32>arenaAlloc(<u64>pages * MEM_PAGE_BYTES);
  store<u32>(TABLE, base);
  store<u32>(TABLE, pages, 4);
  dramInit();
}

/** Lines of [off, off + len); `behind`: the line that the piece begins in was counted with the one before. */
export function linesOf(off: u32, len: u32, behind: bool): u32 {
  return ((off + len + 63) >> LINE_SHIFT) - ((behind ? off + 63 : off) >> LINE_SHIFT);
}

/** The share of a page at a distance that a cache does not hold any more. */
function gone(distance: u32, lines: u32): u32 {
  return distance <= lines ? 0 : WHOLE - <u32>((<u64>lines << WHOLE_SHIFT) / distance);
}
function llcDistance(m: HostMemory, p: MemPage): u32 {
  return <u32>(m.llc_clock_q16 >> 16) - p.stamp;
}
/** The share of a page that the last-level cache gave up since it was used, unless DMA wrote it. */
export function llcGone(m: HostMemory, p: MemPage): u32 {
  return p.io != 0 ? WHOLE : gone(llcDistance(m, p), m.llc_lines);
}

/**
 * Where a core finds a page: a tier for what is in a cache, shifted left by 16, and the share that is in none. A core that used it
 * last has it in caches of its own; another one finds it in the last-level cache.
 */
export function findForCore(m: HostMemory, p: MemPage, clock: usize, core: u32): u32 {
  if (<u32>p.core == core + 1) {
    const distance = load<u32>(clock) - p.core_stamp;
    if (distance < m.l2_lines) return (distance < m.l1_lines ? TIER_L1 : TIER_L2) << 16;
  }
  // Buffers that the cache cannot hold together were pushed out before the run began.
  if (p.owner == 0 && m.user_bytes >> LINE_SHIFT > m.llc_lines) return (TIER_LLC << 16) | gone(u32.MAX_VALUE, m.llc_lines);
  if (p.io == 0) return (TIER_LLC << 16) | gone(llcDistance(m, p), m.llc_lines);
  if (m.forced_miss != NOT_GIVEN) return (TIER_LLC << 16) | m.forced_miss;
  const kept = WHOLE - <u32>p.absent;
  const left = WHOLE - (m.forced_absent != NOT_GIVEN ? 0 : gone(m.io_clock - p.stamp, m.io_lines));
  return (TIER_LLC << 16) | (WHOLE - ((kept * left) >> WHOLE_SHIFT));
}

/**
 * A core has used `lines` of a page. What comes into the last-level cache moves its clock on; what was in it already counts by how far
 * back it lay, so that a page that is used again and again counts once for each time that the whole cache is passed. A run begins
 * with a cache that has everything, and forgets as it fills.
 */
export function usedByCore(
  host: u32, m: HostMemory, p: MemPage, clock: usize, core: u32, lines: u32, tier: u32, missed: u32,
): void {
  const time = load<u32>(clock) + lines;
  store<u32>(clock, time);
  p.core = <u8>(core + 1);
  p.core_stamp = time;
  if (p.io != 0) {
    m.llc_clock_q16 += <u64>missed << 16;
    return;
  }
  if (<u32>p.owner != host + 1) {
    // The first use: until then something else was in its place.
    p.owner = <u8>(host + 1);
    m.llc_clock_q16 += <u64>lines << 16;
  } else if (tier == TIER_LLC) {
    const distance = <u64>min(llcDistance(m, p), m.llc_lines);
    m.llc_clock_q16 += (<u64>missed << 16) + ((<u64>(lines - missed) * distance * m.llc_share_q40) >> 24);
  }
  p.stamp = <u32>(m.llc_clock_q16 >> 16);
}

/** A share of some lines in whole lines; what is left over counts the next time. */
export function readShare(m: HostMemory, lines: u32, share: u32): u32 {
  const all = lines * share + m.read_carry;
  m.read_carry = all & (WHOLE - 1);
  return all >> WHOLE_SHIFT;
}
export function dmaShare(m: HostMemory, lines: u32, share: u32): u32 {
  const all = lines * share + m.dma_carry;
  m.dma_carry = all & (WHOLE - 1);
  return all >> WHOLE_SHIFT;
}

/** The share of a page that DMA's next write to it does not find in the I/O ways. */
export function absentForDma(m: HostMemory, p: MemPage): u32 {
  if (m.forced_absent != NOT_GIVEN) return m.forced_absent;
  if (m.io_lines == 0) return WHOLE;
  return gone(p.io != 0 ? m.io_clock - p.stamp : m.io_clock, m.io_lines);
}

/** Where a copy's `len` bytes at a user's address lie: there, or in the application's buffers. */
export function memUser(host: u32, addr: usize, len: u32): u32 {
  const m = hostMemory(host);
  if (m.user_bytes == 0) return <u32>addr;
  const at = turn(m, m.user_at, len);
  m.user_at = at + len;
  return m.user_base + at;
}
/** The same as the NIC sees it, for memory that was lent. */
export function memUserNic(host: u32, addr: usize, len: u32): u32 {
  const m = hostMemory(host);
  if (m.user_bytes == 0) return <u32>addr;
  const at = turn(m, m.user_nic_at, len);
  m.user_nic_at = at + len;
  return m.user_base + at;
}
/** And as the application sees it, which goes the same way. */
export function memUserApp(host: u32, addr: usize, len: u32): u32 {
  const m = hostMemory(host);
  if (m.user_bytes == 0) return <u32>addr;
  const at = turn(m, m.user_app_at, len);
  m.user_app_at = at + len;
  return m.user_base + at;
}
/** The end of the buffers is followed by their beginning. */
function turn(m: HostMemory, at: u32, len: u32): u32 {
  return at + len > m.user_bytes ? 0 : at;
}

/**
 * Lines of a host that are dirty and must have been written back by now, though nobody has looked at their pages since. Those of the
 * application's buffers are counted a round later, which comes to the same.
 */
export function writtenBackUnseen(host: u32): u64 {
  const m = hostMemory(host);
  let lines: u64 = 0;
  const end = hostMemory(0).user_base >> MEM_PAGE_SHIFT;
  for (let i: u32 = 0; i < end; i++) {
    const p = memPage(i << MEM_PAGE_SHIFT);
    if (<u32>p.owner == host + 1 && p.dirty != 0) lines += <u64>p.dirty * llcGone(m, p);
  }
  return lines >> WHOLE_SHIFT;
}
