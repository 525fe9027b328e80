/** The filter language, on the records of real runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, eventOf, KIND, narrate, NO_BUFFER, readSockets } from '../../sim/host/index.ts';
import { compileFilter, completeFilter, FilterError, levelsOf } from '../../sim/lab/filter/index.ts';
import { FIELDS, LEVELS } from '../../sim/lab/filter/vocabulary.ts';
import { type Lab, openLab, type Recording } from '../../sim/lab/index.ts';
import { findRecord, matches } from '../../sim/lab/views/find.ts';
import { RunSeries } from '../../sim/host/index.ts';

let loss: Lab;
let bulk: Recording;
beforeAll(async () => {
  const core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
  const open = (name: string) => openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets: [] });
  loss = open('loss');
  loss.branch(0).recording.finish();
  bulk = open('bulk').branch(0).recording.finish();
});

function fitting(text: string, recording: Recording): number[] {
  const fits = compileFilter(text);
  return Array.from({ length: recording.trace.length }, (_, i) => i).filter((i) => fits(recording, i));
}
const every = (recording: Recording, of: (i: number) => boolean): number[] =>
  Array.from({ length: recording.trace.length }, (_, i) => i).filter(of);

describe('a filter chooses the records that a test by hand chooses', () => {
  const cases: readonly (readonly [string, (r: Recording, i: number) => boolean])[] = [
    ['drop', ({ trace }, i) => trace.kind(i) === KIND.drop],
    ['event = drop and reason = SIM_WIRE_LOSS', ({ trace }, i) => trace.kind(i) === KIND.drop && trace.a(i) === 1],
    ['stage = tcp and host = server', ({ trace }, i) => eventOf(trace.record(i)).stage === 'tcp' && trace.host(i) === 1],
    ['cqe and flags & F_MORE', ({ trace }, i) => trace.kind(i) === KIND.cqe && (trace.c(i) & 2) !== 0],
    ['cqe and not flags & F_MORE', ({ trace }, i) => trace.kind(i) === KIND.cqe && (trace.c(i) & 2) === 0],
    ['cqe.res < 0 or cqe.res > 2KiB', ({ trace }, i) => trace.kind(i) === KIND.cqe && ((trace.b(i) | 0) < 0 || (trace.b(i) | 0) > 2048)],
    ['time in 100us..200us', ({ trace }, i) => trace.timeNs(i) >= 100_000 && trace.timeNs(i) <= 200_000],
    ['pkt in {3, 5..7} and time < 1ms', ({ trace }, i) => [3, 5, 6, 7].includes(trace.pktId(i)) && trace.timeNs(i) < 1e6],
    ['buf = none and core = none', ({ trace }, i) => trace.niovIdx(i) === NO_BUFFER && trace.core(i) === 0xff],
    ['"receive queue"', ({ trace }, i) => narrate(trace.record(i)).includes('receive queue')],
    ['text ~ /queue of socket \\d+, in order$/', ({ trace }, i) => /queue of socket \d+, in order$/.test(narrate(trace.record(i)))],
    ['ledger and to = live', ({ trace }, i) => trace.kind(i) === KIND.ledger && trace.b(i) === 3],
    ['step = 12', ({ steps }, i) => steps.ofRecord(i) === 12],
    ['softirq && !(tcp || nic)', ({ trace }, i) => trace.context(i) === 2 && !['tcp', 'nic'].includes(eventOf(trace.record(i)).stage)],
    ['tcp_retransmit.len >= 1k', ({ trace }, i) => trace.kind(i) === KIND.tcp_retransmit && trace.c(i) >= 1000],
  ];
  test.each(cases)('%s', (text, by_hand) => {
    const { recording } = loss.branch(0);
    const found = fitting(text, recording);
    expect(found).toEqual(every(recording, (i) => by_hand(recording, i)));
    expect(found.length).toBeGreaterThan(0);
  });
});

test('an empty filter lets everything pass', () => {
  expect(fitting('  ', bulk)).toHaveLength(bulk.trace.length);
});

test('a level of buffers is what the core itself counts, and the sum of all places stays the size of the area', () => {
  const levels = levelsOf(bulk);
  const first = bulk.trace.find((b, i) => b.kind(i) === KIND.ledger);
  expect(first).toBeDefined();
  for (const share of [0.3, 0.6, 1, 0.5]) {
    const step = Math.floor(bulk.length * share);
    const engine = bulk.engineAt(step);
    const at = engine.core.view(10, 0);
    const record = bulk.steps.records(step) - 1;
    const counted = [0, 1, 2, 3].map((n) => engine.view.getUint32(at + n * 4, true));
    expect((['free', 'cache', 'posted', 'live'] as const).map((name) => levels.at(name, 1, record))).toEqual(counted);
  }
  expect(levels.at('free', 0, bulk.trace.length - 1)).toBe(-1);
});

test('the window is what the socket has announced', () => {
  for (const share of [0.2, 0.5, 0.8]) {
    const step = Math.floor(bulk.length * share);
    const socket = readSockets(bulk.engineAt(step)).find((s) => s.host === 1 && s.state === 1);
    expect(levelsOf(bulk).at('window', 1, bulk.steps.records(step) - 1)).toBe(socket?.rcv_wnd);
  }
});

test('the most of each level is that of the report', () => {
  const series = new RunSeries();
  for (const batch of bulk.trace.batches) series.add(batch);
  const most = (name: 'queued' | 'rq' | 'rx' | 'link' | 'cq') => {
    let peak = 0;
    for (let i = 0; i < bulk.trace.length; i++) peak = Math.max(peak, levelsOf(bulk).at(name, 1, i));
    return peak;
  };
  const { queued, refills, frames, link, completions } = series.hosts[1];
  expect([most('queued'), most('rq'), most('rx'), most('link'), most('cq')])
    .toEqual([queued.most, refills.most, frames.most, link.most, completions.most]);
});

test('a condition of levels is found where it begins to hold, the same ones backward as forward', () => {
  const moment = loss.moment({ branch: 0, step: 0 });
  const filter = 'server.queued > 20KiB';
  const all = (direction: 1 | -1) => {
    const out: number[] = [];
    let from = direction > 0 ? -1 : moment.recording.trace.length;
    for (;;) {
      const { found, next } = findRecord(moment, { filter, from, direction, budget_ms: 1000 });
      if (!found && next === undefined) return out;
      if (found) out.push(found.record);
      from = found?.record ?? (next as number);
    }
  };
  const forward = all(1);
  expect(forward.length).toBeGreaterThan(1);
  expect(all(-1).reverse()).toEqual(forward);
  const levels = levelsOf(moment.recording);
  for (const i of forward) {
    expect(levels.at('queued', 1, i)).toBeGreaterThan(20 * 1024);
    expect(levels.at('queued', 1, i - 1)).toBeLessThanOrEqual(20 * 1024);
  }
});

test('a search that has no time left says where to go on', () => {
  const moment = loss.moment({ branch: 0, step: 0 });
  const first = findRecord(moment, { filter: '"no such sentence"', from: -1, direction: 1, budget_ms: 0 });
  expect(first.found).toBeUndefined();
  expect(first.next).toBeGreaterThanOrEqual(0);
  const whole = findRecord(moment, { filter: '"no such sentence"', from: first.next as number, direction: 1, budget_ms: 10_000 });
  expect(whole).toEqual({ found: undefined, next: undefined, recording: false });
});

test('records are asked for by the hundred', () => {
  const moment = loss.moment({ branch: 0, step: 0 });
  const drops = fitting('drop', moment.recording);
  expect([...matches(moment, { filter: 'drop', records: [0, drops[0] as number, drops[1] as number, 1] })]).toEqual([0, 1, 1, 0]);
});

describe('what is wrong is said, and where', () => {
  test.each([
    ['evnt = cqe', 'did you mean “event”', 0, 4],
    ['event = cqee', 'did you mean “cqe”', 8, 4],
    ['cqe and', 'expected a field', 7, 0],
    ['cqe res', 'expected “and”, “or” or the end', 4, 3],
    ['(cqe or drop', 'expected “)”', 12, 0],
    ['time > 5KiB', '“time” is a time, and not bytes', 7, 4],
    ['len > 10us', '“len” is bytes, and not a time', 6, 4],
    ['time > 5parsecs', '“parsecs” is no unit', 7, 8],
    ['"open', 'without its closing quote', 0, 5],
    ['text ~ /(/', 'Invalid regular expression', 7, 3],
    ['res = "abc"', 'a text is looked for with', 6, 5],
    ['pkt ~ 5', '~ is for “text”', 0, 7],
    ['host = servr', 'did you mean “server”', 7, 5],
    ['len = open', '“len” is a number', 6, 4],
    ['pkt > {1, 2}', '“>” wants one value', 0, 12],
  ])('%s', (text, message, at, length) => {
    let error: unknown;
    try {
      compileFilter(text);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(FilterError);
    expect(error).toMatchObject({ message: expect.stringContaining(message), at, length });
  });
});

describe('completion offers what may stand there', () => {
  const offered = (text: string) => completeFilter(text, text.length).options.map((o) => o.text);
  test.each([
    ['', 'cqe and res < 0'], ['ev', 'event'], ['event = c', 'cqe'], ['drop and reason = SIM', 'SIM_WIRE_LOSS'], ['host = ', 'server'],
    ['flags & ', 'F_MORE'], ['pkt ', '='], ['pkt = 5 ', 'and'], ['drop ', 'or'], ['event in {cqe, dr', 'drop'], ['to = ', 'CLOSE_WAIT'],
    ['res = -ENOB', 'ENOBUFS'], ['pkt = 5 and ho', 'host'], ['server.f', 'server.free'],
  ])('%s', (text, option) => {
    expect(offered(text)).toContain(option);
  });

  test('each thing that is offered at the beginning is understood', () => {
    const { options } = completeFilter('', 0);
    expect(options.length).toBeGreaterThan(40);
    for (const { text } of options) if (text !== 'not' && text !== 'text') expect(() => compileFilter(text)).not.toThrow();
  });

  test('an option replaces the whole word', () => {
    expect(completeFilter('drop and resn = 1', 11)).toMatchObject({ from: 9, to: 13 });
  });
});

describe('the page about the language', () => {
  const page = readFileSync(join(root, 'docs/filter.md'), 'utf8');

  test('has examples that are well said', () => {
    const examples = page.split('\n').filter((line) => line.startsWith('    ')).map((line) => line.trim());
    expect(examples.length).toBeGreaterThan(8);
    for (const example of examples) expect(() => compileFilter(example), example).not.toThrow();
  });

  test('names every field and level', () => {
    for (const { name } of [...FIELDS, ...LEVELS]) expect(page).toMatch(new RegExp(`^\\|[^|]*\`${name}\``, 'm'));
  });
});
