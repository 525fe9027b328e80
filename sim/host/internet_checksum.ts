/** RFC 1071 sums over bytes in network order, and RFC 1624 updates of a field. */

/** Adds bytes to a partial sum; `data` must begin at an even place of what is summed. */
export function sumBytes(sum: number, data: Uint8Array, from: number, end: number): number {
  let s = sum;
  let at = from;
  for (; at + 1 < end; at += 2) s += ((data[at] as number) << 8) | (data[at + 1] as number);
  if (at < end) s += (data[at] as number) << 8;
  return s;
}

/** Folds a partial sum to 16 bits, not complemented. Sums stay exact below 2^53. */
export function fold(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s % 0x10000) + Math.floor(s / 0x10000);
  return s;
}

/** The checksum after a 32-bit field changed (RFC 1624 equation 3). */
export function updateChecksum32(checksum: number, from: number, to: number): number {
  const sum = (~checksum & 0xffff) + (~(from >>> 16) & 0xffff) + (~from & 0xffff) + (to >>> 16) + (to & 0xffff);
  return ~fold(sum) & 0xffff;
}
