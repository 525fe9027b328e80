/** F2, F2b, F3, F4: requests of a sender over UDP, to a NIC or to a dummy device, as the patches of io_uring zero-copy send had them. */
import type { Family, Setting, Settings, Tree, Value } from '../form.ts';
import { cyclesAtRate, hostOf, perRequest } from '../shares.ts';
import { batch, flush, mtu, size as anySize, sizeIn, zc } from './family_settings.ts';

const REQUESTS = 3000;
/** The most that a datagram over IPv4 carries. */
const LARGEST = 65_507;
const size = (value: number): Setting => ({ ...anySize(value), max: LARGEST });

const path: Setting = {
  name: 'path', also: ['api', 'call', 'how'],
  kind: {
    io_uring: ['iouring', 'uring', 'sendzc', 'send_zc', 'ring'], sendmsg: ['mz_copy', 'copy', 'syscall', 'write', 'send'],
    msg_zerocopy: ['mz_zc', 'mz', 'msgzerocopy', 'zerocopy'],
  },
  value: 'io_uring', about: 'io_uring, or plain sendmsg with a copy or with MSG_ZEROCOPY',
};

/** How the source of a scenario sends what the settings say. */
function sending(s: Settings): Tree {
  if (s.path === 'sendmsg') return { send: 'sendmsg' };
  if (s.path === 'msg_zerocopy') return { send: 'msg_zerocopy' };
  if (!s.zc) return { send: 'send', batch: s.batch };
  return { send: 'zc_fixed', batch: s.batch, notify: s.flush ? 'each' : 'none' };
}

function tree(s: Settings, device: 'nic' | 'dummy'): Tree {
  const bytes = Number(s.size);
  return {
    nic: { mtu: s.mtu },
    wire: { rate_bps: '1600Gbps', delay_ns: '1us', queue_packets: 100_000 },
    socket: { wmem_default: '64MiB', wmem_max: '64MiB' },
    hosts: {
      client: {
        cpu: { cores: 1, irq_core: 0, app_core: 0 },
        ...(device === 'dummy' ? { nic: { dummy: 'on', mtu: s.mtu } } : {}),
        app: { role: 'source', protocol: 'udp', bytes: bytes * REQUESTS, chunk: bytes, ...sending(s) },
      },
      server: { app: { role: 'sink', protocol: 'udp', receive: 'recv', recv_bytes: 65536 } },
    },
  };
}

interface Form {
  readonly name: string;
  readonly about: string;
  readonly machine: string;
  readonly device: 'nic' | 'dummy';
  readonly assumed: string;
  readonly settings: readonly Setting[];
  readonly cell: Family['cell'];
  readonly examples: readonly string[];
  readonly unit?: Family['unit'];
  /** Requests per second in the unit. */
  readonly of?: (per_s: number, s: Settings) => number;
  readonly from?: (value: number, s: Settings) => number;
}

function family(f: Form): Family {
  const of = f.of ?? ((per_s) => per_s);
  const from = f.from ?? ((value) => value);
  return {
    name: f.name, about: f.about, machine: f.machine, assumed: f.assumed, settings: f.settings, cell: f.cell, examples: f.examples,
    unit: f.unit ?? (() => 'req/s'),
    counted: 'requests per second of one sender, whose core does everything: system calls, the way down, completions',
    tree: (s) => tree(s, f.device),
    host: 'client',
    share: (m) => perRequest(m, 'client'),
    cycles: (value, s, mhz) => cyclesAtRate(from(value, s), mhz),
    metric: (m, s) => of((hostOf(m, 'client').requests * 1e9) / m.measurement.duration_ns, s),
  };
}

/** `4000B zc+flush`, `600B non-zc`. */
const cell2022: Family['cell'] = (name) => {
  const bytes = sizeIn(name);
  if (bytes === undefined) return undefined;
  const without = /non[- ]?zc|copy/i.test(name);
  return { size: bytes, zc: !without, flush: !without && /flush/i.test(name) };
};

