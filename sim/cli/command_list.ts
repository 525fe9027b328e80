/** ringlab list */
import type { Command } from 'commander';
import { InputError } from '../host/index.ts';
import { openScenario, scenarioNames } from './files.ts';
import { bold, say } from './terminal.ts';

export function addList(program: Command): void {
  program.command('list')
    .description('the scenarios of the library, each with what it shows')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  $ ringlab list\n  $ ringlab list --json')
    .action((flags: { json?: boolean }) => {
      const all = scenarioNames().map((name) => {
        try {
          return { name, about: openScenario(name).about };
        } catch (error) {
          if (error instanceof InputError) return { name, about: `cannot be read: ${error.message}` };
          throw error;
        }
      });
      if (flags.json) return say(JSON.stringify(all, null, 2));
      const width = Math.max(...all.map((s) => s.name.length)) + 2;
      for (const s of all) {
        wrap(s.about, (process.stdout.columns ?? 100) - width).forEach((line, i) => {
          say(`${bold(i === 0 ? s.name.padEnd(width) : ' '.repeat(width))}${line}`);
        });
      }
    });
}

/** Lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length > Math.max(width, 30)) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
