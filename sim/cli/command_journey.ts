/** ringlab journey SCENARIO --packet N | --byte N [--stream I] | --buffer N */
import type { Command } from 'commander';
import {
  InputError,
  type Journey,
  journeyOfBuffer,
  journeyOfByte,
  journeyOfPacket,
  readStreams,
  type RunOutcome,
  runScenario,
  timelineText,
  TraceStore,
} from '../host/index.ts';
import { loadCore, openScenario } from './files.ts';
import { addRunOptions, loadOptionsOf, type RunFlags, wholeNumber } from './run_options.ts';
import { bold, dim, say } from './terminal.ts';

interface Flags extends RunFlags {
  readonly packet?: number;
  readonly byte?: number;
  readonly stream: number;
  readonly buffer?: number;
}

export function addJourney(program: Command): void {
  const command = program.command('journey')
    .description('follow one packet, one byte of a stream, or one buffer from stage to stage')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--packet <n>', 'a packet, by its id in trace and pcapng', wholeNumber)
    .option('--byte <n>', 'a byte of a stream, from 0', wholeNumber)
    .option('--stream <i>', 'which stream of the receiving application', wholeNumber, 0)
    .option('--buffer <n>', 'a buffer, by its index in the trace', wholeNumber)
    .addHelpText('after', `
Examples:
  $ ringlab journey tour --byte 0
  $ ringlab journey loss --byte 100000
  $ ringlab journey many-flows --byte 0 --stream 17
  $ ringlab journey bulk --packet 42
  $ ringlab journey bulk --buffer 5000 --until 1ms`);
  addRunOptions(command).action(async (name: string, flags: Flags) => {
    if ([flags.packet, flags.byte, flags.buffer].filter((x) => x !== undefined).length !== 1) {
      throw new InputError('journey needs one of --packet N, --byte N and --buffer N.');
    }
    const scenario = openScenario(name, loadOptionsOf(flags, ['run.trace=on']));
    const trace = new TraceStore();
    const outcome = runScenario(await loadCore(), scenario, { sinks: { onTrace: (batch) => trace.add(batch) } });
    const journey = findJourney(trace, outcome, flags);
    if (journey.records.length === 0) throw new InputError(`the trace has nothing about ${journey.title}: ${journey.summary.join('; ')}.`);
    for (const line of journeyLines(journey)) say(line);
  });
}

function findJourney(trace: TraceStore, outcome: RunOutcome, flags: Flags): Journey {
  if (flags.packet !== undefined) return journeyOfPacket(trace, flags.packet);
  if (flags.buffer !== undefined) return journeyOfBuffer(trace, flags.buffer);
  return byteJourney(trace, outcome, flags.byte ?? 0, flags.stream);
}

/** The receiving stream is the server's, or the client's where the server has none. */
export function byteJourney(trace: TraceStore, { engine, result }: RunOutcome, offset: number, stream: number): Journey {
  const n = result.streams.length;
  const wanted = result.streams[stream];
  if (!wanted)
    throw new InputError(`there is no stream ${stream}: ${n === 0 ? 'no connection was made' : `the run has ${n}, numbered from 0`}.`);
  if (offset >= wanted.bytes) throw new InputError(`stream ${stream} has ${wanted.bytes} bytes; byte ${offset} never came.`);
  const host = readStreams(engine, 1).length > 0 ? 1 : 0;
  const row = readStreams(engine, host)[stream];
  return journeyOfByte(trace, { host, sock: row?.sock ?? 0, offset });
}

export function journeyLines(journey: Journey): string[] {
  return [bold(journey.title), ...journey.summary.map((s) => dim(`  ${s}`)), '', ...journey.records.map(timelineText)];
}
