/** Traces made by hand: every class of difference is told as what it is, every manner of comparing lets pass what it says. */
import { describe, expect, test } from 'vitest';
import { bothRows, compareTraces, kernelSets, readGolden, type Rule, RULES, type Where } from '../../native-backend/lab/index.ts';
import { foldTrace } from '../../native-backend/lab/compare/fold.ts';
import type { TraceLine } from '../../sim/host/index.ts';

const WHERE: Where = { scenario: 'conform/made-up', kind: 'steps', target: 'host', kernel: '7.3.4' };
const cqe = (i: number, ud: string, res: number, more: Partial<TraceLine> = {}): TraceLine => (
  { i, e: 'cqe', r: 0, ud, res, fl: [], seq: 0, ...more });
const ret = (i: number, step: string, value: number, more: Partial<TraceLine> = {}): TraceLine => (
  { i, e: 'ret', step, ret: value, ...more });
const END: TraceLine = { i: 99, e: 'end' };
const compare = (native: readonly TraceLine[], simulated: readonly TraceLine[], how: Parameters<typeof compareTraces>[1] = 'exact',
  rules: readonly Rule[] = []) => compareTraces({ native, simulated }, how, WHERE, rules);

describe('the first difference has a class', () => {
  const rings = (head: number): TraceLine => ({ i: 3, e: 'rings', r: 0, sq: { head: 0 }, cq: { head } });
  test.each<[string, string, TraceLine[], TraceLine[]]>([
    ['two completions in another order', 'order', [cqe(1, '7', 0), cqe(1, '8', 0)], [cqe(1, '8', 0), cqe(1, '7', 0)]],
    ['a completion that is not there', 'count', [cqe(1, '7', 0), cqe(1, '8', 0)], [cqe(1, '8', 0)]],
    ['a completion too many at the end', 'count', [cqe(1, '7', 0)], [cqe(1, '7', 0), cqe(1, '7', 0)]],
    ['another number of completions', 'count', [ret(1, 'drain', 2)], [ret(1, 'drain', 1)]],
    ['steps in another order', 'order', [ret(1, 'submit', 1), cqe(2, '7', 0)], [cqe(2, '7', 0), ret(1, 'submit', 1)]],
    ['another result', 'res', [cqe(1, '7', -105, { err: 'ENOBUFS' })], [cqe(1, '7', 0)]],
    ['another result of a call', 'res', [ret(1, 'zcrx.reg', -22, { err: 'EINVAL' })], [ret(1, 'zcrx.reg', -34, { err: 'ERANGE' })]],
    ['other flags', 'flags', [cqe(1, '7', 5, { fl: ['BUF:0', 'MORE'] })], [cqe(1, '7', 5, { fl: ['BUF:0'] })]],
    ['another cursor of a ring', 'ring', [rings(1)], [rings(2)]],
    ['another cursor of a refill ring', 'ring', [{ i: 1, e: 'rq', head: 0, tail: 4 }], [{ i: 1, e: 'rq', head: 1, tail: 4 }]],
    ['other bytes', 'data', [cqe(1, '7', 5, { crc: '00000001' })], [cqe(1, '7', 5, { crc: '00000002' })]],
    ['bytes at another place', 'data', [cqe(1, '7', 5, { off: { area: 0, niov: 3, at: 0 } })],
      [cqe(1, '7', 5, { off: { area: 0, niov: 2, at: 0 } })]],
    ['another hash of a stream', 'data', [{ i: 1, e: 'stream', host: 'server', conn: 0, bytes: 5, sha256: 'aa', ended: 0 }],
      [{ i: 1, e: 'stream', host: 'server', conn: 0, bytes: 5, sha256: 'bb', ended: 0 }]],
    ['another end of a stream', 'res', [{ i: 1, e: 'stream', host: 'server', conn: 0, bytes: 5, sha256: 'aa', ended: -104 }],
      [{ i: 1, e: 'stream', host: 'server', conn: 0, bytes: 5, sha256: 'bb', ended: 0 }]],
  ])('%s: %s', (_, cls, native, simulated) => {
    const before = ret(0, 'ring.init', 0);
    const { outcome, difference } = compare([before, ...native, END], [before, ...simulated, END]);
    expect({ outcome, class: difference?.class, at: difference?.at }).toEqual({ outcome: 'different', class: cls, at: difference?.at });
    expect(difference?.at).toBeGreaterThan(0);
  });

  test('equal traces have none, whatever the first lines and the order of keys say', () => {
    const caps = (kernel: string): TraceLine => ({ i: -1, e: 'caps', kernel });
    const turned: TraceLine = { seq: 0, fl: [], res: 0, ud: '7', r: 0, e: 'cqe', i: 1 };
    const same = compare([caps('7.3.4'), cqe(1, '7', 0), END], [caps('7.3'), turned, END]);
    expect(same).toMatchObject({ outcome: 'equal', declared: [] });
    expect(same.difference).toBeUndefined();
  });

  test('a trace that is longer differs where the other ends', () => {
    expect(compare([END], [END, END]).difference).toMatchObject({ class: 'count', at: 1, native: undefined, simulated: END });
  });
});

