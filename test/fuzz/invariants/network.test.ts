/** Each invariant of wire, NAPI, TCP and sockets is broken by records that break it, and not by those beside them that are right. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import {
  CORE_STATE, type CoreExports, Engine, KIND, readField, Recycler, scenarioOf, SOCK, SOCKET_ADDR, SOCKET_STATE, STATE_ADDR, TraceBatch,
  worldOf,
} from '../../../sim/host/index.ts';
import { caseOf, type FuzzCase, GENERATORS, type Invariant, undetermined, Violation, Watch } from '../../../sim/fuzz/index.ts';
import { NETWORK } from '../../../sim/fuzz/invariants/network.ts';
import { DROPS } from '../../../sim/schema/drops.ts';
import { EDIT_OP } from '../../../sim/schema/edits.ts';

let core: WebAssembly.Module;
let engine: Engine;
const hosts = { client: { app: { role: 'source', bytes: 1000 } }, server: { app: { role: 'sink' } } };
const scenario = scenarioOf({ run: { verify: true }, hosts }, 'network');
beforeAll(() => {
  core = new WebAssembly.Module(readFileSync('build/core.fuzz.wasm'));
  engine = new Engine(core, worldOf(scenario));
});

/** [event, a, b, c, packet, milliseconds] */
type Row = readonly [string, number?, number?, number?, number?, number?];
const batchOf = (rows: readonly Row[]): TraceBatch => {
  const words = new Uint32Array(rows.length * 8);
  rows.forEach(([name, a = 0, b = 0, c = 0, pkt = 0, ms = 0], i) => {
    const ns = ms * 1e6;
    words.set([ns >>> 0, Math.floor(ns / 2 ** 32), KIND[name] as number, pkt, 0xffffffff, a, b, c], i * 8);
  });
  return new TraceBatch(words.buffer, 0, words.byteLength);
};

const byId = (id: string): Invariant => NETWORK.find((i) => i.id === id) as Invariant;
/** The name of what breaks, or nothing. */
function broken(id: string, rows: readonly Row[], look?: Engine, of = scenario): string | undefined {
  const watch = new Watch(of, [byId(id)]);
  try {
    watch.see(batchOf(rows));
    if (look) watch.rest(look);
    return undefined;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return error.invariant;
  }
}
const holds = (id: string, rows: readonly Row[]) => expect(broken(id, rows)).toBeUndefined();
const breaks = (id: string, rows: readonly Row[]) => expect(broken(id, rows)).toContain(`${id} `);

const [ACK, RST, FIN, SYN] = [16, 4, 1, 2];
const [HOLD_SOFTIRQ = 0, STALL = 0] = [EDIT_OP.hold_softirq, EDIT_OP.stall];
const OPEN: Row = ['tcp_state', 1, 7, 2];
const scaled = (scale: number) => (scale + 1) * 65536;

test('W1 a frame arrives once, and only if it was sent', () => {
  const sent: Row = ['wire_send', 60, 0, 0, 7];
  const arrives: Row = ['wire_arrive', 60, 0, 0, 7];
  holds('W1', [sent, arrives]);
  holds('W1', [sent, ['wire_fault', 2, 8, 0, 7], arrives, ['wire_arrive', 60, 0, 0, 8]]);
  breaks('W1', [arrives]);
  breaks('W1', [sent, arrives, arrives]);
  breaks('W1', [sent, ['drop', 1, 1, 60, 7], arrives]);
});

test('N1 a poll keeps to its budget', () => {
  holds('N1', [['napi_poll', 0, 64, 64]]);
  breaks('N1', [['napi_poll', 0, 65, 64]]);
});

test('N2 GRO joins what follows, below 64 KiB', () => {
  const two = (seq: number): Row[] => [
    ['wire_arrive', 1066, 1000, 0, 1], ['nic_dma', 0, 66, 1000, 1], ['wire_arrive', 1066, seq, 0, 2], ['nic_dma', 0, 66, 1000, 2],
  ];
  holds('N2', [...two(2000), ['gro_merge', 1, 2, 2052, 2]]);
  breaks('N2', [...two(2001), ['gro_merge', 1, 2, 2052, 2]]);
  breaks('N2', [...two(2000), ['gro_merge', 1, 2, 65536, 2]]);
});

