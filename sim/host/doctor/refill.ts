/** The way back: the refill ring, and how long buffers are kept. */
import { countText, durationText } from '../numbers_text.ts';
import { TAKE_MALFORMED, TAKE_NOT_LENT } from './chart.ts';
import { number, stepsOf } from './asking.ts';
import { resText } from './cqe_text.ts';
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
  const text = `${countText(n, 'refill entry', 'refill entries')} ${what}${n > 1 ? '; this one was the first' : ''}`;
  return n === 0 ? [] : [{ name, evidence: [{ time_ns, text }] }];
}

export const refillRefused: Detector = (p) => p.hosts.flatMap((h) => [
  ...takes(h, TAKE_MALFORMED, 'refill-malformed', 'skipped, since no buffer is named'),
  ...takes(h, TAKE_NOT_LENT, 'refill-not-lent', 'refused: the buffer was not on loan so often'),
]);

export const refillOverfilled: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const { unread_max, unread_max_ns } = h.chart;
    const entries = rqEntries(h);
    if (unread_max <= entries) return [];
    const text = `${unread_max} entries are written and not read, and the ring has ${entries}`;
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
    const text = `${countText(pushes, 'refill entry', 'refill entries')} written from ${atText({ time_ns: first_push_ns })} on, and`
      + ` ${read} read when RECV_ZC ended with -ENOMEM at ${atText(first.ended)}`
      + `${starved.length > 1 ? `; ${starved.length} times in all` : ''}`;
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
    const text = `${countText(out.length, 'buffer is', 'buffers are')} on loan, and the application collects ${batch} before it gives any`
      + ' back';
    return [{ name: 'loans-deadlock', evidence: [{ time_ns: Math.min(...out), text }, { time_ns, text: empty }] }];
  }
  if (c.pushes === 0 && c.lent > 0)
    return [{ name: 'never-returned', evidence: [{ time_ns, text: `${countText(c.lent, 'buffer')} lent, and none given back;`
      + ` ${empty}` }] }];
  const held = c.returned > 0 ? c.held_sum_ns / c.returned : 0;
  if (held < LONG_NS) return [];
  const waited = durationText(Math.round(c.waited_sum_ns / c.returned));
  const text = `the application kept buffers for ${durationText(Math.round(held))} on average and ${durationText(c.held_max_ns)} at most,`
    + ` from completion to refill entry; entries then waited ${waited} on average until they were read; ${empty}`;
  return [{ name: 'loans-long', evidence: [{ time_ns, text }] }];
}

export const loansKept: Detector = (p) => p.hosts.flatMap(loans);

/** A program that writes more entries than the ring has before the kernel reads. */
export const refillOverwritten: Detector = (p) => {
  const unread = new Map<string, number>();
  return (p.story ? stepsOf(p.story, 'zcrx.reg', 'zcrx.push', 'zcrx.flush') : []).flatMap((m): Symptom[] => {
    const zcrx = String(m.step.zcrx ?? m.step.name);
    const written = m.step.step === 'zcrx.push' ? (unread.get(zcrx) ?? 0) + 1 : 0;
    unread.set(zcrx, written);
    const reg = p.story ? stepsOf(p.story, 'zcrx.reg').find((x) => x.step.name === zcrx) : undefined;
    const entries = pow2(number(reg?.step, 'rq'));
    if (written !== entries + 1) return [];
    return [{ name: 'refill-overfilled', evidence: [{ step: m.i, text: `entry ${written} since the last reading, and the ring has`
      + ` ${entries}` }] }];
  });
};

/** An event fired, and what it tells of happened again before it was armed. */
export const eventNotRearmed: Detector = (p) => {
  const { story } = p;
  const regs = story ? stepsOf(story, 'zcrx.reg').filter((m) => m.step.events !== undefined) : [];
  return regs.flatMap((reg): Symptom[] => {
    const ud = String(reg.step.ev_ud);
    const fired = story?.moves.findIndex((m) => m.kind === 'cqe' && m.life.user_data === ud) ?? -1;
    if (!story || fired < 0) return [];
    const armed = story.moves.findIndex((m, i) => i > fired && m.kind === 'step' && m.step.step === 'zcrx.arm');
    const untold = story.moves.slice(fired + 1, armed < 0 ? undefined : armed)
      .filter((m) => m.kind === 'cqe' && m.life.op === 'RECV_ZC' && m.cqe.res > 0).length;
    if (untold === 0) return [];
    const at = story.moves[fired] as (typeof story.moves)[number];
    return [{ name: 'event-not-rearmed', evidence: [{ step: at.i, text: `the event was seen, and ${countText(untold, 'completion')}`
      + ` came before it was armed again` }] }];
  });
};

const CONTROLS = ['zcrx.arm', 'zcrx.ctrl', 'zcrx.flush', 'zcrx.export'];

export const controlRefused: Detector = (p) =>
  (p.story ? stepsOf(p.story, ...CONTROLS) : []).filter((m) => (m.ret ?? 0) < 0).map((m): Symptom => ({
    name: 'control-refused', evidence: [{ step: m.i, text: `${m.step.step} returned ${resText(m.ret ?? 0)}` }],
  }));