describe('await: completions behind an await may come in any order', () => {
  const awaited: TraceLine = { i: 1, e: 'await', nr: 2, reached: true };
  const [a, b] = [cqe(2, '7', 0, { seq: 0 }), cqe(2, '8', 0, { seq: 1 })];
  test('in one drain', () => {
    const turned = [cqe(2, '8', 0, { seq: 0 }), cqe(2, '7', 0, { seq: 1 })];
    expect(compare([awaited, a, b, END], [awaited, ...turned, END], 'await').outcome).toBe('equal');
    expect(compare([awaited, a, b, END], [awaited, ...turned, END]).outcome).toBe('different');
  });
  test('but not those of one request, and not without the await', () => {
    const first = cqe(2, '7', 5, { fl: ['MORE'] });
    const last = cqe(2, '7', 0);
    expect(compare([awaited, first, last, END], [awaited, last, first, END], 'await').difference?.class).toBe('res');
    expect(compare([a, b, END], [b, a, END], 'await').difference?.class).toBe('order');
  });
});

describe('stream: not how bytes were cut', () => {
  const data = (i: number, res: number, more: Partial<TraceLine> = {}) =>
    cqe(i, '7', res, { fl: ['MORE'], off: { area: 0, niov: i, at: 0 }, ok: true, ...more });
  const eof = cqe(9, '7', 0);
  const whole = [ret(1, 'submit', 1), data(2, 3000), eof, END];
  test('the same bytes in other pieces, seen at other steps, are equal', () => {
    const pieces = [ret(1, 'submit', 1), ret(2, 'drain', 2), data(2, 1000), data(3, 1500), ret(3, 'wait', 0), data(4, 500), eof, END];
    expect(compare(whole, pieces, 'stream').outcome).toBe('equal');
    expect(foldTrace(pieces, 'stream').map((r) => r.line)).toEqual([
      ret(1, 'submit', 1), { i: 99, e: 'flow', r: 0, ud: '7', bytes: 3000, fl: ['MORE'], right: true, ends: ['0'] }, END,
    ]);
  });
  test.each<[string, string, TraceLine[]]>([
    ['other bytes', 'data', [ret(1, 'submit', 1), data(2, 2999), eof, END]],
    ['a wrong byte', 'data', [ret(1, 'submit', 1), data(2, 2000), data(2, 1000, { ok: false }), eof, END]],
    ['another end', 'res', [ret(1, 'submit', 1), data(2, 3000), cqe(9, '7', -28, { err: 'ENOSPC' }), END]],
    ['no end', 'res', [ret(1, 'submit', 1), data(2, 3000), END]],
    ['another flag', 'flags', [ret(1, 'submit', 1), data(2, 3000, { fl: ['MORE', 'F32'] }), eof, END]],
    ['another result of a call', 'res', [ret(1, 'submit', -22, { err: 'EINVAL' }), data(2, 3000), eof, END]],
    ['a wait that failed', 'count', [ret(1, 'submit', 1), ret(2, 'wait', -62, { err: 'ETIME' }), data(2, 3000), eof, END]],
  ])('%s: %s', (_, cls, other) => {
    expect(compare(whole, other, 'stream').difference?.class).toBe(cls);
  });
  test('ends that repeat count once, and a label begins anew', () => {
    const full = (i: number) => cqe(i, '7', -28, { err: 'ENOSPC' });
    expect(compare([data(2, 1), full(3), data(4, 1), full(5), END], [data(2, 2), full(3), END], 'stream').outcome).toBe('equal');
    const label: TraceLine = { i: 4, e: 'label', text: 'next' };
    expect(compare([data(2, 1), label, data(5, 1), END], [data(2, 2), label, END], 'stream').difference?.class).toBe('data');
  });
  test('rings say whether they are empty, and their flags', () => {
    const rings = (head: number, tail: number): TraceLine => ({ i: 3, e: 'rings', r: 0, sq: { head: 0, tail: 0 }, cq: { head, tail } });
    expect(compare([rings(5, 5), END], [rings(7, 7), END], 'stream').outcome).toBe('equal');
    expect(compare([rings(5, 5), END], [rings(7, 9), END], 'stream').difference?.class).toBe('ring');
  });
});

