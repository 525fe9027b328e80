/** Why is this connection idle? Every connection on which nothing moves gets one verdict: who holds it up. */
import { IORING_SETUP_CQE_MIXED } from '../../../uring-model/8-app/uapi.gen.ts';
import { countText } from '../numbers_text.ts';
import { flagsText, resText } from './cqe_text.ts';
import { atText, type Symptom } from './finding.ts';
import { type Cqe, F_BUFFER, type Life } from './life.ts';
import { isBundle, isMultishot, number, stepsOf } from './asking.ts';
import type { Detector, Patient, Quiet } from './patient.ts';
import type { Story } from './story.ts';
import { refillOverwritten } from './refill.ts';
import { deferred, RUNS_WORK } from './tasks.ts';

const ENOMEM = -12;
const ENOSPC = -28;
const ENOBUFS = -105;
const NO_DESC = 'SIM_NIC_NO_DESC';
/** Errors after which a receive can go on. */
const PASSING = [ENOMEM, ENOSPC, ENOBUFS, -11, -4];

const waiting = (q: Quiet): string =>
  (q.pending > 0 ? `${countText(q.pending, 'byte waits', 'bytes wait')} in its receive queue` : 'nothing waits in its receive queue');

function say(name: string, q: Quiet, text: string): Symptom {
  return { name, evidence: [{ ...q.at, text: `${q.label}: nothing moves any more; ${text}` }] };
}

const lastText = (c: Cqe) => `res ${resText(c.res)}, ${flagsText(c.flags)}`;

/** Buffers came back to the group after its request had ended. */
function buffersBack(p: Patient, life: Life): boolean {
  const group = p.story?.entry.get(life)?.bgid;
  const since = life.ended?.step ?? 0;
  return p.story?.moves.some((m) => m.kind === 'step' && m.step.step === 'pbuf.add' && m.i > since && m.step.bgid === group) ?? false;
}

/** Its completion went to the overflow list, or could not be posted because others waited there. */
const overflowed = (p: Patient, life: Life): boolean =>
  life.overflowed !== undefined || ((life.ended?.res ?? 0) > 0 && p.hosts.some((h) => h.chart.overflows.count > 0));

/** The request ended and was not armed again. */
function ended(p: Patient, q: Quiet): Symptom[] {
  const life = q.ended;
  const last = life?.ended;
  if (!life || !last || (last.res <= 0 && !PASSING.includes(last.res))) return [];
  // Between a completion and the next request of an application that asks for one at a time, nothing is wrong.
  if (last.res > 0 && life.overflowed === undefined && (p.story ? !isMultishot(p.story, life) : life.count === 1)) return [];
  const tail = `${life.op} ended at ${atText(last)} (${lastText(last)}) and was not armed again; ${waiting(q)}`;
  if (last.res === ENOSPC) return [say('idle-cq-full', q, tail)];
  if (last.res === ENOMEM) {
    const lost = { remedy: 'buffers whose refill entries were overwritten stay on loan as long as the instance lives: make it anew, and'
      + ' never write more entries than the refill ring has room for.' };
    return [{ ...say('idle-area-empty', q, tail), ...(refillOverwritten(p).length > 0 ? lost : {}) }];
  }
  if (last.res === ENOBUFS) return [say(buffersBack(p, life) ? 'idle-not-rearmed' : 'idle-group-empty', q, tail)];
  if (overflowed(p, life)) return [say('idle-overflow', q, `${tail}; the completion queue had overflowed`)];
  if (p.story && isBundle(p.story, life) && (last.flags & F_BUFFER) !== 0) return [say('idle-bundle-ended', q, tail)];
  return q.pending > 0 ? [say('idle-not-rearmed', q, tail)] : [];
}

/** The request waits, and what it waits for cannot come. */
function armed(p: Patient, q: Quiet): Symptom[] {
  const h = p.hosts.find((x) => x.host === q.host);
  const drops = h?.chart.drops.get(NO_DESC);
  if (!h || !drops || drops.last_ns < (q.at.time_ns ?? 0)) return [];
  const text = `its receive is armed and its window is open; the NIC dropped ${countText(drops.count, 'frame')} for want of a buffer,`
    + ` the last at ${atText({ time_ns: drops.last_ns })}, with ${countText(h.chart.out.size, 'buffer')} on loan`;
  return [say('idle-area-exhausted', q, text)];
}

/** The request is armed, bytes wait, and nobody entered the kernel for events since they came. */
function shelved(s: Story, q: Quiet): Symptom[] {
  const sent = s.moves.findLastIndex((m) => m.kind === 'step' && m.step.step === 'peer.send');
  const ran = s.moves.findLastIndex((m) => m.kind === 'step' && RUNS_WORK.includes(m.step.step));
  const ring = number(s.entry.get(q.armed[0] as Life), 'ring');
  if (q.pending === 0) return [];
  const init = stepsOf(s, 'ring.init').find((m) => number(m.step, 'ring') === ring);
  const mixed = (number(init?.step, 'flags') & IORING_SETUP_CQE_MIXED) !== 0;
  const counted = stepsOf(s, 'advance').find((m) => number(m.step, 'ring') === ring);
  if (mixed && counted) {
    const text = `step ${counted.i} moved the head of a mixed queue by ${countText(number(counted.step, 'n'), 'entry', 'entries')}, unseen;`
      + ` ${waiting(q)}, or in the queue`;
    return [say('idle-cq-filler', q, text)];
  }
  if (ran > sent || !deferred(s, ring)) return [];
  return [say('idle-work-not-run', q, `${q.armed[0]?.op} is armed, ${waiting(q)}, and nobody has entered the kernel for events since`)];
}

/** Its last completion is there, and on the overflow list: nobody took it in. */
function unseen(q: Quiet): Symptom[] {
  const life = q.armed.find((l) => l.op === 'RECV_ZC' && l.overflowed !== undefined);
  return life ? [say('idle-cq-full', q, `${life.op} ${life.user_data} ended when the completion queue was full, and its last completion`
    + ` waits on the overflow list; ${waiting(q)}`)] : [];
}

function verdict(p: Patient, q: Quiet): Symptom[] {
  const hidden = unseen(q);
  if (hidden.length > 0) return hidden;
  const own = q.armed.length === 0 ? ended(p, q) : p.story ? shelved(p.story, q) : armed(p, q);
  if (own.length > 0 || q.window !== 0 || q.pending === 0) return own;
  const who = q.armed.length > 0 ? 'its receive is armed' : 'no receive is armed';
  return [say('idle-window-zero', q, `${waiting(q)}, ${who}, and the window that it offers is 0`)];
}

/** A multishot poll or accept that an overflow ended, and that nobody armed again. */
function doorbells(p: Patient): Symptom[] {
  return p.lives.filter((l) => l.overflowed !== undefined && l.ended !== undefined && ['POLL_ADD', 'ACCEPT'].includes(l.op))
    .filter((l) => !p.lives.some((x) => x !== l && x.op === l.op && x.sock === l.sock && (x.begun.step ?? 0) > (l.begun.step ?? 0)))
    .map((l) => {
      const text = `${l.op} ${l.user_data} on ${l.sock} ended (${lastText(l.ended as Cqe)}) when the completion queue overflowed, and`
        + ` was not armed again`;
      return { name: 'idle-overflow', evidence: [{ ...(l.ended?.step === undefined ? {} : { step: l.ended.step }), text }] };
    });
}

export const idle: Detector = (p) => [...p.quiet.flatMap((q) => verdict(p, q)), ...(p.story ? doorbells(p) : [])];