/** `8192B n1z0`, `512B n8f`, `1024B mz_zc`, `v1 65435B n8`: n requests with each call, z0 with a copy, f a notification each. */
const cell2021: Family['cell'] = (name) => {
  const bytes = sizeIn(name.replace(/\bv\d\b/i, ''));
  const m = /\bn(\d+)(z0)?(f)?\b/i.exec(name);
  const plain = /mz_?(copy|zc)/i.exec(name);
  if (bytes === undefined || (!m && !plain)) return undefined;
  const version: Record<string, Value> = /\bv([12])\b/i.test(name) ? { version: /\bv1\b/i.test(name) ? 'v1' : 'v2' } : {};
  if (plain) return { ...version, size: bytes, path: plain[1]?.toLowerCase() === 'zc' ? 'msg_zerocopy' : 'sendmsg' };
  return { ...version, size: bytes, batch: Number(m?.[1]), zc: m?.[2] === undefined, flush: m?.[3] !== undefined };
};

const version: Setting = {
  name: 'version', also: ['v', 'rfc', 'patch'], kind: { v1: ['1', 'rfc1', 'rfcv1'], v2: ['2', 'rfc2', 'rfcv2'] }, value: 'v2',
  about: 'v1: the patches of November 2021, in MB/s; v2: those of December, in thousands of requests per second',
};
const inMegabytes = (s: Settings): boolean => s.version === 'v1';

const BATCH_2022 = 'batches of 8; a device MTU of 9000, so that no request is cut, since the rate of zero copy does not depend on the size';

export const UDP_SENDS: readonly Family[] = [
  family({
    name: 'F2_sendzc_nic_2022', about: 'UDP through a NIC, patches of July 2022', machine: 'sendzc-nic-2022', device: 'nic',
    assumed: BATCH_2022, settings: [size(4000), zc, flush, batch(8), mtu(9000), path], cell: cell2022,
    examples: ['--set size=2000 --set zc=true', '--set size=1500 --set zc=true --set flush=true', '--cell "600B non-zc"'],
  }),
  family({
    name: 'F2b_sendzc_dummy_2022', about: 'UDP to a dummy device, patches of July 2022', machine: 'sendzc-dummy-2022', device: 'dummy',
    assumed: 'batches of 8; a device MTU of 65535, so that no request is cut', cell: cell2022,
    settings: [size(4000), zc, flush, batch(8), mtu(65535), path],
    examples: ['--set size=2000 --set zc=true', '--cell "8000B zc+flush"'],
  }),
  family({
    name: 'F3_sendzc_v2_nic_2021', about: 'UDP through a NIC, patches of December 2021', machine: 'sendzc-nic-2021', device: 'nic',
    assumed: 'a device MTU of 9000', settings: [size(4096), batch(1), zc, flush, mtu(9000), path], cell: cell2021,
    examples: ['--set size=1024 --set batch=8 --set flush=true', '--set path=msg_zerocopy --set size=512', '--cell "4096B n8f"'],
    unit: () => 'Kreq/s', of: (per_s) => per_s / 1000, from: (value) => value * 1000,
  }),
  family({
    name: 'F4_sendzc_dummy_2021', about: 'UDP to a dummy device, patches of November (v1) and December (v2) 2021',
    machine: 'sendzc-dummy-2021', device: 'dummy', assumed: 'nothing beyond the cell: the MTU of the device is published',
    settings: [size(4096), batch(1), zc, flush, version, mtu(65535), path], cell: cell2021,
    examples: ['--set version=v1 --set size=65435 --set batch=8', '--set size=8192 --set flush=true', '--cell "v2 4096B n8f"'],
    unit: (s) => (inMegabytes(s) ? 'MB/s' : 'Kreq/s'),
    of: (per_s, s) => (inMegabytes(s) ? (per_s * Number(s.size)) / 1e6 : per_s / 1000),
    from: (value, s) => (inMegabytes(s) ? (value * 1e6) / Number(s.size) : value * 1000),
  }),
];
