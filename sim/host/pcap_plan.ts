/** The world that a capture is fed into: a server that listens wherever the capture's servers did, and receives by zero copy. */
import { InputError } from './input_error.ts';
import type { Capture } from './pcap_read.ts';
import type { Connection, Streams } from './tcp_streams.ts';
import { limitOf } from './tables.ts';

const MTU_LEAST = 1500;
const MTU_MOST = 9216;
const TCP_HEADER = 20;

export interface PcapPlan {
  readonly mtu: number;
  readonly ports: readonly number[];
  /** Connections to ports that did not fit. */
  readonly left_out: number;
  /** The scenario as YAML. */
  readonly yaml: string;
}

/** Bytes of IP and TCP header without options. */
const headers = (c: Connection): number => (c.family === 4 ? 20 : 40) + TCP_HEADER;

/** What one frame of a connection may carry: the smaller of both announcements. */
export const mssOf = (c: Connection): number => Math.min(c.client_mss, c.server_mss);

export function planReplay(streams: Streams, capture: Capture, name: string): PcapPlan {
  if (streams.connections.length === 0) throw new InputError(`${name}: ${nothingToReplay(streams, capture)}`);
  const by_port = new Map<number, number>();
  for (const c of streams.connections) by_port.set(c.server_port, (by_port.get(c.server_port) ?? 0) + 1);
  const most = limitOf('PORTS_MAX');
  const ports = [...by_port].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most).map(([port]) => port);
  const left_out = streams.connections.filter((c) => !ports.includes(c.server_port)).length;
  const largest = Math.max(...streams.connections.map((c) => mssOf(c) + headers(c)));
  const mtu = Math.min(MTU_MOST, Math.max(MTU_LEAST, largest));
  const ipv6 = streams.connections.some((c) => c.family === 6);
  return { mtu, ports, left_out, yaml: scenarioText(mtu, ports, ipv6) };
}

/**
 * Windows and the area are larger than any captured server's were, so that no captured segment is out of our window.
 * A listener of IPv6 takes IPv4 too. What the simulated server answers ends at the other NIC: the captured client is past.
 */
function scenarioText(mtu: number, ports: readonly number[], ipv6: boolean): string {
  return `
about: a capture is fed into a server that receives by zero copy
run: { until_ns: 1h }
nic: { mtu: ${mtu} }
tcp: { family: ${ipv6 ? 'ipv6' : 'ipv4'} }
hosts:
  client:
    nic: { rx_queues: 1, tx_queues: 1, rules: [{ drop: on }] }
  server:
    nic:
      rx_queues: 2
      tx_queues: 2
      rss_start: 1
      rss_equal: 1
      rx_ring: 4096
    tcp: { anyip: on }
    socket: { rmem_default: 16MiB, rmem_max: 64MiB }
    ring: { cq_entries: 32768 }
    app: { role: sink, receive: zc, port: ${ports[0]}, ports: [${ports.join(', ')}] }
    refill: { queue: 1, area_bytes: 64MiB }
`;
}

function nothingToReplay(streams: Streams, { frames, remarks }: Capture): string {
  if (frames.length === 0 && remarks.length > 0) return `${remarks.join('; ')}; no frame of it is whole, so capture it again.`;
  if (streams.midway.size > 0) {
    const n = streams.midway.size;
    const all = n === 1 ? 'its only one' : `all ${n} of them`;
    return `the capture has no beginning of a TCP connection: ${all} began before it, so their first numbers are not known.`;
  }
  const skipped = Object.entries(streams.skipped).map(([why, n]) => `${n} ${why}`).join(', ');
  return `the capture has no TCP connection${skipped === '' ? ': it is empty.' : ` (frames: ${skipped}).`}`;
}
