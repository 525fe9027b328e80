/** The form of the UAPI table (uapi.ts, uapi_constants.ts): what a row may say, and what follows from it. */
export const SCALARS = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8, i64: 8 } as const;
export type Scalar = keyof typeof SCALARS;

/**
 * A field's type: a scalar, an array of a known length (`u32[3]`), one that goes on to the end of the memory (`u64[]`),
 * another struct of the table (`io_sqring_offsets`), or an open array of one (`io_uring_buf[]`).
 */
export type FieldRow = readonly [offset: number, type: string, name: string, about: string];

export interface UapiStruct {
  readonly name: string;
  readonly bytes: number;
  readonly about: string;
  readonly fields: readonly FieldRow[];
}

export interface FieldType {
  readonly base: string;
  readonly scalar: Scalar | null;
  /** null: not an array. Infinity: open. */
  readonly count: number | null;
}

export function fieldType(text: string): FieldType {
  const m = /^(\w+)(?:\[(\d*)\])?$/.exec(text);
  if (!m) throw new Error(`uapi: "${text}" is no type`);
  const base = m[1] as string;
  const count = m[2] === undefined ? null : m[2] === '' ? Number.POSITIVE_INFINITY : Number(m[2]);
  return { base, scalar: base in SCALARS ? (base as Scalar) : null, count };
}

export const struct = (name: string, bytes: number, about: string, fields: readonly FieldRow[]): UapiStruct => ({
  name, bytes, about, fields,
});

export interface UapiConstant {
  readonly name: string;
  readonly value: bigint;
  readonly type: 'u32' | 'i32' | 'u64';
  readonly about: string;
}

export interface ConstantGroup {
  readonly title: string;
  readonly constants: readonly UapiConstant[];
  /** False for values that user space never sees, so that no header of it has them. */
  readonly in_headers: boolean;
}

type ConstantRow = readonly [name: string, value: number | bigint, about: string];

export const group = (
  title: string, type: UapiConstant['type'], rows: readonly ConstantRow[], in_headers = true,
): ConstantGroup => ({
  title,
  in_headers,
  constants: rows.map(([name, value, about]) => ({ name, value: BigInt(value), type, about })),
});

/** Flags in the order of their bits, from `first` on; null leaves a bit out. */
export const bits = (rows: readonly (readonly [name: string, about: string] | null)[], first = 0): ConstantRow[] =>
  rows.flatMap((row, i) => (row ? [[row[0], 2 ** (first + i), row[1]] as const] : []));

/** An enum: consecutive values. */
export const sequence = (rows: readonly (readonly [name: string, about: string])[], first = 0): ConstantRow[] =>
  rows.map(([name, about], i) => [name, first + i, about]);
