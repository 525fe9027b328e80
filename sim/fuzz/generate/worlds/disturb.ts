/** What is done to a running world by hand, step by step: the adversary of its network and of its schedule. */
import fc from 'fast-check';
import type { Edit } from '../../../lab/index.ts';
import { type EditForm, EDITS } from '../../../schema/edits.ts';
import { HOST_KNOBS, HOSTS } from '../../../schema/scenario.ts';
import { type Draw, evenSizes, maybe, valueOf } from './draw.ts';

const US = 1000;
const MS = 1000 * US;

/** Knobs that are turned in mid-run, with the bounds of a small world. The calm phase turns them back (sim/fuzz/case.ts). */
const TURNED: readonly Draw[] = [
  { knob: 'wire.loss_ppm', max: 300_000 }, { knob: 'wire.reorder_ppm' }, { knob: 'wire.duplicate_ppm', max: 500_000 },
  { knob: 'wire.corrupt_ppm', max: 300_000 }, { knob: 'wire.ecn_mark_ppm' }, { knob: 'wire.jitter_ns', max: 5 * MS },
  { knob: 'wire.rate_bps', min: 1e6, max: 4e11 }, { knob: 'wire.delay_ns', max: 20 * MS }, { knob: 'wire.queue_packets', max: 64 },
  { knob: 'nic.rx_usecs', max: 500 }, { knob: 'nic.rx_frames', max: 64 }, { knob: 'nic.dma_ns', max: 50 * US },
  { knob: 'napi.weight' }, { knob: 'napi.budget', max: 64 }, { knob: 'napi.gro' },
  { knob: 'tcp.limit_output_bytes', max: 65_536 }, { knob: 'tcp.notsent_lowat', min: 1, max: 65_536 }, { knob: 'tcp.frto' },
  { knob: 'tcp.early_retrans' }, { knob: 'tcp.comp_sack_nr' }, { knob: 'tcp.invalid_ratelimit_ms', max: 500 },
  { knob: 'socket.rmem_max', max: 262_144 }, { knob: 'socket.wmem_max', max: 262_144 }, { knob: 'socket.moderate_rcvbuf' },
  { knob: 'ring.wait_batch', max: 64 }, { knob: 'ring.wait_ns', max: 5 * MS },
  { knob: 'app.gap_ns', max: 2 * MS }, { knob: 'app.work_ns', max: 5000 * MS },
  { knob: 'refill.batch', max: 64 }, { knob: 'refill.delay_ns', max: 10 * MS }, { knob: 'refill.order' }, { knob: 'refill.give_back' },
  { knob: 'refill.flush' }, { knob: 'cpu.mhz', max: 5000 },
];
const LIVE = new Set(HOST_KNOBS.filter((k) => k.live).map((k) => `${k.section}.${k.name}`));

/** What is done at some step: to one knob, or by one fault. Which of them a case has is drawn first. */
type What = fc.Arbitrary<(at: number) => Edit>;
const host = fc.constantFrom(0 as const, 1 as const);

const turns = TURNED.filter(({ knob }) => LIVE.has(knob)).map((draw): What =>
  fc.tuple(host, valueOf(draw)).map(([h, value]) => (at) => ({ at, set: `${HOSTS[h]}.${draw.knob}=${String(value)}` })));

/** Targets by their order among those that there are now: a number of one is hard to guess. */
const nth = fc.integer({ min: 0, max: 7 }).map((n) => -1 - n);
const small = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) });
const targets: Readonly<Record<string, fc.Arbitrary<number>>> = {
  packet: nth, sock: nth, buffer: fc.constant(-1), queue: small, core: small, host: fc.constant(0), ring: fc.constantFrom(0, 1, 2),
};

/** What windows and segments end at, and what lies a little beside it. */
const EDGES = [0, 1, -1, 2, -2, 100, 536, 1447, 1448, 1449, -1448, 2896, 65_535, 65_536, -65_536, 2 ** 20, 2 ** 31 - 1, -(2 ** 31 - 1)];
function numbers({ min = 0, max, unit }: NonNullable<EditForm['amount']>): fc.Arbitrary<number> {
  if (unit === 'ns') return evenSizes(100, Math.min(max, 20 * MS));
  const edges = EDGES.filter((n) => n >= min && n <= max);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...edges) },
    { weight: 4, arbitrary: fc.integer({ min: Math.max(min, -3000), max: Math.min(max, 20_000) }) },
    { weight: 1, arbitrary: fc.integer({ min, max }) },
  );
}

const faultOf = (form: EditForm): What => {
  const target = targets[form.target] ?? small;
  const number = form.amount ? numbers(form.amount).map((n) => [n]) : fc.constant([]);
  return fc.tuple(host, target, number).map(([h, t, n]) => (at) =>
    ({ at, fault: form.name, host: h, args: [form.target === 'host' ? h : t, ...n] }));
};
const faults = EDITS.filter((form) => form.target !== 'knob' && !form.forged).map(faultOf);
const forged = EDITS.filter((form) => form.forged).map(faultOf);

const KINDS: readonly What[] = [...turns, ...faults, ...forged];
/** Knobs, faults and forged segments are equally likely. */
const kinds = fc.oneof(fc.nat(turns.length - 1), ...[[turns.length, faults.length], [turns.length + faults.length, forged.length]]
  .map(([first = 0, count = 1]) => fc.nat(count - 1).map((n) => first + n)));

/** Edits up to a step: of a few kinds, as often early as late. */
export const editsUntil = (calm_at: number): fc.Arbitrary<readonly Edit[]> => {
  const some = fc.uniqueArray(kinds, { minLength: 1, maxLength: 4 }).chain((chosen) => fc.array(
    fc.tuple(evenSizes(1, calm_at), fc.constantFrom(...chosen)).chain(([at, kind]) => (KINDS[kind] as What).map((made) => made(at))),
    { minLength: 1, maxLength: 12 }));
  return maybe(75, some).map((edits) => [...edits ?? []].sort((a, b) => a.at - b.at));
};
