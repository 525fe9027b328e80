/**
 * Snapshots share unchanged pages. Description: whatever is written between snapshots, restoring any of them must bring
 * back every byte; a page that was not marked dirty must not be copied (or the sharing is for nothing).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageStore, type Snapshot } from '../../../sim/host/page_store.ts';

const PAGE = 4096;
const PAGES = 40;
const plan = { low_end: PAGE, dirty: PAGE, arena: 4 * PAGE, arena_end: (4 + PAGES) * PAGE };

/** Memory that marks its writes, as the core does. */
class Memory {
  readonly buffer = new ArrayBuffer(plan.arena_end + PAGE);
  readonly bytes = new Uint8Array(this.buffer);
  write(at: number, value: number): void {
    this.bytes[at] = value;
    this.bytes[plan.dirty + (at >> 12)] = 3;
  }
  state(): Uint8Array {
    const all = this.bytes.slice(0, plan.arena_end);
    all.fill(0, plan.dirty, plan.dirty + PAGE);
    return all;
  }
}

const writes = fc.array(fc.tuple(fc.nat(PAGES * PAGE - 1), fc.nat(255)), { maxLength: 30 });
const rounds_of = fc.array(writes, { minLength: 1, maxLength: 8 });

test('any snapshot can be restored in any order, however many were released', () => {
  fc.assert(
    fc.property(rounds_of, fc.array(fc.nat(7), { maxLength: 12 }), fc.nat(7), (rounds, order, gone) => {
      const memory = new Memory();
      const store = new PageStore(() => memory.buffer, plan);
      const taken: { snapshot: Snapshot; state: Uint8Array }[] = [];
      for (const round of rounds) {
        for (const [at, value] of round) memory.write(plan.arena + at, value);
        memory.bytes[8] = taken.length;
        taken.push({ state: memory.state(), snapshot: store.take() });
      }
      const released = gone < taken.length && taken.length > 1 ? taken.splice(gone, 1) : [];
      for (const { snapshot } of released) store.release(snapshot);
      for (const i of order) {
        const { snapshot, state } = taken[i % taken.length] as (typeof taken)[number];
        memory.write(plan.arena + ((i * 977) % (PAGES * PAGE)), i);
        store.restore(snapshot);
        expect(Buffer.compare(memory.state(), state)).toBe(0);
      }
    }),
    { seed: 7, numRuns: 200 },
  );
});

test('a page that was not marked is not copied', () => {
  const memory = new Memory();
  const store = new PageStore(() => memory.buffer, plan);
  const before = store.take();
  memory.bytes[plan.arena + 5 * PAGE] = 9; // behind the dirty map's back
  memory.write(plan.arena + 7 * PAGE, 9);
  const after = store.take();
  expect(after.table[5]).toBe(before.table[5]);
  expect(after.table[7]).not.toBe(before.table[7]);
});
