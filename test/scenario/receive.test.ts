/** The ways in which a sink receives: all bring the same bytes, and each asks for them in its own way. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario } from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const text = readFileSync(new URL('../../scenarios/plain-recv.yaml', import.meta.url), 'utf8');
const small = ['client.app.bytes=1MiB'];
const run = (...sets: string[]) => runScenario(core, loadScenario(text, 'scenarios/plain-recv.yaml', { sets: [...small, ...sets] })).result;
const digest = (...sets: string[]) => run(...sets).streams.map((s) => s.sha256);
/** How often a cost was charged at the server. */
const units = (r: ReturnType<typeof run>, cost: string) =>
  r.server.charges.filter((c) => c.cost === cost).reduce((a, c) => a + c.units, 0);

describe.each(['read', 'epoll'])('receive: %s', (receive) => {
  test('brings the bytes that a ring brings, and never enters one', () => {
    const sha256 = digest('server.app.receive=recv');
    const result = run(`server.app.receive=${receive}`);
    expect(result.streams.map((s) => s.sha256)).toEqual(sha256);
    expect(result.streams.every((s) => s.complete)).toBe(true);
    expect(units(result, 'enter') + units(result, 'sqe')).toBe(0);
  });

  test('serves connections on several ports', () => {
    const ports = ['server.app.ports=[9001, 9002]', 'client.app.ports=[9001, 9002]', 'client.app.flows=6'];
    const { streams } = run(`server.app.receive=${receive}`, ...ports);
    expect(streams.map((s) => s.localPort).sort()).toEqual([9001, 9001, 9002, 9002, 9999, 9999]);
    expect(streams.every((s) => s.complete)).toBe(true);
  });

  test('serves more connections than it has threads', () => {
    const { streams } = run(`server.app.receive=${receive}`, 'client.app.flows=40', 'client.app.bytes=50kB');
    expect(streams.filter((s) => s.complete)).toHaveLength(40);
  });

  test('ends a connection that has brought enough', () => {
    const [stream] = run(`server.app.receive=${receive}`, 'server.app.stop_after=300kB').streams;
    expect(stream?.complete).toBe(false);
    expect(stream?.endNs).toBeGreaterThan(0);
    expect(stream?.bytes).toBeGreaterThanOrEqual(300_000);
  });
});

describe('provided buffers', () => {
  test.each(['multishot', 'pbuf', 'bundle', 'incremental'])('%s: five connections share them, and each gets its own bytes', (receive) => {
    const sets = ['client.app.flows=5', 'server.app.recv_bytes=3000'];
    expect(digest(`server.app.receive=${receive}`, ...sets).sort()).toEqual(digest('server.app.receive=recv', ...sets).sort());
  });

  test('a list takes a request for each buffer that comes back, a ring none', () => {
    const [list, ring] = [run('server.app.receive=pbuf'), run('server.app.receive=multishot')];
    const requests = list.streams[0]?.requests ?? 0;
    expect(units(list, 'sqe') - units(ring, 'sqe')).toBeGreaterThanOrEqual(requests);
    expect(units(ring, 'buf_provide')).toBe(0);
  });

  test('a bundle brings in one completion what takes many without', () => {
    const cqes = (receive: string) => run(`server.app.receive=${receive}`, 'server.app.recv_bytes=1000').streams[0]?.cqes ?? 0;
    expect(cqes('bundle') * 5).toBeLessThan(cqes('multishot'));
  });

  test('an incremental buffer is picked again until nothing of it is left', () => {
    const [stream] = run('server.app.receive=incremental', 'server.app.recv_bytes=1MiB').streams;
    expect(stream?.cqes).toBeGreaterThan(10);
    expect(stream?.complete).toBe(true);
  });
});

