/** Description: ringlab fuzz as a stranger meets it: the same seeds on any number of threads, runs made again, errors in a sentence. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { MUSEUM } from '../../sim/schema/museum.ts';
import { ringlab } from '../scenario/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const fuzz = (...args: string[]) => ringlab('fuzz', ...args, '--out', at('out'));

interface Result {
  readonly findings: readonly { readonly seed: number; readonly files?: readonly string[]; readonly invariant: string }[];
  readonly [key: string]: unknown;
}
const TIMED = ['runsPerSecond', 'seconds', 'stepsPerSecond', 'threads', 'records', 'refused'];

test('the same seeds come to the same, on one thread and on three', () => {
  const [one, three] = ['1', '3'].map((jobs) => fuzz('--runs', '150', '--seed', '7', '--jobs', jobs, '--shrink', '0s', '--json'));
  const untimed = (text: string | undefined) => {
    const { findings, ...rest } = JSON.parse(text ?? '') as Result;
    return { ...Object.fromEntries(Object.entries(rest).filter(([k]) => !TIMED.includes(k))), findings: findings.map((f) => f.seed) };
  };
  expect(untimed(one?.out)).toEqual(untimed(three?.out));
  const keys = Object.keys(JSON.parse(one?.out ?? '') as Result);
  expect(keys).toEqual([...keys].sort());
});

test('what is wrong with a command line is said in a sentence, with what would be right', () => {
  const [bug = ''] = MUSEUM.map((e) => e.name);
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['--bug', bug.slice(0, -1)], new RegExp(`did you mean '${bug}'`)],
    [['--time', 'soon'], /expected a time with its unit, such as 30s/],
    [['--time', '0s'], /no time at all/],
    [['--seed', '99999999999999999999'], /a number below 2147483648/],
    [['--against', 'mars'], /--against mars: there is no such target/],
    [['--against', 'ssh:-x'], /ssh:-x: expected ssh:HOST/],
    [['--repro', 'package.json'], /neither a run file nor a scenario/],
  ];
  for (const [args, sentence] of wrong) {
    const { code, out, err } = fuzz(...args);
    expect(out).toBe('');
    expect(err).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  }
});

/** A scenario that the bug breaks, as the library has it: what a return does to a ring that is no more. */
const BREAKS = 'scenarios/conform/zcrx-exit.yaml';

test('--repro takes a scenario, and says where it breaks and what that breaks', () => {
  const { code, out } = fuzz('--repro', BREAKS, '--bug', 'zcrx-scrub-race', '--json');
  const said = JSON.parse(out) as { breaks: boolean; step: number; timeline: string[]; invariant: string };
  expect(said).toMatchObject({ breaks: true, expected: null });
  expect(said.timeline).toHaveLength(20);
  expect(code).toBe(1);

  const text = readFileSync(BREAKS, 'utf8');
  const sets = ['run.bug=zcrx-scrub-race'];
  const run = { ringlab_run: 1, name: 'exit', text, sets, edits: [], invariant: 'another', core_hash: 'of another' };
  writeFileSync(at('exit.run.json'), JSON.stringify(run));
  const again = fuzz('--repro', at('exit.run.json'));
  expect(again.out).toContain(`breaks in step ${said.step + 1}`);
  expect(again.out).toContain("When the file was made, 'another' broke.");
  expect(again.out).toContain('The file was made with core of another');
  expect(again.code).toBe(1);
});

test('--repro says which edits could not be made, and does not say then that all holds', () => {
  const [drop, loss] = [{ at: 2, host: 0, fault: 'drop', args: [999] }, { at: 100_000, set: 'server.wire.loss_ppm=5%' }];
  const write = (name: string, sets: readonly string[]) =>
    writeFileSync(at(name), JSON.stringify({ ringlab_run: 1, name, text: SHRINKS, sets, edits: [drop, loss] }));
  write('lost.run.json', ['run.bug=none']);
  const lost = fuzz('--repro', at('lost.run.json'));
  expect(lost.out).toMatch(/^This was not the run of lost\.run\.json: 2 of its 2 edits could not be made\. Nothing broke/);
  expect(lost.out).toMatch(/^ {2}after step 2: drop 999 at the client: .* the packet is neither/m);
  expect(lost.out).toMatch(/^ {2}after step 100000: server\.wire\.loss_ppm=5%: the run was over before that, after \d+ steps$/m);
  expect(lost.out).not.toContain('holds');
  expect(lost.code).toBe(2);
  const json = fuzz('--repro', at('lost.run.json'), '--json');
  expect(JSON.parse(json.out)).toMatchObject({ breaks: false, leftOut: [expect.stringContaining('drop 999'), expect.anything()] });
  expect(json.code).toBe(2);
  write('breaks.run.json', []);
  const breaks = fuzz('--repro', at('breaks.run.json'));
  expect(breaks.out).toContain('This was not the run of breaks.run.json: 2 of its 2 edits could not be made.\n');
  expect(breaks.code).toBe(1);
});

