/** What a doctor is asked about, by what the file is: a scenario, a binary trace, the lines of a replay, a log of completions. */
import { ruleOf } from '../fuzz/index.ts';
import { Examination, examineRecorded, type Finding, findingsOf, InputError, loadScenario, looksLikeScenario } from '../host/index.ts';
import { brokenIn, type Checked } from './broken_lines.ts';
import { coreFor, libraryName, readBytes, readSource, scenarioPath } from './files.ts';
import { loadOptionsOf, mustSee, type Needed, type RunFlags } from './run_options.ts';
import { watchedRun } from './watched_run.ts';

export interface Diagnosis {
  readonly name: string;
  readonly findings: readonly Finding[];
  /** What the scenario says that must be found. */
  readonly expected: readonly string[] | undefined;
  /** It is a program of steps, and evidence names these. */
  readonly steps?: boolean;
  /** What a record of this kind cannot show. */
  readonly unseen?: string;
  /** Lines of a log that are no completions: how many, and the first of them. */
  readonly foreign?: { readonly count: number; readonly line: number; readonly text: string };
}

const NOTHING_OF_IT = 'this is no scenario (about:, app:, steps: …), no trace, no line of replay --json and no log of completions; name'
  + ' one of these, such as a log with lines like user_data=7 res=64 flags=0x2.';

const TRACED: readonly Needed[] = [{ knob: 'run.trace', by: 'doctor' }];

export async function diagnose(what: string, flags: RunFlags): Promise<Diagnosis> {
  const input = what === '-';
  const path = input ? what : scenarioPath(what);
  const name = input ? 'standard input' : what;
  const bytes = /\.ya?ml$/.test(path) ? undefined : readBytes(path);
  const recorded = bytes && ofRecord(name, bytes, flags);
  if (recorded) return recorded;
  const source = input && bytes ? { shown: name, text: new TextDecoder().decode(bytes) } : readSource(what);
  if (bytes && !looksLikeScenario(source.text)) throw new InputError(`${name}: ${NOTHING_OF_IT}`);
  const scenario = loadScenario(source.text, source.shown, loadOptionsOf(flags, TRACED));
  mustSee(scenario, TRACED);
  const core = await coreFor(scenario);
  const checked = await brokenIn(scenario);
  const name_shown = libraryName(source.shown) ?? scenario.name;
  const broken = checked ? brokenFinding(checked, source.shown) : [];
  const steps = scenario.steps !== undefined;
  if (checked?.stops) return { name: name_shown, findings: broken, expected: scenario.doctor, steps };
  const examination = new Examination(scenario);
  const run = watchedRun(core, scenario, examination.options());
  const findings = [...broken, ...examination.findings({ scenario, ...run })];
  return { name: name_shown, findings, expected: scenario.doctor, steps };
}

function brokenFinding({ broken, bug, stops }: Checked, file: string): Finding[] {
  const { about, source } = ruleOf(broken);
  const texts = [
    `${broken.invariant}: ${broken.text}`, `always: ${about} (${source})`, ...bug,
    ...(stops ? ['the run stops there, and nothing else of it was examined'] : []),
  ];
  const remedy = `ringlab fuzz --repro ${file} shows where, and what came before it.`;
  return findingsOf([{ name: 'invariant-broken', evidence: texts.map((text) => ({ text })), remedy }]);
}

/** Findings over what was recorded before; undefined when the file is no record, and so a scenario. */
function ofRecord(name: string, bytes: Uint8Array, flags: RunFlags): Diagnosis | undefined {
  const found = examineRecorded(name, bytes);
  if (!found) return undefined;
  if (flags.set.length > 0 || flags.seed !== undefined || flags.until !== undefined || (flags.machine?.length ?? 0) > 0)
    throw new InputError(`doctor ${name}: what was recorded cannot be changed any more; leave out --set, --seed, --until and --machine.`);
  const { findings, unseen, foreign } = found;
  return { name, findings, expected: undefined, unseen, ...(foreign ? { foreign } : {}) };
}
