/** The doctor: nothing where nothing is wrong, the cause where something is, and a sentence for what it cannot read. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  atText, compileCore, Examination, examine, loadScenario, patientOfStory, readCqeLog, runScenario, storyOfLog,
} from '../../sim/host/index.ts';
import { FINDINGS } from '../../sim/schema/findings.ts';
import { ringlab, ringlabFed, root } from './cli.ts';

const place = mkdtempSync(join(tmpdir(), 'ringlab-doctor-'));
afterAll(() => rmSync(place, { recursive: true }));
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(place, name), text);
  return join(place, name);
};

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
function ofScenario(name: string, sets: readonly string[] = []) {
  const scenario = loadScenario(readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), `${name}.yaml`, { sets });
  const examination = new Examination(scenario);
  return examination.findings({ scenario, ...runScenario(core, scenario, examination.options()) });
}
const findings = (name: string, sets: readonly string[] = []): string[] => ofScenario(name, sets).map((f) => f.name);

/** Scenarios of the library that show something wrong, and what. All others are healthy. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  'area-too-small': ['loans-long', 'area-too-small'],
  'cq-too-small': ['cq-full'],
  'ddio-thrash': ['ddio-thrash'],
  'dram-bound': ['dram-bound'],
  endings: ['group-empty', 'bundle-ended', 'ended-with-data'],
  'header-split-off': ['register-no-split', 'copies-refused'],
  'no-device': ['refill-unread', 'copies-no-device'],
  'pcie-bound': ['pcie-bound'],
  'refill-never': ['never-returned', 'idle-area-exhausted', 'area-too-small'],
  // Linux says so of requests whose bytes share a packet: the scenario is about that.
  'send-zc': ['send-copied'],
  'small-messages': ['buffers-mostly-empty'],
  'steering-missed': ['copies-wrong-queue'],
};
const library = readdirSync(join(root, 'scenarios')).filter((f) => f.endsWith('.yaml')).map((f) => f.replace('.yaml', ''));

test.each(library)('%s', (name) => {
  expect(findings(name)).toEqual(WRONG[name] ?? []);
});

describe('a knob turned for the worse is found, and turned back it is not', () => {
  test.each<[string, string, string]>([
    ['bulk', 'server.ring.cq_entries=256', 'server.ring.sq_entries=256'],
    ['bulk', 'server.refill.give_back=off', 'server.refill.give_back=on'],
    ['bulk', 'server.nic.ntuple=off', 'server.nic.ntuple=on'],
    ['jumbo', 'server.refill.rx_buf_len=4KiB', 'server.refill.rx_buf_len=16KiB'],
  ])('%s with %s', (name, worse, good) => {
    if (!worse.startsWith('server.ring')) expect(findings(name, [worse]).length).toBeGreaterThan(0);
    expect(findings(name, [good])).toEqual([]);
  });
});

describe('ringlab doctor', () => {
  test('a scenario in a folder, as JSON', () => {
    const { code, out } = ringlab('doctor', 'pain/A1', '--json');
    const said = JSON.parse(out) as {
      name: string; ok: boolean; findings: { name: string; evidence: { text: string }[]; remedy: string }[];
    };
    expect([said.name, said.ok]).toEqual(['pain/A1', true]);
    expect(ringlab('doctor', 'pain/A1').out).toMatch(/^pain\/A1 · 2 findings\n/);
    expect(code).toBe(0);
    const idle = said.findings.find((f) => f.name === 'idle-cq-full');
    expect(idle?.evidence[0]?.text).toMatch(/nothing moves any more; RECV_ZC ended .*-ENOSPC.*was not armed again; \d+ bytes wait/);
    expect(said.findings.find((f) => f.name === 'cq-full')?.remedy).toMatch(/give the queue \d+ entries/);
  });
  test('other findings than the scenario expects are exit code 1', () => {
    const { code, out } = ringlab('doctor', 'pain/A1', '--set', 'server.app.rearm=on');
    expect(code).toBe(1);
    expect(out).toContain('✗ the scenario expects idle-cq-full, cq-full');
  });
  test('a trace that was written before has the same findings', () => {
    const trace = join(place, 'a.trace');
    ringlab('run', 'refill-never', '--trace', trace);
    const said = JSON.parse(ringlab('doctor', trace, '--json').out) as { findings: { name: string }[] };
    expect(said.findings.map((f) => f.name)).toEqual(['never-returned', 'idle-area-exhausted', 'area-too-small']);
  });
  test('a log that somebody pasted', () => {
    const log = file('log.txt', '# ConnectX-7\nuser_data=0x52 res=1448 flags=0x2\nuser_data=0x52 res=1448 flags=0x2\nuser_data=0x52'
      + ' res=-28 flags=0x0\n');
    expect(JSON.parse(ringlab('doctor', log, '--json').out)).toMatchObject({ findings: [{ name: 'cq-full', evidence: [{ line: 4 }] }] });
  });
  test.each<[string, string[], RegExp]>([
    ['what is not there', ['nope'], /^ringlab: there is no scenario nope/],
    ['a trace that was cut', [file('cut', new Uint8Array(33))], /cut: expected records of 32 bytes.*; found 33 bytes\.$/m],
    ['a text that is nothing of it', [file('notes.txt', 'dear all,\nit hangs: see above\n')],
      /notes\.txt: this is no scenario \(about:, app:, steps: …\), no trace, .* and no log of completions; .*user_data=7 res=64/],
    ['bytes that are no trace', [file('noise', new Uint8Array(64).fill(255, 8, 12))], /noise: record 1 of 2 is of no kind that there is/],
    ['lines that are none', [file('lines', '{"i":0,"e":"cqe","ud":"1","res":1}\n{"x"\n')],
      /lines:2: this is no line of ringlab replay --json/],
    ['a change of what was recorded', [file('log2', '1 64 0x2\n'), '--seed', '2'], /cannot be changed any more; leave out --set/],
    ['a trace that is off', ['tour', '--set', 'run.trace=off'], /doctor: nothing would be seen/],
  ])('%s', (_, args, sentence) => {
    const { code, err, out } = ringlab('doctor', ...args);
    expect(err).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect([code, out]).toEqual([2, '']);
  });
});

const cqes = (text: string) => readCqeLog(text)?.cqes;

/** The tables of liburing #1545 and #1553, #1320, #1515, tokio-rs/io-uring #220 and PhotonLibOS #144, in the spelling of each. */
const LOGS: readonly [string, string, string[]][] = [
  ['the end of a stream in an incremental buffer', '| res | bid | flags |\n| 10 | 1 | 0x10013 |\n| 7 | 1 | 0x10013 |\n| 0 | 0 | 0x0 |',
    ['eof-keeps-buffer']],
  ['a bundle that took the last buffer', 'cqe: user_data=7 res=16 flags=F_BUFFER|F_MORE\ncqe: user_data=7 res=16 flags=F_BUFFER',
    ['ended-with-data']],
  ['a queue that was full', 'user_data: 82, res: 1448, flags: 0x2\nuser_data: 82, res: -ENOSPC, flags: 0x0', ['cq-full']],
  ['an empty group', '{64, 0x3}\n{-105, 0x0}', ['group-empty']],
  ['a send that failed', '{-32, 0x2}\n{0, 0x8}', ['send-two-completions']],
  ['a send that was copied', '{8192, 0x2}\n{2147483648, 0x8}', ['send-copied']],
  ['a filler', '1 0 0\n0 0 0x20\n70 100 0x8002', ['cq-skipped']],
  ['completions behind the last one', '7 64 0x2\n7 64 0x0\n7 64 0x2', ['ended-with-data', 'completion-after-last']],
  ['an error that ended it, and more', '7 64 0x2\n7 -105 0x0\n7 64 0x0', ['group-empty', 'completion-after-last']],
  ['single completions with one user_data', '7 64 0x0\n7 64 0x0\n7 -32 0x0', []],
];

