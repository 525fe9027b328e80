/**
 * Snapshots of the core's memory that share their unchanged pages. The core marks each page that it writes in its dirty
 * map (scripts/dirty_map.mjs); taking a snapshot copies those pages, restoring one copies the pages in which it differs.
 *
 *     snapshot = low memory (128 KiB: state pages, configuration, ABI) + table: arena page -> slot in a slab
 *
 * What lies behind the arena (trace, capture and inject buffers) is no part of the state and of no snapshot.
 *
 * Most pages of a world are empty for long: those take no slot. Stores of several worlds of one size may share their slots: then a
 * snapshot of one can be restored into another, which begins with what they have in common.
 */
const PAGE_SHIFT = 12;
const PAGE_BYTES = 1 << PAGE_SHIFT;
const SLAB_PAGES = 1024;
/** In the place of a slot: the page is empty; it is not known what memory holds. */
const EMPTY = -1;
const UNKNOWN = -2;
/** A page's mark in the dirty map: written since memory last equalled a snapshot; only before then; never, so that it is empty. */
const CHANGED = 3;
const SETTLED = 2;
const UNTOUCHED = 0;

/** Where things lie: sim/core/memory_map.ts. */
export interface MemoryPlan {
  readonly low_end: number;
  readonly dirty: number;
  readonly arena: number;
  /** First address behind the arena. */
  readonly arena_end: number;
}

export interface Snapshot {
  readonly low: Uint8Array;
  /** Slot of each arena page; EMPTY for one that holds nothing. */
  readonly table: Int32Array;
}

/** Slots for pages, which stores share. */
class Slots {
  readonly slabs: Uint8Array[] = [];
  readonly uses: number[] = [];
  readonly free: number[] = [];
  readonly stores = new Set<PageStore>();

  bytes(): number {
    return (this.slabs.length * SLAB_PAGES - this.free.length) * PAGE_BYTES;
  }
  take(): number {
    if (this.free.length === 0) this.#add();
    const slot = this.free.pop() as number;
    this.uses[slot] = 0;
    return slot;
  }
  #add(): void {
    const first = this.slabs.length * SLAB_PAGES;
    this.slabs.push(new Uint8Array(SLAB_PAGES * PAGE_BYTES));
    for (let slot = first + SLAB_PAGES - 1; slot >= first; slot--) this.free.push(slot);
  }
}

export class PageStore {
  readonly #plan: MemoryPlan;
  readonly #memory: () => ArrayBuffer;
  readonly #pages: number;
  readonly #slots: Slots;
  /** What memory held when it last equalled a snapshot: slot of each page. */
  readonly #current: Int32Array;
  readonly #before: Int32Array;

  /**
   * `memory` gives the buffer as it is now. `fresh`: the core alone has written to it, and no snapshot was taken, so that a page
   * without a mark is empty; else all of it is looked at once.
   */
  constructor(memory: () => ArrayBuffer, plan: MemoryPlan, fresh = false, slots?: unknown) {
    this.#memory = memory;
    this.#plan = plan;
    this.#pages = (plan.arena_end - plan.arena + PAGE_BYTES - 1) >> PAGE_SHIFT;
    this.#slots = slots instanceof Slots ? slots : new Slots();
    this.#slots.stores.add(this);
    this.#current = new Int32Array(this.#pages).fill(fresh ? EMPTY : UNKNOWN);
    this.#before = new Int32Array(this.#pages);
  }

