/** A recorded trace: who said it and when in its first line, then the lines of the agent as they were. */
import { InputError, type TraceLine, traceText } from '../../../sim/host/index.ts';
import type { NativeTrace } from '../native_traces.ts';
import { kernelOf, kernelSets } from './kernel_sets.ts';

export interface Capture {
  /** As users name it: conform/cancel. */
  readonly scenario: string;
  /** host, vm, nic, ssh, uml; file for a trace without a first line of ours. */
  readonly target: string;
  /** Release of the kernel. */
  readonly kernel: string;
  /** The same to the last digit, where this is known: release, version of the package, hash of the image. */
  readonly image?: string;
  /** The day, in UTC. */
  readonly date: string;
  /** What the simulator has to be told to behave as that kernel did. */
  readonly sets: readonly string[];
  /** What of the scenario the target did not have. */
  readonly unlike: readonly string[];
}

export interface Golden extends Capture {
  readonly lines: readonly TraceLine[];
}

const DAY = 10;
export const captureOf = ({ job, target, kernel, image, sets, unlike, lines }: NativeTrace): Golden => ({
  scenario: job.name, target, kernel, ...(image === undefined ? {} : { image }), date: new Date().toISOString().slice(0, DAY), sets, unlike,
  lines: lines.filter((l) => l.e !== 'speed'),
});

export function goldenText({ lines, scenario, target, kernel, image, date, sets, unlike }: Golden): string {
  const first = { i: -1, e: 'capture', scenario, target, kernel, ...(image === undefined ? {} : { image }), date, sets, unlike };
  return [first, ...lines].map((l) => `${traceText(l)}\n`).join('');
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** Reads a recorded trace, or what `ringlab replay --json` printed. */
export function readGolden(text: string, file: string): Golden {
  const lines = text.split('\n').flatMap((line, n): TraceLine[] => {
    if (line.trim() === '') return [];
    try {
      const parsed = JSON.parse(line) as TraceLine;
      if (typeof parsed.e === 'string') return [parsed];
    } catch {
      // Said below.
    }
    throw new InputError(`${file}:${n + 1}: this is no line of a trace; ringlab capture writes such files.`);
  });
  if (lines.at(-1)?.e !== 'end') throw new InputError(`${file}: the trace does not come to its end; record it again with ringlab capture.`);
  const [first] = lines;
  if (first?.e !== 'capture')
    return { scenario: '', target: 'file', kernel: kernelOf(lines), date: '', sets: kernelSets(lines), unlike: [], lines };
  return {
    scenario: String(first.scenario), target: String(first.target), kernel: String(first.kernel),
    ...(first.image === undefined ? {} : { image: String(first.image) }), date: String(first.date),
    sets: texts(first.sets), unlike: texts(first.unlike), lines: lines.slice(1),
  };
}