describe('logs as people publish them', () => {
  const found = (text: string) => examine(patientOfStory('log', storyOfLog(readCqeLog(text)?.cqes ?? []))).map((f) => f.name);
  test('are read in several spellings', () => {
    const want = [{ line: 1, user_data: '7', res: 64, flags: 0x30003 }, { line: 2, user_data: '7', res: -105, flags: 0 }];
    expect(cqes('user_data=7 res=64 flags=0x30003\nuser_data=7 res=-105 flags=0x0\n')).toEqual(want);
    expect(cqes('7 64 BUF:3|MORE\n7 -105 0\n'.replace('BUF:3|MORE', '0x30003'))).toEqual(want);
    expect(cqes('ud: 7, res: 64, flags: BUF:3|MORE\nud: 7, res: -ENOBUFS\n')).toEqual(want);
    expect(cqes('{64, 0x13}')).toEqual([{ line: 1, user_data: '0', res: 64, flags: 0x13 }]);
    expect(cqes('| res | flags | bid |\n|---|---|---|\n| 64 | 3 | 3 |')).toMatchObject([{ res: 64, flags: 0x30003 }]);
  });
  test('what is no log is none', () => {
    expect(readCqeLog('about: x\nhosts: {}\n')).toBeUndefined();
    expect(readCqeLog('')).toBeUndefined();
  });
  test('lines that are no completions are counted', () => {
    expect(readCqeLog('starting up\nuser_data=7 res=64 flags=0x2\n\n# a remark\nbye\nres=-ENOTHING flags=0\n')).toEqual({
      cqes: [{ line: 2, user_data: '7', res: 64, flags: 2 }], foreign: [1, 5, 6],
    });
    const { out } = ringlab('doctor', file('foreign.log', 'starting up\n7 64 0x2\nbye\n7 0 0x0\n'));
    expect(out).toContain('2 lines are no completions and were passed over, the first is line 1: starting up');
    expect(out).toMatch(/foreign\.log · nothing found in what it shows\n/);
    expect(out).not.toContain('nothing to find');
    expect(JSON.parse(ringlab('doctor', file('foreign.log', 'hello\n7 64 0x2\n'), '--json').out)).toMatchObject({ foreign_lines: 1 });
  });
  test.each(LOGS)('%s', (_, text, want) => {
    expect(found(text)).toEqual(want);
  });
  test('the lines of a replay', () => {
    const lines = file('b5.jsonl', ringlab('replay', 'pain/C7', '--json').out);
    expect(JSON.parse(ringlab('doctor', lines, '--json').out)).toMatchObject({ findings: [{ name: 'group-empty' }] });
  });
  test('standard input may be any of these', () => {
    const found = (text: string) =>
      (JSON.parse(ringlabFed(text, 'doctor', '-', '--json').out) as { findings: { name: string }[] }).findings.map((f) => f.name);
    expect(found(ringlab('replay', 'pain/C7', '--json').out)).toEqual(['group-empty']);
    expect(found('0x52 1448 0x2\n0x52 -28 0x0\n')).toEqual(['cq-full']);
    expect(found(readFileSync(join(root, 'scenarios/pain/C7.yaml'), 'utf8'))).toContain('group-empty');
    expect(ringlabFed('{"x"\n', 'doctor', '-').err).toMatch(/standard input:1: this is no line of ringlab replay --json/);
  });
  test('a healthy stream has no finding', () => {
    expect(found('7 64 0x2\n7 64 0x2\n7 0 0\n')).toEqual([]);
  });
});

