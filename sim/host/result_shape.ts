/**
 * The names that a run's result has, known before the run: an `expect` line that names something else is refused when its
 * scenario is read. The types hold the first level of each part, and a test holds the rest, against real results.
 */
import { ACCOUNTS } from '../schema/costs.ts';
import { COUNTERS, type Counter } from '../schema/counters.ts';
import { DROPS } from '../schema/drops.ts';
import { EVENTS } from '../schema/events.ts';
import type { Charge } from './charges.ts';
import type { StepCqe, StepData, StepLoans, StepResult, StepRet, StepStream } from './steps/step_results.ts';
import type { HostResult, RunResult, StreamResult } from './result.ts';
import { didYouMean } from './scenario_error.ts';
import { type Expectation, ExpectError, type Value } from './scenario_expect.ts';

export type Shape =
  | { readonly kind: 'value' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'map'; readonly of: Readonly<Record<string, Shape>> }
  /** Entries by names that the scenario chose. */
  | { readonly kind: 'named'; readonly of: Shape };
type Parts<T> = { readonly [K in keyof T]: Shape };

const value: Shape = { kind: 'value' };
const map = (of: Readonly<Record<string, Shape>>): Shape => ({ kind: 'map', of });
const list = (of: Shape): Shape => ({ kind: 'list', of });
const values = (names: readonly string[]): Shape => map(Object.fromEntries(names.map((name) => [name, value])));
const counters = (group: Counter['group']): Shape => values(COUNTERS.filter((c) => c.group === group).map((c) => c.name));
const drops = values(DROPS.map(([name]) => name));

const STREAM: Parts<StreamResult> = {
  id: value, family: value, localPort: value, peer: value, peerPort: value, bytes: value, sha256: value, complete: value,
  zeroCopyBytes: value, copiedBytes: value, copiedWhy: values(['linear', 'page', 'recv']), cqes: value, requests: value, segments: value,
  outOfOrder: value, duplicates: value, buffersHeldMax: value, startNs: value, endNs: value, endResult: value,
  sentBytes: value, sentSha256: value,
};

const POOL = [
  'queue', 'provider', 'cache', 'ring', 'ring_size', 'inflight', 'alloc_fast', 'alloc_slow', 'alloc_refill', 'alloc_empty',
  'recycle_cached', 'recycle_ring', 'recycle_ring_full', 'released',
];

const CHARGE: Parts<Charge> = { core: value, context: value, account: value, cost: value, cycles: value, units: value };

const HOST: Parts<HostResult> = {
  drops, nic: counters('nic'), nicq: list(counters('nicq')), tcp: counters('tcp'), udp: counters('udp'), zcrx: list(counters('zcrx')),
  area: list(values(['free', 'cache', 'posted', 'live'])), pool: list(values(POOL)), cores: list(values(ACCOUNTS)),
  charges: list(map(CHARGE)),
  app: values(['role', 'errno', 'requests', 'notifications', 'copied']), events: values(EVENTS.map((e) => e.name)),
  dram: values(['total', 'read', 'write', ...COUNTERS.filter((c) => c.group === 'mem').map((c) => c.name)]),
};

const CQE: Parts<StepCqe> = {
  i: value, ring: value, ud: value, res: value, err: value, flags: value, more: value, bid: value, text: value,
};
const RET: Parts<StepRet> = { i: value, step: value, tag: value, ret: value, err: value, took: value };
const DATA: Parts<StepData> = { i: value, tag: value, n: value, hex: value };
const RECEIVED: Parts<StepStream> = {
  i: value, tag: value, fd: value, why: value, err: value, bytes: value, zeroCopyBytes: value, copiedBytes: value, ok: value,
};
const LENT: Parts<StepLoans> = { i: value, tag: value, distinct: value, returned: value, events: value, copied: value };
const STEPS: Parts<StepResult> = {
  complete: value, why: value, cqes: list(map(CQE)), rets: list(map(RET)), data: list(map(DATA)),
  streams: list(map(RECEIVED)), loans: list(map(LENT)),
  named: { kind: 'named', of: map({ ...CQE, ...RET }) },
};

const RESULT: Required<Parts<Omit<RunResult, 'expect'>>> = {
  scenario: value, seed: value, stateHash: value, virtualTimeNs: value, eventCount: value, stopped: value,
  streams: list(map(STREAM)), drops, dropped: value, client: map(HOST), server: map(HOST), steps: map(STEPS),
};

export const RESULT_SHAPE = map(RESULT);

/** Names are listed when they are few. */
const NAMES_SHOWN = 20;

function member(of: Readonly<Record<string, Shape>>, name: string, path: string, whole: string): Shape {
  const found = Object.hasOwn(of, name) ? of[name] : undefined;
  if (found) return found;
  const names = Object.keys(of);
  const all = names.length <= NAMES_SHOWN ? `; there are ${names.join(', ')}` : '; --json shows what there is';
  throw new ExpectError(`there is no '${name}' in ${path === '' ? whole : `'${path}'`}${didYouMean(name, names) || all}`);
}

function step(shape: Shape, name: string | number, path: string, whole: string): Shape {
  if (shape.kind === 'list') {
    const element = typeof name === 'number' || name === 'all' || name === 'any';
    return element ? shape.of : step(shape.of, name, path, whole);
  }
  if (typeof name === 'number') throw new ExpectError(`'${path}' is no list, so it has no [${name}]`);
  if (shape.kind === 'named') return shape.of;
  if (shape.kind === 'value') throw new ExpectError(`'${path}' is one value; there is no '${name}' in it`);
  return member(shape.of, name, path, whole);
}

/** What a line may name: the shape, and what it is the shape of. */
interface Names {
  readonly shape: Shape;
  readonly whole: string;
}

function checkPath(names: Names, steps: readonly (string | number)[], counted: boolean): void {
  let { shape } = names;
  let path = '';
  for (const name of steps) {
    shape = step(shape, name, path, names.whole);
    path += typeof name === 'number' ? `[${name}]` : `${path === '' ? '' : '.'}${name}`;
  }
  if (shape.kind === 'value' || (counted && shape.kind === 'list')) return;
  const how = shape.kind === 'list' ? `is a list; write count(${path}), or name a value of its entries` : 'holds several values; name one';
  throw new ExpectError(`'${path}' ${how}`);
}

function checkValue(names: Names, v: Value, counted: boolean): void {
  if (v.kind === 'path') checkPath(names, v.steps, counted);
  else if (v.kind === 'call') checkValue(names, v.of, v.name === 'count');
  else if (v.kind === 'binary') {
    checkValue(names, v.left, false);
    checkValue(names, v.right, false);
  }
}

/** Throws an ExpectError when the line names what no result has, or nothing of another `shape`, called `whole`. */
export function checkNames(line: Expectation, shape: Shape = RESULT_SHAPE, whole = 'the result'): void {
  checkValue({ shape, whole }, line.left, false);
  checkValue({ shape, whole }, line.right, false);
}
