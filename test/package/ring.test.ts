/**
 * Description: the package by its name, as somebody else's test would use it: rings, sockets and zero-copy receive in a few lines, and
 * what a wait does when nothing will ever come.
 */
import { expect, test } from 'vitest';
import {
  __NR_eventfd2, bufRingMask, Deadlock, EAGAIN, EBADF, EINVAL, ENOMEM, ENOTSOCK, EPROTONOSUPPORT, ETIME,
  IORING_CQE_F_32, IORING_CQE_F_BUFFER,
  IORING_CQE_F_MORE, IORING_CQE_F_NOTIF, IORING_CQE_BUFFER_SHIFT, IORING_SETUP_CQE_MIXED, IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SQE128, IOSQE_FIXED_FILE, IOSQE_BUFFER_SELECT, type Process, prepNop, prepRecv,
  prepRecvMultishot, prepRecvZc, prepSend, prepSendZc, prepTimeout, type Sqe, simulate, type SyncRing, sqeSetBufGroup, sqeSetData64,
  sqeSetFlags, timespec, ZCRX_REG_NODEV,
} from 'ringlab';

/** A request with its number. */
function request(ring: SyncRing, user_data: bigint, prepare: (sqe: Sqe) => void): void {
  const sqe = ring.getSqe();
  if (!sqe) throw new Error('the submission queue is full');
  prepare(sqe);
  sqeSetData64(sqe, user_data);
}
/** Takes what is there: user_data, res and flags of each. */
function take(ring: SyncRing): [bigint, number, number][] {
  const seen: [bigint, number, number][] = [];
  ring.cqAdvance(ring.forEachCqe((c) => seen.push([c.user_data, c.res, c.flags])));
  return seen;
}
/** Address of the server's NIC. */
const SERVER = Uint8Array.of(10, 0, 0, 2);
const bytesOf = (text: string) => new TextEncoder().encode(text);
/** Memory with a text in it. */
function memoryOf(p: Process, text: string): number {
  const at = p.memory.alloc(Math.max(text.length, 1));
  p.memory.bytes(at, text.length).set(bytesOf(text));
  return at;
}

test('a receive waits for data', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 8 });
  const [a, b] = server.tcpPair();
  const buffer = server.memory.alloc(64);
  request(ring, 7n, (sqe) => prepRecv(sqe, a, buffer, 64, 0));
  expect(ring.submit()).toBe(1);
  expect(ring.peekCqe()).toBe(-EAGAIN);
  server.send(b, 'hello');
  expect(ring.waitCqe()).toBe(0);
  expect(ring.cqe).toMatchObject({ user_data: 7n, res: 5 });
  expect(server.text(buffer, 5)).toBe('hello');
  ring.cqeSeen(ring.cqe);
  expect([ring.cqe, ring.cqReady(), ring.sqReady(), ring.sqSpaceLeft()]).toEqual([undefined, 0, 0, 8]);
});

test('waits end in time, and one that would never end is an error of the test', async () => {
  const sim = await simulate();
  const ring = sim.server.ring({ entries: 8 });
  const begin = sim.now_ns;
  expect(ring.waitCqeTimeout(2_000_000)).toBe(-ETIME);
  expect(sim.now_ns - begin).toBeGreaterThanOrEqual(2_000_000);
  expect(ring.waitCqesMinTimeout(2, 3_000_000, 1000)).toBe(-ETIME);
  expect(() => ring.waitCqe()).toThrow(Deadlock);
});

test('submitting and waiting return what liburing\'s functions do', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 4 });
  for (let n = 0n; n < 4n; n++) request(ring, n, prepNop);
  expect(ring.getSqe()).toBeUndefined();
  expect(ring.submitAndWait(4)).toBe(4);
  expect(ring.peekBatchCqe(3).map((c) => c.user_data)).toEqual([0n, 1n, 2n]);
  expect(take(ring)).toHaveLength(4);
  request(ring, 9n, (sqe) => prepTimeout(sqe, timespec(server.memory, 1000), 0, 0));
  expect(ring.submitAndWaitTimeout(1, 1_000_000_000)).toBe(1);
  expect(take(ring)).toEqual([[9n, -ETIME, 0]]);
  request(ring, 10n, prepNop);
  expect(ring.submitAndWaitMinTimeout(1, 1_000_000, 10)).toBe(1);
  expect(ring.waitCqes(1, undefined)).toBe(0);
  expect(take(ring)).toEqual([[10n, 0, 0]]);
});

test('an entry keeps the user_data of whoever used its place before', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 1 });
  request(ring, 5n, prepNop);
  ring.submitAndWait(1);
  const again = ring.getSqe();
  if (again) prepNop(again);
  ring.submitAndWait(1);
  expect(take(ring).map(([user_data]) => user_data)).toEqual([5n, 5n]);
});