/** Findings over a program, by their names; with `evidence`, what the first of a name says. */
function ofProgram(steps: string, sets: readonly string[] = []) {
  const text = `about: a program of a test\nsteps:\n${steps.split('\n').map((l) => `  - ${l}`).join('\n')}\n`;
  const scenario = loadScenario(text, 'program.yaml', { sets });
  const examination = new Examination(scenario);
  return examination.findings({ scenario, ...runScenario(core, scenario, examination.options()) });
}
const RING = 'ring.init: {flags: [SINGLE_ISSUER, DEFER_TASKRUN, CQE32]}';

/** Why a registration is refused: the steps, a knob, the finding and its evidence. */
const REFUSED: readonly [string, string, readonly string[], string, RegExp][] = [
  ['a ring without CQE32', 'ring.init: {flags: [SINGLE_ISSUER, DEFER_TASKRUN]}\nzcrx.reg: {nodev: false}', [],
    'register-argument', /neither IORING_SETUP_CQE32 nor/],
  ['a ring without DEFER_TASKRUN', 'ring.init: {flags: [CQE32]}\nzcrx.reg: {nodev: false}', [],
    'register-argument', /no IORING_SETUP_DEFER_TASKRUN/],
  ['no refill entries', `${RING}\nzcrx.reg: {rq: 0}`, [], 'register-argument', /rq_entries is 0/],
  ['too many refill entries', `${RING}\nzcrx.reg: {rq: 40000}`, [], 'register-argument', /rq_entries is 40000, and 32768/],
  ['flags that nobody knows', `${RING}\nzcrx.reg: {reg_flags: 64}`, [], 'register-argument', /no kernel knows: 0x40/],
  ['no such interface', `${RING}\nzcrx.reg: {nodev: false, if_idx: 7}`, [], 'register-argument', /no interface 7/],
  ['loopback', `${RING}\nzcrx.reg: {nodev: false, if_idx: 1}`, [], 'register-unsupported', /loopback/],
  ['no such queue', `${RING}\nzcrx.reg: {nodev: false, rxq: 99}`, [], 'register-queue', /queue 99, and the device has/],
  ['a kernel without zcrx', `${RING}\nzcrx.reg`, ['kernel.profile=6.12'], 'register-kernel', /no zero-copy receive .*6\.12/],
  ['a kernel without NODEV', `${RING}\nzcrx.reg`, ['kernel.profile=7.0'], 'register-kernel', /no ZCRX_REG_NODEV .*7\.0/],
  ['no right', `${RING}\nzcrx.reg`, ['server.ring.cap_net_admin=off'], 'register-argument', /CAP_NET_ADMIN/],
  ['no split', `${RING}\nzcrx.reg: {nodev: false}`, ['server.nic.header_split=off'], 'register-no-split', /header_split is off/],
  ['a buffer length that is odd', `${RING}\nzcrx.reg: {nodev: false, rx_buf_len: 5000}`, [], 'register-buf-len', /5000 is no power of two/],
  ['flags of an area that nobody knows', `${RING}\nzcrx.reg: {area_flags: 64}`, [], 'register-refused', /nothing that is known/],
];
describe('a refused registration is explained by what was asked for', () => {
  test.each(REFUSED)('%s', (_, steps, sets, name, text) => {
    const [first] = ofProgram(steps, sets).filter((f) => f.name.startsWith('register-'));
    expect(first?.name).toBe(name);
    expect(first?.evidence[0]?.text).toMatch(text);
  });
  test('the kernel of a scenario without steps, too', () => {
    expect(findings('bulk', ['kernel.profile=6.12'])).toContain('register-kernel');
  });
  test.each([
    ['pain/A2', /its ring went in step 2, and the kernel has not released it yet/],
    ['pain/A3', /of step 2 has it, and its ring lives/],
  ])('who holds the queue: %s', (name, text) => {
    const said = JSON.parse(ringlab('doctor', name, '--json').out) as { findings: { name: string; evidence: { text: string }[] }[] };
    expect(said.findings.find((f) => f.name === 'register-bound')?.evidence[0]?.text).toMatch(text);
  });
});

