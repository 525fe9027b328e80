/** F11: what a receiver pays per byte for copies, and for mapping received pages (TCP_ZEROCOPY_RECEIVE). */
import type { Measured } from '../../host/index.ts';
import type { Family, Share } from '../form.ts';
import { quotient, received } from '../shares.ts';
import { mtu } from './family_settings.ts';

const MIB = 1024 ** 2;

/** The receiver's own time: what the process is charged, and not the interrupts and softirqs on its core. */
const own = (m: Measured): Share => ({
  rows: m.result.server.charges.filter((r) => !['hardirq', 'softirq'].includes(r.context)), per: received(m),
});

export const TCP_ZC_RX: Family = {
  name: 'F11_tcp_zc_rx',
  about: 'what receiving a MiB costs its process, by recv or by mapping pages (tcp_mmap)',
  unit: () => 'usec/MB',
  machine: 'tcp-mmap-mlx4',
  counted: 'time of the receiving process in user and system mode per MiB, as getrusage has it',
  assumed: 'IPv6 with timestamps, so that an MTU of 4168 carries one page; pages go back by madvise',
  settings: [
    {
      name: 'path', also: ['receive', 'mode', 'api', 'how', 'zc', 'mmap'],
      kind: { copy: ['recv', 'read', 'off', 'false', '0', 'no'], mmap: ['map', 'zerocopy', 'zc', 'on', 'true', '1', 'yes'] }, value: 'mmap',
      about: 'recv with a copy, or TCP_ZEROCOPY_RECEIVE',
    },
    mtu(4168),
  ],
  cell: (name) => {
    const m = /(?:mtu|lo|loopback)\s*=?\s*(\d{4,5})/i.exec(name);
    const bytes = m ? Number(m[1]) : /\blo\b|loopback/i.test(name) ? 61_512 : 4168;
    if (!/copy|mmap|map/i.test(name)) return undefined;
    return { path: /mmap|map|zero/i.test(name) ? 'mmap' : 'copy', mtu: bytes };
  },
  examples: ['--set path=mmap --set mtu=61512', '--set mtu=1500', '--cell "mlx4 40G copy"'],
  tree: (s) => ({
    wire: { rate_bps: '40Gbps', delay_ns: '1us', queue_packets: 100_000 },
    tcp: { family: 'ipv6' },
    nic: { mtu: s.mtu, rx_ring: 4096 },
    socket: { rmem_max: '16MiB', rmem_default: '4MiB', wmem_max: '16MiB', wmem_default: '4MiB' },
    hosts: {
      client: { app: { role: 'source', bytes: '16MiB', chunk: '256KiB', depth: 4 } },
      server: {
        cpu: { cores: 2, irq_core: 0, app_core: 1 },
        app: { role: 'sink', receive: s.path === 'mmap' ? 'mmap' : 'read', recv_bytes: '512KiB' },
      },
    },
  }),
  host: 'server',
  share: own,
  cycles: (value, _, mhz) => (value * mhz) / MIB,
  metric: (m, _, mhz) => (quotient(own(m)) * MIB) / mhz,
};