test('N3 a corrupted segment reaches no socket', () => {
  holds('N3', [['wire_fault', 3, 100, 0, 5], ['tcp_rx', 1, 0, 0, 5]]);
  breaks('N3', [['wire_fault', 3, 400, 0, 5], ['tcp_rx', 1, 0, 0, 5]]);
  breaks('N3', [['wire_fault', 3, 400, 0, 5], ['gro_merge', 1, 2, 3000, 5]]);
});

test('T1 bytes are queued in order, each once, and acknowledged when they have come', () => {
  const first: Row = ['sock_queue', 1, 0xffff_ff00, 512];
  holds('T1', [OPEN, first, ['sock_queue', 1, 0x80, 256], ['tcp_tx', 1, 0, 0], ['tcp_said', 0x180, 0, ACK]]);
  breaks('T1', [OPEN, first, ['sock_queue', 1, 0x101, 10]]);
  breaks('T1', [OPEN, first, ['sock_queue', 1, 0x80, 0x80]]);
  breaks('T1', [OPEN, first, ['tcp_tx', 1, 0, 0], ['tcp_said', 0x101, 0, ACK]]);
  breaks('T1', [OPEN, first, ['tcp_tx', 1, 0, 0], ['tcp_said', 0x100, 0, ACK], ['tcp_tx', 1, 0, 0], ['tcp_said', 0xff, 0, ACK]]);
});

test('T1 the stream begins where the handshake has it', () => {
  const shake: Row[] = [OPEN, ['tcp_rx', 1, 499, 0], ['tcp_heard', 100, 1000, SYN | ACK], ['tcp_state', 1, 2, 1]];
  holds('T1', [...shake, ['sock_queue', 1, 480, 40]]);
  breaks('T1', [...shake, ['sock_queue', 1, 501, 40]]);
  breaks('T2', [...shake, ['sock_queue', 1, 480, 40], ['sock_read', 1, 21]]);
  const child: Row[] = [
    ['tcp_tx', 0x8000_0000, 499, 0], ['tcp_said', 100, 1000, SYN | ACK],
    ['tcp_state', 1, 7, 3], ['tcp_rx', 1, 90, 20], ['tcp_heard', 500, 250, ACK],
  ];
  holds('T2', [...child, ['sock_queue', 1, 90, 20], ['sock_read', 1, 10]]);
  breaks('T2', [...child, ['sock_queue', 1, 90, 20], ['sock_read', 1, 11]]);
});

test('T1 a SYN cookie is good up to three bytes later', () => {
  const child = (seq: number): Row[] => [
    ['tcp_tx', 0x8000_0000, 499, 0], ['tcp_said', 100, 1000, SYN | ACK],
    ['tcp_state', 1, 7, 3], ['tcp_rx', 1, seq, 20], ['tcp_heard', 500, 250, ACK],
  ];
  holds('T1', [...child(103), ['sock_queue', 1, 103, 20]]);
  breaks('T1', [...child(104), ['sock_queue', 1, 104, 20]]);
  // No cookie: the first segments changed places.
  holds('T1', [...child(104), ['sock_queue', 1, 100, 4], ['sock_queue', 1, 104, 20]]);
});

test('T2 no more is read than has come', () => {
  holds('T2', [OPEN, ['sock_queue', 1, 100, 50], ['sock_queue', 1, 120, 60], ['sock_read', 1, 80]]);
  breaks('T2', [OPEN, ['sock_queue', 1, 100, 50], ['sock_queue', 1, 120, 60], ['sock_read', 1, 81]]);
});

