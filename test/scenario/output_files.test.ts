/** The files that a run writes: whole or not at all, through symlinks and into pipes, and refused before the run when they cannot be. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { bundle, ringlabProcess as ringlab, root } from './cli.ts';

const base = mkdtempSync(join(tmpdir(), 'ringlab-out-'));
afterAll(() => rmSync(base, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(base, String(count++));
  mkdirSync(folder);
});
const at = (name: string) => join(folder, name);
const PCAPNG = 0x0a0d0d0a;
const begins = (path: string) => readFileSync(path).readUInt32LE(0);
const sh = (command: string) =>
  spawnSync('bash', ['-c', command], { cwd: root, encoding: 'buffer', env: { ...process.env, folder, bundle } });

describe('where a path leads', () => {
  test('a symlink stays one, and its target is written', () => {
    writeFileSync(at('old'), 'old');
    symlinkSync('old', at('link'));
    expect(ringlab('run', 'tour', '--pcap', at('link')).code).toBe(0);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(begins(at('old'))).toBe(PCAPNG);
    expect(readdirSync(folder).sort()).toEqual(['link', 'old']);
  });
  test('a symlink to a file that is not there yet makes it', () => {
    symlinkSync('new', at('one'));
    symlinkSync('one', at('two'));
    expect(ringlab('run', 'tour', '--pcap', at('two')).code).toBe(0);
    expect(begins(at('new'))).toBe(PCAPNG);
  });
  test('a pipe is written as it is, and stays one', () => {
    execFileSync('mkfifo', [at('pipe')]);
    const { status } = sh('cat "$folder/pipe" > "$folder/got" & node "$bundle" run tour --pcap "$folder/pipe" && wait');
    expect(status).toBe(0);
    expect(begins(at('got'))).toBe(PCAPNG);
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
  });
  test('a device takes any number of outputs', () => {
    expect(ringlab('run', 'tour', '--pcap', '/dev/null', '--trace', '/dev/null').code).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
  test('standard output gets the capture, and standard error the results', () => {
    expect(ringlab('run', 'tour', '--pcap', at('x')).code).toBe(0);
    const piped = sh('node "$bundle" run tour --pcap /dev/stdout | cat');
    expect(piped.stdout).toEqual(readFileSync(at('x')));
    expect(piped.stderr.toString()).toContain('the same seed gives the same hash');
    sh('node "$bundle" run tour --pcap /dev/stdout 2> /dev/null > "$folder/y"');
    expect(readFileSync(at('y'))).toEqual(readFileSync(at('x')));
  });
  test('a file that is replaced keeps its permissions', () => {
    writeFileSync(at('x'), 'old');
    chmodSync(at('x'), 0o640);
    expect(ringlab('run', 'tour', '--trace', at('x')).code).toBe(0);
    expect(statSync(at('x')).mode & 0o777).toBe(0o640);
  });
});

describe('an output that cannot be is refused before the run, with the path that was given', () => {
  const refused = (sentence: string, ...args: string[]) => {
    const { code, out, err } = ringlab('run', 'tour', ...args);
    expect(err).toBe(`ringlab: ${sentence}\n`);
    expect(out).toBe('');
    expect(code).toBe(2);
  };
  test('a folder', () => {
    refused(`--pcap ${folder}: this is a folder; name a file in it.`, '--pcap', folder);
    refused(`--trace ${at('x')}/: this is a folder; name a file in it.`, '--trace', `${at('x')}/`);
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync(base).filter((f) => f.startsWith('.'))).toEqual([]);
  });
  test('nothing', () => refused("--pcap '': the path is empty; name a file.", '--pcap', ''));
  test('a folder that is not there', () =>
    refused('--perfetto /no/such/x: there is no folder /no/such; make it first.', '--perfetto', '/no/such/x'));
  test('a file as folder', () => {
    writeFileSync(at('x'), '');
    refused(`--pcap ${at('x/y')}: ${at('x')} is no folder; name a file in a folder.`, '--pcap', at('x/y'));
  });
  test('symlinks in a circle', () => {
    symlinkSync('b', at('a'));
    symlinkSync('a', at('b'));
    refused(`--pcap ${at('a')}: its symlinks run in a circle; name the file itself.`, '--pcap', at('a'));
  });
  test('a folder that takes no files', () => {
    const { code, err } = ringlab('run', 'tour', '--pcap', '/proc/x');
    expect(err).toMatch(/^ringlab: --pcap \/proc\/x: it cannot be written \([a-z ]+\); choose another place\.\n$/);
    expect(code).toBe(2);
  });
  test('a file that may not be written', () => {
    writeFileSync(at('x'), 'old', { mode: 0o444 });
    for (const dir of [base, folder]) chmodSync(dir, 0o755);
    // Root may write everything: then somebody else asks, of a copy that he can read.
    const copy = at('cli.mjs');
    copyFileSync(bundle, copy);
    const core = readFileSync(join(root, 'build/core.wasm'));
    writeFileSync(at('core.wasm'), core);
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const args = [copy, 'run', join(root, 'scenarios/tour.yaml'), '--pcap', at('x')];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder, ...user });
    expect(stderr).toBe(`ringlab: --pcap ${at('x')}: it cannot be written (permission denied); choose another place.\n`);
    expect(status).toBe(2);
    expect(readFileSync(at('x'), 'utf8')).toBe('old');
  });
  test('the file of another output, also by another way to write it', () => {
    symlinkSync(at('x'), at('link'));
    for (const path of [at('x'), `${folder}/./x`, at('link')])
      refused(`--pcap ${path}: --trace writes there too; give each its own file.`, '--trace', at('x'), '--pcap', path);
    expect(readdirSync(folder)).toEqual(['link']);
  });
  test('the scenario itself', () => {
    const yaml = readFileSync(join(root, 'scenarios/tour.yaml'), 'utf8');
    writeFileSync(at('mine.yaml'), yaml);
    const { code, err } = ringlab('run', at('mine.yaml'), '--trace', at('./mine.yaml'));
    expect(err).toBe(`ringlab: --trace ${at('mine.yaml')}: the scenario is read from there; choose another file.\n`);
    expect(code).toBe(2);
    expect(readFileSync(at('mine.yaml'), 'utf8')).toBe(yaml);
  });
});

describe('all or none', () => {
  test('one that is full ends the run with a sentence, and the others do not appear', () => {
    const { code, err } = ringlab('run', 'tour', '--pcap', at('x'), '--trace', '/dev/full');
    expect(err).toBe(
      'ringlab: --trace /dev/full: it could not be written to its end (no space left on device); make room or choose another place.\n',
    );
    expect(code).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });
  test('one that cannot be is found before the others are opened', () => {
    expect(ringlab('run', 'tour', '--pcap', at('x'), '--trace', '/no/such/x').code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });
  test('a reader that goes away is no error', () => {
    execFileSync('mkfifo', [at('pipe')]);
    const { status, stderr } = sh('head -c 8 "$folder/pipe" > /dev/null & node "$bundle" run bulk --trace "$folder/pipe" > /dev/null');
    expect({ status, err: stderr.toString() }).toEqual({ status: 0, err: '' });
  });
});

describe('standard output', () => {
  test('that is full is told in a sentence', () => {
    const { status, stderr } = sh('node "$bundle" run tour --json > /dev/full');
    expect(stderr.toString()).toBe(
      'ringlab: standard output: it could not be written to its end (no space left on device); make room or choose another place.\n',
    );
    expect(status).toBe(1);
  });
});

test('who watches changes nothing: the state hash is the same with every output and without', () => {
  const hash = (...args: string[]) => JSON.parse(ringlab('run', 'bulk', '--json', ...args).out).stateHash;
  const plain = hash();
  expect(hash('--pcap', at('a'), '--trace', at('b'), '--perfetto', at('c'))).toBe(plain);
  expect(hash('--set', 'run.trace=off')).toBe(plain);
  expect(hash('--set', 'run.verify=on', '--pcap', '/dev/null', '--set', 'limits.capture_bytes=2MiB')).toBe(plain);
});

describe('a signal ends a run at once and leaves nothing behind', () => {
  // scripts/ringlab.mjs is what npx ringlab runs.
  const npx = join(root, 'scripts/ringlab.mjs');
  const AT_ONCE_MS = 300;
  /** Who shares the machine may hold it up. */
  const ROUNDS = 5;
  /** Hundredths of a second of the processor: several times what it takes to begin. */
  const WELL_UNDER_WAY = 150;
  /** What a process has had of the processor, in them. */
  const ticksOf = (pid: number | undefined): number =>
    Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')[11]);
  test.each([
    ['SIGINT', 'the bundle', bundle], ['SIGTERM', 'the bundle', bundle], ['SIGINT', 'npx ringlab', npx], ['SIGTERM', 'npx ringlab', npx],
  ] as const)('%s at %s', async (signal, _, entry) => {
    const long = ['--set', 'client.app.bytes=20GiB', '--set', 'run.verify=on', '--set', 'app.check=none'];
    let least_ms = Infinity;
    for (let round = 0; round < ROUNDS && least_ms >= AT_ONCE_MS; round++) {
      const child = spawn(process.execPath, [entry, 'run', 'bulk', ...long, '--trace', at('x')], { cwd: root, stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      await expect.poll(() => ticksOf(child.pid)).toBeGreaterThan(WELL_UNDER_WAY);
      const begun = performance.now();
      child.kill(signal);
      const ended = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));
      least_ms = Math.min(least_ms, performance.now() - begun);
      expect(ended).toBe(signal);
      expect(readdirSync(folder)).toEqual([]);
      expect(existsSync(at('x'))).toBe(false);
    }
    expect(least_ms).toBeLessThan(AT_ONCE_MS);
  });
});
