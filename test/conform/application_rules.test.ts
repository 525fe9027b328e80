/** Lines of applications are compared by what is promised, and by all of that: what rules declare, they declare narrowly. */
import { describe, expect, test } from 'vitest';
import { compareTraces } from '../../native-backend/lab/index.ts';
import type { TraceLine } from '../../sim/host/index.ts';

const stream = (more: Partial<TraceLine> = {}): TraceLine => ({
  i: 2, e: 'stream', host: 'server', conn: 0, bytes: 100, sha256: 'aa', complete: true, zeroCopyBytes: 100, copiedBytes: 0, ended: 0,
  returned_once: true, ...more,
});
const grammar = (...errors: readonly string[]): TraceLine => ({
  i: 2, e: 'grammar', host: 'server', op: 'RECV_ZC', shots: ['MORE'], ends: [''], errors, one_end: true,
});
const run = (...lines: readonly TraceLine[]): TraceLine[] => [
  { i: 2, e: 'app', host: 'server', role: 'sink', receive: 'zc' }, ...lines, { i: 3, e: 'end' },
];
const WHERE = { scenario: 'bulk', kind: 'apps', target: 'nic', kernel: '7.3.4' } as const;
const compare = (native: readonly TraceLine[], simulated: readonly TraceLine[]) => compareTraces({ native, simulated }, 'exact', WHERE);
const outcome = (...sides: Parameters<typeof compare>) => compare(...sides).outcome;
const declared = (...sides: Parameters<typeof compare>) => {
  const comparison = compare(...sides);
  return [comparison.outcome, ...comparison.declared.map((d) => d.rule.name)];
};
const part = { complete: false, bytes: 50, sha256: 'bb', zeroCopyBytes: 50 };

describe('declared', () => {
  test('that one of them ran short of something for a moment', () => {
    expect(declared(run(stream(), grammar('ENOSPC')), run(stream(), grammar()))).toEqual(['declared', 'ran short']);
  });
  test('that the completion queue of one of them had no room for an end of its own', () => {
    const full = { ...grammar(), ends: ['', 'BUFFER'] };
    expect(declared(run(stream(), full), run(stream(), grammar()))).toEqual(['declared', 'end without room']);
  });
  test('that connections which came to no end came to different places', () => {
    const reset = { ...part, bytes: 60, ended: -104, err: 'ECONNRESET' };
    expect(declared(run(stream(reset), grammar('ECONNRESET')), run(stream(part), grammar()))).toEqual(['declared', 'how far']);
  });
  test('that the source of one of them had sent all, and waited for the end', () => {
    const source: TraceLine = { i: 2, e: 'app', host: 'client', role: 'source' };
    const waits = { ...grammar(), host: 'client', op: 'RECV' };
    expect(declared(run(source, stream(part), waits), run(source, stream(part)))).toEqual(['declared', 'how far']);
    expect(outcome(run(source, stream(), waits), run(source, stream()))).toBe('different');
    expect(outcome(run(source, stream(part), { ...waits, host: 'server' }), run(source, stream(part)))).toBe('different');
  });
});

test('remarks and speeds on one side are no difference', () => {
  const remark = { i: 2, e: 'remark', host: 'server', text: 'x' };
  const more = run(remark, stream(), { i: 2, e: 'speed', ns: 1 }, { i: 3, e: 'nic', host: 'server' });
  expect(outcome(more, run(stream()))).toBe('equal');
});

describe('different', () => {
  test.each<[string, Partial<TraceLine>]>([
    ['other bytes', { sha256: 'bb' }], ['fewer bytes', { bytes: 99 }], ['copies', { zeroCopyBytes: 0, copiedBytes: 100 }],
    ['no end', part], ['a buffer that was lent twice', { returned_once: false }], ['another connection', { conn: 1 }],
  ])('%s', (_, more) => {
    expect(outcome(run(stream(more)), run(stream()))).toBe('different');
  });
  test('an error that nobody who ran short gets, and a request that ended twice', () => {
    expect(outcome(run(stream(), grammar('EFAULT')), run(stream(), grammar()))).toBe('different');
    expect(outcome(run(stream(), { ...grammar(), one_end: false }), run(stream(), grammar()))).toBe('different');
  });
  test.each<[string, Partial<TraceLine>]>([
    ['without a byte', { bytes: 0 }], ['with copies where there were none', { copiedBytes: 1 }],
    ['that ended by an error which nobody gets by leaving', { ended: -14, err: 'EFAULT' }], ['of another number', { conn: 1 }],
  ])('a connection that came to no end, %s', (_, more) => {
    expect(outcome(run(stream({ ...part, ...more })), run(stream(part)))).toBe('different');
  });
  test('an error of a request and buffers that were never lent, beside a connection that came to no end', () => {
    const refill = (lent_bytes: number): TraceLine => ({ i: 2, e: 'refill', host: 'server', lent_bytes, returned: 'some', twice: false });
    expect(outcome(run(stream(part), grammar('EFAULT')), run(stream(part), grammar()))).toBe('different');
    expect(outcome(run(stream(part), refill(0)), run(stream(part), refill(50)))).toBe('different');
  });
  test('a buffer that was lent twice on a connection that came to no end', () => {
    expect(outcome(run(stream({ ...part, returned_once: false })), run(stream(part)))).toBe('different');
  });
});
