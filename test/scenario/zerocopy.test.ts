/** MSG_ZEROCOPY over a NIC: the device reads user memory when it sends, and its owner is told when nobody needs it any more. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, Engine } from '../../sim/host/engine.ts';
import { loadScenario } from '../../sim/host/load_scenario.ts';

const CALL = {
  socket: 0, bind: 1, listen: 2, accept: 3, connect: 4, recv: 6, poll: 9, setsockopt: 10, sendMessage: 20, recvError: 21,
} as const;
const CLIENT = 0;
const SERVER = 1;
const MSG_ZEROCOPY = 0x4000000;
const MSG_DONTWAIT = 0x40;
const EAGAIN = -11;
const POLLERR = 8;
const BYTES = 60_000;
const MS = 1_000_000n;

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});

const worldText = (nic: string, wire: string): string => `
about: two hosts whose sockets a test uses
run: { until_ns: 1h, trace: off, payload: on, verify: on }
limits: { user_bytes: 4MiB, socks: 16 }
${wire}
nic: { ${nic} }
hosts: { client: { app: { role: none }, socket: { sndbuf: 1MiB } }, server: { app: { role: none } } }
`;

class World {
  readonly engine: Engine;
  readonly memory: number;
  private readonly argument: number;
  private at = 0n;
  client = -1;
  server = -1;

  constructor(nic: string, wire: string) {
    const scenario = loadScenario(worldText(nic, wire), 'zerocopy', {});
    this.engine = new Engine(core, { block: scenario.block, seed: scenario.run['run.seed'] }, {});
    this.argument = this.engine.core.callArgument();
    this.memory = this.engine.core.userAlloc(CLIENT, 2 * 1024 ** 2);
  }
  call(host: number, call: number, what: number, a = 0, b = 0, c = 0): number {
    return this.engine.guard(() => this.engine.core.socketCall(host, call, what, a, b, c));
  }
  give(bytes: readonly number[]): void {
    this.engine.bytes.fill(0, this.argument, this.argument + 16);
    this.engine.bytes.set(bytes, this.argument);
  }
  /** Lets so many milliseconds pass. */
  pass(ms: number): void {
    this.at += BigInt(ms) * MS;
    this.engine.guard(() => this.engine.core.advance(this.at, 10_000_000));
    this.engine.drain();
  }
  connect(): void {
    const listener = this.call(SERVER, CALL.socket, SERVER, 4);
    this.give([]);
    expect(this.call(SERVER, CALL.bind, listener, 80)).toBe(0);
    expect(this.call(SERVER, CALL.listen, listener, 8)).toBe(0);
    this.client = this.call(CLIENT, CALL.socket, CLIENT, 4);
    this.give([10, 0, 0, 2]);
    this.call(CLIENT, CALL.connect, this.client, 80);
    this.pass(5000);
    this.server = this.call(SERVER, CALL.accept, listener);
    expect(this.server).toBeGreaterThanOrEqual(0);
    this.give([1]);
    expect(this.call(CLIENT, CALL.setsockopt, this.client, 1, 60, 4)).toBe(0);
  }
  send(from: number, length: number): number {
    const { view } = this.engine;
    const at = this.memory + 2 * 1024 ** 2 - 128;
    for (let i = 0; i < 64; i += 4) view.setUint32(at + i, 0, true);
    view.setUint32(at, at + 64, true);
    view.setUint32(at + 4, 1, true);
    view.setUint32(at + 8, MSG_ZEROCOPY | MSG_DONTWAIT, true);
    view.setBigUint64(at + 64, BigInt(from), true);
    view.setBigUint64(at + 72, BigInt(length), true);
    return this.call(CLIENT, CALL.sendMessage, this.client, at);
  }
  receive(length: number): Uint8Array {
    const to = this.memory + 1024 ** 2;
    let got = 0;
    for (let n = 1; n > 0 && got < length;) {
      n = this.call(SERVER, CALL.recv, this.server, to + got, length - got, 0);
      if (n > 0) got += n;
    }
    return this.engine.bytes.slice(to, to + got);
  }
  /** First number, last number and code of the next notification; undefined: there is none. */
  told(): readonly [number, number, number] | undefined {
    const result = this.call(CLIENT, CALL.recvError, this.client, this.memory, 0);
    if (result === EAGAIN) return undefined;
    const { view } = this.engine;
    return [view.getUint32(this.argument + 40, true), view.getUint32(this.argument + 44, true), view.getUint8(this.argument + 38)];
  }
}

const stream = (seed: number): Uint8Array => Uint8Array.from({ length: BYTES }, (_, i) => (i * seed + (i >> 8)) & 255);

describe('MSG_ZEROCOPY', () => {
  const nics = { 'a NIC that cuts packets': 'tso: on', 'a driver that cuts packets': 'tso: off', 'jumbo frames': 'mtu: 9000' };
  for (const [name, nic] of Object.entries(nics)) {
    test(`${name}: bytes arrive, and nothing was copied`, () => {
      const w = new World(nic, '');
      w.connect();
      const sent = stream(7);
      const from = w.memory + 777;
      w.engine.bytes.set(sent, from);
      expect(w.send(from, BYTES)).toBe(BYTES);
      expect(w.told()).toBeUndefined();
      w.pass(1000);
      expect(w.call(CLIENT, CALL.poll, w.client) & POLLERR).toBe(POLLERR);
      expect(w.told()).toEqual([0, 0, 0]);
      expect(w.call(CLIENT, CALL.poll, w.client) & POLLERR).toBe(0);
      // The memory is its owner's again: what is on its way to the reader is no longer there.
      w.engine.bytes.fill(0, from, from + BYTES);
      expect(w.receive(BYTES)).toEqual(sent);
    });
  }

  test('lost and doubled frames: what arrives is what was lent, whatever comes into its place afterwards', () => {
    const w = new World('tso: on', 'wire: { loss_ppm: 60000, duplicate_ppm: 60000, reorder_ppm: 60000, delay_ns: 2ms }');
    w.connect();
    const from = w.memory + 4096;
    for (let round = 0; round < 5; round++) {
      const sent = stream(round * 2 + 3);
      w.engine.bytes.set(sent, from);
      expect(w.send(from, BYTES)).toBe(BYTES);
      let told = w.told();
      const got: number[] = [];
      for (let ms = 0; ms < 20_000 && !told; ms++) {
        w.pass(1);
        told = w.told();
        got.push(...w.receive(BYTES - got.length));
      }
      expect(told).toEqual([round, round, 0]);
      w.engine.bytes.fill(0xee, from, from + BYTES);
      expect(Uint8Array.from([...got, ...w.receive(BYTES - got.length)])).toEqual(sent);
    }
  });

  test('a tun device copies, and says so', () => {
    const w = new World('tun: on, rx_queues: 1, tx_queues: 1, header_split: off', '');
    w.connect();
    const sent = stream(5);
    w.engine.bytes.set(sent, w.memory);
    expect(w.send(w.memory, BYTES)).toBe(BYTES);
    w.pass(1000);
    expect(w.told()).toEqual([0, 0, 1]);
    expect(w.receive(BYTES)).toEqual(sent);
  });
});
