/** setsockopt and getsockopt. */
import { CALL } from './machine.ts';
import { EINVAL, failed, NOT_MODELLED, ok, type Outcome } from './process.ts';
import type { Runtime } from './runtime.ts';
import { type Call, count, type Handler, lingerBytes, now, optionName, socketOf } from './syscalls_socket.ts';
import { bracketed, s32, type Value } from './values.ts';
import { ScriptFailure, Unsupported } from './verdict.ts';

const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const OPTION_BYTES_MAX = 0x800;

function optionBytes(value: Value | undefined): Uint8Array {
  if (value?.kind === 'string') return value.bytes;
  if (value?.kind === 'struct' && value.type === 'linger') return lingerBytes(value);
  if (value?.kind !== 'list') throw new Unsupported(`a socket option of type ${value?.kind ?? 'none'}`);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, bracketed(value) | 0, true);
  return bytes;
}

function setsockopt(rt: Runtime, args: readonly Value[]): Call {
  count(args, 5);
  const file = socketOf(rt, args[0]);
  const level = s32(args[1]);
  const name = s32(args[2]);
  const length = s32(args[4]);
  const bytes = optionBytes(args[3]);
  const timeout = name === SO_RCVTIMEO || name === SO_SNDTIMEO;
  if (level === SOL_SOCKET && timeout) throw new Unsupported(`setsockopt ${optionName(level, name)}`);
  return now(() => {
    if (length < 0 || length > OPTION_BYTES_MAX) return failed(EINVAL);
    rt.machine.give(new Uint8Array(16));
    rt.machine.give(bytes);
    const result = rt.machine.call(CALL.setsockopt, file.sock, level, name, length);
    if (result === NOT_MODELLED) throw new Unsupported(`setsockopt ${optionName(level, name)}`);
    return result < 0 ? failed(-result) : ok(0);
  });
}

/** The option's bytes, or -errno. */
export function getOption(rt: Runtime, sock: number, level: number, name: number, length: number): Uint8Array | number {
  rt.machine.give(new Uint8Array(Math.max(0, Math.min(length, OPTION_BYTES_MAX))));
  const result = rt.machine.call(CALL.getsockopt, sock, level, name, length);
  if (result === NOT_MODELLED) throw new Unsupported(`getsockopt ${optionName(level, name)}`);
  return result < 0 ? result : rt.machine.answer(result);
}

const s32Of = (bytes: Uint8Array): number => {
  const padded = new Uint8Array(4);
  padded.set(bytes.subarray(0, 4));
  return new DataView(padded.buffer).getInt32(0, true);
};

function checkOption(expected: Value | undefined, length: number, actual: Uint8Array): void {
  if (actual.length !== length) throw new ScriptFailure('bad getsockopt optlen', String(length), String(actual.length));
  if (expected?.kind === 'string') {
    const text = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);
    if (expected.bytes.length !== length) throw new ScriptFailure(`optlen ${length} is not the length of the expected string`);
    if (text(actual) !== text(expected.bytes)) throw new ScriptFailure('bad getsockopt optval', text(expected.bytes), text(actual));
    return;
  }
  if (expected?.kind !== 'list') throw new Unsupported(`a getsockopt value of type ${expected?.kind ?? 'none'}`);
  if (length !== 4) throw new ScriptFailure(`unsupported getsockopt optlen: ${length}`);
  const wanted = bracketed(expected) | 0;
  if (s32Of(actual) !== wanted) throw new ScriptFailure('bad getsockopt optval', String(wanted), String(s32Of(actual)));
}

function getsockopt(rt: Runtime, args: readonly Value[]): Call {
  count(args, 5);
  const file = socketOf(rt, args[0]);
  const level = s32(args[1]);
  const name = s32(args[2]);
  const length = bracketed(args[4]);
  let answer: Uint8Array | number = 0;
  const run = (): Outcome => {
    answer = getOption(rt, file.sock, level, name, length);
    return typeof answer === 'number' ? failed(-answer) : ok(0);
  };
  return now(run, () => {
    // Upstream compares the value whatever the call returned; a failed one leaves zeros of the length that was given.
    checkOption(args[3], length, typeof answer === 'number' ? new Uint8Array(Math.max(0, length)) : answer);
  });
}

export const OPTION_CALLS: Readonly<Record<string, Handler>> = { setsockopt, getsockopt };
