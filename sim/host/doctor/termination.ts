/** How requests end, and what the application makes of it. */
import { countText } from '../numbers_text.ts';
import { resText } from './errno.ts';
import { atText, type Symptom } from './finding.ts';
import type { Life } from './life.ts';
import type { Detector } from './patient.ts';

/** Errors that pass: arming again is right. */
export const PASSING: readonly number[] = [-4, -11, -12, -28, -105, -125, -62];
/** So many failures of one kind in a row are a loop. */
const LOOP = 3;

/** Requests by whoever made them, operation and file. */
function byTarget(lives: readonly Life[]): Life[][] {
  const groups = new Map<string, Life[]>();
  for (const l of lives) {
    if (l.op === '' || l.sock === '') continue;
    const key = `${l.owner} ${l.op} ${l.sock}`;
    groups.set(key, [...(groups.get(key) ?? []), l]);
  }
  return [...groups.values()];
}

export const rearmLoop: Detector = (p) =>
  byTarget(p.lives).flatMap((lives): Symptom[] => {
    const failed = lives.filter((l) => l.ended !== undefined && l.ended.res < 0 && !PASSING.includes(l.ended.res));
    const [first] = failed;
    if (!first?.ended || failed.length < LOOP || failed.some((l) => l.ended?.res !== first.ended?.res)) return [];
    const text = `${first.op} on ${first.sock} failed ${countText(failed.length, 'time')} with ${resText(first.ended.res)}, first at`
      + ` ${atText(first.ended)}`;
    return [{ name: 'rearm-loop', evidence: [{ ...first.ended, text }] }];
  });
