/** What somebody types to find a thing: `packet 12`, `buffer 7` of the server, `sock 2`, `ring 0`, `record 100`. */
const FORMS: readonly (readonly [RegExp, (m: RegExpExecArray) => string])[] = [
  [/^(?:p|pkt|packet)\s*[:#]?\s*(\d+)$/i, (m) => `packet:${m[1]}`],
  [/^(?:b|buf|buffer)\s*[:#]?\s*([01])\s*[: ]\s*(\d+)$/i, (m) => `buffer:${m[1]}:${m[2]}`],
  [/^(client|server)\s+(?:b|buf|buffer)\s*(\d+)$/i, (m) => `buffer:${m[1]?.toLowerCase() === 'client' ? 0 : 1}:${m[2]}`],
  [/^(?:b|buf|buffer)\s*[:#]?\s*(\d+)$/i, (m) => `buffer:1:${m[1]}`],
  [/^(?:cqe|completion)\s*[:#]?\s*(\d+)$/i, (m) => `cqe:${m[1]}`],
  [/^(?:req|request)\s*[:#]?\s*(\d+)$/i, (m) => `request:${m[1]}`],
  [/^(?:s|sock|socket)\s*[:#]?\s*(\d+)$/i, (m) => `sock:${m[1]}`],
  [/^ring\s*[:#]?\s*(\d+)$/i, (m) => `ring:${m[1]}`],
  [/^(?:r|rec|record)?\s*[:#]?\s*(\d+)$/i, (m) => `record:${m[1]}`],
  [/^((?:slot|rxd):[\w:]+)$/i, (m) => m[1] as string],
];

export function idOfText(text: string): string | undefined {
  for (const [form, id] of FORMS) {
    const match = form.exec(text.trim());
    if (match) return id(match);
  }
  return undefined;
}
