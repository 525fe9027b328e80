/** Results and flags of completions by the names that traces and reports use. */
import { errnoName } from '../../../uring-model/8-app/names.ts';
import { cqeFlags } from '../steps/trace_line.ts';
import { F_32, F_BUF_MORE, F_BUFFER, F_MORE, F_NOTIF, F_SKIP, F_SOCK_NONEMPTY } from './life.ts';

const BUFFER_SHIFT = 16;
const BITS: Readonly<Record<string, number>> = {
  BUFFER: F_BUFFER, MORE: F_MORE, SOCK_NONEMPTY: F_SOCK_NONEMPTY, NOTIF: F_NOTIF, BUF_MORE: F_BUF_MORE, SKIP: F_SKIP, F32: F_32, F_32,
};

/** `-28` as -ENOSPC; what is no error as itself. */
export function resText(res: number): string {
  const name = res < 0 ? errnoName(-res) : undefined;
  return name === undefined ? String(res) : `-${name}`;
}

export const flagsText = (flags: number): string => cqeFlags(flags).join(' ') || 'no flags';

/** Bits of `['BUF:3', 'MORE']`. */
export function flagBits(names: readonly string[]): number {
  return names.reduce((bits, name) => {
    const buffer = /^BUF:(\d+)$/.exec(name);
    return bits | (buffer ? F_BUFFER | (Number(buffer[1]) << BUFFER_SHIFT) : (BITS[name] ?? (Number(name) || 0)));
  }, 0) >>> 0;
}
