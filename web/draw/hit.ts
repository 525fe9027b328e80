/** What lies at a point of a scene, and where things with an id are. */
import { type CellsItem, type Item, type Scene, type SectorItem, sectorPoint } from './scene.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
export interface Hit {
  readonly id: string;
  readonly label: string;
  readonly box: Box;
}

/** What is smaller than a fingertip is met near it, too. */
const NEAR = 4;

const cellBox = (c: CellsItem, n: number): Box => {
  const step = c.size + c.gap;
  return { x: c.x + (n % c.columns) * step, y: c.y + Math.floor(n / c.columns) * step, w: c.size, h: c.size };
};

/** By its corners and the points between them where it may bulge. */
function sectorBox(s: SectorItem): Box {
  const turns = [s.from, s.to, ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => n / 4).filter((t) => t > s.from && t < s.to)];
  const points = turns.flatMap((t) => [sectorPoint(s, s.outer, t), sectorPoint(s, s.inner, t)]);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}

function boxOf(item: Item): Box | undefined {
  switch (item.kind) {
    case 'rect': return item;
    case 'circle': return { x: item.x - item.r, y: item.y - item.r, w: 2 * item.r, h: 2 * item.r };
    case 'sector': return sectorBox(item);
    case 'text': {
      const w = item.room ?? item.text.length * (item.size ?? 13) * 0.6;
      const left = item.anchor === 'middle' ? item.x - w / 2 : item.anchor === 'end' ? item.x - w : item.x;
      return { x: left, y: item.y - (item.size ?? 13), w, h: (item.size ?? 13) * 1.3 };
    }
    case 'path': {
      let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 0; i < item.points.length; i += 2) {
        x0 = Math.min(x0, item.points[i] as number);
        x1 = Math.max(x1, item.points[i] as number);
        y0 = Math.min(y0, item.points[i + 1] as number);
        y1 = Math.max(y1, item.points[i + 1] as number);
      }
      return item.points.length === 0 ? undefined : { x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
    }
    case 'cells': return undefined;
  }
}

const inside = (b: Box, x: number, y: number): boolean =>
  x >= b.x - (b.w < NEAR * 2 ? NEAR : 0) && x <= b.x + b.w + (b.w < NEAR * 2 ? NEAR : 0) &&
  y >= b.y - (b.h < NEAR * 2 ? NEAR : 0) && y <= b.y + b.h + (b.h < NEAR * 2 ? NEAR : 0);

function inSector(s: SectorItem, x: number, y: number): boolean {
  const radius = Math.hypot(x - s.x, y - s.y);
  if (radius < s.inner || radius > s.outer) return false;
  const turn = (Math.atan2(y - s.y, x - s.x) / (2 * Math.PI) + 1.25) % 1;
  const from = ((s.from % 1) + 1) % 1;
  return ((turn - from + 1) % 1) <= s.to - s.from;
}

/** The uppermost thing with an id at a point. */
export function hitAt(scene: Scene, x: number, y: number): Hit | undefined {
  for (let i = scene.items.length - 1; i >= 0; i--) {
    const item = scene.items[i] as Item;
    if (item.id === undefined) continue;
    if (item.kind === 'cells') {
      const step = item.size + item.gap;
      const [column, row] = [Math.floor((x - item.x) / step), Math.floor((y - item.y) / step)];
      const n = row * item.columns + column;
      if (column < 0 || column >= item.columns || row < 0 || n >= item.values.length) continue;
      const number = item.down ? item.first - n : item.first + n;
      return { id: `${item.id}:${number}`, label: item.styles[item.values[n] as number]?.label ?? '', box: cellBox(item, n) };
    }
    const box = boxOf(item);
    if (!box || !inside(box, x, y) || (item.kind === 'sector' && !inSector(item, x, y))) continue;
    return { id: item.id, label: item.label ?? '', box };
  }
  return undefined;
}

/** Where a thing is drawn; undefined when it is not. */
export function placeOf(scene: Scene, id: string): Box | undefined {
  for (let i = scene.items.length - 1; i >= 0; i--) {
    const item = scene.items[i] as Item;
    if (item.id === id) return boxOf(item);
    if (item.kind !== 'cells' || item.id === undefined || !id.startsWith(`${item.id}:`)) continue;
    const n = (Number(id.slice(item.id.length + 1)) - item.first) * (item.down ? -1 : 1);
    if (n >= 0 && n < item.values.length) return cellBox(item, n);
  }
  return undefined;
}

/** The ids of a scene, in the order of its table, then of its items. */
export function idsOf(scene: Scene): string[] {
  const ids = new Set<string>();
  for (const row of scene.table.rows) if (row.id !== undefined) ids.add(row.id);
  for (const item of scene.items) if (item.id !== undefined && item.kind !== 'cells') ids.add(item.id);
  return [...ids];
}
