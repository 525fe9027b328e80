/** ringlab run SCENARIO */
import type { Command } from 'commander';
import {
  chargeTable, type EngineSinks, foldedStacks, InputError, loadScenario, PcapngWriter, PerfettoWriter, readWireFrames, resultJson,
} from '../host/index.ts';
import { sayBroken } from './broken_lines.ts';
import { sayStopped } from './command_replay.ts';
import { statLines } from './command_stat.ts';
import { coreFor, readSource } from './files.ts';
import { OutputFiles } from './output_files.ts';
import { reportedRun } from './report_run.ts';
import { addRunOptions, loadOptionsOf, mustSee, type Needed, type RunFlags } from './run_options.ts';
import { summaryLines } from './summary.ts';
import { say } from './terminal.ts';
import { watchedRun } from './watched_run.ts';

interface Flags extends RunFlags {
  readonly json?: boolean;
  readonly timing?: boolean;
  readonly stat?: boolean;
  readonly trace?: string;
  readonly pcap?: string;
  readonly perfetto?: string;
  readonly report?: string;
  readonly cycles?: boolean;
  readonly folded?: string;
}

export function addRun(program: Command): void {
  const command = program.command('run')
    .description('run a scenario, check what it expects, and say what happened')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--json', 'the result as JSON: equal runs give equal texts')
    .option('--timing', 'with --json: add the wall time')
    .option('--stat', 'views with Linux\'s columns after the run')
    .option('--cycles', 'where the cycles went: host, core, context, account and cost, with shares and cycles per byte')
    .option('--folded <file>', 'the same as folded stacks, for flamegraph.pl and speedscope')
    .option('--trace <file>', 'every trace record as it is: 32 bytes each (sim/schema/events.ts)')
    .option('--pcap <file>', 'what was on the wire, as pcapng')
    .option('--perfetto <file>', 'the trace for ui.perfetto.dev')
    .option('--report <file>', 'a page of the run: rates, latencies, cycles, levels over time, findings; one file that opens anywhere')
    .addHelpText('after', `
Exit code: 0 as expected, 1 an expectation failed, an invariant is broken (run.verify) or the output could not be written, 2 bad input,
3 the simulator found a fault of its own. Files appear when the run is over: all of them, or none.

Examples:
  $ ringlab run bulk
  $ ringlab run loss --seed 7 --set client.wire.loss_ppm=5%
  $ ringlab run bulk --json | jq .stateHash
  $ ringlab run reorder --pcap reorder.pcapng --perfetto reorder.pftrace
  $ ringlab run bulk --report bulk.html
  $ ringlab run bulk --cycles --folded bulk.folded
  $ ringlab run ./mine.yaml --until 20ms --stat`);
  addRunOptions(command).action(run);
}

async function run(name: string, flags: Flags): Promise<void> {
  if (flags.timing && !flags.json) throw new InputError('run: --timing adds to the JSON, and there is none; add --json.');
  if (flags.cycles && flags.json) throw new InputError('run: --json has the charges of --cycles already; leave out --cycles.');
  if (flags.stat && flags.json) throw new InputError('run: --json has the counters of --stat already; leave out --stat.');
  const needed: readonly Needed[] = FILES.flatMap(({ option, knob }) =>
    flags[option] === undefined || knob === undefined ? [] : [{ knob, by: `--${option} ${flags[option]}` }]);
  const source = readSource(name);
  const scenario = loadScenario(source.text, source.shown, loadOptionsOf(flags, needed));
  mustSee(scenario, needed);
  const core = await coreFor(scenario);
  const checked = await sayBroken(scenario, source.shown);
  if (checked) process.exitCode = 1;
  if (checked?.stops) return;
  const files = outputs(flags, source.path);
  const begun = performance.now();
  const reported = flags.report === undefined ? undefined : reportedRun(core, scenario, files.sinks, source, name, flags);
  const { result, engine } = reported ?? watchedRun(core, scenario, { sinks: files.sinks });
  const wall_ms = performance.now() - begun;
  files.finish({ page: reported?.page ?? '', folded: flags.folded === undefined ? '' : foldedStacks(result) });
  if (flags.json) say(resultJson(flags.timing ? { ...result, wallMs: Math.round(wall_ms) } : result));
  else for (const line of summaryLines(scenario, result, wall_ms)) say(line);
  if (flags.cycles) for (const line of chargeTable(result)) say(line);
  if (flags.stat) for (const line of statLines(engine, result, [])) say(line);
  if (sayStopped(result) || result.expect.some((e) => !e.ok)) process.exitCode = 1;
}

/** What is written when the run is over, as texts. */
interface Texts {
  readonly page: string;
  readonly folded: string;
}

/** Options that name a file, and the knob without which it would be empty. */
const FILES = [
  { option: 'trace', knob: 'run.trace' }, { option: 'pcap', knob: 'run.capture' }, { option: 'perfetto', knob: 'run.trace' },
  { option: 'report', knob: 'run.trace' }, { option: 'folded', knob: undefined },
] as const;

/** The files that the flags ask for, and what fills them. */
function outputs(flags: Flags, scenario_file: string): { sinks: EngineSinks; finish: (texts: Texts) => void } {
  const wanted = FILES.flatMap(({ option }) => (flags[option] === undefined ? [] : [{ option: `--${option}`, path: flags[option] }]));
  const files = new OutputFiles(wanted, [scenario_file]);
  const [trace, pcap, perfetto, report, folded] = FILES.map(({ option }) => files.of(`--${option}`));
  const frames = new PcapngWriter();
  const tracks = new PerfettoWriter();
  const sinks: EngineSinks = {};
  if (trace || perfetto) {
    sinks.onTrace = (batch) => {
      trace?.write(batch.bytes());
      if (!perfetto) return;
      tracks.add(batch);
      perfetto.write(tracks.take());
    };
  }
  if (pcap) {
    sinks.onCapture = (bytes) => {
      for (const frame of readWireFrames(bytes)) frames.add(frame);
      pcap.write(frames.take());
    };
  }
  const finish = (texts: Texts) => {
    tracks.finish();
    perfetto?.write(tracks.take());
    frames.finish();
    pcap?.write(frames.take());
    report?.write(new TextEncoder().encode(texts.page));
    folded?.write(new TextEncoder().encode(texts.folded));
    files.commit();
  };
  return { sinks, finish };
}
