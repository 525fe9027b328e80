/** What zcrx instances lend, and how it is given back. */
import { IORING_ZCRX_AREA_MASK, IORING_ZCRX_AREA_SHIFT } from '../../../uring-model/8-app/uapi.gen.ts';

export interface Entry {
  readonly off: bigint;
  readonly len: number;
}

/** In which order entries are given back (sim/schema/steps_wire.ts: GIVES). */
export const GIVE_EACH = 0;
export const GIVE_BATCH = 1;
export const GIVE_REVERSED = 2;
export const GIVE_TWICE = 3;
export const GIVE_NONE = 4;

/** What an instance has lent user space: which bytes of the area, what waits to be given back, how far the refill ring is filled. */
export class Loans {
  tail = 0;
  /** No byte was lent that was lent already. */
  distinct = true;
  /** Completions whose bytes were lent, and those that were given back. */
  lent = 0;
  given = 0;
  /** Kept by the policy, and on the way to the refill ring, which may be full. */
  held: Entry[] = [];
  queue: Entry[] = [];
  readonly events = new Set<string>();
  /** By their numbers. */
  private readonly areas: { readonly at: number; readonly marks: Uint8Array }[] = [];

  addArea(at: number, bytes: number): void {
    this.areas.push({ at, marks: new Uint8Array(bytes) });
  }

  /** Where the bytes of an entry lie in memory, and their marks; undefined: outside of the areas. */
  private find({ off, len }: Entry): { readonly at: number; readonly marks: Uint8Array } | undefined {
    const area = this.areas[Number(off >> BigInt(IORING_ZCRX_AREA_SHIFT))];
    const from = Number(off & ~IORING_ZCRX_AREA_MASK);
    if (!area || from + len > area.marks.length) return undefined;
    return { at: area.at + from, marks: area.marks.subarray(from, from + len) };
  }

  /** The bytes of an entry are lent: where they lie, or undefined when that is in no area. */
  lend(entry: Entry): number | undefined {
    const found = this.find(entry);
    if (!found) return undefined;
    const { at, marks } = found;
    if (marks.some((n) => n !== 0)) this.distinct = false;
    marks.fill(1);
    this.lent++;
    this.held.push(entry);
    return at;
  }

  /** Gives back what is held, as a policy has it. */
  give(policy: number, batch: number): void {
    const least = policy === GIVE_BATCH || policy === GIVE_REVERSED ? batch : 1;
    if (policy === GIVE_NONE || this.held.length < least) return;
    const entries = this.held;
    this.held = [];
    this.given += entries.length;
    if (policy === GIVE_REVERSED) entries.reverse();
    for (const e of entries) this.queue.push(...(policy === GIVE_TWICE ? [e, e] : [e]));
  }

  /** The entry is in the refill ring. */
  published(entry: Entry): void {
    this.find(entry)?.marks.fill(0);
  }

  get returned(): string {
    return this.given === this.lent ? 'all' : this.given === 0 ? 'none' : 'some';
  }
}
