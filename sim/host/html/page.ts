/** A page that needs nothing but itself: no network, no scripts; light or dark as its reader prefers, and light on paper. */
import { type Content, Html, html } from './markup.ts';
import { STYLE } from './style.ts';

export interface Page {
  readonly title: string;
  /** What this is, in a sentence. */
  readonly lead?: Content;
  readonly parts: readonly Html[];
  /** Where it came from. */
  readonly footer?: Content;
}

export const section = (title: string, content: Content, about?: Content): Html =>
  html`<section><h2>${title}</h2>${about === undefined ? undefined : html`<p class="about">${about}</p>`}
${content}</section>
`;

/** What a reader looks for first. */
export const keyFigures = (facts: readonly { readonly name: string; readonly value: string; readonly note?: string }[]): Html =>
  html`<dl class="facts">${facts.map((f) => html`<div><dt>${f.name}</dt><dd>${f.value}${
    f.note === undefined ? undefined : html`<small>${f.note}</small>`}</dd></div>`)}</dl>`;

/** Text as it is: a scenario, a command. */
export const listing = (text: string): Html => html`<pre tabindex="0">${text}</pre>`;

/** The whole file. */
export function page(p: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${p.title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<header><h1>${p.title}</h1>${p.lead === undefined ? undefined : html`<p class="lead">${p.lead}</p>`}</header>
${p.parts}</main>
${p.footer === undefined ? undefined : html`<footer>${p.footer}</footer>`}
</body>
</html>
`.text;
}
