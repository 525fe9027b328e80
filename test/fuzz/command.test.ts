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

/** A counterexample that needs no network, and one that an assert of the core stops. */
const SHRINKS = 'run: {verify: true, bug: tcp-window-scale-shrink}\nsteps: [{sock.pair: {}}, {syscall: {nr: 436, args: [0, 5]}}]\n';

test('run, replay and doctor say what a scenario that wants to be checked breaks', () => {
  writeFileSync(at('shrinks.yaml'), SHRINKS);
  for (const command of ['run', 'replay', 'doctor']) {
    const { code, out, err } = ringlab(command, at('shrinks.yaml'));
    expect(err).toMatch(/^T3 a window edge stays\n.* offered .*\n {2}always: .*\n {2}source: Linux .*\n {2}the museum's tcp-window/m);
    expect(err).toContain(`ringlab fuzz --repro ${at('shrinks.yaml')} shows where`);
    expect(out).not.toBe('');
    expect(code).toBe(1);
  }
  expect(ringlab('run', at('shrinks.yaml'), '--set', 'run.bug=none')).toMatchObject({ code: 0, err: '' });
  for (const command of ['run', 'replay', 'doctor']) {
    const { code, out, err } = ringlab(command, BREAKS, '--set', 'run.bug=zcrx-scrub-race');
    expect(err).toMatch(/^core: L3 .*\n {2}stack\/3-pool/m);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  }
});

test('run and replay know what a run file is, and that a real kernel has no museum', () => {
  writeFileSync(at('some.run.json'), JSON.stringify({ ringlab_run: 1, scenario: 'tour' }));
  const run = ringlab('run', at('some.run.json'));
  expect(run).toMatchObject({ code: 2, err: expect.stringContaining('is a run file; ringlab fuzz --repro') });
  const on_kernel = ringlab('replay', BREAKS, '--set', 'run.bug=zcrx-scrub-race', '--on', 'host');
  expect(on_kernel).toMatchObject({ code: 2, err: expect.stringContaining("only the simulator has the museum's bugs") });
});
