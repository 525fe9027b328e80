/** Looks back in a trace from a record: the nearest one before it that a test lets pass. */
import type { TraceStore } from '../../../host/index.ts';
import type { Recording } from '../../recording.ts';
import { Requests } from '../requests.ts';
import { TraceLinks } from '../trace_links.ts';

/** Farther back a cause is not looked for. */
const FAR = 400_000;

export class TraceLook {
  readonly recording: Recording;
  readonly trace: TraceStore;
  readonly links: TraceLinks;
  readonly requests: Requests;

  constructor(recording: Recording) {
    this.recording = recording;
    this.trace = recording.trace;
    this.links = TraceLinks.of(recording);
    this.requests = Requests.of(recording);
  }

  /** The nearest record before `i`; within its own step only, when `here`. */
  back(i: number, test: (r: number) => boolean, here = false): number | undefined {
    const { steps } = this.recording;
    const from = here ? steps.records(steps.ofRecord(i) - 1) : Math.max(0, i - FAR);
    for (let r = i - 1; r >= from; r--) if (test(r)) return r;
    return undefined;
  }
  /** The nearest one of some kinds on the same host. */
  kind(i: number, kinds: ReadonlySet<number | undefined>, test: (r: number) => boolean = () => true, here = false): number | undefined {
    const host = this.trace.host(i);
    return this.back(i, (r) => this.trace.host(r) === host && kinds.has(this.trace.kind(r)) && test(r), here);
  }
}
