/** The form of the step vocabulary (steps.ts): what a row may say. */

/**
 * What a field takes:
 * int: a number, constants joined by `|`, or a reference; flags: names of a set, as a list or joined by `|`; one: one name of
 * a set; file: a symbol, -1 or a number; files: several; memory: a symbol with an offset, or an address; new: a name that the
 * step gives to what it makes; news: several; word: one name of a set, kept as it is; text, bool and ns: as they are called;
 * pokes: [offset, u32] pairs; pieces: [memory, length] pairs; ints: several numbers.
 */
export type FieldKind =
  | 'int' | 'flags' | 'one' | 'word' | 'file' | 'files' | 'memory' | 'memories' | 'new' | 'news' | 'text' | 'bool' | 'ns' | 'pokes'
  | 'pieces' | 'ints';

export type Default = number | string | boolean | readonly (number | string)[];

export interface StepField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly about: string;
  /** Taken when the field is left out. Without it the field may be left out and is then not in the compiled step. */
  readonly value?: Default;
  readonly required: boolean;
  /** The least number that it takes. */
  readonly min?: number;
  /** Names and values of flags and one. */
  readonly set?: ReadonlyMap<string, number>;
}

export interface StepRow {
  readonly group: string;
  readonly name: string;
  readonly about: string;
  readonly fields: readonly StepField[];
  /** The field that a step's value is when it is no map: `- note: text`. */
  readonly main?: string;
}

type Options = { readonly set?: ReadonlyMap<string, number> };

const field = (kind: FieldKind) => (name: string, about: string, value?: Default, options: Options = {}): StepField => ({
  name, kind, about, required: false, ...(value === undefined ? {} : { value }), ...options,
});
export const int = field('int');
export const file = field('file');
export const files = field('files');
export const memory = field('memory');
export const memories = field('memories');
export const text = field('text');
export const bool = field('bool');
export const ns = field('ns');
export const fresh = field('new');
export const pokes = field('pokes');
export const pieces = field('pieces');
export const ints = field('ints');
/** Without flags nothing is set; with null for that, the step can tell whether they were given. */
export const flags = (name: string, set: ReadonlyMap<string, number>, about: string, value: Default | null = []): StepField =>
  field('flags')(name, about, value ?? undefined, { set });
export const word = (name: string, set: readonly string[], about: string, value?: string): StepField =>
  field('word')(name, about, value, { set: new Map(set.map((n, i) => [n, i])) });
export const one = (name: string, set: ReadonlyMap<string, number>, about: string, value?: Default): StepField =>
  field('one')(name, about, value, { set });

/** The field has to be there. */
export const must = ({ value: _, ...f }: StepField): StepField => ({ ...f, required: true });

/** The field takes no number below this. */
export const least = (min: number, f: StepField): StepField => ({ ...f, min });

export const step = (group: string, name: string, about: string, fields: readonly StepField[] = [], main?: string): StepRow => ({
  group, name, about, fields, ...(main === undefined ? {} : { main }),
});

// Fields that many steps have.
export const RING = int('ring', 'number of the ring', 0);
export const FD = file('fd', 'the file');
export const ZCRX = text('zcrx', 'name of the zcrx instance', 'z0');
export const FAMILY = least(4, int('family', '4 or 6: of IP', 4));
export const OVER = word('over', ['lo', 'wire'], 'the host\'s loopback device, or the wire: to the server\'s address', 'lo');
