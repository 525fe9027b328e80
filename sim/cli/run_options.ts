/** Options that every command which runs a scenario has, and what they mean. */
import { type Command, InvalidArgumentError } from 'commander';
import { InputError, type LoadOptions, parseQuantity } from '../host/index.ts';

export interface RunFlags {
  readonly set: readonly string[];
  readonly seed?: number;
  readonly until?: string;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function wholeNumber(value: string): number {
  const n = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(n)) throw new InvalidArgumentError('Expected a whole number.');
  return n;
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--set <path=value>', 'change a knob; may be given several times', collect, [])
    .option('--seed <n>', 'seed of every random draw', wholeNumber)
    .option('--until <time>', 'end of the run in virtual time, such as 50ms');
}

/** The changes to the scenario that the flags mean. */
export function loadOptionsOf(flags: RunFlags, more: readonly string[] = []): LoadOptions {
  const sets = [...flags.set];
  if (flags.seed !== undefined) sets.push(`run.seed=${flags.seed}`);
  if (flags.until !== undefined) {
    if (parseQuantity(flags.until, 'ns') === undefined) throw new InputError(`--until ${flags.until}: expected a time such as 50ms.`);
    sets.push(`run.until_ns=${flags.until}`);
  }
  return { sets: [...sets, ...more] };
}
