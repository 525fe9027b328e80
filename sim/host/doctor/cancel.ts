/** Cancelling, closing, links and order. */
import { IORING_ASYNC_CANCEL_FD } from '../../../uring-model/8-app/uapi.gen.ts';
import { aliveAt, batches, chained, evidence, isFixed, linked, links, memoryOf, number, receives, stepsOf, waitsForAll } from './asking.ts';
import { countText } from '../numbers_text.ts';
import { resText } from './cqe_text.ts';
import type { At, Symptom } from './finding.ts';
import type { Life } from './life.ts';
import type { Detector, Patient } from './patient.ts';
import type { Story } from './story.ts';

const ENOENT = -2;
const ETIME = -62;
const EALREADY = -114;
const ECANCELED = -125;

const ofStory = (ask: (s: Story, p: Patient) => readonly Symptom[]): Detector => (p) => (p.story ? ask(p.story, p) : []);
const said = (name: string, at: At, text: string): Symptom => ({ name, evidence: [evidence(at, text)] });
const named = (l: Life) => `${l.op} ${l.user_data}`;
/** `buf`, `buf+64` */
const placeOf = (s: Story, l: Life): string => String(s.entry.get(l)?.addr);
const stepOf = (at: At | undefined): number => at?.step ?? Number.POSITIVE_INFINITY;

/** Where descriptors were closed: by the program itself, or by a request. */
function closes(s: Story): { fd: string; slot: number; i: number }[] {
  const own = stepsOf(s, 'peer.close').filter((m) => m.step.rst !== true)
    .map((m) => ({ fd: s.fileAt(String(m.step.fd), m.i), slot: 0, i: m.i }));
  const asked = s.lives.filter((l) => l.op === 'CLOSE').map((l) => ({
    fd: l.sock, slot: number(s.entry.get(l), 'file_index'), i: l.begun.step ?? 0,
  }));
  return [...own, ...asked];
}

const armedOn = (s: Story, fd: string, i: number): Life[] => s.lives.filter((l) => l.sock === fd && l.op !== 'CLOSE' && aliveAt(l, i));

export const closedWhileArmed = ofStory((s) => closes(s).filter((c) => c.slot === 0).flatMap(({ fd, i }): Symptom[] => {
  // A registered file has a number of its own.
  const held = armedOn(s, fd, i).filter((l) => !isFixed(s, l));
  return held.length === 0 ? [] : [said('closed-while-armed', { step: i }, `${fd} was closed while ${held.map(named).join(', ')} held it`)];
}));

export const idleClosedArmed = ofStory((s) => closes(s).filter((c) => c.slot === 0).flatMap(({ fd, i }): Symptom[] => {
  const held = armedOn(s, fd, i).filter((l) => !isFixed(s, l) && l.ended === undefined && l.gone === undefined);
  return held.length === 0 ? []
    : [said('idle-closed-armed', { step: i }, `${fd} was closed, ${held.map(named).join(', ')} still holds it at the end, and its peer`
      + ` has no FIN`)];
}));

export const slotFreed = ofStory((s) => closes(s).filter((c) => c.slot > 0).flatMap(({ slot, i }): Symptom[] => {
  const held = s.lives.filter((l) => isFixed(s, l) && l.sock === String(slot - 1) && aliveAt(l, i));
  return held.length === 0 ? [] : [said('slot-freed-file-alive', { step: i }, `slot ${slot - 1} was freed while`
    + ` ${held.map(named).join(', ')} held its file`)];
}));

const cancels = (s: Story): Life[] => s.lives.filter((l) => l.op === 'ASYNC_CANCEL');
const byUserData = (s: Story, l: Life): boolean => (number(s.entry.get(l), 'cancel_flags') & IORING_ASYNC_CANCEL_FD) === 0;

export const cancelMissed = ofStory((s) =>
  cancels(s).filter((l) => l.ended?.res === ENOENT || l.ended?.res === EALREADY).map((l) =>
    said('cancel-missed', l.ended ?? l.begun, `the cancellation of user_data ${number(s.entry.get(l), 'addr')} returned`
      + ` ${resText(l.ended?.res ?? 0)}`)));

export const cancelAmbiguous = ofStory((s) => cancels(s).filter((l) => byUserData(s, l)).flatMap((l): Symptom[] => {
  const key = String(number(s.entry.get(l), 'addr'));
  const own = s.lives.filter((x) => x.user_data === key && aliveAt(x, l.begun.step ?? 0));
  return own.length < 2 ? [] : [said('cancel-ambiguous', l.begun, `user_data ${key} is that of ${own.length} requests in flight`)];
}));

