/** System calls that move bytes. What is sent is zeros; what is received is only counted. */
import { untilReady, type Waiting } from './blocking.ts';
import { CALL } from './machine.ts';
import { EAGAIN, EFAULT, EINVAL, failed, ok, type Outcome, type SocketFile } from './process.ts';
import { checkControl, readControl, type Received, receiveError, sendControl } from './control_messages.ts';
import type { Runtime } from './runtime.ts';
import { sendWaiting, type TimestampBits } from './send_messages.ts';
import { addressFamily, type Call, count, type Handler, nameSend, noteConnect, now, socketOf } from './syscalls_socket.ts';
import { bitNames, symbol } from './symbols.ts';
import { ellipsis, iovecs, isNull, s32, struct, type Value } from './values.ts';
import { ScriptFailure, Unsupported } from './verdict.ts';

const MSG_DONTWAIT = symbol('MSG_DONTWAIT');
const MSG_WAITALL = symbol('MSG_WAITALL');
const MSG_PEEK = symbol('MSG_PEEK');
const MSG_TRUNC = symbol('MSG_TRUNC');
const MSG_EOR = symbol('MSG_EOR');
const MSG_OOB = symbol('MSG_OOB');
const MSG_FASTOPEN = symbol('MSG_FASTOPEN');
const MSG_MORE = symbol('MSG_MORE');
const MSG_NOSIGNAL = symbol('MSG_NOSIGNAL');
const MSG_ERRQUEUE = symbol('MSG_ERRQUEUE');
/** Flags that the model obeys. */
const SEND_FLAGS = MSG_FASTOPEN | MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | symbol('MSG_ZEROCOPY') | MSG_OOB;
const RECEIVE_FLAGS = MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;

export function checkFlags(flags: number, known: number): void {
  if ((flags & ~known) !== 0) throw new Unsupported(bitNames(flags & ~known, 'MSG_'));
}

/** Receives what there is; with MSG_WAITALL until all is there. */
function receiveWaiting(rt: Runtime, file: SocketFile, length: number, flags: number): Waiting {
  const nonblocking = file.nonblocking || (flags & MSG_DONTWAIT) !== 0;
  const all = (flags & MSG_WAITALL) !== 0;
  let done = 0;
  return untilReady(rt, file, nonblocking, file.receive_timeout_us, () => {
    for (;;) {
      const part = Math.min(length - done, rt.machine.half);
      const result = rt.machine.call(CALL.recv, file.sock, rt.machine.scratch, part, flags & (MSG_PEEK | MSG_TRUNC));
      if (result < 0) return done > 0 && (result !== -EAGAIN || nonblocking) ? done : result;
      if (!all) return result;
      done += result;
      if (result === 0 || done >= length || nonblocking) return done;
      // What was peeked at would be found again.
      if ((flags & MSG_PEEK) !== 0) return -EAGAIN;
    }
  });
}

const call = (waiting: Waiting): Call => ({ mode: 'exact', waiting });

/** A buffer at NULL: nothing can be copied. */
function sendNull(rt: Runtime, file: SocketFile, length: number): Call {
  return now(() => {
    const probe = rt.machine.call(CALL.send, file.sock, rt.machine.zeros, 0, 0);
    if (probe < 0 && probe !== -EAGAIN) return failed(-probe);
    return length === 0 ? ok(0) : failed(EFAULT);
  });
}

function sendCall(
  rt: Runtime, file: SocketFile, null_buffer: boolean, lengths: readonly number[], flags: number, tsflags?: TimestampBits,
): Call {
  checkFlags(flags, SEND_FLAGS);
  if (lengths.some((length) => length < 0)) return now(() => failed(EINVAL));
  return null_buffer ? sendNull(rt, file, sum(lengths)) : call(sendWaiting(rt, file, lengths, flags, tsflags));
}

function receiveCall(rt: Runtime, file: SocketFile, null_buffer: boolean, length: number, flags: number): Call {
  checkFlags(flags, RECEIVE_FLAGS);
  if (length < 0) return now(() => failed(EINVAL));
  if ((flags & MSG_OOB) !== 0) {
    return now(() => {
      const result = rt.machine.call(CALL.recvUrgent, file.sock, rt.machine.scratch, length, flags & (MSG_PEEK | MSG_TRUNC));
      if (result < 0) return failed(-result);
      return null_buffer && result > 0 ? failed(EFAULT) : ok(result);
    });
  }
  if (!null_buffer || length === 0) return call(receiveWaiting(rt, file, length, flags));
  const waiting = receiveWaiting(rt, file, length, flags | MSG_PEEK);
  return call({
    ...waiting,
    attempt: () => {
      const outcome = waiting.attempt();
      return outcome && outcome.result > 0 ? failed(EFAULT) : outcome;
    },
  });
}

