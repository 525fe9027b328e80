/** The fuzzer as a test: cases that stay the same, under its invariants. Beside them a run must come to what the model promises. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../native-backend/lab/places.ts';
import { caseOf, caseOfFile, type FuzzCase, GENERATORS, Runner, withBug } from '../../sim/fuzz/index.ts';
import {
  drops, type Engine, KIND, readStreams, Recycler, type TraceBatch, traceText, zcrxCounters, zcrxInstances,
} from '../../sim/host/index.ts';
import { readRunFile } from '../../sim/lab/index.ts';

/** Begins what is said of a run that broke no invariant, and came to something else than that of the model. */
export const DIFFERS = 'the run differs: ';
/** Of each generator. */
const SEEDS = 60;
const FOUND = ['test/fuzz/found', 'test/museum/found'];

/** What a run came to, as far as the model promises it: no times, no costs, no order of what is not ordered. */
class Outcome {
  private readonly said: string[] = [];
  private readonly program: boolean;
  /** Of a world: operations' completions by their flags and whether they failed. */
  private readonly kinds = new Set<string>();

  constructor(c: FuzzCase) {
    this.program = c.scenario.steps !== undefined;
  }

  see(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      if (batch.kind(i) !== KIND.cqe) continue;
      const [user_data, res, flags] = [batch.a(i), batch.b(i) | 0, batch.c(i)];
      if (this.program) this.said.push(`cqe ${user_data} ${res} ${flags}`);
      else this.kinds.add(`${res < 0 ? res : 'ok'} ${flags & 0xffff}`);
    }
  }
  step(text: string): void {
    this.said.push(text);
  }
  end(engine: Engine): void {
    for (const host of [0, 1]) {
      for (const { bytes, sha256, res, zc_bytes, copy_linear_bytes, copy_page_bytes } of readStreams(engine, host))
        this.said.push(['stream', host, bytes, sha256, res, zc_bytes, copy_linear_bytes + copy_page_bytes].join(' '));
      this.said.push(`drops ${JSON.stringify(drops(engine, host))}`);
      for (const i of zcrxInstances(engine, host)) this.said.push(`zcrx ${JSON.stringify(zcrxCounters(engine, i))}`);
    }
    this.said.push(...[...this.kinds].sort());
  }
  lines(): readonly string[] {
    return this.said;
  }
}

export interface FuzzCheck {
  readonly name: string;
  /** Runs the case: what broke, and else what it came to. */
  readonly outcome: (core: WebAssembly.Module) => { readonly broken: string; readonly lines: readonly string[] };
}

function fuzzCheck(name: string, made: () => FuzzCase): FuzzCheck {
  let c: FuzzCase | undefined;
  let runner: Runner | undefined;
  return {
    name: `fuzz ${name}`,
    outcome: (core) => {
      c ??= made();
      // The core has no dirty map, so its instances cannot be used twice.
      runner ??= new Runner(core, new Recycler(core, 0));
      const outcome = new Outcome(c);
      const { broken, refused } = runner.run(c, {
        onTrace: (batch) => outcome.see(batch), onStep: (line) => outcome.step(traceText(line)), onEnd: (engine) => outcome.end(engine),
      });
      const other = refused === undefined ? '' : `${DIFFERS}${refused}`;
      return { broken: broken ? `${broken.invariant}: ${broken.text}` : other, lines: outcome.lines() };
    },
  };
}

function foundCases(): FuzzCheck[] {
  return FOUND.flatMap((folder) => readdirSync(join(root, folder)).sort().map((file) => fuzzCheck(`${folder}/${file}`, () => {
    const c = caseOfFile(readRunFile(readFileSync(join(root, folder, file), 'utf8'), file));
    return { ...c, scenario: withBug(c.scenario, 'none') };
  })));
}

export const fuzzChecks = (): FuzzCheck[] => [
  ...GENERATORS.flatMap((g) => Array.from({ length: SEEDS }, (_, i) => fuzzCheck(`${g.name} ${i + 1}`, () => caseOf(g, i + 1)))),
  ...foundCases(),
];

/** Where a run parts from that of the model; '' if it does not. */
export function parting(model: readonly string[], run: readonly string[]): string {
  const at = run.findIndex((line, i) => line !== model[i]);
  if (at < 0 && run.length === model.length) return '';
  const [is, was] = [at < 0 ? undefined : run[at], model[at < 0 ? run.length : at]];
  return `${DIFFERS}${is ?? 'nothing'}, not ${was ?? 'nothing'}`;
}
