/** What the view of rings is given: each ring as counters, marks, a fold of its slots, and what its reader may know of it. */
export type RingKind = 'sq' | 'cq' | 'rq' | 'rxd' | 'buf';

/**
 * free    nothing is in it
 * queued  it waits for its reader
 * hidden  something is in it that its reader cannot see yet, or has taken without saying so
 * posted  an empty buffer that waits to be filled
 */
export type SlotState = 'free' | 'queued' | 'hidden' | 'posted';
export const SLOT_STATES: readonly SlotState[] = ['free', 'queued', 'hidden', 'posted'];

/** Where a party stands. Counters run on and on; the place in the ring is the counter modulo its entries. */
export interface RingMark {
  readonly name: string;
  readonly counter: number;
  readonly by: 'kernel' | 'application' | 'driver' | 'NIC';
  /** In shared memory; else only its owner knows it. */
  readonly shared: boolean;
}
export interface RingSlot {
  /** Place in the ring. */
  readonly index: number;
  readonly state: SlotState;
  /** What is in it, in a few words; empty: nothing. */
  readonly text: string;
  /** What it is about, as selections name it: a buffer, a packet. */
  readonly holds?: readonly string[];
}
/** Slots that are shown, and between them those that are folded away. */
export type Piece = RingSlot | { readonly index: number; readonly folded: number; readonly state: SlotState };

/** From a counter up to another one, all slots are alike. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly state: SlotState;
}
/** One fact twice. */
export interface Twice {
  readonly what: string;
  /** What the application can read; undefined: nothing tells it. */
  readonly seen: string | undefined;
  readonly truth: string;
  readonly differs: boolean;
  readonly about: string;
}
export interface RingView {
  readonly key: string;
  /** Selecting the ring as a whole. */
  readonly id: string;
  /** Ids of its slots are this, a colon and the index. */
  readonly slots: string;
  readonly kind: RingKind;
  readonly host: number;
  readonly title: string;
  readonly entries: number;
  /** Slots that are not free. */
  readonly used: number;
  readonly marks: readonly RingMark[];
  readonly spans: readonly Span[];
  readonly pieces: readonly Piece[];
  readonly twice: readonly Twice[];
  /** Completions beyond a full CQ. */
  readonly overflow: { readonly count: number; readonly first: readonly string[] } | undefined;
  /** Its state in a sentence. */
  readonly note: string;
}
