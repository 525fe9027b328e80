/**
 * What cores and the NIC do with memory: copy, read, write, DMA. Each moves pages through the caches (host_memory.ts), counts what
 * goes over the memory bus (dram.ts), and charges the running context by where it found its bytes. `addr` is an address of linear
 * memory, whether or not bytes are moved there (run.payload).
 */
import {
  COST_APP_MISS_KIB, COST_APP_READ_KIB, COST_APP_WRITE_KIB, COST_COPY_KIB, COST_COPY_L2_KIB, COST_COPY_LLC_KIB, COST_COPY_MISS_KIB,
  COST_COPY_RFO_KIB, COST_DRAM_STALL, MEM_APP_OTHER, MEM_APP_READ, MEM_CACHE_HIT, MEM_CACHE_MISS, MEM_COPY_READ, MEM_DDIO_HIT,
  MEM_DDIO_MISS, MEM_DMA_READ, MEM_DMA_WRITE, MEM_PREFETCH, MEM_RFO, MEM_WRITEBACK,
} from './constants.gen';
import { hostConfig } from './config.gen';
import { chargeBytes, chargeNs } from './charges';
import { now } from './clock';
import { dramMove, memCount } from './dram';
import {
  absentForDma, coreClock, dmaShare, findForCore, HostMemory, hostMemory, linesOf, llcGone, LINE_SHIFT, memPage, memPages, memUserApp,
  readShare, TIER_L2, TIER_LLC, usedByCore, WHOLE,
} from './host_memory';
import { CoreState, coreState } from './state';

const PAGE_BYTES: u32 = 4096;
const PAGE_MASK: u32 = 4095;
const LINES_OF_PAGE: u32 = 64;

/** Counts lines that a core needs from DRAM, and those that its prefetcher fetches for nothing. Returns how long it waits. */
function fetch(host: u32, m: HostMemory, counter: u32, lines: u32): u64 {
  if (lines == 0) return 0;
  const wait = dramMove(host, counter, lines, now());
  if (m.overfetch == 0) return wait;
  const all = lines * m.overfetch + m.fetch_carry;
  m.fetch_carry = all % 1000;
  return max(wait, dramMove(host, MEM_PREFETCH, all / 1000, now()));
}

/** A core reads [addr, addr + len). Returns the lines that were in no cache; those of other tiers than L1 are added up. */
function read(host: u32, core: u32, addr: u32, len: u32): u32 {
  const m = hostMemory(host);
  const clock = coreClock(host, core);
  let missed: u32 = 0;
  let lines_l2: u32 = 0;
  let lines_llc: u32 = 0;
  let lines_all: u32 = 0;
  for (let at = addr, left = len; left != 0; ) {
    const off = at & PAGE_MASK;
    const part = min(PAGE_BYTES - off, left);
    const p = memPage(at);
    const behind = p.rfill != 0 && off >= <u32>p.rfill;
    if (!behind) {
      const found = findForCore(m, p, clock, core);
      p.rtier = <u8>(found >> 16);
      p.rmiss = <u16>(found & 0xffff);
    }
    p.rfill = <u16>(off + part);
    const lines = linesOf(off, part, behind);
    const tier = <u32>p.rtier;
    let gone: u32 = 0;
    if (tier == TIER_LLC) {
      gone = readShare(m, lines, p.rmiss);
      lines_llc += lines - gone;
      missed += gone;
    } else if (tier == TIER_L2) lines_l2 += lines;
    lines_all += lines;
    usedByCore(host, m, p, clock, core, lines, tier, gone);
    at += part;
    left -= part;
  }
  memCount(host, MEM_CACHE_HIT, lines_all - missed);
  if (missed != 0) memCount(host, MEM_CACHE_MISS, missed);
  const s = coreState();
  s.mem_l2_lines += lines_l2;
  s.mem_llc_lines += lines_llc;
  return missed;
}

