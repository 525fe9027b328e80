/** The agent: applications on this machine's kernel, what it probes, what it refuses, and how it ends in bad weather. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentBinary } from '../../native-backend/lab/agent.ts';
import { applicationProgram } from '../../native-backend/lab/application_program.ts';
import { compareTraces } from '../../native-backend/lab/compare/difference.ts';
import { HostTarget } from '../../native-backend/lab/host.ts';
import { behavioursOf, probeOf } from '../../native-backend/lab/profile.ts';
import { simulate } from '../../native-backend/lab/simulated.ts';
import { compileCore, loadScenario, programText, type Scenario, type TraceLine } from '../../sim/host/index.ts';
import { BEHAVIOURS } from '../../sim/schema/behaviours.ts';
import { lacking } from './lacking.ts';

const root = join(import.meta.dirname, '..', '..');
const at = (...path: readonly string[]) => join(root, ...path);
const text = (...path: readonly string[]) => readFileSync(at(...path), 'utf8');
const watch = { progress: () => {}, signal: new AbortController().signal };

let AGENT = '';
/** Why there is no agent, and why it can have no ring. */
const unbuilt = await lacking(async () => {
  AGENT = await agentBinary(watch);
});
const why = unbuilt ?? await lacking(() => HostTarget.open().capabilities(watch));
if (why !== undefined) console.log(`agent: nothing runs on this machine's kernel (${why}).`);
const run = (args: readonly string[], input = '', agent = AGENT) => spawnSync(agent, args, { input, encoding: 'utf8', timeout: 100_000 });
const probed = why === undefined ? run(['--probe']) : undefined;

const load = (name: string, sets: readonly string[] = []): Scenario => loadScenario(text('scenarios', `${name}.yaml`), name, { sets });
const applications = (name: string, sets: readonly string[] = []) => applicationProgram(name, load(name, sets));
const steps = (name: string) => programText(load(`conform/${name}`).steps as NonNullable<Scenario['steps']>);
const linesOf = (stdout: string) => stdout.split('\n').filter((l) => l !== '').map((l) => JSON.parse(l) as TraceLine);
const ofKind = (lines: readonly TraceLine[], e: string) => lines.filter((l) => l.e === e);

/** What the agent says of a scenario's applications. */
function live(name: string, sets: readonly string[] = [], args: readonly string[] = [], agent = AGENT): readonly TraceLine[] {
  const { status, stdout, stderr } = run([...args, '-'], applications(name, sets), agent);
  expect([status, stderr]).toEqual([0, '']);
  return linesOf(stdout);
}

test.each([
  ['udp', 'client\'s app.protocol is udp'], ['plain-send', 'client\'s app.send is write'],
])('%s: what the agent cannot do is refused in a sentence', (name, said) => {
  expect(() => applications(name)).toThrow(`${name}: the ${said}, which only the simulator runs; expected`);
});
test('rings in C have the modes of the defaults', () => {
  const said = 'bulk: the client\'s ring.fixed_files is not off, which only the simulator runs; expected off on a real kernel';
  expect(() => applications('bulk', ['client.ring.fixed_files=on'])).toThrow(said);
});

