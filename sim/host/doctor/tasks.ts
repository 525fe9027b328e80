/** Task work, waits and threads. */
import { IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SQPOLL } from '../../../uring-model/8-app/uapi.gen.ts';
import { bytesText, countText, durationText } from '../numbers_text.ts';
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

const hasFlag = (flag: number) => (s: Story, ring: number): boolean =>
  stepsOf(s, 'ring.init').some((m) => number(m.step, 'ring') === ring && (number(m.step, 'flags') & flag) !== 0);
export const deferred = hasFlag(IORING_SETUP_DEFER_TASKRUN);
const polled = hasFlag(IORING_SETUP_SQPOLL);

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

/** Fewer are no habit. */
const SINGLES = 100;

/** A stream that is received by one request after the other, each of which waits for its socket. */
export const recvOneAtATime: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const { count, waited, bytes, first_ns } = h.chart.singles;
    const receive = h.setup?.values['app.receive'];
    if (count < SINGLES || waited < count / 2 || (h.setup && receive !== RECEIVE_RECV)) return [];
    const text = `${countText(count, 'receive')} of the ${h.name} had one completion each, of ${bytesText(Math.round(bytes / count))} on`
      + ` average, and ${waited} of them armed a poll before; this one was the first`;
    const sets = h.setup ? { sets: [`${h.name}.app.receive=multishot`] } : {};
    return [{ name: 'recv-one-at-a-time', evidence: [{ time_ns: first_ns, text }], ...sets }];
  });
/** app.receive: recv */
const RECEIVE_RECV = 1;

/** So long, and so much longer than the core worked. */
const SPIN_NS = 100_000_000;
const SPIN_TIMES = 20;

/** The thread of a submission queue that looks and finds nothing. */
export const sqThreadSpins: Detector = (p) => {
  const { story, run } = p;
  const init = story && stepsOf(story, 'ring.init').find((m) => polled(story, number(m.step, 'ring')) && m.ret === 0);
  const server = p.hosts.find((h) => h.name === 'server');
  if (!init || !run || !server?.setup) return [];
  const mhz = server.setup.values['cpu.mhz'];
  return run.server.cores.flatMap((core, c): Symptom[] => {
    const spun = core.other ?? 0;
    const worked = Object.values(core).reduce((a, b) => a + b, 0) - spun;
    const spun_ns = Math.round((spun * 1000) / mhz);
    if (spun_ns < SPIN_NS || spun < worked * SPIN_TIMES) return [];
    const text = `core ${c} spun for ${durationText(spun_ns)} of ${durationText(run.virtualTimeNs)} and worked for`
      + ` ${durationText(Math.round((worked * 1000) / mhz))}`;
    return [{ name: 'sq-thread-spins', evidence: [{ step: init.i, text }] }];
  });
};

/** So many in a row are a loop. */
const LOOP = 16;

/** Completions are taken one by one, and what is submitted meanwhile completes before the queue is empty. */
export const reapEndless: Detector = (p) => {
  const { story } = p;
  if (!story) return [];
  let row = 0;
  let begun = 0;
  let filled = true;
  return story.moves.flatMap((m): Symptom[] => {
    if (m.kind === 'sqe') filled = true;
    if (m.kind !== 'step' || m.step.step !== 'drain') return [];
    const goes_on = m.ret !== undefined && m.ret > 0 && m.ret === m.step.max && filled && polled(story, number(m.step, 'ring'));
    row = goes_on ? row + 1 : 0;
    if (row === 1) begun = m.i;
    filled = false;
    return row === LOOP ? [{ name: 'reap-endless', evidence: [{ step: begun, text: `from here on ${LOOP} looks in a row found a completion,`
      + ' and a request was submitted between each two' }] }] : [];
  });
};
