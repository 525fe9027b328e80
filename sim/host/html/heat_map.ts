/** A value for each pair of two knobs: the stronger the colour, the greater it is. */
import { at, drawing, type Figure, figure, textWidth } from './figure.ts';
import { type Html, html } from './markup.ts';
import { plain } from './scale.ts';

export interface HeatMap extends Figure {
  readonly x: { readonly label: string; readonly values: readonly string[] };
  readonly y: { readonly label: string; readonly values: readonly string[] };
  /** By row (y) and column (x); undefined where there is nothing. */
  readonly cells: readonly (readonly (number | undefined)[])[];
  readonly format?: (value: number) => string;
}

const ROW_PX = 34;
/** More columns than this leave no room for numbers in the cells; the table has them. */
const NUMBERS_MAX = 7;

export function heatMap(c: HeatMap): Html {
  const format = c.format ?? plain;
  const known = c.cells.flat().filter((v): v is number => v !== undefined && Number.isFinite(v));
  const [low, high] = [known.reduce((a, b) => Math.min(a, b), Infinity), known.reduce((a, b) => Math.max(a, b), -Infinity)];
  const strength = (v: number) => Math.round(high > low ? (100 * (v - low)) / (high - low) : 50);
  const [columns, rows] = [c.x.values.length, c.y.values.length];
  const middle = (i: number, n: number) => at((100 * (i + 0.5)) / n);
  const cells = c.cells.flatMap((row, y) => row.map((v, x) => {
    if (v === undefined || !Number.isFinite(v))
      return html`<text class="tick" x="${middle(x, columns)}" y="${middle(y, rows)}" dy="4" text-anchor="middle">–</text>`;
    const said = `${c.x.label} ${c.x.values[x]}, ${c.y.label} ${c.y.values[y]}: ${format(v)}`;
    const number = columns > NUMBERS_MAX ? undefined
      : html`<text class="cell" x="${middle(x, columns)}" y="${middle(y, rows)}" dy="4" text-anchor="middle">${format(v)}</text>`;
    return html`<rect class="heat" style="--p:${strength(v)}%" x="${at((100 * x) / columns)}" y="${at((100 * y) / rows)}" width="${
      at(100 / columns)}" height="${at(100 / rows)}"><title>${said}</title></rect>${number}`;
  }));
  const every = Math.ceil(columns / 8);
  const below = c.x.values.map((v, i) => (i % every > 0 ? undefined
    : html`<text class="tick" x="${middle(i, columns)}" y="100%" dy="18" text-anchor="middle">${v}</text>`));
  const beside = c.y.values.map((v, i) => html`<text class="tick" x="-8" y="${middle(i, rows)}" dy="4" text-anchor="end">${v}</text>`);
  const names = html`<text class="axis" x="0" y="0" dy="-10">${c.y.label}</text><text class="axis" x="100%" y="100%" dy="36"
 text-anchor="end">${c.x.label}</text>`;
  const left = textWidth(c.y.values);
  const style = `height:${rows * ROW_PX}px;margin:24px 0 44px ${left}px;width:calc(100% - ${left}px)`;
  return figure(c, drawing(c, style, [...cells, ...below, ...beside, names]), {
    columns: [`${c.y.label} \\ ${c.x.label}`, ...c.x.values.map((name) => ({ name, right: true }))],
    rows: c.cells.map((row, y) => [c.y.values[y], ...row.map((v) => (v === undefined ? '–' : format(v)))]),
  });
}
