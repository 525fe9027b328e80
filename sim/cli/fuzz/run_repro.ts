/** ringlab fuzz --repro FILE: the run of a file once more, under all invariants. */
import { basename } from 'node:path';
import { invariantOf, placed, reproOf } from '../../fuzz/index.ts';
import { InputError } from '../../host/index.ts';
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

/** True: it still breaks. */
export function runRepro(file: string, { core, core_hash }: WorkerData, flags: { readonly bug?: string; readonly json: boolean }): boolean {
  const sets = flags.bug === undefined ? [] : [`run.bug=${flags.bug}`];
  const repro = reproOf(new TextDecoder().decode(readBytes(file)), { file: basename(file), library: libraryText, sets });
  const { broken, step, time_ns, program, timeline, edits } = placed(core, repro.run);
  const left_out = repro.run.edits.length - edits.length;
  if (flags.json) {
    const { about = '', source = '' } = (broken && invariantOf(broken)) ?? {};
    say(sortedJson({
      breaks: broken !== undefined, core: core_hash, expected: repro.invariant ?? null, leftOut: left_out, name: repro.name, program, step,
      timeNs: time_ns, timeline, ...(broken ? { invariant: broken.invariant, text: broken.text, about, source } : {}),
    }));
    return broken !== undefined;
  }
  if (broken) {
    for (const line of [...brokenLines(broken), '', ...timelineLines(timeline), '']) say(line);
    say(`${repro.name} breaks in step ${step + 1} of the run${program === '' ? '' : `, ${program}`}, at ${time_ns / 1000} µs.`);
  } else say(green(`${repro.name}: every invariant holds, over ${step} steps and ${time_ns / 1000} µs.`));
  if (repro.invariant !== undefined && repro.invariant !== broken?.invariant) say(`When the file was made, '${repro.invariant}' broke.`);
  if (repro.core_hash !== undefined && repro.core_hash !== core_hash)
    say(`The file was made with core ${repro.core_hash}; this is ${core_hash}, which may behave otherwise.`);
  if (left_out > 0) say(`${left_out} of its edits could not be made, since what they were for is not there: this was another run.`);
  return broken !== undefined;
}