describe.skipIf(why !== undefined)('applications on this kernel', () => {
  let core: WebAssembly.Module;
  beforeAll(async () => {
    core = await compileCore(readFileSync(at('build/core.wasm')));
  });
  /** Without what the machine's device does not have. */
  const plain = ['server.app.receive=recv'];

  test.each<[string, readonly string[]]>([
    ['bulk', plain], ['bulk', ['server.app.receive=multishot']], ['rpc', []], ['many-flows', plain], ['ipv6', plain],
    ['bulk', [...plain, 'client.app.depth=8', 'client.app.chunk=10001', 'run.seed=7']],
    ['blocking-read', []], ['epoll', []], ['provided-list', []], ['bundle', []], ['incremental', []],
    ['send-zc', ['server.app.receive=recv']], ['send-zc', ['client.app.send=zc', 'client.app.batch=1', 'client.app.bytes=1MiB']],
    ['bulk', [...plain, 'client.app.bytes=0']], ['rpc', ['client.app.gap_ns=50us', 'client.app.bytes=100001', 'client.app.flows=2']],
  ])('%s with %j: the simulator\'s lines', (name, sets) => {
    const ours = simulate(core, { name, scenario: load(name, sets), kind: 'apps' }).lines;
    const theirs = live(name, sets);
    // By the rules for applications: on a busy machine a receive may run short of buffers and be armed again.
    const where = { scenario: name, kind: 'apps', target: 'host', kernel: '' } as const;
    expect(compareTraces({ native: theirs, simulated: ours }, 'exact', where).difference).toBeUndefined();
    expect(ofKind(theirs, 'stream').every((s) => s.complete)).toBe(true);
  });

  test('a sink that is refused zero-copy receive says why and receives all the same', () => {
    const lines = live('bulk');
    expect(ofKind(lines, 'app')[1]).toMatchObject({ host: 'server', receive: 'recv', refused: expect.stringMatching(/^E[A-Z]+$/) });
    expect(ofKind(lines, 'stream')).toMatchObject([{ bytes: 10 * 2 ** 20, complete: true, zeroCopyBytes: 0 }]);
  });

  test('what is not to be proved has no digest, and the speed is said only when it is asked for', () => {
    const sets = [...plain, 'server.app.check=none'];
    expect(ofKind(live('bulk', sets), 'stream')[0]?.sha256).toBe('0'.repeat(64));
    expect(ofKind(live('bulk', sets), 'speed')).toEqual([]);
    expect(ofKind(live('bulk', sets, ['--timing']), 'speed')).toMatchObject([{ host: 'server', bytes: 10 * 2 ** 20 }]);
  });

  test('knobs of time are obeyed: start, stagger, pause, work', async () => {
    const took = (sets: readonly string[]) => {
      const before = performance.now();
      live('rpc', ['client.app.bytes=32KiB', 'client.app.chunk=8KiB', 'client.app.depth=1', ...sets]);
      return performance.now() - before;
    };
    const slow = took(['client.app.start_ns=100ms', 'client.app.stagger_ns=30ms', 'client.app.gap_ns=20ms']);
    // The fourth flow begins after 190 ms, and pauses three times.
    expect(slow).toBeGreaterThan(250);
    // On a busy machine one of a few is as fast as it can be.
    await expect.poll(() => took([])).toBeLessThan(slow);
  });

  test('a sink that stops in the middle of a stream: both sides end, nothing is complete', () => {
    const lines = live('close-mid-stream', plain);
    expect(ofKind(lines, 'stream')[0]).toMatchObject({ complete: false });
    expect(Number(ofKind(lines, 'stream')[0]?.bytes)).toBeGreaterThanOrEqual(2 ** 20);
    expect(lines.at(-1)?.e).toBe('end');
  });

  test('a connection that nobody answers is said by a remark', () => {
    const lines = live('bulk', plain, ['--only', 'client', '--address', 'client=127.0.0.1', '--address', 'server=127.9.9.9']);
    expect(ofKind(lines, 'remark')[0]?.text).toBe('1 of 1 connections ended with an error; number 0 with ECONNREFUSED');
  });

  test.skipIf(!probed?.stdout.includes('"zcrx_nodev":true'))('zero-copy receive without a device', () => {
    expect(ofKind(live('no-device'), 'refill')).toMatchObject([{ returned: 'all', twice: false }]);
  });
});

