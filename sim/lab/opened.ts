/**
 * A file from outside: what it is, and what there is to say of it. A run and a scenario go to the bench; what was recorded is examined,
 * and a capture replayed.
 */
import {
  atText, eventOf, examineRecorded, HOSTS, InputError, isLines, isTrace, lineText, loadScenario, looksLikeScenario, narrate,
  type PcapResult, pcapRemarks, readLines, readTrace, type Recorded, replayCapture, runScenario, type Scenario, traceText,
  type TraceLine,
} from '../host/index.ts';
import { told, type ToldFinding } from './findings.ts';
import { looksLikeRunFile, readRunFile, type RunFile } from './run_file.ts';
import { looksLikeTranscript, readTranscript } from './transcript_file.ts';

/** A line of what was recorded, for reading. */
export interface OpenedLine {
  /** Where it stands: a step, a time, a line of its file. */
  readonly at: string;
  readonly kind: string;
  readonly text: string;
}
/** Who recorded it, as ringlab capture writes it in the first line. */
export interface RecordedBy {
  readonly scenario: string;
  readonly kernel: string;
  readonly target: string;
  readonly date: string;
  readonly sets: readonly string[];
}
/** The same program in the simulator: how many of its lines are equal, and the first that is not. */
export interface Beside {
  readonly equal: number;
  readonly of: number;
  readonly first: { readonly recorded: string; readonly simulated: string } | undefined;
}
export type Opened =
  | { readonly kind: 'run'; readonly name: string; readonly run: RunFile }
  /** `problem`: why it cannot be run as it is; empty when it can. */
  | { readonly kind: 'scenario'; readonly name: string; readonly text: string; readonly problem: string }
  | { readonly kind: 'capture'; readonly name: string; readonly result: PcapResult; readonly remarks: readonly string[] }
  | {
    readonly kind: 'recorded'; readonly name: string; readonly what: Recorded['kind'] | 'transcript'; readonly lines: readonly OpenedLine[];
    /** All that there are; the first of them are in `lines`. */
    readonly count: number; readonly findings: readonly ToldFinding[]; readonly unseen: string; readonly foreign: Recorded['foreign'];
    readonly by: RecordedBy | undefined; readonly beside: Beside | undefined;
  };

export interface OpenOptions {
  /** Texts of scenarios that a recorded trace may name. */
  readonly programs: Readonly<Record<string, string>>;
  readonly onProgress?: (done: number, all: number) => void;
}

const LINES_SHOWN = 2000;
const MAGICS = [0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a];
const isCapture = (b: Uint8Array): boolean =>
  b.length >= 4 && MAGICS.includes(new DataView(b.buffer, b.byteOffset).getUint32(0, false));
const isGzip = (b: Uint8Array): boolean => b[0] === 0x1f && b[1] === 0x8b;

const NOTHING = 'this is no scenario, no run file, no trace, no lines of ringlab replay --json, no transcript, no log of completions and no'
  + ' packet capture. Scenarios begin with a section such as about: or app:; a log has lines like user_data=7 res=64 flags=0x2.';

async function inflated(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new InputError(`${name} is gzipped and cannot be read: ${(error as Error).message}.`);
  }
}

/** Says what a file is, and does its job. */
export async function openFile(core: WebAssembly.Module, name: string, file: Uint8Array, options: OpenOptions): Promise<Opened> {
  if (file.length === 0) throw new InputError(`${name} is empty.`);
  if (isGzip(file)) return openFile(core, name.replace(/\.gz$/, ''), await inflated(name, file), options);
  if (isCapture(file)) {
    const told = options.onProgress ? { onProgress: options.onProgress } : {};
    const result = replayCapture(core, file, { name, ...told });
    return { kind: 'capture', name, result, remarks: pcapRemarks(result) };
  }
  if (isTrace(file)) return traceFile(name, file);
  const text = new TextDecoder().decode(file);
  if (looksLikeRunFile(text)) return { kind: 'run', name, run: readRunFile(text, name) };
  if (looksLikeTranscript(text)) return { ...recorded(name, { kind: 'log', findings: [], unseen: '' }), ...readTranscript(text, name) };
  if (isLines(text) && !isOneObject(text)) return linesFile(core, name, file, text, options.programs);
  const plain = name.replace(/\.(ya?ml|json)$/, '');
  if (looksLikeScenario(text) || isOneObject(text)) return { kind: 'scenario', name: plain, text, problem: problemOf(plain, text) };
  const log = examineRecorded(name, file);
  if (log) return { ...recorded(name, log), ...shownText(text) };
  // A heading that nobody knows says what is wrong with it; anything else is nothing of ours.
  if (!/\.ya?ml$/.test(name)) throw new InputError(`${name}: ${NOTHING}`);
  return { kind: 'scenario', name: plain, text, problem: problemOf(plain, text) };
}

