/**
 * A scenario as it was written: each value with its place, before defaults and checks across knobs. `--set` changes a draft.
 */
import { FAULT_KNOBS, HOST_KNOBS, HOSTS, type Knob, RULE_KNOBS, RUN_KNOBS } from '../schema/scenario.ts';
import { COMPARING, type Comparing } from '../schema/comparing.ts';
import { FINDING_NAMES } from '../schema/finding_names.ts';
import type { Machine } from '../schema/machine_form.ts';
import { LIMITS } from '../schema/limits.ts';
import { checkNames } from './result_shape.ts';
import { didYouMean, nearest, type Place, type Problem, ScenarioError } from './scenario_error.ts';
import type { WrittenSteps } from './steps/compile.ts';
import { type Expectation, ExpectError, parseExpect } from './scenario_expect.ts';
import { type Entry, foundText, type MapTree, parseTree, type Tree } from './scenario_tree.ts';
import { expectedOf, parseValue, quantityHint } from './scenario_units.ts';

/** A value that somebody wrote. */
export interface Assigned {
  readonly value: number;
  readonly place: Place;
  readonly key: string;
}
/** A rule or a fault: its fields by name, with the defaults for those that were left out. */
export interface Item {
  readonly place: Place;
  readonly key: string;
  readonly fields: Readonly<Record<string, number>>;
}
export interface HostDraft {
  readonly knobs: Map<string, Assigned>;
  /** What it is instead of a shipped machine: defaults of its knobs, unless the scenario chooses a machine for it. */
  machine?: Machine;
  rules?: readonly Item[];
  ports?: readonly Assigned[];
}
export interface Draft {
  readonly file: string;
  readonly name: string;
  about: string;
  /** Where its story was told in public. */
  source: string;
  readonly run: Map<string, Assigned>;
  /** The sections at the top level, which hold for both hosts. */
  readonly both: HostDraft;
  readonly hosts: readonly [HostDraft, HostDraft];
  faults: readonly Item[];
  expects: readonly Expectation[];
  /** Names of the findings that the doctor must have, if the scenario says. */
  doctor?: readonly string[];
  steps?: WrittenSteps;
  /** How its trace is compared with that of a real kernel. */
  compare: Comparing;
  readonly problems: Problem[];
}

const RUN = new Map(RUN_KNOBS.map((k) => [`${k.section}.${k.name}`, k]));
const HOST = new Map(HOST_KNOBS.map((k) => [`${k.section}.${k.name}`, k]));
const RUN_SECTIONS = [...new Set(RUN_KNOBS.map((k) => k.section))];
const HOST_SECTIONS = [...new Set(HOST_KNOBS.map((k) => k.section))];
const TOP = [
  'about', 'source', ...HOST_SECTIONS, ...RUN_SECTIONS, 'hosts', 'faults', 'expect', 'steps', 'matrix', 'define', 'compare',
];
/** Lists that stand among a section's knobs. */
const LISTS: Readonly<Record<string, readonly string[]>> = { nic: ['rules'], app: ['ports'] };
/** Completions that a scenario lists. */
const CQES_MAX = 1000;
const PORT: Knob = { ...(HOST.get('app.port') as Knob), name: 'ports' };
const limit = (name: string) => LIMITS.find((l) => l.name === name)?.value ?? 0;

const FIRST_SECTION = new RegExp(`^(?:\\s*(?:#.*|---.*)?\\n)*(?:${TOP.join('|')})\\s*:`);
/** The first thing that a text says is a section of a scenario. */
export const looksLikeScenario = (text: string): boolean => FIRST_SECTION.test(text);

/** `scenarios/bulk.yaml` is the scenario bulk. */
const nameOf = (file: string) => file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '');

/** Reads a scenario. Throws a ScenarioError when it is no YAML; anything else that is wrong goes to `problems`. */
export const readDraft = (text: string, file: string): Draft => draftOf(parseTree(text, file), file);

/** The draft that a tree is. */
export function draftOf(tree: Tree, file: string): Draft {
  const host = (): HostDraft => ({ knobs: new Map() });
  const draft: Draft = {
    file, name: nameOf(file), about: '', source: '', run: new Map(), both: host(), hosts: [host(), host()],
    faults: [], expects: [], compare: 'exact', problems: [],
  };
  const empty = tree.kind === 'map' ? tree.entries.length === 0 : tree.kind === 'scalar' && tree.value === null;
  if (empty) draft.problems.push({ place: tree.place, key: '', text: "the scenario is empty; expected sections such as 'app:'" });
  else if (tree.kind === 'map') new DraftReader(draft, false).top(tree);
  else draft.problems.push({ place: tree.place, key: '', text: `expected sections such as 'app:'; found ${foundText(tree)}` });
  return draft;
}