/** A core writes [addr, addr + len): it wants every line that no cache has first (RFO). Returns how many those are. */
function write(host: u32, core: u32, addr: u32, len: u32): u32 {
  const m = hostMemory(host);
  const clock = coreClock(host, core);
  let missed: u32 = 0;
  for (let at = addr, left = len; left != 0; ) {
    const off = at & PAGE_MASK;
    const part = min(PAGE_BYTES - off, left);
    const p = memPage(at);
    const behind = p.wfill != 0 && off >= <u32>p.wfill;
    if (!behind) {
      const found = findForCore(m, p, clock, core);
      p.wtier = <u8>(found >> 16);
      p.wmiss = <u16>(found & 0xffff);
      // The application's buffers were written in the round before the run, too.
      const dirty: u32 = p.owner == 0 && at >= m.user_base ? LINES_OF_PAGE : <u32>p.dirty;
      if (dirty != 0 && p.wmiss != 0) dramMove(host, MEM_WRITEBACK, readShare(m, dirty, p.wmiss), now());
      p.dirty = 0;
      p.rfill = 0;
    }
    p.wfill = <u16>(off + part);
    const lines = linesOf(off, part, behind);
    const tier = <u32>p.wtier;
    const gone = tier == TIER_LLC ? readShare(m, lines, p.wmiss) : 0;
    missed += gone;
    p.dirty = <u8>min(<u32>p.dirty + lines, LINES_OF_PAGE);
    if (p.io != 0) {
      // What was in the I/O ways is the core's now.
      p.io = 0;
      p.stamp = <u32>(m.llc_clock_q16 >> 16);
    }
    usedByCore(host, m, p, clock, core, lines, tier, gone);
    at += part;
    left -= part;
  }
  return missed;
}

function stall(wait_ns: u64): void {
  if (wait_ns != 0) chargeNs(COST_DRAM_STALL, wait_ns);
}

/** The running context copies a piece; memCopied charges it. */
export function memCopyPiece(from: usize, to: usize, len: u32): void {
  const s = coreState();
  if (len == 0 || s.charges == 0 || memPages() == 0) return;
  s.mem_missed_lines += read(s.host, s.core, <u32>from, len);
  s.mem_owned_lines += write(s.host, s.core, <u32>to, len);
}
/** Charges the pieces that were copied, `len` bytes in all. */
export function memCopied(len: u32): void {
  const s = coreState();
  if (len == 0 || s.charges == 0) return;
  const host = s.host;
  chargeBytes(COST_COPY_KIB, len);
  const l2 = s.mem_l2_lines;
  if (l2 != 0) chargeBytes(COST_COPY_L2_KIB, l2 << LINE_SHIFT);
  const llc = s.mem_llc_lines;
  if (llc != 0) chargeBytes(COST_COPY_LLC_KIB, llc << LINE_SHIFT);
  const missed = s.mem_missed_lines;
  const owned = s.mem_owned_lines;
  forget(s);
  if (missed != 0) {
    chargeBytes(COST_COPY_MISS_KIB, missed << LINE_SHIFT);
    stall(fetch(host, hostMemory(host), MEM_COPY_READ, missed));
  }
  if (owned != 0) {
    chargeBytes(COST_COPY_RFO_KIB, owned << LINE_SHIFT);
    stall(fetch(host, hostMemory(host), MEM_RFO, owned));
  }
}
function forget(s: CoreState): void {
  s.mem_l2_lines = 0;
  s.mem_llc_lines = 0;
  s.mem_missed_lines = 0;
  s.mem_owned_lines = 0;
}
/** Both: the running context copies `len` bytes that lie in one piece. */
export function memCopy(from: usize, to: usize, len: u32): void {
  memCopyPiece(from, to, len);
  memCopied(len);
}

