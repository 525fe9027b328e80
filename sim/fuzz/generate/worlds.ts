/** Worlds of built-in applications: all of a run is in the core. */
import fc from 'fast-check';
import type { Plain } from '../../host/index.ts';
import type { FuzzCase } from '../case.ts';
import type { Generator } from './form.ts';
import { SMALL_LIMITS, SMALL_RUN } from './sizes.ts';
import { type Knobs, type Pair, PAIRS } from './worlds/applications.ts';
import { editsUntil } from './worlds/disturb.ts';
import { evenSizes, knobAt, maybe, valueOf } from './worlds/draw.ts';
import { faults, type Rule, rules, withRule } from './worlds/lists.ts';
import { type Feature, FEATURES } from './worlds/features.ts';
import { fitted, receivesOf } from './worlds/fit.ts';

/** Long enough for every retransmission that a connection has, and for all that ends after it. */
const UNTIL_NS = 3_600_000_000_000;
const SMALL_NIC: Knobs = { 'nic.rx_queues': 1, 'nic.tx_queues': 1, 'nic.rx_ring': 64, 'nic.tx_ring': 64 };
const SMALL_AREA: Knobs = { 'refill.area_bytes': 65_536 };

type Section = Readonly<Record<string, Plain>>;

/** Knobs by their paths as sections of a scenario. */
export function sections(knobs: Knobs): Record<string, Section> {
  const made: Record<string, Record<string, Plain>> = {};
  for (const [path, value] of Object.entries(knobs)) {
    const { section, name } = knobAt(path);
    made[section] = { ...made[section], [name]: value };
  }
  return made;
}

/** What is on of a feature, at one host. */
const some = ({ knobs }: Feature): fc.Arbitrary<Knobs> =>
  fc.tuple(...knobs.map((draw) => maybe(knobs.length === 1 ? 100 : 65, valueOf(draw).map((v) => [draw.knob, v] as const))))
    .map((drawn) => Object.fromEntries(drawn.filter((d) => d !== undefined)));

type Both = readonly [Knobs, Knobs];
const NONE: Knobs = {};
/** A feature is at one host or at both. */
const at = (feature: Feature): fc.Arbitrary<Both> => feature.alike ? some(feature).map((k): Both => [k, k])
  : fc.tuple(fc.constantFrom(1, 2, 3), some(feature), some(feature)).map(([hosts, a, b]): Both =>
    [hosts & 2 ? a : NONE, hosts & 1 ? b : NONE]);

const features: fc.Arbitrary<Both> = fc.tuple(...FEATURES.map((f) => maybe(f.percent, at(f)))).map((drawn) => {
  const on = drawn.filter((d) => d !== undefined);
  return [Object.assign({}, ...on.map((d) => d[0])), Object.assign({}, ...on.map((d) => d[1]))];
});

const hostOf = (app: Knobs, drawn: Knobs): Record<string, Section> => sections(fitted({ ...SMALL_NIC, ...SMALL_AREA, ...app, ...drawn }));

/** Pages that the rings of a host post, and those that its page pools keep (PP_ALLOC_CACHE_SIZE). */
const CACHE = 128;
const QUEUED_PAGES = 256;
/** Eight flows of small segments: with fewer, senders without memory try again and again. Those that nobody takes cost nothing. */
const SKBS = 4096;
const pagesOf = (knobs: Knobs): number =>
  Number(knobs['nic.rx_queues'] ?? 1) * (Number(knobs['nic.rx_ring'] ?? SMALL_NIC['nic.rx_ring']) + CACHE);
/** A world may hold little: user memory is what its applications need, receive pages what its rings do. */
const limitsOf = ([a, b]: Both): Section => {
  const { user_bytes: _, ...limits } = SMALL_LIMITS;
  return { ...limits, skbs: SKBS, rx_pages: Math.max(Number(limits.rx_pages), pagesOf(a) + pagesOf(b) + QUEUED_PAGES) };
};

interface Drawn {
  readonly pair: Pair;
  readonly both: Both;
  readonly swapped: boolean | undefined;
  readonly rule: Rule | undefined;
}

/** The hosts: mostly it is the client that opens connections. */
function hosts({ pair: { opens, answers: drawn }, both: [a, b], swapped, rule }: Drawn): Plain {
  const answers = receivesOf(drawn, opens);
  if (swapped) return { client: withRule(hostOf(answers, a), rule), server: hostOf(opens, b) };
  return { client: hostOf(opens, a), server: withRule(hostOf(answers, b), rule) };
}

/** Few skbs: then allocations fail (limits.skbs). */
const fewSkbs = maybe(2, evenSizes(48, 400));

/** Without the bias of fast-check, which goes to the edges of everything at once: weights are drawn where they matter. */
const cases: fc.Arbitrary<FuzzCase> = fc.noBias(fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }), pair: PAIRS, both: features, swapped: maybe(25, fc.constant(true)), rule: rules,
  skbs: fewSkbs, faulty: faults, payload: maybe(10, fc.constant(false)),
  time: evenSizes(10, 1500).chain((calm_at) => fc.tuple(fc.constant(calm_at), editsUntil(calm_at))),
})).map(({ seed, skbs, faulty, payload, time: [calm_at, edits], ...drawn }): FuzzCase => ({
  generator: 'worlds',
  scenario: {
    run: { ...SMALL_RUN, seed, until_ns: UNTIL_NS, ...(payload === undefined ? {} : { payload }) },
    limits: { ...limitsOf(drawn.both), ...(skbs === undefined ? {} : { skbs }) },
    ...(payload === undefined ? {} : { app: { check: 'none' } }),
    ...(faulty === undefined ? {} : { faults: faulty }),
    hosts: hosts(drawn),
  },
  edits, calm_at,
}));

export const WORLDS: Generator = {
  name: 'worlds', about: 'built-in applications over a wire that disturbs', focus: ['refill', 'tcp'], weight: 1, cases,
};
