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

  /** `memory` gives the buffer as it is now. Room for one full snapshot is made here, so that taking it is a copy. */
  constructor(memory: () => ArrayBuffer, plan: MemoryPlan) {
    this.#memory = memory;
    this.#plan = plan;
    this.#pages = (plan.arena_end - plan.arena + PAGE_BYTES - 1) >> PAGE_SHIFT;
    this.#current = new Int32Array(this.#pages).fill(-1);
    while (this.#slabs.length * SLAB_PAGES < this.#pages) this.#addSlab();
  }

  take(): Snapshot {
    const memory = new Uint8Array(this.#memory());
    const dirty = this.#dirty();
    const fresh = this.#current[0] === -1;
    if (fresh) this.#takeAll(memory);
    else {
      this.#eachDirty(dirty, (page) => {
        const slot = this.#slot();
        this.#slotBytes(slot).set(this.#pageBytes(memory, page));
        this.#current[page] = slot;
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
    for (let page = 0; page < this.#pages; page++) {
      if (dirty[page] === 0 && table[page] === this.#current[page]) continue;
      memory.set(this.#slotBytes(table[page] as number), this.#plan.arena + (page << PAGE_SHIFT));
      this.#current[page] = table[page] as number;
    }
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
    const taken = new Set<number>();
    for (let page = 0; page < this.#pages; page++) {
      this.#current[page] = page;
      taken.add(page);
    }
    const left = this.#free.filter((slot) => !taken.has(slot));
    this.#free.length = 0;
    this.#free.push(...left);
  }

  #eachDirty(dirty: Uint8Array, visit: (page: number) => void): void {
    for (let page = dirty.indexOf(1); page >= 0; page = dirty.indexOf(1, page + 1)) visit(page);
  }

  #dirty(): Uint8Array {
    return new Uint8Array(this.#memory(), this.#plan.dirty + (this.#plan.arena >> PAGE_SHIFT), this.#pages);
  }

  #pageBytes(memory: Uint8Array, page: number): Uint8Array {
    const from = this.#plan.arena + (page << PAGE_SHIFT);
    return memory.subarray(from, from + PAGE_BYTES);
  }

  #slotBytes(slot: number): Uint8Array {
    const at = (slot % SLAB_PAGES) * PAGE_BYTES;
    return (this.#slabs[Math.floor(slot / SLAB_PAGES)] as Uint8Array).subarray(at, at + PAGE_BYTES);
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
