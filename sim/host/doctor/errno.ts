/** Names for what completions and system calls return. */
import * as uapi from '../../../uring-model/8-app/uapi.gen.ts';

const named = (test: RegExp): ReadonlyMap<number, string> =>
  new Map(Object.entries(uapi).flatMap(([name, value]) => (test.test(name) && typeof value === 'number' ? [[value, name] as const] : [])));

const ERRNOS = named(/^E[A-Z0-9]+$/);
const OPS = new Map([...named(/^IORING_OP_[A-Z0-9_]+$/)].map(([n, name]) => [n, name.replace('IORING_OP_', '')]));

/** `-28` as -ENOSPC; what is no error as itself. */
export function resText(res: number): string {
  return res < 0 && ERRNOS.has(-res) ? `-${ERRNOS.get(-res)}` : String(res);
}

/** RECV_ZC for 58. */
export const opName = (opcode: number): string => OPS.get(opcode) ?? `operation ${opcode}`;

const FLAGS = [[2, 'MORE'], [4, 'SOCK_NONEMPTY'], [8, 'NOTIF'], [16, 'BUF_MORE'], [32, 'SKIP'], [0x8000, 'F_32']] as const;

export function flagsText(flags: number): string {
  const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return [...((flags & 1) !== 0 ? [`BUF:${flags >>> 16}`] : []), ...names].join(' ') || 'no flags';
}
