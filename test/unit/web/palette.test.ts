/** The palette: what a few letters find, and how keys are written. */
import { expect, test } from 'vitest';
import { fitOf } from '../../../web/shell/fit.ts';
import { keyText } from '../../../web/shell/key_text.ts';

const item = (title: string, group = 'Page', about = '') => ({ title, group, about });
const ranked = (text: string, items: readonly ReturnType<typeof item>[]) =>
  items.map((i) => ({ title: i.title, fit: fitOf(i, text) })).filter((i) => i.fit > 0).sort((a, b) => b.fit - a.fit).map((i) => i.title);

test('every word must occur; the beginning of the title counts most, then the beginning of a word', () => {
  const items = [item('Close the log'), item('Log', 'View'), item('Analogy'), item('TCP', 'View', 'sequence numbers, log of sockets')];
  expect(ranked('log', items)).toEqual(['Log', 'Close the log', 'Analogy', 'TCP']);
  expect(ranked('view log', items)).toEqual(['Log', 'TCP']);
  expect(ranked('log zzz', items)).toEqual([]);
});
test('without a word, everything fits', () => {
  expect(fitOf(item('Log'), '  ')).toBeGreaterThan(0);
});
test('keys are written as they stand on the keyboard', () => {
  expect(['Ctrl+k', ' ', 'Shift+ ', 'ArrowLeft', '?', 'Ctrl+Z', '+'].map(keyText))
    .toEqual(['Ctrl K', 'Space', 'Shift Space', '←', '?', 'Ctrl Shift Z', '+']);
});