test('T3 a window edge stays, and nobody sends beyond it', () => {
  /** Socket 1 opens a connection to socket 2, with a scale of 2 on both sides. */
  const shake: Row[] = [
    OPEN, ['tcp_tx', 1, 99, 0, 1], ['tcp_said', 0, 1000, SYN | scaled(2), 1],
    ['tcp_tx', 0x8000_0000, 499, 0, 2], ['tcp_said', 100, 1000, SYN | ACK | scaled(2), 2],
    ['tcp_rx', 1, 499, 0, 2], ['tcp_heard', 100, 1000, SYN | ACK | scaled(2), 2], ['tcp_state', 1, 2, 1],
    ['tcp_tx', 1, 100, 0, 3], ['tcp_said', 500, 250, ACK, 3],
    ['tcp_state', 2, 7, 3], ['tcp_rx', 2, 100, 0, 3], ['tcp_heard', 500, 250, ACK, 3],
  ];
  const says = (sock: number, seq: number, len: number, ack: number, window: number): Row[] =>
    [['tcp_tx', sock, seq, len, 4], ['tcp_said', ack, window, ACK, 4]];
  holds('T3', [...shake, ...says(2, 500, 1000, 100, 250), ...says(2, 1500, 0, 101, 250)]);
  breaks('T3', [...shake, ...says(2, 500, 1001, 100, 250)]);
  breaks('T3', [...shake, ...says(2, 500, 0, 100, 250), ...says(2, 500, 0, 101, 249)]);
  holds('T3', [...shake, ...says(2, 500, 0, 100, 250), ...says(2, 500, 0, 101, 0)]);
  // A SYN-ACK without a scale that the client drops (RFC 9293 section 3.10.7.3) is not what it goes by.
  const forged: Row[] = [OPEN, ...shake.slice(1, 5), ['tcp_rx', 1, 0, 0, 9], ['tcp_heard', 7, 1000, SYN | ACK, 9], ...shake.slice(5)];
  holds('T3', [...forged, ...says(2, 500, 1000, 100, 250)]);
  breaks('T3', [...forged, ...says(2, 500, 1001, 100, 250)]);
});

test('T4 sequence space', () => {
  const sent: Row[] = [OPEN, ['tcp_tx', 1, 100, 50], ['tcp_said', 0, 0, ACK]];
  holds('T4', [...sent, ['tcp_tx', 1, 150, 50], ['tcp_said', 0, 0, ACK], ['tcp_ack', 1, 150, 50], ['tcp_retransmit', 1, 150, 50]]);
  breaks('T4', [...sent, ['tcp_tx', 1, 151, 50], ['tcp_said', 0, 0, ACK]]);
  breaks('T4', [...sent, ['tcp_ack', 1, 151, 51]]);
  breaks('T4', [...sent, ['tcp_ack', 1, 140, 40], ['tcp_ack', 1, 130, 10]]);
  breaks('T4', [...sent, ['tcp_ack', 1, 140, 40], ['tcp_retransmit', 1, 100, 50]]);
});

test('T5 states are those of RFC 9293', () => {
  holds('T5', [OPEN, ['tcp_state', 1, 2, 1], ['tcp_state', 1, 1, 8], ['tcp_state', 1, 8, 9], ['tcp_state', 1, 9, 7]]);
  breaks('T5', [OPEN, ['tcp_state', 1, 2, 8]]);
  breaks('T5', [OPEN, ['tcp_state', 1, 1, 8]]);
});

test('T6 a RST must be exact', () => {
  const live: Row[] = [OPEN, ['tcp_state', 1, 2, 1], ['sock_queue', 1, 100, 50], ['tcp_ooo', 1, 200, 50]];
  const reset = (seq: number): Row[] => [['tcp_rx', 1, seq, 0], ['tcp_heard', 0, 0, RST], ['tcp_state', 1, 1, 7]];
  holds('T6', [...live, ...reset(150)]);
  holds('T6', [...live, ...reset(250)]);
  breaks('T6', [...live, ...reset(170)]);
});

test('T7 timeouts double while nothing is heard', () => {
  const fires = (timer: number, ...at: readonly number[]): Row[] => at.map((ms): Row => ['tcp_timer', 1, timer, 0, 0, ms]);
  const live: Row[] = [OPEN, ['tcp_state', 1, 2, 1]];
  holds('T7', [...live, ...fires(1, 200, 600, 1400)]);
  breaks('T7', [...live, ...fires(1, 200, 600, 1000)]);
  breaks('T7', [...live, ...fires(3, 200, 400, 600)]);
  holds('T7', [...live, ...fires(1, 200, 600), ['tcp_rx', 1, 0, 0, 0, 700], ...fires(1, 1000)]);
  // Each answer that does not open the window arms the next probe anew.
  const shut = (ms: number): Row[] => [['tcp_rx', 1, 0, 0, 0, ms], ['tcp_heard', 0, 0, ACK, 0, ms]];
  holds('T7', [...live, ...fires(3, 200), ...shut(260), ...fires(3, 660, 1460)]);
  breaks('T7', [...live, ...fires(3, 200), ...shut(260), ...fires(3, 460), ...shut(520), ...fires(3, 720)]);
  // A softirq that was held for 300 ms made the second one late; those behind it count again. Nothing else that is done by hand matters.
  const held: Row = ['edit', HOLD_SOFTIRQ, 0, 300e6, 0, 500];
  holds('T7', [...live, ...fires(1, 200), held, ...fires(1, 801, 1300)]);
  breaks('T7', [...live, ...fires(1, 200), held, ...fires(1, 804, 1400, 1700)]);
  breaks('T7', [...live, ['edit', STALL, 0, 300e6, 0, 100], ...fires(3, 200, 400, 600)]);
});

