/** Provided buffers: empty groups, bundles, incremental buffers, and whose a buffer is. */
import { countText } from '../numbers_text.ts';
import type { Step } from '../steps/program.ts';
import { cqesOf, evidence, isBundle, isMultishot, number, receives, selects, stepsOf, waitsForAll } from './asking.ts';
import { flagsText, resText } from './cqe_text.ts';
import type { Symptom } from './finding.ts';
import { bufferOf, type Cqe, F_BUF_MORE, F_BUFFER, type Life } from './life.ts';
import type { Detector, Patient } from './patient.ts';
import type { Story } from './story.ts';

const EFAULT = -14;
const EINVAL = -22;
const ECANCELED = -125;
const ENOBUFS = -105;

const ofStory = (ask: (s: Story, p: Patient) => readonly Symptom[]): Detector => (p) => (p.story ? ask(p.story, p) : []);
const one = (name: string, life: Life, text: string): Symptom => ({ name, evidence: [evidence(life.ended ?? life.begun, text)] });
const named = (l: Life) => `${l.op === '' ? 'request' : l.op} ${l.user_data}`;

export const groupEmpty: Detector = (p) =>
  p.lives.filter((l) => l.ended?.res === ENOBUFS && (receives(l) || l.op === '')).map((l) =>
    one('group-empty', l, `${named(l)} ended with -ENOBUFS after ${countText(l.count - 1, 'completion')} with data`));

export const bundleEnded = ofStory((s) =>
  s.lives.filter((l) => isBundle(s, l) && isMultishot(s, l) && (l.ended?.res ?? 0) > 0).map((l) =>
    one('bundle-ended', l, `${named(l)} ended with ${countText(l.ended?.res ?? 0, 'byte')} and ${flagsText(l.ended?.flags ?? 0)}`)));

/** Bytes of a buffer of the group that a request selects from. */
function bufferSize(s: Story, life: Life): number {
  const entry = s.entry.get(life);
  const before = (m: { i: number; step: Step }) => m.i < (life.begun.step ?? 0) && number(m.step, 'bgid') === number(entry, 'bgid');
  const reg = stepsOf(s, 'pbuf.reg').filter(before).at(-1);
  return reg ? number(reg.step, 'size') : 0;
}

/** Completions that say more than their buffer holds: buffers behind the first, or bytes that are gone. */
const larger = (name: string, bundle: boolean, what: string) => ofStory((s) =>
  s.lives.filter((l) => selects(s, l) && isBundle(s, l) === bundle).flatMap((l): Symptom[] => {
    const size = bufferSize(s, l);
    const big = cqesOf(s, l).find((c) => size > 0 && c.res > size && (c.flags & F_BUFFER) !== 0);
    return big ? [{ name, evidence: [evidence(big, `${named(l)}: ${countText(big.res, 'byte')} and buffer ${bufferOf(big)} of ${size};`
      + ` ${what}`)] }] : [];
  }));
export const bundleSpan = larger('bundle-span', true, 'the next ones of the ring have the rest');
export const datagramCut = larger('datagram-cut', false, 'what did not fit is gone');

/** Buffers of the groups of a program, as the kernel has them: in the order of the ring. */
class Groups {
  private readonly inside = new Map<string, number[]>();

  of(ring: number, bgid: number): number[] {
    const key = `${ring}:${bgid}`;
    const known = this.inside.get(key) ?? [];
    this.inside.set(key, known);
    return known;
  }
  /** A completion used a buffer, and a bundle those behind it. */
  use(s: Story, life: Life, cqe: Cqe): void {
    const entry = s.entry.get(life);
    const bid = bufferOf(cqe);
    if (bid === undefined || !entry || (cqe.flags & F_BUF_MORE) !== 0) return;
    const own = this.of(number(entry, 'ring'), number(entry, 'bgid'));
    const n = isBundle(s, life) ? Math.ceil(cqe.res / Math.max(1, bufferSize(s, life))) : 1;
    if (own.includes(bid)) own.splice(own.indexOf(bid), Math.max(1, n));
  }
}

/** Buffers that were put into the ring although they are there. */
export const bufferTwice = ofStory((s) => {
  const groups = new Groups();
  return s.moves.flatMap((m): Symptom[] => {
    if (m.kind === 'cqe') groups.use(s, m.life, m.cqe);
    if (m.kind !== 'step') return [];
    const own = groups.of(number(m.step, 'ring'), number(m.step, 'bgid'));
    if (m.step.step === 'pbuf.reg') own.splice(0, own.length, ...Array.from({ length: number(m.step, 'bufs') }, (_, bid) => bid));
    if (m.step.step !== 'pbuf.add') return [];
    const bid = number(m.step, 'bid');
    const twice = own.includes(bid);
    own.push(bid);
    const text = `buffer ${bid} was added, and the kernel had it already`;
    return twice ? [{ name: 'buffer-twice', evidence: [{ step: m.i, text }] }] : [];
  });
});

export const selectMissing = ofStory((s) =>
  s.lives.filter((l) => receives(l) && l.op !== 'RECV_ZC' && isMultishot(s, l) && l.ended?.res === EINVAL).flatMap((l) =>
    (!selects(s, l) || waitsForAll(s, l)
      ? [one('select-missing', l, `${named(l)} ${selects(s, l) ? 'has MSG_WAITALL' : 'selects no buffers'}: -EINVAL`)] : [])));

export const tailTooSmall = ofStory((s) =>
  s.lives.filter((l) => l.op === 'RECVMSG' && isMultishot(s, l) && l.ended?.res === EFAULT && l.count > 1).map((l) =>
    one('tail-too-small', l, `${named(l)} ended with -EFAULT after ${countText(l.count - 1, 'completion')} from incremental buffers of`
      + ` ${bufferSize(s, l)} bytes`)));

export const eofKeepsBuffer: Detector = (p) => {
  const { story } = p;
  return story ? story.lives.flatMap((l): Symptom[] => {
    const cqes = cqesOf(story, l);
    const before = cqes.at(-2);
    if (l.ended?.res !== 0 || !before || (before.flags & F_BUF_MORE) === 0 || (l.ended.flags & F_BUFFER) !== 0) return [];
    return [one('eof-keeps-buffer', l, `${named(l)} ended with 0 and ${flagsText(l.ended.flags)}; buffer ${bufferOf(before)} has bytes`
      + ` left`)];
  }) : [];
};

export const errorKeepsBuffer = ofStory((s) =>
  s.lives.filter((l) => selects(s, l) && (l.ended?.res ?? 0) < 0).flatMap((l): Symptom[] => {
    const { res, flags } = l.ended as NonNullable<Life['ended']>;
    if ([ENOBUFS, EINVAL, EFAULT, ECANCELED].includes(res) || (flags & F_BUFFER) !== 0) return [];
    return [one('error-keeps-buffer', l, `${named(l)} ended with ${resText(res)} and without F_BUFFER`)];
  }));