/** The application reads its payload, as `app.touch` says, and moves other bytes of its own (`app.dram_permille`). */
export function appRead(addr: usize, len: u32): void {
  const s = coreState();
  if (len == 0 || s.charges == 0) return;
  const host = s.host;
  const m = hostMemory(host);
  const missed = read(host, s.core, <u32>addr, len);
  forget(s);
  chargeBytes(COST_APP_READ_KIB, len);
  if (missed == 0) return;
  chargeBytes(COST_APP_MISS_KIB, missed << LINE_SHIFT);
  stall(fetch(host, m, MEM_APP_READ, missed));
}
/** The application writes what it is going to send. */
export function appWrite(addr: usize, len: u32): void {
  const s = coreState();
  if (len == 0 || s.charges == 0) return;
  const host = s.host;
  const owned = write(host, s.core, memUserApp(host, addr, len), len);
  chargeBytes(COST_APP_WRITE_KIB, len);
  if (owned == 0) return;
  chargeBytes(COST_APP_MISS_KIB, owned << LINE_SHIFT);
  stall(fetch(host, hostMemory(host), MEM_RFO, owned));
}
/** Bytes that the application moves beside its payload, with `len` bytes of it. */
export function appOther(len: u32): void {
  const s = coreState();
  const share = hostConfig(s.host).app_dram_permille;
  if (share == 0 || s.charges == 0) return;
  stall(dramMove(s.host, MEM_APP_OTHER, <u32>((<u64>len * share) / 64000), now()));
}

/**
 * The NIC writes [addr, addr + len). With DDIO it writes lines that are in the I/O ways there, and passes the share that is not on to
 * memory; without, all goes to memory and no cache has it any more. Returns how long it waits for the memory bus.
 */
export function memDmaWrite(host: u32, addr: usize, len: u32, time_ns: u64): u64 {
  if (memPages() == 0) return 0;
  const m = hostMemory(host);
  let missed: u32 = 0;
  let lines_all: u32 = 0;
  for (let at = <u32>addr, left = len; left != 0; ) {
    const off = at & PAGE_MASK;
    const part = min(PAGE_BYTES - off, left);
    const p = memPage(at);
    const behind = p.io != 0 && p.wfill != 0 && off >= <u32>p.wfill;
    if (!behind) {
      if (p.dirty != 0) {
        dramMove(host, MEM_WRITEBACK, readShare(m, p.dirty, llcGone(m, p)), time_ns);
        p.dirty = 0;
      }
      p.absent = <u16>absentForDma(m, p);
      p.io = 1;
      p.core = 0;
      p.rfill = 0;
      p.stamp = m.io_clock;
    }
    p.wfill = <u16>(off + part);
    const lines = linesOf(off, part, behind);
    m.io_clock += lines;
    missed += p.absent == 0 ? 0 : dmaShare(m, lines, p.absent);
    lines_all += lines;
    at += part;
    left -= part;
  }
  memCount(host, MEM_DDIO_HIT, lines_all - missed);
  if (missed == 0) return 0;
  memCount(host, MEM_DDIO_MISS, missed);
  return dramMove(host, MEM_DMA_WRITE, missed, time_ns);
}

/**
 * The NIC reads [addr, addr + len) to send it: from a cache that has it, where DDIO lets it, else from memory, where dirty lines go
 * first. It brings nothing into a cache. Returns how long it waits.
 */
export function memDmaRead(host: u32, addr: usize, len: u32, time_ns: u64): u64 {
  if (memPages() == 0) return 0;
  const m = hostMemory(host);
  const cached = m.io_lines != 0;
  let missed: u32 = 0;
  for (let at = <u32>addr, left = len; left != 0; ) {
    const off = at & PAGE_MASK;
    const part = min(PAGE_BYTES - off, left);
    const p = memPage(at);
    const lines = linesOf(off, part, off != 0);
    if (!cached) {
      const dirty = min(<u32>p.dirty, lines);
      if (dirty != 0) {
        dramMove(host, MEM_WRITEBACK, dirty, time_ns);
        p.dirty -= <u8>dirty;
      }
      missed += lines;
    } else {
      const share = p.io != 0 ? <u32>p.absent : llcGone(m, p);
      if (share != 0) missed += dmaShare(m, lines, min(share, WHOLE));
    }
    at += part;
    left -= part;
  }
  return missed == 0 ? 0 : dramMove(host, MEM_DMA_READ, missed, time_ns);
}