test('a program is where its trace says, and a file is named with its folder', () => {
  writeFileSync(at('place.yaml'), SHRINKS);
  const { program } = JSON.parse(fuzz('--repro', at('place.yaml'), '--json').out) as { program: string };
  expect(program).toBe('in step 1 of the program, syscall close_range');
  expect(ringlab('replay', at('place.yaml'), '--set', 'run.bug=none').out).toMatch(/^ +1 {2}ret +step=syscall/m);
  writeFileSync(at('wrong.run.json'), '{"ringlab_run": 1, "text": "steps: []", "edits": 7}');
  expect(fuzz('--repro', at('wrong.run.json')).err).toContain(`${at('wrong.run.json')}: key 'edits'`);
  writeFileSync(at('text.run.json'), JSON.stringify({ ringlab_run: 1, text: 'steps: [{nosuch: {}}]', sets: [], edits: [] }));
  expect(fuzz('--repro', at('text.run.json')).err).toContain(`${at('text.run.json')}: text:1:`);
});

test('a corpus that is not there is made, and that is said', () => {
  const { err, code } = fuzz('--corpus', at('corpsu'), '--runs', '1', '--seed', '1', '--jobs', '1', '--shrink', '0s');
  expect(err).toContain(`--corpus ${at('corpsu')}: there is no such folder; it is made`);
  expect(code).toBe(0);
  expect(fuzz('--corpus', at('corpsu'), '--runs', '1', '--seed', '1', '--jobs', '1', '--shrink', '0s').err).toBe('');
});

/** A counterexample that needs no network, and one that an assert of the core stops. */
const SHRINKS = 'run: {verify: true, bug: tcp-window-scale-shrink}\nsteps: [{sock.pair: {}}, {syscall: {nr: 436, args: [0, 5]}}]\n';

test('run and replay say what a scenario that wants to be checked breaks, and the doctor finds it', () => {
  writeFileSync(at('shrinks.yaml'), SHRINKS);
  for (const command of ['run', 'replay']) {
    const { code, out, err } = ringlab(command, at('shrinks.yaml'));
    expect(err).toMatch(/^T3 a window edge stays\n.* offered .*\n {2}always: .*\n {2}source: Linux .*\n {2}the museum's tcp-window/m);
    expect(err).toContain(`ringlab fuzz --repro ${at('shrinks.yaml')} shows where`);
    expect(out).not.toBe('');
    expect(code).toBe(1);
  }
  expect(ringlab('run', at('shrinks.yaml'), '--set', 'run.bug=none')).toMatchObject({ code: 0, err: '' });
  for (const command of ['run', 'replay']) {
    const { code, out, err } = ringlab(command, BREAKS, '--set', 'run.bug=zcrx-scrub-race');
    expect(err).toMatch(/^core: L3 .*\n.*itself at stack\/3-pool\/.*\n {2}always: .* assert .*\n {2}source: Ringlab stack\/3-pool\//m);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  }
  const doctor = ringlab('doctor', at('shrinks.yaml'));
  expect(doctor.out).toMatch(/ 1 finding\n\n. invariant-broken\n.*T3 a window edge stays: .*always: .*the museum's tcp-window/s);
  expect(doctor.out.replace(/\s+/g, ' ')).toContain(`ringlab fuzz --repro ${at('shrinks.yaml')} shows where`);
  expect(doctor.code).toBe(1);
  const stopped = ringlab('doctor', BREAKS, '--set', 'run.bug=zcrx-scrub-race', '--json');
  const { findings } = JSON.parse(stopped.out) as { findings: { name: string; evidence: { text: string }[] }[] };
  expect(findings.map((f) => f.name)).toEqual(['invariant-broken']);
  expect(findings[0]?.evidence.map((e) => e.text)).toEqual([
    expect.stringContaining('core: L3'), expect.stringContaining('always: '), expect.stringContaining('museum'),
    expect.stringContaining('the run stops there'),
  ]);
  expect(stopped.code).toBe(1);
});

test('run and replay know what a run file is, and that a real kernel has no museum', () => {
  writeFileSync(at('some.run.json'), JSON.stringify({ ringlab_run: 1, scenario: 'tour' }));
  const run = ringlab('run', at('some.run.json'));
  expect(run).toMatchObject({ code: 2, err: expect.stringContaining('is a run file; ringlab fuzz --repro') });
  const on_kernel = ringlab('replay', BREAKS, '--set', 'run.bug=zcrx-scrub-race', '--on', 'host');
  expect(on_kernel).toMatchObject({ code: 2, err: expect.stringContaining("only the simulator has the museum's bugs") });
});
