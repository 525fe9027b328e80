/** Results and flags by the kernel's names. */
import { errnoName } from '../../uring-model/8-app/names.ts';
import { CONSTANTS } from '../schema/uapi_constants.ts';

const FLAGS = new Map<string, readonly (readonly [string, bigint])[]>();
function flagsOf(prefix: string): readonly (readonly [string, bigint])[] {
  const known = FLAGS.get(prefix);
  if (known) return known;
  const test = new RegExp(`^(${prefix})`);
  const found = CONSTANTS.flatMap((g) => g.constants).filter((c) => test.test(c.name) && oneBit(c.value))
    .map((c) => [c.name.replace(/^(IORING_CQE|IORING|IOSQE|IOU)_/, ''), c.value] as const);
  FLAGS.set(prefix, found);
  return found;
}
const oneBit = (x: bigint): boolean => x > 0n && (x & (x - 1n)) === 0n;

/** Names of the bits of a value, with what is left of it in hex; `prefix`: which names, as a regular expression. */
export function bitNames(prefix: string, value: number, mask = 0xffff_ffff): string[] {
  let left = BigInt(value >>> 0) & BigInt(mask);
  const names: string[] = [];
  for (const [name, bit] of flagsOf(prefix)) {
    if ((left & bit) === 0n) continue;
    names.push(name);
    left &= ~bit;
  }
  if (left !== 0n) names.push(`0x${left.toString(16)}`);
  return names;
}

/** A result as the application reads it: `-105 (ENOBUFS)`. */
export function resText(res: number): string {
  const name = res < 0 ? errnoName(-res) : undefined;
  return name === undefined ? String(res) : `${res} (${name})`;
}

/** `F_MORE | F_BUFFER, buffer 7` */
export function cqeFlagsText(flags: number): string {
  const names = bitNames('IORING_CQE_F_(?!TSTAMP)', flags, 0xffff);
  if (flags & 1) names.push(`bid ${flags >>> 16}`);
  return names.length === 0 ? '0' : names.join(' | ');
}
