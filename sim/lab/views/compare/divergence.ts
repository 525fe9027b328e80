/** Where two recordings part: the first record of each in which they differ, what was changed by hand left aside. */
import { eventOf, HOSTS, KIND, narrate, type TraceStore } from '../../../host/index.ts';
import type { Recording } from '../../recording.ts';

export interface SideEvent {
  readonly record: number;
  readonly step: number;
  readonly time_ns: number;
  readonly host: string;
  readonly stage: string;
  readonly event: string;
  readonly text: string;
}
export interface Divergence {
  /** undefined: that side has nothing more where the other one has something. */
  readonly a: SideEvent | undefined;
  readonly b: SideEvent | undefined;
}
export interface Search {
  /** Records that are the same on both sides. */
  readonly same: number;
  readonly found: Divergence | undefined;
  /** All that there is has been looked at; more may be recorded yet. */
  readonly whole: boolean;
}

interface State {
  i: number;
  j: number;
  found: Divergence | undefined;
}
const SEARCHES = new WeakMap<Recording, WeakMap<Recording, State>>();
const BUDGET_MS = 10;
const STRIDE = 4096;

function equal(a: TraceStore, i: number, b: TraceStore, j: number): boolean {
  return a.timeNs(i) === b.timeNs(j) && a.kind(i) === b.kind(j) && a.host(i) === b.host(j) && a.context(i) === b.context(j)
    && a.core(i) === b.core(j) && a.pktId(i) === b.pktId(j) && a.niovIdx(i) === b.niovIdx(j)
    && a.a(i) === b.a(j) && a.b(i) === b.b(j) && a.c(i) === b.c(j);
}

function sideOf({ trace, steps }: Recording, record: number): SideEvent {
  const r = trace.record(record);
  const { stage, name } = eventOf(r);
  return {
    record, step: steps.ofRecord(record), time_ns: r.time_ns, host: HOSTS[r.host] ?? '', stage, event: name, text: narrate(r),
  };
}

/** Records that two recordings have from the same parent. */
function shared(a: Recording, b: Recording): number {
  const beginnings = new Map<Recording, number>();
  let at = Number.MAX_SAFE_INTEGER;
  for (let r: Recording | undefined = a; r; r = r.fork?.parent) {
    beginnings.set(r, at);
    at = Math.min(at, r.fork?.at ?? 0);
  }
  at = Number.MAX_SAFE_INTEGER;
  for (let r: Recording | undefined = b; r; r = r.fork?.parent) {
    const other = beginnings.get(r);
    if (other !== undefined) {
      const step = Math.min(other, at, r.length);
      return Math.min(r.steps.records(step), a.trace.length, b.trace.length);
    }
    at = Math.min(at, r.fork?.at ?? 0);
  }
  return 0;
}

/** Goes on looking for a while; the next call goes on from there. */
export function divergence(a: Recording, b: Recording): Search {
  const of_a = SEARCHES.get(a) ?? new WeakMap<Recording, State>();
  SEARCHES.set(a, of_a);
  let state = of_a.get(b);
  if (!state) {
    const from = shared(a, b);
    state = { i: from, j: from, found: undefined };
    of_a.set(b, state);
  }
  if (state.found) return { same: state.i, found: state.found, whole: true };
  return search(a, b, state);
}

function search(a: Recording, b: Recording, state: State): Search {
  const end = performance.now() + BUDGET_MS;
  const skip = (t: TraceStore, i: number): number => {
    let at = i;
    while (at < t.length && t.kind(at) === KIND.edit) at++;
    return at;
  };
  for (let n = 1; ; n++) {
    state.i = skip(a.trace, state.i);
    state.j = skip(b.trace, state.j);
    const [no_a, no_b] = [state.i >= a.trace.length, state.j >= b.trace.length];
    // One that is still recorded may go on as the other one does.
    if ((no_a && !a.done) || (no_b && !b.done) || (no_a && no_b)) return { same: state.i, found: undefined, whole: a.done && b.done };
    if (no_a || no_b || !equal(a.trace, state.i, b.trace, state.j)) {
      state.found = { a: no_a ? undefined : sideOf(a, state.i), b: no_b ? undefined : sideOf(b, state.j) };
      return { same: state.i, found: state.found, whole: true };
    }
    state.i++;
    state.j++;
    if (n % STRIDE === 0 && performance.now() > end) return { same: state.i, found: undefined, whole: false };
  }
}
