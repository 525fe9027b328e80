/** From written steps to a program: names, kinds, ranges and references are checked, and defaults filled in. */
import { IO_URING_SQE_BYTES } from '../../../uring-model/8-app/uapi.gen.ts';
import type { HOSTS } from '../../schema/scenario.ts';
import { ALL_CONSTANTS, COMMON_FIELDS, STEP_RINGS_MAX, STEP_ROWS } from '../../schema/steps.ts';
import type { StepField, StepRow } from '../../schema/steps_form.ts';
import { didYouMean, type Place, type Problem } from '../scenario_error.ts';
import { type Entry, foundText, type Tree } from '../scenario_tree.ts';
import { parseQuantity } from '../scenario_units.ts';
import { BLOCKS, Expander, type WrittenStep } from './expand.ts';
import { type Program, REFERENCE, type Step, type StepValue } from './program.ts';

const ROWS: ReadonlyMap<string, StepRow> = new Map(STEP_ROWS.map((s) => [s.name, s]));
const NAMES = [...ROWS.keys(), ...BLOCKS];

/** What a scenario says of its steps. */
export interface WrittenSteps {
  readonly steps: Tree;
  readonly matrix?: Tree;
  readonly define?: Tree;
}

/** A program, and where each of its steps is written. */
export interface CompiledSteps {
  readonly program: Program;
  readonly places: readonly Place[];
}

/** Compiles; whatever is wrong goes to `problems`. */
export function compileSteps(written: WrittenSteps, problems: Problem[]): CompiledSteps {
  const flat = new Expander(problems).run(written.steps, written.matrix, written.define);
  return new Compiler(problems).program(flat);
}

/** Last word of the largest entry (IORING_SETUP_SQE128). */
const POKE_MAX = 2 * IO_URING_SQE_BYTES - 4;
/** Names are listed as far as a reader wants them. */
const NAMES_SHOWN = 12;
const NAME = /^[A-Za-z_]\w*$/;
type HostName = (typeof HOSTS)[number];
const DIGITS = /^-?(?:0x[0-9a-f]+|\d[\d_]*)$/i;

class Compiler {
  private readonly problems: Problem[];
  /** Names that steps before this one gave, and whose they are. */
  private readonly known = new Map<string, HostName>();

  constructor(problems: Problem[]) {
    this.problems = problems;
  }

  private problem(place: Place, key: string, text: string): undefined {
    // A step that is unrolled many times is wrong once.
    const same = this.problems.some((p) => p.place.line === place.line && p.place.col === place.col && p.text === text);
    if (!same) this.problems.push({ place, key, text });
    return undefined;
  }

  program(steps: readonly WrittenStep[]): CompiledSteps {
    // Where a step is wrong there is a problem, and no program.
    return { program: steps.flatMap((s) => this.step(s) ?? []), places: steps.map((s) => s.place) };
  }

  private step(written: WrittenStep): Step | undefined {
    const row = ROWS.get(written.name);
    if (!row) {
      const hint = didYouMean(written.name, NAMES) || '; docs/steps.md has them all';
      return this.problem(written.place, written.key, `no such step '${written.name}'${hint}`);
    }
    const fields = [...row.fields, ...COMMON_FIELDS];
    const out: Record<string, StepValue> = {};
    for (const f of row.fields) if (f.value !== undefined) out[f.name] = this.initial(f);
    const given = this.entries(written, row, fields);
    for (const { key, place, tree } of given) {
      const f = fields.find((x) => x.name === key);
      const path = `${written.key}.${row.name}.${key}`;
      if (!f) {
        const names = fields.map((x) => x.name);
        this.problem(place, path, `no such field of ${row.name}${didYouMean(key, names) || `; there are ${names.join(', ')}`}`);
        continue;
      }
      const value = this.value(f, tree, path);
      if (value === undefined) continue;
      if (f.min !== undefined && typeof value === 'number' && value < f.min)
        this.problem(tree.place, path, `expected at least ${f.min}; found ${value}`);
      out[f.name] = value;
    }
    for (const f of row.fields) {
      if (f.required && out[f.name] === undefined && !given.some((g) => g.key === f.name))
        this.problem(written.place, written.key, `${row.name} needs '${f.name}': ${f.about}`);
    }
    this.ranges(written, out);
    const host = this.hostOf(written, fields, out);
    for (const f of fields) {
      const made = f.kind === 'new' ? [out[f.name]] : f.kind === 'news' ? ((out[f.name] ?? []) as readonly StepValue[]) : [];
      const far = row.name === 'sock.pair' && f.name === 'b' && out.over === 'wire';
      for (const name of made) if (typeof name === 'string') this.known.set(name, far ? 'client' : host);
    }
    const { host: _, ...rest } = out;
    return { step: row.name, ...rest, ...(host === 'client' ? { host } : {}) };
  }

