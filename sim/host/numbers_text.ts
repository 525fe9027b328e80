/** What a report says about sizes and rates. */
export function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  if (bytes < 10_000_000) return `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} kB`;
  if (bytes < 10_000_000_000) return `${(bytes / 1e6).toFixed(bytes < 100_000_000 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Bits per second over a time. */
export function rateText(bytes: number, ns: number): string {
  if (ns <= 0) return 'no time';
  const gbps = (bytes * 8) / ns;
  if (gbps >= 1) return `${gbps.toFixed(gbps < 10 ? 2 : 1)} Gbit/s`;
  if (gbps >= 0.001) return `${(gbps * 1000).toFixed(gbps < 0.01 ? 2 : 1)} Mbit/s`;
  return `${(gbps * 1e6).toFixed(1)} kbit/s`;
}

export function durationText(ns: number): string {
  if (ns < 10_000) return `${ns} ns`;
  if (ns < 10_000_000) return `${(ns / 1000).toFixed(1)} µs`;
  if (ns < 2_000_000_000) return `${(ns / 1e6).toFixed(1)} ms`;
  return `${(ns / 1e9).toFixed(2)} s`;
}

export function shareText(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  if (part === whole) return '100 %';
  const percent = (100 * part) / whole;
  return percent > 99.9 ? '99.9 %' : `${percent.toFixed(1)} %`;
}

export function countText(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
