/** Task work, waits and threads. */
import { IORING_SETUP_DEFER_TASKRUN } from '../../../uring-model/8-app/uapi.gen.ts';
import { evidence, number, stepsOf } from './asking.ts';
import type { Symptom } from './finding.ts';
import type { Detector } from './patient.ts';
import type { Story } from './story.ts';

const EEXIST = -17;
const ETIME = -62;
/** Pieces of local work that one entry of the kernel does (io_uring.c: IO_LOCAL_TW_DEFAULT_MAX). */
const LOCAL_WORK = 20;

/** Steps that make the completions of deferred work. */
export const RUNS_WORK = ['get_events', 'wait', 'submit_wait', 'enter', 'await', 'peer.soak', 'peek'];

export const deferred = (s: Story, ring: number): boolean =>
  stepsOf(s, 'ring.init').some((m) => number(m.step, 'ring') === ring && (number(m.step, 'flags') & IORING_SETUP_DEFER_TASKRUN) !== 0);

export const wrongTask: Detector = (p) =>
  (p.story ? stepsOf(p.story, 'enter', 'submit', 'get_events', 'wait', 'submit_wait') : []).filter((m) => m.ret === EEXIST)
    .map((m): Symptom => ({
      name: 'wrong-task', evidence: [{ step: m.i, text: `${m.step.step} by thread ${number(m.step, 'thread')} returned -EEXIST` }],
    }));

/** A look into the queue found nothing, and the next entry of the kernel made completions of what was there. */
export const workShelved: Detector = (p) => {
  const { story } = p;
  if (!story) return [];
  const moves = story.moves.filter((m) => m.kind === 'step');
  return moves.flatMap((m, k): Symptom[] => {
    if (m.step.step !== 'drain' || m.ret !== 0 || !deferred(story, number(m.step, 'ring'))) return [];
    const sent = moves.slice(0, k).findLastIndex((x) => x.step.step === 'peer.send' || x.step.step === 'peer.shutdown');
    const ran = moves.slice(0, k).findLastIndex((x) => RUNS_WORK.includes(x.step.step));
    const next = moves.slice(k + 1).find((x) => !['drain', 'rings', 'peek', 'note'].includes(x.step.step));
    const then = moves.slice(k + 1).filter((x) => x.step.step === 'drain').find((x) => (x.ret ?? 0) > 0);
    if (sent < 0 || ran > sent || next?.step.step !== 'get_events' || !then) return [];
    return [{ name: 'work-shelved', evidence: [evidence({ step: m.i }, `nothing to be seen; after get_events (step ${next.i}) there`
      + ` were ${then.ret}`)] }];
  });
};

export const cqTurn: Detector = (p) => {
  const drains = p.story ? stepsOf(p.story, 'drain') : [];
  const first = drains.findIndex((m) => m.ret === LOCAL_WORK);
  const more = first < 0 ? undefined : drains[first + 1];
  const between = p.story?.moves.some((m) => m.kind === 'sqe' && m.i > (drains[first]?.i ?? 0) && m.i < (more?.i ?? 0)) ?? true;
  if (!more?.ret || between) return [];
  return [{ name: 'cq-turn', evidence: [{ step: drains[first]?.i ?? 0, text: `${LOCAL_WORK} completions, and ${more.ret} more after the`
    + ` next entry` }] }];
};

export const waitTimed: Detector = (p) =>
  (p.story ? stepsOf(p.story, 'wait', 'submit_wait', 'enter') : []).flatMap((m): Symptom[] => {
    if (m.ret === ETIME) return [{ name: 'wait-timed', evidence: [{ step: m.i, text: `${m.step.step} for ${number(m.step, 'nr')}`
      + ` returned -ETIME` }] }];
    return [];
  });
