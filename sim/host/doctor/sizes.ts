/** What the calculator says for a host of a run, so that a finding can name the size that would do. */
import { sizePlan } from '../size_plan.ts';
import type { HostView } from './patient.ts';

const IPV6 = 1;

/** Sizes by name; undefined for a trace whose scenario nobody knows. */
export function sizesOf(h: HostView): ((name: string) => number) | undefined {
  if (!h.setup) return undefined;
  const v = h.setup.values;
  const plan = sizePlan({
    rate_bps: v['wire.rate_bps'], rtt_ns: 2 * v['wire.delay_ns'] + v['nic.rx_usecs'] * 2000, mtu: v['nic.mtu'],
    rx_buf_len: v['refill.rx_buf_len'], hold_ns: v['refill.delay_ns'], rx_ring: v['nic.rx_ring'],
    connections: Math.max(1, h.chart.socks.size + h.chart.gone.length), family: v['tcp.family'] === IPV6 ? 6 : 4,
  });
  return (name) => plan.rows.find((r) => r.name === name)?.value ?? 0;
}
