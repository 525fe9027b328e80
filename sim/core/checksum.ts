/**
 * The Internet checksum, RFC 1071. Sums are kept in machine order and swapped once at the end, which the
 * one's-complement sum allows (RFC 1071 section 2 (B)).
 */

/** Adds `len` bytes to a partial sum. `at_odd`: the bytes before were odd in number. Any alignment. */
export function csumPartial(sum: u64, at: usize, len: u32, at_odd: bool = false): u64 {
  let part: u64 = 0;
  let p = at;
  let left = len;
  while (left >= 16) {
    part += <u64>load<u32>(p) + <u64>load<u32>(p, 4) + <u64>load<u32>(p, 8) + <u64>load<u32>(p, 12);
    p += 16;
    left -= 16;
  }
  while (left >= 4) {
    part += load<u32>(p);
    p += 4;
    left -= 4;
  }
  if (left & 2) {
    part += load<u16>(p);
    p += 2;
  }
  if (left & 1) part += load<u8>(p);
  if (at_odd) {
    // A sum of bytes at odd places is the byte-swapped sum of the same bytes at even places.
    const folded = csumFold(part);
    part = ((folded & 0xff) << 8) | (folded >> 8);
  }
  return sum + part;
}

/** Folds a partial sum to 16 bits, not complemented, in machine order. */
export function csumFold(sum: u64): u32 {
  let s = (sum & 0xffffffff) + (sum >> 32);
  s = (s & 0xffff) + (s >> 16);
  s = (s & 0xffff) + (s >> 16);
  s = (s & 0xffff) + (s >> 16);
  return <u32>s;
}

/** The checksum field for a partial sum, to be stored as it is (already in network order in memory). */
export function csumFinish(sum: u64): u32 {
  return ~csumFold(sum) & 0xffff;
}

/** The sum of the TCP pseudo header. `address` bytes of source then destination lie at `src` and `dst`. */
export function csumPseudo(src: usize, dst: usize, address_bytes: u32, protocol: u32, tcp_len: u32): u64 {
  let sum = csumPartial(0, src, address_bytes);
  sum = csumPartial(sum, dst, address_bytes);
  sum += <u64>bswap<u32>(tcp_len);
  sum += <u64>(bswap<u16>(<u16>protocol));
  return sum;
}
