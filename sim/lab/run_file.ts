/**
 * A run as a file: what makes it again, step for step. An export of ours is one, and so is the counterexample of a search.
 *
 *     { "ringlab_run": 1, "name": "loss", "text": "about: …", "sets": ["client.wire.loss_ppm=5%"], "seed": 7,
 *       "edits": [{ "at": 120, "set": "server.app.delay_ns=1ms" }], "step": 140, "state_hash": "…" }
 *
 * `scenario` names one of the library; `text` is one as it is written, and wins. What is left out is as in the scenario.
 */
import { InputError, looksLikeScenario } from '../host/index.ts';
import { EDIT_OP } from '../schema/edits.ts';
import type { Edit } from './edits.ts';
import type { Source } from './lab.ts';

export const RUN_FILE_VERSION = 1;

export interface RunFile {
  readonly ringlab_run: typeof RUN_FILE_VERSION;
  readonly name: string;
  /** What is to be seen in it, in a sentence. */
  readonly about?: string;
  /** A scenario of the library by its name; or, with more right, the text of one. */
  readonly scenario?: string;
  readonly text?: string;
  readonly sets: readonly string[];
  readonly seed?: number;
  readonly edits: readonly Edit[];
  /** Where one should look: the step, and the hash of the state there. */
  readonly step?: number;
  readonly core_hash?: string;
  readonly state_hash?: string;
  /** What breaks in the step after that, as a fuzzer names it: its invariant. */
  readonly invariant?: string;
  /** From this step on nothing disturbs: at its end all must have arrived, and come home. */
  readonly calm_at?: number;
}

/** A run file as what the laboratory opens, then does, then goes to. */
export interface Opening {
  readonly source: Source;
  readonly edits: readonly Edit[];
  readonly step: number | undefined;
  readonly state_hash: string | undefined;
  readonly core_hash: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const KEYS = [
  'ringlab_run', 'name', 'about', 'scenario', 'text', 'sets', 'seed', 'edits', 'step', 'core_hash', 'state_hash', 'invariant', 'calm_at',
] as const;
const EDITS_MAX = 1000;
const SETS_MAX = 1000;

/** One check of a field; says what was expected. */
class Reader {
  readonly #file: string;
  readonly #fields: Fields;

  constructor(file: string, value: unknown) {
    this.#file = file;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.refused('', 'an object', value);
    this.#fields = value as Fields;
  }

  refused(key: string, expected: string, found: unknown): InputError {
    const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 60);
    const where = key === '' ? 'a run file' : `key '${key}' of a run file`;
    return new InputError(`${this.#file}: ${where}: expected ${expected}, found ${shown}.`);
  }
  known(): void {
    const strange = Object.keys(this.#fields).find((k) => !(KEYS as readonly string[]).includes(k));
    if (strange !== undefined) throw this.refused(strange, `one of ${KEYS.join(', ')}`, strange);
    const version = this.#fields.ringlab_run;
    if (version !== undefined && version !== RUN_FILE_VERSION) throw this.refused('ringlab_run', `version ${RUN_FILE_VERSION}`, version);
  }
  text(key: string): string | undefined {
    const value = this.#fields[key];
    if (value === undefined || typeof value === 'string') return value;
    throw this.refused(key, 'a text', value);
  }
  count(key: string): number | undefined {
    const value = this.#fields[key];
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value;
    throw this.refused(key, 'a whole number from 0 on', value);
  }
  list(key: string, max: number): readonly unknown[] {
    const value = this.#fields[key] ?? [];
    if (Array.isArray(value) && value.length <= max) return value;
    throw this.refused(key, `a list of at most ${max}`, value);
  }
}

function editOf(reader: Reader, value: unknown): Edit {
  const e = (typeof value === 'object' && value !== null ? value : {}) as Fields;
  const whole = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n);
  if (whole(e.at) && e.at >= 0) {
    if (typeof e.set === 'string' && Object.keys(e).length === 2) return { at: e.at, set: e.set };
    if (typeof e.fault === 'string' && EDIT_OP[e.fault] === undefined)
      throw reader.refused('edits', 'a fault that there is (docs/reference/edits.md)', e.fault);
    if (typeof e.fault === 'string' && (e.host === 0 || e.host === 1) && Array.isArray(e.args) && e.args.every(whole)
      && Object.keys(e).length === 4) return value as Edit;
  }
  throw reader.refused('edits', '{at, set} or {at, fault, host, args}, with a step from 0 on', value);
}

/** Reads a run file. What is wrong with it is said in a sentence. */
export function readRunFile(text: string, file: string): RunFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file}: this is no JSON: ${(error as Error).message}.`);
  }
  const r = new Reader(file, value);
  r.known();
  const [scenario, own] = [r.text('scenario'), r.text('text')];
  if (scenario === undefined && own === undefined)
    throw r.refused('scenario', 'the name of a scenario, or its text under the key text', undefined);
  const edits = r.list('edits', EDITS_MAX).map((e) => editOf(r, e)).sort((a, b) => a.at - b.at);
  const sets = r.list('sets', SETS_MAX).map((s) => {
    if (typeof s === 'string' && s.indexOf('=') > 0) return s;
    throw r.refused('sets', 'KEY=VALUE', s);
  });
  const [about, core_hash, state_hash] = [r.text('about'), r.text('core_hash'), r.text('state_hash')];
  const [seed, step, calm_at] = [r.count('seed'), r.count('step'), r.count('calm_at')];
  const invariant = r.text('invariant');
  return {
    ringlab_run: RUN_FILE_VERSION, name: r.text('name') ?? scenario ?? file.replace(/^.*[/\\]|\.[^.]*$/g, ''),
    ...(about === undefined ? {} : { about }), ...(scenario === undefined ? {} : { scenario }), ...(own === undefined ? {} : { text: own }),
    sets, ...(seed === undefined ? {} : { seed }), edits, ...(step === undefined ? {} : { step }),
    ...(core_hash === undefined ? {} : { core_hash }), ...(state_hash === undefined ? {} : { state_hash }),
    ...(invariant === undefined ? {} : { invariant }), ...(calm_at === undefined ? {} : { calm_at }),
  };
}

/** Whether a text is meant to be a run file: JSON that says so, or that has what only these have. */
export function looksLikeRunFile(text: string): boolean {
  if (!text.trimStart().startsWith('{') || looksLikeScenario(text)) return false;
  try {
    const value = JSON.parse(text) as Fields;
    return 'ringlab_run' in value || 'scenario' in value || (typeof value.text === 'string' && ('sets' in value || 'edits' in value));
  } catch {
    return false;
  }
}

/** `library`: the text of a scenario by its name. */
export function openingOf(run: RunFile, library: (name: string) => string | undefined): Opening {
  const text = run.text ?? library(run.scenario ?? '');
  if (text === undefined)
    throw new InputError(`${run.name}: there is no scenario ${run.scenario} in the library; put its text under the key text.`);
  const source: Source = { name: run.scenario ?? run.name, text, sets: run.sets, ...(run.seed === undefined ? {} : { seed: run.seed }) };
  return { source, edits: run.edits, step: run.step, state_hash: run.state_hash, core_hash: run.core_hash };
}

export const runFileText = (run: RunFile): string => `${JSON.stringify(run, null, 2)}\n`;
