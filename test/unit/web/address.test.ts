/** A link to a run is the run: what is written is read back. */
import { expect, test } from 'vitest';
import { readAddress, writeAddress } from '../../../web/address.ts';

const ADDRESSES = [{ scenario: 'bulk', seed: undefined }, { scenario: 'loss', seed: 7 }, { scenario: 'a b&c', seed: 0 }];
test.each(ADDRESSES)('%j comes back', (address) => {
  expect(readAddress(writeAddress(address))).toEqual(address);
});
test('an empty or spoilt address names no run', () => {
  expect(readAddress('')).toEqual({ scenario: undefined, seed: undefined });
  expect(readAddress('#bulk&seed=-1')).toEqual({ scenario: 'bulk', seed: undefined });
});
