/** The doctor over what was recorded before: a binary trace, the lines of a replay, a log of completions. */
import { InputError } from '../input_error.ts';
import type { Program } from '../steps/program.ts';
import type { TraceLine } from '../steps/trace_line.ts';
import { KIND, RECORD_BYTES, TraceBatch } from '../trace.ts';
import { Chart } from './chart.ts';
import { readCqeLog } from './cqe_log.ts';
import { examine } from './detectors.ts';
import type { Finding } from './finding.ts';
import { patientOf, patientOfStory } from './patient.ts';
import { storyOfLog, storyOfSteps } from './story.ts';

export interface Recorded {
  readonly kind: 'trace' | 'lines' | 'log';
  readonly findings: readonly Finding[];
  /** What a record of this kind cannot show. */
  readonly unseen: string;
  /** Lines of a log that are no completions: how many, and the first of them. */
  readonly foreign?: { readonly count: number; readonly line: number; readonly text: string };
}

const UNSEEN = {
  trace: 'a trace has no knobs and no counters: sizes, why a registration was refused and what TCP counted are not in it',
  lines: 'these lines have no submission entries: what was armed on which file, links and what was given back are not in them',
  log: 'completions alone do not show what was armed, on which file, or what was given back',
} as const;

const KINDS = Object.keys(KIND).length;
/** A trace has zero bytes where a text has none. */
export const isTrace = (bytes: Uint8Array): boolean => bytes.length > 0 && bytes.subarray(0, RECORD_BYTES).includes(0);
export const isLines = (text: string): boolean => text.trimStart().startsWith('{"');

/** The records of a trace file. */
export function readTrace(name: string, bytes: Uint8Array): TraceBatch {
  if (bytes.length % RECORD_BYTES !== 0)
    throw new InputError(`${name}: expected records of ${RECORD_BYTES} bytes, as ringlab run --trace writes them; found ${bytes.length}`
      + ` bytes.`);
  const copy = bytes.slice();
  const batch = new TraceBatch(copy.buffer as ArrayBuffer, 0, copy.length);
  for (let i = 0; i < batch.length; i++)
    if (batch.kind(i) === 0 || batch.kind(i) > KINDS || batch.host(i) > 1)
      throw new InputError(`${name}: record ${i + 1} of ${batch.length} is of no kind that there is; expected a trace, as ringlab run`
        + ` --trace writes it.`);
  return batch;
}

/** The lines that ringlab replay --json prints, or ringlab capture writes. */
export function readLines(name: string, text: string): TraceLine[] {
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

/** Findings over a record; undefined when the bytes are none. `program`: of lines, where it is known. */
export function examineRecorded(name: string, bytes: Uint8Array, program: Program = []): Recorded | undefined {
  if (isTrace(bytes)) {
    const chart = new Chart();
    chart.add(readTrace(name, bytes));
    return { kind: 'trace', findings: examine(patientOf(name, chart)), unseen: UNSEEN.trace };
  }
  const text = new TextDecoder().decode(bytes);
  if (isLines(text)) {
    const story = storyOfSteps(program, readLines(name, text));
    return { kind: 'lines', findings: examine(patientOfStory(name, story)), unseen: program.length > 0 ? '' : UNSEEN.lines };
  }
  const log = readCqeLog(text);
  if (!log) return undefined;
  const [line] = log.foreign;
  const own = { kind: 'log', findings: examine(patientOfStory(name, storyOfLog(log.cqes))), unseen: UNSEEN.log } as const;
  return line === undefined ? own
    : { ...own, foreign: { count: log.foreign.length, line, text: text.split('\n')[line - 1]?.trim() ?? '' } };
}
