/**
 * What of applications' lines is compared (docs/native.md): what the interface promises. Who was faster is no promise: whether somebody
 * ran short of something for a moment, and how far a connection came that did not come to its end.
 */
import type { TraceLine } from '../../../sim/host/index.ts';

/** Results that say that something ran short: what was to be received is received later. */
const PRESSURE = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM', 'ENOSPC']);
/** An end for which the completion queue has no room comes with the last data (io_uring/net.c: io_recv_finish). */
const FULL = 'BUFFER';
const HOW_FAR: Readonly<Record<string, readonly string[]>> = {
  stream: ['bytes', 'sha256', 'zeroCopyBytes', 'copiedBytes', 'ended', 'err'], refill: ['lent_bytes'], grammar: ['errors'],
};

const withoutKeys = (line: TraceLine, keys: readonly string[]): TraceLine =>
  Object.fromEntries(Object.entries(line).filter(([k]) => !keys.includes(k))) as TraceLine;

function calm(line: TraceLine): TraceLine {
  if (line.e !== 'grammar') return line;
  const names = (key: string) => (Array.isArray(line[key]) ? line[key] : []).map(String);
  const errors = 'errors' in line ? { errors: names('errors').filter((name) => !PRESSURE.has(name)) } : {};
  return { ...line, ends: names('ends').filter((pattern) => pattern !== FULL), ...errors };
}

export const ofApplications = (lines: readonly TraceLine[]): boolean => lines.some((l) => l.e === 'app');

export function foldApplications(lines: readonly TraceLine[]): TraceLine[] {
  const whole = lines.every((l) => l.e !== 'stream' || l.complete === true);
  return lines.map((line) => {
    const incomplete = line.e === 'stream' ? line.complete !== true : !whole;
    return calm(incomplete ? withoutKeys(line, HOW_FAR[line.e] ?? []) : line);
  });
}
