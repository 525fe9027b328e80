/** Steps on sockets, pipes, eventfds and epoll sets: plain system calls, as peers of a ring make them. */
import type { Steps } from '../../../uring-model/8-app/index.ts';
import {
  __NR_accept4, __NR_bind, __NR_close, __NR_connect, __NR_epoll_create1, __NR_epoll_ctl, __NR_epoll_pwait, __NR_eventfd2, __NR_fcntl,
  __NR_getsockopt, __NR_listen, __NR_pipe2, __NR_read, __NR_recvfrom, __NR_sendto, __NR_setsockopt, __NR_shutdown, __NR_socket,
  __NR_socketpair, __NR_write, AF_INET, AF_INET6, AF_UNIX, EFD_NONBLOCK, F_SETFL, IPPROTO_TCP, MSG_DONTWAIT, MSG_NOSIGNAL, O_NONBLOCK,
  SO_LINGER, SO_REUSEADDR, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOCKADDR_IN_BYTES, SOL_SOCKET, TCP_NODELAY,
} from '../../../uring-model/8-app/uapi.gen.ts';
import { type Handlers, type Machine, onClient, StepError } from './machine.ts';
import { addressAt, addressOf, loopback, seqByte } from './run_memory.ts';
import { sleep } from './run_misc.ts';
import { forget, pairOf } from './stream_pairs.ts';

const PATTERN_SEQ = 1;
const EPOLL_CTL_ADD = 1;
const EPOLL_EVENT_BYTES = 12;
const LISTEN_BACKLOG = 8;
/** How often peer.soak looks again when nothing came, and how long it sleeps between two looks. */
const SOAK_IDLE = 500;
const SOAK_NS = 4_000_000;

/** A call that has to succeed for the program to mean anything. */
export function* needed(m: Machine, what: string, nr: number, ...args: readonly (number | bigint)[]): Steps<number> {
  const done = yield* m.sys(nr, ...args);
  if (done < 0) throw new StepError(`${what} failed: ${done}`);
  return done;
}

function* setInt(m: Machine, fd: number, level: number, opt: number, value: number): Steps<number> {
  const at = m.scrap(4);
  m.memory.view().setInt32(at, value, true);
  return yield* m.sys(__NR_setsockopt, fd, level, opt, at, 4);
}

const familyOf = (m: Machine): number => (m.int('family', 4) === 6 ? AF_INET6 : AF_INET);

/** A socket that is bound to a port. */
function* bound(m: Machine, port: number, what: 'any' | 'lo'): Steps<number> {
  const fd = yield* needed(m, 'socket', __NR_socket, familyOf(m), SOCK_STREAM, 0);
  yield* setInt(m, fd, SOL_SOCKET, SO_REUSEADDR, 1);
  const { at, bytes } = addressAt(m, m.int('family', 4), port, what);
  yield* needed(m, 'bind', __NR_bind, fd, at, bytes);
  return fd;
}

function* listener(m: Machine, backlog: number, port: number, any: boolean): Steps<number> {
  const fd = yield* bound(m, port, any ? 'any' : 'lo');
  yield* needed(m, 'listen', __NR_listen, fd, backlog);
  return fd;
}

