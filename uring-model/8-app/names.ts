/** Names of what the kernel knows by number, for messages and traces. */
import { CONSTANTS } from '../../sim/schema/uapi_constants.ts';

const ALL = CONSTANTS.flatMap((group) => group.constants);
const named = (prefix: string, test: RegExp): ReadonlyMap<number, string> =>
  new Map(ALL.filter(({ name }) => test.test(name)).map(({ name, value }) => [Number(value), name.slice(prefix.length)]));

const ERRNOS = named('', /^E(?!POLL)[A-Z0-9]+$/);
const ERRNO_OF = new Map([...ERRNOS].map(([errno, name]) => [name, errno]));
const SYSCALLS = named('__NR_', /^__NR_/);
const OPS = named('IORING_OP_', /^IORING_OP_[A-Z0-9_]+$/);
const REGISTER = named('IORING_', /^IORING_(UN)?REGISTER_(?!LAST|USE_|SRC_|DST_|FILES_SKIP)/);

/** `ECONNREFUSED` for 111; undefined for a number that has no name. */
export const errnoName = (errno: number): string | undefined => ERRNOS.get(errno);
/** 111 for `ECONNREFUSED`; undefined for what names no error. */
export const errnoOf = (name: string): number | undefined => ERRNO_OF.get(name);
/** `connect` for 42 */
export const syscallName = (nr: number): string => SYSCALLS.get(nr) ?? `system call ${nr}`;
/** `RECV_ZC` for 58 */
export const opName = (opcode: number): string => OPS.get(opcode) ?? `operation ${opcode}`;
/** `REGISTER_FILES` for 2 */
export const registerName = (opcode: number): string => REGISTER.get(opcode) ?? `opcode ${opcode}`;
