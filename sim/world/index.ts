/**
 * The Wasm ABI, on one page. The host writes a compiled scenario to CONFIG_ADDR (sim/core/memory_map.ts), calls build()
 * once, then run() until it has what it wants. There are no imports: whatever the core has to say lies in memory.
 *
 *   reasons of run():  0 deadline   1 idle: nothing left to happen   2 trace buffer full   3 capture buffer full
 *                      4 a task with a TypeScript application may run   5 the event limit
 */
import { taskRunnable } from '../../uring-model/8-app/builtin';
import {
  sysClose as closeFd, sysEnter as enterRing, sysMmap as mapRing, sysRegister as registerRing, sysSetup as setupRing, taskPark, taskWork,
  userAlloc as allocUser,
} from '../../uring-model/7-ring';
import '../core/trap';
import { wireInject } from '../../nic-model/1-wire';
import { nicFeed } from '../../nic-model/2-nic';
import { tcpAddPreset, tcpClampAck } from '../../stack/5-tcp';
import { ABI_ADDR, coreState, enterHardware, now } from '../core';
import { buildWorld } from './build';
import { editWorld } from './edit';
import {
  advance as advanceWorld, callArgument as argumentOfCall, nextEvent as nextEventOfWorld, socketCall as callSocket,
} from './socket_calls';
import { stateHash as hashOfState } from './hash';
import { callNic, callSystem } from './syscalls';
import { runDue, runWorld } from './run';
import { verifyWorld } from './verify';
import { viewAddress } from './view';
import { dmabufCreate } from '../../uring-model/9-refill';

/**
 * Makes the world from the configuration block. 0; -22 when the block is not of this build; -38 when it wants a bug of the museum, which
 * only the fuzzing build has. Grows memory once.
 */
export function build(): i32 {
  return buildWorld();
}
/** Runs events up to and including `until_ns`, at most `max_events`. Returns a reason. */
export function run(until_ns: u64, max_events: u32): i32 {
  return runWorld(until_ns, max_events);
}
/** As run(), but the time stays that of the last event: for a host that looks ahead of a clock of its own. */
export function due(until_ns: u64, max_events: u32): i32 {
  return runDue(until_ns, max_events);
}
/** Hash of all state: equal for equal runs, whatever the build and the runtime. */
export function stateHash(): u64 {
  return hashOfState();
}
export function clockNs(): u64 {
  return coreState().clock_ns;
}
/** The time as the running task sees it: system calls take time. */
export function taskNs(): u64 {
  return now();
}
export function eventCount(): u64 {
  return coreState().events;
}
/** Address of a table; see view.ts. */
export function view(what: u32, arg: u32): u32 {
  return viewAddress(what, arg);
}
/** Feeds the frame in the inject buffer (view 9) to the NIC at the far end of a link. 0 or -errno. */
export function inject(link: u32, time_ns: u64, len: u32, flags: u32): i32 {
  return wireInject(link, time_ns, viewAddress(9, 0), len, flags);
}
/** Sends the whole frames of the stream in the inject buffer from a host behind a tap device. Returns how many bytes they are. */
export function feed(host: u32, len: u32): u32 {
  enterHardware(host);
  return nicFeed(host, viewAddress(9, 0), len);
}
/** The initial sequence number with which a SYN is answered; struct at ABI_ADDR (stack/5-tcp/iss.ts). */
export function addPreset(): i32 {
  return tcpAddPreset(ABI_ADDR);
}
/** Looks a connection of the server up; struct at ABI_ADDR (stack/5-tcp/iss.ts). 1 when it is there. */
export function lookupFlow(): u32 {
  return tcpClampAck(ABI_ADDR);
}
/** Checks the ledger and every invariant now; traps with the invariant's name. Returns the number of things checked. */
export function verify(): u32 {
  return verifyWorld();
}

/** A descriptor of a dma-buf: a device's memory, which lies at an address of the task in contiguous runs of `run` bytes. */
export function sysDmabuf(task: u32, addr: u64, bytes: u64, run: u32): i32 {
  return dmabufCreate(task, addr, bytes, run);
}
/** The task with a TypeScript application that may run, or -1. */
export function appRunnable(): i32 {
  return taskRunnable();
}
export function sysSetup(task: u32, entries: u32, params: u32): i32 {
  return setupRing(task, entries, params);
}
export function sysEnter(task: u32, fd: u32, to_submit: u32, min_complete: u32, flags: u32, arg: u32, argsz: u32): i32 {
  return enterRing(task, fd, to_submit, min_complete, flags, arg, argsz);
}
export function sysRegister(task: u32, fd: u32, opcode: u32, arg: u32, nr: u32): i32 {
  return registerRing(task, fd, opcode, arg, nr);
}
export function sysMmap(task: u32, fd: u32, offset: u64, len: u32): i64 {
  return mapRing(task, fd, offset, len);
}
export function sysClose(task: u32, fd: u32): i32 {
  return closeFd(task, fd);
}
/** Any system call by its x86-64 number. -512: the task sleeps, and the same call is to be made again when it may run. */
export function sysCall(task: u32, nr: u32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64): i64 {
  return callSystem(task, nr, a0, a1, a2, a3, a4, a5);
}
/** Changes the NIC of the task's host in mid-run; the operations: nic-model/2-nic/control.ts. 0 or -errno. */
export function sysNic(task: u32, op: u32, a: u32, b: u32, c: u32): i32 {
  return callNic(task, op, a, b, c);
}
export function userAlloc(task: u32, bytes: u32): u32 {
  return allocUser(task, bytes);
}
/** The application computes for a while. */
export function sysWork(task: u32, ns: u64): i32 {
  taskWork(task, ns);
  return 0;
}
/** The application has ended, or waits for something outside of the core. */
export function sysPark(task: u32): void {
  taskPark(task);
}

/** A socket call of a process that the host plays; see socket_calls.ts. */
export function socketCall(host: u32, call: u32, what: u32, a: u32, b: u32, c: u32): i32 {
  return callSocket(host, call, what, a, b, c);
}
/**
 * Changes the world by hand, between two events: a live knob whose new value is in the configuration block already, or a fault on
 * `a`. The edits, their targets and numbers: sim/schema/edits.ts. 0 or -errno; then nothing was done.
 */
export function edit(op: u32, host: u32, a: u32, b: u32, c: u32): i32 {
  return editWorld(op, host, a, b, c);
}
/** Where the bytes of a call's arguments and answers lie. */
export function callArgument(): u32 {
  return argumentOfCall();
}
/** As run(), but time goes on to `until_ns` also when nothing is left to happen. */
export function advance(until_ns: u64, max_events: u32): i32 {
  return advanceWorld(until_ns, max_events);
}
/** When the next event is due; the greatest number when there is none. */
export function nextEvent(): u64 {
  return nextEventOfWorld();
}
