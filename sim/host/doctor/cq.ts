/** The completion queue: too small for what comes between two reapings. */
import { type Evidence, type Symptom, atText } from './finding.ts';
import { countText } from '../numbers_text.ts';
import { evidence } from './asking.ts';
import { F_SKIP } from './life.ts';
import type { Detector, HostView, Patient } from './patient.ts';
import { sizesOf } from './sizes.ts';

const ENOSPC = -28;

/** A program of steps sizes its rings itself: no knob would change them. */
function remedyOf(p: Patient, h: HostView | undefined): { remedy: string } | Record<never, never> {
  const need = h && !p.story && sizesOf(h)?.('cq');
  const now = h?.setup?.values['ring.cq_entries'];
  if (!need || !now) return {};
  return { remedy: `arm again after each completion without F_MORE, and give the queue ${Math.max(need, now * 2)} entries`
    + ` (ring.cq_entries, now ${now}); ringlab size derives it.` };
}

/** RECV_ZC that ended because there was no entry. */
export const cqFull: Detector = (p) => {
  const own = p.lives.filter((l) => l.ended?.res === ENOSPC && (l.op === 'RECV_ZC' || (l.op === '' && l.count > 1)));
  const [first] = own;
  if (!first?.ended) return [];
  const host = p.hosts.find((h) => h.name === first.owner);
  const shown: Evidence[] = [{
    ...first.ended,
    text: `${first.op || `request ${first.user_data}`} ended with -ENOSPC after ${countText(first.count - 1, 'completion')}`
      + `${own.length > 1 ? `; ${own.length} times in all` : ''}`,
  }];
  if (host?.setup && !p.story) shown.push({ text: `the queue has ${host.setup.values['ring.cq_entries']} entries; at most`
    + ` ${host.chart.burst}`
    + ` completions came between two turns of the application` });
  return [{ name: 'cq-full', evidence: shown, ...remedyOf(p, host) }];
};

/** Completions that went to the list, other than the last one of a RECV_ZC that found the queue full. */
export const cqOverflow: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const { count, first_ns, ring } = h.chart.overflows;
    const of_zc = [...h.chart.lives.all].filter((l) => l.overflowed && l.ended?.res === ENOSPC).length;
    if (count === 0 || count <= of_zc) return [];
    const text = `${countText(count, 'completion')} of the ${h.name} went to the overflow list of ring ${ring}, the first at`
      + ` ${atText({ time_ns: first_ns })}`;
    return [{ name: 'cq-overflow', evidence: [{ time_ns: first_ns, text }], ...remedyOf(p, h) }];
  });

export const cqHeadPastTail: Detector = (p) =>
  (p.story?.moves ?? []).flatMap((m): Symptom[] => {
    if (m.kind !== 'line' || m.line.e !== 'rings') return [];
    const { head = 0, tail = 0 } = m.line.cq as { head?: number; tail?: number };
    const past = (head - tail) | 0;
    return past > 0 ? [{ name: 'cq-head-past-tail', evidence: [{ step: m.i, text: `the head is ${head} and the tail ${tail}` }] }] : [];
  });

export const cqSkipped: Detector = (p) =>
  (p.story?.moves ?? []).flatMap((m): Symptom[] =>
    (m.kind === 'cqe' && (m.cqe.flags & F_SKIP) !== 0
      ? [{ name: 'cq-skipped', evidence: [evidence(m.cqe, 'an entry with F_SKIP before the end of the queue')] }] : []));
