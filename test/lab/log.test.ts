/** The log's rows, breakpoints and what dims other views: functions of a moment, whichever way one came. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, KIND, narrate } from '../../sim/host/index.ts';
import { type Lab, type Moment, openLab, type Recording } from '../../sim/lab/index.ts';
import { breakpointStates } from '../../sim/lab/views/breakpoints.ts';
import { logRowOf, logRows, logText, matchingThings } from '../../sim/lab/views/log.ts';
import { playTo } from '../../sim/lab/views/playhead.ts';
import type { Found } from '../../sim/lab/views/find.ts';
import { runTo } from '../../sim/lab/views/stops.ts';

let lab: Lab;
let recording: Recording;
const at = (step: number): Moment => lab.moment({ branch: 0, step });
beforeAll(async () => {
  const core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  lab = openLab(core, { name: 'loss', text: readFileSync(join(root, 'scenarios/loss.yaml'), 'utf8'), sets: [] });
  recording = lab.branch(0).recording.finish();
});

test('without a filter each record is a row, and the playhead stands behind those that are written', () => {
  const moment = at(2000);
  const page = logRows(moment, { filter: '', before: 10, count: 30 });
  const { length } = recording.trace;
  expect(page).toMatchObject({ total: length, scanned: length, now: moment.records, first: moment.records - 10 });
  expect(page.rows).toHaveLength(30);
  for (const r of page.rows) {
    expect(r.record).toBe(r.row);
    expect(r.text).toBe(narrate(recording.trace.record(r.record)));
  }
});

test('with a filter the rows are the records that fit, and a page is the same from wherever one came', () => {
  const params = { filter: 'drop', before: 3, count: 8 };
  const steps = [100, 900, 3000, 5000];
  while (logRows(at(0), params).scanned < recording.trace.length);
  const forward = steps.map((step) => logRows(at(step), params));
  expect([...steps].reverse().map((step) => logRows(at(step), params)).reverse()).toEqual(forward);
  for (const page of forward) {
    expect(page.total).toBeGreaterThan(10);
    for (const r of page.rows) expect(r.event).toBe('drop');
    for (const r of page.rows) expect(r.row < page.now).toBe(r.record < at(steps[forward.indexOf(page)] as number).records);
  }
});

test('a record has a row, and rows can be copied as lines', () => {
  const { rows } = logRows(at(3000), { filter: 'drop', first: 4, before: 0, count: 2 });
  const [row] = rows;
  expect(row && logRowOf(at(0), { filter: 'drop', record: row.record })).toBe(4);
  const lines = logText(at(0), { filter: 'drop', first: 4, count: 2 }).trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain(row?.text);
});

test('packets and buffers fit from the first record about them that does', () => {
  const first = recording.trace.find((b, i) => b.kind(i) === KIND.drop);
  const record = Array.from({ length: recording.trace.length }, (_, i) => i).find((i) => recording.trace.kind(i) === KIND.drop) as number;
  const step = recording.steps.ofRecord(record);
  const ids = [`packet:${first?.pkt_id}`, 'packet:1', `record:${record}`, 'ring:0'];
  const of = (moment: Moment, filter = 'drop') => matchingThings(moment, { filter, ids });
  while (!of(at(0)).whole);
  expect(of(at(step)).fits).toEqual([true, false, true, true]);
  expect(of(at(step - 1)).fits).toEqual([false, false, false, true]);
  expect(of(at(0), '').fits).toEqual([true, true, true, true]);
});

test('a filter that is about no buffer lets all of them be', () => {
  const ask = () => matchingThings(at(3000), { filter: 'drop', ids: ['buffer:1:19000'], cells: [{ host: 1, first: 19_000, count: 3 }] });
  while (!ask().whole);
  expect(ask()).toMatchObject({ fits: [true], cells: [Uint8Array.of(1, 1, 1)] });
});

test('buffers are asked for by the thousand', () => {
  const cells = [{ host: 1, first: 14_000, count: 9000 }];
  const now = at(3000);
  const of = () => matchingThings(now, { filter: 'zc_deliver', ids: [], cells });
  while (!of().whole);
  const lent = new Set<number>();
  for (let i = 0; i < now.records; i++) if (recording.trace.kind(i) === KIND.zc_deliver) lent.add(recording.trace.niovIdx(i));
  const fitting = [...(of().cells[0] ?? [])].flatMap((fits, niov) => (fits ? [14_000 + niov] : []));
  expect(fitting).toEqual([...lent].sort((a, b) => a - b));
  expect(fitting.length).toBeGreaterThan(100);
});

/** Where play stops, one stop after another. */
function stops(from: number, direction: 1 | -1, filter: string): number[] {
  const out: number[] = [];
  for (let step = from; ; ) {
    const { step: to, stopped, ended } = playTo(at(step),
      { time_ns: recording.steps.timeNs(step), unit: 'events', amount: 700, direction, gap_ns: 0, stops: [filter] });
    if (stopped) out.push(to);
    else if (ended) return out;
    step = to;
  }
}

test('play stops at the same steps forward and backward, at each that the condition is met in', () => {
  const filter = 'drop or tcp_retransmit';
  const wanted = new Set<number>();
  for (let i = 0; i < recording.trace.length; i++)
    if ([KIND.drop, KIND.tcp_retransmit].includes(recording.trace.kind(i))) wanted.add(recording.steps.ofRecord(i));
  const forward = stops(0, 1, filter);
  expect(forward).toEqual([...wanted].sort((a, b) => a - b));
  expect(stops(recording.length, -1, filter).reverse()).toEqual(forward);
});

/** The next one; a question has little time, and is asked on from where that was up. */
function found(from: number, direction: 1 | -1, filter: string): Found | undefined {
  for (let next: number | undefined; ; ) {
    const answer = runTo(at(from), { filter, direction, next });
    if (answer.found || answer.next === undefined) return answer.found;
    next = answer.next;
  }
}

test('a run to a condition goes from stop to stop, and back', () => {
  const first = found(0, 1, 'drop');
  const second = found(first?.step as number, 1, 'drop');
  expect(second?.step).toBeGreaterThan(first?.step as number);
  expect(found(second?.step as number, -1, 'drop')).toEqual(first);
  expect(found(first?.step as number, -1, 'drop')).toBeUndefined();
});

test('a breakpoint says what is wrong with it, whether it holds, and how often it was met', () => {
  const filters = ['drop', 'server.queued > 20KiB', 'dorp'];
  let states = breakpointStates(at(4000), { filters });
  while (states.some((s) => !s.whole)) states = breakpointStates(at(4000), { filters });
  expect(states[0]).toMatchObject({ error: '', levels_only: false });
  expect(states[0]?.before).toBeGreaterThan(0);
  expect(states[0]?.before).toBeLessThan(states[0]?.all as number);
  expect(states[1]).toMatchObject({ error: '', levels_only: true });
  expect(states[2]?.error).toContain('did you mean “drop”');
});
