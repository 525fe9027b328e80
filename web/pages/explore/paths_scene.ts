/** Ways beside each other: a bar for each, cycles per byte by account, and how fast it was. */
import type { PathGroup, PathRow } from '../../../sim/lab/index.ts';
import type { Ink } from '../../draw/palette.ts';
import type { Item, Pattern, Scene } from '../../draw/scene.ts';

const ROW = 30;
const BAR = 18;
const CHAR = 7.4;
const TOP = 24;

/** Told apart by pattern as well: eleven accounts are more than there are colours. */
const STYLES: Readonly<Record<string, { readonly fill: Ink; readonly pattern: Pattern }>> = {
  copy: { fill: 'series-c', pattern: 'plain' }, tcpip: { fill: 'series-b', pattern: 'plain' },
  netdevice: { fill: 'series-b', pattern: 'hatch' }, skb: { fill: 'series-d', pattern: 'plain' },
  memory: { fill: 'series-d', pattern: 'dots' }, lock: { fill: 'series-d', pattern: 'cross' },
  scheduling: { fill: 'place-user', pattern: 'plain' }, driver: { fill: 'series-b', pattern: 'bars' },
  syscall: { fill: 'place-user', pattern: 'hatch' }, app: { fill: 'series-a', pattern: 'plain' },
  other: { fill: 'ack', pattern: 'hatch-back' },
};
const styleOf = (account: string) => STYLES[account] ?? { fill: 'ack', pattern: 'plain' };

export function pathsScene(group: PathGroup, width: number): Scene {
  const rows = group.rows.filter((r) => r.outcome === 'measured' || r.outcome === 'waiting');
  const narrow = width < 560;
  const left = Math.min(width * 0.3, Math.max(6, ...rows.map((r) => r.path.length + (r.own ? 2 : 0))) * CHAR + 10);
  const rate_w = narrow ? 0 : Math.min(220, width * 0.24);
  const w = width - left - rate_w - (narrow ? 52 : 76);
  const sums = rows.map((r) => r.cycles.reduce((a, b) => a + b, 0));
  const most = Math.max(...sums, 1e-9);
  const fastest = Math.max(...rows.map((r) => r.throughput_bps), 1);
  const items: Item[] = [{ kind: 'text', x: left, y: 13, text: 'cycles per byte, by account', fill: 'soft', size: 12 }];
  if (!narrow) items.push({ kind: 'text', x: width - rate_w, y: 13, text: 'throughput', fill: 'soft', size: 12 });
  rows.forEach((row, r) => {
    const y = TOP + r * ROW;
    const line = { kind: 'text' as const, y: y + 13, fill: 'ink' as const, size: 12 };
    items.push({ ...line, x: left - 8, text: `${row.path}${row.own ? ' ◆' : ''}`, mono: true, anchor: 'end', room: left - 10,
      weight: row.own ? 700 : 400 });
    if (row.outcome === 'waiting') {
      items.push({ kind: 'rect', x: left, y, w: 40, h: BAR, stroke: 'line', dash: [3, 3] },
        { kind: 'text', x: left + 48, y: y + 13, text: 'not measured yet', fill: 'soft', size: 12 });
      return;
    }
    let x = left;
    row.cycles.forEach((cycles, a) => {
      const part = (cycles / most) * w;
      if (part > 0.3) items.push({ kind: 'rect', x, y, w: part, h: BAR, ...styleOf(group.accounts[a] ?? '') });
      x += part;
    });
    items.push({ ...line, x: x + 6, text: (sums[r] ?? 0).toFixed(3) });
    const rate = Math.max(1, (row.throughput_bps / fastest) * (rate_w - 84));
    if (!narrow) items.push({ kind: 'rect', x: width - rate_w, y: y + 5, w: rate, h: 8, fill: 'ink' },
      { ...line, x: width - rate_w + rate + 6, text: row.throughput, room: 84 });
    items.push({ kind: 'rect', x: left - 2, y: y - 3, w: width - left, h: ROW - 4, fill: 'card', alpha: 0, id: `path:${row.path}`,
      label: labelOf(group, row) });
  });
  const below = TOP + rows.length * ROW + 8;
  const { items: keys, height } = legend(group.accounts, left, below, width - left);
  return {
    width, height: below + height, items: [...items, ...keys],
    table: {
      caption: `${group.title}: ${group.host}`, columns: ['path', ...group.columns],
      rows: group.rows.map((r) => ({ id: `path:${r.path}`, cells: [`${r.path}${r.own ? ' (as it is)' : ''}`, ...r.cells] })),
    },
    narration: narrationOf(group, rows),
  };
}

const labelOf = (group: PathGroup, row: PathRow): string =>
  `${row.path}: ${group.accounts.map((a, i) => [a, row.cycles[i] ?? 0] as const).filter(([, c]) => c > 0).sort((a, b) => b[1] - a[1])
    .slice(0, 4).map(([a, c]) => `${a} ${c.toFixed(3)}`).join(', ')}; ${row.throughput}, limited by ${row.bottleneck}`;

function legend(accounts: readonly string[], x0: number, y0: number, width: number): { items: Item[]; height: number } {
  const items: Item[] = [];
  let [x, y] = [x0, y0];
  for (const account of accounts) {
    const w = 18 + account.length * CHAR + 12;
    if (x + w > x0 + width) [x, y] = [x0, y + 20];
    items.push({ kind: 'rect', x, y, w: 12, h: 12, ...styleOf(account) },
      { kind: 'text', x: x + 17, y: y + 10, text: account, fill: 'ink', size: 12 });
    x += w;
  }
  return { items, height: y - y0 + 22 };
}

function narrationOf(group: PathGroup, rows: readonly PathRow[]): string {
  const known = rows.filter((r) => r.outcome === 'measured');
  const sum = (r: PathRow) => r.cycles.reduce((a, b) => a + b, 0);
  const [least] = [...known].sort((a, b) => sum(a) - sum(b));
  const [fastest] = [...known].sort((a, b) => b.throughput_bps - a.throughput_bps);
  if (!least || !fastest) return `${group.title}: nothing is measured yet.`;
  return `${group.title}: ${least.path} takes the fewest cycles, ${sum(least).toFixed(3)} a byte; ${fastest.path} is the fastest with`
    + ` ${fastest.throughput}.`;
}
