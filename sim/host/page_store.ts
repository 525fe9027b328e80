/**
 * Snapshots of the core's memory that share their unchanged pages. The core marks each page that it writes in its dirty
 * map (scripts/dirty_map.mjs); taking a snapshot copies those pages, restoring one copies the pages in which it differs.
 *
 *     snapshot = low memory (128 KiB: state pages, configuration, ABI) + table: arena page -> slot in a slab
 *
 * What lies behind the arena (trace, capture and inject buffers) is no part of the state and of no snapshot.
 */
const PAGE_SHIFT = 12;
const PAGE_BYTES = 1 << PAGE_SHIFT;
const SLAB_PAGES = 1024;

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
  /** Slot of each arena page. */
  readonly table: Int32Array;
}

export class PageStore {
  readonly #plan: MemoryPlan;
  readonly #memory: () => ArrayBuffer;
  readonly #pages: number;
  readonly #slabs: Uint8Array[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  /** What memory held when it last equalled a snapshot: slot of each page, -1 before the first. */
  readonly #current: Int32Array;
  readonly #before: Int32Array;

  /** `memory` gives the buffer as it is now. Room for one full snapshot is made here, so that taking it is a copy. */
  constructor(memory: () => ArrayBuffer, plan: MemoryPlan) {
    this.#memory = memory;
    this.#plan = plan;
    this.#pages = (plan.arena_end - plan.arena + PAGE_BYTES - 1) >> PAGE_SHIFT;
    this.#current = new Int32Array(this.#pages).fill(-1);
    this.#before = new Int32Array(this.#pages);
    while (this.#slabs.length * SLAB_PAGES < this.#pages) this.#addSlab();
  }

  /** What the pages of all snapshots take. */
  bytes(): number {
    return (this.#slabs.length * SLAB_PAGES - this.#free.length) * PAGE_BYTES;
  }

  take(): Snapshot {
    const memory = new Uint8Array(this.#memory());
    const dirty = this.#dirty();
    const fresh = this.#current[0] === -1;
    if (fresh) this.#takeAll(memory);
    else {
      this.#eachDirty(dirty, (page) => {
        this.#current[page] = this.#slot();
      });
      this.#eachRun((page) => dirty[page] !== 0, (page, pages, slab, at) => {
        const from = this.#plan.arena + page * PAGE_BYTES;
        slab.set(memory.subarray(from, from + pages * PAGE_BYTES), at);
      });
    }
    dirty.fill(0);
    const table = this.#current.slice();
    for (const slot of table) this.#uses[slot] = (this.#uses[slot] ?? 0) + 1;
    return { low: memory.slice(0, this.#plan.low_end), table };
  }

  /** Makes memory what it was when `snapshot` was taken. The snapshot must be this store's and not released. */
  restore(snapshot: Snapshot): void {
    const memory = new Uint8Array(this.#memory());
    const dirty = this.#dirty();
    const { table } = snapshot;
    const changed = (page: number) => dirty[page] !== 0 || table[page] !== this.#before[page];
    this.#before.set(this.#current);
    this.#current.set(table);
    this.#eachRun(changed, (page, pages, slab, at) => {
      memory.set(slab.subarray(at, at + pages * PAGE_BYTES), this.#plan.arena + page * PAGE_BYTES);
    });
    dirty.fill(0);
    memory.set(snapshot.low, 0);
  }

  /** Forgets a snapshot; pages that nobody else shares are used again. */
  release(snapshot: Snapshot): void {
    for (const slot of snapshot.table) {
      const left = (this.#uses[slot] as number) - 1;
      this.#uses[slot] = left;
      if (left === 0) this.#free.push(slot);
    }
    // A page that memory still equals may have lost its slot: it counts as changed from now on.
    const dirty = this.#dirty();
    for (let page = 0; page < this.#pages; page++) {
      if (this.#uses[this.#current[page] as number] === 0) dirty[page] = 1;
    }
  }

  #takeAll(memory: Uint8Array): void {
    for (let first = 0; first < this.#pages; first += SLAB_PAGES) {
      const from = this.#plan.arena + first * PAGE_BYTES;
      const to = Math.min(from + SLAB_PAGES * PAGE_BYTES, memory.length);
      (this.#slabs[first / SLAB_PAGES] as Uint8Array).set(memory.subarray(from, to));
    }
    // Nothing was given out before: slot n is page n's.
    for (let page = 0; page < this.#pages; page++) this.#current[page] = page;
    this.#free.length = this.#slabs.length * SLAB_PAGES - this.#pages;
    for (let i = 0; i < this.#free.length; i++) this.#free[i] = this.#slabs.length * SLAB_PAGES - 1 - i;
  }

  #eachDirty(dirty: Uint8Array, visit: (page: number) => void): void {
    for (let page = dirty.indexOf(1); page >= 0; page = dirty.indexOf(1, page + 1)) visit(page);
  }

  /** Pages that are wanted, in runs whose slots lie side by side in a slab: one copy moves a whole run. */
  #eachRun(wanted: (page: number) => boolean, copy: (page: number, pages: number, slab: Uint8Array, at: number) => void): void {
    for (let page = 0; page < this.#pages; page++) {
      if (!wanted(page)) continue;
      const slot = this.#current[page] as number;
      const room = SLAB_PAGES - (slot % SLAB_PAGES);
      let pages = 1;
      while (pages < room && page + pages < this.#pages && this.#current[page + pages] === slot + pages && wanted(page + pages)) pages++;
      copy(page, pages, this.#slabs[Math.floor(slot / SLAB_PAGES)] as Uint8Array, (slot % SLAB_PAGES) * PAGE_BYTES);
      page += pages - 1;
    }
  }

  #dirty(): Uint8Array {
    return new Uint8Array(this.#memory(), this.#plan.dirty + (this.#plan.arena >> PAGE_SHIFT), this.#pages);
  }

  #slot(): number {
    if (this.#free.length === 0) this.#addSlab();
    const slot = this.#free.pop() as number;
    this.#uses[slot] = 0;
    return slot;
  }

  #addSlab(): void {
    const first = this.#slabs.length * SLAB_PAGES;
    // Filled with a value that is not 0, so that the operating system gives the memory now and not when it is used.
    this.#slabs.push(new Uint8Array(SLAB_PAGES * PAGE_BYTES).fill(1));
    for (let slot = first + SLAB_PAGES - 1; slot >= first; slot--) this.#free.push(slot);
  }
}
