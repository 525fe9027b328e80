/** A ring of thousands of slots is shown as those around its marks; what lies between is folded. */
import type { Piece, RingMark, RingSlot, SlotState, Span } from './shape.ts';

type Content = Pick<RingSlot, 'text' | 'holds'>;

/** Rings up to this size are shown whole. */
export const SHOWN_WHOLE = 64;
/** Slots shown before and behind a mark. */
const AROUND = 4;
/** Fewer than that are not worth a fold. */
const FOLD_MIN = 5;

/** A counter's distance from another one, around 2^32. */
const ahead = (from: number, to: number): number => (to - from) >>> 0;

/** What lies at each place: the spans, which follow one another, taken modulo the ring. */
export function stateAt(spans: readonly Span[], entries: number): (index: number) => { state: SlotState; counter: number } {
  const low = spans[0]?.from ?? 0;
  return (index) => {
    const counter = (low + ahead(low % entries, index % entries) % entries) >>> 0;
    for (const s of spans) if (ahead(s.from, counter) < ahead(s.from, s.to)) return { state: s.state, counter };
    return { state: 'free', counter };
  };
}

/** The pieces of a ring, from place 0 on. `content` is asked for those that are shown and not free. */
export function foldRing(
  entries: number, marks: readonly RingMark[], spans: readonly Span[], content: (counter: number, index: number) => Content,
): Piece[] {
  const at = stateAt(spans, entries);
  const slot = (index: number): Piece => {
    const { state, counter } = at(index);
    return { index, state, ...(state === 'free' ? { text: '' } : content(counter, index)) };
  };
  if (entries <= SHOWN_WHOLE) return Array.from({ length: entries }, (_, i) => slot(i));
  const shown = new Set<number>();
  for (const m of marks) {
    const place = (m.counter >>> 0) % entries;
    for (let d = -AROUND; d < AROUND; d++) shown.add((place + d + entries) % entries);
  }
  const order = [...shown].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  let next = 0;
  for (const index of [...order, entries]) {
    if (index - next >= FOLD_MIN) pieces.push({ index: next, folded: index - next, state: at(next).state });
    else for (let i = next; i < index; i++) pieces.push(slot(i));
    if (index < entries) pieces.push(slot(index));
    next = index + 1;
  }
  return pieces;
}
