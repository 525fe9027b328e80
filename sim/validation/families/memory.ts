/** F8, F9, F10: what the memory system decides: misses of the last-level cache, DDIO, traffic to DRAM. */
import type { Measured } from '../../host/index.ts';
import type { Family, Setting, Settings, Tree } from '../form.ts';
import { coreRate, cyclesAtGbps, perByte, received } from '../shares.ts';
import { FAST, mtu } from './family_settings.ts';

const SOCKET = { rmem_max: '2MiB', wmem_max: '16MiB', rmem_default: '1MiB', wmem_default: '4MiB' };
/** The share of a cell: `0.9% miss`, `49%`. */
const percentIn = (text: string): number | undefined => {
  const m = /([\d.]+)\s*%/.exec(text.replace(/-\s*[\d.]+\s*%/g, ''));
  return m ? Number(m[1]) : undefined;
};

/** mem.miss_permille has whole thousandths, and 0 means that nobody says. */
const missPermille = (s: Settings): number => Math.max(1, Math.round(Number(s.miss) * 10));

export const LLC_MISS: Family = {
  name: 'F8_llc_miss',
  about: 'the rate at which a core receives TCP with copies, by its misses in the last-level cache',
  unit: () => 'Gbps/core',
  machine: 'xeon-6354',
  counted: 'the rate of one core that has softirq and application; the miss rate is what the source states, and not modelled',
  assumed: 'every core of a run with several is alike; receives of 128 KiB, as iperf has',
  settings: [
    {
      name: 'miss', max: 100, also: ['miss_rate', 'llc_miss', 'miss_percent', 'misses', 'llc'], kind: 'percent', value: 0.9,
      about: 'percent of received lines that the core finds in no cache',
    },
    mtu(9000),
  ],
  cell: (name) => {
    const miss = percentIn(name);
    return miss === undefined ? undefined : { miss };
  },
  examples: ['--set miss=30', '--cell "Sepia default 1 flow (0.9% miss)"'],
  tree: (s) => ({
    ...FAST,
    nic: { mtu: s.mtu },
    socket: SOCKET,
    hosts: {
      client: { app: { role: 'source', bytes: '24MiB', chunk: '256KiB', depth: 4 } },
      server: {
        cpu: { cores: 1, irq_core: 0, app_core: 0 }, mem: { miss_permille: missPermille(s) },
        app: { role: 'sink', receive: 'read', recv_bytes: '128KiB' },
      },
    },
  }),
  host: 'server',
  share: (m) => perByte(m, 'server'),
  cycles: (value, _, mhz) => cyclesAtGbps(value, mhz),
  metric: (m, _, mhz) => coreRate(m, 'server', mhz),
};

export const DDIO_WAYS: Family = {
  name: 'F9_ddio_ways',
  about: 'writes of a NIC that find their line in the last-level cache, by the ways that it may write to',
  unit: () => '%hit',
  machine: 'xeon-6140',
  counted: 'lines that the receiver\'s NIC wrote where the I/O ways had them, of all that it wrote',
  assumed: 'the working set of the two-way cell at every number of ways',
  settings: [
    { name: 'ways', also: ['ddio_ways', 'way', 'n'], kind: 'count', value: 2, max: 11, about: 'ways that the NIC may write to' },
    mtu(1500),
  ],
  cell: (name) => {
    const m = /(\d+)\s*-?\s*ways?/i.exec(name);
    return m ? { ways: Number(m[1]) } : undefined;
  },
  examples: ['--set ways=4', '--cell "8 ways"'],
  tree: (s) => ({
    nic: { mtu: s.mtu },
    wire: { rate_bps: '100Gbps' },
    hosts: {
      client: { app: { role: 'source', bytes: '12MiB', chunk: '64KiB', depth: 4 } },
      server: { mem: { ddio_ways: s.ways }, app: { role: 'sink', receive: 'recv' } },
    },
  }),
  host: 'server',
  metric: (m) => {
    const { ddio_hit = 0, ddio_miss = 0 } = m.result.server.dram;
    return ddio_hit + ddio_miss > 0 ? (100 * ddio_hit) / (ddio_hit + ddio_miss) : 0;
  },
};

