/** Names of what the kernel knows by number, for messages. */
import * as uapi from './uapi.gen.ts';

const named = (prefix: string, test: RegExp): ReadonlyMap<number, string> => new Map(Object.entries(uapi)
  .flatMap(([name, value]) => (test.test(name) && typeof value === 'number' ? [[value, name.slice(prefix.length)] as const] : [])));

const ERRNOS = named('', /^E[A-Z0-9]+$/);
const SYSCALLS = named('__NR_', /^__NR_/);
const REGISTER = named('IORING_', /^IORING_(UN)?REGISTER_(?!LAST|USE_|SRC_|DST_|FILES_SKIP)/);

/** `ECONNREFUSED` for 111; a number that has no name as itself. */
export const errnoName = (errno: number): string => ERRNOS.get(errno) ?? String(errno);
/** `connect` for 42 */
export const syscallName = (nr: number): string => SYSCALLS.get(nr) ?? `system call ${nr}`;
/** `REGISTER_FILES` for 2 */
export const registerName = (opcode: number): string => REGISTER.get(opcode) ?? `opcode ${opcode}`;
