/** A program that did not come to its end. */
import { countText } from '../numbers_text.ts';
import type { Detector } from './patient.ts';

export const programEnded: Detector = (p) => {
  const steps = p.run?.steps;
  const { story } = p;
  if (!steps || steps.complete || !story) return [];
  const stop = story.moves.find((m) => m.kind === 'line' && m.line.e === 'stop');
  if (stop) return [{ name: 'program-stopped', evidence: [{ step: stop.i, text: `the step could not be done: ${steps.why}` }] }];
  const last = Math.max(-1, ...steps.rets.map((r) => r.i), ...steps.cqes.map((c) => c.i));
  const armed = story.lives.filter((l) => l.ended === undefined && l.gone === undefined && (l.begun.step ?? 0) <= last);
  const text = armed.length === 0 ? 'the program waits for ever: no armed request can wake this waiter'
    : `the program waits for ever: nothing more came for ${countText(armed.length, 'armed request')}, first ${armed[0]?.op}`
      + ` ${armed[0]?.user_data}`;
  return [{ name: 'program-waits', evidence: [{ step: last + 1, text: `after step ${last}: ${text}` }] }];
};
