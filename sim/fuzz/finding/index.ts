/** A finding as one keeps it: the smallest case, where it breaks, and the files that make it again. */
import { stringify } from 'yaml';
import { type Core, scenarioOf } from '../../host/index.ts';
import { RUN_FILE_VERSION, type RunFile, runFileText } from '../../lab/index.ts';
import { allEdits, type FuzzCase, NO_CALM, withBug } from '../case.ts';
import type { Broken } from '../runner.ts';
import { type CaseSize, sizeOf } from '../shrink/size.ts';
import { hashAt, placed } from './stepwise.ts';

export { type Repro, type ReproOptions, reproOf } from './repro.ts';
export { type Disturbed, type LeftOut, type Placed, placed } from './stepwise.ts';

/** Plain data: it may come from a worker thread. */
export interface Finding {
  readonly name: string;
  readonly broken: Broken;
  /** Steps that were made before the one that breaks it, of all that the case has. */
  readonly step: number;
  readonly time_ns: number;
  /** Where a program of steps was, in words. */
  readonly program: string;
  readonly timeline: readonly string[];
  readonly size: CaseSize;
  readonly run: RunFile;
  /** By the ends of their names. */
  readonly files: Readonly<Record<string, string>>;
}

export const fileName = (said: string): string =>
  said.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60).replace(/-$/, '');

export interface FindingOptions {
  readonly name: string;
  readonly bug?: string;
  /** Of the core that found it. */
  readonly core_hash?: string;
}

/** Places a case that breaks. undefined: looked at step by step, it does not. */
export function findingOf(core: Core, c: FuzzCase, { name, bug, core_hash }: FindingOptions): Finding | undefined {
  const plain = bug === undefined ? c.scenario : withBug(c.scenario, bug);
  const scenario = scenarioOf(plain, name);
  const calm = c.calm_at !== NO_CALM;
  const { broken, step, time_ns, program, timeline, edits, transcript } = placed(core, { scenario, edits: allEdits(c), calm });
  if (!broken) return undefined;
  const place = program === '' ? '' : `, ${program},`;
  const about = `Step ${step + 1} of the run${place} breaks '${broken.invariant}': ${broken.text}.`;
  const { about: _, ...rest } = plain;
  const yaml = (said: string): string => stringify({ about: said, ...rest }, { lineWidth: 0 });
  const text = yaml(about);
  const run: RunFile = {
    ringlab_run: RUN_FILE_VERSION, name, about, text, sets: [], edits, step,
    ...(core_hash === undefined ? {} : { core_hash, state_hash: hashAt(core, scenario, edits, step) }),
    invariant: broken.invariant, ...(calm ? { calm_at: c.calm_at } : {}),
  };
  const lines = [...transcript.lines()];
  return {
    name, broken, step, time_ns, program, timeline, size: sizeOf(c), run,
    files: {
      '.yaml': edits.length === 0 ? text
        : yaml(`Alone it does not break; ringlab fuzz --repro ${name}.run.json makes the edits, too. ${about}`),
      '.run.json': runFileText(run),
      ...(lines.length === 0 ? {} : { '.transcript.jsonl': `${lines.join('\n')}\n` }),
    },
  };
}
