/** ringlab run SCENARIO */
import type { Command } from 'commander';
import { durationText, type EngineSinks, PcapngWriter, PerfettoWriter, readWireFrames, resultJson, runScenario } from '../host/index.ts';
import { statLines } from './command_stat.ts';
import { loadCore, openScenario } from './files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags } from './run_options.ts';
import { summaryLines } from './summary.ts';
import { OutputFile, Progress, say } from './terminal.ts';

interface Flags extends RunFlags {
  readonly json?: boolean;
  readonly timing?: boolean;
  readonly stat?: boolean;
  readonly trace?: string;
  readonly pcap?: string;
  readonly perfetto?: string;
}

export function addRun(program: Command): void {
  const command = program.command('run')
    .description('run a scenario, check what it expects, and say what happened')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--json', 'the result as JSON: equal runs give equal texts')
    .option('--timing', 'with --json: add the wall time')
    .option('--stat', 'views with Linux\'s columns after the run')
    .option('--trace <file>', 'every trace record as it is: 32 bytes each (sim/schema/events.ts)')
    .option('--pcap <file>', 'what was on the wire, as pcapng')
    .option('--perfetto <file>', 'the trace for ui.perfetto.dev')
    .addHelpText('after', `
Exit code: 0 as expected, 1 an expectation failed, 2 bad input, 3 the simulator found a fault of its own.

Examples:
  $ ringlab run bulk
  $ ringlab run loss --seed 7 --set client.wire.loss_ppm=5%
  $ ringlab run bulk --json | jq .stateHash
  $ ringlab run reorder --pcap reorder.pcapng --perfetto reorder.pftrace
  $ ringlab run ./mine.yaml --until 20ms --stat`);
  addRunOptions(command).action(run);
}

async function run(name: string, flags: Flags): Promise<void> {
  const scenario = openScenario(name, loadOptionsOf(flags, flags.pcap ? ['run.capture=on'] : []));
  const core = await loadCore();
  const files = outputs(flags);
  const progress = new Progress();
  const begun = performance.now();
  const { result, engine } = runScenario(core, scenario, {
    sinks: files.sinks,
    onSlice: (e) => {
      progress.show(() => `${scenario.name}: ${durationText(e.clockNs())} simulated, ${e.eventCount()} events`);
      return false;
    },
  });
  const wall_ms = performance.now() - begun;
  progress.end();
  files.finish();
  if (flags.json) say(resultJson(flags.timing ? { ...result, wallMs: Math.round(wall_ms) } : result));
  else for (const line of summaryLines(scenario, result, wall_ms)) say(line);
  if (flags.stat && !flags.json) for (const line of statLines(engine, result, [])) say(line);
  if (result.expect.some((e) => !e.ok)) process.exitCode = 1;
}

/** The files that the flags ask for, and what fills them. */
function outputs(flags: Flags): { sinks: EngineSinks; finish: () => void } {
  const trace = flags.trace === undefined ? undefined : new OutputFile(flags.trace);
  const pcap = flags.pcap === undefined ? undefined : { file: new OutputFile(flags.pcap), writer: new PcapngWriter() };
  const perfetto = flags.perfetto === undefined ? undefined : { file: new OutputFile(flags.perfetto), writer: new PerfettoWriter() };
  const sinks: EngineSinks = {};
  if (trace || perfetto) {
    sinks.onTrace = (batch) => {
      trace?.write(batch.bytes());
      if (!perfetto) return;
      perfetto.writer.add(batch);
      perfetto.file.write(perfetto.writer.take());
    };
  }
  if (pcap) {
    sinks.onCapture = (bytes) => {
      for (const frame of readWireFrames(bytes)) pcap.writer.add(frame);
      pcap.file.write(pcap.writer.take());
    };
  }
  const finish = () => {
    if (perfetto) {
      perfetto.writer.finish();
      perfetto.file.write(perfetto.writer.take());
    }
    pcap?.file.write(pcap.writer.take());
    for (const file of [trace, pcap?.file, perfetto?.file]) file?.commit();
  };
  return { sinks, finish };
}
