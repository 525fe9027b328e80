/** The cells of a sweep: every combination of the axes' values, the last axis running fastest. */
import { InputError } from '../input_error.ts';
import { compileDraft } from '../load_scenario.ts';
import { applyChange, applySet, type Draft, type LoadOptions, readDraft, ScenarioError } from '../scenario.ts';
import { type Axis, PATH } from './axis.ts';
import { cellKey } from './cell.ts';
import { setsOfPathNamed } from './paths_plan.ts';

export interface PlannedCell {
  /** A value of each axis. */
  readonly values: readonly string[];
  /** Address of its record; undefined when the scenario refuses this combination, and `problem` says why. */
  readonly key: string | undefined;
  readonly problem?: string;
}

export interface Grid {
  readonly name: string;
  readonly about: string;
  readonly axes: readonly Axis[];
  readonly cells: readonly PlannedCell[];
}

/** Cells of one sweep, at most. */
export const CELLS_MAX = 20_000;

type Sets = NonNullable<LoadOptions['sets']>;
export const setsOf = (axes: readonly Axis[], values: readonly string[]): string[] =>
  axes.flatMap((axis, i) => axis.sets?.[values[i] ?? ''] ?? [`${axis.key}=${values[i]}`]);

/**
 * Plans a sweep. A key or a value that no scenario could have is refused with all problems at once; a combination that this scenario
 * cannot have is a cell that says so. `base`: what --set changes before the axes do.
 */
export function planGrid(text: string, file: string, base: Sets, varied: readonly Axis[], core: string): Grid {
  const twice = varied.find((axis, i) => varied.findIndex((a) => a.key === axis.key) !== i);
  if (twice) throw new InputError(`--vary ${twice.key}: this key varies twice; give all its values in one --vary.`);
  const change = (draft: Draft, sets: Sets): Draft => {
    for (const s of sets) applyChange(draft, s);
    return draft;
  };
  const plain = compileDraft(change(readDraft(text, file), base));
  const written = change(readDraft(text, file), base);
  const axes = varied.map((axis) => (axis.key === PATH
    ? { ...axis, sets: Object.fromEntries(axis.values.map((name) => [name, setsOfPathNamed(name, plain)])) } : axis));
  const count = axes.reduce((n, axis) => n * axis.values.length, 1);
  if (count > CELLS_MAX) {
    throw new InputError(`sweep: ${axes.map((a) => a.values.length).join(' × ')} are ${count} cells, and at most ${CELLS_MAX} can be;`
      + ' take fewer values, or several sweeps.');
  }
  const problems = axes.filter((axis) => !axis.sets).flatMap((axis) => unknown(axis).flatMap((value) => {
    const d = readDraft('about: a\n', file);
    applySet(d, `${axis.key}=${value}`, `--vary ${axis.key}`);
    return d.problems.filter((p) => p.place.line === 0);
  }));
  if (problems.length > 0) throw new ScenarioError(problems);
  const cells = combinations(axes).map((values): PlannedCell => {
    try {
      return { values, key: cellKey(core, compileDraft(change(copyOf(written), setsOf(axes, values)))) };
    } catch (error) {
      if (error instanceof InputError) return { values, key: undefined, problem: error.message.replaceAll('\n', '; ') };
      throw error;
    }
  });
  const first = cells.find((c) => c.key === undefined);
  if (first && cells.every((c) => c.key === undefined))
    throw new InputError(`sweep: the scenario takes none of the ${count} combinations; of the first it says: ${first.problem}`);
  return { name: plain.name, about: plain.about, axes, cells };
}

/** A draft that can be changed and compiled without the other. */
function copyOf(draft: Draft): Draft {
  const host = (h: Draft['both']): Draft['both'] => ({ ...h, knobs: new Map(h.knobs) });
  return {
    ...draft, run: new Map(draft.run), both: host(draft.both), hosts: [host(draft.hosts[0]), host(draft.hosts[1])],
    problems: [...draft.problems],
  };
}

/** Values to try on their own; of a key that does not exist one is enough. */
const unknown = (axis: Axis): readonly string[] => (axis.values.length > 0 ? axis.values : ['0']);

function combinations(axes: readonly Axis[]): string[][] {
  return axes.reduce<string[][]>((rows, axis) => rows.flatMap((row) => axis.values.map((v) => [...row, v])), [[]]);
}
