/** Accepts one connection and receives it to its end by zero copy, giving each buffer back when it has been read. */
import type { App, Steps } from '../app.ts';
import type { UserMemory } from '../kernel.ts';
import { prepRecvZc, sqeSetData64 } from '../prep.ts';
import { Zcrx, type ZcrxOptions } from '../refill.ts';
import { type Cqe, Ring } from '../ring.ts';
import { ENOMEM, ENOSPC, IORING_CQE_F_MORE } from '../uapi.gen.ts';
import { acceptOne, closeSocket, listenOn } from './open.ts';

export interface SinkOptions {
  readonly family: 4 | 6;
  readonly port: number;
  readonly zcrx: ZcrxOptions;
  /** Sees the bytes of each completion while they are lent. */
  readonly onData: (data: Uint8Array, cqe: Cqe) => void;
}

const RECEIVE = 1n;
const RETRY: ReadonlySet<number> = new Set([ENOMEM, ENOSPC]);

/** Returns the number of bytes received, or the -errno that ended the stream. */
export function sink(options: SinkOptions): App {
  return function* (memory: UserMemory): Steps<number> {
    const ring = yield* Ring.create(memory, { entries: 64, cq_entries: 4096 });
    const zcrx = yield* Zcrx.register(ring, options.zcrx);
    const listener = yield* listenOn(ring, options.family, options.port, 16);
    const fd = yield* acceptOne(ring, listener);
    let received = 0;
    let ended: number | undefined;
    let armed = false;
    while (ended === undefined) {
      if (!armed) {
        const sqe = ring.getSqe();
        if (!sqe) throw new Error('the submission queue is full');
        prepRecvZc(sqe, fd, zcrx.id, 0);
        sqeSetData64(sqe, RECEIVE);
        armed = true;
      }
      yield* ring.submitAndWait(1);
      const slots = ring.forEachCqe((cqe) => {
        if (!(cqe.flags & IORING_CQE_F_MORE)) armed = false;
        if (cqe.res <= 0) {
          // No buffer and no room in the CQ end a shot, not the stream: arm it again.
          if (cqe.res === 0 || !RETRY.has(-cqe.res)) ended = cqe.res;
          return;
        }
        options.onData(zcrx.read(cqe), cqe);
        received += cqe.res;
        if (!zcrx.giveBack(zcrx.offsetOf(cqe), cqe.res)) throw new Error('the refill ring is full');
      });
      ring.cqAdvance(slots);
    }
    yield* closeSocket(ring, fd);
    return ended < 0 ? ended : received;
  };
}
