/** Numbers on the page read as on the command line, and never claim 100 % of something that is not whole. */
import { expect, test } from 'vitest';
import { bytes, count, duration, fact, moment, percent } from '../../../web/format.ts';

const plain = (s: string) => s.replaceAll('\u202f', ' ');

test('sizes and times are those of the command line, without a space that breaks', () => {
  expect([bytes(10_485_760), duration(21_850_331)].map(plain)).toEqual(['10.5 MB', '21.9 ms']);
  expect(bytes(10_485_760)).not.toContain(' ');
});
test('groups of three', () => {
  expect([0, 999, 1000, 1_234_567].map((n) => plain(count(n)))).toEqual(['0', '999', '1 000', '1 234 567']);
});
test('moments line up, before zero too', () => {
  expect([41_233_400, 0, -39_765].map((n) => plain(moment(n)))).toEqual(['41 233.400', '0.000', '−39.765']);
});
test('a share is whole only when it is, and there is none of nothing', () => {
  expect([percent(10, 10), percent(999_999, 1_000_000), percent(0, 0)].map(plain)).toEqual(['100 %', '99.9 %', '–']);
});
test('a fact is written by its unit', () => {
  expect(plain(fact({ label: '', value: 17.83, unit: 'ratio' }))).toBe('17.8');
  expect(plain(fact({ label: '', value: 1783, unit: 'count' }))).toBe('1 783');
});