describe('a declared difference', () => {
  const rule: Rule = {
    name: 'made up', sentence: 'Sizes are given in other units.', where: 'host', test: 'test/conform/difference.test.ts',
    holds: ({ target }) => target === 'host',
    lines: (lines) => lines.map((line) => (line.step === 'size' ? { i: line.i, e: line.e, step: 'size' } : line)),
  };
  const [native, simulated] = [[ret(1, 'size', 1), cqe(2, '7', 0), END], [ret(1, 'size', 1000), cqe(2, '7', 0), END]];
  test('is named, with the lines that it touched, and hides no other', () => {
    expect(compare(native, simulated, 'exact', [rule])).toMatchObject({ outcome: 'declared', declared: [{ rule, lines: 2 }] });
    const other = [ret(1, 'size', 1000), cqe(2, '7', 1), END];
    expect(compare(native, other, 'exact', [rule])).toMatchObject({ outcome: 'different', difference: { class: 'res', at: 1 } });
  });
  test('is not named where nothing differs, and does not hold elsewhere', () => {
    expect(compare(native, native, 'exact', [rule])).toMatchObject({ outcome: 'equal', declared: [] });
    expect(compare(native, simulated, 'exact', [{ ...rule, holds: () => false }]).outcome).toBe('different');
    const lines: Rule['lines'] = (all) => all.map((line) => (line.e === 'cqe' ? { ...line, r: 0 } : line));
    const idle: Rule = { ...rule, name: 'idle', lines };
    expect(compare(native, simulated, 'exact', [rule, idle]).declared.map((d) => d.rule.name)).toEqual(['made up']);
  });
  test('has a name of its own, a sentence, and a test that is there', () => {
    expect(new Set(RULES.map((r) => r.name)).size).toBe(RULES.length);
    for (const { sentence } of RULES) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});

test('two traces beside each other: equal lines in one row, others as near as they can be', () => {
  const rows = (...texts: readonly string[]) => texts.map((text, i) => ({ key: text, line: { i, e: 'note', text } }));
  const shown = bothRows(rows('a', 'b', 'c', 'd'), rows('a', 'x', 'd', 'e')).map(([n, s]) => `${n?.key ?? ''}-${s?.key ?? ''}`);
  expect(shown).toEqual(['a-a', 'b-x', 'c-', 'd-d', '-e']);
});

test('a kernel behaves as the newest profile that is not newer than it', () => {
  const sets = (kernel: string) => kernelSets([{ i: -1, e: 'caps', kernel }])[0];
  expect(['6.18.44', '7.2.12+deb13-cloud-amd64', '7.9.1', '6.15.2', '5.4.0'].map(sets)).toEqual([
    'kernel.profile=6.18', 'kernel.profile=7.2', 'kernel.profile=7.3', 'kernel.profile=6.12', 'kernel.profile=6.12',
  ]);
});

test('a recorded trace that was cut short, or that is something else, is refused with its place', () => {
  const cut = '{"i":0,"e":"note","text":"x"}\n';
  expect(() => readGolden(cut, 'cut.jsonl')).toThrow(/^cut\.jsonl: the trace does not come to its end; record/);
  expect(() => readGolden('{"i":0,"e":"end"}\nx\n', 'no.jsonl')).toThrow(/^no\.jsonl:2: this is no line of a trace/);
  expect(readGolden('{"i":-1,"e":"caps","kernel":"7.2.12"}\n{"i":0,"e":"end"}\n', 'plain.jsonl')).toMatchObject({
    target: 'file', kernel: '7.2.12', sets: ['kernel.profile=7.2'],
  });
});
