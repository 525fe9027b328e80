/** Sockets by requests: each function submits one request and waits for its completion. */
import { type Steps, SyscallError } from '../app.ts';
import { prepAccept, prepBind, prepClose, prepConnect, prepListen, prepSocket, type Sqe, sqeSetData64 } from '../prep.ts';
import type { Ring } from '../ring.ts';
import { anyAddress, type SocketAddress, writeSockaddr } from '../sockaddr.ts';
import { AF_INET, AF_INET6, SOCK_STREAM } from '../uapi.gen.ts';

/** user_data of requests made here; applications use smaller ones. */
const ONCE = 1n << 62n;

/** Submits one request on an otherwise quiet ring and returns its result; -errno throws. */
export function* once(ring: Ring, name: string, prepare: (sqe: Sqe) => void): Steps<number> {
  const sqe = ring.getSqe();
  if (!sqe) throw new Error('the submission queue is full');
  prepare(sqe);
  sqeSetData64(sqe, ONCE);
  const taken = yield* ring.submitAndWait(1);
  if (taken < 0) throw new SyscallError('io_uring_enter', taken);
  const cqe = ring.cqe;
  if (cqe?.user_data !== ONCE) throw new Error(`${name}: another completion came first`);
  ring.cqeSeen(cqe);
  if (cqe.res < 0) throw new SyscallError(name, cqe.res);
  return cqe.res;
}

export function* openSocket(ring: Ring, family: 4 | 6): Steps<number> {
  return yield* once(ring, 'socket', (sqe) => prepSocket(sqe, family === 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0, 0));
}

export function* listenOn(ring: Ring, family: 4 | 6, port: number, backlog: number): Steps<number> {
  const fd = yield* openSocket(ring, family);
  const { at, bytes } = writeSockaddr(ring.memory, { family, address: anyAddress(family), port });
  yield* once(ring, 'bind', (sqe) => prepBind(sqe, fd, at, bytes));
  yield* once(ring, 'listen', (sqe) => prepListen(sqe, fd, backlog));
  return fd;
}

export function* acceptOne(ring: Ring, listener: number): Steps<number> {
  return yield* once(ring, 'accept', (sqe) => prepAccept(sqe, listener, 0, 0, 0));
}

export function* connectTo(ring: Ring, address: SocketAddress): Steps<number> {
  const fd = yield* openSocket(ring, address.family);
  const { at, bytes } = writeSockaddr(ring.memory, address);
  yield* once(ring, 'connect', (sqe) => prepConnect(sqe, fd, at, bytes));
  return fd;
}

export function* closeSocket(ring: Ring, fd: number): Steps<number> {
  return yield* once(ring, 'close', (sqe) => prepClose(sqe, fd));
}
