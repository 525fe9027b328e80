/** ringlab replay --on, compare, capture and lab doctor, as a user runs them: on this machine's kernel, and with bad input. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { HostTarget } from '../../native-backend/lab/host.ts';
import { ringlab } from '../scenario/cli.ts';
import { lacking } from './lacking.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringlab-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const json = <T>(out: string) => JSON.parse(out) as T;

const missing = await lacking(() => HostTarget.open().capabilities({ progress: () => {}, signal: new AbortController().signal }));
if (missing !== undefined) console.log(`compare: nothing is compared with this machine's kernel (${missing}).`);

/** A program that says the same on every kernel. */
const NOPS = 'steps:\n  - ring.init: {sq: 4}\n  - sqe: {op: NOP, ud: 7}\n  - sqe: {op: NOP, ud: 8}\n  - submit\n  - drain\n';

describe.skipIf(missing !== undefined)('on this machine\'s kernel', () => {
  test('a program of steps says what it says in the simulator', () => {
    const { code, out, err } = ringlab('compare', 'conform/cq-overflow', '--on', 'host');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Linux [\w.+-]+ .*\(host\).* beside the simulator.*\n {2}compared {2}\d+ lines, line by line\n/);
    expect(out).toMatch(/\n {2}equal\n$/);
  });

  test('a simulator that behaves as another kernel differs, and the first difference is shown with its class', () => {
    const path = 'conform/enobufs';
    const { code, out } = ringlab('compare', path, '--on', 'host', '--set', 'kernel.profile=6.12');
    expect(code).toBe(1);
    expect(out).toMatch(/\n {2}differs {3}first at step \d+, by (flags|count|res): /);
    expect(out).toMatch(/\n[^\n]*step=ring\.init [^\n]* \| [^\n]*step=ring\.init /);
    const told = json<object>(ringlab('compare', path, '--on', 'host', '--set', 'kernel.profile=6.12', '--json').out);
    expect(told).toMatchObject({ scenario: path, target: 'host', outcome: 'different', difference: { class: 'flags' } });
  });

  test('applications are compared by what they received, and what the machine does not have is said', () => {
    const { code, out } = ringlab('compare', 'bulk', '--on', 'host', '--json');
    const told = json<{ outcome: string; unlike: string[]; native: { e: string; bytes: number }[] }>(out);
    expect(code).toBe(0);
    expect(['equal', 'declared']).toContain(told.outcome);
    expect(told.native.find((l) => l.e === 'stream')).toMatchObject({ bytes: 10_485_760, complete: true });
    expect(told.unlike.join('\n')).toMatch(/server\.(app\.receive|refill\.nodev) = \w+ on both sides/);
  });

  test('a captured trace says whose it is and when, and is compared with the simulator and with a later run', () => {
    const kept = join(folder, 'cancel.jsonl');
    expect(ringlab('capture', 'conform/cancel', '--on', 'host', '--out', kept)).toMatchObject({ code: 0, err: '' });
    const [first = '', caps = ''] = readFileSync(kept, 'utf8').split('\n');
    expect(JSON.parse(first)).toMatchObject({
      e: 'capture', scenario: 'conform/cancel', target: 'host', date: new Date().toISOString().slice(0, 10), unlike: [],
    });
    expect((JSON.parse(first) as { sets: string[] }).sets[0]).toMatch(/^kernel\.profile=\d\.\d+$/);
    expect(JSON.parse(caps)).toMatchObject({ e: 'caps', on: 'linux', kernel: (JSON.parse(first) as { kernel: string }).kernel });
    expect(ringlab('compare', 'conform/cancel', '--against', kept)).toMatchObject({ code: 0 });
    expect(ringlab('compare', 'conform/cancel', '--on', 'host', '--against', kept)).toMatchObject({ code: 0 });
    const wrong = ringlab('compare', 'conform/links', '--against', kept);
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toMatch(/cancel\.jsonl: this is a trace of conform\/cancel, not of conform\/links\.\n$/);
  });

  test('replay prints the lines of the kernel, for people and as JSON', () => {
    const path = file('nops.yaml', NOPS);
    expect(ringlab('replay', path, '--on', 'host').out).toMatch(/caps +on=linux kernel=[\s\S]*cqe +r=0 ud=7 res=0 fl=none seq=0/);
    const lines = ringlab('replay', path, '--on', 'host', '--json').out.trimEnd().split('\n').map((l) => JSON.parse(l) as { e: string });
    expect(lines.map((l) => l.e).filter((e) => e === 'cqe' || e === 'end')).toEqual(['cqe', 'cqe', 'end']);
  });

  test('a program that cannot go on is no result, whoever asks for it', () => {
    const path = file('stops.yaml', 'steps:\n  - ring.init: {sq: 4, flags: [SQPOLL, DEFER_TASKRUN]}\n  - submit\n');
    for (const command of [['compare'], ['capture', '--out', join(folder, 'never.jsonl')], ['replay']] as const) {
      const [name = '', ...rest] = command;
      const { code, err } = ringlab(name, path, '--on', 'host', ...rest);
      expect({ name, code }).toEqual({ name, code: 1 });
      expect(err).toMatch(/^ringlab: .*stops(\.yaml)?: the program stopped at step 1: .*\n$/);
    }
    expect(() => readFileSync(join(folder, 'never.jsonl'))).toThrow(/ENOENT/);
  });
});

