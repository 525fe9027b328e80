/** What a world has lists of: what its links do to given frames, and where its NICs send given ports. */
import fc from 'fast-check';
import type { Plain } from '../../../host/index.ts';
import { FAULT_ACTIONS, HOSTS } from '../../../schema/scenario.ts';
import { evenSizes, maybe } from './draw.ts';

type Section = Readonly<Record<string, Plain>>;

/** Frames of the handshake, of the first window, and some later ones. */
const FRAME_MAX = 200;
const fault: fc.Arbitrary<Plain> = fc.tuple(
  fc.constantFrom(...HOSTS), evenSizes(1, FRAME_MAX), fc.constantFrom(...FAULT_ACTIONS), evenSizes(100, 5_000_000),
).map(([host, frame, action, param_ns]) => ({ host, frame, action, ...(action === 'delay' ? { param_ns } : {}) }));
/** Each frame has one fault at most. */
export const faults: fc.Arbitrary<readonly Plain[] | undefined> = maybe(15, fc.uniqueArray(fault, {
  minLength: 1, maxLength: 6, selector: (f) => `${(f as Section).host} ${(f as Section).frame}`,
}));

/** Where segments to the application go: to a queue, or nowhere. */
export interface Rule {
  readonly queue: number;
  readonly drop: boolean;
}
export const rules: fc.Arbitrary<Rule | undefined> = maybe(12, fc.record({
  queue: fc.nat(3), drop: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
}));

const PORT = 9999;
/** A host with a rule for the port that its application listens on. */
export function withRule(host: Readonly<Record<string, Section>>, rule: Rule | undefined): Readonly<Record<string, Section>> {
  if (rule === undefined) return host;
  const { nic = {} } = host;
  const queue = rule.queue % Number(nic.rx_queues ?? 1);
  return { ...host, nic: { ...nic, rules: [rule.drop ? { dst_port: PORT, drop: true } : { dst_port: PORT, queue }] } };
}
