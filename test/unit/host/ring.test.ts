/** The user half of the rings, against a fake kernel: liburing's verbs keep heads and tails right, also around the end. */
import { describe, expect, test } from 'vitest';
import {
  type App, prepNop, Ring, runAsync, runSync, type Steps, SyscallError, sqeSetData64, type UserMemory, Zcrx,
} from '../../../uring-model/8-app/index.ts';
import { FakeKernel } from './fake_kernel.ts';

/** Runs steps with a ring of four entries. */
function withRing<T>(body: (ring: Ring, kernel: FakeKernel) => Steps<T>): T {
  const kernel = new FakeKernel();
  let out: T | undefined;
  runSync(kernel, function* (memory: UserMemory): Steps<number> {
    const ring = yield* Ring.create(memory, { entries: 4, cq_entries: 8 });
    out = yield* body(ring, kernel);
    return 0;
  });
  return out as T;
}

function nop(ring: Ring, user_data: bigint): boolean {
  const sqe = ring.getSqe();
  if (sqe) {
    prepNop(sqe);
    sqeSetData64(sqe, user_data);
  }
  return sqe !== undefined;
}

describe('submission queue', () => {
  test('getSqe gives out as many entries as there are, and no more until a submit', () => {
    withRing(function* (ring, kernel) {
      expect([1n, 2n, 3n, 4n, 5n].map((n) => nop(ring, n))).toEqual([true, true, true, true, false]);
      expect(kernel.taken).toEqual([]);
      expect(yield* ring.submit()).toBe(4);
      expect(kernel.taken).toEqual([1n, 2n, 3n, 4n]);
      expect(nop(ring, 6n)).toBe(true);
    });
  });

  test('entries come out in order many times around the ring, zeroed before each use', () => {
    withRing(function* (ring, kernel) {
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 3; i++) nop(ring, BigInt(round * 3 + i));
        yield* ring.submitAndWait(3);
        expect(ring.forEachCqe(() => {})).toBe(3);
        ring.cqAdvance(3);
      }
      expect(kernel.taken).toEqual(Array.from({ length: 60 }, (_, i) => BigInt(i)));
    });
  });

  test('pendingSqes shows what a submit would publish', () => {
    withRing(function* (ring) {
      nop(ring, 9n);
      expect(ring.pendingSqes().map((s) => new DataView(s.buffer).getBigUint64(32, true))).toEqual([9n]);
      yield* ring.submit();
      expect(ring.pendingSqes()).toEqual([]);
    });
  });
});

describe('completion queue', () => {
  test('a completion stays until cqAdvance', () => {
    withRing(function* (ring) {
      nop(ring, 1n);
      nop(ring, 2n);
      yield* ring.submitAndWait(2);
      expect(ring.cqe?.user_data).toBe(1n);
      expect(ring.cqReady()).toBe(2);
      ring.cqAdvance(1);
      expect(ring.cqe?.user_data).toBe(2n);
      ring.cqAdvance(1);
      expect(ring.cqe).toBeUndefined();
    });
  });

  test('waiting asks for events, submitting does not', () => {
    withRing(function* (ring, kernel) {
      nop(ring, 1n);
      yield* ring.submit();
      yield* ring.submitAndWait(1);
      expect(kernel.calls).toEqual(['enter 1 0 0', 'enter 0 1 1']);
    });
  });
});

describe('zero-copy receive', () => {
  function* register(ring: Ring): Steps<Zcrx> {
    return yield* Zcrx.register(ring, { if_idx: 1, if_rxq: 2, area_bytes: 16384, rq_entries: 4 });
  }

  test('a completion\'s bytes are read in the area and given back with the area\'s token', () => {
    withRing(function* (ring, kernel) {
      const zcrx = yield* register(ring);
      kernel.memory.bytes(zcrx.area.address + 8192, 3).set([1, 2, 3]);
      kernel.post(1n, 3, 2, 8192n);
      const cqe = ring.cqe;
      if (!cqe) throw new Error('no completion');
      expect([...zcrx.read(cqe)]).toEqual([1, 2, 3]);
      expect(zcrx.giveBack(zcrx.offsetOf(cqe), cqe.res)).toBe(true);
      expect(zcrx.pending()).toBe(1);
      expect(kernel.refillEntry(0)).toEqual({ off: (5n << 48n) | 8192n, len: 3 });
    });
  });

  test('a full refill ring refuses one more', () => {
    withRing(function* (ring) {
      const zcrx = yield* register(ring);
      expect([0, 1, 2, 3, 4].map((i) => zcrx.giveBack(BigInt(i * 4096), 10))).toEqual([true, true, true, true, false]);
    });
  });

  test('a completion that leaves the area is refused before a byte is read', () => {
    withRing(function* (ring) {
      const zcrx = yield* register(ring);
      expect(() => zcrx.area.read(16380n, 10)).toThrow(RangeError);
      expect(() => zcrx.area.read(99999n, 1)).toThrow(RangeError);
    });
  });
});

describe('drivers', () => {
  const app: App = function* () {
    return (yield { call: 'work', ns: 1 }) + 5;
  };
  test('the same application runs at once and asynchronously', async () => {
    expect(runSync(new FakeKernel(), app)).toBe(5);
    expect(await runAsync(new FakeKernel(), app)).toBe(5);
  });
  test('a failed setup throws with its errno', () => {
    const kernel = new FakeKernel();
    kernel.setup = () => -12;
    expect(() => runSync(kernel, function* (memory) {
      yield* Ring.create(memory, { entries: 4 });
      return 0;
    })).toThrow(SyscallError);
  });
});
