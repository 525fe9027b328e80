/** The search for the first difference must itself be right, or a failing run would be explained by the wrong event. */
import { expect, test } from 'vitest';
import { EVENTS } from '../../sim/schema/events.ts';
import type { TraceRecord } from '../../sim/host/trace.ts';
import { divergenceText, firstDivergence } from './divergence.ts';

const kind = (name: string) => EVENTS.findIndex((e) => e.name === name) + 1;
const record = (i: number, change: Partial<TraceRecord> = {}): TraceRecord => ({
  time_ns: i * 10, kind: kind('wire_send'), host: 0, context: 0, core: 0xff, pkt_id: i + 1, niov_idx: 0xffffffff,
  a: 1514, b: i, c: 0, ...change,
});
const trace = (n: number) => Array.from({ length: n }, (_, i) => record(i));

test('equal traces do not part', () => {
  expect(firstDivergence(trace(100), trace(100))).toBeUndefined();
  expect(firstDivergence([], [])).toBeUndefined();
});

const COLUMNS = ['time_ns', 'kind', 'host', 'context', 'core', 'pkt_id', 'niov_idx', 'a', 'b', 'c'] as const;
test.each(COLUMNS)('a difference in %s is found', (column) => {
  const other = trace(100);
  const at = other[41] as TraceRecord;
  other[41] = { ...at, [column]: at[column] + 1 };
  other[80] = record(80, { a: 7 });
  expect(firstDivergence(trace(100), other)?.index).toBe(41);
});

test('a trace that ends early parts where it ends, whichever side it is on', () => {
  expect(firstDivergence(trace(100), trace(60))).toMatchObject({ index: 60, right: undefined });
  expect(firstDivergence(trace(60), trace(100))).toMatchObject({ index: 60, left: undefined });
});

test('the text names the event, its time and its words', () => {
  const other = [...trace(3), record(3, { a: 60 })];
  const text = divergenceText(firstDivergence(trace(4), other), ['release', 'debug']);
  expect(text).toContain('trace record 3');
  expect(text).toContain('release: 30 ns  host 0  wire_send  packet=4  len=1514');
  expect(text).toContain('debug: 30 ns  host 0  wire_send  packet=4  len=60');
});
