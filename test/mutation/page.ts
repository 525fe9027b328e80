/** docs/mutation.md: what was changed, what was seen, and what was not and why. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../native-backend/lab/places.ts';
import { STAGES } from './compile.ts';
import { DIFFERS } from './fuzz_checks.ts';
import { OPERATORS, type Operator } from './operators.ts';
import type { Result } from './results.ts';
import type { Mutant } from './schemata.ts';

export interface Known {
  readonly mutants: readonly Mutant[];
  readonly of: (m: Mutant) => Result | undefined;
  readonly seed: number;
  readonly tests: number;
}

/** Why a survivor is one: by place and text, for lines move. What is left out fits everything. */
export interface Explained {
  readonly file: string;
  /** The function. */
  readonly in?: string;
  readonly operator?: Operator | readonly Operator[];
  /** As in the source, in one line; or a pattern between slashes. */
  readonly original?: string;
  readonly mutated?: string;
  /** equivalent: no program can tell it from the model; cost: only times differ; unseen: a program could tell, and no test does. */
  readonly kind: 'equivalent' | 'cost' | 'unseen';
  readonly why: string;
}

const EXPLAINED = 'test/mutation/explained.yaml';
export const readExplained = (): Explained[] => parse(readFileSync(join(root, EXPLAINED), 'utf8')) as Explained[];

const fits = (wanted: string | undefined, text: string): boolean => {
  if (wanted === undefined) return true;
  return wanted.length > 2 && wanted.startsWith('/') && wanted.endsWith('/') ? new RegExp(wanted.slice(1, -1)).test(text) : wanted === text;
};
export const explains = (e: Explained, m: Mutant): boolean => m.file === e.file && (e.in === undefined || e.in === m.name)
  && (e.operator === undefined || [e.operator].flat().includes(m.operator)) && fits(e.original, m.original) && fits(e.mutated, m.mutated);

