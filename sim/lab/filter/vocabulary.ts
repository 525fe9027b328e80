/** The words of the filter language: fields of every record, words of single events, levels, and the names of their values. */
import { ACCOUNTS, CONTEXTS, COSTS } from '../../schema/costs.ts';
import { DROPS } from '../../schema/drops.ts';
import { EVENTS } from '../../schema/events.ts';
import { STAGES } from '../../schema/stages.ts';
import { CONSTANTS } from '../../schema/uapi_constants.ts';
import type { Unit } from './lex.ts';

export type Names = ReadonlyMap<string, number>;
const listed = (names: readonly string[], first = 0): Names => new Map(names.map((name, i) => [name, i + first]));
const constants = (prefix: string, test: RegExp): Names => new Map(CONSTANTS.flatMap((g) => g.constants)
  .filter((c) => test.test(c.name)).map((c) => [c.name.slice(prefix.length), Number(c.value)]));

export const EVENT_NAMES: Names = listed(EVENTS.map((e) => e.name), 1);
export const HOST_NAMES: Names = listed(['client', 'server']);
export const STAGE_NAMES: Names = listed(STAGES.map((s) => s.name), 1);
export const CONTEXT_NAMES: Names = listed(CONTEXTS);
/** Fields that have no number say so by this. */
export const NONE = -1;
const NONE_NAMES: Names = new Map([['none', NONE]]);

/** A field that each record has. */
export interface Field {
  readonly name: string;
  readonly about: string;
  readonly unit: Unit;
  readonly names?: Names;
}
export const FIELDS: readonly Field[] = [
  { name: 'time', about: 'virtual time', unit: 'ns' },
  { name: 'step', about: 'number of the step that wrote the record', unit: 'none' },
  { name: 'record', about: 'number of the record', unit: 'none' },
  { name: 'event', about: 'what happened', unit: 'none', names: EVENT_NAMES },
  { name: 'stage', about: 'where on the road, by name or number', unit: 'none', names: STAGE_NAMES },
  { name: 'host', about: 'client or server', unit: 'none', names: HOST_NAMES },
  { name: 'core', about: 'the core; none for hardware', unit: 'none', names: NONE_NAMES },
  { name: 'context', about: 'who ran: hardware, hardirq, softirq, task_work, syscall, user', unit: 'none', names: CONTEXT_NAMES },
  { name: 'pkt', about: 'the packet; none', unit: 'none', names: NONE_NAMES },
  { name: 'buf', about: 'the buffer (niov); none', unit: 'none', names: NONE_NAMES },
  { name: 'text', about: 'the sentence of the record', unit: 'none' },
];
export const ALIASES: Readonly<Record<string, string>> = {
  t: 'time', packet: 'pkt', pkt_id: 'pkt', buffer: 'buf', niov: 'buf', niov_idx: 'buf', op: 'opcode', ctx: 'context', kind_of: 'kind',
};

/** A level of a host, as the trace gives it after each record. */
export interface LevelField {
  readonly name: string;
  readonly about: string;
  readonly unit: Unit;
}
export const LEVELS: readonly LevelField[] = [
  { name: 'free', about: 'buffers of the area on its free list', unit: 'none' },
  { name: 'cache', about: 'buffers in the page pool', unit: 'none' },
  { name: 'posted', about: 'buffers at the NIC', unit: 'none' },
  { name: 'live', about: 'buffers in sockets and at the application', unit: 'none' },
  { name: 'rx', about: 'frames that the NIC has written and the driver has not taken', unit: 'none' },
  { name: 'link', about: 'frames that wait for the link', unit: 'none' },
  { name: 'queued', about: 'bytes in receive queues', unit: 'bytes' },
  { name: 'cq', about: 'completions that the application has not looked at', unit: 'none' },
  { name: 'rq', about: 'refill entries that the kernel has not read', unit: 'none' },
  { name: 'window', about: 'least receive window that a connection of the host has last announced', unit: 'bytes' },
  { name: 'cwnd', about: 'least congestion window, in segments', unit: 'none' },
];
export type LevelName = 'free' | 'cache' | 'posted' | 'live' | 'rx' | 'link' | 'queued' | 'cq' | 'rq' | 'window' | 'cwnd';

