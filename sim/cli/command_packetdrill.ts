/** ringlab packetdrill FILE|DIR… */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Command, Option } from 'commander';
import { InputError } from '../host/index.ts';
import type { Mode } from '../../test/packetdrill/config.ts';
import { judgeMutants, type Mutant, MutantError, type MutantReport, readMutants } from '../../test/packetdrill/mutants.ts';
import type { Report } from '../../test/packetdrill/run_script.ts';
import { fetchLinux, type Suite, suiteDir } from '../../test/packetdrill/sources.ts';
import { appliesTo, findScripts, MODES, runFile, type ScriptFile } from '../../test/packetdrill/suites.ts';
import { loadCore, readBytes } from './files.ts';
import { bold, Progress, reasonOf, say, tell } from './terminal.ts';

interface Flags {
  readonly json?: boolean;
  readonly mode: Mode;
  readonly suite?: Suite;
  readonly fetch?: boolean;
  readonly mutants?: string;
}

interface Row extends Report {
  readonly script: string;
}

export function addPacketdrill(program: Command): void {
  program.command('packetdrill')
    .description('run packetdrill scripts against the simulated TCP, in virtual time')
    .argument('[path...]', 'scripts, or folders of scripts (*.pkt)')
    .option('--json', 'counts and the list of scripts as JSON')
    .addOption(new Option('--mode <mode>', 'addresses and sockets').choices(MODES).default('ipv4'))
    .addOption(new Option('--suite <suite>', 'a public suite, from the cache').choices(['linux', 'google']))
    .option('--fetch', 'first obtain Linux\'s own scripts from Debian\'s package of the kernel source, if they are not in the cache')
    .option('--mutants <file>', 'judge the interpreter: run changed scripts, one a line of JSON, which must fail')
    .addHelpText('after', `
A script passes, fails, or needs something that the model does not have; a failure shows what was expected and what happened.
The public suites are not part of this repository. Linux's own is fetched into a cache; for Google's, name the folder gtests/net
of a copy of google/packetdrill, or set RINGLAB_PACKETDRILL_GOOGLE to it.

Exit code: 0 no script failed, 1 one did, 2 bad input, 3 the simulator found a fault of its own.

Examples:
  $ ringlab packetdrill test/packetdrill/scripts
  $ ringlab packetdrill --fetch --suite linux
  $ ringlab packetdrill --suite linux --json | jq .counts`)
    .action(async (paths: readonly string[], flags: Flags) => {
      const core = await loadCore();
      if (flags.fetch) await fetchScripts();
      if (flags.mutants !== undefined) return judge(core, flags.mutants, flags);
      const places = [...paths, ...(flags.suite === undefined ? [] : [folderOf(flags.suite)])];
      if (places.length === 0 && flags.fetch) return;
      if (places.length === 0) throw new InputError('name a script, a folder of scripts, or a --suite.');
      report(runAll(core, places, flags), flags);
    });
}

async function fetchScripts(): Promise<void> {
  try {
    tell(`the scripts are in ${suiteDir('linux') ?? await fetchLinux(tell)}`);
  } catch (error) {
    throw new InputError(`Linux's scripts cannot be fetched: ${(error as Error).message.split('\n')[0]}.`);
  }
}

function folderOf(suite: Suite): string {
  const dir = suiteDir(suite);
  if (dir !== undefined) return dir;
  const google = 'set RINGLAB_PACKETDRILL_GOOGLE to gtests/net of a copy of google/packetdrill';
  const hint = suite === 'linux' ? 'run ringlab packetdrill --fetch' : google;
  throw new InputError(`the scripts of the suite ${suite} are not here: ${hint}.`);
}

/** What every script has: a line that begins with a time. */
const EVENT = /^[ \t]*(\+|\*|\d)[\d.~+]*[ \t]/m;

const textOf = (path: string): string => new TextDecoder().decode(readBytes(path));

/** The scripts that an argument means. */
function scriptsOf(path: string): ScriptFile[] {
  if (path === '-') throw new InputError('packetdrill: - is no script; name a file, or /dev/stdin for standard input.');
  if (!existsSync(path)) throw new InputError(`there is no file ${path}.`);
  let found: ScriptFile[];
  try {
    found = findScripts(path);
  } catch (error) {
    throw new InputError(`${path} cannot be read (${reasonOf(error)}); name a folder that you may read.`);
  }
  if (found.length === 0) throw new InputError(`${path}: there is no script (*.pkt) in this folder; name another.`);
  return found;
}

