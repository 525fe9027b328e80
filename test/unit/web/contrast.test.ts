/** Every pair of text and ground that the page uses reaches WCAG AA, in light and in dark. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../../scripts/run_command.mjs';

const css = readFileSync(join(root, 'web/tokens.css'), 'utf8');

function colour(name: string, mode: 0 | 1): readonly number[] {
  const pair = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  const hex = pair?.[mode + 1];
  if (hex === undefined) throw new Error(`web/tokens.css has no colour --${name}`);
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255);
}

/** WCAG 2.2: relative luminance, contrast ratio. */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string, mode: 0 | 1): number {
  const [high = 0, low = 0] = [luminance(colour(a, mode)), luminance(colour(b, mode))].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = [
  ['ink', 'paper'], ['ink', 'card'], ['soft', 'paper'], ['soft', 'card'], ['payload', 'paper'], ['payload', 'card'], ['card', 'payload'],
  ['warm', 'paper'], ['warm', 'card'], ['warm', 'warm-wash'], ['soft', 'warm-wash'], ['ink', 'warm-wash'],
  ['ink', 'raise'], ['soft', 'raise'], ['payload', 'raise'], ['warm', 'raise'], ['payload', 'payload-wash'], ['ink', 'payload-wash'],
  ['soft', 'payload-wash'], ['select', 'card'], ['select', 'select-wash'], ['ink', 'select-wash'], ['header', 'card'], ['ack', 'card'],
  ['place-user', 'card'], ['place-queue', 'card'], ['ctx-hardirq', 'card'], ['ctx-softirq', 'card'], ['ctx-task_work', 'card'],
  ['ctx-syscall', 'card'], ['ctx-user', 'card'], ['series-a', 'card'], ['series-b', 'card'], ['series-c', 'card'], ['series-d', 'card'],
] as const;
const SHAPES = [
  ['place-live', 'card'], ['place-nic', 'card'], ['place-live', 'place-free'], ['place-nic', 'place-free'],
  ['edge', 'card'], ['edge', 'raise'], ['focus', 'paper'], ['focus', 'card'], ['place-cache', 'card'],
] as const;

test.each(TEXT)('text %s on %s has a contrast of at least 4.5', (a, b) => {
  expect(contrast(a, b, 0), 'light').toBeGreaterThanOrEqual(4.5);
  expect(contrast(a, b, 1), 'dark').toBeGreaterThanOrEqual(4.5);
});

test.each(SHAPES)('shape %s beside %s has a contrast of at least 3', (a, b) => {
  expect(contrast(a, b, 0), 'light').toBeGreaterThanOrEqual(3);
  expect(contrast(a, b, 1), 'dark').toBeGreaterThanOrEqual(3);
});
