/** ringlab tour: the journey of the first byte, a line for each stage. */
import type { Command } from 'commander';
import {
  eventOf, InputError, type Journey, narrate, type RunResult, type Scenario, stageNumber, storyOf, type TraceRecord, TraceStore, whereText,
} from '../host/index.ts';
import { STAGES } from '../schema/stages.ts';
import { byteJourney, journeyJson } from './command_journey.ts';
import { coreFor, openScenario } from './files.ts';
import { addRunOptions, loadOptionsOf, mustSee, type Needed, type RunFlags } from './run_options.ts';
import { expectLines } from './summary.ts';
import { bold, dim, say } from './terminal.ts';
import { watchedRun } from './watched_run.ts';

const TRACED: readonly Needed[] = [{ knob: 'run.trace', by: 'tour' }];

export function addTour(program: Command): void {
  const command = program.command('tour')
    .description('the way of the first payload byte through the nine stages, a line for each step')
    .argument('[scenario]', 'another scenario than tour')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  $ ringlab tour\n  $ ringlab tour steering-missed\n  $ ringlab tour ipv6');
  addRunOptions(command).action(async (name: string | undefined, flags: RunFlags & { json?: boolean }) => {
    const scenario = openScenario(name ?? 'tour', loadOptionsOf(flags, TRACED));
    mustSee(scenario, TRACED);
    const trace = new TraceStore();
    const outcome = watchedRun(await coreFor(scenario), scenario, { sinks: { onTrace: (batch) => trace.add(batch) } });
    if ((outcome.result.streams[0]?.bytes ?? 0) === 0)
      throw new InputError('tour: no byte arrived before the end of the run; give it more time (--until), or take another scenario.');
    const journey = byteJourney(trace, outcome, 0, 0);
    if (flags.json) {
      const story = journeyJson({ ...journey, records: storyOf(journey) });
      say(JSON.stringify({ scenario: scenario.name, about: scenario.about, ...story, expect: outcome.result.expect }, null, 2));
    } else tellTour(scenario, journey, outcome.result);
    if (outcome.result.expect.some((e) => !e.ok)) process.exitCode = 1;
  });
}

function tellTour(scenario: Scenario, journey: Journey, result: RunResult): void {
  say(bold('The way of the first byte'));
  say(dim(`  ${scenario.name}: ${scenario.about}`));
  say();
  for (const line of tourLines(storyOf(journey))) say(line);
  say();
  for (const line of endLines(result)) say(line);
}

export function tourLines(told: readonly TraceRecord[]): string[] {
  const first = told[0]?.time_ns ?? 0;
  const lines: string[] = [];
  let last = '';
  for (const r of told) {
    const { stage } = eventOf(r);
    const folder = STAGES.find((s) => s.name === stage)?.folder ?? stage;
    const place = `${stage} ${r.host}`;
    const label = place === last ? '' : `${stageNumber(stage)} ${stage}`;
    last = place;
    const time = `+${((r.time_ns - first) / 1000).toFixed(3)} µs`.padStart(13);
    lines.push(`${time}  ${bold(label.padEnd(9))} ${whereText(r).padEnd(24)} ${narrate(r)}${label === '' ? '' : dim(`  [${folder}]`)}`);
  }
  return lines;
}

function endLines(result: RunResult): string[] {
  const [s] = result.streams;
  const written =
    s && s.zeroCopyBytes === s.bytes
      ? 'The payload was written to memory once, by the NIC, and never copied.'
      : 'The payload was copied on its way.';
  return [`  ${written}`, ...expectLines(result)];
}
