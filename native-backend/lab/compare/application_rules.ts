/** What rules make of applications' lines (docs/native.md): they take away what depends on who was faster. */
import type { TraceLine } from '../../../sim/host/index.ts';

/** Results that say that something ran short: what was to be received is received later. */
const SHORTNESS = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM', 'ENOSPC']);
/** An end for which the completion queue has no room comes with the last data (io_uring/net.c: io_recv_finish). */
const FULL = 'BUFFER';
/** By which a connection ends that somebody left early; any other error is a difference. */
const LEFT = new Set(['ECONNRESET', 'EPIPE', 'ECANCELED', 'ETIMEDOUT', ...SHORTNESS]);

/** Lines of operations without some names in one of their lists. */
function withoutNames(lines: readonly TraceLine[], key: 'errors' | 'ends', goes: (name: string) => boolean): TraceLine[] {
  return lines.map((line) => {
    const names = line.e === 'grammar' && Array.isArray(line[key]) ? line[key].map(String) : [];
    return names.some(goes) ? { ...line, [key]: names.filter((name) => !goes(name)) } : line;
  });
}

export const withoutShortness = (lines: readonly TraceLine[]): TraceLine[] => withoutNames(lines, 'errors', (name) => SHORTNESS.has(name));
export const withoutFullEnds = (lines: readonly TraceLine[]): TraceLine[] => withoutNames(lines, 'ends', (name) => name === FULL);

const some = (n: unknown) => (Number(n) > 0 ? 'some' : 'none');

/** A connection that came to no end: whether bytes came, not how many, and none of the errors by which one is left early. */
function incompleteStream(line: TraceLine): TraceLine {
  const { sha256, zeroCopyBytes, copiedBytes, ended, err, ...rest } = line;
  const ways = { ...(zeroCopyBytes === undefined ? {} : { zeroCopyBytes: some(zeroCopyBytes), copiedBytes: some(copiedBytes) }) };
  const end = err !== undefined && !LEFT.has(String(err)) ? { ended, err } : {};
  return { ...rest, bytes: some(line.bytes), ...ways, ...end } as TraceLine;
}

/**
 * With one connection that came to no end, what the host lent and by which errors requests ended is of that kind too, and whether the
 * source had sent all and waited for the end of the stream.
 */
export function withoutDistance(lines: readonly TraceLine[]): TraceLine[] {
  const incomplete = (line: TraceLine) => line.e === 'stream' && line.complete !== true;
  if (!lines.some(incomplete)) return [...lines];
  const sources = lines.filter((line) => line.e === 'app' && line.role === 'source').map((line) => line.host);
  const waits = (line: TraceLine) => line.e === 'grammar' && line.op === 'RECV' && sources.includes(line.host);
  return withoutNames(lines.filter((line) => !waits(line)), 'errors', (name) => LEFT.has(name)).map((line) => {
    if (incomplete(line)) return incompleteStream(line);
    return line.e === 'refill' ? { ...line, lent_bytes: some(line.lent_bytes) } : line;
  });
}
