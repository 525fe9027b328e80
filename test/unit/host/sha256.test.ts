import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sha256, sha256Hex } from '../../../sim/host/sha256.ts';

const node = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

test('the empty text and "abc" have the digests of FIPS 180-4', () => {
  expect(sha256Hex(new Uint8Array(0))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(sha256Hex(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('bytes in any pieces have the digest that Node computes', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 }), (pieces) => {
    const sha = new Sha256();
    for (const piece of pieces) sha.update(piece);
    expect(sha.hex()).toBe(node(Buffer.concat(pieces)));
  }), { numRuns: 200 });
});