/**
 * Changes a draft by `PATH=VALUE`. The path is that of a key, such as `run.seed`, `server.nic.rx_ring` or `nic.rx_ring`;
 * the last holds for both hosts, whatever the scenario says for one of them. The value is written as in YAML. `said` is
 * how the user put it, for error messages.
 */
export function applySet(draft: Draft, assignment: string, said = `--set ${assignment}`): void {
  const place: Place = { source: said, line: 0, col: 0 };
  const at = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(at, 0)).trim();
  if (at < 0 || !/^[\w-]+(\.[\w-]+)*$/.test(path)) {
    draft.problems.push({ place, key: '', text: 'expected PATH=VALUE, such as server.nic.rx_ring=512' });
    return;
  }
  let tree: Tree;
  try {
    tree = parseTree(assignment.slice(at + 1), '', place);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    draft.problems.push(...error.problems);
    return;
  }
  const keys = path.split('.');
  if ((HOSTS as readonly string[]).includes(keys[0] ?? '')) keys.unshift('hosts');
  for (const key of keys.reverse()) tree = { kind: 'map', place, entries: [{ key, place, tree }] };
  new DraftReader(draft, true).top(tree as MapTree);
}

class DraftReader {
  private readonly draft: Draft;
  /** True for --set: values replace what is there, also the hosts' own. */
  private readonly override: boolean;

  constructor(draft: Draft, override: boolean) {
    this.draft = draft;
    this.override = override;
  }

  top(tree: MapTree): void {
    for (const entry of this.unique(tree, '')) {
      const { key, tree: value } = entry;
      if (key === 'about' || key === 'source') this.sentence(entry, key);
      else if (key === 'hosts') this.hosts(value);
      else if (key === 'faults') this.faults(value);
      else if (key === 'expect') this.expects(value);
      else if (key === 'steps') this.steps(tree, value);
      else if (key === 'matrix' || key === 'define') this.withSteps(tree, entry);
      else if (key === 'compare') this.comparing(tree, entry);
      else if (RUN_SECTIONS.includes(key)) this.section(entry, key, '', undefined);
      else if (HOST_SECTIONS.includes(key)) this.section(entry, key, '', this.draft.both);
      else this.problem(entry.place, key, this.unknownSection(key));
    }
  }

  /** What `matrix` and `define` stand for is seen when the steps are compiled. */
  private steps(top: MapTree, steps: Tree): void {
    const part = (key: string) => top.entries.find((e) => e.key === key)?.tree;
    const [matrix, define] = [part('matrix'), part('define')];
    this.draft.steps = { steps, ...(matrix ? { matrix } : {}), ...(define ? { define } : {}) };
  }

  private withSteps(top: MapTree, { key, place }: Entry): void {
    if (!top.entries.some((e) => e.key === 'steps')) this.problem(place, key, "belongs to 'steps:', and there are none");
  }

  private comparing(top: MapTree, entry: Entry): void {
    this.withSteps(top, entry);
    const word = entry.tree.kind === 'scalar' ? String(entry.tree.value) : '';
    const known = COMPARING.find((c) => c === word);
    if (known) this.draft.compare = known;
    else this.problem(entry.tree.place, 'compare', `expected ${COMPARING.join(', ')}; found ${foundText(entry.tree)}`);
  }

  private problem(place: Place, key: string, text: string): void {
    this.draft.problems.push({ place, key, text });
  }

  /** Entries of a map; a key that comes twice is a problem. */
  private unique(tree: MapTree, path: string): readonly Entry[] {
    const seen = new Map<string, Entry>();
    for (const entry of tree.entries) {
      const before = seen.get(entry.key);
      if (before) this.problem(entry.place, `${path}${entry.key}`, `given twice, first in line ${before.place.line}`);
      else seen.set(entry.key, entry);
    }
    return [...seen.values()];
  }

