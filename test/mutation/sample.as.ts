/** A small file to try the mutator on (mutation.test.ts): a ring of eight entries, and what can be asked of it. */
import { NONE } from '../../sim/core/memory_map';

const AT: usize = 0x1000;
const ENTRIES: u32 = 8;
const ENOSPC: i32 = 28;

function slot(i: u32): usize {
  return AT + 8 + <usize>((i & (ENTRIES - 1)) << 2);
}

/** 0, or -ENOSPC when it is full. */
export function push(value: u32): i32 {
  const head = load<u32>(AT);
  const tail = load<u32>(AT, 4);
  if (tail - head >= ENTRIES) return -ENOSPC;
  store<u32>(slot(tail), value);
  store<u32>(AT, tail + 1, 4);
  return 0;
}

/** The oldest value, or NONE. */
export function pop(): u32 {
  const head = load<u32>(AT);
  assert(load<u32>(AT, 4) - head <= ENTRIES, 'more entries than there are');
  if (head == load<u32>(AT, 4)) return NONE;
  store<u32>(AT, head + 1);
  return load<u32>(slot(head));
}

export function holds(value: u32): bool {
  let found: bool = false;
  for (let i = load<u32>(AT); i != load<u32>(AT, 4); i++) {
    if (load<u32>(slot(i)) != value) continue;
    found = true;
    break;
  }
  return found && value != NONE;
}
