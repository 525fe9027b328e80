/**
 * One instance of the core for many worlds, one after the other: a new instance costs memory that is only given back now and then. Between
 * two worlds its memory is made what it was before the first.
 */
import type { CoreExports } from './core_exports.ts';
import { instantiate } from './engine.ts';
import { ARENA_ADDR, CURSORS_ADDR, DIRTY_ADDR, RING_ADDR, STATE_ADDR, STATIC_END } from './memory_map.gen.ts';
import { readStruct } from './struct_read.ts';
import { CORE_STATE, RING_STATE, TRACE_CURSOR } from './structs.gen.ts';
import { RECORD_BYTES } from './trace.ts';

const PAGE_SHIFT = 12;
/** Of a trace record: its kind, which is never 0. */
const KIND_AT = 8;

/**
 * Empties what a world has written: pages that the core has marked (scripts/dirty_map.mjs), the memory of its applications, who mark
 * nothing, and what lies behind the arena, where the next world may have a table.
 */
function emptyArena(bytes: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(bytes.buffer);
  const { user_base, user_next } = readStruct(view, RING_ADDR, RING_STATE);
  bytes.fill(0, user_base, user_next);
  const { base, end, capture_end, egress_end } = readStruct(view, CURSORS_ADDR, TRACE_CURSOR);
  let used = base;
  while (used < end && view.getUint32(used + KIND_AT, true) !== 0) used += RECORD_BYTES;
  bytes.fill(0, readStruct(view, STATE_ADDR, CORE_STATE).arena_next, used);
  bytes.fill(0, end, Math.max(end, capture_end, egress_end));
  const dirty = bytes.subarray(DIRTY_ADDR, ARENA_ADDR).subarray(0, bytes.length >>> PAGE_SHIFT);
  for (let page = 0; page < dirty.length; page++) {
    if (dirty[page] === 0) continue;
    const first = page;
    while (dirty[page] !== 0 && page < dirty.length) page++;
    bytes.fill(0, Math.max(first << PAGE_SHIFT, ARENA_ADDR), page << PAGE_SHIFT);
  }
  dirty.fill(0);
}

export class Recycler {
  private readonly module: WebAssembly.Module;
  private readonly max_bytes: number;
  private core: CoreExports | undefined;
  /** Memory below the dirty map before any world was built; above it is empty. */
  private pristine = new Uint8Array();

  /** An instance that a world has made larger than `max_bytes` is not used again. */
  constructor(module: WebAssembly.Module, max_bytes = 64 * 1024 ** 2) {
    this.module = module;
    this.max_bytes = max_bytes;
  }

  /** An instance that is as new. The world that used the last one must not be used any more. */
  fresh(): CoreExports {
    const { core } = this;
    if (core && core.memory.buffer.byteLength <= this.max_bytes) {
      const bytes = new Uint8Array(core.memory.buffer as ArrayBuffer);
      emptyArena(bytes);
      bytes.set(this.pristine);
      return core;
    }
    const made = instantiate(this.module);
    this.pristine = new Uint8Array(made.memory.buffer).slice(0, STATIC_END);
    this.core = made;
    return made;
  }
}
