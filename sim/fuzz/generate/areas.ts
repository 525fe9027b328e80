/** Lives of areas: instances that are made, shared, given up and made again while packets come; by programs of steps over the wire. */
import fc from 'fast-check';
import type { Plain } from '../../host/index.ts';
import { type FuzzCase, NO_CALM } from '../case.ts';
import type { Generator } from './form.ts';
import { SMALL_LIMITS, SMALL_RUN } from './sizes.ts';
import { maybe } from './worlds/draw.ts';

type Step = Readonly<Record<string, Plain>>;
type Fields = Readonly<Record<string, Plain>>;

const QUEUE = 1;
const PORT = 9999;
/** How long a step waits for bytes that never come: two retransmission timeouts. */
const QUIET = '500ms';
const RING_FLAGS = ['SINGLE_ISSUER', 'DEFER_TASKRUN', 'CQE32'];

/** What a program has while it is written: rings whose instance lives, the last number that one got, and what is on its way. */
interface Written {
  readonly steps: Step[];
  rings: number[];
  named: number;
  shared: number;
}
/** A piece of a life: writes its steps. */
type Piece = (w: Written) => void;

const say = (w: Written, step: string, fields: Fields): void => {
  w.steps.push({ [step]: fields });
};
/** One of the rings that live; none: the piece is left out. */
function onRing(w: Written, pick: number, what: (ring: number) => void): void {
  const ring = w.rings[pick % Math.max(1, w.rings.length)];
  if (ring !== undefined) what(ring);
}
const open = (w: Written, cq: number): number => {
  const ring = w.named++;
  say(w, 'ring.init', { ring, sq: 4, cq, flags: RING_FLAGS });
  w.rings.push(ring);
  return ring;
};

const pair = (a: string, b: string): Step => ({ 'sock.pair': { over: 'wire', port: PORT, a, b } });

const bytes = fc.constantFrom(1, 100, 1448, 4096, 5000, 20_000, 60_000);
const side = fc.nat(1);
const ends = [['a', 'b'], ['c', 'd']] as const;

/** Bytes come; some of them are received: all, fewer, or more than there are. */
const stream = fc.record({
  pick: side, pair: side, sent: fc.option(bytes), n: fc.option(bytes),
  give: fc.constantFrom('each', 'batch', 'reversed', 'twice', 'none', 'none'), batch: fc.constantFrom(1, 3, 16), rearm: fc.boolean(),
}).map(({ pick, pair, sent, n, ...fields }): Piece => (w) => {
  const [fd, peer] = ends[pair] as (typeof ends)[number];
  if (sent !== null) say(w, 'stream.send', { fd: peer, n: sent });
  if (n !== null) onRing(w, pick, (ring) => say(w, 'zcrx.receive', { ring, zcrx: `z${ring}`, fds: fd, n, quiet: QUIET, ...fields }));
});
const given = fc.record({ pick: side, order: fc.constantFrom('fifo', 'reversed', 'twice'), flush: fc.boolean() })
  .map(({ pick, ...fields }): Piece => (w) => onRing(w, pick, (ring) => say(w, 'zcrx.give', { ring, zcrx: `z${ring}`, ...fields })));

/** The queue has one instance at a time: the one before goes, at once or not at all. */
const made = fc.record({
  pages: fc.constantFrom(1, 4, 16, 64), rq: fc.constantFrom(1, 4, 64), cq: fc.constantFrom(4, 16, 128), nodev: fc.nat(9),
  waits: fc.boolean(),
}).map(({ pages, rq, cq, nodev, waits }): Piece => (w) => {
  for (const ring of w.rings) say(w, 'ring.exit', { ring });
  // The exit of a ring takes a while; until then its queue is taken.
  if (w.rings.length > 0 && waits) say(w, 'sleep_ms', { ms: 20 });
  w.rings = [];
  const ring = open(w, cq);
  say(w, 'zcrx.reg', { ring, name: `z${ring}`, pages, rq, nodev: nodev === 0, ...(nodev === 0 ? {} : { rxq: QUEUE }) });
});
const shared = fc.record({ pick: side, closes: fc.boolean() }).map(({ pick, closes }): Piece => (w) => onRing(w, pick, (from) => {
  const file = `f${w.shared++}`;
  const ring = open(w, 64);
  say(w, 'zcrx.export', { zcrx: `z${from}`, ring: from, name: file });
  say(w, 'zcrx.import', { ring, fd: file, name: `z${ring}`, like: `z${from}` });
  if (closes) say(w, 'peer.close', { fd: file });
}));
const exited = side.map((pick): Piece => (w) => onRing(w, pick, (ring) => {
  say(w, 'ring.exit', { ring });
  w.rings = w.rings.filter((r) => r !== ring);
}));

