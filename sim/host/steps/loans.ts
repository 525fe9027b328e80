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
  private readonly marks: Uint8Array;

  constructor(area_bytes: number) {
    this.marks = new Uint8Array(area_bytes);
  }

  lend(at: number, entry: Entry): void {
    const marks = this.marks.subarray(at, at + entry.len);
    if (marks.some((n) => n !== 0)) this.distinct = false;
    marks.fill(1);
    this.lent++;
    this.held.push(entry);
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
  published(at: number, len: number): void {
    this.marks.fill(0, at, at + len);
  }

  get returned(): string {
    return this.given === this.lent ? 'all' : this.given === 0 ? 'none' : 'some';
  }
}