/** Connects a socket to the address with the port that a listener has. */
function* connectTo(m: Machine, port: number): Steps<number> {
  const over = m.text('over') === 'wire' ? 'wire' : 'lo';
  const fd = m.int('from') > 0 ? yield* bound(m, m.int('from'), 'any')
    : yield* needed(m, 'socket', __NR_socket, familyOf(m), SOCK_STREAM, 0);
  const { at, bytes } = addressAt(m, m.int('family', 4), port, over);
  yield* needed(m, 'connect', __NR_connect, fd, at, bytes);
  yield* setInt(m, fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

function* tcpPair(m: Machine): Steps<readonly [number, number]> {
  const wire = m.text('over') === 'wire';
  const server = yield* listener(m, LISTEN_BACKLOG, m.int('port'), wire);
  const address = yield* addressOf(m, server);
  const port = m.memory.view().getUint16(address.at + 2, false);
  const b = yield* wire ? onClient(connectTo(m, port)) : connectTo(m, port);
  const a = yield* needed(m, 'accept', __NR_accept4, server, 0, 0, 0);
  yield* setInt(m, a, IPPROTO_TCP, TCP_NODELAY, 1);
  yield* m.sys(__NR_close, server);
  return [a, b];
}

/** Two datagram sockets; b is connected to a. */
function* udpPair(m: Machine): Steps<readonly [number, number]> {
  const a = yield* needed(m, 'socket', __NR_socket, AF_INET, SOCK_DGRAM, 0);
  const at = m.scrap(SOCKADDR_IN_BYTES);
  loopback(m, at, 0);
  yield* needed(m, 'bind', __NR_bind, a, at, SOCKADDR_IN_BYTES);
  const address = yield* addressOf(m, a);
  const b = yield* needed(m, 'socket', __NR_socket, AF_INET, SOCK_DGRAM, 0);
  yield* needed(m, 'connect', __NR_connect, b, address.at, address.bytes);
  return [a, b];
}

function* unixPair(m: Machine, type: number): Steps<readonly [number, number]> {
  const at = m.scrap(8);
  yield* needed(m, 'socketpair', __NR_socketpair, AF_UNIX, type, 0, at);
  const view = m.memory.view();
  return [view.getInt32(at, true), view.getInt32(at + 4, true)];
}

const PAIRS: readonly ((m: Machine) => Steps<readonly [number, number]>)[] = [
  tcpPair, (m) => unixPair(m, SOCK_STREAM), (m) => unixPair(m, SOCK_DGRAM), (m) => unixPair(m, SOCK_SEQPACKET), udpPair,
];
const SOCKETS: readonly (readonly [number, number])[] = [
  [AF_INET, SOCK_STREAM], [AF_INET6, SOCK_STREAM], [AF_INET, SOCK_DGRAM], [AF_INET6, SOCK_DGRAM], [AF_UNIX, SOCK_STREAM], [AF_UNIX,
    SOCK_DGRAM],
];

function* connect(m: Machine): Steps<void> {
  let fd = m.int('fd', -1);
  if (fd < 0) {
    fd = yield* needed(m, 'socket', __NR_socket, familyOf(m), SOCK_STREAM, 0);
    m.give(m.text('name'), fd);
  }
  let { at, bytes } = addressAt(m, m.int('family', 4), m.int('port'), m.text('over') === 'wire' ? 'wire' : 'lo');
  if (m.int('to', -1) >= 0) ({ at, bytes } = yield* addressOf(m, m.int('to')));
  m.ret(yield* m.sys(__NR_connect, fd, at, bytes));
}

const SINK_BYTES = 131072;
/** Memory that peers send from and receive into. */
function sinkOf(m: Machine, bytes: number): number {
  return m.scrap(Math.max(bytes, SINK_BYTES));
}

function* send(m: Machine): Steps<void> {
  const n = m.int('n');
  const at = sinkOf(m, n);
  const bytes = m.memory.bytes(at, n);
  const seq = m.int('pattern') === PATTERN_SEQ;
  if (seq) for (let i = 0; i < n; i++) bytes[i] = seqByte(m.seq_sent + i);
  else bytes.fill(m.text('fill').charCodeAt(0));
  const done = yield* m.sys(__NR_sendto, m.int('fd'), at, n, MSG_NOSIGNAL | m.int('flags'), 0, 0);
  if (seq && done > 0) m.seq_sent += done;
  m.ret(done, { n });
}

function* fillUp(m: Machine): Steps<void> {
  const at = sinkOf(m, 65536);
  m.filled = 0;
  for (;;) {
    const done = yield* m.sys(__NR_sendto, m.int('fd'), at, 65536, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
    if (done <= 0) break;
    m.filled += done;
  }
}

function* soak(m: Machine): Steps<void> {
  const wanted = m.filled + m.int('n');
  const at = sinkOf(m, SINK_BYTES);
  let got = 0;
  let idle = 0;
  while (idle < SOAK_IDLE && got < wanted) {
    const done = yield* m.sys(__NR_recvfrom, m.int('fd'), at, Math.min(SINK_BYTES, wanted - got), MSG_DONTWAIT, 0, 0);
    if (done > 0) {
      got += done;
      idle = 0;
    } else {
      idle++;
      yield* sleep(m, SOAK_NS);
    }
    yield* m.ring().ring.getEvents();
  }
  m.emit('soak', { all: got === wanted });
}

function* close(m: Machine): Steps<void> {
  if (m.flag('rst')) {
    const at = m.scrap(8);
    m.memory.view().setInt32(at, 1, true);
    m.memory.view().setInt32(at + 4, 0, true);
    yield* m.sys(__NR_setsockopt, m.int('fd'), SOL_SOCKET, SO_LINGER, at, 8);
  }
  const client = m.raw('host') === 'client';
  for (const pair of m.pairs) forget(pair, { fd: m.int('fd'), client });
  m.ret(yield* m.sys(__NR_close, m.int('fd')));
}

function* epollWait(m: Machine): Steps<void> {
  const max = m.int('max');
  const at = m.scrap(max * EPOLL_EVENT_BYTES);
  const done = yield* m.sys(__NR_epoll_pwait, m.int('fd'), at, max, m.int('timeout_ms'), 0, 8);
  const view = m.memory.view();
  const events = Array.from({ length: Math.max(done, 0) }, (_, i) => ({
    events: view.getUint32(at + i * EPOLL_EVENT_BYTES, true), data: Number(view.getBigUint64(at + i * EPOLL_EVENT_BYTES + 4, true)),
  }));
  m.ret(done, { events });
}

export const FILE_STEPS: Handlers = {
  *'sock.pair'(m) {
    const make = PAIRS[m.int('kind')];
    if (!make) throw new StepError(`there is no pair of kind ${m.int('kind')}`);
    const [a, b] = yield* make(m);
    m.give(m.text('a'), a);
    m.give(m.text('b'), b);
    const far = m.raw('over') === 'wire' || m.raw('host') === 'client';
    m.pairs.push(pairOf(m.pairs.length, [{ fd: a, client: m.raw('host') === 'client' }, { fd: b, client: far }]));
  },
  *'sock.new'(m) {
    const [family = 0, type = 0] = SOCKETS[m.int('kind')] ?? [];
    m.give(m.text('name'), yield* needed(m, 'socket', __NR_socket, family, type | m.int('flags'), 0));
  },
  *'sock.listen'(m) {
    m.give(m.text('name'), yield* listener(m, m.int('backlog'), m.int('port'), m.flag('any')));
  },
  *'sock.bind'(m) {
    const at = m.scrap(SOCKADDR_IN_BYTES);
    loopback(m, at, m.int('port'));
    m.ret(yield* m.sys(__NR_bind, m.int('fd'), at, SOCKADDR_IN_BYTES));
  },
  'sock.connect': connect,
  *'sock.accept'(m) {
    const fd = yield* m.sys(__NR_accept4, m.int('fd'), 0, 0, 0);
    if (fd >= 0) m.give(m.text('name'), fd);
    m.ret(Math.min(fd, 0));
  },
  *'sock.opt'(m) {
    m.ret(yield* setInt(m, m.int('fd'), m.int('level'), m.int('opt'), m.int('value')));
  },
  *'sock.getopt'(m) {
    const at = m.scrap(8);
    m.memory.view().setUint32(at + 4, 4, true);
    const done = yield* m.sys(__NR_getsockopt, m.int('fd'), m.int('level'), m.int('opt'), at, at + 4);
    m.ret(done, { value: m.memory.view().getInt32(at, true) });
  },
  'peer.send': send,
  *'peer.recv'(m) {
    const n = m.int('n');
    m.ret(yield* m.sys(__NR_recvfrom, m.int('fd'), sinkOf(m, n), n, m.int('flags'), 0, 0));
  },
  *'peer.shutdown'(m) {
    m.ret(yield* m.sys(__NR_shutdown, m.int('fd'), m.int('how')));
  },
  'peer.close': close,
  'peer.fill': fillUp,
  'peer.soak': soak,
  *nonblock(m) {
    yield* m.sys(__NR_fcntl, m.int('fd'), F_SETFL, m.flag('on') ? O_NONBLOCK : 0);
  },
  *pipe(m) {
    const at = m.scrap(8);
    yield* needed(m, 'pipe2', __NR_pipe2, at, 0);
    m.give(m.text('read'), m.memory.view().getInt32(at, true));
    m.give(m.text('write'), m.memory.view().getInt32(at + 4, true));
  },
  *eventfd(m) {
    m.give(m.text('name'), yield* needed(m, 'eventfd2', __NR_eventfd2, m.int('value'), m.flag('nonblock') ? EFD_NONBLOCK : 0));
  },
  *'eventfd.write'(m) {
    const at = m.scrap(8);
    m.memory.view().setBigUint64(at, m.big(m.raw('value')), true);
    m.ret(yield* m.sys(__NR_write, m.int('fd'), at, 8));
  },
  *'eventfd.read'(m) {
    const at = m.scrap(8);
    const done = yield* m.sys(__NR_read, m.int('fd'), at, 8);
    m.ret(done, { count: Number(m.memory.view().getBigUint64(at, true)) });
  },
  *epoll(m) {
    m.give(m.text('name'), yield* needed(m, 'epoll_create1', __NR_epoll_create1, 0));
  },
  *'epoll.add'(m) {
    const at = m.scrap(EPOLL_EVENT_BYTES);
    m.memory.view().setUint32(at, m.int('events'), true);
    m.memory.view().setBigUint64(at + 4, m.big(m.raw('data')), true);
    m.ret(yield* m.sys(__NR_epoll_ctl, m.int('of'), EPOLL_CTL_ADD, m.int('fd'), at));
  },
  'epoll.wait': epollWait,
  *read(m) {
    const n = m.int('n');
    m.ret(yield* m.sys(__NR_read, m.int('fd'), sinkOf(m, n), n));
  },
  *write(m) {
    const bytes = new TextEncoder().encode(m.text('text'));
    const at = sinkOf(m, bytes.length);
    m.memory.bytes(at, bytes.length).set(bytes);
    m.ret(yield* m.sys(__NR_write, m.int('fd'), at, bytes.length));
  },
};
