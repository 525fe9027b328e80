/** ringlab fuzz --repro FILE: the run of a file once more, under all invariants. */
import { type LeftOut, type Placed, placed, type Repro, reproOf, ruleOf } from '../../fuzz/index.ts';
import { InputError } from '../../host/index.ts';
import { editText } from '../../lab/index.ts';
import { brokenLines } from '../broken_lines.ts';
import { readBytes, readSource } from '../files.ts';
import { green, say } from '../terminal.ts';
import type { WorkerData } from './fuzz_worker.ts';
import { sortedJson, timelineLines } from './fuzz_text.ts';

const libraryText = (name: string): string | undefined => {
  try {
    return readSource(name).text;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

const HOLDS = 0;
const BREAKS = 1;
/** Not all of its edits could be made, and nothing broke: the run of the file was not made, and nobody knows what it would do. */
const ANOTHER_RUN = 2;

/** Returns the exit code. */
export function runRepro(file: string, { core, core_hash }: WorkerData, flags: { readonly bug?: string; readonly json: boolean }): number {
  const sets = flags.bug === undefined ? [] : [`run.bug=${flags.bug}`];
  const repro = reproOf(new TextDecoder().decode(readBytes(file)), { file, library: libraryText, sets });
  const run = placed(core, repro.run);
  if (flags.json) say(reproJson(repro, run, core_hash));
  else for (const line of reproLines(repro, run, core_hash)) say(line);
  if (run.broken) return BREAKS;
  return run.left_out.length > 0 ? ANOTHER_RUN : HOLDS;
}

const leftOutText = ({ edit, why }: LeftOut): string => `after step ${edit.at}: ${editText(edit)}: ${why}`;

function reproJson({ name, invariant }: Repro, { broken, step, time_ns, program, timeline, left_out }: Placed, core_hash: string): string {
  return sortedJson({
    breaks: broken !== undefined, core: core_hash, expected: invariant ?? null, leftOut: left_out.map(leftOutText), name, program, step,
    timeNs: time_ns, timeline, ...(broken ? { ...broken, ...ruleOf(broken) } : {}),
  });
}

function reproLines(repro: Repro, { broken, step, time_ns, program, timeline, left_out }: Placed, core_hash: string): string[] {
  const { name, run: { edits }, invariant } = repro;
  const lines: string[] = [];
  if (broken) {
    const place = program === '' ? '' : `, ${program}`;
    lines.push(...brokenLines(broken), '', ...timelineLines(timeline), '',
      `${name} breaks in step ${step + 1} of the run${place}, at ${time_ns / 1000} µs.`);
  } else if (left_out.length === 0) lines.push(green(`${name}: every invariant holds, over ${step} steps and ${time_ns / 1000} µs.`));
  if (left_out.length > 0) {
    const said = broken ? '' : ' Nothing broke in it, which says nothing of the file.';
    lines.push(`This was not the run of ${name}: ${left_out.length} of its ${edits.length} edits could not be made.${said}`,
      ...left_out.map((l) => `  ${leftOutText(l)}`));
  }
  if (invariant !== undefined && invariant !== broken?.invariant) lines.push(`When the file was made, '${invariant}' broke.`);
  if (broken && invariant === broken.invariant && repro.step !== undefined && repro.step !== step)
    lines.push(`When the file was made, it broke in step ${repro.step + 1}.`);
  if (repro.core_hash !== undefined && repro.core_hash !== core_hash)
    lines.push(`The file was made with core ${repro.core_hash}; this is ${core_hash}, which may behave otherwise.`);
  return lines;
}
