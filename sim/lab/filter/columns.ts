/** What a field of the language is for one kind of event: how it is read, in what unit, and which names its values have. */
import { EVENTS } from '../../schema/events.ts';
import { NO_BUFFER } from '../../host/index.ts';
import type { Recording } from '../recording.ts';
import type { LevelIndex } from './levels.ts';
import type { Unit } from './lex.ts';
import { DERIVED, EVENT_NAMES, FIELDS, type LevelName, LEVELS, type Names, NONE, STAGE_NAMES, wordType } from './vocabulary.ts';

/** What a compiled test reads. */
export interface Bound {
  readonly recording: Recording;
  readonly levels: LevelIndex;
}
export type Read = (on: Bound, i: number) => number;
export interface Column {
  readonly read: Read;
  readonly unit: Unit;
  readonly names?: Names | undefined;
  /** The value when it is the same in all records of the kind. */
  readonly fixed?: number;
  /** Records may be without it: then it reads as NONE. */
  readonly optional?: boolean;
}

const GENERAL: Readonly<Record<string, Read>> = {
  time: (on, i) => on.recording.trace.timeNs(i),
  step: (on, i) => on.recording.steps.ofRecord(i),
  record: (_, i) => i,
  host: (on, i) => on.recording.trace.host(i),
  core: (on, i) => (on.recording.trace.core(i) === 0xff ? NONE : on.recording.trace.core(i)),
  context: (on, i) => on.recording.trace.context(i),
  pkt: (on, i) => on.recording.trace.pktId(i) || NONE,
  buf: (on, i) => (on.recording.trace.niovIdx(i) === NO_BUFFER ? NONE : on.recording.trace.niovIdx(i)),
};
const COLUMNS: readonly Read[] = [
  (on, i) => on.recording.trace.a(i), (on, i) => on.recording.trace.b(i), (on, i) => on.recording.trace.c(i),
];

const never = (): number => NONE;
export function generalColumn(name: string, kind: number): Column | undefined {
  const field = FIELDS.find((f) => f.name === name);
  if (!field || name === 'text') return undefined;
  const event = EVENTS[kind - 1];
  if (name === 'event') return { read: never, unit: 'none', names: EVENT_NAMES, fixed: kind };
  if (name === 'stage') return { read: never, unit: 'none', names: STAGE_NAMES, fixed: STAGE_NAMES.get(event?.stage ?? '') ?? NONE };
  return { read: GENERAL[name] as Read, unit: field.unit, names: field.names, optional: ['pkt', 'buf', 'core'].includes(name) };
}

/** A word of an event: undefined when this kind has none of that name. */
export function wordColumn(name: string, kind: number): Column | undefined {
  const event = EVENTS[kind - 1];
  if (!event) return undefined;
  const [only, word] = name.includes('.') ? name.split('.') as [string, string] : [event.name, name];
  if (only !== event.name) return undefined;
  const derived = DERIVED.find((d) => d.event === event.name && d.word === word);
  if (derived) {
    const read: Read = ({ recording: { trace } }, i) => derived.of(trace.a(i), trace.b(i), trace.c(i));
    return { read, unit: 'none', names: derived.names, optional: true };
  }
  const column = COLUMNS[event.words.indexOf(word)];
  if (!column) return undefined;
  const type = wordType(event.name, word);
  return { read: type.signed ? (on, i) => column(on, i) | 0 : column, unit: type.unit, names: type.names };
}

export interface LevelUse {
  readonly name: LevelName;
  /** Of which hosts: it holds when it holds of one of them. */
  readonly hosts: readonly (0 | 1)[];
  readonly unit: Unit;
}
export function levelUse(field: string): LevelUse | undefined {
  const [first, second] = field.split('.') as [string, string?];
  const host = second === undefined ? -1 : ['client', 'server'].indexOf(first);
  if (second !== undefined && host < 0) return undefined;
  const level = LEVELS.find((l) => l.name === (second ?? first));
  return level && { name: level.name as LevelName, hosts: host < 0 ? [0, 1] : [host as 0 | 1], unit: level.unit };
}
