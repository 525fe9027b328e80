/** Command lines that can be pasted. */
const plain = /^[\w@%+=:,./-]+$/;
export const quoted = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** `ringlab run SCENARIO --set …` with what the command at hand was told. */
export function runCommand(scenario: string, flags: { readonly set: readonly string[]; readonly seed?: string; readonly until?: string },
  sets: readonly string[]): string {
  const words = [
    'ringlab', 'run', scenario, ...[...flags.set, ...sets].flatMap((s) => ['--set', s]),
    ...(flags.seed === undefined || sets.some((s) => s.startsWith('run.seed=')) ? [] : ['--seed', flags.seed]),
    ...(flags.until === undefined || sets.some((s) => s.startsWith('run.until_ns=')) ? [] : ['--until', flags.until]),
  ];
  return words.map(quoted).join(' ');
}
