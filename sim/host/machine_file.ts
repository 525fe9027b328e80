/**
 * A machine in a file: what `ringlab calibrate --out` writes and `--machine` reads. YAML, so that people can write one, too:
 *
 *     machine: my server
 *     values:
 *       cost.enter: 900
 *       cpu.mhz: {value: 3700, by: published, source: the vendor's data sheet}
 */
import type { Machine, MachineValue } from '../schema/machine_form.ts';
import { HOST_KNOBS, type Knob } from '../schema/scenario.ts';
import { didYouMean, type Place, type Problem, ScenarioError } from './scenario_error.ts';
import { type Entry, foundText, type MapTree, parseTree, type Tree } from './scenario_tree.ts';
import { expectedOf, parseValue } from './scenario_units.ts';

const KNOBS = new Map(HOST_KNOBS.map((k) => [`${k.section}.${k.name}`, k]));
const BY: readonly MachineValue['by'][] = ['published', 'fitted', 'calibrated', 'assumed'];
/** A machine is not of another one, and nothing that a program does. */
const SECTIONS = ['cost', 'cpu', 'mem', 'nic'];
const KEYS = ['machine', 'about', 'values'];

class MachineReader {
  readonly problems: Problem[] = [];

  problem(place: Place, key: string, text: string): undefined {
    this.problems.push({ place, key, text });
    return undefined;
  }

  text(entry: Entry | undefined, otherwise: string): string {
    if (!entry) return otherwise;
    const { tree, key } = entry;
    if (tree.kind === 'scalar' && tree.value !== null) return String(tree.value).trim();
    this.problem(tree.place, key, `expected words; found ${foundText(tree)}`);
    return otherwise;
  }

  values(tree: Tree): MachineValue[] {
    if (tree.kind === 'map') return tree.entries.flatMap((e, i, all) => this.value(e, all.slice(0, i)) ?? []);
    this.problem(tree.place, 'values', `expected knobs with their values, such as cost.enter: 900; found ${foundText(tree)}`);
    return [];
  }

  private value({ key, place, tree }: Entry, before: readonly Entry[]): MachineValue | undefined {
    const knob = KNOBS.get(key);
    const names = [...KNOBS.keys()].filter((k) => SECTIONS.includes(k.split('.')[0] ?? ''));
    if (!knob) return this.problem(place, key, `there is no such knob${didYouMean(key, names)}`);
    if (!names.includes(key) || key === 'cpu.machine')
      return this.problem(place, key, `a machine has knobs of ${SECTIONS.join(', ')}; this belongs to a scenario`);
    if (before.some((e) => e.key === key)) return this.problem(place, key, 'given twice');
    const part = (name: string): Tree | undefined => (tree.kind === 'map' ? tree.entries.find((e) => e.key === name)?.tree : undefined);
    const value = this.number(knob, key, tree.kind === 'map' ? part('value') ?? tree : tree);
    const by = this.by(key, part('by'));
    const source = part('source');
    if (value === undefined || by === undefined) return undefined;
    return { knob: key, value, by, source: source?.kind === 'scalar' ? String(source.value) : `${place.source}, line ${place.line}` };
  }

  private number(knob: Knob, key: string, tree: Tree): number | undefined {
    const value = tree.kind === 'scalar' ? parseValue(knob, tree.value, tree.text) : undefined;
    return value ?? this.problem(tree.place, key, `${expectedOf(knob)}; found ${foundText(tree)}`);
  }

  private by(key: string, tree: Tree | undefined): MachineValue['by'] | undefined {
    const known = tree ? BY.find((b) => tree.kind === 'scalar' && tree.value === b) : 'assumed';
    return known ?? this.problem(tree?.place as Place, `${key}.by`, `expected ${BY.join(', ')}; found ${foundText(tree as Tree)}`);
  }
}

/** Reads a machine. Throws a ScenarioError with all that is wrong. */
export function readMachine(text: string, file: string): Machine {
  const tree = parseTree(text, file);
  const reader = new MachineReader();
  const name = file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '');
  const entry = (key: string) => (tree as MapTree).entries.find((e) => e.key === key);
  if (tree.kind !== 'map' || !entry('values')) {
    const found = tree.kind === 'map' ? `no 'values:'` : foundText(tree);
    const text = `expected a machine, such as 'values: {cost.enter: 900}'; found ${found}`;
    throw new ScenarioError([{ place: tree.place, key: '', text }]);
  }
  for (const { key, place } of tree.entries)
    if (!KEYS.includes(key)) reader.problem(place, key, `a machine file has ${KEYS.join(', ')}${didYouMean(key, KEYS)}`);
  const values = reader.values((entry('values') as Entry).tree);
  const machine = { name: reader.text(entry('machine'), name), about: reader.text(entry('about'), ''), values };
  if (reader.problems.length > 0) throw new ScenarioError(reader.problems);
  return machine;
}

/** A machine as a file. Texts are written as JSON does, which is YAML. */
export function machineText({ name, about, values }: Machine): string {
  const rows = values.map((v) => `  ${v.knob}: {value: ${v.value}, by: ${v.by}, source: ${JSON.stringify(v.source)}}`);
  return `machine: ${JSON.stringify(name)}\nabout: ${JSON.stringify(about)}\nvalues:\n${rows.join('\n')}\n`;
}