test('a ring of buffers is filled, used up, and filled again', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 8 });
  const [a, b] = server.tcpPair();
  const br = ring.setupBufRing(4, 3);
  if (typeof br === 'number') throw new Error(`errno ${-br}`);
  const data = server.memory.alloc(4 * 16);
  for (let i = 0; i < 4; i++) br.bufRingAdd(data + 16 * i, 16, i, bufRingMask(4), i);
  br.bufRingAdvance(4);
  expect(ring.bufRingAvailable(br)).toBe(4);
  request(ring, 1n, (sqe) => {
    prepRecvMultishot(sqe, a, 0, 0, 0);
    sqeSetFlags(sqe, IOSQE_BUFFER_SELECT);
    sqeSetBufGroup(sqe, 3);
  });
  ring.submit();
  server.send(b, 'ring of buffers');
  ring.getEvents();
  const [[, res, flags] = [0n, 0, 0]] = take(ring);
  expect([res, flags & IORING_CQE_F_BUFFER, flags & IORING_CQE_F_MORE]).toEqual([15, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE]);
  expect(server.text(data + 16 * (flags >>> IORING_CQE_BUFFER_SHIFT), res)).toBe('ring of buffers');
  expect(ring.bufRingAvailable(br)).toBe(3);
  expect(ring.freeBufRing(br)).toBe(0);
});

test('a zero-copy send tells when its memory may be used again', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 8 });
  const [a, b] = server.tcpPair();
  const at = memoryOf(server, 'lent');
  request(ring, 2n, (sqe) => prepSendZc(sqe, b, at, 4, 0, 0));
  ring.submit();
  expect(new TextDecoder().decode(server.receive(a))).toBe('lent');
  server.sleep(1_000_000);
  ring.getEvents();
  expect(take(ring)).toEqual([[2n, 4, IORING_CQE_F_MORE], [2n, 0, IORING_CQE_F_NOTIF]]);
});

test('registered files and a ring that goes by an index', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 8 });
  const [a, b] = server.tcpPair();
  expect(ring.registerFiles([a, b])).toBe(0);
  expect(ring.registerRingFd()).toBe(1);
  const at = memoryOf(server, 'fixed');
  request(ring, 3n, (sqe) => {
    prepSend(sqe, 1, at, 5, 0);
    sqeSetFlags(sqe, IOSQE_FIXED_FILE);
  });
  expect(ring.submitAndWait(1)).toBe(1);
  expect(take(ring)).toEqual([[3n, 5, 0]]);
  expect(ring.unregisterRingFd()).toBe(1);
  expect(ring.unregisterFiles()).toBe(0);
});

test('entries of 128 bytes lie 128 bytes apart', async () => {
  const { server } = await simulate();
  const ring = server.queueInit(4, IORING_SETUP_SQE128);
  if (typeof ring === 'number') throw new Error(`errno ${-ring}`);
  const first = ring.getSqe();
  const second = ring.getSqe128();
  if (first && second) {
    prepNop(first);
    prepNop(second);
    expect(second.base - first.base).toBe(128);
  }
  expect(ring.submitAndWait(2)).toBe(2);
});

test('zero-copy receive without a device copies, and ends for want of buffers', async () => {
  const sim = await simulate({ kernel: { profile: '7.2' } });
  const { server } = sim;
  const ring = server.ring({ entries: 8, cq_entries: 16 });
  const [a, b] = server.tcpPair();
  const zcrx = server.zcrx(ring, { if_idx: 0, if_rxq: 0, area_bytes: 2 * 4096, rq_entries: 4, flags: ZCRX_REG_NODEV });
  request(ring, 1n, (sqe) => prepRecvZc(sqe, a, zcrx.id, 0));
  ring.submit();
  for (let i = 0; i < 3; i++) server.send(b, new Uint8Array(100).fill(i));
  ring.getEvents();
  const offsets = ring.completions().filter((c) => c.res > 0).map((c) => zcrx.offsetOf(c));
  expect(take(ring)).toEqual([[1n, 100, IORING_CQE_F_MORE], [1n, 100, IORING_CQE_F_MORE], [1n, -ENOMEM, 0]]);
  expect(offsets).toEqual([4096n, 0n]);
  for (const off of offsets) zcrx.giveBack(off, 100);
  expect(zcrx.flush(ring)).toBe(0);
  request(ring, 2n, (sqe) => prepRecvZc(sqe, a, zcrx.id, 0));
  ring.submit();
  ring.getEvents();
  const { cqe } = ring;
  expect(cqe && zcrx.read(cqe)).toEqual(new Uint8Array(100).fill(2));
  sim.verify();
});

