/**
 * What somebody may change by hand in a world that runs, once: the row number is the operation of the core's edit() (sim/world/edit.ts)
 * and the first word of the trace event `edit`. Row 0 is a knob that may change (Knob.live); the others are faults.
 */
import { FORGERIES } from './forgeries.ts';

export type EditTarget = 'knob' | 'packet' | 'queue' | 'core' | 'host' | 'buffer' | 'ring' | 'sock';

export interface EditForm {
  readonly name: string;
  readonly title: string;
  /** What it acts on. A packet or a buffer is known by its number in the trace, the others by their index on their host. */
  readonly target: EditTarget;
  /** What its number is; left out: it has none. */
  readonly amount?: {
    readonly name: string; readonly unit: 'ns' | 'count'; readonly value: number; readonly max: number;
    /** Left out: 0. */
    readonly min?: number;
  };
  /** What it does, in a sentence. */
  readonly about: string;
  /** A segment that an attacker makes (sim/schema/forgeries.ts): the laboratory does not offer it. */
  readonly forged?: true;
  /** What is never made good again, however calm the world gets: a buffer that is lost, a connection that may end or hang. */
  readonly lasting?: 'buffer' | 'connection';
}

const SECOND = 1_000_000_000;
const ns = (name: string, value: number) => ({ name, unit: 'ns', value, max: 60 * SECOND }) as const;
/** A store that another core has not seen yet: who polls for it spins so long. */
const stale = { name: 'for', unit: 'ns', value: 5_000, max: 1_000_000 } as const;

const BY_HAND: readonly EditForm[] = [
  { name: 'knob', title: 'Turn a knob', target: 'knob', about: 'A knob of a host has another value from now on.' },
  {
    name: 'drop', title: 'Drop this packet', target: 'packet',
    about: 'The packet is lost: on its way, where it leaves, or in the receive ring before the driver has seen it.',
  },
  { name: 'duplicate', title: 'Duplicate this packet', target: 'packet', about: 'The packet arrives a second time.' },
  {
    name: 'delay', title: 'Delay this packet', target: 'packet', amount: ns('by', 100_000),
    about: 'The packet arrives later; those behind it overtake it.',
  },
  {
    name: 'corrupt', title: 'Corrupt this packet', target: 'packet',
    about: 'One bit of the packet is flipped: a checksum finds it, if anything does.',
  },
  { name: 'mark', title: 'Mark this packet', target: 'packet', about: 'The packet says congestion experienced, if its flow knows ECN.' },
  {
    name: 'hold_irq', title: 'Delay the interrupt', target: 'queue', amount: ns('for', 100_000),
    about: 'The receive queue raises no interrupt for a while; frames pile up in its ring.',
  },
  {
    name: 'hold_softirq', title: 'Hold the softirq', target: 'core', amount: ns('for', 100_000),
    about: 'Some other softirq has the core: neither polls nor tasks run there.',
  },
  {
    name: 'stall', title: 'Stall the application', target: 'host', amount: ns('for', 1_000_000),
    about: 'Another process has the cores of the application: it reads nothing and gives nothing back.',
  },
  {
    name: 'lose_rqe', title: 'Lose a refill entry', target: 'buffer', lasting: 'buffer',
    about: 'The kernel never sees the entry: its buffer stays on loan for ever.',
  },
  {
    name: 'shrink_cq', title: 'Shrink the CQ', target: 'ring', amount: { name: 'by', unit: 'count', value: 64, max: 65536 },
    about: 'So many entries fewer are free for completions from now on.',
  },
  {
    name: 'close_window', title: 'Close the window', target: 'sock',
    about: 'The peer is told a window of 0, as when memory is short, until the next ACK says otherwise.',
  },
  {
    name: 'reset', title: 'Kill the connection', target: 'sock', lasting: 'connection',
    about: 'The connection is aborted: a RST for the peer, ECONNABORTED for the application.',
  },
  {
    name: 'stale_cq_tail', title: 'Read an old CQ tail', target: 'ring', amount: stale,
    about: 'The application reads for a while where the completion queue ended; only those built into the core do.',
  },
  {
    name: 'stale_cq_head', title: 'Read an old CQ head', target: 'ring', amount: stale,
    about: 'The kernel reads for a while how far the application had got with its completions: the queue seems fuller than it is.',
  },
  {
    name: 'stale_rq_tail', title: 'Read an old refill tail', target: 'ring', amount: stale,
    about: 'The kernel reads for a while where the refill ring ended: buffers that were given back since are not there yet.',
  },
  {
    name: 'stale_rq_head', title: 'Read an old refill head', target: 'ring', amount: stale,
    about: 'The application reads for a while how far the kernel had got with the refill ring; only those built into the core do.',
  },
];

export const EDITS: readonly EditForm[] = [
  ...BY_HAND,
  ...FORGERIES.map(({ name, title, about, by, lasting }): EditForm => ({
    name: `forge_${name}`, title, target: 'sock', amount: { name: 'by', unit: 'count', ...by }, about, forged: true,
    ...(lasting ? { lasting: 'connection' } : {}),
  })),
];

export const EDIT_OP: Readonly<Record<string, number>> = Object.fromEntries(EDITS.map((e, i) => [e.name, i]));
export const EDIT_NAMES = EDITS.map((e) => e.name);
