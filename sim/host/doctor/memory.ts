/** What memory and buses hold up. */
import { COSTS } from '../../schema/costs.ts';
import { bytesText, countText, rateText, shareText } from '../numbers_text.ts';
import type { Symptom } from './finding.ts';
import type { Detector, HostView, Patient } from './patient.ts';

/** Share of a core's work from which on waiting counts. */
const STALLED = 0.05;
const MISSED = 0.1;
/** A bus that is as busy as that is full. */
const FULL = 0.93;
/** Share of what the NIC writes that its ways may miss. */
const THRASHED = 0.2;

const MISS_COSTS = COSTS.map((c) => c.name).filter((name) => name.endsWith('_miss_kib'));

/** Cycles of a host's cores under some costs, and all of them. */
function cyclesOf(h: HostView, costs: readonly string[]): [number, number] {
  const rows = h.result?.charges ?? [];
  const sum = (of: typeof rows) => of.reduce((n, c) => n + c.cycles, 0);
  return [sum(rows.filter((c) => costs.includes(c.cost))), sum(rows)];
}

/** For how long streams were under way: a run goes on until its last timer. */
function busyNs(p: Patient): number {
  const ended = (p.run?.streams ?? []).filter((s) => s.endNs > 0);
  return ended.length === 0 ? p.run?.virtualTimeNs ?? 0 : Math.max(...ended.map((s) => s.endNs)) - Math.min(...ended.map((s) => s.startNs));
}

export const dramBound: Detector = (p: Patient) =>
  p.hosts.flatMap((h): Symptom[] => {
    const [waited, all] = cyclesOf(h, ['dram_stall']);
    if (!p.run || !h.result || waited === 0 || waited < all * STALLED) return [];
    const { total, read } = h.result.dram;
    const moved = `the ${h.name}'s memory moved ${bytesText(total ?? 0)}, ${rateText(total ?? 0, busyNs(p))}, of which`
      + ` ${shareText(read ?? 0, total ?? 0)} were read; cores spent ${shareText(waited, all)} of their cycles waiting for it`;
    return [{ name: 'dram-bound', evidence: [{ text: moved }] }];
  });

export const pcieBound: Detector = (p: Patient) =>
  p.hosts.flatMap((h): Symptom[] => {
    const limit = h.setup?.values['nic.pcie_bps'] ?? 0;
    if (!p.run || !h.result || limit === 0) return [];
    const { pcie_rx_bytes: rx = 0, pcie_tx_bytes: tx = 0, rx_fifo_errors: lost = 0 } = h.result.nic;
    const most = Math.max(rx, tx);
    if (lost === 0 && (most * 8e9) / busyNs(p) < limit * FULL) return [];
    const text = `the ${h.name}'s bus carried ${bytesText(most)} ${rx >= tx ? 'to' : 'from'} memory,`
      + ` ${rateText(most, busyNs(p))} of ${rateText(limit / 8, 1e9)}`;
    const dropped = lost > 0 ? [{ text: `${countText(lost, 'frame')} found no room in the NIC (rx_fifo_errors)` }] : [];
    return [{ name: 'pcie-bound', evidence: [{ text }, ...dropped] }];
  });

export const ddioThrash: Detector = (p: Patient) =>
  p.hosts.flatMap((h): Symptom[] => {
    const [missed, all] = cyclesOf(h, MISS_COSTS);
    const { ddio_hit: hit = 0, ddio_miss: miss = 0 } = h.result?.dram ?? {};
    if (h.setup?.values['mem.ddio_ways'] === 0 || miss < (hit + miss) * THRASHED || missed === 0 || missed < all * MISSED) return [];
    const text = `${shareText(miss, hit + miss)} of ${bytesText(hit + miss)} that the ${h.name}'s NIC wrote were not in its ways of the`
      + ` cache; cores spent ${shareText(missed, all)} of their cycles on what no cache had`;
    return [{ name: 'ddio-thrash', evidence: [{ text }] }];
  });