const OPERATOR_NAMES = Object.keys(OPERATORS) as Operator[];
const PAGE = 'docs/mutation.md';
const percent = (part: number, all: number) => (all === 0 ? '–' : `${((100 * part) / all).toFixed(1)} %`);
const code = (text: string) => {
  const short = text.length > 90 ? `${text.slice(0, 88)} …` : text;
  return `\`${short.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
};

class Page {
  private readonly known: Known;
  private readonly explained: readonly Explained[];
  constructor(known: Known, explained: readonly Explained[]) {
    this.known = known;
    this.explained = explained;
  }

  private outcome(m: Mutant) {
    return this.known.of(m)?.outcome;
  }
  private reason(m: Mutant): Explained | undefined {
    return this.explained.find((e) => explains(e, m));
  }

  private row(name: string, mutants: readonly Mutant[]): string {
    const judged = mutants.filter((m) => this.outcome(m) !== undefined);
    const killed = judged.filter((m) => this.outcome(m) === 'killed').length;
    const left = judged.filter((m) => this.outcome(m) !== 'killed');
    const uncovered = left.filter((m) => this.outcome(m) === 'uncovered').length;
    const equivalent = left.filter((m) => this.reason(m)?.kind === 'equivalent').length;
    const cells = [mutants.length, judged.length, killed, left.length - uncovered, uncovered, equivalent, percent(killed, judged.length)];
    return `| ${[name, ...cells, percent(killed, judged.length - equivalent)].join(' | ')} |`;
  }

  private table(title: string, rows: readonly (readonly [string, readonly Mutant[]])[]): string[] {
    return [
      `| ${title} | mutants | judged | killed | survived | not covered | of these equivalent | killed of judged | without equivalents |`,
      '| --- | --: | --: | --: | --: | --: | --: | --: | --: |', ...rows.map(([name, mutants]) => this.row(name, mutants)), '',
    ];
  }

  private survivors(): string[] {
    const left = this.known.mutants.filter((m) => this.outcome(m) === 'survived' || this.outcome(m) === 'uncovered');
    return [...new Set(left.map((m) => m.file))].flatMap((file) => {
      const own = left.filter((m) => m.file === file);
      return [`### ${file.split('/').slice(-2).join('/')}`, '', `[${file}](../${file})`, '', ...own.map((m) => this.survivor(m)), ''];
    });
  }

  private survivor(m: Mutant): string {
    const result = this.known.of(m);
    const reason = this.reason(m);
    const unseen = result?.outcome === 'uncovered' ? 'not covered' : `unseen by ${result?.run} of ${result?.reach}`;
    const text = reason ? `${reason.kind}: ${reason.why}` : unseen;
    const change = m.mutated === '' ? `${code(m.original)} left out` : `${code(m.original)} → ${code(m.mutated)}`;
    return `- ${m.line}:${m.column} ${m.name}, ${m.operator}: ${change}. ${text}`;
  }

  private killers(): string[] {
    const killed = this.known.mutants.flatMap((m) => this.known.of(m) ?? []).filter((r) => r.outcome === 'killed');
    const count = new Map<string, number>();
    for (const { by = '', why = '' } of killed) {
      const kind = by.endsWith('.jsonl') || /^p\d\d_/.test(by) ? 'traces of real kernels' : by.startsWith('pain/') ? 'cases of users'
        : by.startsWith('scenarios/') ? 'scenarios of the library'
        : by.startsWith('fuzz ') ? (why.startsWith(DIFFERS) ? DIFFERENT : 'invariants of the fuzzer')
        : 'unit tests';
      count.set(kind, (count.get(kind) ?? 0) + 1);
    }
    const wordless = /^(RuntimeError: |core: )?(unreachable|memory access out of bounds|the thread ended|divide by zero)/;
    const traps = killed.filter((r) => wordless.test(r.why ?? '')).length;
    const text = [...count].sort((a, b) => b[1] - a[1]).map(([kind, n]) => `${kind} ${n}`).join(', ');
    const judged = this.known.mutants.filter((m) => this.outcome(m) !== undefined).length;
    const score = percent(killed.length - (count.get(DIFFERENT) ?? 0), judged);
    return [
      `Killed by: ${text}. ${traps} of them trapped without a word: a wild address, or many times the steps of the model.`,
      `Without ${DIFFERENT}, which \`npm test\` does not compare, ${score} are killed.`, '',
    ];
  }

  text(): string {
    const { mutants, seed, tests } = this.known;
    const judged = mutants.filter((m) => this.outcome(m) !== undefined);
    const sample = [
      `${judged.length} of them were judged, drawn at random (seed ${seed}): the scores are those of this sample.`,
      'Tests have been written against survivors of it, so a fresh one (`--seed`) may come out lower',
    ].join('\n');
    const how = judged.length === mutants.length ? 'All of them were judged' : sample;
    const of = (pick: (m: Mutant) => boolean) => mutants.filter(pick);
    return [
      '<!-- Generated by npm run mutation -- --page. Do not edit. -->', '# Mutation testing', '',
      'Tests that pass say little about the tests. `npm run mutation` changes the model in one place at a time, and asks whether a test',
      'sees it. It changes the AssemblyScript of stages 3, 7 and 9. No tool that is kept does that, so there is a small one',
      '([test/mutation](../test/mutation/schemata.ts)).', '',
      `There are ${mutants.length} mutants. ${how}. There are ${tests} tests.`, '',
      ...INTRODUCTION, '## Score', '',
      ...this.table('stage', [...STAGES.map((s) => [s, of((m) => m.file.startsWith(`${s}/`))] as const), ['all', mutants]]),
      ...this.killers(),
      ...this.table('operator', OPERATOR_NAMES.map((o) => [`${o}: ${OPERATORS[o].replaceAll('|', '\\|')}`, of((m) => m.operator === o)])),
      ...this.table('file', [...new Set(mutants.map((m) => m.file))].map((file) => [file, of((m) => m.file === file)])),
      '## Survivors', '',
      '*equivalent*: no program can tell it from the model. *cost*: only times differ. *unseen by N of M*: M tests come by, N of them were',
      'run, and none of these sees it. *not covered*: no test comes by.', '',
      ...this.survivors(),
    ].join('\n');
  }
}

const DIFFERENT = 'cases of the fuzzer that end otherwise';

const INTRODUCTION = [
  'How it works:', '',
  '- All mutants are in one build of the core, each behind a question ([schemata.ts](../test/mutation/schemata.ts)):',
  '  `a < b` becomes `(mutant(7) ? (a <= b) : a < b)`. Which one is on is a word in memory that is set before the world is built.',
  '  A mutant costs its tests, and no compile.',
  '- Which tests come by a mutant is found first, with none switched on. Only those are run, the quick ones and those that killed its',
  '  neighbours first, until one fails or their time is used up (`--budget`).',
  '- The tests are those of `npm test`: unit tests in AssemblyScript, step scenarios beside the traces of real kernels, the cases of users',
  '  with what they and the doctor expect, and the library with `run.verify` on ([suite.ts](../test/mutation/suite.ts)).',
  '  Tests that take seconds are left out.',
  '- To these come fixed cases of every generator of the fuzzer under its invariants and the asserts of the core, and what it once found',
  '  ([fuzz_checks.ts](../test/mutation/fuzz_checks.ts)). What a run comes to is compared with that of the model as it is: lines and',
  '  completions of a program; of a world the bytes of its streams, drops, counters, and kinds of completions.',
  '- A mutant is killed when a test fails or traps, or takes many times the steps of the model: loops are counted.',
  '- Asserts are not changed, for a weaker assert is no other behaviour; nor are calls that only trace or charge for time, what hangs on',
  '  the switches of the museum, constants outside of functions, and the offsets of loads and stores.', '',
];

export function writePage(known: Known): void {
  writeFileSync(join(root, PAGE), new Page(known, existsSync(join(root, EXPLAINED)) ? readExplained() : []).text());
}