  private unknownSection(key: string): string {
    const owner = [...RUN.values(), ...HOST.values()].find((k) => k.name === key);
    if (owner) return `no such section; the knob is '${owner.section}.${owner.name}'`;
    const host = (HOSTS as readonly string[]).includes(key) ? `; did you mean 'hosts.${key}'?` : '';
    return `no such section${host || didYouMean(key, TOP) || `; there are ${TOP.join(', ')}`}`;
  }

  private sentence({ tree, place }: Entry, key: 'about' | 'source'): void {
    if (tree.kind === 'scalar' && typeof tree.value === 'string') this.draft[key] = tree.value.trim();
    else this.problem(place, key, `expected a sentence; found ${foundText(tree)}`);
  }

  private hosts(tree: Tree): void {
    if (tree.kind !== 'map') {
      this.problem(tree.place, 'hosts', `expected ${HOSTS.join(' and ')}; found ${foundText(tree)}`);
      return;
    }
    for (const { key, place, tree: value } of this.unique(tree, 'hosts.')) {
      const host = (HOSTS as readonly string[]).indexOf(key);
      const path = `hosts.${key}`;
      if (host < 0) this.problem(place, path, `no such host; expected ${HOSTS.join(' or ')}`);
      else if (value.kind !== 'map') this.problem(value.place, path, `expected sections such as 'app:'; found ${foundText(value)}`);
      else {
        for (const entry of this.unique(value, `${path}.`)) {
          if (HOST_SECTIONS.includes(entry.key)) this.section(entry, entry.key, `${path}.`, this.draft.hosts[host as 0 | 1]);
          else if (TOP.includes(entry.key)) this.problem(entry.place, `${path}.${entry.key}`, 'belongs to the top level, not to a host');
          else this.problem(entry.place, `${path}.${entry.key}`, this.unknownSection(entry.key));
        }
      }
    }
  }

  /** A section of the run (`host` undefined), of both hosts, or of one. */
  private section(entry: Entry, section: string, prefix: string, host: HostDraft | undefined): void {
    const path = `${prefix}${section}`;
    if (entry.tree.kind !== 'map') {
      this.problem(entry.tree.place, path, `expected knobs by name; found ${foundText(entry.tree)}`);
      return;
    }
    for (const { key, place, tree } of this.unique(entry.tree, `${path}.`)) {
      const knob = (host ? HOST : RUN).get(`${section}.${key}`);
      const full = `${path}.${key}`;
      if (host && LISTS[section]?.includes(key)) this.list(key, tree, full, host);
      else if (!knob) this.problem(place, full, this.unknownKnob(section, key));
      else this.knob(knob, tree, full, host);
    }
  }

  private unknownKnob(section: string, key: string): string {
    const all = [...RUN.values(), ...HOST.values()];
    const names = [...all.filter((k) => k.section === section).map((k) => k.name), ...(LISTS[section] ?? [])];
    const close = nearest(key, names) === undefined ? nearest(key, all.map((k) => k.name)) : undefined;
    const elsewhere = all.find((k) => k.name === key) ?? all.find((k) => k.name === close);
    return `no such knob${elsewhere ? `; did you mean '${elsewhere.section}.${elsewhere.name}'?` : didYouMean(key, names)}`;
  }

  private value(knob: Knob, tree: Tree, key: string): Assigned | undefined {
    const value = tree.kind === 'scalar' ? parseValue(knob, tree.value, tree.text) : undefined;
    if (value !== undefined) return { value, place: tree.place, key };
    const word = tree.kind === 'scalar' && typeof tree.value === 'string' && knob.options ? didYouMean(tree.value, knob.options) : '';
    const hint = tree.kind === 'scalar' ? quantityHint(knob, tree.value) : '';
    this.problem(tree.place, key, `${expectedOf(knob)}; found ${foundText(tree)}${word}${hint}`);
    return undefined;
  }

  private knob(knob: Knob, tree: Tree, key: string, host: HostDraft | undefined): void {
    const assigned = this.value(knob, tree, key);
    if (!assigned) return;
    const name = `${knob.section}.${knob.name}`;
    if (this.override && host === this.draft.both) for (const h of this.draft.hosts) h.knobs.delete(name);
    (host ? host.knobs : this.draft.run).set(name, assigned);
  }

