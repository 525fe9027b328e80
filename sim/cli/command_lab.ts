/** ringlab lab doctor */
import { Command } from 'commander';
import { type Finding, survey, type Survey, thisMachine } from '../../native-backend/lab/index.ts';
import { green, red, say, table } from './terminal.ts';

export function addLab(program: Command): void {
  const lab = new Command('lab').description('what real kernels there are to run scenarios on').exitOverride()
    .configureOutput({ outputError: () => {} }).helpCommand(false);
  lab.command('doctor')
    .description('say what this machine can do, what is missing, and the command to get it')
    .option('--json', 'the same as JSON')
    .addHelpText('after', `
Nothing is built, fetched or changed. Targets are what --on of replay, compare and capture names.

Exit code: 0 at least one target works; 1 none does.

Examples:
  $ ringlab lab doctor
  $ ringlab lab doctor --json | jq '.targets[] | select(.works).target'`)
    .exitOverride().configureOutput({ outputError: () => {} })
    .action((flags: { readonly json?: boolean }) => doctor(survey(thisMachine()), flags.json === true));
  program.addCommand(lab);
}

const WORDS: Readonly<Record<Finding['state'], string>> = { good: 'good', missing: 'missing', note: 'note' };

function doctor(found: Survey, json: boolean): void {
  if (json) say(JSON.stringify(found, null, 2));
  else {
    for (const line of table(found.targets.map((t) => [t.works ? 'works' : 'does not', t.target, t.said])))
      say(line.startsWith('works') ? green(line) : red(line));
    say();
    const said = (f: Finding) => (f.remedy === undefined ? f.said : `${f.said}: ${f.remedy}`);
    for (const line of table(found.findings.map((f) => [WORDS[f.state], f.name, said(f)])))
      say(line.startsWith(WORDS.missing) ? red(line) : line);
  }
  if (!found.targets.some((t) => t.works)) process.exitCode = 1;
}