describe.skipIf(why !== undefined)('the probe', () => {
  test('says of every behaviour what it found, or that it is unknown', () => {
    const { behaviours, unknown } = probeOf(probed?.stdout ?? '');
    expect([...Object.keys(behaviours), ...unknown].sort()).toEqual(BEHAVIOURS.map((b) => b.name).sort());
    expect(Object.keys(behaviours).length).toBeGreaterThan(25);
  });

  test('finds the same each time', () => {
    expect(run(['--probe']).stdout).toBe(run(['--probe']).stdout);
  });

  test('finds the profile of the release that this kernel says it is, where there is one', () => {
    const probe = probeOf(probed?.stdout ?? '');
    const release = /^\d+\.\d+/.exec(probe.kernel)?.[0] ?? '';
    const profile = behavioursOf(probe)[0]?.replace('kernel.profile=', '');
    if (BEHAVIOURS.some((b) => (b.profiles as readonly string[]).includes(release))) expect(profile).toBe(release);
    else console.log(`agent: Linux ${probe.kernel} has no profile of its own; the nearest one is ${profile}.`);
  });

  test('needs no privilege', () => {
    const open = mkdtempSync(join(tmpdir(), 'ringlab-agent-'));
    chmodSync(open, 0o755);
    const copy = join(open, 'agent');
    copyFileSync(AGENT, copy);
    chmodSync(copy, 0o755);
    // Nobody, for whom may become that; else whoever runs this.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { stdout, status } = spawnSync(copy, ['--probe'], { encoding: 'utf8', cwd: '/', ...nobody });
    rmSync(open, { recursive: true });
    const [mine, theirs] = [probeOf(probed?.stdout ?? ''), probeOf(stdout)];
    expect(status).toBe(0);
    expect(mine.behaviours).toMatchObject(theirs.behaviours);
  });
});

describe('what the simulator has to be, by what the agent found', () => {
  test.each([
    ['6.18.44-host', ['kernel.profile=6.18']], ['7.2.12-vm', ['kernel.profile=7.2']], ['7.3.4-vm', ['kernel.profile=7.3']],
    // Built for one processor: nothing has to lie on a cache line of its own.
    ['7.3.4-uml', ['kernel.profile=7.3', 'kernel.zcrx_rq_cache_lines=off']],
  ])('%s', (file, sets) => {
    expect(behavioursOf(probeOf(text('test/fixtures/probe', `${file}.jsonl`)))).toEqual(sets);
  });

  test('a kernel between two profiles is the nearer one, with single behaviours', () => {
    const probe = probeOf(text('test/fixtures/probe/7.3.4-vm.jsonl'));
    const backported = { ...probe, kernel: '7.2.99', behaviours: { ...probe.behaviours, zcrx_add_area: false } };
    expect(behavioursOf(backported)).toEqual(['kernel.profile=7.3', 'kernel.zcrx_add_area=off']);
  });

  test('an agent that could not probe is an error that says why', () => {
    const stop = '{"i":-1,"e":"stop","step":"","why":"this kernel has no io_uring"}\n';
    expect(() => probeOf(stop)).toThrow('the agent could not probe this kernel (this kernel has no io_uring).');
    expect(() => probeOf('')).toThrow('(it said nothing)');
  });
});

const app = (host: string, role: string, more = '') => `{"step":"app","host":"${host}","app.role":"${role}"${more}}\n`;