describe('what a finding says to set ends it', () => {
  const names = readdirSync(join(root, 'scenarios/pain')).map((f) => f.replace('.yaml', ''));
  test.each(names)('%s', (name) => {
    if (/^steps:/m.test(readFileSync(join(root, `scenarios/pain/${name}.yaml`), 'utf8'))) return;
    for (const f of ofScenario(`pain/${name}`)) if (f.sets) expect(findings(`pain/${name}`, f.sets), `${f.sets}`).not.toContain(f.name);
  });
});

const RECV_TWO = (first: string, second: string, between = '') => [
  'ring.init: {flags: [SINGLE_ISSUER, DEFER_TASKRUN]}', 'sock.pair: {kind: tcp}', 'sock.pair: {kind: tcp, a: c, b: d}',
  'mem.bytes: {name: buf, len: 128}', `sqe: {op: RECV, fd: a, addr: buf, len: 64, ud: 1${first}}`, ...(between === '' ? [] : [between]),
  `sqe: {op: RECV, fd: c, addr: ${second}, len: 64, ud: 2}`, 'submit', 'peer.send: {fd: b, n: 64}', 'peer.send: {fd: d, n: 8}',
  'get_events', 'drain',
].join('\n');
const ZC_ONCE = `${RING}\nzcrx.reg\nsock.pair: {kind: tcp}\nsqe: {op: RECV_ZC, fd: a, ioprio: 0, zcrx_ifq_idx: 0, ud: 3}\nsubmit\ndrain`;

/** What a program does wrong, the finding, and what its evidence says. */
const PROGRAMS: readonly [string, string, string | undefined, RegExp][] = [
  ['two receives of one submission into one buffer', RECV_TWO('', 'buf'), 'buffer-shared', /^RECV 2 writes to buf, and RECV 1 too/],
  ['two receives into one buffer, one after the other', RECV_TWO('', 'buf', 'submit'), 'buffer-shared', /^RECV 2 writes to buf/],
  ['two receives into parts that overlap', RECV_TWO('', 'buf+63'), 'buffer-shared', /RECV 2 writes to buf\+63/],
  ['two receives into two halves', RECV_TWO('', 'buf+64'), undefined, /./],
  ['a receive that waits for the one before it', RECV_TWO(', flags: [IO_LINK]', 'buf'), undefined, /./],
  ['a RECV_ZC that is not multishot', ZC_ONCE, 'recv-zc-oneshot', /^RECV_ZC 3 .*-EINVAL, submitted without IORING_RECV_MULTISHOT/],
];
describe('what a program does wrong', () => {
  test.each(PROGRAMS)('%s', (_, steps, name, text) => {
    const found = ofProgram(steps);
    expect(found.map((f) => f.name)).toEqual(name === undefined ? [] : [name]);
    for (const f of found) expect(f.evidence[0]?.text).toMatch(text);
  });
});

