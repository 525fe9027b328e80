/** Options that every command which runs a scenario has, and what they mean. */
import type { Command } from 'commander';
import { type Change, InputError, type LoadOptions, readMachine, type RunKnob, type Scenario } from '../host/index.ts';
import type { Machine } from '../schema/machine_form.ts';
import { readBytes } from './files.ts';

export interface RunFlags {
  readonly set: readonly string[];
  readonly seed?: string;
  readonly until?: string;
  readonly machine?: readonly string[];
}

export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** Reads the number of an option: whole, and no less than `least`. */
export function wholeNumber(option: string, least: number): (value: string) => number {
  return (value) => {
    const n = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(n) && n >= least) return n;
    const most = /^\d+$/.test(value) && n > Number.MAX_SAFE_INTEGER ? `, up to ${Number.MAX_SAFE_INTEGER}` : ' on';
    throw new InputError(`${option} ${value}: expected a whole number from ${least}${most}; found '${value}'.`);
  };
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--set <path=value>', 'change a knob; may be given several times', collect, [])
    .option('--seed <n>', 'seed of every random draw')
    .option('--until <time>', 'end of the run in virtual time, such as 50ms')
    .option('--machine <file>', 'what the hosts are, unless the scenario says: a file of ringlab calibrate --out; client=FILE or'
      + ' server=FILE for one of them', collect, []);
}

export const machineIn = (path: string): Machine => readMachine(new TextDecoder().decode(readBytes(path)), path);

/** The hosts that an option is for, and the file that it names. */
function machineChange(said: string): Change {
  const [, name, path = said] = /^(client|server)=(.*)$/.exec(said) ?? [];
  const machine = machineIn(path);
  return name === undefined ? { machine } : { machine, host: name === 'client' ? 0 : 1 };
}

/** What a command needs to see of a run: it is switched on, unless the user says otherwise, which is refused by mustSee(). */
export interface Needed {
  readonly knob: RunKnob;
  /** The option or command that needs it. */
  readonly by: string;
}

/** The changes to the scenario that the flags mean. */
export function loadOptionsOf(flags: RunFlags, needed: readonly Needed[] = []): LoadOptions {
  return {
    sets: [
      ...(flags.machine ?? []).map(machineChange),
      ...needed.map(({ knob }) => `${knob}=on`),
      ...flags.set,
      ...(flags.seed === undefined ? [] : [{ set: `run.seed=${flags.seed}`, said: `--seed ${flags.seed}` }]),
      ...(flags.until === undefined ? [] : [{ set: `run.until_ns=${flags.until}`, said: `--until ${flags.until}` }]),
    ],
  };
}

/** Refuses a command line that switches off what it asks for. */
export function mustSee(scenario: Scenario, needed: readonly Needed[]): void {
  const off = needed.find(({ knob }) => scenario.run[knob] === 0);
  if (off) throw new InputError(`${off.by}: nothing would be seen, since ${off.knob} is off; leave out --set ${off.knob}=off.`);
}
