/** A request's life as a line downward: what happened to it, row by row; whole while it may still complete, broken after its end. */
import type { LifeEvent, Lifeline } from '../../../sim/lab/index.ts';
import type { Ink } from '../../draw/palette.ts';
import type { Item, Scene } from '../../draw/scene.ts';
import { moment } from '../../format.ts';

const ROW = 24;
const TOP = 14;
const TIME = 78;
const LINE = TIME + 16;

const WORDS: Readonly<Record<LifeEvent['kind'], string>> = {
  taken: 'taken', armed: 'armed', completion: 'completion', notification: 'notification', overflow: 'overflow', terminal: 'terminal',
  again: 'again', unarmed: 'unarmed',
};

export const idOfEvent = (e: LifeEvent): string => {
  if (e.kind === 'taken' || e.kind === 'again') return `request:${e.record}`;
  return e.kind === 'completion' || e.kind === 'notification' || e.kind === 'terminal' ? `cqe:${e.record}` : `record:${e.record}`;
};

/** Each kind of event has a shape of its own. */
function shape(e: LifeEvent, y: number): Item {
  const ink: Ink = e.alarm ? 'warm' : 'payload';
  const id = idOfEvent(e);
  const label = `${WORDS[e.kind]}: ${e.text}`;
  const at = { x: LINE, y };
  switch (e.kind) {
    case 'taken': return { kind: 'rect', x: LINE - 5, y: y - 5, w: 10, h: 10, fill: 'card', stroke: 'ink', width: 2, id, label };
    case 'armed': return { kind: 'circle', ...at, r: 5, fill: 'card', stroke: 'payload', width: 2, id, label };
    case 'completion': return { kind: 'circle', ...at, r: 5, fill: ink, id, label };
    case 'notification':
      return { kind: 'path', points: [LINE, y - 6, LINE + 6, y, LINE, y + 6, LINE - 6, y], closed: true, fill: 'header', id, label };
    case 'overflow':
      return { kind: 'path', points: [LINE, y - 6, LINE + 6, y + 5, LINE - 6, y + 5], closed: true, fill: 'warm', id, label };
    case 'terminal': return { kind: 'rect', x: LINE - 8, y: y - 5, w: 16, h: 10, fill: ink, radius: 1, id, label };
    case 'again':
      return {
        kind: 'path', points: [LINE - 6, y - 4, LINE + 6, y - 4, LINE, y + 6], closed: true, fill: 'card', stroke: 'ink', width: 2,
        id, label,
      };
    case 'unarmed':
      return {
        kind: 'rect', x: LINE - 5, y: y - ROW / 2 + 2, w: 10, h: ROW - 4, fill: 'warm', pattern: 'hatch', stroke: 'warm', id, label,
      };
  }
}

export function lifelineScene(life: Lifeline, width: number, selected?: string): Scene {
  const rows: (LifeEvent | { readonly hidden: number })[] = [...life.events];
  // What is left out lies before the last completions.
  const cqes = life.events.map((e, i) => ({ e, i })).filter(({ e }) => /completion|terminal|notification/.test(e.kind));
  if (life.hidden > 0) rows.splice((cqes[4]?.i ?? rows.length), 0, { hidden: life.hidden });
  const room = Math.max(width, 220);
  const last = life.events.findLastIndex((e) => e.kind === 'terminal');
  const items: Item[] = [];
  let end_y = TOP + (rows.length - 1) * ROW;
  rows.forEach((row, i) => {
    const y = TOP + i * ROW;
    if ('hidden' in row) {
      items.push({ kind: 'text', x: LINE + 16, y: y + 4, text: `${row.hidden} more completions`, fill: 'soft', size: 12 });
      return;
    }
    if (life.events[last] === row) end_y = y;
    const chosen = selected === idOfEvent(row);
    items.push(
      { kind: 'text', x: TIME, y: y + 4, text: moment(row.time_ns), fill: 'soft', size: 11, mono: true, anchor: 'end' },
      {
        kind: 'text', x: LINE + 16, y: y + 4, text: `${row.kind === 'completion' ? '' : `${WORDS[row.kind]}: `}${row.text}`, size: 12,
        fill: row.alarm ? 'warm' : 'ink', weight: row.alarm || chosen ? 600 : 400, room: room - LINE - 18,
      },
    );
  });
  const bottom = TOP + (rows.length - 1) * ROW;
  const alive: Item = { kind: 'path', points: [LINE, TOP, LINE, life.ended ? end_y : bottom + ROW * 0.7], stroke: 'payload', width: 2 };
  const dead: Item[] = life.ended && bottom > end_y
    ? [{ kind: 'path', points: [LINE, end_y, LINE, bottom], stroke: 'ack', width: 2, dash: [2, 4] }] : [];
  const shapes = rows.flatMap((row, i): Item[] => ('hidden' in row
    ? [{ kind: 'path', points: [LINE, TOP + (i - 0.4) * ROW, LINE, TOP + (i + 0.4) * ROW], stroke: 'card', width: 4, dash: [3, 3] }]
    : [shape(row, TOP + i * ROW)]));
  return {
    width: room, height: bottom + (life.ended ? 16 : ROW), items: [alive, ...dead, ...shapes, ...items],
    table: {
      caption: `Life of ${life.title}`, columns: ['what', 'time in µs', 'said'],
      rows: life.events.map((e) => ({ id: idOfEvent(e), cells: [WORDS[e.kind], moment(e.time_ns), e.text] })),
    },
    narration: `${life.title}: ${life.state}`,
  };
}
