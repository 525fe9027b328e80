/** ringlab doctor SCENARIO|TRACE */
import type { Command } from 'commander';
import { atText, countText, resultJson } from '../host/index.ts';
import { wrap } from './command_list.ts';
import { type Diagnosis, diagnose } from './diagnosis.ts';
import { addRunOptions, type RunFlags } from './run_options.ts';
import { bold, dim, green, red, say } from './terminal.ts';

export function addDoctor(program: Command): void {
  const command = program.command('doctor')
    .description('run a scenario, or read a trace, and say what is wrong: evidence, cause, remedy')
    .argument('<what>', 'a scenario, a file of run --trace or of replay --json, or a log of completions (user_data, res, flags);'
      + ' - is standard input')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Exit code: 0 examined, 1 the scenario says what must be found (expect: - doctor: […]) and it is not that, or its
program did not come to its end, or an invariant is broken; 2 bad input.

Examples:
  $ ringlab doctor refill-never
  $ ringlab doctor pain/A1 --json
  $ ringlab replay pain/C7 --json | ringlab doctor -
  $ ringlab doctor bulk --set server.nic.header_split=off`);
  addRunOptions(command).action(async (what: string, flags: RunFlags & { json?: boolean }) => {
    const diagnosis = await diagnose(what, flags);
    const { name, findings, expected, unseen, foreign } = diagnosis;
    const found = findings.map((f) => f.name);
    const ok = expected === undefined || [...expected].sort().join() === [...found].sort().join();
    const record = { unseen: unseen ?? null, foreign_lines: foreign?.count ?? 0 };
    if (flags.json) say(resultJson({ name, findings, expected: expected ?? null, ok, ...record }));
    else for (const line of [...lines(diagnosis, ok), ...remarks(diagnosis)]) say(line);
    if (!ok || (expected === undefined && findings.some((f) => FAILS.includes(f.concern)))) process.exitCode = 1;
  });
}

/** Concerns of a run that is none. */
const FAILS: readonly string[] = ['program', 'model'];
/** As much of a foreign line. */
const SHOWN_MAX = 60;
const MARK = { error: red('✗'), warning: red('!'), note: dim('·') } as const;

/** What the reader should know of the evidence, below it. */
function remarks({ findings, steps, unseen, foreign }: Diagnosis): string[] {
  const passed = foreign && `${countText(foreign.count, 'line is no completion and was', 'lines are no completions and were')} passed over,`
    + ` the first is line ${foreign.line}: ${foreign.text.slice(0, SHOWN_MAX)}`;
  return [
    ...(steps && findings.length > 0 ? [dim('Steps are counted from 0, as ringlab replay shows them.')] : []),
    ...(passed ? [dim(passed)] : []),
    ...(unseen ? [dim(`Not to be seen here: ${unseen}; the scenario itself shows it.`)] : []),
  ];
}

function lines({ name, findings, expected, unseen }: Diagnosis, ok: boolean): string[] {
  const width = (process.stdout.columns ?? 100) - 4;
  const none = unseen ? 'nothing found in what it shows' : 'nothing to find';
  const out = [bold(name) + dim(` · ${findings.length === 0 ? none : countText(findings.length, 'finding')}`)];
  for (const f of findings) {
    out.push('', `${MARK[f.severity]} ${bold(f.name)}`, ...wrap(`${f.about}.`, width).map((l) => `  ${l}`));
    for (const e of f.evidence) {
      const at = atText(e);
      wrap(`${at === '' ? '' : `${at}: `}${e.text}`, width - 4).forEach((l, i) => {
        out.push(`  ${i === 0 ? '→ ' : '  '}${l}`);
      });
    }
    out.push(...wrap(`Cause: ${f.cause}`, width).map((l) => `  ${l}`), ...wrap(`Remedy: ${f.remedy}`, width).map((l) => `  ${l}`));
    if (f.sets) out.push(`  Try:${f.sets.map((s) => ` --set ${s}`).join('')}`);
    if (f.cases.length > 0) out.push(dim(`  others had it: ${f.cases.map((c) => `ringlab doctor pain/${c}`).join(', ')}`));
  }
  if (expected === undefined) return out;
  const verdict = ok ? green('✓ as the scenario expects') : red(`✗ the scenario expects ${expected.join(', ') || 'nothing'}`);
  return [...out, '', verdict];
}
