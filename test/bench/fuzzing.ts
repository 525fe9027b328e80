/** Steps of the fuzzer in a second of a core's time, with all invariants on: of a campaign, and of each kind of case in it. */
import { caseOf, GENERATORS, Runner, runStretch } from '../../sim/fuzz/index.ts';

/** Seeds that are not measured: the compiler of the engine has seen what comes. */
const WARM = { first: 5_000_000, runs: 1000 };

interface Work {
  readonly runs: number;
  readonly steps: number;
}

/** User time, which other work on the machine disturbs less than the clock's. */
function timed(kind: string, work: () => Work) {
  const before = process.cpuUsage();
  const { runs, steps } = work();
  const seconds = process.cpuUsage(before).user / 1e6;
  return {
    kind, steps_per_s: Math.round(steps / seconds), runs_per_s: Math.round(runs / seconds), steps_per_run: Math.round(steps / runs),
  };
}

export function fuzzing(core: WebAssembly.Module, runs: number) {
  const runner = new Runner(core);
  const campaign = (first: number, n: number): Work => runStretch(runner, { n: 0, aim: 'all', first, runs: n, keep_going: true });
  campaign(WARM.first, WARM.runs);
  const kinds = GENERATORS.map((generator) => timed(generator.name, () => {
    let steps = 0;
    for (let seed = 0; seed < runs; seed++) steps += runner.run(caseOf(generator, seed)).steps;
    return { runs, steps };
  }));
  return [...kinds, timed('a campaign', () => campaign(0, runs * GENERATORS.length))];
}
