/** Tables: a caption, columns with numbers to the right, rows. On a narrow screen they scroll by themselves. */
import { type Content, type Html, html } from './markup.ts';

export interface Column {
  readonly name: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
}

export interface Table {
  readonly caption?: string;
  readonly columns: readonly (string | Column)[];
  readonly rows: readonly (readonly Content[])[];
}

export function table({ caption, columns, rows }: Table): Html {
  const all = columns.map((c): Column => (typeof c === 'string' ? { name: c } : c));
  const side = (i: number) => (all[i]?.right ? html` class="right"` : undefined);
  const cell = (content: Content, i: number) =>
    (i === 0 ? html`<th scope="row"${side(i)}>${content}</th>` : html`<td${side(i)}>${content}</td>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption ?? 'table'}"><table>${
    caption === undefined ? undefined : html`<caption>${caption}</caption>`}<thead><tr>${
    all.map((c, i) => html`<th scope="col"${side(i)}>${c.name}</th>`)}</tr></thead><tbody>${
    rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
}
