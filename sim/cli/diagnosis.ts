/** What a doctor is asked about, by what the file is: a scenario, a binary trace, the lines of a replay, a log of completions. */
import {
  Chart, Examination, examine, type Finding, InputError, KIND, loadScenario, looksLikeScenario, patientOf, patientOfStory, RECORD_BYTES,
  readCqeLog, storyOfLog, storyOfSteps, TraceBatch, type TraceLine,
} from '../host/index.ts';
import { libraryName, loadCore, readBytes, readSource, scenarioPath } from './files.ts';
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

const UNSEEN = {
  trace: 'a trace has no knobs and no counters: sizes, why a registration was refused and what TCP counted are not in it',
  lines: 'these lines have no submission entries: what was armed on which file, links and what was given back are not in them',
  log: 'completions alone do not show what was armed, on which file, or what was given back',
} as const;

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
  const examination = new Examination(scenario);
  const run = watchedRun(await loadCore(), scenario, examination.options());
  return {
    name: libraryName(source.shown) ?? scenario.name, findings: examination.findings({ scenario, ...run }), expected: scenario.doctor,
    steps: scenario.steps !== undefined,
  };
}

/** Findings over what was recorded before; undefined when the file is no record, and so a scenario. */
function ofRecord(name: string, bytes: Uint8Array, flags: RunFlags): Diagnosis | undefined {
  const text = isTrace(bytes) ? undefined : new TextDecoder().decode(bytes);
  const found = text === undefined ? { findings: ofTrace(name, bytes) } : ofText(name, text);
  if (!found) return undefined;
  if (flags.set.length > 0 || flags.seed !== undefined || flags.until !== undefined || (flags.machine?.length ?? 0) > 0)
    throw new InputError(`doctor ${name}: what was recorded cannot be changed any more; leave out --set, --seed, --until and --machine.`);
  const kind = text === undefined ? 'trace' : isLines(text) ? 'lines' : 'log';
  return { name, ...found, expected: undefined, unseen: UNSEEN[kind] };
}

const KINDS = Object.keys(KIND).length;
/** A trace has zero bytes where a text has none. */
const isTrace = (bytes: Uint8Array) => bytes.length > 0 && bytes.subarray(0, RECORD_BYTES).includes(0);

function ofTrace(name: string, bytes: Uint8Array): Finding[] {
  if (bytes.length % RECORD_BYTES !== 0)
    throw new InputError(`${name}: expected records of ${RECORD_BYTES} bytes, as ringlab run --trace writes them; found ${bytes.length}`
      + ` bytes.`);
  const chart = new Chart();
  const copy = bytes.slice();
  const batch = new TraceBatch(copy.buffer as ArrayBuffer, 0, copy.length);
  for (let i = 0; i < batch.length; i++)
    if (batch.kind(i) === 0 || batch.kind(i) > KINDS || batch.host(i) > 1)
      throw new InputError(`${name}: record ${i + 1} of ${batch.length} is of no kind that there is; expected a trace, as ringlab run`
        + ` --trace writes it.`);
  chart.add(batch);
  return examine(patientOf(name, chart));
}

const isLines = (text: string) => text.trimStart().startsWith('{"');

function ofText(name: string, text: string): Pick<Diagnosis, 'findings' | 'foreign'> | undefined {
  if (isLines(text)) return { findings: examine(patientOfStory(name, storyOfSteps([], linesOf(name, text)))) };
  const log = readCqeLog(text);
  if (!log) return undefined;
  const [line] = log.foreign;
  const findings = examine(patientOfStory(name, storyOfLog(log.cqes)));
  return line === undefined ? { findings }
    : { findings, foreign: { count: log.foreign.length, line, text: text.split('\n')[line - 1]?.trim() ?? '' } };
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