  /** Who does it: whom the step names, or whose its files are. */
  private hostOf({ place, key, name }: WrittenStep, fields: readonly StepField[], out: Record<string, StepValue>): HostName {
    const said = out.host as HostName | undefined;
    let found: HostName | undefined;
    for (const f of fields.filter((x) => x.kind === 'file' || x.kind === 'files')) {
      for (const value of [out[f.name]].flat()) {
        const file = typeof value === 'string' ? REFERENCE.exec(value)?.[1] ?? '' : '';
        const whose = this.known.get(file);
        if (!whose) continue;
        if ((said ?? found ?? whose) !== whose) this.problem(place, `${key}.${f.name}`, `'${file}' is a file of the ${whose}`);
        found = whose;
      }
    }
    const over_wire = name === 'sock.pair' && out.over === 'wire';
    if (over_wire && said) this.problem(place, `${key}.host`, 'a pair over the wire has an end on each host; leave this out');
    if (over_wire && out.kind !== 0) this.problem(place, `${key}.kind`, 'a pair over the wire is of kind tcp');
    return said ?? found ?? (name === 'sock.connect' && out.over === 'wire' ? 'client' : 'server');
  }

  private ranges({ place, key }: WrittenStep, out: Record<string, StepValue>): void {
    const { ring, thread, poke } = out;
    if (typeof ring === 'number' && (ring < 0 || ring >= STEP_RINGS_MAX))
      this.problem(place, `${key}.ring`, `expected a ring from 0 to ${STEP_RINGS_MAX - 1}; found ${ring}`);
    if (typeof thread === 'number' && (thread < 0 || thread > 3))
      this.problem(place, `${key}.thread`, `expected a thread from 0 to 3; found ${thread}`);
    for (const pair of Array.isArray(poke) ? (poke as readonly (readonly StepValue[])[]) : []) {
      const [off] = pair;
      if (typeof off === 'number' && (off < 0 || off > POKE_MAX))
        this.problem(place, `${key}.poke`, `expected an offset from 0 to ${POKE_MAX}; found ${off}`);
    }
  }

  /** The default as it stands in a compiled step. */
  private initial(f: StepField): StepValue {
    const { value } = f;
    if (f.kind === 'flags') return Array.isArray(value) ? value.reduce((a: number, n) => a + (f.set?.get(String(n)) ?? 0), 0) : 0;
    if (f.kind === 'one') return f.set?.get(String(value)) ?? 0;
    return value as StepValue;
  }

  private entries(written: WrittenStep, row: StepRow, fields: readonly StepField[]): readonly Entry[] {
    const { tree, key } = written;
    if (tree.kind === 'map') {
      const seen = new Set<string>();
      return tree.entries.filter((e) => {
        if (seen.has(e.key)) this.problem(e.place, `${key}.${row.name}.${e.key}`, 'given twice');
        return !seen.has(e.key) && seen.add(e.key);
      });
    }
    if (tree.kind === 'scalar' && tree.value === null) return [];
    const main = row.main ?? row.fields.find((f) => f.required)?.name;
    if (main !== undefined) return [{ key: main, place: tree.place, tree }];
    this.problem(tree.place, `${key}.${row.name}`, `expected fields such as {${fields[0]?.name}: …}; found ${foundText(tree)}`);
    return [];
  }

  private value(f: StepField, tree: Tree, key: string): StepValue | undefined {
    switch (f.kind) {
      case 'int': return this.int(tree, key);
      case 'memory': return this.int(tree, key, 'an address, or the name of memory');
      case 'file': return this.int(tree, key, 'a file by its name, or a number');
      case 'flags': return this.flags(f, tree, key);
      case 'one': return this.one(f, tree, key);
      case 'word': return this.word(f, tree, key);
      case 'new': return this.name(tree, key);
      case 'news': return this.each(tree, key, (t, k) => this.name(t, k));
      case 'files':
      case 'memories':
      case 'ints': return this.each(tree, key, (t, k) => this.int(t, k));
      case 'pokes': return this.tuples(tree, key, '[offset, word]');
      case 'pieces': return this.tuples(tree, key, '[memory, length]');
      case 'text': return tree.kind === 'scalar' && tree.value !== null ? String(tree.value)
        : this.problem(tree.place, key, `expected a text; found ${foundText(tree)}`);
      case 'bool': return this.bool(tree, key);
      case 'ns': return this.ns(tree, key);
    }
  }

  /** The elements of a list; a single value is a list of one. */
  private each(tree: Tree, key: string, read: (tree: Tree, key: string) => StepValue | undefined): StepValue[] | undefined {
    if (tree.kind === 'map') return this.problem(tree.place, key, `expected a list; found ${foundText(tree)}`);
    const items = tree.kind === 'list' ? tree.items : [tree];
    return items.flatMap((t, i) => {
      const value = read(t, `${key}[${i}]`);
      return value === undefined ? [] : [value];
    });
  }

