/**
 * Messages to send, in user memory as the core takes them (stack/5-tcp/send_message.ts). Buffers hold zeros and are told apart by
 * their addresses only: they lie as malloc lays them out, so that none touches the next.
 */
import { CALL } from './machine.ts';
import type { Runtime } from './runtime.ts';
import type { SocketFile } from './process.ts';
import { untilReady, type Waiting } from './blocking.ts';
import { symbol } from './symbols.ts';

const MSG_DONTWAIT = symbol('MSG_DONTWAIT');
/** struct iovec, and SendMessage: iov, iov_nr, flags, tsflags, has_tsflags, and what the core keeps. */
const IOVEC_BYTES = 16;
const MESSAGE_BYTES = 64;
const FLAGS_AT = 8;
/** What malloc puts before a buffer, and how it rounds. */
const CHUNK = 16;

/** Bits of a SO_TIMESTAMPING control message; undefined: there is none. */
export type TimestampBits = number | undefined;

/** Addresses of buffers, each as long as asked; those behind the room for zeros share it. */
function buffersOf(rt: Runtime, lengths: readonly number[]): [number, number][] {
  const { zeros, half } = rt.machine;
  const out: [number, number][] = [];
  let at = CHUNK;
  for (const length of lengths) {
    if (at + length > half) at = CHUNK;
    for (let left = length; left > 0 || out.length === 0; left -= half) {
      out.push([zeros + (left > half - CHUNK ? 0 : at), Math.min(left, half)]);
      if (left <= half) break;
    }
    at += Math.max(2 * CHUNK, (length + 8 + CHUNK - 1) & ~(CHUNK - 1));
  }
  return out;
}

function writeMessage(rt: Runtime, lengths: readonly number[], flags: number, tsflags: TimestampBits): number {
  const { machine } = rt;
  const buffers = buffersOf(rt, lengths);
  const at = machine.messageRoom(MESSAGE_BYTES + buffers.length * IOVEC_BYTES);
  const { view } = machine.engine;
  for (let i = 0; i < MESSAGE_BYTES; i += 4) view.setUint32(at + i, 0, true);
  const head = [at + MESSAGE_BYTES, buffers.length, flags, tsflags ?? 0, tsflags === undefined ? 0 : 1];
  head.forEach((word, i) => { view.setUint32(at + i * 4, word, true); });
  buffers.forEach(([base, length], i) => {
    view.setBigUint64(at + MESSAGE_BYTES + i * IOVEC_BYTES, BigInt(base), true);
    view.setBigUint64(at + MESSAGE_BYTES + i * IOVEC_BYTES + 8, BigInt(length), true);
  });
  return at;
}

/** Sends buffers of these lengths as one message, until all is taken, as far as the call may wait. */
export function sendWaiting(
  rt: Runtime, file: SocketFile, lengths: readonly number[], flags: number, tsflags?: TimestampBits,
): Waiting {
  const nonblocking = file.nonblocking || (flags & MSG_DONTWAIT) !== 0;
  const passed = (nonblocking ? flags | MSG_DONTWAIT : flags) >>> 0;
  let at = 0;
  const step = () => {
    if (at === 0) at = writeMessage(rt, lengths, passed, tsflags);
    return rt.machine.call(CALL.sendMessage, file.sock, at);
  };
  return untilReady(rt, file, nonblocking, file.send_timeout_us, step, () => {
    rt.machine.engine.view.setUint32(at + FLAGS_AT, (passed | MSG_DONTWAIT) >>> 0, true);
    return step();
  });
}
