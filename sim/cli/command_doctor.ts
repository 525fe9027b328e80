/** ringlab doctor SCENARIO|TRACE */
import type { Command } from 'commander';
import { atText, countText, type Finding, resultJson } from '../host/index.ts';
import { wrap } from './command_list.ts';
import { diagnose } from './diagnosis.ts';
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
program did not come to its end, 2 bad input.

Examples:
  $ ringlab doctor refill-never
  $ ringlab doctor pain/A1 --json
  $ ringlab replay pain/C7 --json | ringlab doctor -
  $ ringlab doctor bulk --set server.nic.header_split=off`);
  addRunOptions(command).action(async (what: string, flags: RunFlags & { json?: boolean }) => {
    const { name, findings, expected, unseen } = await diagnose(what, flags);
    const found = findings.map((f) => f.name);
    const ok = expected === undefined || [...expected].sort().join() === [...found].sort().join();
    if (flags.json) say(resultJson({ name, findings, expected: expected ?? null, ok, unseen: unseen ?? null }));
    else for (const line of lines(name, findings, expected, ok)) say(line);
    if (!flags.json && unseen) say(dim(`Not to be seen here: ${unseen}; the scenario itself shows it.`));
    if (!ok || (expected === undefined && findings.some((f) => f.concern === 'program'))) process.exitCode = 1;
  });
}

const MARK = { error: red('✗'), warning: red('!'), note: dim('·') } as const;

function lines(name: string, findings: readonly Finding[], expected: readonly string[] | undefined, ok: boolean): string[] {
  const width = (process.stdout.columns ?? 100) - 4;
  const out = [bold(name) + dim(` · ${findings.length === 0 ? 'nothing to find' : countText(findings.length, 'finding')}`)];
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
