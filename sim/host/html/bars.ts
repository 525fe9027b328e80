/** Lying bars, one below the other: each with its name and its value above it, so that long names fit narrow screens. */
import { at, colour, drawing, type Figure, figure } from './figure.ts';
import { type Html, html } from './markup.ts';
import { plain } from './scale.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** What is said behind the value. */
  readonly note?: string;
  /** Its colour; the first unless told otherwise. */
  readonly colour?: number;
}

export interface Bars extends Figure {
  readonly label: string;
  readonly format?: (value: number) => string;
  readonly bars: readonly Bar[];
  /** The value of a bar over the whole width; else the greatest one. */
  readonly full?: number;
}

const ROW_PX = 40;
const TEXT_PX = 15;
const BAR_PX = 14;

const share = (value: number, most: number): number => (most > 0 ? (100 * Math.max(0, value)) / most : 0);
const style = (rows: number): string => `height:${rows * ROW_PX}px;width:100%;margin:8px 0`;
const heading = (i: number, name: string, value: string): Html => html`<text class="name" x="0" y="${i * ROW_PX + TEXT_PX}">${name}</text>
<text class="value" x="100%" y="${i * ROW_PX + TEXT_PX}" text-anchor="end">${value}</text>`;
const block = (i: number, from: number, width: number, of: string, said: string): Html =>
  html`<rect class="bar ${of}" x="${at(from)}" y="${i * ROW_PX + TEXT_PX + 6}" width="${at(width)}" height="${BAR_PX}"><title>${
    said}</title></rect>`;

export function bars(c: Bars): Html {
  const format = c.format ?? plain;
  const most = c.full ?? c.bars.reduce((m, b) => Math.max(m, b.value), 0);
  const said = (b: Bar) => `${format(b.value)}${b.note === undefined ? '' : ` · ${b.note}`}`;
  const rows = c.bars.map((b, i) =>
    html`${heading(i, b.name, said(b))}${block(i, 0, share(b.value, most), colour(b.colour ?? 0), `${b.name}: ${said(b)}`)}`);
  const noted = c.bars.some((b) => b.note !== undefined);
  return figure(c, drawing(c, style(c.bars.length), rows), {
    columns: ['', { name: c.label, right: true }, ...(noted ? ['note'] : [])],
    rows: c.bars.map((b) => [b.name, format(b.value), ...(noted ? [b.note ?? ''] : [])]),
  });
}

export interface StackedBars extends Figure {
  readonly label: string;
  readonly format?: (value: number) => string;
  /** What the parts of a bar are, in their order. */
  readonly parts: readonly string[];
  /** Which of them the legend names; all unless told. Colours stay with their parts. */
  readonly shown?: readonly boolean[];
  readonly bars: readonly { readonly name: string; readonly values: readonly number[]; readonly note?: string }[];
}

export function stackedBars(c: StackedBars): Html {
  const format = c.format ?? plain;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const most = c.bars.reduce((m, b) => Math.max(m, sum(b.values)), 0);
  const rows = c.bars.map((b, i) => {
    let from = 0;
    const blocks = b.values.map((value, p) => {
      const width = share(value, most);
      const drawn = width > 0 ? block(i, from, width, colour(p), `${b.name}, ${c.parts[p]}: ${format(value)}`) : undefined;
      from += width;
      return drawn;
    });
    return html`${heading(i, b.name, `${format(sum(b.values))}${b.note === undefined ? '' : ` · ${b.note}`}`)}${blocks}`;
  });
  return figure(c, drawing(c, style(c.bars.length), rows), {
    columns: ['', { name: c.label, right: true }, ...c.parts.map((name) => ({ name, right: true }))],
    rows: c.bars.map((b) => [b.name, format(sum(b.values)), ...b.values.map(format)]),
  }, c.parts, c.shown);
}
