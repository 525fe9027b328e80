/** What may stand at a place of a filter: for the list below the field while somebody types. */
import { canonical, columnsOf } from './check.ts';
import { levelUse } from './columns.ts';
import { EVENTS } from '../../schema/events.ts';
import { DROPS } from '../../schema/drops.ts';
import { STAGES } from '../../schema/stages.ts';
import { BARE, CONTEXT_NAMES, DERIVED, FIELDS, HOST_NAMES, LEVELS, WORD_EVENTS } from './vocabulary.ts';

export interface Option {
  readonly text: string;
  readonly about: string;
}
export interface Completion {
  /** Which part of the text an option replaces. */
  readonly from: number;
  readonly to: number;
  readonly options: readonly Option[];
}

const OPTIONS_MAX = 60;
const words = (texts: readonly string[], about: string): Option[] => texts.map((text) => ({ text, about }));
const JOINTS: readonly Option[] = [{ text: 'and', about: 'both' }, { text: 'or', about: 'one of both' }];
const RELATIONS: readonly Option[] = [
  { text: '=', about: 'is' }, { text: '!=', about: 'is not' }, { text: '<', about: 'less than' }, { text: '<=', about: 'at most' },
  { text: '>', about: 'more than' }, { text: '>=', about: 'at least' }, { text: 'in', about: 'one of {a, b} or a..b' },
  { text: '&', about: 'has one of these bits' },
];

/** What people look for. */
export const EXAMPLES: readonly Option[] = [
  { text: 'drop', about: 'a packet was dropped, for whatever reason' },
  { text: 'cqe and not flags & F_MORE', about: 'completions that are the last of their request' },
  { text: 'cqe and res < 0', about: 'completions that tell of an error' },
  { text: 'cq_overflow', about: 'the CQ was full' },
  { text: 'server.free < 8', about: 'the area runs dry' },
  { text: 'zc_copy', about: 'payload had to be copied' },
  { text: 'tcp_retransmit or tcp_ooo', about: 'something was lost or came out of order' },
  { text: 'softirq and server', about: 'what a softirq of the server does' },
  { text: 'queued > 256KiB', about: 'the application does not keep up' },
  { text: 'time in 100us..200us', about: 'a piece of time' },
];

/** What a condition may begin with. */
function beginnings(): Option[] {
  const of_events = [...WORD_EVENTS].map(([text, events]): Option => {
    const derived = DERIVED.find((d) => d.word === text);
    return { text, about: derived?.about ?? `word of ${events.slice(0, 4).join(', ')}${events.length > 4 ? ' …' : ''}` };
  });
  const all: Option[] = [
    ...EVENTS.map((e) => ({ text: e.name, about: e.about })),
    ...FIELDS.map((f) => ({ text: f.name, about: f.about })),
    ...LEVELS.map((l) => ({ text: l.name, about: `level: ${l.about}` })),
    ...STAGES.map((s) => ({ text: s.name, about: `stage: ${s.about}` })),
    ...words([...HOST_NAMES.keys()], 'host'), ...words([...CONTEXT_NAMES.keys()], 'context'), ...of_events,
    { text: 'not', about: 'what does not fit' },
  ];
  return all.filter((o, i) => all.findIndex((other) => other.text === o.text) === i);
}
let known: readonly Option[] | undefined;

/** A level of one host, a word of one event. */
function dotted(): Option[] {
  return [
    ...[...HOST_NAMES.keys()].flatMap((host) => LEVELS.map((l) => ({ text: `${host}.${l.name}`, about: l.about }))),
    ...[...WORD_EVENTS].flatMap(([word, events]) => events.map((e) => ({ text: `${e}.${word}`, about: `word of ${e}` }))),
  ];
}

/** Names that values of a field have. */
function valuesOf(field: string): Option[] {
  const name = canonical(field);
  const names = new Set(levelUse(name) ? [] : columnsOf(name).flatMap((c) => [...c.names?.keys() ?? []]));
  const about = (text: string): string =>
    DROPS.find(([reason]) => name === 'reason' && reason === text)?.[1]
    ?? EVENTS.find((e) => name === 'event' && e.name === text)?.about
    ?? STAGES.find((s) => name === 'stage' && s.name === text)?.about ?? '';
  return [...names].map((text) => ({ text, about: about(text) }));
}

/** What is before the word at the cursor. */
const WORD = /[A-Za-z_][\w.]*$/;
const AFTER_RELATION = /([A-Za-z_][\w.]*)\s*(?:==|=|!=|<=|>=|<|>|&|\bin\b|\bis\b)\s*-?(?:\{[^{}]*)?$/;
const AFTER_FIELD = /(?:^|[\s(!])([A-Za-z_][\w.]*)\s+$/;
const AFTER_VALUE = /(?:[\d)}"'/]|(?:==|=|!=|<=|>=|<|>|&)\s*-?[A-Za-z_]\w*)\s+$/;

export function completeFilter(text: string, cursor: number): Completion {
  const head = text.slice(0, cursor);
  const word = WORD.exec(head)?.[0] ?? '';
  const from = cursor - word.length;
  const before = head.slice(0, from);
  const to = cursor + (/^[\w.]*/.exec(text.slice(cursor))?.[0].length ?? 0);
  const offer = (options: readonly Option[]): Completion => ({ from, to, options: matching(options, word) });
  // A value or a bracket has ended, and no space has begun what follows.
  if (word === '' && /[\d)}"'/]$/.test(before)) return { from, to, options: [] };
  const relation = AFTER_RELATION.exec(before);
  if (relation) return offer(valuesOf(relation[1] as string));
  if (AFTER_VALUE.test(before)) return offer(JOINTS);
  const field = AFTER_FIELD.exec(before)?.[1];
  if (field !== undefined && !['and', 'or', 'not', 'in', 'is'].includes(field)) {
    const bare = BARE.some(([, names]) => names.has(field));
    return offer(bare ? JOINTS : [...RELATIONS, ...JOINTS]);
  }
  known ??= beginnings();
  if (text.trim() === '') return { from: 0, to: text.length, options: [...EXAMPLES, ...known].slice(0, OPTIONS_MAX) };
  return offer(word.includes('.') ? dotted() : known);
}

/** Those that begin with the word first, then those that contain it. */
function matching(options: readonly Option[], word: string): Option[] {
  const wanted = word.toLowerCase();
  const begins = options.filter((o) => o.text.toLowerCase().startsWith(wanted));
  const contains = options.filter((o) => !begins.includes(o) && wanted !== '' && o.text.toLowerCase().includes(wanted));
  return [...begins, ...contains].slice(0, OPTIONS_MAX);
}
