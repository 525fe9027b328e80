/** What is defined once must be used, and each definition must be fit to generate from. */
import { expect, test } from 'vitest';
import { BEHAVIOURS } from '../../sim/schema/behaviours.ts';
import { COSTS } from '../../sim/schema/costs.ts';
import { COUNTERS } from '../../sim/schema/counters.ts';
import { DROPS } from '../../sim/schema/drops.ts';
import { EVENTS } from '../../sim/schema/events.ts';
import { FINDING_NAMES } from '../../sim/schema/finding_names.ts';
import { FINDINGS } from '../../sim/schema/findings.ts';
import { LIMITS } from '../../sim/schema/limits.ts';
import { HOST_KNOBS, RUN_KNOBS } from '../../sim/schema/scenario.ts';
import { STAGES } from '../../sim/schema/stages.ts';
import { STREAMS } from '../../sim/schema/streams.ts';
import { code, coreFiles, isGenerated, none, read } from './sources.ts';

const words = new Set(coreFiles().filter((f) => !isGenerated(f)).flatMap((f) => code(read(f)).match(/\w+/g) ?? []));
const camel = (s: string) => s.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
const knobs = [...RUN_KNOBS, ...HOST_KNOBS];

/** Definitions that the core may leave unused, each with the reason. */
const UNUSED: Readonly<Record<string, string>> = {
  DROP_NOT_SPECIFIED: 'the value 0 that no drop may have',
  app_script: 'the host chooses an application in TypeScript by it',
  cpu_machine: 'the host makes other knobs\' defaults of it',
};
const unused = (names: readonly string[]) => names.filter((n) => !words.has(n) && !(n in UNUSED));

test('every event is emitted somewhere', () => {
  none(unused(EVENTS.map((e) => camel(`trace_${e.name}`))));
});
test('every drop reason is given somewhere', () => {
  none(unused(DROPS.map(([name]) => `DROP_${name}`)));
});
test('every limit is kept somewhere', () => {
  const everywhere = (name: string) => words.has(name) || knobs.some((k) => k.max === LIMITS.find((l) => l.name === name)?.value);
  none(LIMITS.map((l) => l.name).filter((n) => !everywhere(n) && !(n in UNUSED)));
});
test('every random stream is drawn from somewhere', () => {
  none(unused(STREAMS.map(([name]) => `STREAM_${name.toUpperCase()}`)));
});
test('every cost is charged somewhere', () => {
  none(unused(COSTS.map((c) => `COST_${c.name.toUpperCase()}`)));
});
test('every counter is counted somewhere', () => {
  none(unused(COUNTERS.map((c) => `${c.group}_${c.name}`.toUpperCase())));
});
test('every knob of a host turns something', () => {
  const names = knobs.filter((k) => !['cost', 'kernel'].includes(k.section)).map((k) => `${k.section}_${k.name}`);
  // A machine gives other knobs their values, before the core is made.
  none(unused(names.filter((n) => n !== 'cpu_machine')));
});
test('every behaviour of a kernel is asked for somewhere', () => {
  none(unused(BEHAVIOURS.map((b) => `BEHAVES_${b.name.toUpperCase()}`)));
});

test('events name a stage, fit their record and are named once', () => {
  const stages = STAGES.map((s) => s.name);
  none(EVENTS.filter((e) => !stages.includes(e.stage) || e.words.length > 3).map((e) => e.name));
  expect(new Set(EVENTS.map((e) => e.name)).size).toBe(EVENTS.length);
});
test('defaults of knobs lie between least and greatest, and every knob has a sentence', () => {
  none(knobs.filter((k) => k.value < k.min || k.value > k.max || k.about.length < 5).map((k) => `${k.section}.${k.name}`));
});

test('the list of findings\' names is that of their table', () => {
  expect(FINDING_NAMES).toEqual(FINDINGS.map((f) => f.name));
});
