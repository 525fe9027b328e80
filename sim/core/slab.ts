/**
 * Tables of things that come and go (struct kmem_cache, mm/slub.c): `capacity` objects of one size, made with the world. An
 * object is known by its index. What was given back last is taken first; a new table gives 0, 1, 2 …
 *
 *     Slab.free ──► link[4] ──► link[0] ──► NONE         link[1], link[2] … TAKEN
 *     base      ──► | object 0 | object 1 | object 2 | … | fresh: nobody had it, nor what follows: not even touched
 *
 * Links lie beside the objects, so an object is all its owner's, and stays as it was left until it is taken again.
 */
import { arenaAlloc } from './arena';
import { NONE } from './memory_map';

const TAKEN: u32 = NONE - 1;

@unmanaged
export class Slab {
  base: u32;
  /** Bytes of an object. */
  stride: u32;
  links: u32;
  capacity: u32;
  /** The first that is free, or NONE. */
  free: u32;
  used: u32;
  /** The first of those that were never taken, which come behind the list. */
  fresh: u32;
}

/** A table of `capacity` zeroed objects of `stride` bytes (kmem_cache_create). */
export function slabNew(capacity: u32, stride: usize): Slab {
  const s = changetype<Slab>(arenaAlloc(offsetof<Slab>()));
  s.base = <u32>arenaAlloc(<u64>capacity * stride);
  s.stride = <u32>stride;
  s.links = <u32>arenaAlloc(<u64>capacity << 2);
  s.capacity = capacity;
  s.free = NONE;
  return s;
}
function linkOf(s: Slab, idx: u32): usize {
  return <usize>s.links + (<usize>idx << 2);
}

/** Address of an object. */
export function slabAt(s: Slab, idx: u32): usize {
  return <usize>s.base + <usize>idx * s.stride;
}

/** Takes a free object, as it was left; NONE when there is none (kmem_cache_alloc). */
export function slabTake(s: Slab): u32 {
  if (slabEmpty(s)) return NONE;
  const back = s.free;
  const idx = back != NONE ? back : s.fresh++;
  if (back != NONE) s.free = load<u32>(linkOf(s, idx));
  store<u32>(linkOf(s, idx), TAKEN);
  s.used++;
  return idx;
}

/** Gives an object back (kmem_cache_free). */
export function slabPut(s: Slab, idx: u32): void {
  assert(slabTaken(s, idx), 'an object of a slab is given back once');
  store<u32>(linkOf(s, idx), s.free);
  s.free = idx;
  s.used--;
}

/** Has somebody taken the object? */
export function slabTaken(s: Slab, idx: u32): bool {
  return idx < s.capacity && load<u32>(linkOf(s, idx)) == TAKEN;
}
/** Is there none that could be taken? */
export function slabEmpty(s: Slab): bool {
  return s.free == NONE && s.fresh == s.capacity;
}
