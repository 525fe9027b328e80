/** The world's own state, at WORLD_ADDR. */
import { WORLD_ADDR } from '../core';

@unmanaged
export class WorldState {
  inject_buffer: u32;
}

export function worldState(): WorldState {
  return changetype<WorldState>(WORLD_ADDR);
}
