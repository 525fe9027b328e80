/**
 * The core as a WASI command: reads a compiled scenario (the configuration block) from stdin, runs it to its end and
 * prints one line of JSON. Any WASI preview 1 runtime must come to the same state hash as the core under its own ABI.
 *
 *     {"stateHash":"…","virtualTimeNs":…,"events":…,"traceRecords":…,"traceHash":"…"}
 *
 * Exit codes: 0 done, 2 the block is not of this build, 3 the scenario has an application in TypeScript, which needs a host.
 */
import '../core/trap';
import { ABI_ADDR, CONFIG_ADDR, CONFIG_BYTES, coreState, runConfig, traceCursor } from '../core';
import { buildWorld } from './build';
import { stateHash } from './hash';
import { REASON_APP, REASON_CAPTURE_FULL, REASON_DEADLINE, REASON_IDLE, REASON_TRACE_FULL, runWorld } from './run';
import { fd_read, fd_write, proc_exit } from './wasi_imports';

const STDIN: u32 = 0;
const STDOUT: u32 = 1;
const STDERR: u32 = 2;
const EVENTS_A_SLICE: u32 = 1000000;

/** Scratch memory: an I/O vector, a result word, then the line being written. */
const IOV: usize = ABI_ADDR;
const RESULT: usize = ABI_ADDR + 8;
const LENGTH: usize = ABI_ADDR + 12;
const TRACE_RECORDS: usize = ABI_ADDR + 16;
const TRACE_HASH: usize = ABI_ADDR + 24;
const TEXT: usize = ABI_ADDR + 64;

/** Reads stdin into memory until it is full or stdin ends. */
function readAll(at: usize, capacity: u32): u32 {
  let got: u32 = 0;
  while (got < capacity) {
    store<u32>(IOV, <u32>at + got);
    store<u32>(IOV, capacity - got, 4);
    if (fd_read(STDIN, IOV, 1, RESULT) != 0 || load<u32>(RESULT) == 0) break;
    got += load<u32>(RESULT);
  }
  return got;
}

function putByte(byte: u32): void {
  const n = load<u32>(LENGTH);
  store<u8>(TEXT + n, <u8>byte);
  store<u32>(LENGTH, n + 1);
}

function putText(text: string): void {
  for (let i = 0; i < text.length; i++) putByte(load<u16>(changetype<usize>(text) + (<usize>i << 1)));
}

function putDecimal(value: u64): void {
  let power: u64 = 10000000000000000000;
  while (power > 1 && value < power) power /= 10;
  for (let rest = value; power > 0; power /= 10) {
    putByte(48 + <u32>(rest / power));
    rest %= power;
  }
}

function putHex(value: u64): void {
  for (let shift = 60; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift) & 15;
    putByte(digit < 10 ? 48 + digit : 87 + digit);
  }
}

function flush(fd: u32): void {
  putByte(10);
  store<u32>(IOV, <u32>TEXT);
  store<u32>(IOV, load<u32>(LENGTH), 4);
  fd_write(fd, IOV, 1, RESULT);
  store<u32>(LENGTH, 0);
}

function fail(text: string, code: u32): void {
  putText(text);
  flush(STDERR);
  proc_exit(code);
}

/** Takes what the trace holds: counts its records and hashes their words (FNV-1a over 64 bits at a time). */
function drainTrace(): void {
  const cursor = traceCursor();
  let hash = load<u64>(TRACE_HASH);
  for (let at = <usize>cursor.base; at < <usize>cursor.next; at += 8) hash = (hash ^ load<u64>(at)) * 0x100000001b3;
  store<u64>(TRACE_HASH, hash);
  store<u64>(TRACE_RECORDS, load<u64>(TRACE_RECORDS) + <u64>((cursor.next - cursor.base) >> 5));
  cursor.next = cursor.base;
}

function runToEnd(): void {
  const until = runConfig().run_until_ns;
  for (;;) {
    const reason = runWorld(until, EVENTS_A_SLICE);
    if (reason == REASON_APP) fail('ringlab: an application in TypeScript needs a host', 3);
    if (reason == REASON_CAPTURE_FULL) traceCursor().capture_next = traceCursor().capture_base;
    if (reason == REASON_TRACE_FULL) drainTrace();
    if (reason == REASON_IDLE || reason == REASON_DEADLINE) return;
  }
}

export function _start(): void {
  if (readAll(CONFIG_ADDR, CONFIG_BYTES) != CONFIG_BYTES || buildWorld() != 0) {
    fail('ringlab: stdin holds no configuration block of this build', 2);
  }
  store<u64>(TRACE_HASH, 0xcbf29ce484222325);
  runToEnd();
  drainTrace();
  putText('{"stateHash":"');
  putHex(stateHash());
  putText('","virtualTimeNs":');
  putDecimal(coreState().clock_ns);
  putText(',"events":');
  putDecimal(coreState().events);
  putText(',"traceRecords":');
  putDecimal(load<u64>(TRACE_RECORDS));
  putText(',"traceHash":"');
  putHex(load<u64>(TRACE_HASH));
  putText('"}');
  flush(STDOUT);
}
