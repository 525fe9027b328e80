/** ringlab replay, as a user calls it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ringlab } from './cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const lines = (text: string) => text.trimEnd().split('\n').map((l) => JSON.parse(l) as Record<string, unknown>);

const NOPS = `
about: Two NOPs.
steps:
  - ring.init: {sq: 4}
  - repeat: {times: 2, steps: [{sqe: {op: NOP, ud: "\${7 + i}"}}]}
  - submit
  - drain: {as: [first, second]}
expect:
  - steps.complete
  - steps.named.second.ud == 8
  - count(steps.cqes) == 2
`;

test('the trace is a line each: what the kernel is, results and completions, the end', () => {
  const { code, out } = ringlab('replay', file('nops.yaml', NOPS), '--json');
  const trace = lines(out);
  expect(code).toBe(0);
  expect(trace[0]).toMatchObject({ i: -1, e: 'caps', on: 'sim', kernel: '7.3' });
  expect(trace.filter((l) => l['e'] === 'cqe')).toMatchObject([{ i: 4, ud: '7', res: 0, fl: [], seq: 0 }, { ud: '8', seq: 1 }]);
  expect(trace.at(-1)).toEqual({ i: 5, e: 'end' });
});

test('ringlab run checks what a step scenario expects', () => {
  expect(ringlab('run', file('nops.yaml', NOPS)).code).toBe(0);
  expect(ringlab('run', file('wrong.yaml', NOPS.replace('ud == 8', 'ud == 9'))).code).toBe(1);
});

test('a program is plain steps, and a profile is chosen with --set', () => {
  const path = file('nops.yaml', NOPS);
  expect(lines(ringlab('replay', path, '--program').out).map((s) => s['step'])).toEqual(['ring.init', 'sqe', 'sqe', 'submit', 'drain']);
  expect(lines(ringlab('replay', path, '--json', '--set', 'kernel.profile=6.12').out)[0]).toMatchObject({ kernel: '6.12' });
});

test('a program that cannot go on says at which step and why, and so does one that waits for ever', () => {
  const path = file('stuck.yaml', 'steps: [{ring.init: {sq: 2}}, {submit: {ring: 1}}]');
  const waiting = file('waits.yaml', 'steps: [{ring.init: {sq: 2}}, {wait: {nr: 1}}]');
  for (const command of ['replay', 'run']) {
    const stopped = (at: string, why: string) => ({ code: 1, err: `ringlab: the program did not come to its end: ${at}: ${why}\n` });
    expect(ringlab(command, path)).toMatchObject(stopped(`${path}:1:32`, 'step submit: ring 1 is not set up'));
    expect(ringlab(command, waiting)).toMatchObject(stopped(`${waiting}:1:32`, 'step wait: it still waits'));
  }
});

test('an entry has as many bytes as its ring says', () => {
  const steps = (flags: string) => `steps: [{ring.init: {flags: [${flags}]}}, {sqe: {op: NOP, poke: [[64, 0]]}}]`;
  expect(ringlab('replay', file('long.yaml', steps('SQE128'))).code).toBe(0);
  expect(ringlab('replay', file('short.yaml', steps(''))).err).toContain('step sqe: poke at 64: an entry of ring 0 has 64 bytes');
});

test.each([['1GiB'], ['4GiB'], ['100GiB']])('a program that wants %s of memory names its step and the knob', (len) => {
  const path = file('large.yaml', `steps:\n  - mem.bytes: {name: a, len: ${len}}\n`);
  const { code, err } = ringlab('replay', path);
  expect({ code, lines: err.trimEnd().split('\n').length }).toEqual({ code: 2, lines: 1 });
  expect(err).toMatch(/large\.yaml:2:5: .*mem\.bytes.*raise limits\.user_bytes/);
});

test('the applications of a scenario say what they came to, in the same keys for every kernel', () => {
  const { code, out } = ringlab('replay', 'bulk', '--json', '--set', 'run.trace=off');
  expect(code).toBe(0);
  const trace = lines(out);
  expect(trace.map((l) => l.e)).toEqual(['app', 'app', 'stream', 'grammar', 'grammar', 'grammar', 'refill', 'end']);
  expect(trace[2]).toMatchObject({ i: 2, host: 'server', conn: 0, bytes: 10_485_760, complete: true, ended: 0, returned_once: true });
  expect(trace[5]).toEqual({ i: 2, e: 'grammar', host: 'server', op: 'RECV_ZC', shots: ['MORE'], ends: [''], errors: [], one_end: true });
  expect(trace[6]).toMatchObject({ host: 'server', lent_bytes: 10_485_760, returned: 'all', twice: false });
});

test('a scenario that no list of steps or applications says, or with wrong steps, is bad input', () => {
  expect(ringlab('replay', 'http')).toMatchObject({ code: 2, out: '' });
  const wrong = ringlab('replay', file('order.yaml', 'steps: [{note: x}]\ncompare: loosely\n'));
  expect(wrong.err).toMatch(/order\.yaml:2:10: key 'compare': expected exact, await, stream, timing; found 'loosely'\.?\n$/);
  expect(ringlab('replay', 'bulk', '--kernel', '7.2').err).toMatch(/^ringlab: replay: --kernel is for a real kernel; add --on host/);
  const { code, err } = ringlab('replay', file('bad.yaml', 'steps:\n  - sqe: {op: NOPE}\n'));
  expect(code).toBe(2);
  expect(err).toMatch(/bad\.yaml:2:15: key 'steps\[0\]\.sqe\.op': expected one of .*found 'NOPE'; did you mean 'NOP'\?\n$/);
});

test('for people the line on the kernel is short, and a completion without flags says so', () => {
  const { out } = ringlab('replay', file('nops.yaml', NOPS));
  const [caps = '', ...rest] = out.split('\n');
  expect(caps).toMatch(/^ +-1 +caps +on=sim kernel=7\.3 .*\d+ behaviours of its version/);
  expect(caps.length).toBeLessThan(120);
  expect(rest.join('\n')).toContain('cqe    r=0 ud=7 res=0 fl=none seq=0');
});

test('a program of steps has no room for a real client', () => {
  const path = file('nops.yaml', NOPS);
  const said = `ringlab: ${path}: a program of steps has no room for a real client; ringlab replay runs it.\n`;
  expect(ringlab('bridge', path)).toMatchObject({ code: 2, err: said });
});

test('--json is no mistake where the output is JSON anyway', () => {
  expect(ringlab('replay', file('nops.yaml', NOPS), '--program', '--json').code).toBe(0);
  expect(ringlab('schema', '--json').code).toBe(0);
});
