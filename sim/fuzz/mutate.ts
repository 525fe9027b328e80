/**
 * Small changes of a case: what the coverage-guided search tries on those that reached something new. A change may make what is no
 * scenario: then it is refused, which costs little.
 */
import type { Plain } from '../host/index.ts';
import type { Edit } from '../lab/index.ts';
import { HOST_KNOBS, type Knob } from '../schema/scenario.ts';
import { type FuzzCase, NO_CALM } from './case.ts';
import { Chance } from './chance.ts';
import { at, isList, isMap, placesOf, type PlainPath, put } from './shrink/plain_edit.ts';

/** Knobs that decide what happens; prices and sizes of tables do not. */
const KNOBS = HOST_KNOBS.filter((k) => !['cost', 'mem', 'cpu'].includes(k.section) && k.name !== 'role' && k.name !== 'script');
const STEPS_TAKEN = 8;

type Change = (c: FuzzCase, chance: Chance, other: FuzzCase) => FuzzCase;

const stepsOf = (c: FuzzCase): readonly Plain[] => (isList(c.scenario.steps) ? c.scenario.steps : []);
const withSteps = (c: FuzzCase, steps: readonly Plain[]): FuzzCase => ({ ...c, scenario: { ...c.scenario, steps } });
const withScenario = (c: FuzzCase, path: PlainPath, to: Plain | undefined): FuzzCase =>
  ({ ...c, scenario: put(c.scenario as Plain, path, to) as FuzzCase['scenario'] });

/** A number near another one, or at an edge. */
const numberNear = (n: number, chance: Chance): number =>
  chance.pick([n + 1, Math.max(0, n - 1), n * 2, n >>> 1, 0, 1, 2 ** chance.below(32), 2 ** chance.below(32) - 1, chance.below(65536)]);

function knobValue(k: Knob, chance: Chance): Plain {
  if (k.unit === 'bool') return chance.below(2) === 1;
  if (k.options) return chance.pick(k.options);
  const within = (n: number) => Math.min(Math.max(Math.floor(n), k.min), k.max);
  return within(chance.pick([k.min, k.min + 1, k.value, k.value / 2, k.value * 2, numberNear(k.value, chance), Math.min(k.max, 65536)]));
}

/** A leaf below a place has another value. */
function turnLeaf(c: FuzzCase, chance: Chance, below: PlainPath): FuzzCase {
  const leaves = placesOf(at(c.scenario as Plain, below), below).filter((p) => typeof at(c.scenario as Plain, p) !== 'object');
  if (leaves.length === 0) return c;
  const path = chance.pick(leaves);
  const value = at(c.scenario as Plain, path);
  const knob = KNOBS.find((k) => k.name === path.at(-1) && k.section === path.at(-2));
  if (knob) return withScenario(c, path, knobValue(knob, chance));
  if (typeof value === 'number') return withScenario(c, path, numberNear(value, chance));
  if (typeof value === 'boolean') return withScenario(c, path, !value);
  return c;
}

const CHANGES: readonly Change[] = [
  // Another run of the same.
  (c, chance) => withScenario({ ...c, scenario: { ...c.scenario, run: { ...(c.scenario.run as object), seed: 0 } } }, ['run', 'seed'],
    chance.below(2 ** 31)),
  (c, chance) => {
    const knob = chance.pick(KNOBS);
    const host = chance.pick(['client', 'server']);
    const section = at(c.scenario as Plain, ['hosts', host, knob.section]);
    const hosts = (isMap(c.scenario.hosts) ? c.scenario.hosts : {}) as Record<string, Plain>;
    const own = (isMap(hosts[host]) ? hosts[host] : {}) as Record<string, Plain>;
    const knobs = { ...(isMap(section) ? section : {}), [knob.name]: knobValue(knob, chance) };
    return { ...c, scenario: { ...c.scenario, hosts: { ...hosts, [host]: { ...own, [knob.section]: knobs } } } };
  },
  (c, chance) => turnLeaf(c, chance, ['hosts']),
  (c, chance) => turnLeaf(c, chance, ['nic']),
  (c, chance) => turnLeaf(c, chance, ['steps']),
  (c, chance) => turnLeaf(c, chance, ['steps']),
  // A program without a part, with a part twice, with two parts in the other order, with a part of another one.
  (c, chance) => {
    const from = chance.below(stepsOf(c).length);
    return withSteps(c, stepsOf(c).toSpliced(from, 1 + chance.below(STEPS_TAKEN)));
  },
  (c, chance) => {
    const from = chance.below(stepsOf(c).length);
    return withSteps(c, stepsOf(c).toSpliced(from, 0, ...stepsOf(c).slice(from, from + 1 + chance.below(STEPS_TAKEN))));
  },
  (c, chance) => {
    const from = chance.below(stepsOf(c).length);
    const part = stepsOf(c).slice(from, from + 1 + chance.below(STEPS_TAKEN));
    const rest = stepsOf(c).toSpliced(from, part.length);
    return withSteps(c, rest.toSpliced(chance.below(rest.length + 1), 0, ...part));
  },
  (c, chance, other) => {
    const from = chance.below(stepsOf(other).length);
    const part = stepsOf(other).slice(from, from + 1 + chance.below(STEPS_TAKEN));
    return withSteps(c, stepsOf(c).toSpliced(chance.below(stepsOf(c).length + 1), 0, ...part));
  },
  // What is done by hand: at another time, not at all, as in another case.
  (c, chance) => withEdit(c, chance, (e) => [{ ...e, at: numberNear(e.at, chance) }]),
  (c, chance) => withEdit(c, chance, () => []),
  (c, chance) => withEdit(c, chance, (e) => [e, { ...e, at: e.at + 1 + chance.below(50) }]),
  (c, chance) => withEdit(c, chance, (e) => ('fault' in e ? [{ ...e, args: e.args.map((n) => numberNear(Math.max(0, n), chance)) }] : [e])),
  (c, chance, other) => (other.edits.length === 0 ? c : { ...c, edits: [...c.edits, chance.pick(other.edits)] }),
  (c, chance) => (c.calm_at === NO_CALM ? c : { ...c, calm_at: numberNear(c.calm_at, chance) }),
];

function withEdit(c: FuzzCase, chance: Chance, change: (e: Edit) => readonly Edit[]): FuzzCase {
  if (c.edits.length === 0) return c;
  const n = chance.below(c.edits.length);
  return { ...c, edits: c.edits.toSpliced(n, 1, ...change(c.edits[n] as Edit)) };
}

/** What a program has: changes of it do nothing to a world without one. */
const isProgram = (c: FuzzCase): boolean => stepsOf(c).length > 0;

/** A case that differs a little from `c`: by one to four changes, perhaps with something of `other`. Always the same for a seed. */
export function mutated(c: FuzzCase, other: FuzzCase, seed: number): FuzzCase {
  const chance = new Chance(seed);
  let out = c;
  for (let n = 1 + chance.below(4); n > 0; n--) {
    const next = chance.pick(CHANGES)(out, chance, other);
    // A step list must not come into being where there is none.
    if (isProgram(next) === isProgram(c)) out = next;
  }
  return out;
}
