/** ringlab journey SCENARIO --packet N | --byte N [--stream I] | --buffer N */
import type { Command } from 'commander';
import {
  InputError,
  type Journey,
  journeyOfBuffer,
  journeyOfByte,
  journeyOfPacket,
  readStreams,
  recordJson,
  type RunOutcome,
  timelineText,
  TraceStore,
} from '../host/index.ts';
import { coreFor, openScenario } from './files.ts';
import { addRunOptions, loadOptionsOf, mustSee, type Needed, type RunFlags, wholeNumber } from './run_options.ts';
import { bold, dim, say } from './terminal.ts';
import { watchedRun } from './watched_run.ts';

interface Flags extends RunFlags {
  readonly packet?: number;
  readonly byte?: number;
  readonly stream?: number;
  readonly buffer?: number;
  readonly json?: boolean;
}

export function addJourney(program: Command): void {
  const command = program.command('journey')
    .description('follow one packet, one byte of a stream, or one buffer from stage to stage')
    .argument('<scenario>', 'name in scenarios/, or the path of a YAML file')
    .option('--packet <n>', 'a packet, by its id in trace and pcapng, from 1', wholeNumber('--packet', 1))
    .option('--byte <n>', 'a byte of a stream, from 0', wholeNumber('--byte', 0))
    .option('--stream <i>', 'with --byte: which stream of the receiving application; 0 if not given', wholeNumber('--stream', 0))
    .option('--buffer <n>', 'a buffer, by its index in the trace', wholeNumber('--buffer', 0))
    .option('--json', 'as JSON')
    .addHelpText('after', `
Examples:
  $ ringlab journey tour --byte 0
  $ ringlab journey loss --byte 100000
  $ ringlab journey many-flows --byte 0 --stream 17
  $ ringlab journey bulk --packet 42
  $ ringlab journey bulk --buffer 15490 --until 1ms`);
  addRunOptions(command).action(async (name: string, flags: Flags) => {
    if ([flags.packet, flags.byte, flags.buffer].filter((x) => x !== undefined).length !== 1) {
      throw new InputError('journey: expected one of --packet N, --byte N and --buffer N.');
    }
    if (flags.stream !== undefined && flags.byte === undefined)
      throw new InputError('journey: --stream says whose byte, and there is no --byte; leave out --stream.');
    const scenario = openScenario(name, loadOptionsOf(flags, TRACED));
    mustSee(scenario, TRACED);
    const trace = new TraceStore();
    const outcome = watchedRun(await coreFor(scenario), scenario, { sinks: { onTrace: (batch) => trace.add(batch) } });
    const journey = findJourney(trace, outcome, flags);
    if (journey.records.length === 0) throw new InputError(nothingFound(trace, flags));
    if (flags.json) return say(JSON.stringify(journeyJson(journey), null, 2));
    for (const line of journeyLines(journey)) say(line);
  });
}

const TRACED: readonly Needed[] = [{ knob: 'run.trace', by: 'journey' }];

/** Why there is no such journey, with those that there are. */
function nothingFound(trace: TraceStore, flags: Flags): string {
  const range = (ids: readonly number[]) => (ids.length < 2 ? (ids[0] ?? 'none') : `${ids[0]} to ${ids.at(-1)}`);
  if (flags.byte !== undefined) return `--byte ${flags.byte}: no segment of the trace carried it; take one that arrived.`;
  if (flags.packet !== undefined) return `--packet ${flags.packet}: there is no such packet; the run has ${range(trace.packets())}.`;
  return `--buffer ${flags.buffer}: nothing happens to it; the run uses buffers ${range(trace.buffers())}, and --byte names one.`;
}

function findJourney(trace: TraceStore, outcome: RunOutcome, flags: Flags): Journey {
  if (flags.packet !== undefined) return journeyOfPacket(trace, flags.packet);
  if (flags.buffer !== undefined) return journeyOfBuffer(trace, flags.buffer);
  return byteJourney(trace, outcome, flags.byte ?? 0, flags.stream ?? 0);
}

/** The receiving stream is the server's, or the client's where the server has none. */
export function byteJourney(trace: TraceStore, { engine, result }: RunOutcome, offset: number, stream: number): Journey {
  const n = result.streams.length;
  const wanted = result.streams[stream];
  if (!wanted)
    throw new InputError(n === 0 ? `--byte ${offset}: no connection was made, so there is no stream.`
      : `--stream ${stream}: there is no such stream; the run has 0 to ${n - 1}.`);
  if (offset >= wanted.bytes)
    throw new InputError(wanted.bytes === 0 ? `--byte ${offset}: no byte of stream ${stream} came.`
      : `--byte ${offset}: it never came; stream ${stream} has bytes 0 to ${wanted.bytes - 1}.`);
  const host = readStreams(engine, 1).length > 0 ? 1 : 0;
  const row = readStreams(engine, host)[stream];
  return journeyOfByte(trace, { host, sock: row?.sock ?? 0, offset });
}

export function journeyJson({ title, summary, records }: Journey): Record<string, unknown> {
  return { title, summary, records: records.map(recordJson) };
}

export function journeyLines(journey: Journey): string[] {
  return [bold(journey.title), ...journey.summary.map((s) => dim(`  ${s}`)), '', ...journey.records.map(timelineText)];
}
