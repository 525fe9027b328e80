/**
 * The life of each request, from the trace: taken from the SQ, armed, completed once or again and again, ended. Completions name
 * their request by user_data alone, as in Linux; where several are under way with the same one, the oldest that fits has it.
 */
import { KIND, type TraceStore } from '../../host/index.ts';
import type { Recording } from '../recording.ts';
import { eachRecord } from './trace_links.ts';

export interface RequestLife {
  /** Record of its ring_submit. */
  readonly submit: number;
  readonly host: number;
  readonly ring: number;
  readonly opcode: number;
  readonly user_data: number;
  /** Records, in order. */
  readonly arms: number[];
  readonly cqes: number[];
  readonly overflows: number[];
  /** Record of its last completion; undefined: none so far. */
  end: number | undefined;
}

const F_MORE = 2;
const F_NOTIF = 8;
const OP_PROVIDE_BUFFERS = 31;
const OP_CLOSE = 19;
const OP_SEND_ZC = 47;
const OP_SENDMSG_ZC = 48;
/** Applications submit these without asking for a completion when they succeed. */
const SILENT = new Set([OP_PROVIDE_BUFFERS, OP_CLOSE]);
const TWICE = new Set([OP_SEND_ZC, OP_SENDMSG_ZC]);

const INDEX = new WeakMap<Recording, Requests>();

export class Requests {
  readonly #trace: TraceStore;
  #length = 0;
  readonly #lives: RequestLife[] = [];
  readonly #of_cqe = new Map<number, RequestLife>();
  /** Records of completions, by host. */
  readonly #cqes: readonly number[][] = [[], []];
  readonly #sums = new Map<number, { cqes: number; bytes: number }>();
  /** Those under way, by host and user_data. */
  readonly #open = new Map<string, RequestLife[]>();

  constructor(trace: TraceStore) {
    this.#trace = trace;
  }

  static of(recording: Recording): Requests {
    let index = INDEX.get(recording);
    if (!index) {
      index = new Requests(recording.trace);
      INDEX.set(recording, index);
    }
    index.#extend();
    return index;
  }

  /** The request that a ring_submit began. */
  at(submit: number): RequestLife | undefined {
    const i = this.#lastBefore(submit + 1);
    const life = this.#lives[i];
    return life?.submit === submit ? life : undefined;
  }
  ofCqe(record: number): RequestLife | undefined {
    return this.#of_cqe.get(record);
  }
  /** The record of a host's n-th completion, from 0. */
  cqeOf(host: number, n: number): number | undefined {
    return this.#cqes[host]?.[n];
  }
  /** How many completions a host was given before a record. */
  completionsBefore(host: number, record: number): number {
    const list = this.#cqes[host] ?? [];
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((list[middle] as number) < record) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /** Requests taken before a record, the last `max` of them. */
  before(record: number, max: number): RequestLife[] {
    const end = this.#lastBefore(record) + 1;
    return this.#lives.slice(Math.max(0, end - max), end);
  }
  /** The sum of positive results of a life's first completions. It is kept, since it is asked for again and again as time goes on. */
  bytesOf(life: RequestLife, cqes: number): number {
    const kept = this.#sums.get(life.submit);
    const from = kept && kept.cqes <= cqes ? kept : { cqes: 0, bytes: 0 };
    let bytes = from.bytes;
    for (let i = from.cqes; i < cqes; i++) {
      const r = life.cqes[i] as number;
      if ((this.#trace.c(r) & F_NOTIF) === 0) bytes += Math.max(0, this.#trace.b(r) | 0);
    }
    this.#sums.set(life.submit, { cqes, bytes });
    return bytes;
  }
  /** The next request of the same kind and user_data after one: it was armed again. */
  again(life: RequestLife, before: number): RequestLife | undefined {
    for (let i = this.#lastBefore(life.submit + 1) + 1; i < this.#lives.length; i++) {
      const next = this.#lives[i] as RequestLife;
      if (next.submit >= before) return undefined;
      if (next.host === life.host && next.user_data === life.user_data && next.opcode === life.opcode) return next;
    }
    return undefined;
  }

  /** Place of the last one that was taken before a record; -1: none. */
  #lastBefore(record: number): number {
    let [low, high] = [-1, this.#lives.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lives[middle] as RequestLife).submit < record) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #extend(): void {
    const trace = this.#trace;
    if (this.#length === trace.length) return;
    eachRecord(trace, this.#length, (i, words, at) => {
      switch ((words[at + 2] as number) & 0xff) {
        case KIND.ring_submit: this.#submitted(i); break;
        case KIND.poll_arm: this.#openOf(trace.host(i), trace.c(i))[0]?.arms.push(i); break;
        case KIND.cq_overflow: this.#openOf(trace.host(i), trace.b(i))[0]?.overflows.push(i); break;
        case KIND.cqe: this.#completed(i); break;
        default:
      }
    });
    this.#length = trace.length;
  }

  #openOf(host: number, user_data: number): RequestLife[] {
    const key = `${host} ${user_data}`;
    let list = this.#open.get(key);
    if (!list) {
      list = [];
      this.#open.set(key, list);
    }
    return list;
  }

  #submitted(i: number): void {
    const trace = this.#trace;
    const [host, opcode, user_data] = [trace.host(i), trace.b(i), trace.c(i)];
    const life: RequestLife = {
      submit: i, host, ring: trace.a(i), opcode, user_data, arms: [], cqes: [], overflows: [], end: undefined,
    };
    const open = this.#openOf(host, user_data);
    const silent = SILENT.has(opcode) ? open.findIndex((o) => o.opcode === opcode && o.cqes.length === 0) : -1;
    if (silent >= 0) open.splice(silent, 1);
    open.push(life);
    this.#lives.push(life);
  }

  #completed(i: number): void {
    const trace = this.#trace;
    const flags = trace.c(i);
    this.#cqes[trace.host(i)]?.push(i);
    const open = this.#openOf(trace.host(i), trace.a(i));
    const at = (flags & F_NOTIF) !== 0
      ? open.findIndex((o) => TWICE.has(o.opcode) && o.cqes.length > 0)
      : open.findIndex((o) => o.cqes.length === 0 || !TWICE.has(o.opcode));
    const life = open[at];
    if (!life) return;
    life.cqes.push(i);
    this.#of_cqe.set(i, life);
    if ((flags & F_MORE) !== 0) return;
    life.end = i;
    open.splice(at, 1);
  }
}

/** A life as far as it is known at a moment. */
export function lifeBefore(life: RequestLife, records: number): RequestLife {
  const until = (list: number[]) => ((list.at(-1) ?? -1) < records ? list : list.slice(0, list.findLastIndex((r) => r < records) + 1));
  return {
    ...life, arms: until(life.arms), cqes: until(life.cqes), overflows: until(life.overflows),
    end: life.end !== undefined && life.end < records ? life.end : undefined,
  };
}
