/** Snapshots of an engine: any instant of a run can be kept, gone back to and run on from. */
import type { Engine } from './engine.ts';
import { ARENA_ADDR, DIRTY_ADDR, STATE_ADDR, STATE_END } from './memory_map.gen.ts';
import { PageStore } from './page_store.ts';
import { readStruct } from './struct_read.ts';
import { CORE_STATE } from './structs.gen.ts';

/**
 * The store of an engine's snapshots. The engine must not be inside run(). `fresh`: only the core has written to its memory so far;
 * then nothing is looked at that it did not touch.
 */
export function snapshotsOf(engine: Engine, fresh = false): PageStore {
  const { arena_next } = readStruct(engine.view, STATE_ADDR, CORE_STATE);
  const plan = { low_end: STATE_END, dirty: DIRTY_ADDR, arena: ARENA_ADDR, arena_end: arena_next };
  return new PageStore(() => engine.core.memory.buffer as ArrayBuffer, plan, fresh);
}
