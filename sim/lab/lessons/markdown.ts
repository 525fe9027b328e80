/**
 * The little Markdown that lessons are written in: paragraphs, lists, `code`, **bold**, *emphasis*, [links](#…) and {values} that are
 * looked up in the machine: {server.free} says a number, {… | bytes} and {… | ns} say it with its unit.
 */
import { type Expectation, ExpectError } from '../../host/index.ts';
import { lessonLine } from './names.ts';

export const FORMATS = ['count', 'bytes', 'ns', 'decimal', 'percent', 'rate'] as const;
export type Format = (typeof FORMATS)[number];

export type Span =
  | { readonly kind: 'text' | 'code' | 'bold' | 'em'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly to: string }
  | { readonly kind: 'value'; readonly line: Expectation; readonly format: Format };
export type Block =
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Span[])[] };

const SPAN = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)\s]+)\)|\{([^{}]+)\}/g;
const ITEM = /^(?:-|(\d+)\.) +/;

function lookedUp(inner: string): Span {
  const [path = '', name] = inner.split('|').map((part) => part.trim());
  const format = name === undefined ? 'count' : FORMATS.find((f) => f === name);
  if (!format) throw new ExpectError(`there is no format '${name}'; there are ${FORMATS.join(', ')}`);
  return { kind: 'value', line: lessonLine(path), format };
}

function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const m of text.matchAll(SPAN)) {
    if (m.index > at) spans.push({ kind: 'text', text: text.slice(at, m.index) });
    if (m[1] !== undefined) spans.push({ kind: 'code', text: m[1] });
    else if (m[2] !== undefined) {
      if (m[2].includes('{')) throw new ExpectError(`a value cannot be bold: **${m[2]}**`);
      spans.push({ kind: 'bold', text: m[2] });
    }
    else if (m[3] !== undefined) spans.push({ kind: 'em', text: m[3] });
    else if (m[4] !== undefined) spans.push({ kind: 'link', text: m[4], to: m[5] ?? '' });
    else spans.push(lookedUp(m[6] ?? ''));
    at = m.index + m[0].length;
  }
  if (at < text.length) spans.push({ kind: 'text', text: text.slice(at) });
  return spans;
}

/** Lines of a list item that goes on are indented. */
function listOf(lines: readonly string[]): Block {
  const items: string[] = [];
  for (const line of lines) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ''));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return { kind: 'list', ordered: /^\d/.test(lines[0] ?? ''), items: items.map(spansOf) };
}

/** Throws an ExpectError for a value that cannot be read. */
export function blocksOf(text: string): Block[] {
  return text.split(/\n\s*\n/).map((part) => part.trim()).filter((part) => part !== '').map((part): Block => {
    const lines = part.split('\n');
    return ITEM.test(lines[0] ?? '') ? listOf(lines) : { kind: 'paragraph', spans: spansOf(lines.map((l) => l.trim()).join(' ')) };
  });
}

const spansIn = (block: Block): readonly Span[] => (block.kind === 'list' ? block.items.flat() : block.spans);

/** The values that a text looks up, in their order. */
export const valuesIn = (blocks: readonly Block[]): Expectation[] =>
  blocks.flatMap(spansIn).flatMap((span) => (span.kind === 'value' ? [span.line] : []));

export function textProblems(text: string): string[] {
  try {
    blocksOf(text);
    return [];
  } catch (error) {
    if (error instanceof ExpectError) return [error.message];
    throw error;
  }
}
