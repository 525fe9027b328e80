/** Where a buffer is and who holds it: one of these, read from its row of the netmem table. */
export const BUFFER_STATES = [
  { name: 'free', about: 'in the free list of its area' },
  { name: 'cache', about: 'in a page pool, about to be posted' },
  { name: 'posted', about: 'at the NIC, waiting for a frame' },
  { name: 'stack', about: 'in packets: NAPI, TCP or the queue of a socket' },
  { name: 'both', about: 'lent to the application, and a packet holds it still' },
  { name: 'lent', about: 'with the application' },
  { name: 'refill', about: 'in the refill ring: given back, and the kernel has not read it' },
  { name: 'illegal', about: 'its references do not fit its place' },
] as const;
export type BufferState = (typeof BUFFER_STATES)[number]['name'];
export const FREE = 0;
export const CACHE = 1;
export const POSTED = 2;
export const STACK = 3;
export const BOTH = 4;
export const LENT = 5;
export const REFILL = 6;
export const ILLEGAL = 7;

/** Places as the ledger numbers them (stack/3-pool/netmem.ts). */
const PLACE_NIC = 2;
const PLACE_LIVE = 3;

/** `given`: it lies in the refill ring. */
export function stateOf(place: number, refs: number, user_refs: number, given: boolean): number {
  if (user_refs > refs || (place !== PLACE_LIVE && user_refs > 0)) return ILLEGAL;
  if (place < PLACE_NIC) return place;
  if (place === PLACE_NIC) return POSTED;
  if (refs === 0) return ILLEGAL;
  if (user_refs === 0) return STACK;
  if (given) return REFILL;
  return refs > user_refs ? BOTH : LENT;
}

/** Ages of loans are told in classes: less than the limit, in nanoseconds. */
export const AGES = [
  { name: 'not lent', below_ns: 0 },
  { name: 'under 10 µs', below_ns: 10_000 },
  { name: 'under 100 µs', below_ns: 100_000 },
  { name: 'under 1 ms', below_ns: 1_000_000 },
  { name: 'under 10 ms', below_ns: 10_000_000 },
  { name: '10 ms and more', below_ns: Infinity },
] as const;
export const ageClass = (age_ns: number | undefined): number =>
  age_ns === undefined ? 0 : AGES.findIndex((a, i) => i > 0 && age_ns < a.below_ns) || 1;
