/**
 * Programs that aim at the rings themselves: small queues that overflow, groups of buffers that run dry, requests that are linked, guarded,
 * cancelled and repeated, over sockets and pipes of one host. Each case has a few of the parts below; what all have in common is that
 * completions are looked at late, and that at the end everything is closed.
 */
import fc from 'fast-check';
import type { Plain } from '../../host/index.ts';
import { type FuzzCase, NO_CALM } from '../case.ts';
import type { Generator } from './form.ts';
import { FLOW, PARTS, type Step, type Steps } from './ring_parts.ts';
import { SMALL_LIMITS, SMALL_RUN } from './sizes.ts';

const NAMES = Object.keys(PARTS);
/** Entries of the SQ, at most. A program submits before it is full. */
const SQ = 8;
function submitted(program: readonly Step[], sq: number): Step[] {
  const filled = [0, 0];
  return program.flatMap((step): Step[] => {
    const ring = ((step.sqe as Step | undefined)?.ring ?? 0) as number;
    if ('submit' in step) filled.fill(0, 0, 1);
    if (!('sqe' in step)) return [step];
    const full = (filled[ring] as number) >= (ring === 0 ? sq : 1);
    filled[ring] = full ? 1 : (filled[ring] as number) + 1;
    return full ? [{ submit: { ring } }, step] : [step];
  });
}

interface Rings {
  readonly kind: string;
  readonly flags: readonly string[];
  readonly cq: number;
  readonly size: number;
  readonly bufs: number;
  readonly min_left: number;
}
const DEFER = ['SINGLE_ISSUER', 'DEFER_TASKRUN'];
const MODES: readonly (readonly string[])[] = [[], ['COOP_TASKRUN'], DEFER, DEFER];
const rings: fc.Arbitrary<Rings> = fc.record({
  kind: fc.constantFrom('tcp', 'tcp', 'unix', 'unix', 'unix-dgram'),
  flags: fc.tuple(fc.constantFrom(...MODES), fc.constantFrom([], ['CQE32'], ['CQE_MIXED'])).map(([mode, wide]) => [...mode, ...wide]),
  cq: fc.constantFrom(4, 4, 8, 32), size: fc.constantFrom(16, 32, 64), bufs: fc.constantFrom(1, 3, 4), min_left: fc.constantFrom(0, 0, 8),
});

function setUp({ kind, flags: ring_flags, cq, size, bufs, min_left }: Rings): Step[] {
  return [
    { 'mem.bytes': { name: 'buf', len: 512 } }, { 'mem.bytes': { name: 'mem', len: 512 } },
    ...[0, 5, 20, 200, 1000].map((us): Step => ({ 'mem.ts': { name: `t${us}`, time: us * 1000 } })),
    { 'sock.pair': { kind } }, { 'sock.pair': { kind, a: 'c', b: 'd' } }, { pipe: {} }, { 'sock.listen': { name: 'l' } },
    { 'ring.init': { sq: Math.min(SQ, cq), cq, flags: [...ring_flags, 'CQSIZE', 'SUBMIT_ALL'] } },
    { 'ring.init': { ring: 1, sq: 4, cq: 4, flags: [...ring_flags] } },
    { 'ring.regfiles': { sparse: 4 } },
    { 'pbuf.reg': { bgid: 1, entries: 8, bufs, size } },
    { 'pbuf.reg': { bgid: 2, entries: 8, bufs, size, flags: 'INC', min_left } },
    { sqe: { op: 'PROVIDE_BUFFERS', fd: bufs, addr: 'mem', len: 32, bgid: 3, off: 20, ud: 80 } },
    { sqe: { op: 'PROVIDE_BUFFERS', fd: bufs, addr: 'mem', len: 32, bgid: 4, off: 30, ud: 80 } },
    { submit: {} }, { get_events: {} }, { drain: {} },
  ];
}
const SHUT: readonly Step[] = [
  // Time passes before the rings go: whoever sleeps though he ought not to is seen.
  { submit: {} }, { get_events: {} }, { drain: {} }, { get_events: {} }, { drain: {} }, { sleep_ms: 1 },
  ...['ring.exit', 'ring.exit'].map((step, ring): Step => ({ [step]: ring })),
  ...['a', 'b', 'c', 'd', 'pr', 'pw', 'l'].map((fd): Step => ({ 'peer.close': fd })), { sleep_ms: 1 },
];

const cases: fc.Arbitrary<FuzzCase> = fc.tuple(rings, fc.subarray(NAMES, { minLength: 1, maxLength: 3 }))
  .chain(([r, parts]) => fc.tuple(fc.constant(r), fc.array(
    fc.oneof({ weight: parts.length, arbitrary: FLOW }, ...parts.map((name) => ({ weight: 2, arbitrary: PARTS[name] as Steps }))),
    { minLength: 3, maxLength: 24 },
  )))
  .map(([r, program]): FuzzCase => ({
    generator: 'ring programs',
    scenario: {
      run: SMALL_RUN, limits: SMALL_LIMITS,
      steps: [...setUp(r), ...submitted(program.flat(), Math.min(SQ, r.cq)), ...SHUT] as Plain[],
    },
    edits: [], calm_at: NO_CALM,
  }));

export const RING_PROGRAMS: Generator = {
  name: 'ring programs', about: 'requests of every kind over small queues and few buffers', focus: ['ring'], weight: 2, cases,
};
