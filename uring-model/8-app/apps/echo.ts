/** Accepts one connection and sends back whatever comes, until the peer closes. */
import type { App, Steps } from '../app.ts';
import type { UserMemory } from '../kernel.ts';
import { prepRecv, prepSend } from '../prep.ts';
import { Ring } from '../ring.ts';
import { acceptOne, closeSocket, listenOn, once } from './open.ts';

export interface EchoOptions {
  readonly family: 4 | 6;
  readonly port: number;
  readonly buffer_bytes: number;
}

/** Returns the number of bytes echoed. */
export function echo(options: EchoOptions): App {
  return function* (memory: UserMemory): Steps<number> {
    const ring = yield* Ring.create(memory, { entries: 16 });
    const listener = yield* listenOn(ring, options.family, options.port, 16);
    const fd = yield* acceptOne(ring, listener);
    const buffer = memory.alloc(options.buffer_bytes);
    let echoed = 0;
    for (;;) {
      const got = yield* once(ring, 'recv', (sqe) => prepRecv(sqe, fd, buffer, options.buffer_bytes, 0));
      if (got === 0) break;
      for (let at = 0; at < got; ) {
        const from = buffer + at;
        const left = got - at;
        at += yield* once(ring, 'send', (sqe) => prepSend(sqe, fd, from, left, 0));
      }
      echoed += got;
    }
    yield* closeSocket(ring, fd);
    return echoed;
  };
}
