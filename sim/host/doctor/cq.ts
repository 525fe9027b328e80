/** The completion queue: too small for what comes between two reapings. */
import type { Evidence, Symptom } from './finding.ts';
import { countText } from '../numbers_text.ts';
import { evidence, stepsOf } from './asking.ts';
import { F_SKIP, type Life } from './life.ts';
import type { Detector, HostView, Patient } from './patient.ts';
import { sizesOf } from './sizes.ts';

const ENOSPC = -28;
const CQ_ENTRIES_MAX = 65536;
const pow2 = (n: number) => 2 ** Math.ceil(Math.log2(Math.max(n, 1)));

type Remedy = { readonly remedy?: string; readonly sets?: readonly string[] };
const AGAIN = 'arm again after each completion without F_MORE';

/** A program of steps sizes its rings itself: so many completions more than fit went past the queue of one of them. */
function remedyOfProgram(p: Patient, over: number, lives: readonly Life[]): Remedy {
  const owner = lives[0]?.owner;
  const init = p.story && stepsOf(p.story, 'ring.init').findLast((m) => `ring ${m.step.ring}` === owner && m.ret === 0);
  const now = Number(init?.line?.cq ?? 0);
  if (!init || !(now > 0)) return {};
  const more = pow2(now + over);
  return { remedy: `${AGAIN}, reap more often, or give ${owner} more than its ${now} completion entries: ${more} would hold what came here`
    + ` (ring.init: cq).` };
}

/** No more completions can wait than the receive buffers admit, or the area has buffers for. */
function remedyOf(h: HostView | undefined): Remedy {
  const v = h?.setup?.values;
  const planned = h && sizesOf(h)?.('cq');
  if (!h || !v || !planned) return {};
  const socks = Math.max(1, h.chart.socks.size + h.chart.gone.length);
  const most = Math.min(socks * Math.max(v['socket.rmem_max'], v['socket.rcvbuf'] * 2), v['refill.area_bytes']) / v['refill.rx_buf_len'];
  const now = v['ring.cq_entries'];
  const need = Math.min(CQ_ENTRIES_MAX, Math.max(planned, pow2(most), now * 2));
  return {
    remedy: `${AGAIN}, and give the queue ${need} entries (ring.cq_entries, now ${now}): as many buffers as its sockets and the area hold.`,
    sets: [`${h.name}.ring.cq_entries=${need}`],
  };
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
  if (host?.setup && !p.story) shown.push({ text: `the queue has ${countText(host.setup.values['ring.cq_entries'], 'entry', 'entries')}` });
  return [{ name: 'cq-full', evidence: shown, ...(p.story ? remedyOfProgram(p, 1, own) : remedyOf(host)) }];
};

/** Completions that went to the list, other than the last one of a RECV_ZC that found the queue full. */
export const cqOverflow: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const { count, first_ns, ring } = h.chart.overflows;
    const of_zc = [...h.chart.lives.all].filter((l) => l.overflowed && l.ended?.res === ENOSPC).length;
    if (count === 0 || count <= of_zc) return [];
    const text = `${countText(count, 'completion')} of the ${h.name} went to the overflow list of ring ${ring}`
      + `${count > 1 ? ', this one first' : ''}`;
    const lives = p.lives.filter((l) => l.overflowed);
    const remedy = p.story ? remedyOfProgram(p, count, lives) : remedyOf(h);
    return [{ name: 'cq-overflow', evidence: [{ time_ns: first_ns, text }], ...remedy }];
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
