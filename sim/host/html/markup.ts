/** HTML that is safe by its type: text that comes from anywhere else is escaped when it goes in. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Html | string | number | undefined | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function markup(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'object') return content.map(markup).join('');
  return String(content).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}

/** A template whose values are escaped, in text and in quoted attributes; values that are Html stay as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.map((part, i) => part + markup(values[i])).join(''));
}
