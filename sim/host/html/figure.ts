/**
 * What all plots share: a caption, a legend, the drawing, and its numbers as a table behind it. Drawings have no width of their own:
 * places are percent of whatever room there is, text keeps its size, and so a plot fits a phone, a screen and a sheet of paper.
 */
import { type Content, type Html, html } from './markup.ts';
import { type Axis, type Scale, written } from './scale.ts';
import { type Table, table } from './table.ts';

export interface Figure {
  readonly title: string;
  /** What it shows and how to read it: a sentence. */
  readonly about?: string;
}

/** Colours that a plot can tell apart, in the order of their use: --c0 … of the page's style. */
export const COLOURS = 11;
export const colour = (i: number): string => `c${i % COLOURS}`;

const legend = (names: readonly string[], shown?: readonly boolean[]): Html | undefined => (names.length < 2 ? undefined
  : html`<ul class="legend">${names.map((name, i) => (shown?.[i] === false ? undefined
    : html`<li><span class="swatch ${colour(i)}"></span>${name}</li>`))}</ul>`);

export function figure(f: Figure, drawing: Html, numbers: Table, names: readonly string[] = [], shown?: readonly boolean[]): Html {
  const about = f.about === undefined ? undefined : html` <span>${f.about}</span>`;
  return html`<figure><figcaption><strong>${f.title}</strong>${about}</figcaption>
${legend(names, shown)}${drawing}<details><summary>Numbers</summary>${table({ caption: f.title, ...numbers })}</details></figure>
`;
}

/** An svg that screen readers call an image, with a name and a description. */
export function drawing(f: Figure, style: string, content: Content): Html {
  return html`<svg class="plot" role="img" style="${style}"><title>${f.title}</title><desc>${f.about ?? ''}</desc>${content}</svg>`;
}

/** One digit of the small text of axes, in pixels, with some room to spare. */
const DIGIT_PX = 7;

/** Room for the texts of an axis that stand beside it. */
export const textWidth = (texts: readonly string[]): number => DIGIT_PX * Math.max(2, ...texts.map((t) => t.length)) + 10;

/** Nothing but what a reader can see: 12.34 and not 12.339999. */
export const at = (percent: number): string => `${Number(percent.toFixed(2))}%`;

const anchor = (percent: number): string => (percent < 4 ? 'start' : percent > 92 ? 'end' : 'middle');

/** The lines and texts of two axes. */
export function axes(x: Axis, y: Axis, xs: Scale, ys: Scale): Html {
  const across = ys.ticks.map((v) => html`<line class="grid" x1="0" x2="100%" y1="${at(100 - ys.percent(v))}" y2="${
    at(100 - ys.percent(v))}"/><text class="tick" x="-8" y="${at(100 - ys.percent(v))}" dy="4" text-anchor="end">${written(y, v)}</text>`);
  const down = xs.ticks.map((v) =>
    html`<text class="tick" x="${at(xs.percent(v))}" y="100%" dy="18" text-anchor="${anchor(xs.percent(v))}">${written(x, v)}</text>`);
  return html`${across}${down}<text class="axis" x="0" y="0" dy="-10" text-anchor="start">${y.label}</text><text class="axis" x="100%"
 y="100%" dy="36" text-anchor="end">${x.label}</text>`;
}

/** The margins of a plot with axes, and its height. */
export function axesStyle(y: Axis, ys: Scale, height_px = 240): string {
  const left = textWidth(ys.ticks.map((v) => written(y, v)));
  return `height:${height_px}px;margin:24px 12px 44px ${left}px;width:calc(100% - ${left + 12}px)`;
}