/** How a word of an event is read. */
export interface WordType {
  readonly unit: Unit;
  readonly signed?: boolean;
  readonly names?: Names;
}
const BYTES: WordType = { unit: 'bytes' };
const NUMBER: WordType = { unit: 'none' };
const PLACES = listed(['free', 'cache', 'posted', 'live']);
const STATES = listed(['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK',
  'LISTEN', 'CLOSING', 'NEW_SYN_RECV'], 1);
const ERRNOS = constants('', /^E(?!POLL)[A-Z0-9]+$/);
const named = (names: Names): WordType => ({ unit: 'none', names });

/** Words with names or signs of their own, by event and word. */
const WORDS: Readonly<Record<string, WordType>> = {
  'drop.reason': named(listed(DROPS.map(([name]) => name))),
  'ledger.from': named(PLACES), 'ledger.to': named(PLACES),
  'tcp_state.from': named(STATES), 'tcp_state.to': named(STATES),
  'wire_fault.verdict': named(listed(['reorder', 'duplicate', 'corrupt', 'jitter', 'delay', 'mark'], 1)),
  'pool_hold.from': named(listed(['cache', 'ptr_ring', 'slow'])),
  'pool_release.to': named(listed(['cache', 'ptr_ring', 'provider'])),
  'rqe_take.result': named(listed(['recycled', 'referenced', 'malformed', 'not_on_loan'])),
  'zc_copy.why': named(listed(['linear', 'page'], 1)),
  'cpu_charge.cost': named(listed(COSTS.map((c) => c.name))),
  'ring_submit.opcode': named(constants('IORING_OP_', /^IORING_OP_(?!LAST)/)),
  'cqe.res': { unit: 'bytes', signed: true, names: ERRNOS }, 'app_done.res': { unit: 'bytes', signed: true, names: ERRNOS },
  'cqe.flags': named(constants('IORING_CQE_', /^IORING_CQE_F_/)),
  'sock_send.queued': BYTES, 'tcp_ack.acked': BYTES,
};
const BYTE_WORDS = new Set(['len', 'header_len', 'payload_len', 'offset', 'position', 'linear']);

export const wordType = (event: string, word: string): WordType =>
  WORDS[`${event}.${word}`] ?? (BYTE_WORDS.has(word) ? BYTES : NUMBER);

/** Words that are worked out of others. */
export interface DerivedWord {
  readonly event: string;
  readonly word: string;
  readonly about: string;
  readonly names?: Names;
  /** NONE: the record has none. */
  readonly of: (a: number, b: number, c: number) => number;
}
const ACCOUNT_NAMES = listed(ACCOUNTS);
const COST_ACCOUNTS = COSTS.map((c) => ACCOUNT_NAMES.get(c.account) as number);
export const DERIVED: readonly DerivedWord[] = [
  {
    event: 'cqe', word: 'bid', about: 'buffer id of a completion with F_BUFFER',
    of: (_, __, flags) => ((flags & 1) !== 0 ? flags >>> 16 : NONE),
  },
  {
    event: 'cpu_charge', word: 'account', about: 'to which account a charge belongs', names: ACCOUNT_NAMES,
    of: (cost) => COST_ACCOUNTS[cost] ?? NONE,
  },
];

/** All words, with the events that have them. */
export const WORD_EVENTS: ReadonlyMap<string, readonly string[]> = (() => {
  const all = new Map<string, string[]>();
  const add = (word: string, event: string) => all.set(word, [...(all.get(word) ?? []), event]);
  for (const e of EVENTS) for (const word of e.words) add(word, e.name);
  for (const d of DERIVED) add(d.word, d.event);
  return all;
})();
/** Names that stand for themselves: `drop` is `event = drop`, `softirq` is `context = softirq`. In this order. */
export const BARE: readonly (readonly [field: string, names: Names])[] = [
  ['event', EVENT_NAMES], ['stage', STAGE_NAMES], ['host', HOST_NAMES], ['context', CONTEXT_NAMES],
];
