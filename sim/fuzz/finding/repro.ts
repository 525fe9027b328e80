/** A file as a run that can be made again: a run file, of a finding or of the page, or a scenario. */
import { InputError, loadScenario, looksLikeScenario } from '../../host/index.ts';
import { looksLikeRunFile, openingOf, readRunFile, setsOfSource } from '../../lab/index.ts';
import type { Disturbed } from './stepwise.ts';

export interface Repro {
  readonly name: string;
  readonly run: Disturbed;
  /** What broke when the file was made, after how many steps, and in which core. */
  readonly invariant?: string;
  readonly step?: number;
  readonly core_hash?: string;
}

export interface ReproOptions {
  readonly file: string;
  /** The text of a scenario of the library. */
  readonly library: (name: string) => string | undefined;
  /** Changes as --set takes them, such as run.bug=none. */
  readonly sets?: readonly string[];
}

/** The core checks itself, too. */
const WATCHED = 'run.verify=on';

export function reproOf(text: string, { file, library, sets = [] }: ReproOptions): Repro {
  const changes = [WATCHED, ...sets];
  if (!looksLikeRunFile(text)) {
    if (!looksLikeScenario(text))
      throw new InputError(`${file}: this is neither a run file nor a scenario; name the NAME.run.json of a finding.`);
    return { name: file, run: { scenario: loadScenario(text, file, { sets: changes }), edits: [], calm: false } };
  }
  const run = readRunFile(text, file);
  const { source, edits } = openingOf(run, library);
  const shown = run.text === undefined ? source.name : `${file}: text`;
  const scenario = loadScenario(source.text, shown, { sets: [...setsOfSource(source), ...changes] });
  const { invariant, step, core_hash } = run;
  return {
    name: run.name, run: { scenario, edits, calm: run.calm_at !== undefined }, ...(invariant === undefined ? {} : { invariant }),
    ...(step === undefined ? {} : { step }), ...(core_hash === undefined ? {} : { core_hash }),
  };
}
