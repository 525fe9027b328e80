/**
 * Memory for tables. Only a world's build allocates; nothing is ever freed, because a world is thrown away whole.
 */
import { ARENA_ADDR, STATIC_END } from './memory_map';
import { coreState } from './state';

/** Begins the arena. Called once, before the first arenaAlloc. */
export function arenaInit(): void {
  const s = coreState();
  assert(__heap_base <= STATIC_END, 'static data grew into the dirty map: move STATIC_END');
  s.arena_next = <u32>ARENA_ADDR;
  s.arena_end = <u32>(memory.size() << 16);
}

/** Memory grows by no less. Each time its host makes a new view of it, and may look for garbage as if the old one were all new. */
const GROWTH_PAGES: u64 = 64;

/** Asks for room at once: so many bytes, about, will be allocated. */
export function arenaReserve(bytes: u64): void {
  const s = coreState();
  const end = <u64>s.arena_next + bytes;
  if (end <= <u64>s.arena_end || end >= 0xffff0000) return;
  memory.grow(<i32>((end - <u64>s.arena_end + 0xffff) >> 16));
  s.arena_end = <u32>(memory.size() << 16);
}

/** `bytes` zeroed bytes, aligned to a cache line. Grows the memory: a run never does. */
export function arenaAlloc(bytes: u64): usize {
  const s = coreState();
  assert(s.built == 0, 'arenaAlloc after the world was built');
  const at = (s.arena_next + 63) & ~63;
  const end = <u64>at + bytes;
  assert(end < 0xffff0000, 'the world does not fit into 4 GiB of memory');
  if (end > <u64>s.arena_end) {
    const pages = (end - <u64>s.arena_end + 0xffff) >> 16;
    const room = min<u64>(max<u64>(pages, GROWTH_PAGES), 0xffff - (<u64>s.arena_end >> 16));
    assert(memory.grow(<i32>room) >= 0, 'the machine has no memory for this world');
    s.arena_end = <u32>(memory.size() << 16);
  }
  s.arena_next = <u32>end;
  return at;
}

/**
 * Ends the arena and makes room for `bytes` behind it, for what is no part of the state. Returns its address. What is
 * hashed ends at arena_next.
 */
export function arenaSeal(bytes: u64): u32 {
  const s = coreState();
  const at = arenaAlloc(bytes);
  s.arena_next = <u32>at;
  return <u32>at;
}
