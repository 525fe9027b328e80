/**
 * Description: zero-copy receive with a device, as an application meets it: which of several mistakes is reported first, what happens
 * to a flow that is read in the wrong way, and that a queue can be had again when its ring has gone.
 */
import { expect, test } from 'vitest';
import {
  EBUSY, EEXIST, EFAULT, EINVAL, EMFILE, ENODEV, EOPNOTSUPP, EPERM, ERANGE, IORING_CQE_F_MORE, prepRecv, prepRecvZc, type Process,
  type Simulation, simulate, type SyncRing, SyscallError, sqeSetData64, type World, ZCRX_REG_NODEV, type ZcrxOptions,
} from 'ringlab';

const SERVER = Uint8Array.of(10, 0, 0, 2);
const AREA = { if_idx: 2, if_rxq: 0, area_bytes: 64 * 4096, rq_entries: 64 };

/** What registering gives: 0, or -errno. */
async function registering(world: World, options: Partial<ZcrxOptions> = {}): Promise<number> {
  const { server } = await simulate(world);
  const ring = server.ring({ entries: 8 });
  try {
    server.zcrx(ring, { ...AREA, ...options });
    return 0;
  } catch (error) {
    if (error instanceof SyscallError) return -error.errno;
    throw error;
  }
}

/** Each row is wrong in one way more than the row below it. */
const WRONG: readonly [string, World, Partial<ZcrxOptions>, number][] = [
  ['no CAP_NET_ADMIN', { ring: { cap_net_admin: false } }, { if_idx: 9 }, -EPERM],
  ['no such interface', { nic: { queue_mgmt: false } }, { if_idx: 9, rx_buf_len: 5000 }, -ENODEV],
  ['lo', { nic: { queue_mgmt: false } }, { if_idx: 1, rx_buf_len: 5000 }, -EOPNOTSUPP],
  ['no size of a buffer', { nic: { queue_mgmt: false } }, { if_rxq: 99, rx_buf_len: 5000 }, -EINVAL],
  ['pages that are too small', { refill: { area_page: 4096 }, nic: { queue_mgmt: false } }, { if_rxq: 99, rx_buf_len: 8192 }, -ERANGE],
  ['a driver that cannot restart a queue', { nic: { queue_mgmt: false } }, { if_rxq: 99, rx_buf_len: 8192 }, -EOPNOTSUPP],
  ['no such queue', { nic: { header_split: false } }, { if_rxq: 99 }, -ERANGE],
  ['no header split', { nic: { header_split: false, xdp: true } }, {}, -EINVAL],
  ['a threshold', { nic: { hds_thresh: 64, xdp: true } }, {}, -EINVAL],
  ['an XDP program', { nic: { xdp: true, rx_page_size: false } }, { rx_buf_len: 8192 }, -EEXIST],
  ['a driver with pages alone', { nic: { rx_page_size: false } }, { rx_buf_len: 8192 }, -EOPNOTSUPP],
  ['an AF_XDP socket', { nic: { xsk_queue: 1 } }, {}, -EBUSY],
  ['nothing', {}, { rx_buf_len: 8192 }, 0],
];
test.each(WRONG)('what is told first: %s', async (_, world, options, expected) => {
  expect(await registering(world, options)).toBe(expected);
});

/** A connection over the wire, and a world where all of it comes to queue 0. */
async function connected(world: World = {}): Promise<{ sim: Simulation; out: number; fd: number }> {
  const sim = await simulate({ ...world, nic: { rx_queues: 1 } });
  const listener = sim.server.listen(80);
  const out = sim.client.connect({ family: 4, address: SERVER, port: 80 });
  return { sim, out, fd: sim.server.accept(listener) };
}
/** Result and flags of one request, when it has completed. */
function result(server: Process, ring: SyncRing, prepare: (sqe: NonNullable<ReturnType<SyncRing['getSqe']>>) => void): number[] {
  const sqe = ring.getSqe();
  if (!sqe) throw new Error('the submission queue is full');
  prepare(sqe);
  sqeSetData64(sqe, 1n);
  ring.submit();
  server.sleep(1_000_000);
  ring.getEvents();
  const cqes = ring.completions().map((c) => [c.res, c.flags]);
  ring.cqAdvance(cqes.length);
  return cqes.flat();
}

test('bytes in an area cannot be read by recv, nor through another instance, and stay for the right one', async () => {
  const { sim, out, fd } = await connected();
  const { client, server } = sim;
  const ring = server.ring({ entries: 8 });
  const zcrx = server.zcrx(ring, AREA);
  const other = server.zcrx(ring, { ...AREA, if_idx: 0, flags: ZCRX_REG_NODEV });
  client.send(out, 'in the area');
  server.sleep(1_000_000);
  const buffer = server.memory.alloc(64);
  expect(result(server, ring, (sqe) => prepRecv(sqe, fd, buffer, 64, 0))).toEqual([-EFAULT, 0]);
  expect(result(server, ring, (sqe) => prepRecvZc(sqe, fd, other.id, 0))).toEqual([-EFAULT, 0]);
  expect(result(server, ring, (sqe) => prepRecvZc(sqe, fd, zcrx.id, 0))).toEqual([11, IORING_CQE_F_MORE]);
  sim.verify();
});

test('a queue is had again a moment after its ring was closed, forty times over', async () => {
  const { sim, out, fd } = await connected();
  const { client, server } = sim;
  const errno = (ring: SyncRing) => {
    try {
      server.zcrx(ring, AREA);
      return 0;
    } catch (error) {
      return error instanceof SyscallError ? error.errno : EMFILE;
    }
  };
  for (let round = 0; round < 40; round++) {
    const ring = server.ring({ entries: 8 });
    expect(errno(ring)).toBe(0);
    ring.queueExit();
    const next = server.ring({ entries: 8 });
    expect(errno(next)).toBe(EEXIST);
    next.queueExit();
    server.sleep(1_000_000);
  }
  client.send(out, 'ordinary pages');
  expect(new TextDecoder().decode(server.receive(fd))).toBe('ordinary pages');
  sim.verify();
});

test('an area that is not given back stalls the flow, and nothing is lost when it is', async () => {
  const { sim, out, fd } = await connected();
  const { client, server } = sim;
  const ring = server.ring({ entries: 8, cq_entries: 256 });
  const zcrx = server.zcrx(ring, { ...AREA, area_bytes: 16 * 4096 });
  const sqe = ring.getSqe();
  if (sqe) prepRecvZc(sqe, fd, zcrx.id, 0);
  ring.submit();
  client.send(out, new Uint8Array(40_000).fill(7));
  client.shutdown(out);
  server.sleep(100_000_000);
  ring.getEvents();
  const stalled = ring.completions();
  expect(stalled).toHaveLength(16);
  let bytes = 0;
  for (;;) {
    expect(ring.waitCqe()).toBe(0);
    const { cqe } = ring;
    if (!cqe || cqe.res <= 0) break;
    bytes += zcrx.read(cqe).length;
    zcrx.giveBack(zcrx.offsetOf(cqe), cqe.res);
    ring.cqeSeen(cqe);
  }
  expect([bytes, ring.cqe?.res, ring.cqe?.flags]).toEqual([40_000, 0, 0]);
  sim.verify();
});
