/**
 * Runs step scenarios on a real kernel and in the simulator, and lays the traces beside each other.
 *
 *     node scripts/conform_native.mjs [--profile 6.18] [--run 'ssh host'] [--agent build/agent] [--record]
 *         [--keep FOLDER] [NAME ...]
 *
 * --profile says what the simulator is to be; --run is a command that runs the agent on another kernel than this one's; --record
 * keeps what the kernel said in test/fixtures/golden/RELEASE/NAME.jsonl; --keep writes both traces of a difference there. Without
 * names: all that scenarios/conform has.
 * native-backend/agent/build.sh makes the agent.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { localRule } from '../test/conform/local_rules.mjs';
import { root } from './run_command.mjs';

const FOLDER = 'scenarios/conform';
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'string', default: '6.18' }, run: { type: 'string', default: '' }, agent: { type: 'string', default: 'build/agent' },
    record: { type: 'boolean', default: false }, keep: { type: 'string', default: '' },
  },
});

const MAX_BYTES = 1 << 26;
function said(command, args) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: MAX_BYTES });
  if (done.error) throw done.error;
  return done.stdout;
}
const cli = (...args) => said(process.execPath, ['build/cli.mjs', 'replay', ...args]);
const lines = (text) => text.trimEnd().split('\n');
/** A line as it is compared: the first one says which kernel it is. */
const canonical = (line) => (line.includes('"e":"caps"') ? '' : localRule(line));

const scratch = mkdtempSync(join(tmpdir(), 'conform-'));
function onKernel(name) {
  const program = join(scratch, `${name}.program`);
  writeFileSync(program, cli(`conform/${name}`, '--program', '--set', `kernel.profile=${options.profile}`));
  const [command, ...args] = [...options.run.split(' ').filter(Boolean), resolve(root, options.agent), program];
  return said(command, args);
}

function compare(name) {
  const kernel = onKernel(name);
  const want = lines(kernel);
  const got = lines(cli(`conform/${name}`, '--json', '--set', `kernel.profile=${options.profile}`));
  const at = want.findIndex((line, i) => canonical(line) !== canonical(got[i] ?? ''));
  const place = at >= 0 ? at : got.length > want.length ? want.length : -1;
  const ended = want.at(-1)?.includes('"e":"end"') ?? false;
  if (options.keep && place >= 0) {
    mkdirSync(options.keep, { recursive: true });
    writeFileSync(join(options.keep, `${name}.kernel.jsonl`), kernel);
    writeFileSync(join(options.keep, `${name}.simulator.jsonl`), `${got.join('\n')}\n`);
  }
  if (options.record && ended) {
    const release = JSON.parse(want[0]).kernel;
    mkdirSync(join(root, 'test/fixtures/golden', release), { recursive: true });
    writeFileSync(join(root, 'test/fixtures/golden', release, `${name}.jsonl`), kernel);
  }
  process.stdout.write(place < 0 ? `same    ${name} (${want.length} lines)\n`
    : `DIFFERS ${name} at line ${place + 1} of ${want.length}\n  kernel    ${want[place]}\n  simulator ${got[place]}\n`);
  return place < 0;
}

const isSteps = (name) => /^steps:/m.test(readFileSync(join(root, FOLDER, `${name}.yaml`), 'utf8'));
const all = readdirSync(join(root, FOLDER)).filter((f) => f.endsWith('.yaml')).map((f) => f.slice(0, -5)).filter(isSteps);
try {
  const same = (positionals.length > 0 ? positionals : all).map(compare);
  process.exitCode = same.every(Boolean) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true });
}
