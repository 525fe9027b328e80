/** ringlab list */
import type { Command } from 'commander';
import { InputError } from '../host/index.ts';
import { openScenario, scenarioFolders, scenarioNames } from './files.ts';
import { bold, say } from './terminal.ts';

export function addList(program: Command): void {
  program.command('list')
    .description('the scenarios of the library, each with what it shows')
    .argument('[folder]', 'a folder of the library')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  $ ringlab list\n  $ ringlab list pain\n  $ ringlab list --json')
    .action((folder: string | undefined, flags: { json?: boolean }) => {
      const folders = scenarioFolders();
      if (folder !== undefined && !folders.includes(folder))
        throw new InputError(`list ${folder}: there is no such folder of scenarios; there are ${folders.join(', ')}.`);
      const all = scenarioNames(folder).map((name) => {
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
      if (folder !== undefined || folders.length === 0) return;
      say();
      for (const name of folders) say(`${bold(name.padEnd(width))}${scenarioNames(name).length} more; ringlab list ${name} shows them`);
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
