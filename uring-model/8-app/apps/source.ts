/** Connects, sends bytes and closes. */
import type { App, Steps } from '../app.ts';
import type { UserMemory } from '../kernel.ts';
import { prepSend } from '../prep.ts';
import { Ring } from '../ring.ts';
import type { SocketAddress } from '../sockaddr.ts';
import { closeSocket, connectTo, once } from './open.ts';

export interface SourceOptions {
  readonly to: SocketAddress;
  readonly data: Uint8Array;
  readonly chunk: number;
}

/** Returns the number of bytes sent. */
export function source(options: SourceOptions): App {
  return function* (memory: UserMemory): Steps<number> {
    const ring = yield* Ring.create(memory, { entries: 16 });
    const fd = yield* connectTo(ring, options.to);
    const buffer = memory.alloc(options.chunk);
    let sent = 0;
    while (sent < options.data.length) {
      const part = options.data.subarray(sent, sent + options.chunk);
      memory.bytes(buffer, part.length).set(part);
      sent += yield* once(ring, 'send', (sqe) => prepSend(sqe, fd, buffer, part.length, 0));
    }
    yield* closeSocket(ring, fd);
    return sent;
  };
}
