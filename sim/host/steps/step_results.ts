/** What a step trace comes to in a run's result, where `expect` lines find it. */
import { type Place, placeText } from '../scenario_error.ts';
import type { Step } from './program.ts';
import type { TraceLine } from './trace_line.ts';

export interface StepCqe {
  readonly i: number;
  readonly ring: number;
  readonly ud: number;
  readonly res: number;
  /** Name of the errno, or nothing. */
  readonly err: string;
  /** Flags by name, joined by `|`. */
  readonly flags: string;
  readonly more: boolean;
  /** Id of the buffer, or -1. */
  readonly bid: number;
  /** user_data, result and flags as people write them in reports: `7 64 BUF:0|MORE`, `7 -ENOBUFS`. */
  readonly text: string;
}

export interface StepRet {
  readonly i: number;
  readonly step: string;
  readonly tag: string;
  readonly ret: number;
  readonly err: string;
  /** How long it took, where the step has buckets: `15..90ms`. */
  readonly took: string;
}

/** What mem.dump said. */
export interface StepData {
  readonly i: number;
  readonly tag: string;
  readonly n: number;
  /** The bytes, two digits each. */
  readonly hex: string;
}

/** What stream.recv and zcrx.receive said of a stream. */
export interface StepStream {
  readonly i: number;
  readonly tag: string;
  readonly fd: string;
  /** bytes, end, quiet or stopped. */
  readonly why: string;
  /** Name of the error that stopped it. */
  readonly err: string;
  /** -1: not said. */
  readonly bytes: number;
  readonly zeroCopyBytes: number;
  readonly copiedBytes: number;
  readonly ok: boolean;
}

/** What zcrx.receive said of its instance. */
export interface StepLoans {
  readonly i: number;
  readonly tag: string;
  readonly distinct: boolean;
  readonly returned: string;
  /** Types of events, joined by `|`. */
  readonly events: string;
  /** Bytes that the kernel says it copied; -1: it was not asked to count. */
  readonly copied: number;
}

export interface StepResult {
  /** The program came to its end. */
  readonly complete: boolean;
  /** Where and why it did not. */
  readonly why: string;
  readonly cqes: readonly StepCqe[];
  readonly rets: readonly StepRet[];
  readonly data: readonly StepData[];
  readonly streams: readonly StepStream[];
  readonly loans: readonly StepLoans[];
  /** What was captured with `as`: each a completion or the result of a step. */
  readonly named: Readonly<Record<string, StepCqe | StepRet>>;
}

export class StepLog {
  readonly lines: TraceLine[] = [];
  private readonly sink: ((line: TraceLine) => void) | undefined;
  /** When the program came to the step that it is at, or to its end. */
  at_ns = 0;
  private readonly begun: (i: number) => number;
  private readonly placeOf: (i: number) => Place;
  /** The step that the program has come to. */
  private now = '';

  constructor(placeOf: (i: number) => Place, sink?: (line: TraceLine) => void, begun: (i: number) => number = () => 0) {
    this.placeOf = placeOf;
    this.sink = sink;
    this.begun = begun;
  }

  begin(i: number, step: Step): void {
    // Behind the last step the program is over.
    this.at_ns = this.begun(i);
    if (step.step !== '') this.now = `${placeText(this.placeOf(i))}: step ${step.step}: `;
  }

  add(line: TraceLine): void {
    this.lines.push(line);
    this.sink?.(line);
  }

  result(): StepResult {
    const named: Record<string, StepCqe | StepRet> = {};
    const note = <T extends StepCqe | StepRet>(line: TraceLine, row: T): T => {
      if (typeof line.as === 'string') named[line.as] = row;
      return row;
    };
    const of = (e: string) => this.lines.filter((l) => l.e === e);
    const stop = of('stop')[0];
    const complete = of('end').length > 0;
    return {
      complete, why: complete ? '' : this.now + (stop ? String(stop.why) : 'it still waits'),
      cqes: of('cqe').map((l) => note(l, cqeOf(l))),
      rets: of('ret').map((l) => note(l, retOf(l))),
      data: of('data').map((l) => ({ i: l.i, tag: String(l.tag ?? ''), n: Number(l.n), hex: String(l.hex ?? '') })),
      streams: of('received').map(streamOf),
      loans: of('lent').map((l) => ({
        i: l.i, tag: String(l.tag ?? ''), distinct: l.distinct === true, returned: String(l.returned), events: joined(l.events),
        copied: Number(l.copied ?? -1),
      })),
      named,
    };
  }
}

function cqeOf(l: TraceLine): StepCqe {
  const flags = l.fl as readonly string[];
  const buffer = flags.find((f) => f.startsWith('BUF:'));
  const res = l.err === undefined ? String(l.res) : `-${l.err}`;
  return {
    text: `${l.ud} ${res}${flags.length > 0 ? ` ${flags.join('|')}` : ''}`,
    i: l.i, ring: Number(l.r), ud: Number(l.ud), res: Number(l.res), err: String(l.err ?? ''), flags: flags.join('|'),
    more: flags.includes('MORE'), bid: buffer === undefined ? -1 : Number(buffer.slice(4)),
  };
}

const joined = (list: TraceLine[string]): string => (Array.isArray(list) ? list.join('|') : '');

const streamOf = (l: TraceLine): StepStream => ({
  i: l.i, tag: String(l.tag ?? ''), fd: String(l.fd), why: String(l.why), err: String(l.err ?? ''),
  bytes: Number(l.bytes ?? -1), zeroCopyBytes: Number(l.zeroCopyBytes ?? -1), copiedBytes: Number(l.copiedBytes ?? -1), ok: l.ok === true,
});

const retOf = (l: TraceLine): StepRet => ({
  i: l.i, step: String(l.step), tag: String(l.tag ?? ''), ret: Number(l.ret), err: String(l.err ?? ''),
  took: String(l.took ?? ''),
});
