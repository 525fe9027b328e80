/** Reads structs of the core's memory by the offsets that structs.gen.ts has. */
export interface FieldPlace {
  readonly at: number;
  readonly type: string;
}

export type StructPlan = Readonly<Record<string, FieldPlace>>;

/** One field as a number; 64-bit ones are exact below 2^53, and all-ones means "none": -1. */
export function readField(view: DataView, base: number, field: FieldPlace): number {
  const at = base + field.at;
  switch (field.type) {
    case 'u8': return view.getUint8(at);
    case 'u16': return view.getUint16(at, true);
    case 'i32': return view.getInt32(at, true);
    case 'u64':
    case 'i64': return Number(view.getBigInt64(at, true));
    default: return view.getUint32(at, true);
  }
}

/** All fields. */
export function readStruct<P extends StructPlan>(view: DataView, base: number, plan: P): { -readonly [K in keyof P]: number } {
  const out = {} as { -readonly [K in keyof P]: number };
  for (const name of Object.keys(plan) as (keyof P)[]) out[name] = readField(view, base, plan[name] as FieldPlace);
  return out;
}
