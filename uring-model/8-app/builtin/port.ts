/**
 * SystemCall, filled in by sim/world/syscalls.ts: a system call of a task by its x86-64 number.
 *   call(task, nr, a0 … a5) -> its result, -errno, or -ERESTARTSYS: the task sleeps, and makes the same call again when it runs.
 */
import { PORTS_ADDR } from '../../../sim/core';

const SYSTEM_CALL: usize = 24;

export function setSystemCall(call: (task: u32, nr: u32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64) => i64): void {
  store<u32>(PORTS_ADDR, call.index, SYSTEM_CALL);
}
export function systemCall(task: u32, nr: u32, a0: u64 = 0, a1: u64 = 0, a2: u64 = 0, a3: u64 = 0, a4: u64 = 0, a5: u64 = 0): i64 {
  return call_indirect<i64>(load<u32>(PORTS_ADDR, SYSTEM_CALL), task, nr, a0, a1, a2, a3, a4, a5);
}