describe.skipIf(unbuilt !== undefined)('a bad program is one sentence and exit code 2', () => {
  test.each<[string, string, RegExp]>([
    ['empty', '', /^agent: the program is empty; ringlab replay SCENARIO --program prints one\.$/],
    ['no JSON', '{"step":"submit"}\nsubmit\n', /^agent: line 2 is no step: expected a JSON object/],
    ['half of a number', '{"step":"submit","n":1.5}', /^agent: line 1 is no step: .* with whole numbers only\.$/],
    ['no step', '{"stop":1}', /^agent: line 1 has no "step"/],
    ['an unknown step', '{"step":"submit"}\n{"step":"explode"}', /^agent: step 1: there is no step 'explode'; docs\/steps\.md lists/],
    ['too long a line', `{"step":"note","text":"${'x'.repeat(300_000)}"}`, /^agent: line 1 is longer than the 262144 bytes/],
    ['too many steps', '{"step":"submit"}\n'.repeat(4097), /^agent: line 4097: a program may have 4096 steps/],
    ['too much of it', `{"step":"note","text":"${'x'.repeat(200_000)}"}\n`.repeat(30), /^agent: the program is longer than 4194304/],
    ['a zero byte', '{"step":"note","text":"\0"}', /^agent: line 1 has a zero byte in it\.$/],
    ['brackets without end', `{"step":${'['.repeat(5000)}`, /^agent: line 1 is no step/],
    ['too many connections', app('client', 'source', ',"app.flows":5000'), /^agent: app\.flows: expected a whole number from 0 to 4096/],
    ['an unknown role', app('client', 'mirror'), /^agent: app\.role: there is no 'mirror' here\.$/],
    ['a host that is none', app('moon', 'sink'), /^agent: host: expected client or server; found 'moon'\.$/],
    ['two applications of a host', app('client', 'sink').repeat(2), /^agent: the client has two applications\.$/],
    ['nothing to run', '{"step":"apps.run"}', /^agent: apps\.run: no step 'app' says what is to run\.$/],
    [
      'nobody who accepts', `${app('client', 'source')}${app('server', 'rpc')}{"step":"apps.run"}`,
      /^agent: apps\.run: one host has to open/,
    ],
    ['an area in pieces', app('server', 'sink', ',"refill.area_bytes":10000'), /^agent: refill\.area_bytes: expected a multiple/],
  ])('%s', (_, program, sentence) => {
    const { status, stderr } = run(['-'], program);
    expect(stderr.trim()).toMatch(sentence);
    expect([status, stderr.trim().split('\n').length]).toEqual([2, 1]);
  });

  test.each<[readonly string[], RegExp]>([
    [['--frobnicate'], /^agent: there is no option like '--frobnicate'/], [['a', 'b'], /^agent: expected one program; found 'b' too\.$/],
    [['/no/such/program'], /^agent: the program '\/no\/such\/program' cannot be opened: No such file or directory\.$/],
    [['--limit-s', '0', '-'], /^agent: --limit-s takes a whole number from 1 to 86400; found '0'\.$/],
    [['--netns', 'moon=/x', '-'], /^agent: --netns takes client=… or server=…; found 'moon'\.$/],
    [['--netns', 'client=/no/netns', '-'], /^agent: the client's network namespace '\/no\/netns' cannot be opened: /],
    [['--interface', 'server=eth99', '-'], /^agent: the server has no network device 'eth99'\.$/],
    [['--address', 'client=10.0.0.300', '-'], /^agent: --address client takes an IPv4 or IPv6 address; found '10\.0\.0\.300'\.$/],
    [['--address', 'client=::1', '--address', 'server=10.0.0.2', '-'], /two families\.$/],
  ])('%j', (args, sentence) => {
    const { status, stdout, stderr } = run(args, '{"step":"submit"}\n');
    expect(stderr.trim()).toMatch(sentence);
    expect([status, stdout]).toEqual([2, '']);
  });
});

/** Processes of the agent under test that are still there. */
function alive(): number[] {
  return readdirSync('/proc').filter((n) => /^\d+$/.test(n)).filter((pid) => {
    try {
      const [file, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return file === AGENT && args.includes(MARK) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  }).map(Number);
}
/** An unusual limit, by which our own agents are known from others' on this machine. */
const MARK = '4711';

/** How much of the processor a process has had: its applications have begun when they have had some. */
function ticksOf(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ').slice(11, 13);
  return Number(user) + Number(system);
}

/** Applications that would run for an hour, begun; `meanwhile` gets the process and its children. */
async function interrupted(meanwhile: (agent: number, children: readonly number[]) => void): Promise<{ code: number | null; out: string }> {
  const child = spawn(AGENT, ['--limit-s', MARK, '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    out += piece;
  });
  const sets = ['client.app.bytes=4TiB', 'server.app.receive=recv', 'server.app.check=none', 'run.until_ns=1000s'];
  child.stdin.end(applications('bulk', sets));
  const over = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code));
  });
  await expect.poll(() => alive().filter((pid) => pid !== child.pid && ticksOf(pid) > 1).length).toBe(2);
  const pids = alive();
  expect(pids.length).toBe(3);
  meanwhile(child.pid ?? 0, pids.filter((pid) => pid !== child.pid));
  const code = await over;
  await expect.poll(alive).toEqual([]);
  return { code, out };
}

