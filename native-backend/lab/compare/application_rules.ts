/** What rules make of applications' lines (docs/native.md): they take away what depends on who was faster. */
import type { TraceLine } from '../../../sim/host/index.ts';

/** Results that say that something ran short: what was to be received is received later. */
const SHORTNESS = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM', 'ENOSPC']);
/** An end for which the completion queue has no room comes with the last data (io_uring/net.c: io_recv_finish). */
const FULL = 'BUFFER';
const DISTANCE: Readonly<Record<string, readonly string[]>> = {
  stream: ['bytes', 'sha256', 'zeroCopyBytes', 'copiedBytes', 'ended', 'err'], refill: ['lent_bytes'], grammar: ['errors'],
};

/** Lines of operations without some names in one of their lists. */
function withoutNames(lines: readonly TraceLine[], key: 'errors' | 'ends', goes: (name: string) => boolean): TraceLine[] {
  return lines.map((line) => {
    const names = line.e === 'grammar' && Array.isArray(line[key]) ? line[key].map(String) : [];
    return names.some(goes) ? { ...line, [key]: names.filter((name) => !goes(name)) } : line;
  });
}

export const withoutShortness = (lines: readonly TraceLine[]): TraceLine[] => withoutNames(lines, 'errors', (name) => SHORTNESS.has(name));
export const withoutFullEnds = (lines: readonly TraceLine[]): TraceLine[] => withoutNames(lines, 'ends', (name) => name === FULL);

/** With one connection that came to no end, what the host lent and which errors it saw is of that kind too. */
export function withoutDistance(lines: readonly TraceLine[]): TraceLine[] {
  const incomplete = (line: TraceLine) => line.e === 'stream' && line.complete !== true;
  const some = lines.some(incomplete);
  return lines.map((line) => {
    const keys = incomplete(line) || (line.e !== 'stream' && some) ? DISTANCE[line.e] ?? [] : [];
    const left = Object.entries(line).filter(([k]) => !keys.includes(k));
    return left.length === Object.keys(line).length ? line : Object.fromEntries(left) as TraceLine;
  });
}
