/** F5: cycles of one request by its size, on one TCP connection, for each way to send and to receive (Jasny et al.). */
import type { Measured } from '../../host/index.ts';
import type { Family, Settings, Share, Tree } from '../form.ts';
import { onCore, quotient, received } from '../shares.ts';
import { bytesFor, FAST, size, sizeIn } from './family_settings.ts';

const APP_CORE = 1;
const MTU = 9000;


/** A receive that brought a part of what was asked for is a part of a request. */
const shareOf = (m: Measured, s: Settings, host: Family['host']): Share => ({
  rows: onCore(m.result[host].charges, APP_CORE), per: received(m) / Number(s.size),
});

/** Bytes of a run: enough for the window to open and for a steady part behind that. */
const total = (s: Settings): number => bytesFor(Number(s.size), 3000, 2 * 1024 ** 2, 32 * 1024 ** 2);
const BUFFERS = { socket: { rmem_max: '64MiB', wmem_max: '16MiB', rmem_default: '8MiB', wmem_default: '4MiB' }, nic: { mtu: MTU } };

function family(name: string, about: string, host: Family['host'], tree: (s: Settings) => Tree): Family {
  return {
    name: `F5_vldb_${name}`,
    about,
    unit: () => 'cycles/request',
    machine: 'epyc-9654p',
    counted: 'cycles of the application\'s core per request; interrupts and softirqs have a core of their own',
    assumed: 'one request with each io_uring_enter, as the rate of small ones implies; the core of the interrupts is not published',
    settings: [size(4096)],
    cell: (text) => {
      const bytes = sizeIn(text);
      return bytes === undefined ? undefined : { size: bytes };
    },
    examples: ['--set size=16384', '--cell 64KiB'],
    tree: (s) => ({ ...FAST, ...BUFFERS, ...tree(s) }),
    host,
    share: (m, s) => shareOf(m, s, host),
    cycles: (value) => value,
    metric: (m, s) => quotient(shareOf(m, s, host)),
  };
}

const sending = (send: string) => (s: Settings): Tree => ({
  hosts: {
    client: { app: { role: 'source', send, bytes: total(s), chunk: s.size } },
    server: { app: { role: 'sink', receive: 'recv', recv_bytes: '256KiB' } },
  },
});
const receiving = (receive: string, app: Tree = {}, more: Tree = {}) => (s: Settings): Tree => ({
  hosts: {
    client: { app: { role: 'source', bytes: total(s), chunk: '256KiB', depth: 4 } },
    server: {
      app: { role: 'sink', receive, recv_bytes: s.size, waitall: ['recv', 'select'].includes(receive) ? 'on' : 'off', ...app }, ...more,
    },
  },
});

const ZCRX = {
  nic: { mtu: MTU, rss_equal: 1, rules: [{ dst_port: 9999, queue: 1 }], rx_gro_hw: 'on' }, refill: { queue: 1, area_bytes: '64MiB' },
};

/** A ring of buffers is larger than the last-level cache; the one buffer of a plain receive stays in it. */
const RING = { buffers_bytes: '64MiB' };

export const VLDB: readonly Family[] = [
  family('send_copy', 'SEND, by size', 'client', sending('send')),
  family('send_zc', 'SEND_ZC of memory that is not registered, by size', 'client', sending('zc')),
  family('send_zc_fixed', 'SEND_ZC of registered memory, by size', 'client', sending('zc_fixed')),
  family('recv_copy', 'RECV, by size', 'server', receiving('recv')),
  family('recv_ringbuf', 'RECV with a buffer that it picks from a ring, by size', 'server', receiving('select', RING)),
  family('recv_multishot', 'multishot RECV with a buffer ring, by size', 'server', receiving('multishot', RING)),
  family('recv_zcrx', 'RECV_ZC, by size', 'server', receiving('zc', {}, ZCRX)),
];