  private list(name: string, tree: Tree, key: string, host: HostDraft): void {
    if (this.override && host === this.draft.both) {
      for (const h of this.draft.hosts) delete h[name as 'rules' | 'ports'];
    }
    if (name === 'rules') host.rules = this.items(tree, key, RULE_KNOBS, limit('NTUPLE_MAX'));
    else host.ports = this.elements(tree, key, limit('PORTS_MAX')).flatMap((t, i) => this.value(PORT, t, `${key}[${i}]`) ?? []);
  }

  private elements(tree: Tree, key: string, max: number): readonly Tree[] {
    if (tree.kind !== 'list') {
      this.problem(tree.place, key, `expected a list; found ${foundText(tree)}`);
      return [];
    }
    if (tree.items.length > max) this.problem(tree.place, key, `expected at most ${max} entries; found ${tree.items.length}`);
    return tree.items.slice(0, max);
  }

  /** A list of maps whose keys are knobs. */
  private items(tree: Tree, key: string, knobs: readonly Knob[], max: number): Item[] {
    return this.elements(tree, key, max).map((item, i): Item => {
      const path = `${key}[${i}]`;
      const fields: Record<string, number> = Object.fromEntries(knobs.map((k) => [k.name, k.value]));
      if (item.kind === 'map') {
        for (const entry of this.unique(item, `${path}.`)) {
          const knob = knobs.find((k) => k.name === entry.key);
          if (!knob) this.problem(entry.place, `${path}.${entry.key}`, `no such key${didYouMean(entry.key, knobs.map((k) => k.name))}`);
          else fields[knob.name] = this.value(knob, entry.tree, `${path}.${entry.key}`)?.value ?? knob.value;
        }
      } else this.problem(item.place, path, `expected ${knobs.map((k) => k.name).join(', ')}; found ${foundText(item)}`);
      return { place: item.place, key: path, fields };
    });
  }

  private faults(tree: Tree): void {
    this.draft.faults = this.items(tree, 'faults', FAULT_KNOBS, limit('FAULTS_MAX'));
  }

  /** `doctor: [name, …]` and `cqes: [line, …]` among the lines of `expect`. */
  private expectLists(item: MapTree, path: string): Expectation[] {
    return this.unique(item, `${path}.`).flatMap(({ key, place, tree }): Expectation[] => {
      if (key === 'cqes') return this.log(tree, `${path}.cqes`);
      if (key === 'doctor') this.diagnosis(tree, `${path}.doctor`);
      else this.problem(place, `${path}.${key}`, "expected a line such as 'drops.SIM_WIRE_LOSS > 0', doctor: [NAME] or cqes: [LINE]");
      return [];
    });
  }

  private diagnosis(names: Tree, path: string): void {
    this.draft.doctor = this.elements(names, path, FINDING_NAMES.length).flatMap((item) => {
      const name = item.kind === 'scalar' ? String(item.value) : '';
      if (FINDING_NAMES.includes(name)) return [name];
      this.problem(item.place, path, `no such finding${didYouMean(name, FINDING_NAMES) || '; docs/doctor.md lists them'}`);
      return [];
    });
  }

  /** Every completion that a step scenario saw, in order. */
  private log(tree: Tree, path: string): Expectation[] {
    const lines = this.elements(tree, path, CQES_MAX);
    const each = lines.flatMap((line, i) => {
      const said = line.kind === 'scalar' ? line.value : undefined;
      if (typeof said === 'string') return [`steps.cqes[${i}].text == '${said.replaceAll("'", '')}'`];
      this.problem(line.place, `${path}[${i}]`, `expected user_data, result and flags, such as '7 64 BUF:0|MORE'; found`
        + ` ${foundText(line)}`);
      return [];
    });
    return [`count(steps.cqes) == ${lines.length}`, ...each].map(parseExpect);
  }

  private expects(tree: Tree): void {
    this.draft.expects = this.elements(tree, 'expect', 1000).flatMap((item, i) => {
      const key = `expect[${i}]`;
      if (item.kind === 'map') return this.expectLists(item, key);
      if (item.kind !== 'scalar' || typeof item.value !== 'string') {
        this.problem(item.place, key, `expected a line such as 'drops.SIM_WIRE_LOSS > 0'; found ${foundText(item)}`);
        return [];
      }
      try {
        const line = parseExpect(item.value);
        checkNames(line);
        return [line];
      } catch (error) {
        if (!(error instanceof ExpectError)) throw error;
        this.problem(item.place, key, error.message);
        return [];
      }
    });
  }
}
