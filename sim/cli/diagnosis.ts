/** What a doctor is asked about, by what the file is: a scenario, a binary trace, the lines of a replay, a log of completions. */
import {
  Chart, Examination, examine, type Finding, InputError, loadScenario, patientOf, patientOfStory, RECORD_BYTES, readCqeLog, storyOfLog,
  storyOfSteps, TraceBatch, type TraceLine,
} from '../host/index.ts';
import { loadCore, readBytes, readSource, scenarioPath } from './files.ts';
import { loadOptionsOf, mustSee, type Needed, type RunFlags } from './run_options.ts';
import { watchedRun } from './watched_run.ts';

export interface Diagnosis {
  readonly name: string;
  readonly findings: readonly Finding[];
  /** What the scenario says that must be found. */
  readonly expected: readonly string[] | undefined;
  /** What a record of this kind cannot show. */
  readonly unseen?: string;
}

const UNSEEN = {
  trace: 'a trace has no knobs and no counters: sizes, why a registration was refused and what TCP counted are not in it',
  lines: 'these lines have no submission entries: what was armed on which file, links and what was given back are not in them',
  log: 'completions alone do not show what was armed, on which file, or what was given back',
} as const;

const TRACED: readonly Needed[] = [{ knob: 'run.trace', by: 'doctor' }];

export async function diagnose(what: string, flags: RunFlags): Promise<Diagnosis> {
  const input = what === '-';
  const path = input ? what : scenarioPath(what);
  const name = input ? 'standard input' : what;
  const bytes = /\.ya?ml$/.test(path) ? undefined : readBytes(path);
  const recorded = bytes && ofRecord(name, bytes, flags);
  if (recorded) return recorded;
  const source = input && bytes ? { shown: name, text: new TextDecoder().decode(bytes) } : readSource(what);
  const scenario = loadScenario(source.text, source.shown, loadOptionsOf(flags, TRACED));
  mustSee(scenario, TRACED);
  const examination = new Examination(scenario);
  const run = watchedRun(await loadCore(), scenario, examination.options());
  return { name: scenario.name, findings: examination.findings({ scenario, ...run }), expected: scenario.doctor };
}

/** Findings over what was recorded before; undefined when the file is no record, and so a scenario. */
function ofRecord(name: string, bytes: Uint8Array, flags: RunFlags): Diagnosis | undefined {
  const text = isTrace(bytes) ? undefined : new TextDecoder().decode(bytes);
  const findings = text === undefined ? ofTrace(name, bytes) : ofText(name, text);
  if (!findings) return undefined;
  if (flags.set.length > 0 || flags.seed !== undefined || flags.until !== undefined)
    throw new InputError(`doctor ${name}: what was recorded cannot be changed any more; leave out --set, --seed and --until.`);
  const kind = text === undefined ? 'trace' : isLines(text) ? 'lines' : 'log';
  return { name, findings, expected: undefined, unseen: UNSEEN[kind] };
}

/** A trace has zero bytes where a text has none. */
const isTrace = (bytes: Uint8Array) => bytes.length > 0 && bytes.subarray(0, RECORD_BYTES).includes(0);

function ofTrace(name: string, bytes: Uint8Array): Finding[] {
  if (bytes.length % RECORD_BYTES !== 0)
    throw new InputError(`${name}: expected records of ${RECORD_BYTES} bytes, as ringlab run --trace writes them; found ${bytes.length}`
      + ` bytes.`);
  const chart = new Chart();
  const copy = bytes.slice();
  chart.add(new TraceBatch(copy.buffer as ArrayBuffer, 0, copy.length));
  return examine(patientOf(name, chart));
}

const isLines = (text: string) => text.trimStart().startsWith('{"');

function ofText(name: string, text: string): Finding[] | undefined {
  if (isLines(text)) return examine(patientOfStory(name, storyOfSteps([], linesOf(name, text))));
  const cqes = readCqeLog(text);
  return cqes ? examine(patientOfStory(name, storyOfLog(cqes))) : undefined;
}

function linesOf(name: string, text: string): TraceLine[] {
  return text.split('\n').flatMap((line, i): TraceLine[] => {
    if (line.trim() === '') return [];
    try {
      const value = JSON.parse(line) as TraceLine;
      if (typeof value.i === 'number' && typeof value.e === 'string') return [value];
    } catch {
      // Said below.
    }
    throw new InputError(`${name}:${i + 1}: this is no line of ringlab replay --json; give it its whole output.`);
  });
}
