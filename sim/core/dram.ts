/**
 * The memory bus of a host: what it moved and why, and when it can move more. Bandwidth is handed out by slots of time, because
 * who asks may be ahead of the clock (cpu.ts): a slot takes as many lines as it has time for, and what does not fit waits for the next
 * one that has room.
 */
import { arenaAlloc } from './arena';
import { hostConfig } from './config.gen';
import { HOSTS_MAX, MEM_COUNTERS } from './constants.gen';
import { MEM_ADDR } from './memory_map';

const SLOT_SHIFT: u64 = 12;
const SLOT_NS: u64 = 4096;
/** Slots that are kept: what is asked for further ahead than that does not wait longer. */
const SLOTS: u32 = 256;
const LINE_BITS: u64 = 512;

@unmanaged
class Dram {
  /** u64 counters, and slots {u32 number, u32 lines}. */
  counters: u32;
  slots: u32;
  /** Lines of a slot; 0: no limit. */
  slot_lines: u32;
  unused: u32;
  /** Slots from first to end are full. */
  full_first: u64;
  full_end: u64;
}
const DRAM_BYTES: usize = 32;
const DRAMS: usize = MEM_ADDR + 0x400;

function dram(host: u32): Dram {
  return changetype<Dram>(DRAMS + <usize>host * DRAM_BYTES);
}

export function dramInit(): void {
  for (let host: u32 = 0; host < HOSTS_MAX; host++) {
    const d = dram(host);
    d.counters = <u32>arenaAlloc(<u64>MEM_COUNTERS << 3);
    d.slots = <u32>arenaAlloc(<u64>SLOTS << 3);
    const lines = (hostConfig(host).mem_dram_bps * SLOT_NS) / LINE_BITS / 1000000000;
    d.slot_lines = hostConfig(host).mem_dram_bps == 0 ? 0 : max(<u32>lines, 1);
  }
}

/** Counters MEM_* of a host, in bytes. */
export function memCounters(host: u32): u32 {
  return dram(host).counters;
}
export function memCount(host: u32, counter: u32, lines: u32): void {
  const at = <usize>dram(host).counters + (<usize>counter << 3);
  store<u64>(at, load<u64>(at) + (<u64>lines << 6));
}

/** Lines go over the bus at `time_ns`. Returns how long whoever asks has to wait for others. */
export function dramMove(host: u32, counter: u32, lines: u32, time_ns: u64): u64 {
  memCount(host, counter, lines);
  const d = dram(host);
  return d.slot_lines == 0 ? 0 : reserve(d, lines, time_ns);
}

function reserve(d: Dram, lines: u32, time_ns: u64): u64 {
  const first = time_ns >> SLOT_SHIFT;
  let slot = first >= d.full_first && first < d.full_end ? d.full_end : first;
  const last = first + SLOTS - 1;
  if (slot > last) slot = last;
  let left = lines;
  let used: u32 = 0;
  for (;;) {
    const at = <usize>d.slots + (<usize>(<u32>slot & (SLOTS - 1)) << 3);
    used = load<u32>(at) == <u32>slot ? load<u32>(at, 4) : 0;
    const room = used < d.slot_lines ? d.slot_lines - used : 0;
    const part = slot == last ? left : min(room, left);
    used += part;
    left -= part;
    store<u32>(at, <u32>slot);
    store<u32>(at, used, 4);
    if (left == 0) break;
    if (slot != d.full_end) d.full_first = slot;
    slot++;
    d.full_end = slot;
  }
  if (slot == first) return 0;
  const end = (slot << SLOT_SHIFT) + (<u64>min(used, d.slot_lines) * SLOT_NS) / d.slot_lines;
  return end > time_ns ? end - time_ns : 0;
}
