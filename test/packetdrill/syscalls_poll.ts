/** poll and epoll. */
import type { Waiting } from './blocking.ts';
import { Epoll, type EpollEvent } from './epoll.ts';
import { EINVAL, failed, ok, type Outcome } from './process.ts';
import type { Runtime } from './runtime.ts';
import { bitNames } from './symbols.ts';
import { type Call, count, type Handler, now } from './syscalls_socket.ts';
import { integer, list, s32, struct, type Value } from './values.ts';
import { ScriptFailure, Unsupported } from './verdict.ts';

const ALWAYS = 8 | 16 | 32;

/** Tries at every wake-up, until there is something or the time is up. */
function waitFor(rt: Runtime, timeout_ms: number, look: () => Outcome | undefined, nothing: Outcome): Waiting {
  const deadline_us = timeout_ms < 0 ? Number.POSITIVE_INFINITY : rt.machine.now() + timeout_ms * 1000;
  return {
    deadline_us,
    attempt: () => look() ?? (rt.machine.now() >= deadline_us ? nothing : undefined),
  };
}

interface PollItem {
  readonly fd: number;
  readonly events: number;
  readonly expected: number;
  revents: number;
}

function poll(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  const items = list(args[0]).map((value): PollItem => {
    const fields = struct(value, 'pollfd');
    return {
      fd: rt.liveFd(s32(fields.fd)), events: s32(fields.events), expected: fields.revents ? s32(fields.revents) : 0, revents: 0,
    };
  });
  if (s32(args[1]) !== items.length) throw new ScriptFailure(`nfds does not match ${items.length}-element pollfd array`);
  const look = (): Outcome | undefined => {
    for (const item of items) item.revents = rt.process.pollMask(item.fd) & (item.events | ALWAYS);
    const ready = items.filter((item) => item.revents !== 0).length;
    return ready > 0 ? ok(ready) : undefined;
  };
  return {
    mode: 'exact',
    waiting: waitFor(rt, s32(args[2]), look, ok(0)),
    done: () => items.forEach((item, i) => {
      if (item.revents === item.expected) return;
      throw new ScriptFailure(`bad revents of pollfd ${i}`, bitNames(item.expected, 'POLL'), bitNames(item.revents, 'POLL'));
    }),
  };
}

/** An epoll_event; `script_fd` -1: any descriptor may be named. */
function epollEvent(rt: Runtime, value: Value | undefined, script_fd: number): EpollEvent {
  const fields = struct(value, 'epoll_event');
  const events = integer(fields.events) | 0;
  if (fields.fd) {
    const fd = s32(fields.fd);
    if (script_fd !== -1 && fd !== script_fd) throw new ScriptFailure('wrong fd specified in epoll_event');
    return { events, data: rt.liveFd(fd) };
  }
  const data = fields.ptr ?? fields.u32 ?? fields.u64;
  if (!data) throw new ScriptFailure('epoll_event specified incorrectly');
  return { events, data: integer(data) };
}

function epollOf(rt: Runtime, value: Value | undefined): Epoll {
  const file = rt.process.file(rt.liveFd(s32(value)));
  if (file.type !== 'epoll') throw new Unsupported(`an epoll call on a ${file.type}`);
  return file;
}

function epollCreate(rt: Runtime, args: readonly Value[]): Call {
  count(args, 1);
  const size = s32(args[0]);
  return {
    ...now(() => (size <= 0 ? failed(EINVAL) : ok(rt.process.open(new Epoll())))),
    mode: 'fd',
    done: (outcome, expected) => {
      if (outcome.result >= 0) rt.addFd(expected, outcome.result);
    },
  };
}

function epollCtl(rt: Runtime, args: readonly Value[]): Call {
  count(args, 4);
  const epoll = epollOf(rt, args[0]);
  const op = s32(args[1]);
  const script_fd = s32(args[2]);
  const fd = rt.liveFd(script_fd);
  const event = epollEvent(rt, args[3], script_fd);
  return now(() => {
    rt.process.collectWakes();
    const errno = epoll.control(op, fd, event, (other) => rt.process.pollMask(other));
    return errno === 0 ? ok(0) : failed(errno);
  });
}

const names = (event: EpollEvent): string => bitNames(event.events, 'EPOLL');

function epollWait(rt: Runtime, args: readonly Value[]): Call {
  count(args, 4);
  const epoll = epollOf(rt, args[0]);
  const expected = epollEvent(rt, args[1], -1);
  const max = s32(args[2]);
  let first: EpollEvent = { events: 0, data: 0 };
  const look = (): Outcome | undefined => {
    rt.process.collectWakes();
    const events = epoll.collect(max, (fd) => rt.process.pollMask(fd));
    first = events[0] ?? first;
    return events.length > 0 ? ok(events.length) : undefined;
  };
  return {
    mode: 'exact',
    waiting: waitFor(rt, s32(args[3]), look, ok(0)),
    done: () => {
      if (first.events !== expected.events)
        throw new ScriptFailure('epoll_event->events does not match script', names(expected), names(first));
      if (first.data !== expected.data)
        throw new ScriptFailure('epoll_event->data does not match script', String(expected.data), String(first.data));
    },
  };
}

export const POLL_CALLS: Readonly<Record<string, Handler>> = {
  poll, epoll_create: epollCreate, epoll_ctl: epollCtl, epoll_wait: epollWait,
};