describe('receive: mmap', () => {
  const split = ['nic.mtu=4148', 'server.nic.header_split=on', 'server.app.receive=mmap'];
  const bytes = 1024 ** 2;
  const pools = (r: ReturnType<typeof run>, name: string) => r.server.pool.reduce((a, p) => a + (p[name] ?? 0), 0);

  test('payload of a page is mapped, the rest is copied, and every page is unmapped again', () => {
    const result = run(...split);
    const [stream] = result.streams;
    expect(stream?.sha256).toBe(digest('server.app.receive=recv')[0]);
    expect(stream?.complete).toBe(true);
    expect(stream?.zeroCopyBytes).toBeGreaterThan(bytes * 0.9);
    expect(units(result, 'map_page') * 4096).toBe(stream?.zeroCopyBytes);
    expect(units(result, 'unmap_page')).toBe(units(result, 'map_page'));
    expect(units(result, 'copy_kib')).toBe(stream?.copiedBytes);
  });

  test('a page that is mapped leaves its pool, and one that is copied from comes back to it', () => {
    const mapped = run(...split);
    // All but those of packets that were not yet read to their end when the application unmapped their beginning.
    expect(pools(mapped, 'released')).toBeGreaterThan(units(mapped, 'map_page') * 0.9);
    expect(pools(mapped, 'released')).toBeLessThanOrEqual(units(mapped, 'map_page'));
    expect(pools(run(...split, 'server.app.receive=read'), 'released')).toBe(0);
  });

  test.each([
    ['the header in the same page', ['server.nic.header_split=off']], ['segments that are no pages', ['nic.mtu=1500']],
  ])('with %s nothing can be mapped, and all is copied', (_, sets) => {
    const [stream] = run(...split, ...sets).streams;
    expect([stream?.complete, stream?.zeroCopyBytes, stream?.copiedBytes]).toEqual([true, 0, bytes]);
  });

  test('of jumbo frames the whole pages are mapped', () => {
    const [stream] = run(...split, 'nic.mtu=9000').streams;
    expect(stream?.complete).toBe(true);
    expect(stream?.zeroCopyBytes).toBeGreaterThan(bytes / 2);
    expect(stream?.copiedBytes).toBeGreaterThan(bytes / 20);
  });

  test('where the NIC merges segments, pages are full whatever the MTU', () => {
    const [stream] = run(...split, 'nic.mtu=1500', 'server.nic.rx_gro_hw=on').streams;
    expect(stream?.complete).toBe(true);
    expect(stream?.zeroCopyBytes).toBeGreaterThan(bytes * 0.8);
  });

  test.each(['reuse', 'munmap'])('pages are let go by %s', (unmap) => {
    const result = run(...split, `server.app.unmap=${unmap}`);
    expect(result.streams[0]?.complete).toBe(true);
    expect(units(result, 'unmap_page')).toBe(units(result, 'map_page'));
  });

  test('with a buffer for the rest a call maps and copies, and none has to read', () => {
    const jumbo = [...split, 'nic.mtu=9000'];
    const [with_buffer, without] = [run(...jumbo, 'server.app.copybuf_bytes=8KiB'), run(...jumbo)];
    expect(with_buffer.streams[0]?.sha256).toBe(without.streams[0]?.sha256);
    expect(units(with_buffer, 'syscall')).toBeLessThan(units(without, 'syscall'));
  });
});

describe('requests of a size', () => {
  test.each(['read', 'epoll', 'recv'])('%s with waitall: each brings all its bytes but the last', (receive) => {
    const [stream] = run(`server.app.receive=${receive}`, 'server.app.waitall=on', 'server.app.recv_bytes=10000').streams;
    expect(stream?.requests).toBe(Math.ceil(1024 ** 2 / 10_000));
  });

  test('RECV_ZC: a request ends with its last byte, and the next one begins there', () => {
    const zc = ['server.app.receive=zc', 'server.nic.rules=[{dst_port: 9999, queue: 0}]', 'server.app.recv_bytes=100000'];
    const [stream] = run(...zc).streams;
    expect(stream?.requests).toBe(10);
    expect([stream?.complete, stream?.zeroCopyBytes]).toEqual([true, 1024 ** 2]);
  });

  test('multishot: no completion brings more than a buffer of the size', () => {
    const [stream] = run('server.app.recv_bytes=1000').streams;
    expect(stream?.requests).toBeGreaterThanOrEqual(1049);
    expect(stream?.complete).toBe(true);
  });

  test('MSG_WAITALL is refused where the kernel refuses it', () => {
    expect(() => run('server.app.waitall=on')).toThrow(/MSG_WAITALL/);
  });
});
