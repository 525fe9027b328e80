/** Command lines that can be pasted. */
import type { RunFlags } from '../run_options.ts';

const plain = /^[\w@%+=:,./-]+$/;
export const quoted = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** What a command that runs a scenario was told, with more to set; a later one wins. */
export function wordsOf({ machine = [], set, seed, until }: RunFlags, sets: readonly string[] = []): string[] {
  const free = (knob: string) => !sets.some((s) => s.startsWith(`${knob}=`));
  return [
    ...machine.flatMap((m) => ['--machine', m]), ...[...set, ...sets].flatMap((s) => ['--set', s]),
    ...(seed !== undefined && free('run.seed') ? ['--seed', seed] : []),
    ...(until !== undefined && free('run.until_ns') ? ['--until', until] : []),
  ];
}

/** `ringlab run SCENARIO --set …`: a cell as a run. */
export const runCommand = (scenario: string, flags: RunFlags, sets: readonly string[]): string =>
  ['ringlab', 'run', scenario, ...wordsOf(flags, sets)].map(quoted).join(' ');