test('T8 bytes are acknowledged in half a second', () => {
  expect(broken('T8', [OPEN, ['sock_queue', 1, 100, 50]], engine)).toBeUndefined();
  const late = { clockNs: () => 600e6, bytes: new Uint8Array() } as Engine;
  expect(broken('T8', [OPEN, ['sock_queue', 1, 100, 50]], late)).toContain('T8');
  expect(broken('T8', [OPEN, ['sock_queue', 1, 100, 50], ['tcp_tx', 1, 0, 0], ['tcp_said', 150, 0, ACK]], late)).toBeUndefined();
  // A run without run.verify does not say what its headers say.
  const silent = scenarioOf({ run: { verify: false }, hosts }, 'silent');
  expect(broken('T8', [OPEN, ['sock_queue', 1, 100, 50]], late, silent)).toBeUndefined();
});

test('T9 the congestion window has room for a packet', () => {
  holds('T9', [['tcp_cwnd', 1, 1, 2]]);
  breaks('T9', [['tcp_cwnd', 1, 0, 2]]);
  breaks('T9', [['tcp_cwnd', 1, 0xffff_ffff, 2]]);
});

test('T10 who leaves data unread says RST', () => {
  const life = (bits: number): Row[] => [
    OPEN, ['tcp_state', 1, 2, 1], ['sock_queue', 1, 100, 50], ['sock_read', 1, 20], ['tcp_tx', 1, 0, 0], ['tcp_said', 150, 0, ACK | bits],
    ['tcp_state', 1, 8, 9], ['tcp_state', 1, 9, 7], OPEN,
  ];
  breaks('T10', life(FIN));
  holds('T10', life(FIN | RST));
  // Sooner: while the closed socket still waits for the ACK of its FIN.
  const world = new Engine(core, worldOf(scenario));
  world.run(1e9, { max_events: 40 });
  const sock = readField(world.view, SOCKET_ADDR, SOCKET_STATE.sock_base);
  const said = (rest: number): Row[] =>
    [['tcp_state', 0, 7, 2], ['sock_queue', 0, 100, 50], ['sock_read', 0, 50 - rest], ['tcp_tx', 0, 0, 0], ['tcp_said', 150, 0, ACK | FIN]];
  world.view.setUint8(sock + SOCK.state.at, 4);
  expect(broken('T10', said(20), world)).toBeUndefined();
  world.view.setUint32(sock + SOCK.flags.at, readField(world.view, sock, SOCK.flags) | 1, true);
  expect(broken('T10', said(20), world)).toContain('T10');
  expect(broken('T10', said(0), world)).toBeUndefined();
});

test('T11 a segment is too old only behind one that was sent later', () => {
  const paws = DROPS.findIndex(([name]) => name === 'TCP_RFC7323_PAWS');
  const sent: Row[] = [OPEN, ['tcp_tx', 2, 100, 50, 7, 1], ['tcp_tx', 2, 150, 50, 8, 5], ['tcp_tx', 2, 100, 50, 9, 9]];
  const heard = (seq: number, pkt: number): Row[] => [['tcp_rx', 1, seq, 50, pkt, 20], ['tcp_heard', 0, 0, ACK, pkt]];
  const queued: Row = ['sock_queue', 1, 50, 50];
  const refused = (pkt: number): Row => ['drop', paws, 4, 50, pkt, 20];
  // The second overtook the first: it lies behind a hole, so its timestamp does not count.
  breaks('T11', [...sent, queued, ...heard(50, 1), ...heard(150, 8), ...heard(100, 7), refused(7)]);
  breaks('T11', [...sent, ...heard(50, 1), queued, ...heard(100, 7), refused(7)]);
  // What was sent again came first.
  holds('T11', [...sent, ...heard(50, 1), queued, ...heard(100, 9), ['sock_queue', 1, 100, 50], ...heard(100, 7), refused(7)]);
  holds('T11', [...sent, ...heard(50, 1), ...heard(100, 7), ['drop', paws + 1, 4, 50, 7, 20]]);
  holds('T11', [...sent, ['edit', EDIT_OP['forge_tsval'] as number], ...heard(50, 1), ...heard(100, 7), refused(7)]);
  // The first that is heard behind the handshake is forged, far before the window: the stream does not begin there.
  const forged: Row[] = [...sent, ['tcp_rx', 1, 99, 0, 7, 20], ['tcp_heard', 0, 0, SYN, 7], ...heard(0xc000_0000, 1)];
  holds('T11', [...forged, ...heard(100, 9), ...heard(100, 8), refused(8)]);
  breaks('T11', [...forged, ...heard(100, 8), refused(8)]);
});

