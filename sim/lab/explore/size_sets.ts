/** A plan of sizes as changes of the scenario bulk: its link, its buffers, its rings. */
import type { SizePlan } from '../../host/index.ts';

const BYTES_EACH = 8 * 2 ** 20;
const FLOWS_MAX = 64;

/** What --set takes. A run of many connections is cut to some: each gets some mebibytes. */
export function setsOfSizes({ question: q, rows }: SizePlan): string[] {
  const size = (name: string) => rows.find((r) => r.name === name)?.value ?? 0;
  const flows = Math.min(q.connections, FLOWS_MAX);
  return [
    `wire.rate_bps=${q.rate_bps}`, `wire.delay_ns=${Math.round(q.rtt_ns / 2)}ns`, `nic.mtu=${q.mtu}`,
    `server.nic.rx_ring=${size('rx_ring')}`, `server.refill.rx_buf_len=${q.rx_buf_len}`, `server.refill.area_bytes=${size('area')}`,
    `server.refill.rq_entries=${size('refill_ring')}`, `server.ring.sq_entries=${size('sq')}`, `server.ring.cq_entries=${size('cq')}`,
    `server.socket.rmem_max=${Math.max(4096, size('rcvbuf'))}`, `client.socket.wmem_max=${Math.max(4194304, size('rcvbuf'))}`,
    ...(q.hold_ns > 0 ? [`server.refill.delay_ns=${q.hold_ns}ns`] : []), ...(q.family === 6 ? ['tcp.family=ipv6'] : []),
    ...(flows > 1 ? [`client.app.flows=${flows}`] : []), `client.app.bytes=${BYTES_EACH / Math.min(flows, 8)}`,
  ];
}
