/** The ways in which a source sends, and what each costs it. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { compileCore, loadScenario, type RunResult, runScenario } from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const run = (name: string, ...sets: string[]): RunResult => {
  const text = readFileSync(new URL(`../../scenarios/${name}.yaml`, import.meta.url), 'utf8');
  return runScenario(core, loadScenario(text, `scenarios/${name}.yaml`, { sets })).result;
};
/** What the client was charged for something: how often, or bytes. */
const units = (result: RunResult, cost: string): number =>
  result.client.charges.filter((c) => c.cost === cost).reduce((sum, c) => sum + c.units, 0);

test('a batch of requests shares one system call', () => {
  const sent = (batch: number) => run('nop', 'client.app.requests=1024', `client.app.batch=${batch}`);
  // One call makes the ring, the last one of each run finds nothing to do.
  expect([1, 32, 256].map((batch) => units(sent(batch), 'enter') - 1)).toEqual([1024, 32, 4]);
  expect([1, 32, 256].map((batch) => units(sent(batch), 'sqe'))).toEqual([1024, 1024, 1024]);
});

test('a batch that the submission queue cannot hold is refused', () => {
  expect(() => run('nop', 'client.app.batch=512')).toThrow(/app\.batch': expected at most ring\.sq_entries, the 256 entries/);
});

test('copying costs by the byte, lending by the page unless it is registered', () => {
  const one = ['client.app.batch=1', 'client.app.bytes=1MiB'];
  const copied = run('send-zc', ...one, 'client.app.send=send');
  const lent = run('send-zc', ...one, 'client.app.send=zc');
  const fixed = run('send-zc', ...one);
  expect([copied, lent, fixed].map((r) => units(r, 'copy_kib'))).toEqual([1024 * 1024, 0, 0]);
  expect([copied, lent, fixed].map((r) => units(r, 'zc_notif') / r.client.app.requests)).toEqual([0, 1, 1]);
  expect(units(copied, 'pin_page')).toBe(0);
  expect(units(lent, 'pin_page')).toBeGreaterThanOrEqual(256);
  expect(units(fixed, 'pin_page')).toBe(0);
});

test('requests may share one notification', () => {
  const shared = run('send-zc', 'client.app.notify=none');
  expect(shared.streams[0]?.complete).toBe(true);
  expect(shared.client.app).toMatchObject({ requests: 512, notifications: 1, copied: 0 });
});

test('datagrams that are longer than the MTU come whole, also when their fragments come in another order, or twice', () => {
  for (const family of ['ipv4', 'ipv6']) {
    const faults = 'faults=[{host: client, frame: 2, action: delay, param_ns: 30us}, {host: client, frame: 10, action: duplicate}]';
    const r = run('udp-fragments', 'client.app.bytes=80KiB', `tcp.family=${family}`, faults);
    expect(r.streams[0]).toMatchObject({ complete: true, bytes: 81920 });
    expect(r.server.udp).toMatchObject({ ReasmReqds: 61, ReasmOKs: 10, InDatagrams: 11 });
    expect(r.server.drops).toEqual({ DUP_FRAG: 1 });
  }
});

test('a datagram is lost with one of its fragments, and with a flipped bit', () => {
  const one = ['client.app.bytes=80KiB', 'faults=[{host: client, frame: 2, action: drop}, {host: client, frame: 12, action: corrupt}]'];
  const r = run('udp-fragments', ...one);
  expect(r.streams[0]).toMatchObject({ bytes: 8 * 8192, complete: false });
  expect(r.server.udp).toMatchObject({ ReasmOKs: 9 });
});

test('checksums of datagrams are the same in hardware and in software', () => {
  const soft = ['nic.tx_checksum=off', 'nic.rx_checksum=off'];
  for (const sets of [[], soft, ['tcp.family=ipv6', 'client.app.chunk=1452'], [...soft, 'tcp.family=ipv6', 'client.app.chunk=1452']]) {
    const r = run('udp', 'client.app.bytes=256KiB', 'client.wire.corrupt_ppm=5%', ...sets);
    const { InCsumErrors, InDatagrams } = r.server.udp;
    expect(InCsumErrors).toBeGreaterThan(0);
    expect(r.streams[0]).toMatchObject({ bytes: expect.any(Number), complete: false });
    expect((InCsumErrors ?? 0) + (InDatagrams ?? 0)).toBeGreaterThan(160);
  }
});

test('a datagram that is lost is noticed, and the others are proved', () => {
  const r = run('udp', 'client.app.bytes=294400', 'client.app.gap_ns=5us', 'client.wire.loss_ppm=5%');
  const lost = r.dropped;
  expect(lost).toBeGreaterThan(0);
  expect(r.server.udp.InDatagrams).toBe(201 - lost);
  expect(r.streams[0]?.outOfOrder).toBe(0);
});

test('a slow reader of datagrams loses those that its buffer has no room for', () => {
  const r = run('udp', 'server.app.work_ns=20us', 'server.socket.rcvbuf=64KiB', 'server.app.receive=recv');
  expect(r.server.udp.RcvbufErrors).toBeGreaterThan(100);
  expect(r.server.drops.SOCKET_RCVBUFF).toBe(r.server.udp.RcvbufErrors);
});

test('a device that is too slow makes the sender wait, and nothing is dropped', () => {
  const r = run('udp', 'client.wire.rate_bps=100Mbps', 'client.app.bytes=1MiB', 'client.app.batch=8');
  expect(r.dropped).toBe(0);
  expect(r.streams[0]?.complete).toBe(true);
});

test('over UDP memory is lent where the device computes checksums and the datagram fits a packet', () => {
  const copied = (...sets: string[]) => run('udp', 'client.app.bytes=147200', 'client.app.send=zc_fixed', ...sets).client.app;
  expect(copied()).toMatchObject({ notifications: 100, copied: 0 });
  expect(copied('client.nic.tx_checksum=off')).toMatchObject({ notifications: 100, copied: 100 });
  expect(copied('client.app.chunk=4KiB')).toMatchObject({ notifications: 36, copied: 36 });
});

test('plain calls: each send is a system call, and lends its memory or copies it', () => {
  const one = ['client.app.bytes=1MiB', 'client.app.flows=5'];
  const copied = run('msg-zerocopy', ...one, 'client.app.send=sendmsg');
  const lent = run('msg-zerocopy', ...one);
  expect([copied, lent].map((r) => r.streams.filter((s) => s.complete).length)).toEqual([5, 5]);
  expect([copied, lent].map((r) => units(r, 'copy_kib'))).toEqual([5 * 2 ** 20, 0]);
  expect(units(lent, 'zc_msg')).toBeGreaterThan(0);
  expect(units(copied, 'zc_msg')).toBe(0);
  expect(units(lent, 'pin_page')).toBeGreaterThanOrEqual(1280);
  expect(units(copied, 'enter')).toBe(0);
  expect(units(copied, 'syscall')).toBeGreaterThan(320);
});

test('the error queue tells of many sends at once; who has no memory for another waits for it', () => {
  const r = run('msg-zerocopy', 'client.socket.optmem_max=4KiB', 'client.app.chunk=1KiB', 'client.app.bytes=256KiB');
  expect(r.streams[0]?.complete).toBe(true);
  expect(r.client.app.notifications).toBeLessThan(256);
  const dummy = run('dummy', 'client.app.send=msg_zerocopy', 'client.app.bytes=400000');
  expect(dummy.client.app).toMatchObject({ requests: 100, notifications: 4, copied: 0 });
  const fragments = run('dummy', 'client.app.send=msg_zerocopy', 'client.app.bytes=400000', 'client.nic.mtu=1500');
  expect(fragments.client.app).toMatchObject({ requests: 100, notifications: 4, copied: 4 });
});
