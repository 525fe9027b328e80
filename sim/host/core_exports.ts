/** The Wasm ABI as TypeScript sees it (sim/world/index.ts). */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  build(): number;
  run(until_ns: bigint, max_events: number): number;
  due(until_ns: bigint, max_events: number): number;
  stateHash(): bigint;
  clockNs(): bigint;
  taskNs(): bigint;
  eventCount(): bigint;
  view(what: number, arg: number): number;
  inject(link: number, time_ns: bigint, len: number, flags: number): number;
  feed(host: number, len: number): number;
  addPreset(): number;
  lookupFlow(): number;
  verify(): number;
  appRunnable(): number;
  sysSetup(task: number, entries: number, params: number): number;
  sysEnter(task: number, fd: number, to_submit: number, min_complete: number, flags: number, arg: number, argsz: number): number;
  sysRegister(task: number, fd: number, opcode: number, arg: number, nr: number): number;
  sysMmap(task: number, fd: number, offset: bigint, len: number): bigint;
  sysWork(task: number, ns: bigint): number;
  sysPark(task: number): void;
  sysClose(task: number, fd: number): number;
  sysDmabuf(task: number, addr: bigint, bytes: bigint, run: number): number;
  sysCall(task: number, nr: number, a0: bigint, a1: bigint, a2: bigint, a3: bigint, a4: bigint, a5: bigint): bigint;
  sysNic(task: number, op: number, a: number, b: number, c: number): number;
  userAlloc(task: number, bytes: number): number;
  socketCall(host: number, call: number, what: number, a: number, b: number, c: number): number;
  callArgument(): number;
  edit(op: number, host: number, a: number, b: number, c: number): number;
  advance(until_ns: bigint, max_events: number): number;
  nextEvent(): bigint;
}

/** Reasons of run(). */
export const REASON_DEADLINE = 0;
export const REASON_IDLE = 1;
export const REASON_TRACE_FULL = 2;
export const REASON_CAPTURE_FULL = 3;
export const REASON_APP = 4;
export const REASON_EVENTS = 5;

/** What view() can show. */
export const VIEW_TRACE_CURSOR = 0;
export const VIEW_DROPS = 1;
export const VIEW_NIC = 2;
export const VIEW_NICQ = 3;
export const VIEW_TCP_MIB = 4;
export const VIEW_ZCRX = 5;
export const VIEW_STREAMS = 6;
export const VIEW_TCP_INFO = 7;
export const VIEW_CHARGES = 8;
export const VIEW_INJECT = 9;
export const VIEW_AREA_PLACES = 10;
export const VIEW_POOL = 11;
export const VIEW_RING = 12;
export const VIEW_ZCRX_INSTANCE = 13;
export const VIEW_AREA = 14;
export const VIEW_SOCKETS = 15;
export const VIEW_APP = 16;
export const VIEW_STREAM = 17;
export const VIEW_SOCKET = 18;
export const VIEW_USED = 19;
export const VIEW_SPUN = 20;
export const VIEW_MEMORY = 21;
export const VIEW_UDP_MIB = 22;
