/** Where cycles and memory traffic went. */
import { ACCOUNTS, COSTS } from '../../schema/costs.ts';
import { COUNTERS } from '../../schema/counters.ts';
import type { Charge } from '../charges.ts';
import { bars, type Flame, type Html, html, icicle, section, stackedBars, table } from '../html/index.ts';
import type { HostMeasurement, Measured } from '../measure.ts';
import { bytesText, shareText } from '../numbers_text.ts';
import { HOSTS } from '../trace.ts';

/** What cycles are divided by: bytes where bytes moved, else requests. */
interface Per {
  readonly unit: string;
  readonly divisor: number;
}
function perOf({ measurement: m }: Measured): Per {
  if (m.bytes > 0) return { unit: 'cycles per byte', divisor: m.bytes };
  return m.requests > 0 ? { unit: 'cycles per request', divisor: m.requests } : { unit: 'cycles', divisor: 1 };
}
const cycles = (n: number): string => (n >= 1000 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toPrecision(3));
const account = (name: string): number => ACCOUNTS.indexOf(name as (typeof ACCOUNTS)[number]);
const hostsOf = (m: Measured): readonly HostMeasurement[] => [m.measurement.client, m.measurement.server];

function flamesOf(host: number, charges: readonly Charge[], per: Per): Flame[] {
  const rank = (c: Charge) => account(c.account);
  const order = (a: Charge, b: Charge) =>
    a.core - b.core || a.context.localeCompare(b.context) || rank(a) - rank(b) || b.cycles - a.cycles;
  return charges.filter((c) => c.cycles > 0).sort(order).map((c) => ({
    path: [HOSTS[host] ?? 'host', `core ${c.core}`, c.context, c.account, c.cost], value: c.cycles / per.divisor, colour: rank(c),
  }));
}

/** Sums of a host's charges for each context of each core. */
function contextsOf(host: number, h: HostMeasurement, per: Per): { name: string; values: number[] }[] {
  const rows = new Map<string, number[]>();
  for (const c of h.charges) {
    const name = `${HOSTS[host]} core ${c.core}, ${c.context}`;
    const values = rows.get(name) ?? ACCOUNTS.map(() => 0);
    const i = account(c.account);
    values[i] = (values[i] ?? 0) + c.cycles / per.divisor;
    rows.set(name, values);
  }
  return [...rows].map(([name, values]) => ({ name, values })).filter((r) => r.values.some((v) => v > 0));
}

export function cyclesOf(m: Measured): Html | undefined {
  const per = perOf(m);
  const rows = hostsOf(m).flatMap((h, i) => contextsOf(i, h, per));
  if (rows.length === 0) return undefined;
  const used = ACCOUNTS.map((_, i) => rows.some((r) => (r.values[i] ?? 0) > 0));
  const all = hostsOf(m).flatMap((h) => h.charges);
  const total = all.reduce((sum, c) => sum + c.cycles, 0);
  return section('Where the cycles went', [
    stackedBars({
      title: `${per.unit[0]?.toUpperCase()}${per.unit.slice(1)}, by context and account`, label: per.unit, format: cycles,
      parts: ACCOUNTS, bars: rows, shown: used,
    }),
    icicle({
      title: 'From hosts to single costs', about: 'Each level is a part of the one above it; as wide as it is dear.', label: per.unit,
      format: (v) => `${cycles(v)} ${per.unit}`, levels: ['host', 'core', 'context', 'account', 'cost'],
      flames: hostsOf(m).flatMap((h, i) => flamesOf(i, h.charges, per)),
    }),
    costTable(all, total, per),
  ], 'Softirq is the kernel\'s receive path, task work and syscall run for the application in the kernel, user is the application itself.');
}

const COSTS_MAX = 15;

