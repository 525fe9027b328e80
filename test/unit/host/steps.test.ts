/** Step scenarios: how they are written, what they compile to, and what is said when something is wrong. */
import { describe, expect, test } from 'vitest';
import { loadScenario, ScenarioError, type Step } from '../../../sim/host/index.ts';
import { HANDLERS } from '../../../sim/host/steps/steps_app.ts';
import { STEP_ROWS } from '../../../sim/schema/steps.ts';

const compile = (text: string): readonly Step[] => loadScenario(text, 'x.yaml').steps ?? [];
function refusal(text: string): string {
  try {
    compile(text);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'not refused';
}

test('every step of the vocabulary is carried out by somebody, and nothing else is', () => {
  const carried = [...Object.keys(HANDLERS), 'probe_caps', 'lenient'].sort();
  expect(STEP_ROWS.map((s) => s.name).sort()).toEqual(carried);
});

describe('a program is flat', () => {
  test('matrix, repeat, when and use are unrolled', () => {
    const steps = compile(`
matrix: {kind: [tcp, unix], mode: [{name: D, flags: [SINGLE_ISSUER, DEFER_TASKRUN]}]}
define: {open: [{sock.pair: {kind: $kind}}, {ring.init: {flags: $mode.flags, sq: $sq}}]}
steps:
  - use: {name: open, sq: 4}
  - repeat: {times: 2, as: k, steps: [{sqe: {op: NOP, ud: "\${10 * (k + 1)}"}}]}
  - repeat: {for: {n: [5, 7]}, steps: [{peer.send: {fd: b, n: $n, tag: "$kind $n"}}]}
  - when: {is: {kind: tcp}, steps: [{peer.close: {fd: b, rst: on}}], else: [{peer.close: b}]}
`);
    expect(steps.map((s) => s.step)).toEqual(['tcp', 'unix'].flatMap(() =>
      ['sock.pair', 'ring.init', 'sqe', 'sqe', 'peer.send', 'peer.send', 'peer.close']));
    expect(steps[1]).toMatchObject({ sq: 4, flags: 0x3000 });
    expect([steps[2]?.ud, steps[3]?.ud]).toEqual([10, 20]);
    expect(steps[12]?.tag).toBe('unix 7');
    expect([steps[6]?.rst, steps[13]?.rst]).toEqual([true, false]);
  });
  test('numbers are constants of the kernel, sizes, times, hexadecimal, or references', () => {
    const [, , sqe] = compile(`
steps:
  - mem.bytes: {name: buf, len: 64 KiB}
  - mem.ts: {name: t, time: 10ms}
  - sqe: {op: POLL_ADD, fd: -1, len: IORING_POLL_ADD_MULTI|IORING_POLL_ADD_LEVEL, addr: buf+100, ud: '0xffffffffffffffff'}
`);
    expect(sqe).toMatchObject({ op: 6, fd: -1, len: 9, addr: 'buf+100', ud: '18446744073709551615' });
  });
  test('the number of completions may stand alone where a step waits', () => {
    expect(compile('steps: [{submit_wait: 4}, {wait: 3}]')).toMatchObject([{ nr: 4 }, { nr: 3 }]);
  });
  test('pairs stay pairs', () => {
    const [, reg] = compile('steps: [{mem.bytes: {name: m, len: 8}}, {ring.regbufs: {bufs: [[m, 4], [m+4, 4]]}}]');
    expect(reg?.bufs).toEqual([['m', 4], ['m+4', 4]]);
  });
  test('no value of it is an expression', () => {
    const values = compile('steps: [{ring.init: {sq: 8}}, submit, {drain: {as: [c]}}, {sqe: {op: NOP, ud: c.ud}}]')
      .flatMap((s) => Object.values(s));
    expect(values.filter((v) => typeof v === 'string' && v.includes('$'))).toEqual([]);
  });
});

describe('whose task does a step', () => {
  test('that of the host whose file it is about; a pair over the wire has an end on each', () => {
    const steps = compile(`
steps:
  - sock.pair: {over: wire, port: 9999}
  - peer.send: {fd: b, n: 1}
  - peer.recv: {fd: a}
  - sock.listen: {name: l, host: client}
  - peer.close: l
`);
    expect(steps.map((s) => s.host)).toEqual([undefined, 'client', undefined, 'client', 'client']);
    expect(steps[0]).toMatchObject({ over: 'wire', port: 9999, family: 4 });
  });
  test('and then the client has no application of its own', () => {
    const { hosts } = loadScenario('steps: [{sock.pair: {over: wire}}]', 'x.yaml');
    expect(hosts.map((h) => h.values['app.role'])).toEqual([hosts[1].values['app.role'], hosts[1].values['app.role']]);
  });
});

describe('what is wrong is said with its place and a remedy', () => {
  test.each([
    ['steps: [{sqee: {op: NOP}}]', "x.yaml:1:10: key 'steps[0]': no such step 'sqee'; did you mean 'sqe'?"],
    ['steps: [{sqe: {opp: NOP}}]', "no such field of sqe; did you mean 'op'?"],
    ['steps: [{sqe: {ud: 1}}]', "x.yaml:1:10: key 'steps[0]': sqe needs 'op'"],
    ['steps: [{sqe: {op: NOOP}}]', "found 'NOOP'; did you mean 'NOP'?"],
    ['steps: [{ring.init: {flags: DEFER}}]', "no such flag 'DEFER'"],
    ['steps: [{peer.send: {fd: b, n: 1}}]', "no step before this one made 'b'"],
    ['steps: [{sock.pair: {a: left}}, {peer.close: lefd}]', "no step before this one made 'lefd'; did you mean 'left'?"],
    ['steps: [{ring.exit: 9}]', 'expected a ring from 0 to 7; found 9'],
    ['steps: [{sqe: {op: NOP, ud: 0xffffffffffffffff}}]', 'more than 53 bits: put it in quotes'],
    ['steps: [{note: $x}]', "no value for '$x'; nothing is bound here"],
    ['matrix: {kind: [a]}\nsteps: [{note: $kin}]', "no value for '$kin'; did you mean 'kind'?"],
    ['steps: [{use: opn}]', "no such definition 'opn'; write it under 'define:'"],
    ['define: {a: [{use: a}]}\nsteps: [{use: a}]', 'a definition that uses itself?'],
    ['steps: [{repeat: {steps: [submit]}}]', "expected 'steps' and either 'times' or 'for'"],
    ['steps: [{repeat: {times: 4097, steps: [submit]}}]', 'expected a number of times from 0 to 4096; found 4097'],
    ['matrix: {kind: []}\nsteps: [submit]', "x.yaml:1:16: key 'matrix.kind': expected at least one value"],
    ['steps: [{repeat: {for: {n: []}, steps: [submit]}}]', 'expected at least one value'],
    ['matrix: {kind: [tcp], kind: [unix]}\nsteps: [submit]', "key 'matrix.kind': given twice"],
    ['define: {a: [submit]}\nsteps: [{use: {name: a, n: 1, n: 2}}]', "use.n': given twice"],
    ['define: {a: [submit], a: [drain]}\nsteps: [{use: a}]', "key 'define.a': given twice"],
    ['steps: [{repeat: {times: 4096, steps: [submit, submit]}}]', 'expected at most 4096 steps'],
    [`steps: [{note: "\${1 +}"}]`, `in '\${1 +}': expected a number; found the end`],
    ['steps: [{submit: 0, drain: 0}]', "found 'submit' and 'drain' in one"],
    ['steps: 7', 'expected a list of steps; found 7'],
    ['matrix: {a: [1]}', "belongs to 'steps:', and there are none"],
    ['app: {role: sink}\nsteps: [submit]', "the server's application is the program in 'steps'"],
    ['steps: [{pbuf.reg: {entries: 4}}]\nexpect: [steps.cqe.res == 1]', "did you mean 'cqes'?"],
    ['steps: [{mem.bytes: {name: a, len: 0}}]', "x.yaml:1:36: key 'steps[0].mem.bytes.len': expected at least 1; found 0"],
    ['steps: [{mem.bytes: {name: a, len: -1}}]', 'expected at least 1; found -1'],
    ['steps: [{mem.dump: {at: 4096, len: -1}}]', 'expected at least 0; found -1'],
    ['steps: [{sleep_ms: -5}]', 'expected at least 0; found -5'],
    ['steps: [{sqe: {op: NOP, poke: [[-4, 1]]}}]', 'expected an offset from 0 to 124; found -4'],
    ['steps: [{sqe: {op: NOP, poke: [[125, 1]]}}]', 'expected an offset from 0 to 124; found 125'],
    ['steps: [{sock.pair: {over: wire}}, {peer.send: {fd: b, n: 1, host: server}}]', "'b' is a file of the client"],
    ['steps: [{sock.pair: {over: wire, host: client}}]', 'has an end on each host; leave this out'],
    ['steps: [{sock.pair: {over: wire, kind: udp}}]', 'a pair over the wire is of kind tcp'],
    ['steps: [{sock.pair: {over: wires}}]', "expected lo or wire; found 'wires'; did you mean 'wire'?"],
    ['hosts: {client: {app: {role: source}}}\nsteps: [{sock.pair: {over: wire}}]', "the client's application is the program in 'steps'"],
    ['kernel: {profile: 7.10}\nsteps: [submit]', 'found 7.10'],
  ])('%s', (text, said) => {
    expect(refusal(text)).toContain(said);
  });
  test('once, however often the step is unrolled', () => {
    expect(refusal('steps: [{repeat: {times: 5, steps: [{sqe: {op: NOOP}}]}}]').split('\n')).toHaveLength(1);
  });
});