/**
 * What the database itself moves over the memory bus, by the byte and by the tuple: what is left of the two fit cells, which copy on
 * both sides, when the run's own traffic is taken off.
 */
const BYTES_PER_BYTE = 1.796;
const BYTES_PER_TUPLE = 327.5;
const side = (name: string, also: readonly string[], of: string): Setting => ({
  name, also, value: 'copy',
  kind: {
    copy: ['copied', 'default', 'off', 'false', 'no', '0', 'normal'], zc: ['zerocopy', 'zero-copy', 'on', 'true', 'yes', '1', 'zcrx'],
  },
  about: `${of} with a copy, or without`,
});
const tuple = (name: string): number | undefined => {
  const m = /(\d+)\s*(K)?i?B?\s*(?:tuples?)?/i.exec(name);
  return m ? Number(m[1]) * (m[2] ? 1024 : 1) : undefined;
};
const BOTH = /(send\s*(and|\+|&|\/)\s*rec|both|all|zc\s*\+?\s*zcrx|full)/i;

export const DRAM: Family = {
  name: 'F10_dram',
  about: 'memory traffic of a node of a database that shuffles tuples, by how it sends and receives',
  unit: () => 'DRAM B per egress B',
  machine: 'epyc-9654p-shuffle',
  counted: 'bytes over a node\'s memory bus per byte sent: of a sender and of a receiver, since each node is both',
  assumed: 'as many bytes come as go; what the database itself moves is taken from the cells with copies, by the byte and by the tuple',
  settings: [
    { name: 'tuples', also: ['tuple', 'tuple_size', 'tuple_bytes', 'size', 'row'], kind: 'bytes', value: 4096, about: 'bytes of a tuple' },
    side('send', ['tx', 'send_zc', 'zc_send', 'sendzc'], 'sending'),
    side('recv', ['rx', 'receive', 'recv_zc', 'zc_recv', 'zcrx'], 'receiving'),
  ],
  cell: (name) => {
    const tuples = tuple(name);
    if (tuples === undefined) return undefined;
    const zero = /zc|zero/i.test(name);
    const both = zero && (BOTH.test(name) || (/send|tx/i.test(name) && /rec|rx/i.test(name)));
    return {
      tuples, send: zero && (both || /send|tx/i.test(name)) ? 'zc' : 'copy',
      recv: zero && (both || /rec|rx/i.test(name)) ? 'zc' : 'copy',
    };
  },
  examples: ['--set tuples=64 --set send=zc', '--set send=zc --set recv=zc', '--cell "4096B tuples default"'],
  both: true,
  tree: (s): Tree => ({
    ...FAST,
    nic: { mtu: 9000, rss_equal: 1, rules: [{ dst_port: 9999, queue: 1 }] },
    socket: SOCKET,
    hosts: {
      client: {
        app: { role: 'source', bytes: '32MiB', chunk: '256KiB', send: s.send === 'zc' ? 'zc_fixed' : 'send', buffers_bytes: '512MiB' },
      },
      server: {
        app: {
          role: 'sink', receive: s.recv === 'zc' ? 'zc' : 'recv', touch: 'read', buffers_bytes: '512MiB',
          dram_permille: Math.round(1000 * databaseTraffic(Number(s.tuples))),
        },
        refill: { queue: 1, area_bytes: '64MiB' },
      },
    },
  }),
  host: 'server',
  metric: trafficPerByte,
};

/** Of all of a run, since a sender is ahead of its receiver. */
function trafficPerByte(m: Measured): number {
  const { client, server } = m.result;
  return ((client.dram['total'] ?? 0) + (server.dram['total'] ?? 0)) / Math.max(received(m), 1);
}

/** Bytes that the database moves for a byte that it sends. */
function databaseTraffic(tuple_bytes: number): number {
  return BYTES_PER_BYTE + BYTES_PER_TUPLE / tuple_bytes;
}
