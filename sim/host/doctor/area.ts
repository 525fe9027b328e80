/** The area and the receive buffer: too small, or filled with little. */
import { bytesText, countText, shareText } from '../numbers_text.ts';
import { formatQuantity } from '../scenario.ts';
import { atText, type Symptom } from './finding.ts';
import type { Detector, HostView } from './patient.ts';
import { sizesOf } from './sizes.ts';

/** Ethernet: preamble, header, check sequence, gap. */
const FRAME_OVERHEAD = 38;
const NO_DESC = 'SIM_NIC_NO_DESC';

/** Bytes of an area that a host has bound to a queue of its NIC. */
function bound(h: HostView): { area: number; buf: number; ring: number } | undefined {
  if (!h.setup || h.result?.zcrx.length === 0) return undefined;
  const v = h.setup.values;
  return v['refill.nodev'] === 1 ? undefined : { area: v['refill.area_bytes'], buf: v['refill.rx_buf_len'], ring: v['nic.rx_ring'] };
}

/** Bytes of payload in a full segment, by what the scenario says. */
const mssOf = (h: HostView): number => (h.setup?.values['nic.mtu'] ?? 1500) - (h.setup?.values['tcp.family'] === 1 ? 72 : 52);

function needed(h: HostView, least: number): string {
  const size = sizesOf(h)?.('area') ?? least;
  const v = h.setup?.values;
  // What the application collects before it gives any back is out of the area, too.
  const collected = v && v['refill.give_back'] === 1 ? v['refill.batch'] * v['refill.rx_buf_len'] : 0;
  const bytes = Math.max(size + collected, least);
  return formatQuantity(Math.ceil(bytes / 1048576) * 1048576, 'bytes');
}

export const areaTooSmall: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const drops = h.chart.drops.get(NO_DESC);
    const { pool_empty } = h.chart;
    if (!drops || pool_empty.count === 0) return [];
    const evidence = [
      { time_ns: pool_empty.first_ns, text: `the page pool had nothing to give ${countText(pool_empty.count, 'time')}, first at`
        + ` ${atText({ time_ns: pool_empty.first_ns })}` },
      { time_ns: drops.first_ns, text: `the NIC dropped ${countText(drops.count, 'frame')} for want of a buffer, first at`
        + ` ${atText({ time_ns: drops.first_ns })}` },
    ];
    const b = bound(h);
    if (!b) return [{ name: 'area-too-small', evidence }];
    const size = needed(h, b.area * 2);
    // Buffers that nobody gives back are never enough.
    if (h.chart.pushes === 0 && h.setup?.values['refill.give_back'] !== 1) return [{ name: 'area-too-small', evidence }];
    const remedy = `the area has ${formatQuantity(b.area, 'bytes')}; ${size} would do by the sizing rules (refill.area_bytes),`
      + ' or buffers given back sooner (refill.delay_ns, refill.batch).';
    return [{ name: 'area-too-small', evidence, remedy, sets: [`${h.name}.refill.area_bytes=${size}`] }];
  });

/** Frames that fell off the edge of a window that had been wider. */
export const windowShrunk: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    if (h.setup?.values['tcp.shrink_window'] !== 1 || (h.result?.tcp.RcvPruned ?? 0) > 0) return [];
    const drops = OFF_THE_EDGE.map((reason) => h.chart.drops.get(reason)).filter((d) => d !== undefined);
    const count = drops.reduce((n, d) => n + d.count, 0);
    if (count === 0) return [];
    const text = `${countText(count, 'frame')} of payload dropped beyond the window of the ${h.name}${count > 1 ? ', this one first' : ''}`;
    return [{
      name: 'window-shrunk', evidence: [{ time_ns: Math.min(...drops.map((d) => d.first_ns)), text }],
      sets: [`${h.name}.tcp.shrink_window=off`],
    }];
  });
const OFF_THE_EDGE = ['TCP_OVERWINDOW', 'TCP_ZEROWINDOW'];

export const ringSmall: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const drops = h.chart.drops.get(NO_DESC);
    if (!drops || h.chart.pool_empty.count > 0) return [];
    const text = `the NIC dropped ${countText(drops.count, 'frame')} for want of a descriptor, first at`
      + ` ${atText({ time_ns: drops.first_ns })},`
      + ' and the page pool was never empty';
    const ring = h.setup?.values['nic.rx_ring'];
    const v = h.setup?.values;
    // What the wire brings between two polls, twice, since polls come late.
    const frames = v ? (2 * v['wire.rate_bps'] * v['nic.rx_usecs'] * 1e-6) / 8 / (v['nic.mtu'] + FRAME_OVERHEAD) : 0;
    const more = 2 ** Math.ceil(Math.log2(Math.max((ring ?? 0) + drops.count, frames)));
    const remedy = ring === undefined ? {} : {
      remedy: `the RX ring has ${ring} descriptors: ${more} would have been enough (nic.rx_ring, ethtool -G rx), or let the driver poll`
        + ` sooner (nic.rx_usecs).`,
      sets: [`${h.name}.nic.rx_ring=${more}`],
    };
    return [{ name: 'ring-too-small', evidence: [{ time_ns: drops.first_ns, text }], ...remedy }];
  });

