/** The rings of both hosts on a page: a pure function of what the laboratory says and of the room. */
import type { Answer } from '../../../sim/lab/index.ts';
import type { Item, Scene } from '../../draw/scene.ts';
import { type Fits, ringHeight, ringItems, stateWord } from './ring_art.ts';

const CARD_MIN = 264;
const GAP = 28;
const HOST_LINE = 30;
const HOSTS = ['Client', 'Server'];

export function scene(frame: Answer<'rings'>, width: number, selected?: string, fits: Fits = () => true): Scene {
  const room = Math.max(width, 200);
  const columns = Math.max(1, Math.floor((room + GAP) / (CARD_MIN + GAP)));
  const card = (room - GAP * (columns - 1)) / columns;
  const items: Item[] = [];
  let y = 0;
  // The side that receives without a copy comes first: there is more to see.
  const hosts = frame.rings.some((r) => r.kind === 'rq' && r.host === 1) ? [1, 0] : [0, 1];
  for (const host of hosts) {
    const rings = frame.rings.filter((r) => r.host === host);
    if (rings.length === 0) continue;
    items.push(
      { kind: 'text', x: 0, y: y + 16, text: HOSTS[host] ?? '', fill: 'soft', size: 12, weight: 600 },
      { kind: 'path', points: [56, y + 12, room, y + 12], stroke: 'line' },
    );
    y += HOST_LINE;
    for (let i = 0; i < rings.length; i += columns) {
      const row = rings.slice(i, i + columns);
      for (const [n, ring] of row.entries()) items.push(...ringItems(ring, { x: n * (card + GAP), y, w: card }, selected, fits));
      y += Math.max(...row.map((r) => ringHeight(r, card))) + GAP;
    }
  }
  return { width: room, height: Math.max(y, 40), items, table: table(frame), narration: narration(frame) };
}

function table({ rings }: Answer<'rings'>): Scene['table'] {
  return {
    caption: 'Rings: where each party stands, and the slots that are not free',
    columns: ['ring', 'host', 'what', 'application sees', 'true'],
    rows: rings.flatMap((r) => {
      const host = HOSTS[r.host] ?? '';
      return [
        { ...(r.kind === 'sq' ? { id: r.id } : {}), cells: [r.title, host, `${r.used} of ${r.entries} slots. ${r.note}`, '', ''] },
        ...r.marks.map((m) => ({ cells: [r.title, host, `${m.name} (${m.by})`, m.shared ? m.counter : '–', m.counter] })),
        ...r.twice.map((t) => ({ cells: [r.title, host, t.what, t.seen ?? '–', t.truth] })),
        ...r.pieces.filter((p) => p.state !== 'free').map((p) => ('folded' in p
          ? { cells: [`slots ${p.index} to ${p.index + p.folded - 1}`, host, stateWord(r, p.state), '', ''] }
          : { id: `${r.slots}:${p.index}`, cells: [`slot ${p.index}`, host, `${p.text} (${stateWord(r, p.state)})`, '', ''] })),
      ];
    }),
  };
}

function narration({ rings }: Answer<'rings'>): string {
  const odd = rings.flatMap((r) => r.twice.filter((t) => t.differs).map((t) =>
    `${r.title}: the application sees ${t.what} ${t.seen ?? 'nowhere'}, true is ${t.truth}.`));
  const busy = rings.filter((r) => r.kind !== 'rxd' && r.used > 0).map((r) => `${r.title}: ${r.note}`);
  return [...odd, ...busy, ...(rings.length === 0 ? ['No ring is set up yet.'] : [])].slice(0, 3).join(' ');
}
