/** Which mutants a sample has. */
import { createHash } from 'node:crypto';

/** In an order that a seed and each one's name decide: what changes elsewhere moves none of the others. */
export function shuffled<T>(from: readonly T[], seed: number, nameOf: (item: T) => string): T[] {
  const places = from.map((item) => ({ item, at: createHash('sha256').update(`${seed} ${nameOf(item)}`).digest('hex') }));
  return places.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ item }) => item);
}
