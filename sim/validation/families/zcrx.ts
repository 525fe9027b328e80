/** F6 and F7: receiving on one TCP connection, by epoll or without a copy, on one core or on two. */
import type { Measured } from '../../host/index.ts';
import type { Family, Setting, Settings, Share, Tree } from '../form.ts';
import { busiest, coreRate, onCore, perByte, quotient, received } from '../shares.ts';
import { core, mtu } from './family_settings.ts';

const IRQ_CORE = 0;
const appCore = (s: Settings): number => (s.core === 'same' ? 0 : 1);

/** Both sources have a NIC of 200 Gbit/s. */
const LINK = { rate_bps: '200Gbps', delay_ns: '1us', queue_packets: 100_000 };

const receiver = (s: Settings, more: Tree): Tree => ({
  wire: { ...LINK },
  nic: { mtu: s.mtu },
  tcp: { init_cwnd: 1000 },
  // A queue that is short beside the run: else softirq would be ahead of the application by a good part of it.
  socket: { rmem_max: '2MiB', wmem_max: '16MiB', rmem_default: '1MiB', wmem_default: '4MiB' },
  hosts: {
    client: { app: { role: 'source', bytes: '48MiB', chunk: '256KiB', depth: 4 } },
    server: { cpu: { cores: appCore(s) + 1, irq_core: IRQ_CORE, app_core: appCore(s) }, ...more },
  },
});
const QUEUE = { rx_queues: 2, rss_equal: 1, rules: [{ dst_port: 9999, queue: 1 }], rx_ring: 4096 };
const zcrx = (s: Settings, nic: Tree): Tree => receiver(s, {
  nic: { ...QUEUE, ...nic }, app: { role: 'sink', receive: 'zc' }, refill: { queue: 1, area_bytes: '64MiB', rx_buf_len: s.chunk },
});
const chunk: Setting = {
  name: 'chunk', also: ['rx_buf_len', 'buf_len', 'buffer', 'buffer_size', 'chunk_size', 'niov', 'size'], kind: 'bytes', value: 4096,
  about: 'bytes of one buffer of the area (rx_buf_len)',
};
const gro = (value: boolean): Setting => ({
  name: 'hw_gro', also: ['gro_hw', 'rx_gro_hw', 'hwgro', 'gro'], kind: 'flag', value, about: 'the NIC merges segments (rx-gro-hw)',
});
const sameOrDifferent = (name: string): string => (/diff|cross|separate/i.test(name) ? 'different' : 'same');

export const ZCRX_2024: Family = {
  name: 'F6_zcrx_2024',
  about: 'the rate at which one TCP connection is received, by epoll and recv or by RECV_ZC',
  unit: () => 'Gbps',
  machine: 'epyc-9454',
  counted: 'the rate at which the receiver\'s busiest core is never idle: the one with softirq and application, or the slower of two',
  assumed: 'no HW-GRO, as the driver of the patch set had none with 4 KiB pages; receives of 64 KiB by epoll',
  settings: [
    core,
    {
      name: 'path', also: ['receive', 'api', 'mode', 'how'],
      kind: { epoll: ['recv', 'copy', 'read', 'recvmsg'], zcrx: ['zc', 'recv_zc', 'recvzc', 'io_uring', 'uring'] },
      value: 'zcrx', about: 'epoll_wait and recv, or RECV_ZC',
    },
    mtu(4096), chunk, gro(false),
  ],
  cell: (name) => {
    const path = /epoll/i.test(name) ? 'epoll' : 'zcrx';
    return /epoll|zc|uring/i.test(name) ? { core: sameOrDifferent(name), path } : undefined;
  },
  examples: ['--set core=different --set path=epoll', '--cell "same-core zcrx"'],
  tree: (s) => (s.path === 'epoll'
    ? receiver(s, { nic: { ...QUEUE, rx_gro_hw: s.hw_gro ? 'on' : 'off' }, app: { role: 'sink', receive: 'epoll', recv_bytes: '64KiB' } })
    : zcrx(s, { rx_gro_hw: s.hw_gro ? 'on' : 'off' })),
  host: 'server',
  share: (m) => perByte(m, 'server'),
  cycles: (value, _, mhz) => (mhz * 1e6) / (value * 1.25e8),
  metric: (m, _, mhz) => coreRate(m, 'server', mhz),
};

const partIn = (name: string): string => {
  if (/soft|irq|napi/i.test(name)) return 'softirq';
  return /app|user/i.test(name) ? 'app' : /busiest|bottleneck/i.test(name) ? 'busiest' : 'total';
};

/** Which cycles of F7: those of softirq and interrupt, those of the application, or both; and per core. */
function part(m: Measured, s: Settings): Share {
  const rows = m.result.server.charges;
  const soft = rows.filter((r) => ['hardirq', 'softirq'].includes(r.context));
  const per = received(m);
  if (s.part === 'total') return { rows, per };
  if (s.part === 'busiest') return { rows: busiest(rows), per };
  if (s.core === 'different') return { rows: onCore(rows, s.part === 'softirq' ? IRQ_CORE : appCore(s)), per };
  return { rows: s.part === 'softirq' ? soft : rows.filter((r) => !soft.includes(r)), per };
}

export const RX_BUF_LEN_2025: Family = {
  name: 'F7_rx_buf_len_2025',
  about: 'what RECV_ZC costs by the size of the area\'s buffers (rx_buf_len)',
  unit: () => 'ns/KB',
  machine: 'bnxt-200g',
  counted: 'time of all the receiver\'s cores per 1000 bytes; `part` chooses softirq, application, or the busiest core alone',
  assumed: 'HW-GRO on, since larger buffers are filled no other way; MTU 4096',
  settings: [
    core, chunk,
    {
      name: 'part', also: ['what', 'of', 'cpu_part', 'split', 'context'],
      kind: {
        total: ['total-cpu', 'cpu', 'sum', 'both', 'all'], softirq: ['soft', 'softirq-core', 'irq', 'irq-core', 'napi', 'rx'],
        app: ['application', 'app-core', 'user', 'task'], busiest: ['max', 'bottleneck'],
      },
      value: 'total', about: 'whose cycles count',
    },
    mtu(4096), gro(true),
  ],
  cell: (name) => {
    const m = /(\d+)\s*K/i.exec(name);
    return m ? { core: sameOrDifferent(name), chunk: Number(m[1]) * 1024, part: partIn(name) } : undefined;
  },
  examples: ['--set core=different --set chunk=32K', '--set chunk=16K --set part=softirq', '--cell "same-core 32K total CPU"'],
  tree: (s) => zcrx(s, { rx_gro_hw: s.hw_gro ? 'on' : 'off' }),
  host: 'server',
  share: part,
  cycles: (value, _, mhz) => (value * mhz) / 1e6,
  metric: (m, s, mhz) => (quotient(part(m, s)) * 1e6) / mhz,
};