export const cancelledWithData = ofStory((s) => cancels(s).filter((l) => byUserData(s, l)).flatMap((l): Symptom[] => {
  const key = String(number(s.entry.get(l), 'addr'));
  return s.lives.filter((x) => x.user_data === key && receives(x) && aliveAt(x, l.begun.step ?? 0) && (x.last?.res ?? 0) > 0).map((x) =>
    said('cancelled-with-data', x.last ?? x.begun, `${named(x)} was to be cancelled in step ${l.begun.step} and completed with`
      + ` ${countText(x.last?.res ?? 0, 'byte')}`));
}));

/** Requests that write to the same memory: the later one, and the one before it that has not completed. */
function sharers(s: Story): [Life, Life][] {
  const own = s.lives.filter((l) => (l.op === 'RECV' || l.op === 'READ') && memoryOf(s, l) !== undefined);
  return own.flatMap((l, i): [Life, Life][] => {
    const m = memoryOf(s, l);
    const before = own.slice(0, i).find((b) => {
      const o = memoryOf(s, b);
      const overlap = o && m && o.base === m.base && o.at < m.at + m.len && m.at < o.at + o.len;
      return overlap && stepOf(b.ended ?? b.gone) > stepOf(l.begun) && !chained(s, b, l);
    });
    return before ? [[l, before]] : [];
  });
}

/** The cancellation of a request that was submitted before another, or with it. */
const cancelBefore = (s: Story, target: Life, l: Life): Life | undefined =>
  cancels(s).find((c) => byUserData(s, c) && String(number(s.entry.get(c), 'addr')) === target.user_data
    && stepOf(c.begun) > stepOf(target.begun) && stepOf(c.begun) <= stepOf(l.begun));

export const freedEarly = ofStory((s) => sharers(s).flatMap(([l, before]): Symptom[] => {
  const cancel = cancelBefore(s, before, l);
  return cancel ? [said('freed-early', l.begun, `${named(l)} writes to ${placeOf(s, l)}; the cancellation of ${named(before)}, which does`
    + ` so too, was submitted in step ${cancel.begun.step}, and it had not completed`)] : [];
}));

export const bufferShared = ofStory((s) => sharers(s).filter(([l, before]) => !cancelBefore(s, before, l)).map(([l, before]) =>
  said('buffer-shared', l.begun, `${named(l)} writes to ${placeOf(s, l)}, and ${named(before)} too: submitted in step ${before.begun.step},`
    + ' and it had not completed')));

export const timerBrokeLink = ofStory((s) => linked(s).flatMap(([timer, next]): Symptom[] =>
  (timer.op === 'TIMEOUT' && timer.ended?.res === ETIME && next.ended?.res === ECANCELED
    ? [said('timer-broke-link', timer.ended, `${named(timer)} ended with -ETIME, and ${named(next)} behind it with -ECANCELED`)] : [])));

export const linkTimeout = ofStory((s) => linked(s).flatMap(([op, timer]): Symptom[] => {
  if (timer.op !== 'LINK_TIMEOUT' || timer.ended?.res !== ETIME || !op.ended) return [];
  const name = op.ended.res > 0 ? 'link-timeout-partial' : 'link-timeout-fired';
  return [said(name, op.ended, `${named(op)} ended with ${resText(op.ended.res)}, its timer with -ETIME`)];
}));

export const shortRecvInLink = ofStory((s) => linked(s).flatMap(([op, next]): Symptom[] => {
  const len = number(s.entry.get(op), 'len');
  const res = op.ended?.res ?? 0;
  const short = receives(op) && res > 0 && res < len && !waitsForAll(s, op);
  if (!short || next.op === 'LINK_TIMEOUT' || next.ended?.res === ECANCELED) return [];
  return [said('short-recv-in-link', op.ended ?? op.begun, `${named(op)} got ${res} of ${len} bytes, and ${named(next)} behind it ran`)];
}));

export const sendsUnordered = ofStory((s) => {
  const own = s.lives.filter((l) => l.op.startsWith('SEND'));
  return own.flatMap((l, i): Symptom[] => {
    const before = own.slice(0, i).find((b) => b.sock === l.sock && b.armed !== undefined && !links(s, b)
      && stepOf(b.ended) > stepOf(l.begun));
    return before ? [said('sends-unordered', l.begun, `${named(l)} was submitted while ${named(before)} waited for room on`
      + ` ${l.sock}`)] : [];
  });
});

export const linkCut = ofStory((s) => {
  const all = batches(s);
  return all.flatMap((b, i): Symptom[] => {
    const last = b.at(-1);
    const next = all.slice(i + 1).find((x) => x[0]?.owner === last?.owner)?.[0];
    if (!last || !next || !links(s, last)) return [];
    return [said('link-cut-by-submit', last.begun, `${named(last)} is linked to what comes next, and its submission ends;`
      + ` ${named(next)} is a chain of its own`)];
  });
});