/** The dearest costs, with what one of them is. */
function costTable(all: readonly Charge[], total: number, per: Per): Html {
  const sums = new Map<string, { cycles: number; units: number; account: string }>();
  for (const c of all) {
    const s = sums.get(c.cost) ?? { cycles: 0, units: 0, account: c.account };
    sums.set(c.cost, { ...s, cycles: s.cycles + c.cycles, units: s.units + c.units });
  }
  const dearest = [...sums].sort((a, b) => b[1].cycles - a[1].cycles).slice(0, COSTS_MAX).filter(([, s]) => s.cycles > 0);
  const right = (name: string) => ({ name, right: true });
  return table({
    caption: 'The dearest costs of both hosts',
    columns: ['cost', 'account', right(per.unit), right('share'), right('how often'), 'what it is'],
    rows: dearest.map(([name, s]) => {
      const row = COSTS.find((c) => c.name === name);
      const often = row?.unit === 'cycles/KiB' ? bytesText(s.units) : row?.unit === 'ns' ? '' : String(s.units);
      return [name, s.account, cycles(s.cycles / per.divisor), shareText(s.cycles, total), often, row?.about ?? ''];
    }),
  });
}

/** Bytes that were copied, by where the receiving application says they came from. */
export function copiesOf(m: Measured): Html | undefined {
  const { streams } = m.result;
  const sum = (of: (s: (typeof streams)[number]) => number) => streams.reduce((n, s) => n + of(s), 0);
  const all = sum((s) => s.bytes);
  if (all === 0) return undefined;
  const rows = [
    { name: 'not copied: lent where the NIC wrote them', value: sum((s) => s.zeroCopyBytes), colour: 0 },
    { name: 'copied by a receive into a buffer of the application', value: sum((s) => s.copiedWhy.recv), colour: 1 },
    { name: 'copied into the area, since the NIC had not split them off their header', value: sum((s) => s.copiedWhy.linear), colour: 1 },
    { name: 'copied into the area, since they lay in an ordinary page', value: sum((s) => s.copiedWhy.page), colour: 1 },
  ].filter((b) => b.value > 0).map((b) => ({ ...b, note: shareText(b.value, all) }));
  const copied = hostsOf(m).map((h, i) => `${h.copied_per_byte.toFixed(2)} by the ${HOSTS[i]}`).join(', ');
  return section('Copies', bars({ title: 'Received bytes', label: 'bytes', format: bytesText, bars: rows }),
    `Bytes that cores copied for each byte of payload: ${copied}.`);
}

const CACHES = ['ddio_hit', 'ddio_miss', 'cache_hit', 'cache_miss'];

/** What moved between caches and memory, by cause. */
export function memoryOf(m: Measured): Html | undefined {
  const causes = COUNTERS.filter((c) => c.group === 'mem' && !CACHES.includes(c.name));
  const hosts = HOSTS.flatMap((host, i) => (m.result[host].dram.total ? [{ host, i, dram: m.result[host].dram }] : []));
  if (hosts.length === 0) return undefined;
  const rows = hosts.flatMap(({ host, i, dram }) => causes.filter((c) => dram[c.name]).map((c) => ({
    name: `${host}: ${c.about}`, value: dram[c.name] ?? 0, note: shareText(dram[c.name] ?? 0, dram.total ?? 0), colour: i,
  })));
  const hits = hosts.flatMap(({ host, dram }) => {
    const said = (words: string, hit = 0, miss = 0) => (hit + miss === 0 ? [] : [`${words} ${shareText(hit, hit + miss)}.`]);
    return [
      ...said(`Of what the ${host}'s NIC wrote, the last-level cache had`, dram.ddio_hit, dram.ddio_miss),
      ...said(`Of what the ${host}'s cores read, a cache had`, dram.cache_hit, dram.cache_miss),
    ];
  });
  const per = hostsOf(m).map((h, i) => `${h.dram_bytes_per_byte.toFixed(2)} at the ${HOSTS[i]}`).join(', ');
  return section('Memory', [
    bars({ title: 'Bytes moved in DRAM, by cause', label: 'bytes', format: (v) => bytesText(Math.round(v)), bars: rows }),
    html`<p class="about">${hits.join(' ')}</p>`,
  ], `Bytes moved in DRAM for each byte of payload: ${per}. The bars are of the whole run.`);
}
