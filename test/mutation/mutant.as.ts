/**
 * What a mutated core asks before each piece of mutated code: whether the mutant is the one that is switched on. Lies where the
 * dirty map of other builds lies, which these do not have: outside of what build() writes and of what is hashed.
 *
 *     0x80000  id of the active mutant (u32); 0: none, the model as it is
 *     0x80004  steps that are left (u32): a mutant that runs in circles traps when it has used them up
 *     0x80010  a byte a mutant: 1 once a test has come by
 */
import { DIRTY_ADDR } from '../../sim/core/memory_map';

const REACHED_AT: usize = 0x10;

/** A loop goes round once more, or mutated code is asked for. */
export function burn(): void {
  const left = load<u32>(DIRTY_ADDR, 4);
  if (left == 0) unreachable();
  store<u32>(DIRTY_ADDR, left - 1, 4);
}

export function mutant(id: u32): bool {
  burn();
  store<u8>(DIRTY_ADDR + id, 1, REACHED_AT);
  return load<u32>(DIRTY_ADDR) == id;
}
