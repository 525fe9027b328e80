/** The tests that a mutant has to pass, each of them a test of npm test too: what they compare with is the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setsOf } from '../../native-backend/lab/compare/beside.ts';
import { compareTraces } from '../../native-backend/lab/compare/difference.ts';
import type { Golden } from '../../native-backend/lab/compare/golden.ts';
import { goldenPath, readGoldens, writtenScenario } from '../../native-backend/lab/conform/library.ts';
import { root } from '../../native-backend/lab/places.ts';
import { simulate } from '../../native-backend/lab/simulated.ts';
import { Examination, loadScenario, runScenario } from '../../sim/host/index.ts';
import { readTrapRecord } from '../../sim/host/trap_error.ts';
import { compare } from '../conform/compare.ts';
import { type Kernel, KERNELS, PROBES } from '../conform/probes.ts';
import { type FuzzCheck, fuzzChecks, parting } from './fuzz_checks.ts';

export interface Check {
  readonly name: string;
  /**
   * Why it failed; '' when it passed. A trap is thrown. `small`: in a world of small tables, where the test is as well off.
   * `unchanged` runs with no mutant switched on: what a run comes to is compared with that.
   */
  readonly run: (core: WebAssembly.Module, small: boolean, unchanged: Unchanged) => string;
  /** In a large world it would take too long. */
  readonly small_only?: boolean;
}

/** Runs something in the model as it is. */
export type Unchanged = <T>(run: () => T) => T;

/** A world of default size takes longer to build than most of these tests to run. */
const SMALL = [
  'limits.socks=64', 'limits.skbs=1024', 'limits.frames=1024', 'limits.tx_pages=128', 'limits.rx_pages=1024', 'limits.reqs=1024',
  'limits.user_bytes=16MiB', 'limits.trace_records=65536',
];
const sized = (small: boolean): readonly string[] => (small ? SMALL : []);

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const yamlIn = (folder: string) => readdirSync(join(root, folder)).filter((f) => f.endsWith('.yaml')).sort();

/** A unit test in AssemblyScript, as test/unit/as.test.ts runs it. */
function unitCheck(exported: string, file: string, test: string): Check {
  return {
    name: `${file.slice('test/unit/'.length, -'.as.ts'.length)} ${test}`,
    run: (core) => {
      const { exports } = new WebAssembly.Instance(core, {});
      try {
        (exports[exported] as () => unknown)();
      } catch (trap) {
        const record = readTrapRecord((exports.memory as WebAssembly.Memory).buffer as ArrayBuffer);
        if (test.endsWith('_is_a_trap') && record.file !== '') return '';
        return record.file === '' ? String(trap) : record.message;
      }
      return test.endsWith('_is_a_trap') ? 'no assertion failed' : '';
    },
  };
}

/** Loads once what each run would load again: that takes longer than the run. */
function once<T>(load: (small: boolean) => T): (small: boolean) => T {
  const loaded = new Map<boolean, T>();
  return (small) => {
    const known = loaded.get(small) ?? load(small);
    loaded.set(small, known);
    return known;
  };
}

function probeChecks(): Check[] {
  const sets = (kernel: Kernel, small: boolean) => [...kernel.sets ?? [], ...sized(small)];
  return KERNELS.flatMap((kernel) => PROBES.map((probe): Check => ({
    name: `${probe.name} ${kernel.profile}`,
    run: (core, small) => compare(core, probe, { ...kernel, sets: sets(kernel, small) }).first,
  })));
}
/** Applications are in the library too, and faster there. */
const goldenChecks = (): Check[] => readGoldens().filter((g) => g.scenario.startsWith('conform/')).map((golden): Check => ({
  name: goldenPath(golden).slice('test/fixtures/golden/'.length),
  run: goldenRun(golden),
}));
function goldenRun(golden: Golden): Check['run'] {
  const loaded = once((small) => {
    const written = writtenScenario(golden.scenario);
    return loadScenario(written.text, written.file, { sets: setsOf(written, [...golden.sets, ...sized(small)]) });
  });
  return (core, small) => {
    const scenario = loaded(small);
    const { lines } = simulate(core, { name: golden.scenario, scenario, kind: 'steps' });
    const where = { scenario: golden.scenario, kind: 'steps', target: golden.target, kernel: golden.kernel } as const;
    return compareTraces({ native: golden.lines, simulated: lines }, scenario.compare, where).difference?.class ?? '';
  };
}

function painCheck(file: string): Check {
  const path = `scenarios/pain/${file}`;
  const loaded = once((small) => loadScenario(read(path), path, { sets: sized(small) }));
  return {
    name: `pain/${file}`,
    run: (core, small) => {
      const scenario = loaded(small);
      const examination = new Examination(scenario);
      const run = runScenario(core, scenario, examination.options());
      const [wrong] = run.result.expect.filter((e) => !e.ok);
      if (wrong) return JSON.stringify(wrong);
      const names = examination.findings({ scenario, ...run }).map((f) => f.name).sort().join(' ');
      return names === [...scenario.doctor ?? []].sort().join(' ') ? '' : `findings: ${names}`;
    },
  };
}

function libraryCheck(file: string): Check {
  const path = `scenarios/${file}`;
  const loaded = once(() => loadScenario(read(path), path, { sets: ['run.verify=on'] }));
  return {
    name: `scenarios/${file}`, small_only: true,
    run: (core, small) => {
      const { result, engine } = runScenario(core, loaded(small));
      engine.guard(() => engine.core.verify());
      return result.expect.filter((e) => !e.ok).map((e) => JSON.stringify(e)).join(' ');
    },
  };
}

function fuzzed({ name, outcome }: FuzzCheck): Check {
  let model: readonly string[] | undefined;
  return {
    name,
    run: (core, _, unchanged) => {
      model ??= unchanged(() => outcome(core)).lines;
      const { broken, lines } = outcome(core);
      return broken || parting(model, lines);
    },
  };
}

export function suite(units: ReadonlyMap<string, { readonly file: string; readonly test: string }>): Check[] {
  return [
    ...[...units].map(([exported, { file, test }]) => unitCheck(exported, file, test)), ...probeChecks(), ...goldenChecks(),
    ...yamlIn('scenarios/pain').map(painCheck), ...yamlIn('scenarios').map(libraryCheck), ...fuzzChecks().map(fuzzed),
  ];
}
