/** Description: the Internet checksum; odd lengths and odd offsets are where implementations differ. */
import { ABI_ADDR, csumFinish, csumFold, csumPartial } from '../../../sim/core';

function put(text: u64, at: usize, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i++) store<u8>(at + i, <u8>(text >> (8 * (bytes - 1 - i))));
}

export function theExampleOfRfc1071(): void {
  put(0x0001f203f4f5f6f7, ABI_ADDR, 8);
  assert(bswap<u16>(<u16>csumFold(csumPartial(0, ABI_ADDR, 8))) == 0xddf2, 'RFC 1071 section 3: the sum is ddf2');
}

export function aSumCutAtAnyPlaceIsTheSameSum(): void {
  for (let i: u32 = 0; i < 97; i++) store<u8>(ABI_ADDR + i, <u8>(i * 37 + 11));
  const whole = csumFinish(csumPartial(0, ABI_ADDR, 97));
  for (let cut: u32 = 0; cut <= 97; cut++) {
    const first = csumPartial(0, ABI_ADDR, cut);
    const both = csumPartial(first, ABI_ADDR + cut, 97 - cut, (cut & 1) != 0);
    assert(csumFinish(both) == whole, 'cutting the bytes in two changes the sum');
  }
}

export function aMessageWithItsChecksumSumsToZero(): void {
  for (let i: u32 = 0; i < 40; i++) store<u8>(ABI_ADDR + i, <u8>(i * 101));
  store<u16>(ABI_ADDR + 10, 0);
  store<u16>(ABI_ADDR + 10, <u16>csumFinish(csumPartial(0, ABI_ADDR, 40)));
  assert(csumFinish(csumPartial(0, ABI_ADDR, 40)) == 0, 'a receiver finds nothing left');
}
