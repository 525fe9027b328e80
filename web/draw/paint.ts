/** A scene on a canvas. */
import type { Ink, Palette } from './palette.ts';
import { type CellsItem, type Item, type Pattern, type RectItem, type Scene, sectorPoint } from './scene.ts';

export const FONT_SANS = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';
export const FONT_MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace';
const TILE = 6;

/** Strokes of a pattern on a tile of 6 by 6. */
export const STROKES: Readonly<Record<Pattern, readonly (readonly [number, number, number, number])[]>> = {
  plain: [],
  hollow: [],
  dots: [[2, 3, 4, 3]],
  hatch: [[0, 6, 6, 0]],
  'hatch-back': [[0, 0, 6, 6]],
  cross: [[0, 0, 6, 6], [0, 6, 6, 0]],
  bars: [[3, 0, 3, 6]],
};

const isBox = (item: Item): item is RectItem => item.kind === 'rect' && item.fill !== undefined && !item.stroke && !item.radius;
const sameLook = (a: RectItem, b: RectItem): boolean => a.fill === b.fill && a.pattern === b.pattern && a.alpha === b.alpha;

export class Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #palette: Palette;
  readonly #patterns = new Map<string, CanvasPattern>();

  constructor(context: CanvasRenderingContext2D, palette: Palette) {
    this.#context = context;
    this.#palette = palette;
  }

  paint(scene: Scene, ratio: number): void {
    const c = this.#context;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, scene.width, scene.height);
    const { items } = scene;
    for (let i = 0; i < items.length; ) {
      const item = items[i] as Item;
      c.globalAlpha = item.alpha ?? 1;
      if (isBox(item)) i = this.#boxes(items, i);
      else {
        this.#item(item);
        i++;
      }
    }
    c.globalAlpha = 1;
  }

  /** Boxes one behind the other that look the same are one path: things that move come by the thousand. Returns where they end. */
  #boxes(items: readonly Item[], from: number): number {
    const c = this.#context;
    const first = items[from] as RectItem;
    c.beginPath();
    let i = from;
    for (let item: Item | undefined = first; item && isBox(item) && sameLook(item, first); item = items[++i])
      c.rect(item.x, item.y, item.w, item.h);
    c.fillStyle = this.#fill(first.fill as Ink, first.pattern ?? 'plain');
    c.fill();
    return i;
  }

  #item(item: Item): void {
    const c = this.#context;
    switch (item.kind) {
      case 'text': return this.#text(item);
      case 'cells': return this.#cells(item);
      case 'rect':
        c.beginPath();
        if (item.radius) c.roundRect(item.x, item.y, item.w, item.h, item.radius);
        else c.rect(item.x, item.y, item.w, item.h);
        break;
      case 'circle':
        c.beginPath();
        c.arc(item.x, item.y, item.r, 0, 2 * Math.PI);
        break;
      case 'sector': {
        const angle = (turn: number) => (turn - 0.25) * 2 * Math.PI;
        c.beginPath();
        c.arc(item.x, item.y, item.outer, angle(item.from), angle(item.to));
        c.lineTo(...sectorPoint(item, item.inner, item.to));
        c.arc(item.x, item.y, item.inner, angle(item.to), angle(item.from), true);
        c.closePath();
        break;
      }
      case 'path':
        c.beginPath();
        for (let i = 0; i + 1 < item.points.length; i += 2) c.lineTo(item.points[i] as number, item.points[i + 1] as number);
        if (item.closed) c.closePath();
        break;
    }
    if (item.fill) {
      c.fillStyle = this.#fill(item.fill, item.pattern ?? 'plain');
      c.fill();
    }
    if (item.stroke) {
      c.strokeStyle = this.#palette[item.stroke];
      c.lineWidth = item.width ?? 1;
      c.setLineDash(item.dash ? [...item.dash] : []);
      c.stroke();
    }
  }

  #text(item: Extract<Item, { kind: 'text' }>): void {
    const c = this.#context;
    c.font = `${item.weight ?? 400} ${item.size ?? 13}px ${item.mono ? FONT_MONO : FONT_SANS}`;
    c.fillStyle = this.#palette[item.fill];
    c.textAlign = item.anchor === 'middle' ? 'center' : item.anchor === 'end' ? 'right' : 'left';
    let { text } = item;
    if (item.room !== undefined && c.measureText(text).width > item.room) {
      while (text.length > 1 && c.measureText(`${text}…`).width > item.room) text = text.slice(0, -1);
      text += '…';
    }
    c.fillText(text, item.x, item.y);
  }

  /** Equal cells that stand in a row are one piece, a style is one path, and the gaps are cut out at the end: ten thousand are few. */
  #cells(item: CellsItem): void {
    const c = this.#context;
    const { columns, size, gap, values } = item;
    const step = size + gap;
    const paths = item.styles.map(() => new Path2D());
    for (let n = 0; n < values.length; ) {
      const row = Math.floor(n / columns);
      const row_end = Math.min(values.length, (row + 1) * columns);
      let end = n + 1;
      while (end < row_end && values[end] === values[n]) end++;
      paths[values[n] as number]?.rect(item.x + (n - row * columns) * step, item.y + row * step, (end - n) * step - gap, size);
      n = end;
    }
    item.styles.forEach((style, i) => {
      c.fillStyle = this.#fill(style.fill, size < TILE ? 'plain' : style.pattern);
      c.fill(paths[i] as Path2D);
    });
    const height = Math.ceil(values.length / columns) * step;
    if (gap > 0) for (let column = 1; column < columns; column++) c.clearRect(item.x + column * step - gap, item.y, gap, height);
    c.strokeStyle = this.#palette.select;
    c.lineWidth = 2;
    c.setLineDash([]);
    for (const n of item.marked ?? [])
      c.strokeRect(item.x + (n % item.columns) * step - 1, item.y + Math.floor(n / item.columns) * step - 1, item.size + 2, item.size + 2);
  }

  #fill(ink: Ink, pattern: Pattern): string | CanvasPattern {
    const colour = this.#palette[ink];
    if (pattern === 'plain') return colour;
    const key = `${ink} ${pattern}`;
    const known = this.#patterns.get(key);
    if (known) return known;
    const tile = new OffscreenCanvas(TILE, TILE);
    const t = tile.getContext('2d') as OffscreenCanvasRenderingContext2D;
    t.fillStyle = pattern === 'hollow' ? this.#palette.card : colour;
    t.fillRect(0, 0, TILE, TILE);
    t.strokeStyle = pattern === 'hollow' ? colour : this.#palette.card;
    t.lineWidth = 1;
    for (const [x0, y0, x1, y1] of STROKES[pattern]) {
      t.beginPath();
      t.moveTo(x0, y0);
      t.lineTo(x1, y1);
      t.stroke();
    }
    const made = this.#context.createPattern(tile, 'repeat') as CanvasPattern;
    this.#patterns.set(key, made);
    return made;
  }
}