describe.skipIf(why !== undefined)('in bad weather it leaves no process behind', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ended by %s in the middle of a run', async (signal) => {
    const { code } = await interrupted((agent) => process.kill(agent, signal));
    expect(code).toBe({ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
  });

  test('killed in the middle of a run', async () => {
    expect((await interrupted((agent) => process.kill(agent, 'SIGKILL'))).code).toBe(null);
  });

  test('an application that crashes stops the program, which says whose it was', async () => {
    const { code, out } = await interrupted((_, [first]) => process.kill(first ?? 0, 'SIGSEGV'));
    expect(code).toBe(1);
    expect(out).toMatch(/"e":"stop".*the (client|server)'s application was ended by signal 11/);
  });

  test('the watchdog ends a step that waits for ever, and applications that do not end', () => {
    const waits = run(['--limit-s', '1', '-'], '{"step":"sleep_ms","ms":30000}\n');
    expect([waits.status, waits.stdout.split('\n').at(-2)]).toEqual([3, '{"e":"watchdog"}']);
    const long = applications('bulk', ['client.app.bytes=4TiB', 'server.app.check=none', 'server.app.receive=recv', 'run.until_ns=1000s']);
    const runs = run(['--limit-s', '1', '-'], long);
    expect([runs.status, runs.stdout.split('\n').at(-2)]).toEqual([3, '{"e":"watchdog"}']);
  });

  test('output that cannot be written is exit code 4 and a sentence', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(AGENT, ['-'], {
      input: applications('rpc'), stdio: ['pipe', full, 'pipe'], encoding: 'utf8',
    });
    closeSync(full);
    expect([status, stderr]).toEqual([4, 'agent: the trace cannot be written: No space left on device.\n']);
  });

  test('an application that never gets its bytes comes to its end when nothing moves any more', () => {
    const program = applications('bulk', ['server.app.receive=recv', 'run.until_ns=200ms']).split('\n');
    const alone = [program[1], '{"step":"apps.run","until_ns":200000000}'].join('\n');
    const { status, stdout } = run(['-'], alone);
    expect(status).toBe(0);
    expect(ofKind(linesOf(stdout), 'stream')).toEqual([]);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'ringlab-agent-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(why !== undefined)('where io_uring is not allowed', () => {
  const filter = join(folder, 'no-io-uring');
  const sentence = 'io_uring is not allowed here: see kernel.io_uring_disabled, or seccomp of a container';
  beforeAll(() => {
    execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-o', filter, at('test/native/no_io_uring.c')]);
  });

  test('the probe and applications stop with the reason', () => {
    for (const [args, input] of [[['--probe'], ''], [['-'], applications('bulk')]] as const) {
      const { status, stdout } = run([AGENT, ...args], input, filter);
      expect(status).toBe(1);
      expect(linesOf(stdout).at(-1)).toMatchObject({ e: 'stop', why: sentence });
    }
  });
});

const valgrind = spawnSync('valgrind', ['--version']).status === 0;
if (why === undefined && !valgrind) console.log('agent: nothing runs under valgrind, which is not there (apt-get install valgrind).');

describe.skipIf(why !== undefined)('clean', () => {
  const programs: readonly (readonly [string, string])[] = [
    ...['cancel', 'enobufs', 'fixed-files', 'inc-buffers', 'links'].map((name) => [name, steps(name)] as const),
    ['bulk', applications('bulk', ['client.app.bytes=1MiB'])],
    ['rpc', applications('rpc', ['client.app.bytes=100kB', 'client.app.flows=2'])],
    ['multishot', applications('bulk', ['server.app.receive=multishot', 'client.app.bytes=200kB'])],
  ];

  test('under the address and undefined-behaviour sanitizers', async () => {
    const agent = await agentBinary(watch, '--sanitize');
    for (const [name, program] of programs) {
      const { status, stderr, stdout } = run(['-'], program, agent);
      expect([name, status, stderr, linesOf(stdout).at(-1)?.e]).toEqual([name, 0, '', 'end']);
    }
    expect(run(['--probe'], '', agent)).toMatchObject({ status: 0, stderr: '' });
  });

  test.skipIf(!valgrind)('under valgrind', async () => {
    const agent = await agentBinary(watch, '--debug');
    for (const [name, program] of programs.filter(([n]) => ['enobufs', 'rpc', 'multishot'].includes(n))) {
      const { status, stderr, stdout } = run(['-q', '--trace-children=yes', '--error-exitcode=99', agent, '-'], program, 'valgrind');
      expect([name, status, stderr, linesOf(stdout).at(-1)?.e]).toEqual([name, 0, '', 'end']);
    }
  });
});
