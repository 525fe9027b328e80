/** The two applications of a world, and how they send and receive. */
import fc from 'fast-check';
import type { Plain } from '../../../host/index.ts';
import { evenSizes, knobAt, maybe } from './draw.ts';

/** Knobs of one host by their paths. */
export type Knobs = Readonly<Record<string, Plain>>;
export interface Pair {
  readonly opens: Knobs;
  readonly answers: Knobs;
}

const KIB = 1024;
const MS = 1_000_000;
const RECEIVES = knobAt('app.receive').options ?? [];
const SENDS = knobAt('app.send').options ?? [];

/** Zero-copy receive is what this is about; the others take their turns. */
const receives = fc.oneof({ weight: 5, arbitrary: fc.constant('zc') }, { weight: 6, arbitrary: fc.constantFrom(...RECEIVES) });
const sends = fc.oneof({ weight: 3, arbitrary: fc.constant('send') }, { weight: 4, arbitrary: fc.constantFrom(...SENDS) });
const sizes = (most: number) => fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 1447, 1448, 1449, 2896, 4095, 4096, 4097, 65_535, 65_536) },
  { weight: 3, arbitrary: evenSizes(1, most) },
);

/** Most flows carry some dozens of segments: less finds no window, no ring and no area at its end. */
const volumes = fc.oneof(
  { weight: 2, arbitrary: sizes(200 * KIB) }, { weight: 3, arbitrary: fc.integer({ min: 1, max: 64 * KIB }) },
  { weight: 1, arbitrary: fc.integer({ min: 64 * KIB, max: 200 * KIB }) },
);

/** A record of knobs without those that were not drawn. */
const only = (knobs: Readonly<Record<string, Plain | undefined>>): Knobs =>
  Object.fromEntries(Object.entries(knobs).filter(([, v]) => v !== undefined)) as Knobs;

const openers = fc.record({
  'app.bytes': volumes, 'app.chunk': maybe(60, sizes(64 * KIB)), 'app.flows': maybe(35, fc.constantFrom(2, 3, 4, 8)),
  'app.depth': maybe(30, evenSizes(1, 16)), 'app.batch': maybe(20, evenSizes(1, 16)), 'app.send': maybe(60, sends),
  'app.notify': maybe(8, fc.constant('none')), 'app.gap_ns': maybe(12, evenSizes(100, 2 * MS)),
  'app.stagger_ns': maybe(12, evenSizes(100, 2 * MS)), 'app.touch': maybe(5, fc.constant('write')),
}).map(only);

const answerers = fc.record({
  'app.receive': receives, 'app.recv_bytes': maybe(25, sizes(64 * KIB)), 'app.waitall': maybe(8, fc.constant(true)),
  'app.stop_after': maybe(10, sizes(100 * KIB)), 'app.rearm': maybe(15, fc.constantFrom('off', 'on', 'close')),
  'app.work_ns': maybe(20, evenSizes(100, 5000 * MS)), 'app.start_ns': maybe(5, evenSizes(100, 5 * MS)),
  'app.unmap': maybe(20, fc.constantFrom('madvise', 'reuse', 'munmap')), 'app.copybuf_bytes': maybe(15, sizes(16 * KIB)),
  'app.touch': maybe(5, fc.constant('read')), 'app.chunk': maybe(15, sizes(16 * KIB)),
}).map(only);

const roles = (opens: string, answers: string, more: Knobs = {}): fc.Arbitrary<Pair> =>
  fc.tuple(openers, answerers).map(([a, b]) => ({
    opens: { ...a, ...more, 'app.role': opens }, answers: { ...b, ...more, 'app.role': answers },
  }));

export const PAIRS: fc.Arbitrary<Pair> = fc.oneof({ withCrossShrink: true },
  { weight: 14, arbitrary: roles('source', 'sink') },
  { weight: 4, arbitrary: roles('rpc', 'echo') },
  { weight: 1, arbitrary: roles('source', 'echo') },
  { weight: 2, arbitrary: roles('source', 'sink', { 'app.protocol': 'udp' }) },
);
