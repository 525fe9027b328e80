/** TCP sequence numbers: modulo 2^32, compared by the sign of their difference (include/net/tcp.h: before, after). */
export function seqBefore(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}
export function seqAfter(a: u32, b: u32): bool {
  return <i32>(b - a) < 0;
}
/** low <= x <= high */
export function seqBetween(x: u32, low: u32, high: u32): bool {
  return high - low >= x - low;
}
export function seqMax(a: u32, b: u32): u32 {
  return seqAfter(a, b) ? a : b;
}
