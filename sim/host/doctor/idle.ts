/** Why is this connection idle? Every connection on which nothing moves gets one verdict: who holds it up. */
import { countText } from '../numbers_text.ts';
import { flagsText, resText } from './errno.ts';
import { atText, type Symptom } from './finding.ts';
import { type Cqe, F_BUFFER, type Life } from './life.ts';
import type { Detector, Patient, Quiet } from './patient.ts';

const ENOMEM = -12;
const ENOSPC = -28;
const ENOBUFS = -105;
const NO_DESC = 'SIM_NIC_NO_DESC';
/** Errors after which a receive can go on. */
const PASSING = [ENOMEM, ENOSPC, ENOBUFS, -11, -4];

const waiting = (q: Quiet): string =>
  (q.pending > 0 ? `${countText(q.pending, 'byte')} wait in its receive queue` : 'nothing waits in its receive queue');

function say(name: string, q: Quiet, text: string): Symptom {
  return { name, evidence: [{ ...q.at, text: `${q.label}: nothing moves since ${atText(q.at)}; ${text}` }] };
}

const lastText = (c: Cqe) => `res ${resText(c.res)}, ${flagsText(c.flags)}`;

const BUNDLE = 16;
const isBundle = (p: Patient, life: Life): boolean => (Number(p.story?.entry.get(life)?.ioprio ?? 0) & BUNDLE) !== 0;

/** Buffers came back to the group after its request had ended. */
function buffersBack(p: Patient, life: Life): boolean {
  const group = p.story?.entry.get(life)?.bgid;
  const since = life.ended?.step ?? 0;
  return p.story?.moves.some((m) => m.kind === 'step' && m.step.step === 'pbuf.add' && m.i > since && m.step.bgid === group) ?? false;
}

/** The request ended and was not armed again. */
function ended(p: Patient, q: Quiet): Symptom[] {
  const life = q.ended;
  const last = life?.ended;
  if (!life || !last || (last.res <= 0 && !PASSING.includes(last.res))) return [];
  // Between a completion and the next request of an application that asks for one at a time, nothing is wrong.
  if (last.res > 0 && life.count === 1 && life.overflowed === undefined && !p.story) return [];
  const tail = `${life.op} ended at ${atText(last)} (${lastText(last)}) and was not armed again; ${waiting(q)}`;
  if (last.res === ENOSPC) return [say('idle-cq-full', q, tail)];
  if (last.res === ENOMEM) return [say('idle-area-empty', q, tail)];
  if (last.res === ENOBUFS) return [say(buffersBack(p, life) ? 'idle-not-rearmed' : 'idle-group-empty', q, tail)];
  if (life.overflowed) return [say('idle-overflow', q, `${tail}; its completion went to the overflow list`)];
  if (isBundle(p, life) && (last.flags & F_BUFFER) !== 0) return [say('idle-bundle-ended', q, tail)];
  return q.pending > 0 ? [say('idle-not-rearmed', q, tail)] : [];
}

/** The request waits, and what it waits for cannot come. */
function armed(p: Patient, q: Quiet): Symptom[] {
  const h = p.hosts.find((x) => x.host === q.host);
  const drops = h?.chart.drops.get(NO_DESC);
  if (!h || !drops || drops.last_ns < (q.at.time_ns ?? 0)) return [];
  const text = `its receive is armed and its window is open; the NIC dropped ${countText(drops.count, 'frame')} for want of a buffer,`
    + ` the last at ${atText({ time_ns: drops.last_ns })}, while ${countText(h.chart.out.size, 'buffer')} were on loan`;
  return [say('idle-area-exhausted', q, text)];
}

function verdict(p: Patient, q: Quiet): Symptom[] {
  if (q.window === 0 && q.pending > 0 && !q.ended?.ended) {
    const who = q.armed.length > 0 ? 'its receive is armed' : 'no receive is armed';
    return [say('idle-window-zero', q, `${waiting(q)}, ${who}, and the window that it offers is 0`)];
  }
  return q.armed.length > 0 ? armed(p, q) : ended(p, q);
}

export const idle: Detector = (p) => p.quiet.flatMap((q) => verdict(p, q));
