/** The road in words: the table twin and the narration. */
import { MOVES, placeCode, placeOfCode, type RoadFrame } from '../../../sim/lab/index.ts';
import { STAGES } from '../../../sim/schema/stages.ts';
import type { TableTwin } from '../../draw/scene.ts';
import { bytes, count, duration } from '../../format.ts';
import { idAt, labelAt } from './glyphs.ts';
import { RECEIVING, SENDING } from './layout.ts';
import { levelAt } from './levels.ts';

const THINGS_MAX = 400;

export function placeText(code: number, frame: RoadFrame): string {
  const { host, receives, stage } = placeOfCode(code);
  const name = frame.hosts[host]?.name ?? '';
  if (stage === 1) return `wire, from the ${name}`;
  return `${name} ${stage} ${STAGES[stage - 1]?.name}, ${receives ? 'receiving' : 'sending'}`;
}

export function roadTable(frame: RoadFrame): TableTwin {
  const { movers } = frame;
  const moving = new Map<number, number>();
  const waits = new Map(frame.waiting.map((w) => [w.at, w]));
  for (let i = 0; i < movers.length; i++) moving.set(movers.at[i] as number, (moving.get(movers.at[i] as number) ?? 0) + 1);
  const lost = new Map<number, string>();
  for (const l of frame.lost) lost.set(l.at, `${lost.has(l.at) ? `${lost.get(l.at)}; ` : ''}${count(l.count)} ${l.reason}`);
  const codes = [...new Set([...placesOf(frame), ...waits.keys(), ...moving.keys(), ...lost.keys()])].sort((a, b) => a - b);
  const places = codes.map((code) => {
    const level = levelAt(code, frame);
    const waiting = waits.get(code);
    const cell = waiting ? `${count(waiting.count)} wait, ${bytes(waiting.bytes)}` : '';
    return { cells: [placeText(code, frame), cell, level ? `${level.value} ${level.word}` : '', lost.get(code) ?? ''] };
  });
  const things = Array.from({ length: Math.min(movers.length, THINGS_MAX) }, (_, i) => ({
    id: idAt(movers, i),
    cells: [labelAt(movers, i), placeText(movers.at[i] as number, frame), movers.nth[i] === MOVES ? 'on its way' : 'waits', ''],
  }));
  const columns = ['what', 'waiting or where', 'level', 'dropped'];
  return { caption: `The road at ${duration(frame.time_ns)}`, columns, rows: [...places, ...things] };
}

const placesOf = (frame: RoadFrame): number[] => frame.hosts.flatMap((_, host) =>
  [...SENDING.map((s) => placeCode(host, false, s)), ...RECEIVING.map((s) => placeCode(host, true, s))]);

const some = (n: number, one: string, more: string): string => (n === 0 ? '' : `${count(n)} ${n === 1 ? one : more}`);

export function roadWords(frame: RoadFrame): string {
  const parts = frame.hosts.flatMap((host, n) => {
    const { gauges: g } = host;
    return [
      some(frame.on_wire[n as 0 | 1], `frame is on the wire from the ${host.name}`, `frames are on the wire from the ${host.name}`),
      some(g.rx_waiting, `frame waits for a poll of the ${host.name}`, `frames wait for a poll of the ${host.name}`),
      g.unread > 0 ? `${bytes(g.unread)} wait in sockets of the ${host.name}` : '',
      some(g.held, 'buffer is with the application', 'buffers are with the application'),
      some(g.rq, 'buffer waits in the refill ring', 'buffers wait in the refill ring'),
    ].filter((s) => s !== '');
  });
  const lost = frame.lost.reduce((n, l) => n + l.count, 0);
  const worst = [...frame.lost].sort((a, b) => b.count - a.count)[0];
  const end = worst ? ` ${count(lost)} dropped so far${lost > 0 ? `: ${worst.about}` : ''}.` : '';
  return `${parts.length === 0 ? 'Nothing is on the road' : parts.join(', ')}.${end}`;
}