test('who holds the queue: a descriptor that was exported', () => {
  const reg = 'zcrx.reg: {nodev: false, rxq: 1, name: z';
  const program = `${RING}\n${reg}1}\nzcrx.export: {zcrx: z1, name: kept}\nring.exit\nsleep_ms: 200\nring.init: {ring: 1, flags:`
    + ` [SINGLE_ISSUER, DEFER_TASKRUN, CQE32]}\n${reg}2, ring: 1}`;
  const found = ofProgram(program, ['server.nic.rss_equal=1']);
  expect(found.map((f) => f.name)).toEqual(['register-bound']);
  expect(found[0]?.evidence[0]?.text).toMatch(/^.*'z1' of step 1 has it: .* in step 3, and the descriptor 'kept' that step 2 .* open/);
  const closed = program.replace('sleep_ms: 200', 'peer.close: kept\nsleep_ms: 200');
  expect(ofProgram(closed, ['server.nic.rss_equal=1'])).toEqual([]);
});

test('where something is, by its step and by its time', () => {
  const [overflow] = ofScenario('pain/C1').filter((f) => f.name === 'cq-overflow');
  expect(atText(overflow?.evidence[0] ?? {})).toMatch(/^step 14 \(\d+\.\d µs\)$/);
  expect([atText({ time_ns: 10_853 }), atText({ step: 3 }), atText({ line: 4 })]).toEqual(['10.9 µs', 'step 3', 'line 4']);
});

test('doctor exits 1 on a program that stopped, or waits', () => {
  const program = (steps: string) => file('ends.yaml', `about: a program\nsteps: [${steps}]\n`);
  const stopped = ringlab('doctor', program('ring.init, {zcrx.flush: {zcrx: z0}}'));
  expect([stopped.code, stopped.err]).toEqual([1, '']);
  expect(stopped.out).toContain('✗ program-stopped');
  expect(ringlab('doctor', program('ring.init, {wait: {nr: 1}}')).code).toBe(1);
  expect(ringlab('doctor', program('ring.init, submit')).code).toBe(0);
});

test('a program that does not come to its end is a finding', () => {
  const [first] = ofProgram(`${RING}\nsock.pair: {kind: tcp}\nwait: {nr: 1}`);
  expect(first?.name).toBe('program-waits');
  expect(first?.evidence[0]?.text).toContain('no armed request can wake this waiter');
  expect(ofProgram(`${RING}\nzcrx.reg: {rq: 0}\nzcrx.flush`).map((f) => f.name)).toContain('program-stopped');
});

test('tables with dashes, foreign lines and tracepoints are logs', () => {
  expect(cqes('| res | flags | bid |\n| 64 | 2 | - |\n')).toMatchObject([{ res: 64, flags: 2 }]);
  expect(cqes('starting up\nuser_data=7 res=64 flags=0x2\n')).toMatchObject([{ line: 2, res: 64 }]);
  expect(cqes('io_uring_complete: ring 0x1, req 0x2, user_data 0x7, result 64, cflags 0x2, extra1 0')).toMatchObject([
    { user_data: '7', res: 64, flags: 2 },
  ]);
});

test('every finding is found by a scenario of the library or above, and every case that it names has one', () => {
  const folder = join(root, 'scenarios/pain');
  const pains = readdirSync(folder).map((f) => loadScenario(readFileSync(join(folder, f), 'utf8'), f));
  const found = new Set([...Object.values(WRONG).flat(), ...REFUSED.map(([, , , name]) => name),
    ...PROGRAMS.flatMap(([, , name]) => name ?? []), ...LOGS.flatMap(([, , names]) => names), 'program-waits', 'program-stopped',
    // Of runs that are checked: test/fuzz/command.test.ts.
    'invariant-broken', ...pains.flatMap((s) => s.doctor ?? [])]);
  expect(FINDINGS.map((f) => f.name).filter((name) => !found.has(name))).toEqual([]);
  const cases = new Set(pains.map((s) => s.name.replace(/[a-z]$/, '')));
  expect(FINDINGS.flatMap((f) => f.cases).filter((c) => !cases.has(c))).toEqual([]);
});
