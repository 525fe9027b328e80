/** An rpc client against an echo server: what it sends, what it proves, and what it says when an answer does not come. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario } from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const text = readFileSync(new URL('../../scenarios/rpc.yaml', import.meta.url), 'utf8');
const run = (...sets: string[]) => runScenario(core, loadScenario(text, 'scenarios/rpc.yaml', { sets })).result;

describe('an rpc client', () => {
  test('gets back what it sent: its digest and that of the echo server are the same for each connection', () => {
    const { streams } = run();
    const [answers, requests] = [streams.slice(0, 4), streams.slice(4)];
    expect(answers.map((s) => s.sha256).sort()).toEqual(requests.map((s) => s.sha256).sort());
    expect(new Set(answers.map((s) => s.sha256)).size).toBe(4);
  });

  test.each([
    ['a last request that is shorter', ['client.app.bytes=100001']],
    ['requests that take several sends', ['client.app.chunk=1MiB', 'client.app.bytes=3000001', 'client.app.depth=1']],
    ['pauses between answer and request', ['client.app.gap_ns=50us', 'client.app.bytes=100kB']],
    ['as many requests in flight as there are', ['client.app.depth=64']],
    ['no request at all', ['client.app.bytes=0']],
    ['a receive buffer of few bytes at the server', ['server.app.chunk=100']],
  ])('manages %s', (_, sets) => {
    const { streams } = run(...sets);
    const bytes = streams.map((s) => s.bytes);
    expect(streams.every((s) => s.complete)).toBe(true);
    expect(new Set(bytes).size).toBe(1);
  });

  test('has no more requests without an answer than app.depth', () => {
    const slow = ['wire.delay_ns=1ms', 'client.app.flows=1', 'client.app.bytes=80KiB', 'client.app.chunk=8KiB'];
    const [one, four] = [run(...slow, 'client.app.depth=1'), run(...slow, 'client.app.depth=4')];
    const took = (r: typeof one) => (r.streams[0]?.endNs ?? 0) - (r.streams[0]?.startNs ?? 0);
    // Ten round trips of 2 ms, or three.
    expect(took(one)).toBeGreaterThan(20_000_000);
    expect(took(four)).toBeLessThan(16_000_000);
  });

  test('is not complete when the server answers nothing, or ends in the middle', () => {
    const client = (r: ReturnType<typeof run>) => r.streams.slice(0, 4);
    expect(client(run('server.app.role=sink', 'server.app.receive=recv')).some((s) => s.complete)).toBe(false);
    const ended = client(run('server.app.role=sink', 'server.app.receive=recv', 'server.app.stop_after=8KiB'));
    expect(ended.some((s) => s.complete)).toBe(false);
  });
});

test.each(['6.12', '6.18', '7.3'])('Linux %s: applications know whose bytes they have, with a command for the name or not', (profile) => {
  const { streams } = run(`kernel.profile=${profile}`);
  expect(streams.slice(4).map((s) => s.peerPort).sort()).toEqual([10000, 10001, 10002, 10003]);
  expect(streams.every((s) => s.complete)).toBe(true);
});
