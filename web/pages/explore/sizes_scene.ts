/** What an area is the sum of, as one bar. */
import { bytesText, type SizePart } from '../../../sim/host/index.ts';
import type { Ink } from '../../draw/palette.ts';
import type { Item, Pattern, Scene } from '../../draw/scene.ts';

const BAR = 34;
const TOP = 6;
const STYLES: readonly { readonly fill: Ink; readonly pattern: Pattern }[] = [
  { fill: 'payload', pattern: 'plain' }, { fill: 'place-user', pattern: 'plain' }, { fill: 'warm', pattern: 'hatch' },
  { fill: 'place-nic', pattern: 'plain' }, { fill: 'place-cache', pattern: 'dots' },
];

export function sizesScene(parts: readonly SizePart[], width: number): Scene {
  const sum = parts.reduce((n, p) => n + p.value, 0);
  const items: Item[] = [];
  const columns = width >= 560 ? parts.length : 1;
  const key_w = width / columns;
  let x = 0;
  parts.forEach((part, i) => {
    const w = (part.value / sum) * width;
    const share = `${((100 * part.value) / sum).toFixed(part.value / sum < 0.1 ? 1 : 0)} %`;
    const id = `part:${part.name}`;
    const label = `${part.name}: ${part.about}, ${bytesText(part.value)}, ${share}`;
    const style = STYLES[i] ?? STYLES[0];
    if (part.value > 0) items.push({ kind: 'rect', x, y: TOP, w: Math.max(1, w), h: BAR, ...style, stroke: 'card', id, label });
    x += w;
    const [kx, ky] = columns === 1 ? [0, TOP + BAR + 14 + i * 22] : [i * key_w, TOP + BAR + 14];
    items.push(
      { kind: 'rect', x: kx, y: ky, w: 11, h: 11, ...style },
      { kind: 'text', x: kx + 17, y: ky + 10, fill: 'ink', size: 12, room: key_w - 22,
        text: `${part.name} ${bytesText(part.value)} · ${share}` });
  });
  return {
    width, height: TOP + BAR + (columns === 1 ? 16 + parts.length * 22 : 38), items,
    table: {
      caption: 'What the area is the sum of', columns: ['part', 'what it is', 'bytes', 'share'],
      rows: parts.map((p) => ({ id: `part:${p.name}`, cells: [p.name, p.about, p.value, `${((100 * p.value) / sum).toFixed(1)} %`] })),
    },
    narration: `The area is the sum of ${parts.map((p) => `${p.about} (${bytesText(p.value)})`).join(', ')}.`,
  };
}