test('zero-copy receive from the wire: the bytes lie where the NIC wrote them', async () => {
  const sim = await simulate({ nic: { rx_queues: 1 } });
  const { client, server } = sim;
  const ring = server.ring({ entries: 8, cq_entries: 64 });
  const zcrx = server.zcrx(ring, { if_idx: 2, if_rxq: 0, area_bytes: 1024 * 1024, rq_entries: 256 });
  expect(() => server.zcrx(ring, { if_idx: 2, if_rxq: 0, area_bytes: 4096, rq_entries: 4 })).toThrow('errno 17');
  const listener = server.listen(80);
  const out = client.connect({ family: 4, address: SERVER, port: 80 });
  const fd = server.accept(listener);
  request(ring, 1n, (sqe) => prepRecvZc(sqe, fd, zcrx.id, 0));
  ring.submit();
  const data = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7 + 3);
  client.send(out, data);
  client.shutdown(out);
  const got: number[] = [];
  for (;;) {
    expect(ring.waitCqe()).toBe(0);
    const { cqe } = ring;
    if (!cqe || cqe.res <= 0) break;
    got.push(...zcrx.read(cqe));
    zcrx.giveBack(zcrx.offsetOf(cqe), cqe.res);
    ring.cqeSeen(cqe);
  }
  expect(ring.cqe).toMatchObject({ user_data: 1n, res: 0, flags: 0 });
  expect(Uint8Array.from(got)).toEqual(data);
  sim.verify();
});

test('nothing is copied into a dma-buf of a device', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 8 });
  const address = server.memory.alloc(16 * 4096);
  const fd = server.dmabuf(address, 16 * 4096);
  const zcrx = server.zcrx(ring, { if_idx: 2, if_rxq: 0, area_bytes: 16 * 4096, rq_entries: 16, dmabuf: { fd, address } });
  const [a, b] = server.tcpPair();
  request(ring, 1n, (sqe) => prepRecvZc(sqe, a, zcrx.id, 0));
  ring.submit();
  server.send(b, 'over the loopback device');
  ring.getEvents();
  expect(take(ring)).toEqual([[1n, -ENOMEM, 0]]);
});

test('small and wide completions share a ring', async () => {
  const { server } = await simulate();
  const flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQE_MIXED;
  const ring = server.queueInit(8, flags, 16);
  if (typeof ring === 'number') throw new Error(`errno ${-ring}`);
  const [a, b] = server.tcpPair();
  const zcrx = server.zcrx(ring, { if_idx: 0, if_rxq: 0, area_bytes: 4 * 4096, rq_entries: 4, flags: ZCRX_REG_NODEV });
  request(ring, 1n, (sqe) => prepRecvZc(sqe, a, zcrx.id, 0));
  ring.submit();
  server.send(b, 'wide');
  ring.getEvents();
  request(ring, 2n, prepNop);
  ring.submit();
  expect(ring.cqReady()).toBe(3);
  expect(ring.completions().map((c) => [c.user_data, c.slots])).toEqual([[1n, 2], [2n, 1]]);
  expect(take(ring)).toEqual([[1n, 4, IORING_CQE_F_MORE | IORING_CQE_F_32], [2n, 0, 0]]);
});

test('zero-copy receive wants a TCP socket', async () => {
  const { server } = await simulate();
  const ring = server.ring({ entries: 8 });
  const zcrx = server.zcrx(ring, { if_idx: 0, if_rxq: 0, area_bytes: 4096, rq_entries: 4, flags: ZCRX_REG_NODEV });
  const [unix] = server.socketPair();
  const event = server.syscall(__NR_eventfd2, 0, 0);
  [unix, event, 99].forEach((fd, i) => {
    request(ring, BigInt(i), (sqe) => prepRecvZc(sqe, fd, zcrx.id, 0));
    ring.submit();
  });
  ring.getEvents();
  expect(take(ring).map(([, res]) => res)).toEqual([-EPROTONOSUPPORT, -ENOTSOCK, -EBADF]);
});

test('errors come back as the kernel gives them', async () => {
  const { server } = await simulate();
  expect(server.queueInit(0, 0)).toBe(-EINVAL);
  expect(server.dmabuf(1, 4096)).toBe(-EINVAL);
});

test('a world of one seed and one history is one state', async () => {
  const run = async () => {
    const sim = await simulate();
    const [a, b] = sim.server.tcpPair();
    sim.server.send(a, 'the same');
    sim.server.receive(b);
    return sim.stateHash();
  };
  expect(await run()).toBe(await run());
});

test('a mistake of the test is said in its own words', async () => {
  const { server } = await simulate();
  for (const bytes of [0, -1, Number.NaN, 1.5]) expect(() => server.memory.alloc(bytes)).toThrow('expected a number of bytes from 1 on');
  expect(() => server.memory.alloc(2 ** 33)).toThrow('raise limits.user_bytes');
  const to = { family: 4, address: SERVER, port: 80 } as const;
  expect(() => server.connect('10.0.0.2' as never)).toThrow('expected a family of 4 or 6, as in { family: 4,');
  expect(() => server.connect({ ...to, address: SERVER.subarray(1) })).toThrow('expected an address of 4 bytes (Uint8Array)');
  expect(() => server.connect({ ...to, port: 65536 })).toThrow('expected a port from 0 to 65535');
  expect(() => server.connect({ ...to, address: Uint8Array.of(127, 0, 0, 1) })).toThrow('connect failed: ECONNREFUSED (errno 111)');
});
