/** How requests end, and what the application makes of it. */
import { countText } from '../numbers_text.ts';
import { flagsText, resText } from './cqe_text.ts';
import { atText, type Symptom } from './finding.ts';
import type { Life } from './life.ts';
import { aliveAt, evidence, isBundle, isMultishot, receives, stepsOf } from './asking.ts';
import { F_MORE } from './life.ts';
import type { Detector } from './patient.ts';

/** Errors that pass: arming again is right. */
export const PASSING: readonly number[] = [-4, -11, -12, -28, -105, -125, -62];
/** So many failures of one kind in a row are a loop. */
const LOOP = 3;

/** Requests by whoever made them, operation and file. */
function byTarget(lives: readonly Life[]): Life[][] {
  const groups = new Map<string, Life[]>();
  for (const l of lives) {
    if (!/^(?:RECV|ACCEPT|POLL_ADD|READ)/.test(l.op) || l.sock === '' || l.sock === '-1') continue;
    const key = `${l.owner} ${l.op} ${l.sock} ${l.user_data}`;
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

/** A multishot receive that ended with a completion that has data. */
export const endedWithData: Detector = (p) => {
  const { story } = p;
  // Where completions overflowed, that is the reason.
  if (!story || p.hosts.some((h) => h.chart.overflows.count > 0)) return [];
  return story.lives.filter((l) => (l.ended?.res ?? 0) > 0 && l.overflowed === undefined && (l.op === '' ? l.count > 1 : receives(l)))
    .filter((l) => l.op === '' || (isMultishot(story, l) && !isBundle(story, l) && story.entry.has(l)))
    .map((l): Symptom => {
      const text = `${l.op || 'request'} ${l.user_data} ended with ${countText(l.ended?.res ?? 0, 'byte')} and without F_MORE,`
        + ` after ${countText(l.count - 1, 'completion')} with it`;
      return { name: 'ended-with-data', evidence: [evidence(l.ended ?? l.begun, text)] };
    });
};

/** Of completions alone: the last one of a request, and others with its user_data behind it. */
export const completionAfterLast: Detector = (p) => {
  if (!p.story || p.story.program.length > 0) return [];
  const { lives } = p.story;
  return lives.flatMap((l): Symptom[] => {
    const last = l.ended;
    if (!last || l.count < 2) return [];
    const next = lives.find((x) => x !== l && x.owner === l.owner && x.user_data === l.user_data && l.begun !== x.begun
      && (x.begun.line ?? x.begun.step ?? 0) >= (last.line ?? last.step ?? 0));
    return next ? [{ name: 'completion-after-last', evidence: [evidence(next.begun, `a completion with user_data ${l.user_data}, whose`
      + ` request ended at ${atText(last)} (res ${resText(last.res)}, ${flagsText(last.flags)})`)] }] : [];
  });
};

export const armedTwice: Detector = (p) => {
  const { story } = p;
  if (!story) return [];
  const own = story.lives.filter((l) => isMultishot(story, l) && receives(l));
  return own.flatMap((l, i): Symptom[] => {
    const before = own.slice(0, i).find((b) => b.sock === l.sock && b.op === l.op && b.owner === l.owner && aliveAt(b, l.begun.step ?? 0));
    return before ? [{ name: 'armed-twice', evidence: [evidence(l.begun, `${l.op} ${l.user_data} on ${l.sock}, where`
      + ` ${before.user_data} is armed`)] }] : [];
  });
};

/** A refill entry was made of a completion that has no buffer. */
export const terminalBuffer: Detector = (p) =>
  (p.story ? stepsOf(p.story, 'zcrx.push') : []).flatMap((m): Symptom[] => {
    const name = String(m.step.off ?? '').replace(/\..*$/, '');
    const cqe = p.story?.names.get(name);
    if (!cqe || (cqe.flags & F_MORE) !== 0) return [];
    return [{ name: 'terminal-buffer', evidence: [{ step: m.i, text: `the offset of '${name}' was given back, whose completion is`
      + ` ${cqe.res} without F_MORE` }] }];
  });

/** Completions of one turn of a multishot receive: MULTISHOT_MAX_RETRY, and the first. */
const TURN = 33;

export const mshotTurn: Detector = (p) => {
  const { story } = p;
  const cqes = story?.moves.filter((m) => m.kind === 'cqe') ?? [];
  let run = 0;
  return cqes.flatMap((m, i): Symptom[] => {
    run = m.life === cqes[i - 1]?.life ? run + 1 : 1;
    const next = cqes[i + 1];
    if (run < TURN || !next || next.life === m.life) return [];
    return [{ name: 'mshot-turn', evidence: [evidence(m.cqe, `${run} completions of ${m.life.op} ${m.life.user_data} in a row, then`
      + ` ${next.life.op} ${next.life.user_data}`)] }];
  });
};
