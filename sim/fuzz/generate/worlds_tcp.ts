/** Worlds for TCP: few connections over a wire that loses, reorders, doubles and corrupts, with little memory at both ends. */
import fc from 'fast-check';
import type { Plain } from '../../host/index.ts';
import type { FuzzCase } from '../case.ts';
import type { Edit } from '../../lab/index.ts';
import type { Generator } from './form.ts';
import { editsUntil } from './worlds/disturb.ts';
import { SMALL_LIMITS, SMALL_RUN } from './sizes.ts';

const KIB = 1024;

/** Mostly off: a run in which everything is on looks like any other. */
const rarely = (...values: readonly number[]) => fc.constantFrom(0, 0, 0, ...values);

const wire = fc.record({
  loss_ppm: rarely(1000, 20_000, 100_000), reorder_ppm: rarely(10_000, 200_000),
  reorder_delay_ns: fc.constantFrom(20_000, 200_000, 5_000_000),
  duplicate_ppm: rarely(10_000, 200_000), corrupt_ppm: rarely(5000, 100_000), jitter_ns: rarely(1000, 100_000),
  delay_ns: fc.constantFrom(1000, 10_000, 1_000_000, 30_000_000), rate_bps: fc.constantFrom(10_000_000, 1_000_000_000, 25_000_000_000),
  queue_packets: fc.constantFrom(1, 3, 1000, 1000),
});
const nic = fc.record({
  mtu: fc.constantFrom(1280, 1500, 1500, 9000), tso: fc.boolean(), header_split: fc.boolean(),
  rx_gro_hw: fc.constantFrom(false, false, true),
  rx_checksum: fc.constantFrom(true, true, false), rx_copybreak: fc.constantFrom(0, 0, 256),
  pack_buffers: fc.constantFrom(false, false, true),
  rx_usecs: fc.constantFrom(0, 8, 100), qdisc: fc.constantFrom('pfifo', 'pfifo', 'fq'),
});
const tcp = fc.record({
  family: fc.constantFrom('ipv4', 'ipv4', 'ipv6'), congestion_control: fc.constantFrom('cubic', 'reno'),
  sack: fc.constantFrom(true, true, false),
  timestamps: fc.constantFrom(true, true, false), window_scaling: fc.constantFrom(true, true, true, false),
  init_cwnd: fc.constantFrom(1, 2, 10, 10), ecn: fc.constantFrom(2, 2, 1, 3), mtu_probing: fc.constantFrom('off', 'off', 'on'),
  shrink_window: fc.constantFrom(false, false, false, true), early_retrans: fc.constantFrom(3, 3, 0), frto: fc.constantFrom(2, 2, 0),
  rto_min_ns: fc.constantFrom(200_000_000, 200_000_000, 5_000_000), slow_start_after_idle: fc.boolean(),
});
const socket = fc.record({
  rcvbuf: fc.constantFrom(0, 0, 2304, 8 * KIB, 20_000, 64 * KIB), sndbuf: fc.constantFrom(0, 0, 4608, 32 * KIB), nodelay: fc.boolean(),
});
const sink = fc.record({
  receive: fc.constantFrom('zc', 'zc', 'recv', 'multishot', 'read', 'epoll', 'bundle'),
  // Seconds: long enough for several probes of a window that is closed.
  work_ns: rarely(1000, 1_000_000, 50_000_000, 3_000_000_000),
  stop_after: rarely(1, 20_000), recv_bytes: fc.constantFrom(0, 0, 0, 500, 4096),
});
const source = fc.record({
  bytes: fc.constantFrom(1, 100, 1448, 20 * KIB, 20 * KIB, 64 * KIB), chunk: fc.constantFrom(700, 4096, 65_536),
  flows: fc.constantFrom(1, 1, 1, 2, 4), depth: fc.constantFrom(1, 1, 4), gap_ns: rarely(10_000, 300_000_000),
  send: fc.constantFrom('send', 'send', 'write', 'zc', 'msg_zerocopy'),
});
/** By their order among the connections that there are. */
const nth = fc.integer({ min: -4, max: -1 });
/** Faults by hand, of what may be hit without knowing the run. */
const edit = fc.record({
  at: fc.integer({ min: 10, max: 1000 }), host: fc.nat(1),
  what: fc.oneof(
    fc.record({ fault: fc.constant('close_window'), args: fc.tuple(nth) }),
    fc.record({ fault: fc.constant('reset'), args: fc.tuple(nth) }),
    fc.record({ fault: fc.constant('forge_rst'), args: fc.tuple(nth, fc.constantFrom(-1, 0, 1, 100, 1448, 10_000)) }),
    fc.record({ fault: fc.constant('stall'), args: fc.tuple(fc.constant(0), fc.constantFrom(100_000, 10_000_000, 2_000_000_000)) }),
    fc.record({ fault: fc.constant('hold_softirq'), args: fc.tuple(fc.nat(1), fc.constantFrom(10_000, 1_000_000, 400_000_000)) }),
  ),
}).map(({ at, host, what }) => ({ at, host, fault: what.fault, args: what.args }) as Edit);

const cases: fc.Arbitrary<FuzzCase> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }), there: wire, back: wire, nic, tcp, sender: socket, receiver: socket, sink, source,
  payload: fc.constantFrom(true, true, true, false),
  rx_ring: fc.constantFrom(16, 64), tx_ring: fc.constantFrom(8, 64), pages: fc.constantFrom(256, 300),
  edits: fc.oneof(
    { weight: 3, arbitrary: fc.constant([] as Edit[]) }, { weight: 2, arbitrary: fc.array(edit, { maxLength: 3 }) },
    { weight: 2, arbitrary: editsUntil(300) },
  ),
  calm_at: fc.integer({ min: 50, max: 2000 }),
}).map((c): FuzzCase => ({
  generator: 'worlds_tcp',
  scenario: {
    run: { ...SMALL_RUN, seed: c.seed, until_ns: '1h', payload: c.payload },
    // A zero-copy send keeps its request until the bytes are acknowledged.
    limits: { ...SMALL_LIMITS, reqs: 1024 },
    nic: { ...c.nic, rx_queues: 1, tx_queues: 1, rx_ring: c.rx_ring, tx_ring: c.tx_ring },
    tcp: c.tcp,
    hosts: {
      client: { app: { role: 'source', ...c.source }, wire: c.there, socket: c.sender },
      server: { app: { role: 'sink', ...c.sink }, wire: c.back, socket: c.receiver, refill: { area_bytes: c.pages * 4 * KIB } },
    } as Record<string, Plain>,
  },
  edits: [...c.edits].sort((a, b) => a.at - b.at).filter((e) => e.at < c.calm_at), calm_at: c.calm_at,
}));

export const WORLDS_TCP: Generator = {
  name: 'worlds_tcp', about: 'a stream through a bad network, between sockets with little memory', focus: ['tcp'], weight: 1, cases,
};