function problemOf(name: string, text: string): string {
  try {
    loadScenario(text, name);
    return '';
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** JSON over several lines is one object; a trace has one in each. */
function isOneObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !('e' in value);
  } catch {
    return false;
  }
}

type RecordedFile = Extract<Opened, { kind: 'recorded' }>;
const recorded = (name: string, { kind, findings, unseen, foreign }: Recorded): RecordedFile => ({
  kind: 'recorded', name, what: kind, findings: told(findings), unseen, foreign, lines: [], count: 0,
  by: undefined, beside: undefined,
});

function shownText(text: string): Pick<RecordedFile, 'lines' | 'count'> {
  const all = text.split('\n').filter((l, i, lines) => i < lines.length - 1 || l !== '');
  return { count: all.length, lines: all.slice(0, LINES_SHOWN).map((line, i) => ({ at: `line ${i + 1}`, kind: '', text: line })) };
}

function traceFile(name: string, file: Uint8Array): Opened {
  const found = examineRecorded(name, file) as Recorded;
  const batch = readTrace(name, file);
  const lines = Array.from({ length: Math.min(batch.length, LINES_SHOWN) }, (_, i): OpenedLine => {
    const record = batch.record(i);
    return { at: atText({ time_ns: record.time_ns }), kind: eventOf(record).name, text: `${HOSTS[record.host]}: ${narrate(record)}` };
  });
  return { ...recorded(name, found), lines, count: batch.length };
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

type Programs = OpenOptions['programs'];
function linesFile(core: WebAssembly.Module, name: string, file: Uint8Array, text: string, programs: Programs): Opened {
  const all = readLines(name, text);
  const first = all.find((l) => l.e === 'capture');
  const by = first && {
    scenario: String(first.scenario), kernel: String(first.kernel), target: String(first.target), date: String(first.date),
    sets: texts(first.sets),
  };
  const written = by && programs[by.scenario];
  const scenario = written === undefined ? undefined : loadScenario(written, by?.scenario ?? name, { sets: by?.sets ?? [] });
  const found = examineRecorded(name, file, scenario?.steps) as Recorded;
  const lines = all.filter((l) => l.e !== 'capture');
  return {
    ...recorded(name, found), by, count: lines.length,
    lines: lines.slice(0, LINES_SHOWN).map((l) => ({ at: l.i < 0 ? '' : `step ${l.i}`, kind: l.e, text: lineText(l) })),
    beside: scenario?.steps ? besideSimulator(core, scenario, lines) : undefined,
  };
}

/** Lines that a kernel and the simulator need not have alike: who they are, and how long they took. */
const OWN_LINES = ['capture', 'caps', 'speed', 'note'];

function besideSimulator(core: WebAssembly.Module, scenario: Scenario, lines: readonly TraceLine[]): Beside {
  const simulated: string[] = [];
  runScenario(core, scenario, { onStep: (l) => {
    if (!OWN_LINES.includes(l.e)) simulated.push(traceText(l));
  } });
  const kept = lines.filter((l) => !OWN_LINES.includes(l.e)).map(traceText);
  const of = Math.max(kept.length, simulated.length);
  const at = Array.from({ length: of }, (_, i) => i).filter((i) => kept[i] !== simulated[i]);
  const i = at[0];
  const first = i === undefined ? undefined : { recorded: kept[i] ?? 'nothing more', simulated: simulated[i] ?? 'nothing more' };
  return { of, equal: of - at.length, first };
}