const pushed = fc.record({ pick: side, off: fc.constantFrom(0, 4096, 5000, 65_535, 1e9), times: fc.integer({ min: 1, max: 5 }) })
  .map(({ pick, off, times }): Piece => (w) => onRing(w, pick, (ring) => {
    for (let i = 0; i < times; i++) say(w, 'zcrx.push', { zcrx: `z${ring}`, off });
  }));
const flushed = side.map((pick): Piece => (w) => onRing(w, pick, (ring) => say(w, 'zcrx.flush', { ring, zcrx: `z${ring}` })));

const nic = fc.constantFrom<readonly [string, Fields]>(
  ['nic.ring', { rx: 16 }], ['nic.ring', { rx: 32 }], ['nic.pack', { on: true }], ['nic.pack', { on: false }],
  ['nic.copybreak', { bytes: 100 }], ['nic.copybreak', { bytes: 2000, first: true }], ['nic.rule', { queue: 0, dst_port: PORT }],
  ['nic.rule', { queue: QUEUE, dst_port: PORT }], ['nic.drop', { every: 5 }], ['nic.drop', { every: 0 }],
).map(([step, fields]): Piece => (w) => say(w, step, fields));
const waited = fc.constantFrom(1, 20, 300).map((ms): Piece => (w) => say(w, 'sleep_ms', { ms }));

const piece = fc.oneof(
  { weight: 10, arbitrary: stream }, { weight: 3, arbitrary: given }, { weight: 2, arbitrary: made }, { weight: 2, arbitrary: exited },
  { weight: 1, arbitrary: shared }, { weight: 1, arbitrary: pushed }, { weight: 1, arbitrary: flushed }, { weight: 2, arbitrary: nic },
  { weight: 1, arbitrary: waited },
);

function written(pieces: readonly Piece[]): Step[] {
  const w: Written = { steps: [pair('a', 'b'), pair('c', 'd')], rings: [], named: 0, shared: 0 };
  for (const write of pieces) write(w);
  return w.steps;
}
const cases: fc.Arbitrary<FuzzCase> = fc.noBias(fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }), first: made, lives: fc.array(piece, { minLength: 2, maxLength: 14 }),
  loss_ppm: maybe(25, fc.constantFrom(1000, 30_000)), pack: fc.boolean(), rx_ring: fc.constantFrom(16, 64),
})).map(({ seed, first, lives, loss_ppm, pack, rx_ring }): FuzzCase => ({
  generator: 'areas',
  scenario: {
    run: { ...SMALL_RUN, seed },
    limits: SMALL_LIMITS,
    ...(loss_ppm === undefined ? {} : { wire: { loss_ppm } }),
    hosts: {
      client: { nic: { rx_ring: 64, tx_ring: 64 } },
      server: {
        nic: {
          header_split: true, rx_queues: 2, rx_ring, tx_ring: 64, rss_equal: 1, pack_buffers: pack,
          rules: [{ dst_port: PORT, queue: QUEUE }],
        },
      },
    },
    steps: written([first, ...lives]),
  },
  edits: [], calm_at: NO_CALM,
}));

export const AREAS: Generator = {
  name: 'areas', about: 'zcrx instances that come and go while packets do', focus: ['refill'], weight: 1, cases,
};
