/** SHA-256 against the examples of FIPS 180-4 and its padding at every length around a block. */
import { sha256Final, sha256Init, sha256Update, SHA256_BYTES } from '../../../sim/core';

const CONTEXT: usize = memory.data(112, 16);
const OUT: usize = memory.data(32, 16);
const OTHER: usize = memory.data(32, 16);
const BYTES: usize = memory.data(256, 16);

function word(i: usize): u32 {
  return bswap<u32>(load<u32>(OUT + (i << 2)));
}

export function abc_gives_the_standards_digest(): void {
  store<u8>(BYTES, 0x61);
  store<u8>(BYTES, 0x62, 1);
  store<u8>(BYTES, 0x63, 2);
  sha256Init(CONTEXT);
  sha256Update(CONTEXT, BYTES, 3);
  sha256Final(CONTEXT, OUT);
  assert(word(0) == 0xba7816bf && word(1) == 0x8f01cfea && word(2) == 0x414140de && word(3) == 0x5dae2223, 'first half');
  assert(word(4) == 0xb00361a3 && word(5) == 0x96177a9c && word(6) == 0xb410ff61 && word(7) == 0xf20015ad, 'second half');
}

export function the_empty_message_gives_the_standards_digest(): void {
  sha256Init(CONTEXT);
  sha256Final(CONTEXT, OUT);
  assert(word(0) == 0xe3b0c442 && word(7) == 0x7852b855, 'digest of nothing');
}

export function pieces_of_any_size_give_the_digest_of_the_whole(): void {
  for (let i: usize = 0; i < 256; i++) store<u8>(BYTES + i, <u8>(i * 7));
  for (let len: u32 = 50; len < 140; len++) {
    sha256Init(CONTEXT);
    sha256Update(CONTEXT, BYTES, len);
    sha256Final(CONTEXT, OTHER);
    for (let piece: u32 = 1; piece < 90; piece += 11) {
      sha256Init(CONTEXT);
      for (let at: u32 = 0; at < len; at += piece) sha256Update(CONTEXT, BYTES + at, min(piece, len - at));
      sha256Final(CONTEXT, OUT);
      assert(memory.compare(OUT, OTHER, 32) == 0, 'pieces');
    }
  }
  assert(SHA256_BYTES == 112, 'the context has the size that callers reserve');
}
