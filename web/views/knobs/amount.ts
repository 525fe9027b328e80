/** Times and counts as people type them. */
const SIZES: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };

/** `100us`, `1.5 ms`, `64`; undefined: no whole number of nanoseconds or things. */
export function amountOf(text: string, unit: 'ns' | 'count'): number | undefined {
  const m = /^(\d+(?:\.\d+)?)\s*([a-zµ]*)$/.exec(text.trim());
  if (!m) return undefined;
  const size = m[2] === '' ? 1 : unit === 'ns' ? SIZES[m[2] as string] : undefined;
  const value = size === undefined ? Number.NaN : Math.round(Number(m[1]) * size * 1000) / 1000;
  return Number.isSafeInteger(value) ? value : undefined;
}

export function amountText(value: number, unit: 'ns' | 'count'): string {
  if (unit === 'count') return String(value);
  const [name, size] = Object.entries({ s: 1e9, ms: 1e6, us: 1e3, ns: 1 }).find(([, s]) => value >= s && value % s === 0) ?? ['ns', 1];
  return `${value / size}${name}`;
}
