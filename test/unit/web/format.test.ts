/** Numbers on the page: three significant digits, and never 100 % of something that is not whole. */
import { expect, test } from 'vitest';
import { bytes, count, duration, moment, percent } from '../../../web/format.ts';

const plain = (s: string) => s.replaceAll('\u202f', ' ');

test.each([[0, '0 B'], [1023, '1023 B'], [1024, '1.00 KiB'], [421_344, '411 KiB'], [67_108_864, '64.0 MiB'], [1024 ** 3 * 1.5, '1.50 GiB']])(
  '%d bytes read %s', (value, text) => {
    expect(plain(bytes(value))).toBe(text);
  },
);
test.each([[0, '0 ns'], [999, '999 ns'], [1000, '1.00 µs'], [21_850_331, '21.9 ms'], [1_500_000_000, '1.50 s']])('%d ns read %s', (value, text) => {
  expect(plain(duration(value))).toBe(text);
});
test('groups of three', () => {
  expect([0, 999, 1000, 1_234_567].map((n) => plain(count(n)))).toEqual(['0', '999', '1 000', '1 234 567']);
  expect(plain(moment(41_233_400))).toBe('41 233.400');
});
test('a share is whole only when it is', () => {
  expect(plain(percent(10, 10))).toBe('100 %');
  expect(plain(percent(999_999, 1_000_000))).toBe('99.9 %');
  expect(plain(percent(0, 10))).toBe('0 %');
  expect(percent(0, 0)).toBe('–');
});