function runAll(core: WebAssembly.Module, places: readonly string[], flags: Flags): Row[] {
  const progress = new Progress();
  const rows: Row[] = [];
  for (const path of places) {
    for (const file of scriptsOf(path)) {
      const text = textOf(file.path);
      if (!appliesTo(file.name, text, flags.mode)) continue;
      progress.show(() => file.name);
      const found = runFile(core, text, flags.mode, file.name);
      // A file that was named itself and is no script at all is a mistake of who named it.
      if (file.path === path && found.verdict === 'fail' && !EVENT.test(text))
        throw new InputError(`${path}:${found.line}: this is no packetdrill script (${found.message}); name a script.`);
      rows.push({ script: file.name, ...found });
    }
  }
  progress.end();
  return rows.sort((a, b) => (a.script < b.script ? -1 : 1));
}

function report(rows: readonly Row[], flags: Flags): void {
  if (flags.json) say(JSON.stringify({ mode: flags.mode, counts: countsOf(rows), scripts: rows }, null, 1));
  else for (const line of reportLines(rows)) say(line);
  if (rows.some((r) => r.verdict === 'fail')) process.exitCode = 1;
}

function countsOf(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = { pass: 0, fail: 0, unsupported: 0 };
  for (const row of rows) counts[row.verdict] = (counts[row.verdict] ?? 0) + 1;
  return counts;
}

function reportLines(rows: readonly Row[]): string[] {
  const lines: string[] = [];
  for (const row of rows) {
    if (row.verdict === 'pass') lines.push(`pass         ${row.script}`);
    else if (row.verdict === 'unsupported') lines.push(`unsupported  ${row.script}:${row.line}  ${row.message}`);
    else {
      lines.push(`${bold('fail')}         ${row.script}:${row.line}  ${row.message}`);
      if (row.expected === '' && row.actual === '') continue;
      lines.push(`             expected  ${row.expected}`, `             actual    ${row.actual}`);
    }
  }
  const counts = countsOf(rows);
  lines.push('', `${counts.pass} passed, ${counts.fail} failed, ${counts.unsupported} unsupported`);
  return lines;
}

/** The text that a mutant was made of: from the suite's folder. */
function originalOf(m: Mutant): string | undefined {
  const dir = suiteDir(m.suite === 'google' ? 'google' : 'linux');
  const path = dir === undefined ? '' : join(dir, m.suite === 'google' ? m.path : basename(m.path));
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function mutantsOf(path: string): Mutant[] {
  if (!existsSync(path)) throw new InputError(`--mutants ${path}: there is no such file.`);
  try {
    return readMutants(textOf(path));
  } catch (error) {
    if (error instanceof MutantError) throw new InputError(`${path}:${error.line}: ${error.message}.`);
    throw error;
  }
}

function judge(core: WebAssembly.Module, path: string, flags: Flags): void {
  const mutants = mutantsOf(path);
  const progress = new Progress();
  const found = judgeMutants(core, mutants, flags.mode, originalOf, (done) => progress.show(() => `mutant ${done} of ${mutants.length}`));
  progress.end();
  if (found.judged === 0) throw new InputError('no mutant can be judged: their scripts are not here, or none of them passes.');
  if (flags.json) say(JSON.stringify(found, null, 1));
  else for (const line of judgeLines(found)) say(line);
  if (found.missed.length > 0) process.exitCode = 1;
}

function judgeLines(r: MutantReport): string[] {
  const text = (m: Mutant) => `  ${m.suite} ${m.path}:${m.line}  ${m.kind}`;
  return [
    `${r.judged} judged, ${r.skipped} of scripts that do not pass or are not here; ${r.rejected} rejected, ${r.accepted} accepted`,
    ...(r.missed.length > 0 ? [bold('accepted here, rejected by Linux:'), ...r.missed.map(text)] : []),
    ...(r.harsh.length > 0 ? ['rejected here, accepted by Linux:', ...r.harsh.map(text)] : []),
  ];
}