function write(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  return sendCall(rt, socketOf(rt, args[0]), isNull(args[1]), [s32(args[2])], 0);
}
function send(rt: Runtime, args: readonly Value[]): Call {
  count(args, 4);
  return sendCall(rt, socketOf(rt, args[0]), isNull(args[1]), [s32(args[2])], s32(args[3]));
}
/** A send with an address. */
function named(rt: Runtime, file: SocketFile, family: number, made: Call): Call {
  const attempt = () => {
    nameSend(rt, file, family);
    return made.waiting.attempt();
  };
  return { ...made, waiting: { ...made.waiting, attempt } };
}
function sendto(rt: Runtime, args: readonly Value[]): Call {
  count(args, 6);
  const file = socketOf(rt, args[0]);
  const family = addressFamily(args[4]);
  ellipsis(args[5]);
  noteConnect(rt, s32(args[0]), family);
  return named(rt, file, family, sendCall(rt, file, isNull(args[1]), [s32(args[2])], s32(args[3])));
}
function read(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  return receiveCall(rt, socketOf(rt, args[0]), isNull(args[1]), s32(args[2]), 0);
}
function recv(rt: Runtime, args: readonly Value[]): Call {
  count(args, 4);
  return receiveCall(rt, socketOf(rt, args[0]), isNull(args[1]), s32(args[2]), s32(args[3]));
}
function recvfrom(rt: Runtime, args: readonly Value[]): Call {
  count(args, 6);
  ellipsis(args[4]);
  ellipsis(args[5]);
  return receiveCall(rt, socketOf(rt, args[0]), isNull(args[1]), s32(args[2]), s32(args[3]));
}

const sum = (lengths: readonly number[]): number => lengths.reduce((n, length) => n + length, 0);

function vector(args: readonly Value[]): number[] {
  count(args, 3);
  const lengths = iovecs(args[1]);
  const stated = s32(args[2]);
  if (lengths.length !== stated) throw new ScriptFailure(`iov_count ${stated} does not match ${lengths.length}-element iovec array`);
  return lengths;
}
const readv: Handler = (rt, args) => receiveCall(rt, socketOf(rt, args[0]), false, sum(vector(args)), 0);
const writev: Handler = (rt, args) => sendCall(rt, socketOf(rt, args[0]), false, vector(args), 0);

/** A msghdr of the script: buffers, flags that it expects, control messages. */
function message(value: Value | undefined): { lengths: number[]; flags: number; control: readonly Value[]; named: boolean } {
  const fields = struct(value, 'msghdr');
  const lengths = iovecs(fields.msg_iov);
  if (s32(fields.msg_iov_len) !== lengths.length) throw new ScriptFailure('msg_iovlen does not match the iovec array');
  const control = fields.msg_control;
  const items = control?.kind === 'list' ? control.items : [];
  return { lengths, flags: s32(fields.msg_flags), control: items, named: fields.msg_name !== undefined };
}

function sendmsg(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  const file = socketOf(rt, args[0]);
  const msg = message(args[1]);
  noteConnect(rt, s32(args[0]), -1);
  if (msg.flags !== 0) throw new ScriptFailure('sendmsg ignores msg_flags field in msghdr');
  const tsflags = sendControl(msg.control);
  if (tsflags === 'EINVAL') return now(() => failed(EINVAL));
  const made = sendCall(rt, file, false, msg.lengths, s32(args[2]), tsflags);
  return msg.named ? named(rt, file, -1, made) : made;
}

function recvmsg(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  const file = socketOf(rt, args[0]);
  const msg = message(args[1]);
  const length = sum(msg.lengths);
  const flags = s32(args[2]);
  const errors = (flags & MSG_ERRQUEUE) !== 0;
  const made = errors ? undefined : receiveCall(rt, file, false, length, flags);
  let got: Received | undefined;
  return {
    mode: 'exact',
    waiting: {
      deadline_us: made?.waiting.deadline_us ?? Number.POSITIVE_INFINITY,
      attempt: () => {
        if (!made) {
          got = receiveError(rt, file, length);
          return got.outcome;
        }
        const outcome: Outcome | undefined = made.waiting.attempt();
        // Nothing sets flags of a stream socket but the error queue.
        if (outcome && outcome.result >= 0) got = { outcome, flags: 0, control: readControl(rt, file.sock) };
        return outcome;
      },
    },
    done: (outcome) => {
      // A call that fails leaves what the script put there.
      if (outcome.result < 0 || !got) return;
      if (msg.flags !== got.flags) throw new ScriptFailure('bad msg_flags', `0x${msg.flags.toString(16)}`, `0x${got.flags.toString(16)}`);
      checkControl(rt, msg.control, got.control);
    },
  };
}

export const DATA_CALLS: Readonly<Record<string, Handler>> = {
  write, send, sendto, read, recv, recvfrom, readv, writev, sendmsg, recvmsg,
};
