/** Zero-copy sends: what their two completions say, and what is made of them. */
import { evidence, linked, number, sendsZc, skips } from './asking.ts';
import { resText } from './cqe_text.ts';
import { atText, type Symptom } from './finding.ts';
import { F_MORE, hasMore, type Life } from './life.ts';
import type { Detector } from './patient.ts';

const EINVAL = -22;
const ENOMEM = -12;
const ENOBUFS = -105;
const ETIME = -62;
const COPIED = 0x80000000;
/** Fewer are no habit. */
const MANY = 3;
const SMALL_MANY = 8;
const SMALL = 4096;

const zc = (lives: readonly Life[]): Life[] => lives.filter(sendsZc);
const when = (x: { step?: number | undefined; line?: number | undefined; time_ns?: number | undefined } | undefined): number =>
  x?.step ?? x?.line ?? x?.time_ns ?? Number.POSITIVE_INFINITY;

export const sendSerialised: Detector = (p) => {
  const own = zc(p.lives);
  const after = own.filter((l, i) => i > 0 && when(l.begun) >= when(own[i - 1]?.notified));
  if (own.length < MANY || after.length < own.length - 1) return [];
  const [first] = own;
  const text = `${own.length} zero-copy sends, each submitted after the notification of the one before`;
  return first ? [{ name: 'send-serialised', evidence: [evidence(first.begun, text)] }] : [];
};

export const sendSmall: Detector = (p) => {
  const { story } = p;
  const small = story ? zc(p.lives).filter((l) => number(story.entry.get(l), 'len') < SMALL && number(story.entry.get(l), 'len') > 0) : [];
  const [first] = small;
  if (!first || small.length < SMALL_MANY) return [];
  return [{ name: 'send-small', evidence: [evidence(first.begun, `${small.length} zero-copy sends of less than ${SMALL} bytes, from`
    + ` ${atText(first.begun)} on`)] }];
};

export const sendSkip: Detector = (p) =>
  zc(p.lives).filter((l) => p.story && skips(p.story, l) && l.ended?.res === EINVAL).map((l): Symptom => ({
    name: 'send-skip', evidence: [evidence(l.ended ?? l.begun, `${l.op} ${l.user_data} has IOSQE_CQE_SKIP_SUCCESS: -EINVAL`)],
  }));

export const sendCopied: Detector = (p) =>
  p.lives.filter((l) => l.notified !== undefined && l.notified.res >>> 0 === COPIED).map((l): Symptom => ({
    name: 'send-copied', evidence: [evidence(l.notified ?? l.begun, `the notification of ${l.op || 'request'} ${l.user_data} has bit 31`
      + ` set: ${l.notified?.res}`)],
  }));

export const sendTwoCompletions: Detector = (p) =>
  p.lives.filter((l) => l.notified !== undefined && l.first !== undefined && l.first.res < 0 && hasMore(l.first)).map((l): Symptom => ({
    name: 'send-two-completions',
    evidence: [evidence(l.first ?? l.begun, `${l.op || 'request'} ${l.user_data} failed with ${resText(l.first?.res ?? 0)} and F_MORE,`
      + ` and its notification came`)],
  }));

export const sendUserDataShared: Detector = (p) => {
  const own = zc(p.lives);
  const shared = own.filter((l, i) => own.slice(0, i).some((b) => b.owner === l.owner && b.user_data === l.user_data
    && when(b.notified) > when(l.begun)));
  const [first] = shared;
  return first ? [{ name: 'send-user-data-shared', evidence: [evidence(first.begun, `user_data ${first.user_data} is that of another`
    + ` send whose notification has not come`)] }] : [];
};

/** A time-out ended a send whose bytes are still referenced. */
export const sendBufferReused: Detector = (p) => {
  const { story } = p;
  return story ? linked(story).filter(([op, timer]) => sendsZc(op) && timer.op === 'LINK_TIMEOUT' && timer.ended?.res === ETIME
    && op.first !== undefined && (op.first.flags & F_MORE) !== 0 && op.notified === undefined).map(([op]): Symptom => ({
    name: 'send-buffer-reused',
    evidence: [evidence(op.first ?? op.begun, `${op.op} ${op.user_data} ended with ${resText(op.first?.res ?? 0)} when its timer fired,`
      + ` and no notification has come`)],
  })) : [];
};

export const sendMemlock: Detector = (p) =>
  zc(p.lives).filter((l) => l.first?.res === ENOMEM || l.first?.res === ENOBUFS).map((l): Symptom => ({
    name: 'send-memlock', evidence: [evidence(l.first ?? l.begun, `${l.op} ${l.user_data} failed with ${resText(l.first?.res ?? 0)}`)],
  }));