test('T12 a FIN that was sent with data is sent again with it', () => {
  const sent = (seq: number, len: number, bits = 0): Row[] => [['tcp_tx', 1, seq, len], ['tcp_said', 0, 0, ACK | bits]];
  holds('T12', [OPEN, ...sent(100, 50, FIN), ...sent(100, 20), ...sent(120, 30, FIN), ...sent(150, 0)]);
  breaks('T12', [OPEN, ...sent(100, 50, FIN), ...sent(120, 30)]);
  breaks('T12', [OPEN, ...sent(100, 50, FIN), ...sent(150, 1)]);
  // One that has a packet of its own.
  holds('T12', [OPEN, ...sent(100, 50), ...sent(150, 0, FIN), ...sent(100, 50)]);
});

test('T13 a FIN waits until all before it has come', () => {
  const shake: Row[] = [OPEN, ['tcp_rx', 1, 499, 0], ['tcp_heard', 100, 1000, SYN | ACK], ['tcp_state', 1, 2, 1]];
  const hears = (seq: number, len: number, bits: number): Row[] => [['tcp_rx', 1, seq, len], ['tcp_heard', 100, 1000, bits]];
  const closes: Row = ['tcp_state', 1, 1, 8];
  holds('T13', [...shake, ...hears(510, 5, FIN), ...hears(500, 10, 0), ['sock_queue', 1, 500, 10], ['sock_queue', 1, 510, 5], closes]);
  breaks('T13', [...shake, ...hears(510, 5, FIN), closes]);
  breaks('T13', [...shake, ...hears(510, 5, FIN), ...hears(500, 10, 0), ['sock_queue', 1, 500, 10], closes]);
});

test('K1 and K2 see what a socket counts wrong, and a timer of one that has ended', () => {
  const world = new Engine(core, worldOf(scenario));
  world.run(1e9, { max_events: 40 });
  const sock = readField(world.view, SOCKET_ADDR, SOCKET_STATE.sock_base);
  expect([broken('K1', [], world), broken('K2', [], world)]).toEqual([undefined, undefined]);
  world.view.setUint32(sock + SOCK.wmem_queued.at, readField(world.view, sock, SOCK.wmem_queued) + 1, true);
  expect(broken('K1', [], world)).toContain('K1');
  world.view.setUint32(sock + SOCK.keepalive_timer0.at, 1, true);
  world.view.setUint8(sock + SOCK.state.at, 7);
  expect(broken('K2', [], world)).toContain('K2');
});

const worlds = GENERATORS.filter((g) => g.name.startsWith('worlds')).flatMap((g) => [1, 2, 3].map((seed) => caseOf(g, seed)));

test('a case is the same again, and from a snapshot on', () => {
  const cores = new Recycler(core);
  for (const [i, c] of worlds.entries()) expect(undetermined(cores, c, (i * 397) % 1024)).toBeUndefined();
});

test('D1 sees one bit of the state that is another in the second run, or behind the snapshot', () => {
  // The call of run() from which on the generator of the wire's dice draws otherwise.
  const flippedAt = (nth: number) => {
    const cores = new Recycler(core);
    let calls = 0;
    const flipped = (exports: CoreExports): CoreExports => ({
      ...exports,
      run: (until, events) => {
        const view = new DataView(exports.memory.buffer);
        const dice = readField(view, STATE_ADDR, CORE_STATE.prng_base);
        if (calls++ === nth) view.setUint8(dice, view.getUint8(dice) ^ 1);
        return exports.run(until, events);
      },
    });
    const c = worlds[0] as FuzzCase;
    const found = undetermined({ fresh: () => flipped(cores.fresh()) }, c, 512);
    return { found, calls };
  };
  const { found, calls } = flippedAt(-1);
  expect(found).toBeUndefined();
  expect(flippedAt(Math.floor(calls / 2)).found?.text).toContain('a second run');
  expect(flippedAt(calls - 1).found?.text).toContain('from a snapshot');
});
