/** A flame graph that hangs from its root: each level lies below the one it is a part of, and is as wide as its share. */
import { at, colour, drawing, type Figure, figure } from './figure.ts';
import { type Content, type Html, html } from './markup.ts';
import { plain } from './scale.ts';

export interface Flame {
  /** Names from the root to the leaf. */
  readonly path: readonly string[];
  readonly value: number;
  /** The colour of its last level but one, and of its leaf. */
  readonly colour?: number;
}

export interface Icicle extends Figure {
  readonly label: string;
  readonly format?: (value: number) => string;
  /** What the levels are. */
  readonly levels: readonly string[];
  /** Leaves of one parent stand together. */
  readonly flames: readonly Flame[];
}

const ROW_PX = 26;
const DIGITS_OF_THE_WIDTH = 90;

interface Block {
  readonly path: readonly string[];
  readonly from: number;
  value: number;
  readonly colour: number | undefined;
}

/** One block for each beginning of a path, level by level, in the order of the flames. */
function blocksOf(flames: readonly Flame[], levels: number): Block[][] {
  return Array.from({ length: levels }, (_, level) => {
    const blocks: Block[] = [];
    let from = 0;
    for (const f of flames) {
      const last = blocks.at(-1);
      const path = f.path.slice(0, level + 1);
      if (last && last.path.length === path.length && last.path.every((name, i) => name === path[i])) last.value += f.value;
      else if (path.length === level + 1) blocks.push({ path, from, value: f.value, colour: level >= levels - 2 ? f.colour : undefined });
      from += f.value;
    }
    return blocks;
  });
}

export function icicle(c: Icicle): Html {
  const format = c.format ?? plain;
  const all = c.flames.reduce((sum, f) => sum + f.value, 0);
  const percent = (value: number) => (all > 0 ? (100 * value) / all : 0);
  const draw = (b: Block, level: number): Content => {
    const name = b.path.at(-1) ?? '';
    const width = percent(b.value);
    const fits = name.length < (width * DIGITS_OF_THE_WIDTH) / 100;
    const kind = b.colour === undefined ? 'stem' : `leaf ${colour(b.colour)}`;
    const said = `${b.path.join(' → ')}: ${format(b.value)} (${width.toFixed(1)} %)`;
    const inner = html`<svg x="${at(percent(b.from))}" y="${level * ROW_PX}" width="${at(width)}" height="${ROW_PX - 2}"><rect class="${
      kind}" width="100%" height="100%"><title>${said}</title></rect>${
      fits ? html`<text class="flame" x="6" y="16">${name}</text>` : undefined}</svg>`;
    return width < 0.05 ? undefined : inner;
  };
  const blocks = blocksOf(c.flames, c.levels.length).map((row, level) => row.map((b) => draw(b, level)));
  const rows = [...c.flames].sort((a, b) => b.value - a.value).map((f) => [...f.path, format(f.value), `${percent(f.value).toFixed(1)} %`]);
  return figure(c, drawing(c, `height:${c.levels.length * ROW_PX}px;width:100%;margin:8px 0`, blocks), {
    columns: [...c.levels, { name: c.label, right: true }, { name: 'share', right: true }], rows,
  });
}
