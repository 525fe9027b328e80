/** ringlab calibrate: what single steps cost on this machine. */
import type { Command } from 'commander';
import {
  type Bench, calibrate, type CalibratedKnob, type Calibration, LabError, machineOf, shippedMachine,
} from '../../native-backend/lab/index.ts';
import { COSTS } from '../schema/costs.ts';
import { machineText, resultJson } from '../host/index.ts';
import { wrap } from './command_list.ts';
import { EndedError, interruptible } from './lab_run.ts';
import { OutputFiles } from './output_files.ts';
import { bold, dim, say, table } from './terminal.ts';

interface Flags {
  readonly json?: boolean;
  readonly out?: string;
}

export function addCalibrate(program: Command): void {
  program.command('calibrate')
    .description('measure what single steps cost on this machine: system calls, wake-ups, copies, pages')
    .option('--json', 'as JSON: each benchmark with its method, each knob with what it follows from')
    .option('--out <file>', 'write a machine for --machine of run and others')
    .addHelpText('after', `
The benchmarks are those of the native agent, which is built when it has to be (a C compiler). They take about ten seconds and need no
privilege, but for wake-ups on one core: real-time priority. Without the agent the shipped values are given, marked for what they are;
docs/calibrate.md has the methods.

Exit code: 0 measured, or shipped values given; 1 the file could not be written; 2 bad input.

Examples:
  $ ringlab calibrate
  $ ringlab calibrate --out mine.yaml && ringlab run bulk --machine mine.yaml
  $ ringlab calibrate --json | jq '.knobs[] | {knob, value, unit}'`)
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const files = new OutputFiles(flags.out === undefined ? [] : [{ option: '--out', path: flags.out }]);
  let measured: Calibration | undefined;
  let why = '';
  try {
    measured = await interruptible(calibrate);
  } catch (error) {
    if (!(error instanceof LabError) || error instanceof EndedError) throw error;
    why = error.message;
  }
  const machine = measured ? machineOf(measured) : shippedMachine();
  files.of('--out')?.write(new TextEncoder().encode(machineText(machine)));
  files.commit();
  if (flags.json) say(resultJson(measured ? { measured: true, ...measured, machine } : { measured: false, why, machine }));
  else for (const line of measured ? measuredLines(measured) : shippedLines(why)) say(line);
}

const width = () => (process.stdout.columns ?? 100) - 2;
const ns = (value: number): string => (value >= 1000 ? `${(value / 1000).toFixed(2)} µs` : `${value.toFixed(value < 10 ? 2 : 1)} ns`);
const RIGHT = [false, true, true];

function knobRow({ knob, value, unit, low, high, from, unsure }: CalibratedKnob): string[] {
  const shipped = COSTS.find((c) => `cost.${c.name}` === knob)?.value;
  const beside = shipped === undefined ? '' : `shipped ${shipped}`;
  return [knob, `${value} ${unit}`, `${low} to ${high}`, beside, `${from}${unsure ? ' (unsure)' : ''}`];
}
const benchRow = ({ name, method, ns: median = 0, low_ns = 0, high_ns = 0, why }: Bench): string[] =>
  (why === undefined ? [name, ns(median), `${ns(low_ns)} to ${ns(high_ns)}`, method] : [name, '', '', `${method}: not here, ${why}`]);

function measuredLines(c: Calibration): string[] {
  const busy = `Other programs keep the CPUs busy (load ${c.load} on ${c.cpus}): what two cores do together says little; try again when it`
    + ' is quiet.';
  const virtual = 'This is a virtual machine: interrupts between its CPUs, page faults and idle cores cost more than on metal.';
  const notes = [...(c.virtual ? [virtual] : []), ...(c.load > c.cpus / 2 ? [busy] : [])];
  return [
    bold(c.cpu) + dim(` · ${c.cpus} CPUs, Linux ${c.kernel}, ${c.architecture}`),
    ...notes.flatMap((text) => wrap(text, width())), '',
    bold('Benchmarks'), ...table(c.benches.map(benchRow), RIGHT), '',
    bold('Knobs'), ...table(c.knobs.map(knobRow), [false, true, true, true]), '',
    ...wrap(`Not measurable from user space, and without a published source, so they stay as shipped: ${c.unsourced.join(', ')}.`, width()),
  ];
}

function shippedLines(why: string): string[] {
  const rows = COSTS.filter((c) => c.unit !== 'ns').map((c) => [`cost.${c.name}`, `${c.value} ${c.unit}`, c.source]);
  return [...wrap(`Nothing was measured: ${why}`, width()), 'The shipped values are:', '', ...table(rows, [false, true])];
}
