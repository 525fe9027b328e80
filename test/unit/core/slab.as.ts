/** Description: which object of a table is taken, and when there is none. */
import { arenaInit, NONE, Slab, slabAt, slabEmpty, slabNew, slabPut, slabTake, slabTaken } from '../../../sim/core';

const OBJECT_BYTES: usize = 24;

function three(): Slab {
  arenaInit();
  return slabNew(3, OBJECT_BYTES);
}
function takeAll(s: Slab): void {
  while (slabTake(s) != NONE) assert(s.used <= s.capacity, 'no more than there are');
}

export function a_new_table_gives_its_objects_in_order_and_then_none(): void {
  const s = three();
  assert(s.used == 0 && s.capacity == 3 && !slabEmpty(s), 'all are free');
  for (let i: u32 = 0; i < 3; i++) assert(slabTake(s) == i && s.used == i + 1, 'in order');
  assert(slabEmpty(s) && slabTake(s) == NONE && s.used == 3, 'exhausted');
}

export function what_was_given_back_last_is_taken_first(): void {
  const s = three();
  takeAll(s);
  slabPut(s, 1);
  slabPut(s, 0);
  slabPut(s, 2);
  assert(s.used == 0, 'all are back');
  assert(slabTake(s) == 2 && slabTake(s) == 0 && slabTake(s) == 1 && slabTake(s) == NONE, 'the other way round');
}

export function an_object_knows_whether_it_is_taken(): void {
  const s = three();
  assert(!slabTaken(s, 0) && slabTake(s) == 0 && slabTaken(s, 0) && !slabTaken(s, 1), 'the one that is');
  slabPut(s, 0);
  assert(!slabTaken(s, 0) && !slabTaken(s, 3) && !slabTaken(s, NONE), 'neither is a free one, nor one that does not exist');
}

export function objects_lie_side_by_side_and_stay_as_they_were_left(): void {
  const s = three();
  takeAll(s);
  for (let i: u32 = 0; i < 3; i++) memory.fill(slabAt(s, i), <u8>(i + 1), OBJECT_BYTES);
  for (let i: u32 = 0; i < 3; i++) slabPut(s, i);
  takeAll(s);
  assert(slabAt(s, 1) == slabAt(s, 0) + OBJECT_BYTES && slabAt(s, 2) == slabAt(s, 1) + OBJECT_BYTES, 'side by side');
  for (let at = slabAt(s, 0), i: u32 = 0; i < 3 * <u32>OBJECT_BYTES; i++) {
    assert(load<u8>(at + i) == i / <u32>OBJECT_BYTES + 1, 'giving back and taking touched no byte');
  }
}

export function giving_an_object_back_twice_is_a_trap(): void {
  const s = three();
  takeAll(s);
  slabPut(s, 1);
  slabPut(s, 1);
}

export function giving_back_an_object_that_does_not_exist_is_a_trap(): void {
  const s = three();
  takeAll(s);
  slabPut(s, 3);
}
