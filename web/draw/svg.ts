/** A scene as SVG text. */
import { FONT_MONO, FONT_SANS, STROKES } from './paint.ts';
import type { Ink, Palette } from './palette.ts';
import { type CellsItem, type Item, type Pattern, type Scene, sectorPoint } from './scene.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c);
const n = (x: number): string => String(Math.round(x * 100) / 100);

class SvgWriter {
  readonly #palette: Palette;
  readonly #patterns = new Map<string, string>();

  constructor(palette: Palette) {
    this.#palette = palette;
  }

  write(scene: Scene): string {
    const body = scene.items.map((item) => this.#item(item)).join('\n');
    const size = `width="${n(scene.width)}" height="${n(scene.height)}" viewBox="0 0 ${n(scene.width)} ${n(scene.height)}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">
<title>${escaped(scene.table.caption)}</title><desc>${escaped(scene.narration)}</desc>
<defs>${[...this.#patterns.values()].join('')}</defs>
<rect width="100%" height="100%" fill="${this.#palette.card}"/>
${body}
</svg>
`;
  }

  #item(item: Item): string {
    const alpha = item.alpha === undefined || item.alpha === 1 ? '' : ` opacity="${n(item.alpha)}"`;
    const title = item.label ? `<title>${escaped(item.label)}</title>` : '';
    switch (item.kind) {
      case 'text': {
        const family = item.mono ? FONT_MONO : FONT_SANS;
        const font = `font-family='${family}' font-size="${item.size ?? 13}" font-weight="${item.weight ?? 400}"`;
        return `<text x="${n(item.x)}" y="${n(item.y)}" ${font} text-anchor="${item.anchor ?? 'start'}" ` +
          `fill="${this.#palette[item.fill]}"${alpha}>${escaped(item.text)}</text>`;
      }
      case 'cells': return this.#cells(item);
      case 'rect':
        return `<rect x="${n(item.x)}" y="${n(item.y)}" width="${n(Math.max(0, item.w))}" height="${n(Math.max(0, item.h))}" ` +
          `rx="${item.radius ?? 0}" ${this.#style(item)}${alpha}>${title}</rect>`;
      case 'circle': return `<circle cx="${n(item.x)}" cy="${n(item.y)}" r="${n(item.r)}" ${this.#style(item)}${alpha}>${title}</circle>`;
      case 'sector': return `<path d="${sectorPath(item)}" ${this.#style(item)}${alpha}>${title}</path>`;
      case 'path': {
        const points: string[] = [];
        for (let i = 0; i + 1 < item.points.length; i += 2)
          points.push(`${n(item.points[i] as number)},${n(item.points[i + 1] as number)}`);
        const shape = item.closed ? 'polygon' : 'polyline';
        return `<${shape} points="${points.join(' ')}" ${this.#style(item)}${alpha}>${title}</${shape}>`;
      }
    }
  }

  #cells(item: CellsItem): string {
    const step = item.size + item.gap;
    const at = (i: number) => [item.x + (i % item.columns) * step, item.y + Math.floor(i / item.columns) * step] as const;
    const paths = item.styles.map((style, wanted) => {
      let d = '';
      item.values.forEach((value, i) => {
        if (value === wanted) d += `M${n(at(i)[0])} ${n(at(i)[1])}h${n(item.size)}v${n(item.size)}h${n(-item.size)}z`;
      });
      const look = `fill="${this.#fill(style.fill, style.pattern)}"${item.alpha === undefined ? '' : ` opacity="${n(item.alpha)}"`}`;
      return d === '' ? '' : `<path d="${d}" ${look}><title>${escaped(style.label)}</title></path>`;
    });
    const marks = (item.marked ?? []).map((i) =>
      `<rect x="${n(at(i)[0] - 1)}" y="${n(at(i)[1] - 1)}" width="${n(item.size + 2)}" height="${n(item.size + 2)}" fill="none" ` +
      `stroke="${this.#palette.select}" stroke-width="2"/>`);
    return [...paths, ...marks].join('');
  }

  #style(item: { fill?: Ink; pattern?: Pattern; stroke?: Ink; width?: number; dash?: readonly number[] }): string {
    const stroke = item.stroke ? ` stroke="${this.#palette[item.stroke]}" stroke-width="${item.width ?? 1}"` : '';
    const dash = item.dash ? ` stroke-dasharray="${item.dash.join(' ')}"` : '';
    return `fill="${item.fill ? this.#fill(item.fill, item.pattern ?? 'plain') : 'none'}"${stroke}${dash}`;
  }

  #fill(ink: Ink, pattern: Pattern): string {
    if (pattern === 'plain') return this.#palette[ink];
    const id = `${ink}-${pattern}`;
    const [ground, line] = pattern === 'hollow' ? [this.#palette.card, this.#palette[ink]] : [this.#palette[ink], this.#palette.card];
    const strokes = STROKES[pattern].map(([x0, y0, x1, y1]) => `<path d="M${x0} ${y0}L${x1} ${y1}" stroke="${line}"/>`).join('');
    const tile = `<rect width="6" height="6" fill="${ground}"/>${strokes}`;
    this.#patterns.set(id, `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse">${tile}</pattern>`);
    return `url(#${id})`;
  }
}

function sectorPath(s: Extract<Item, { kind: 'sector' }>): string {
  const p = (radius: number, turn: number) => sectorPoint(s, radius, turn).map(n).join(' ');
  const large = s.to - s.from > 0.5 ? 1 : 0;
  return `M${p(s.outer, s.from)}A${n(s.outer)} ${n(s.outer)} 0 ${large} 1 ${p(s.outer, s.to)}` +
    `L${p(s.inner, s.to)}A${n(s.inner)} ${n(s.inner)} 0 ${large} 0 ${p(s.inner, s.from)}Z`;
}

export const sceneSvg = (scene: Scene, palette: Palette): string => new SvgWriter(palette).write(scene);
