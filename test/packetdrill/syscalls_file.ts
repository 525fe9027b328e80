/** open, sendfile, pipe and splice. */
import { Pipe, PIPE_BYTES, PipeBuffer, PlainFile } from './files.ts';
import { CALL } from './machine.ts';
import { untilReady } from './blocking.ts';
import { EAGAIN, EINVAL, failed, ok, type Outcome, type SocketFile } from './process.ts';
import type { Runtime } from './runtime.ts';
import { bitNames, symbol } from './symbols.ts';
import { sendWaiting } from './send_messages.ts';
import { type Call, count, type Handler, now, socketOf } from './syscalls_socket.ts';
import { bracketed, list, s32, type Value } from './values.ts';
import { ScriptFailure, Unsupported } from './verdict.ts';

const ENOENT = 2;
const SPLICE_F_NONBLOCK = symbol('SPLICE_F_NONBLOCK');
const SPLICE_F_MORE = symbol('SPLICE_F_MORE');
const SPLICE_FLAGS = SPLICE_F_NONBLOCK | SPLICE_F_MORE | symbol('SPLICE_F_MOVE');
const MSG_MORE = symbol('MSG_MORE');

function open(rt: Runtime, args: readonly Value[]): Call {
  count(args, 2);
  const [path] = args;
  if (path?.kind !== 'string') throw new ScriptFailure('open expects a path');
  const name = new TextDecoder().decode(path.bytes);
  return {
    ...now(() => {
      const size = rt.files.get(name);
      return size === undefined ? failed(ENOENT) : ok(rt.process.open(new PlainFile(size)));
    }),
    mode: 'fd',
    done: (outcome, expected) => {
      if (outcome.result >= 0) rt.addFd(expected, outcome.result);
    },
  };
}

/** The file's pages go to the socket pipe by pipe; all but the last say that more follows (fs/splice.c: splice_direct_to_actor). */
function sendfile(rt: Runtime, args: readonly Value[]): Call {
  count(args, 4);
  const socket = socketOf(rt, args[0]);
  const file = rt.process.file(rt.liveFd(s32(args[1])));
  if (file.type !== 'file') throw new Unsupported(`sendfile from a ${file.type}`);
  const offset = bracketed(args[2]);
  const length = Math.max(0, Math.min(s32(args[3]), file.size - offset));
  let done = 0;
  let part = sendWaiting(rt, socket, [Math.min(length, PIPE_BYTES)], length > PIPE_BYTES ? MSG_MORE : 0);
  const attempt = (): Outcome | undefined => {
    for (;;) {
      const outcome = part.attempt();
      if (!outcome || outcome.result < 0) return outcome && done > 0 ? ok(done) : outcome;
      done += outcome.result;
      if (done >= length || outcome.result === 0) return ok(done);
      const left = Math.min(length - done, PIPE_BYTES);
      part = sendWaiting(rt, socket, [left], done + left < length ? MSG_MORE : 0);
    }
  };
  return { mode: 'exact', waiting: { attempt, deadline_us: part.deadline_us } };
}

function pipe(rt: Runtime, args: readonly Value[]): Call {
  count(args, 1);
  const ends = list(args[0]).map((value) => s32(value));
  if (ends.length !== 2) throw new ScriptFailure(`${ends.length} pipe file descriptors instead of 2`);
  const buffer = new PipeBuffer();
  return now(() => ok(0), () => ends.forEach((end, i) => { rt.addFd(end, rt.process.open(new Pipe(buffer, i === 1))); }));
}

/** From a socket into a pipe (net/ipv4/tcp.c: tcp_splice_read). */
function fromSocket(rt: Runtime, from: SocketFile, to: Pipe, length: number, nonblocking: boolean): Call {
  const waiting = untilReady(rt, from, from.nonblocking || nonblocking, from.receive_timeout_us, () => {
    const room = Math.min(length, PIPE_BYTES - to.buffer.bytes);
    if (room <= 0) return -EAGAIN;
    const result = rt.machine.call(CALL.splice, from.sock, room);
    if (result > 0) to.buffer.bytes += result;
    return result;
  });
  return { mode: 'exact', waiting };
}

/** From a pipe into a socket or a file. */
function fromPipe(rt: Runtime, from: Pipe, to: SocketFile | PlainFile, length: number, flags: number): Call {
  const bytes = Math.min(length, from.buffer.bytes);
  if (bytes === 0) return now(() => failed(EAGAIN));
  const waiting = to.type === 'socket' ? sendWaiting(rt, to, [bytes], (flags & SPLICE_F_MORE) !== 0 ? MSG_MORE : 0) : undefined;
  return {
    mode: 'exact',
    waiting: {
      deadline_us: waiting?.deadline_us ?? Number.POSITIVE_INFINITY,
      attempt: () => {
        const outcome = waiting ? waiting.attempt() : ok(bytes);
        if (outcome && outcome.result > 0) from.buffer.bytes -= outcome.result;
        return outcome;
      },
    },
  };
}

function splice(rt: Runtime, args: readonly Value[]): Call {
  count(args, 6);
  const from = rt.process.file(rt.liveFd(s32(args[0])));
  const to = rt.process.file(rt.liveFd(s32(args[2])));
  if (s32(args[1]) !== 0 || s32(args[3]) !== 0) throw new Unsupported('splice with offsets');
  const length = s32(args[4]);
  const flags = s32(args[5]);
  if ((flags & ~SPLICE_FLAGS) !== 0) throw new Unsupported(`splice with ${bitNames(flags & ~SPLICE_FLAGS, 'SPLICE_F_')}`);
  if (from.type === 'socket' && to.type === 'pipe') return fromSocket(rt, from, to, length, (flags & SPLICE_F_NONBLOCK) !== 0);
  if (from.type === 'pipe' && (to.type === 'socket' || to.type === 'file')) return fromPipe(rt, from, to, length, flags);
  return now(() => failed(EINVAL));
}

export const FILE_CALLS: Readonly<Record<string, Handler>> = { open, sendfile, pipe, splice };