describe('bad input is one sentence and exit code 2', () => {
  const trace = file('half.jsonl', '{"i":0,"e":"note","text":"x"}\n');
  test.each<[string, string[], RegExp]>([
    ['no target', ['compare', 'bulk'], /^ringlab: compare: expected --on host, vm, nic or ssh:HOST, or --against FILE\.$/m],
    ['no target to capture from', ['capture', 'bulk'], /^ringlab: capture: expected --on host, vm, nic or ssh:HOST\.$/m],
    ['a target that is none', ['compare', 'bulk', '--on', 'moon'], /^ringlab: --on moon: there is no such target; there are host, vm, nic/],
    ['a scenario that is not there', ['compare', 'bulkk', '--on', 'host'], /^ringlab: there is no scenario bulkk; did you mean bulk\?/],
    ['a kernel without a target', ['replay', 'bulk', '--kernel', '7.2'], /^ringlab: replay: --kernel is for a real kernel; add --on/],
    ['a scenario that no kernel runs', ['compare', 'http', '--on', 'host'], /^ringlab: .*http.*only the simulator runs/],
    ['a trace that was cut short', ['compare', 'bulk', '--against', trace],
      /half\.jsonl: the trace does not come to its end; record it again/],
    ['a trace that is not there', ['compare', 'bulk', '--against', '/no/such.jsonl'], /there is no file \/no\/such\.jsonl/],
    ['what is no trace', ['compare', 'bulk', '--against', 'package.json'], /package\.json:1: this is no line of a trace/],
    ['two forms at once', ['compare', 'bulk', '--on', 'host', '--all', '--json'], /--json has both traces already; leave out --all/],
    ['an unknown command of the lab', ['lab', 'dctor'], /^ringlab: lab: unknown command 'dctor'; did you mean doctor\?$/m],
  ])('%s', (_, args, sentence) => {
    const { code, out, err } = ringlab(...args);
    expect({ code, out, lines: err.trimEnd().split('\n').length }).toEqual({ code: 2, out: '', lines: 1 });
    expect(err).toMatch(sentence);
  });
});

test('lab doctor says the same twice, and which targets work', () => {
  const [one, two] = [ringlab('lab', 'doctor'), ringlab('lab', 'doctor')];
  const steady = (text: string) => text.replace(/\d+ [GM]iB/g, 'room');
  expect(steady(one.out)).toBe(steady(two.out));
  expect(one.out).toMatch(/^(works|does not) +host .*\n(works|does not) +vm .*\n(works|does not) +nic .*\n(works|does not) +ssh:HOST /);
  const told = json<{ targets: { target: string; works: boolean }[] }>(ringlab('lab', 'doctor', '--json').out);
  expect(told.targets.map((t) => t.target)).toEqual(['host', 'vm', 'nic', 'ssh:HOST']);
  if (missing === undefined) expect(told.targets[0]).toMatchObject({ works: true });
});
