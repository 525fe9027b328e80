/** The way back: the refill ring, and how long buffers are kept. */
import { countText, durationText } from '../numbers_text.ts';
import { TAKE_MALFORMED, TAKE_NOT_LENT } from './chart.ts';
import { atText, type Symptom } from './finding.ts';
import type { Detector, HostView } from './patient.ts';

const NO_DESC = 'SIM_NIC_NO_DESC';
/** A buffer that was kept for this long was kept by the application, and not by the way back. */
const LONG_NS = 50_000;
const pow2 = (n: number) => 2 ** Math.ceil(Math.log2(Math.max(n, 1)));

/** Entries of the refill ring, where the scenario is known: as asked for, or one a buffer. */
function rqEntries(h: HostView): number {
  if (!h.setup) return Number.POSITIVE_INFINITY;
  const v = h.setup.values;
  return v['refill.rq_entries'] || Math.min(32768, Math.max(8, pow2(v['refill.area_bytes'] / v['refill.rx_buf_len'])));
}

function takes(h: HostView, result: number, name: string, what: string): Symptom[] {
  const n = h.chart.takes[result] ?? 0;
  const time_ns = h.chart.first_take[result] ?? 0;
  return n === 0 ? [] : [{ name, evidence: [{ time_ns, text: `${countText(n, 'refill entry', 'refill entries')} ${what}, the first at`
    + ` ${atText({ time_ns })}` }] }];
}

export const refillRefused: Detector = (p) => p.hosts.flatMap((h) => [
  ...takes(h, TAKE_MALFORMED, 'refill-malformed', 'named no buffer and were skipped'),
  ...takes(h, TAKE_NOT_LENT, 'refill-not-lent', 'were refused: the buffer was not on loan so often'),
]);

export const refillOverfilled: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const { unread_max, unread_max_ns } = h.chart;
    const entries = rqEntries(h);
    if (unread_max <= entries || p.story) return [];
    const text = `${unread_max} entries were written and not read at ${atText({ time_ns: unread_max_ns })}, and the ring has ${entries}`;
    return [{ name: 'refill-overfilled', evidence: [{ time_ns: unread_max_ns, text }] }];
  });

/** Nobody reads the ring: entries were written, none was ever taken, and the area ran out. */
export const refillUnread: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const { pushes, first_push_ns } = h.chart;
    const starved = [...h.chart.lives.all].filter((l) => l.op === 'RECV_ZC' && l.ended?.res === -12);
    const [first] = starved;
    if (pushes === 0 || !first?.ended) return [];
    const read = h.chart.takes.reduce((a, b) => a + b, 0);
    const text = `${countText(pushes, 'entry', 'entries')} were written from ${atText({ time_ns: first_push_ns })} on and ${read} read`
      + ` when RECV_ZC ended with -ENOMEM at ${atText(first.ended)}${starved.length > 1 ? `; ${starved.length} times in all` : ''}`;
    return [{ name: 'refill-unread', evidence: [{ ...first.ended, text }] }];
  });

function loans(h: HostView): Symptom[] {
  const c = h.chart;
  const starved = (c.drops.get(NO_DESC)?.count ?? 0) > 0 && c.pool_empty.count > 0;
  if (!starved) return [];
  const out = [...c.out.values()].flat();
  const time_ns = c.pool_empty.first_ns;
  const empty = `the pool was empty ${countText(c.pool_empty.count, 'time')}, first at ${atText({ time_ns })}`;
  const batch = h.setup?.values['refill.give_back'] === 1 ? h.setup.values['refill.batch'] : 1;
  if (out.length > 0 && out.length < batch) {
    const text = `${countText(out.length, 'buffer')} are on loan, and the application collects ${batch} before it gives any back`;
    return [{ name: 'loans-deadlock', evidence: [{ time_ns: Math.min(...out), text }, { time_ns, text: empty }] }];
  }
  if (c.pushes === 0 && c.lent > 0)
    return [{ name: 'never-returned', evidence: [{ time_ns, text: `${countText(c.lent, 'buffer')} were lent and none was given back;`
      + ` ${empty}` }] }];
  const held = c.returned > 0 ? c.held_sum_ns / c.returned : 0;
  if (held < LONG_NS) return [];
  const text = `buffers were kept for ${durationText(Math.round(held))} on average and ${durationText(c.held_max_ns)} at most; ${empty}`;
  return [{ name: 'loans-long', evidence: [{ time_ns, text }] }];
}

export const loansKept: Detector = (p) => p.hosts.flatMap(loans);