  private tuples(tree: Tree, key: string, form: string): StepValue[] | undefined {
    return this.each(tree, key, (t, k) => {
      if (t.kind !== 'list' || t.items.length !== 2) return this.problem(t.place, k, `expected ${form}; found ${foundText(t)}`);
      const pair = t.items.flatMap((x, i) => this.int(x, `${k}[${i}]`) ?? []);
      return pair.length === 2 ? pair : undefined;
    });
  }

  private int(tree: Tree, key: string, what = 'a whole number'): StepValue | undefined {
    const value = tree.kind === 'scalar' ? tree.value : null;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    if (typeof value === 'number' && Number.isInteger(value))
      return this.problem(tree.place, key, `expected ${what}; this one has more than 53 bits: put it in quotes`);
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'string') {
      const number = this.literal(value.trim());
      if (number !== undefined) return number;
      const m = REFERENCE.exec(value.trim());
      if (m) return this.reference(m, value.trim(), tree.place, key, what);
    }
    return this.problem(tree.place, key, `expected ${what}; found ${foundText(tree)}`);
  }

  /** Digits, a quantity of bytes, or constants of the kernel joined by `|`. */
  private literal(text: string): StepValue | undefined {
    const plain = (n: bigint): StepValue => (n >= -(2n ** 53n) && n <= 2n ** 53n ? Number(n) : n.toString());
    if (DIGITS.test(text)) {
      const digits = text.replaceAll('_', '');
      return plain(digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits));
    }
    const bytes = parseQuantity(text, 'bytes');
    if (bytes !== undefined) return bytes;
    const parts = text.split('|').map((p) => (DIGITS.test(p.trim()) ? BigInt(p.trim()) : ALL_CONSTANTS.get(p.trim())));
    return parts.every((p) => p !== undefined) ? plain(parts.reduce((a, b) => a | b, 0n)) : undefined;
  }

  private reference(m: RegExpExecArray, text: string, place: Place, key: string, what: string): StepValue | undefined {
    const name = m[1] ?? '';
    // Rings are files too: ring0 is the file of ring 0.
    if (this.known.has(name) || /^ring\d$/.test(name)) return text;
    const hint = didYouMean(name, [...this.known.keys()]);
    return this.problem(place, key, `expected ${what}; no step before this one made '${name}'${hint}`);
  }

  private flags(f: StepField, tree: Tree, key: string): StepValue | undefined {
    const words = tree.kind === 'list' ? tree.items : [tree];
    let value = 0n;
    for (const word of words) {
      if (word.kind !== 'scalar' || word.value === null) return this.problem(word.place, key,
        `expected names of flags; found ${foundText(word)}`);
      for (const part of String(word.value).split('|').map((p) => p.trim()).filter(Boolean)) {
        const known = f.set?.get(part) ?? ALL_CONSTANTS.get(part) ?? (DIGITS.test(part) ? BigInt(part) : undefined);
        if (known === undefined) {
          const names = [...(f.set?.keys() ?? [])];
          return this.problem(word.place, key, `no such flag '${part}'${didYouMean(part, names) || `; there are ${names.join(', ')}`}`);
        }
        value |= BigInt(known);
      }
    }
    return Number(value);
  }

  private one(f: StepField, tree: Tree, key: string): StepValue | undefined {
    const word = tree.kind === 'scalar' ? tree.value : null;
    const found = typeof word === 'number' ? word : f.set?.get(String(word));
    if (found !== undefined) return found;
    const names = [...(f.set?.keys() ?? [])];
    const some = names.length > NAMES_SHOWN ? `${names.slice(0, NAMES_SHOWN).join(', ')}, …` : names.join(', ');
    return this.problem(tree.place, key, `expected one of ${some}; found ${foundText(tree)}${didYouMean(String(word), names)}`);
  }

  private word(f: StepField, tree: Tree, key: string): StepValue | undefined {
    const said = tree.kind === 'scalar' ? tree.value : null;
    if (typeof said === 'string' && f.set?.has(said)) return said;
    const names = [...(f.set?.keys() ?? [])];
    return this.problem(tree.place, key, `expected ${names.join(' or ')}; found ${foundText(tree)}${didYouMean(String(said), names)}`);
  }

  private name(tree: Tree, key: string): StepValue | undefined {
    if (tree.kind === 'scalar' && typeof tree.value === 'string' && NAME.test(tree.value)) return tree.value;
    return this.problem(tree.place, key, `expected a name of letters, digits and _; found ${foundText(tree)}`);
  }

  private bool(tree: Tree, key: string): StepValue | undefined {
    const value = tree.kind === 'scalar' ? tree.value : null;
    if (value === true || value === 'on') return true;
    if (value === false || value === 'off') return false;
    return this.problem(tree.place, key, `expected on or off; found ${foundText(tree)}`);
  }

  private ns(tree: Tree, key: string): StepValue | undefined {
    const value = tree.kind === 'scalar' ? tree.value : null;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    const parsed = typeof value === 'string' ? parseQuantity(value, 'ns') : undefined;
    return parsed ?? this.problem(tree.place, key, `expected a time such as 10ms; found ${foundText(tree)}`);
  }
}
