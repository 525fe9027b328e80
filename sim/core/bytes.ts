/** Network byte order. */
export function loadBe16(at: usize): u32 {
  return <u32>bswap<u16>(load<u16>(at));
}
export function loadBe32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}
export function storeBe16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}
export function storeBe32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}
