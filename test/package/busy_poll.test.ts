/** Description: a ring that busy-polls gets bytes as soon as they are in memory, and not when the NIC raises its interrupt. */
import { expect, test } from 'vitest';
import {
  io_uring_napi, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_STATIC_ADD_ID, IO_URING_NAPI_TRACKING_DYNAMIC, IO_URING_NAPI_TRACKING_STATIC,
  prepRecv, type Process, simulate, type SyncRing, sqeSetData64,
} from 'ringlab';

const SERVER = Uint8Array.of(10, 0, 0, 2);
/** An interrupt comes this long after a frame. */
const RX_USECS = 100;

function napi(server: Process, ring: SyncRing, opcode: number, param: number, busy_us: number): void {
  const at = server.memory.alloc(32);
  const n = new io_uring_napi(server.memory.view(), at);
  n.opcode = opcode;
  n.op_param = param;
  n.busy_poll_to = busy_us;
  ring.registerNapi(at);
}

/** Microseconds from a send of the client to the completion of the server's receive. `prepare`: before it waits. */
async function latency(prepare: (server: Process, ring: SyncRing) => void): Promise<number> {
  const sim = await simulate({ nic: { rx_queues: 1, rx_usecs: RX_USECS } });
  const { client, server } = sim;
  const listener = server.listen(80);
  const out = client.connect({ family: 4, address: SERVER, port: 80 });
  const fd = server.accept(listener);
  const ring = server.ring({ entries: 8 });
  prepare(server, ring);
  server.sleep(1_000_000);
  const sqe = ring.getSqe();
  if (!sqe) throw new Error('the submission queue is full');
  prepRecv(sqe, fd, server.memory.alloc(64), 64, 0);
  sqeSetData64(sqe, 1n);
  ring.submit();
  client.send(out, 'now');
  const from = sim.now_ns;
  ring.submitAndWait(1);
  expect(ring.completions().map((c) => c.res)).toEqual([3]);
  sim.verify();
  return (sim.now_ns - from) / 1000;
}

test('an interrupt is waited for, but not by who polls', async () => {
  expect(await latency(() => {})).toBeGreaterThan(RX_USECS);
  const dynamic = await latency((server, ring) => napi(server, ring, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_TRACKING_DYNAMIC, 1000));
  expect(dynamic).toBeLessThan(RX_USECS / 2);
});

test('polling lasts as long as was asked for, and then the interrupt wakes', async () => {
  const short = await latency((server, ring) => napi(server, ring, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_TRACKING_DYNAMIC, 1));
  expect(short).toBeGreaterThan(RX_USECS);
});

test('static tracking polls the queues that it was told of', async () => {
  const told = (id: number) => (server: Process, ring: SyncRing) => {
    napi(server, ring, IO_URING_NAPI_REGISTER_OP, IO_URING_NAPI_TRACKING_STATIC, 1000);
    if (id !== 0) napi(server, ring, IO_URING_NAPI_STATIC_ADD_ID, id, 0);
  };
  expect(await latency(told(0))).toBeGreaterThan(RX_USECS);
  expect(await latency(told(8193))).toBeLessThan(RX_USECS / 2);
});
