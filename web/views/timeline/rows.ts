/** Which rows the timeline has, in which order, and how high they are. */
import type { Answer } from '../../../sim/lab/index.ts';

export type TimelineAnswer = NonNullable<Answer<'timeline'>>;
export type TrackAnswer = TimelineAnswer['tracks'][number];
export type CounterAnswer = TimelineAnswer['counters'][number];

export interface Row {
  /** Of a track, a counter, or a heading. */
  readonly id: string;
  readonly kind: 'head' | 'track' | 'counter';
  readonly y: number;
  readonly h: number;
  readonly text: string;
  /** What tells rows of the same name apart, when they are pinned. */
  readonly full: string;
  readonly track?: TrackAnswer;
  readonly counter?: CounterAnswer;
}

export const HOSTS = ['client', 'server'] as const;
const TRACK = 20;
const THIN = 16;
const COUNTER = 34;
const HEAD = 24;

/** Levels by the names of what they are about. */
const NAMES: Readonly<Record<string, string>> = {
  link: 'link queue', rx: 'RX ring', posted: 'posted buffers', live: 'live buffers', queued: 'unread bytes', cq: 'CQ', rq: 'refill ring',
  cwnd: 'least cwnd', window: 'least window',
};

export function timelineRows(
  t: TimelineAnswer, pinned: ReadonlySet<string>, counters: boolean, narrow: boolean,
): { rows: Row[]; height: number } {
  const rows: Row[] = [];
  let y = 0;
  const put = (row: Omit<Row, 'y'>) => {
    rows.push({ ...row, y });
    y += row.h;
  };
  const head = (text: string) => put({ id: `head/${text}`, kind: 'head', h: HEAD, text, full: text });
  const track = (own: TrackAnswer) => {
    const of_core = own.kind === 'core';
    const name = of_core ? `core ${own.core} ${own.name}` : own.name;
    const full = `${HOSTS[own.host]} ${name}`;
    const brief = of_core ? `c${own.core} ${own.name}` : own.name.replace('link to the', '→');
    const text = pinned.has(own.id) ? full : narrow ? brief : name;
    put({ id: own.id, kind: 'track', h: of_core ? TRACK : THIN, text, full, track: own });
  };
  const counter = (own: CounterAnswer) => {
    const name = NAMES[own.name] ?? own.name;
    const full = `${HOSTS[own.host]} ${name}`;
    put({ id: own.id, kind: 'counter', h: COUNTER, text: pinned.has(own.id) ? full : name, full, counter: own });
  };
  const levels = t.counters.filter((c) => c.top > 0);
  if (pinned.size > 0) {
    head('pinned');
    for (const own of t.tracks) if (pinned.has(own.id)) track(own);
    for (const own of levels) if (pinned.has(own.id)) counter(own);
  }
  for (const host of [0, 1] as const) {
    head(HOSTS[host]);
    for (const own of t.tracks) if (own.host === host && !pinned.has(own.id)) track(own);
  }
  // Both hosts' work stands together; levels come below.
  for (const host of [0, 1] as const) {
    const own = levels.filter((c) => c.host === host && !pinned.has(c.id));
    if (!counters || own.length === 0) continue;
    head(`levels of the ${HOSTS[host]}`);
    for (const c of own) counter(c);
  }
  return { rows, height: y };
}