  /** A store for the fresh memory of another world of the same plan. */
  beside(memory: () => ArrayBuffer): PageStore {
    return new PageStore(memory, this.#plan, true, this.#slots);
  }
  /** It is not used any more. Its snapshots were released, or go with the last store. */
  close(): void {
    this.#slots.stores.delete(this);
  }

  /** What the pages of all snapshots take. */
  bytes(): number {
    return this.#slots.bytes();
  }

  /** Somebody besides the core may have written to [from, to). */
  mark(from: number, to: number): void {
    this.#dirty().fill(CHANGED, (from - this.#plan.arena) >> PAGE_SHIFT, (to - this.#plan.arena + PAGE_BYTES - 1) >> PAGE_SHIFT);
  }

  take(): Snapshot {
    const memory = new Uint8Array(this.#memory());
    const dirty = this.#dirty();
    if (this.#current[0] === UNKNOWN) this.#look(memory, dirty);
    for (let page = dirty.indexOf(CHANGED); page >= 0; page = dirty.indexOf(CHANGED, page + 1)) this.#current[page] = this.#slots.take();
    this.#eachRun((page) => dirty[page] === CHANGED, (page, pages, slab, at) => {
      const from = this.#plan.arena + page * PAGE_BYTES;
      slab?.set(memory.subarray(from, Math.min(from + pages * PAGE_BYTES, memory.length)), at);
    });
    for (let page = dirty.indexOf(CHANGED); page >= 0; page = dirty.indexOf(CHANGED, page + 1)) dirty[page] = SETTLED;
    const table = this.#current.slice();
    const { uses } = this.#slots;
    for (const slot of table) if (slot >= 0) uses[slot] = (uses[slot] as number) + 1;
    return { low: memory.slice(0, this.#plan.low_end), table };
  }

  /** Makes memory what it was when `snapshot` was taken. The snapshot must be of a store that shares its slots, and not released. */
  restore(snapshot: Snapshot): void {
    const memory = new Uint8Array(this.#memory());
    const dirty = this.#dirty();
    const { table } = snapshot;
    const changed = (page: number) => dirty[page] === CHANGED || table[page] !== this.#before[page];
    this.#before.set(this.#current);
    this.#current.set(table);
    this.#eachRun(changed, (page, pages, slab, at) => {
      const to = this.#plan.arena + page * PAGE_BYTES;
      if (slab) memory.set(slab.subarray(at, at + pages * PAGE_BYTES), to);
      else memory.fill(0, to, to + pages * PAGE_BYTES);
    });
    for (let page = 0; page < this.#pages; page++) dirty[page] = table[page] === EMPTY ? UNTOUCHED : SETTLED;
    memory.set(snapshot.low, 0);
  }

  /** Forgets a snapshot; pages that nobody else shares are used again. */
  release(snapshot: Snapshot): void {
    const { uses, free, stores } = this.#slots;
    for (const slot of snapshot.table) {
      if (slot < 0) continue;
      const left = (uses[slot] as number) - 1;
      uses[slot] = left;
      if (left === 0) free.push(slot);
    }
    for (const store of stores) store.#forget();
  }

  /** A page that memory still equals may have lost its slot: it counts as changed from now on. */
  #forget(): void {
    const dirty = this.#dirty();
    for (let page = 0; page < this.#pages; page++) {
      const slot = this.#current[page] as number;
      if (slot >= 0 && this.#slots.uses[slot] === 0) dirty[page] = CHANGED;
    }
  }

  /** Who knows nothing of memory looks at each page: one that is not empty counts as changed. */
  #look(memory: Uint8Array, dirty: Uint8Array): void {
    const words = new Uint32Array(memory.buffer, this.#plan.arena, (memory.length - this.#plan.arena) >> 2);
    const per_page = PAGE_BYTES >> 2;
    for (let page = 0; page < this.#pages; page++) {
      let i = page * per_page;
      const end = Math.min(i + per_page, words.length);
      while (i < end && words[i] === 0) i++;
      dirty[page] = i < end ? CHANGED : UNTOUCHED;
      this.#current[page] = EMPTY;
    }
  }

  /** Pages that are wanted, in runs whose slots lie side by side in a slab, or that are all empty: one copy moves a whole run. */
  #eachRun(
    wanted: (page: number) => boolean, copy: (page: number, pages: number, slab: Uint8Array | undefined, at: number) => void,
  ): void {
    for (let page = 0; page < this.#pages; page++) {
      if (!wanted(page)) continue;
      const slot = this.#current[page] as number;
      const step = slot < 0 ? 0 : 1;
      const room = slot < 0 ? this.#pages : SLAB_PAGES - (slot % SLAB_PAGES);
      let pages = 1;
      while (pages < room && page + pages < this.#pages && this.#current[page + pages] === slot + pages * step && wanted(page + pages))
        pages++;
      if (slot < 0) copy(page, pages, undefined, 0);
      else copy(page, pages, this.#slots.slabs[Math.floor(slot / SLAB_PAGES)], (slot % SLAB_PAGES) * PAGE_BYTES);
      page += pages - 1;
    }
  }

  #dirty(): Uint8Array {
    return new Uint8Array(this.#memory(), this.#plan.dirty + (this.#plan.arena >> PAGE_SHIFT), this.#pages);
  }
}
