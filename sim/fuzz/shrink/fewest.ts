/** The fewest of some items that still do it (delta debugging: Zeller and Hildebrandt, 2002): pieces are left out, large ones first. */

/** `does`: what is kept when it still does it without the rest, which may be less than was asked for; undefined when it does not. */
export function fewest<T>(items: readonly T[], does: (kept: readonly T[]) => readonly T[] | undefined): readonly T[] {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; ) {
    const before = kept.length;
    // From the end: what comes later seldom carries what came before.
    for (let to = kept.length; to > 0; to = Math.min(to - size, kept.length))
      kept = does([...kept.slice(0, Math.max(0, to - size)), ...kept.slice(to)]) ?? kept;
    if (size === 1 && kept.length === before) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}
