/** The run that is open, as a file that makes it again: with the edits of the branch, and the step that is shown. */
import { runCommandOf } from '../exports.ts';
import type { Lab } from '../lab.ts';
import type { Moment } from '../moment.ts';
import { RUN_FILE_VERSION, type RunFile } from '../run_file.ts';

export interface RunFileAnswer {
  readonly run: RunFile;
  /** What makes it on the command line, but for its edits. */
  readonly command: string;
}

export function runFile(moment: Moment, { hash }: { readonly hash: boolean }, lab: Lab): RunFileAnswer {
  const { name, text, sets, seed } = lab.source;
  const { recording, step } = moment;
  const branch = lab.branches.find((b) => b?.recording === recording);
  const all = [...sets, ...(branch?.sets ?? [])];
  const source = { name, text, sets: all, ...(seed === undefined ? {} : { seed }) };
  const run: RunFile = {
    ringlab_run: RUN_FILE_VERSION, name, text, sets: all, ...(seed === undefined ? {} : { seed }), edits: recording.edits, step,
    ...(hash ? { state_hash: moment.engine().stateHash() } : {}),
  };
  return { run, command: runCommandOf(source) };
}
