/** What checks and values of lessons may name: the machine now, the results, the selection, the knobs. */
import { ACCOUNTS } from '../../schema/costs.ts';
import { EVENTS } from '../../schema/events.ts';
import { FINDING_NAMES } from '../../schema/finding_names.ts';
import { HOST_KNOBS, RUN_KNOBS } from '../../schema/scenario.ts';
import { checkNames, type Expectation, parseExpect, PLACES, RESULT_SHAPE, type Shape, SOCKET_WORDS } from '../../host/index.ts';

const value: Shape = { kind: 'value' };
const map = (of: Readonly<Record<string, Shape>>): Shape => ({ kind: 'map', of });
const values = (names: readonly string[]): Shape => map(Object.fromEntries(names.map((n) => [n, value])));

const EVENT_NAMES = EVENTS.map((e) => e.name);
const events = values(EVENT_NAMES);
/** Of a record, besides the words of its event. */
export const RECORD_NAMES = ['event', 'stage', 'host', 'core', 'context', 'time_ns', 'pkt', 'buf'] as const;
const WORDS = [...new Set(EVENTS.flatMap((e) => e.words))];
/** Flags of a completion that are said by name. */
export const CQE_NAMES = ['more', 'notif', 'buffer'] as const;

const sectionsOf = (knobs: readonly { readonly section: string; readonly name: string }[]): Shape => {
  const sections = [...new Set(knobs.map((k) => k.section))];
  return map(Object.fromEntries(sections.map((s) => [s, values(knobs.filter((k) => k.section === s).map((k) => k.name))])));
};
const hostNow = map({
  area: values(PLACES), socks: { kind: 'list', of: values(SOCKET_WORDS) }, so_far: events,
});
export const COST_NAMES = ['cycles', 'cycles_per_byte', ...ACCOUNTS] as const;

export const LESSON_SHAPE: Shape = map({
  result: RESULT_SHAPE,
  base: RESULT_SHAPE,
  now: map({ step: value, time_ns: value, events, client: hostNow, server: hostNow }),
  selected: map({
    ...Object.fromEntries([...RECORD_NAMES, ...WORDS, ...CQE_NAMES, 'kind', 'id'].map((n) => [n, value])), seen: events,
  }),
  knob: map({ run: (sectionsOf(RUN_KNOBS) as { of: Record<string, Shape> }).of['run'] as Shape,
    client: sectionsOf(HOST_KNOBS), server: sectionsOf(HOST_KNOBS) }),
  doctor: values([...FINDING_NAMES, 'findings', 'errors']),
  cost: map({ client: values(COST_NAMES), server: values(COST_NAMES), goodput_bps: value }),
  base_cost: map({ client: values(COST_NAMES), server: values(COST_NAMES), goodput_bps: value }),
  answer: value,
});

/** Reads a line. Throws an ExpectError when it cannot be read, or names what there is not. */
export function lessonLine(text: string): Expectation {
  const line = parseExpect(text);
  checkNames(line, LESSON_SHAPE, 'what a lesson can look at');
  return line;
}

/** The first names of the paths in some lines: what must be looked up to evaluate them. */
export function rootsOf(lines: readonly Expectation[]): Set<string> {
  const roots = new Set<string>();
  const walk = (v: Expectation['left']): void => {
    if (v.kind === 'path') roots.add(String(v.steps[0]));
    else if (v.kind === 'call') walk(v.of);
    else if (v.kind === 'binary') {
      walk(v.left);
      walk(v.right);
    }
  };
  for (const { left, right } of lines) {
    walk(left);
    walk(right);
  }
  return roots;
}
