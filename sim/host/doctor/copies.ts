/** Bytes that were copied where zero copy was meant, and why. */
import { bytesText, countText, shareText } from '../numbers_text.ts';
import { resText } from './cqe_text.ts';
import type { Evidence, Symptom } from './finding.ts';
import type { Detector, HostView, Patient } from './patient.ts';

/** Less than this share of copies is what connections that are being set up cost. */
const SHARE = 0.05;

interface Copied {
  readonly linear: number;
  /** Pieces of it. */
  readonly linears: number;
  readonly page: number;
  readonly lent: number;
}

function copied(h: HostView): Copied {
  const all = [...h.chart.socks.values(), ...h.chart.gone];
  const sum = (of: (s: (typeof all)[number]) => number) => all.reduce((n, s) => n + of(s), 0);
  return { linear: sum((s) => s.copied_linear), linears: sum((s) => s.copies_linear),
    page: sum((s) => s.copied_page), lent: sum((s) => s.lent) };
}

function text({ linear, page, lent }: Copied): string {
  const all = linear + page + lent;
  const parts = [page > 0 ? `${bytesText(page)} out of ordinary pages` : '', linear > 0 ? `${bytesText(linear)} out of the linear`
    + ` part` : ''];
  return `${shareText(linear + page, all)} of ${bytesText(all)} were copied: ${parts.filter(Boolean).join(', ')}`;
}

/** Frames of a queue by what chose it. */
function queues(h: HostView): string {
  const own = [...h.chart.steered].sort(([a], [b]) => a - b);
  return own.map(([q, { rule, hash }]) => `queue ${q} got ${countText(rule + hash, 'frame')} (${rule} by a rule, ${hash} by the hash)`)
    .join('; ');
}

function reasons(h: HostView, c: Copied): Symptom[] {
  const evidence: Evidence[] = [{ text: text(c) }];
  const v = h.setup?.values;
  const out: Symptom[] = [];
  if (v && c.linear > c.page && v['nic.rx_copybreak'] > 0 && c.linear <= c.linears * v['nic.rx_copybreak'])
    out.push({ name: 'copies-copybreak', evidence: [...evidence, { text: `nic.rx_copybreak is ${v['nic.rx_copybreak']}` }] });
  if (v?.['refill.nodev'] === 1) return [...out, { name: 'copies-no-device', evidence }];
  const queue = v?.['refill.queue'];
  if (queue === undefined || c.page + c.linear === 0) return out.length > 0 ? out : [{ name: 'copies-wrong-queue', evidence }];
  const rules = h.setup?.rules.some((r) => r.fields.queue === queue) ?? false;
  if (rules && v?.['nic.ntuple'] === 0)
    return [...out, { name: 'copies-rules-off', evidence: [...evidence, { text: `${queues(h)}; the area has queue ${queue}` }] }];
  const by_rule = [...h.chart.steered].filter(([q, { rule }]) => q !== queue && rule > 0).map(([q]) => q);
  const sent = by_rule.map((q): Evidence => ({ text: `a rule sends it to queue ${q} (nic.rules)` }));
  return [...out, { name: 'copies-wrong-queue', evidence: [...evidence, ...sent, { text: `${queues(h)}; the area has queue ${queue}` }] }];
}

export const copies: Detector = (p: Patient) =>
  p.hosts.flatMap((h): Symptom[] => {
    const c = copied(h);
    const all = c.linear + c.page + c.lent;
    return all > 0 && c.linear + c.page > all * SHARE ? reasons(h, c) : [];
  });

/** The built-in sink falls back to a receive that copies when the area is refused. */
export const copiesRefused: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const errno = h.result?.app.errno ?? 0;
    if (errno === 0 || h.result?.zcrx.length !== 0) return [];
    const bytes = [...h.chart.socks.values(), ...h.chart.gone].reduce((n, s) => n + s.taken, 0);
    return [{ name: 'copies-refused', evidence: [{ text: `the ${h.name}'s application got ${resText(-errno)} for its area, and`
      + ` ${bytesText(bytes)} by a receive that copies` }] }];
  });

/** The spread of RSS covers the queue of the area, and flows of strangers came that way. */
export const rssReaches: Detector = (p) =>
  p.hosts.flatMap((h): Symptom[] => {
    const v = h.setup?.values;
    if (!v || h.result?.zcrx.length === 0 || v['refill.nodev'] === 1) return [];
    const queue = v['refill.queue'];
    const by_hash = h.chart.steered.get(queue)?.hash ?? 0;
    const others = [...h.chart.steered].some(([q, { hash }]) => q !== queue && hash > 0);
    const equal = v['nic.rss_equal'] || v['nic.rx_queues'] - v['nic.rss_start'];
    const covers = queue >= v['nic.rss_start'] && queue < v['nic.rss_start'] + equal;
    if (!covers || by_hash === 0 || !others || equal < 2) return [];
    const text = `RSS spreads over queues ${v['nic.rss_start']} to ${v['nic.rss_start'] + equal - 1}; ${countText(by_hash, 'frame')} came`
      + ` to queue ${queue}, that of the area, by the hash`;
    return [{ name: 'rss-reaches-area', evidence: [{ text }] }];
  });