export const areaBelowRing: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const b = bound(h);
    if (!b) return [];
    const standing = b.ring * Math.ceil(mssOf(h) / b.buf) * b.buf;
    if (standing < b.area || !h.chart.drops.has(NO_DESC)) return [];
    const text = `${b.ring} descriptors of ${formatQuantity(standing / b.ring, 'bytes')} are ${formatQuantity(standing, 'bytes')}; the`
      + ` area has ${formatQuantity(b.area, 'bytes')}`;
    return [{ name: 'area-below-ring', evidence: [{ text }], remedy: `${needed(h, standing * 2)} of area`
      + ` (refill.area_bytes).`, sets: [`${h.name}.refill.area_bytes=${needed(h, standing * 2)}`] }];
  });

export const segmentsCut: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const b = bound(h);
    const mss = mssOf(h);
    if (!b || mss <= b.buf || h.chart.lent === 0) return [];
    const each = Math.ceil(mss / b.buf);
    const text = `segments of ${mss} bytes in buffers of ${b.buf}: ${each} buffers and ${each} completions each,`
      + ` ${shareText(mss, each * b.buf)} of them full`;
    const whole = formatQuantity(2 ** Math.ceil(Math.log2(mss)), 'bytes');
    return [{
      name: 'segments-cut', evidence: [{ text }], remedy: `refill.rx_buf_len ${whole} makes it one.`,
      sets: [`${h.name}.refill.rx_buf_len=${whole}`],
    }];
  });

/** A tenth of a buffer, over many buffers, is little. */
const LITTLE = 0.1;
const MANY = 100;

export const buffersMostlyEmpty: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const buf = h.setup?.values['refill.rx_buf_len'] ?? 4096;
    const { lent, lent_bytes } = h.chart;
    if (lent < MANY || lent_bytes > lent * buf * LITTLE) return [];
    const text = `${countText(lent, 'buffer')} of ${buf} bytes carried ${bytesText(lent_bytes)}: ${shareText(lent_bytes, lent * buf)}`
      + ` of their memory`;
    const fits = Math.max(4096, 2 ** Math.ceil(Math.log2(mssOf(h))));
    if (!h.setup || fits >= buf) return [{ name: 'buffers-mostly-empty', evidence: [{ text }] }];
    const remedy = `a segment has ${mssOf(h)} bytes: ask for buffers of ${formatQuantity(fits, 'bytes')} (refill.rx_buf_len).`;
    return [{ name: 'buffers-mostly-empty', evidence: [{ text }], remedy, sets: [`${h.name}.refill.rx_buf_len=${fits}`] }];
  });

/** The window closed while payload was a small part of what the receive buffer was charged with. */
export const windowByOverhead: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const closed = Math.max(h.result?.tcp.TCPToZeroWindowAdv ?? 0, h.result?.tcp.TCPFromZeroWindowAdv ?? 0);
    const { lent, lent_bytes } = h.chart;
    const buf = h.setup?.values['refill.rx_buf_len'] ?? 4096;
    if (closed === 0 || lent < MANY || lent_bytes > lent * buf * LITTLE) return [];
    const text = `the window closed ${countText(closed, 'time')}; a buffer of ${buf} bytes is charged for`
      + ` ${Math.round(lent_bytes / lent)} bytes of payload`;
    return [{ name: 'window-by-overhead', evidence: [{ text }] }];
  });

export const receivePruned: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const t = h.result?.tcp;
    const lost = (t?.RcvPruned ?? 0) + (t?.TCPRcvQDrop ?? 0) + (t?.OfoPruned ?? 0) + (t?.TCPOFODrop ?? 0);
    if (!t || lost === 0) return [];
    const text = `PruneCalled ${t.PruneCalled}, RcvPruned ${t.RcvPruned}, TCPRcvQDrop ${t.TCPRcvQDrop}, OfoPruned ${t.OfoPruned},`
      + ` TCPOFODrop ${t.TCPOFODrop}`;
    return [{ name: 'receive-pruned', evidence: [{ text }] }];
  });

/** A sender had to probe a window that its receiver had opened again. */
export const windowUpdateLost: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const probes = h.result?.tcp.TCPWinProbe ?? 0;
    const opened = p.hosts[1 - h.host]?.result?.tcp.TCPFromZeroWindowAdv ?? 0;
    if (probes === 0 || opened === 0) return [];
    const text = `the ${h.name} sent ${countText(probes, 'window probe')}, and its peer had opened a closed window`
      + ` ${countText(opened, 'time')}`;
    return [{ name: 'window-update-lost', evidence: [{ text }] }];
  });

export const sackOff: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const reno = h.result?.tcp.TCPRenoRecovery ?? 0;
    const timeouts = h.result?.tcp.TCPTimeouts ?? 0;
    if (reno === 0) return [];
    return [{ name: 'sack-off', evidence: [{ text: `the ${h.name} recovered ${countText(reno, 'time')} without SACK, with`
      + ` ${countText(timeouts, 'time-out')}` }] }];
  });
