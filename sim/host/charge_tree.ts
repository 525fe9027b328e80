/**
 * Charges as a tree: host, core, context, account, cost. As a table whose rows are indented like the frames of a flame graph, and as
 * the folded stacks that flamegraph.pl reads (Brendan Gregg, FlameGraph: stackcollapse).
 */
import type { Charge } from './charges.ts';
import { durationText } from './numbers_text.ts';
import type { RunResult } from './result.ts';

export interface ChargeNode {
  readonly name: string;
  readonly cycles: number;
  /** Of a cost: how often it was charged, or its bytes or nanoseconds; of what contains costs: 0. */
  readonly units: number;
  /** The most cycles first; of equals by name. */
  readonly children: readonly ChargeNode[];
}

const byCycles = (a: ChargeNode, b: ChargeNode): number => b.cycles - a.cycles || (a.name < b.name ? -1 : 1);
const node = (name: string, children: readonly ChargeNode[]): ChargeNode => ({
  name, cycles: children.reduce((n, c) => n + c.cycles, 0), units: 0, children: [...children].sort(byCycles),
});

/** The frames below a host, outermost first. */
const frames = (charge: Charge): string[] => [`core ${charge.core}`, charge.context, charge.account, charge.cost];

function treeOf(name: string, charges: readonly Charge[], depth: number): ChargeNode {
  const names = [...new Set(charges.map((c) => frames(c)[depth] ?? ''))];
  const groups = names.map((frame) => [frame, charges.filter((c) => frames(c)[depth] === frame)] as const);
  const children = groups.map(([frame, rows]) => (depth < 3 ? treeOf(frame, rows, depth + 1) : {
    name: frame, cycles: rows.reduce((n, r) => n + r.cycles, 0), units: rows.reduce((n, r) => n + r.units, 0), children: [],
  }));
  return node(name, children);
}

/** A tree a host; steps that cost nothing are left out. */
export function chargeTrees(result: Pick<RunResult, 'client' | 'server'>): ChargeNode[] {
  return (['client', 'server'] as const).map((host) => treeOf(host, result[host].charges.filter((c) => c.cycles > 0), 0));
}

const BAR = 20;
const WIDTH = 34;
/** Fractions of a character cell, from an eighth to seven. */
const EIGHTHS = ' ▏▎▍▌▋▊▉';
function bar(share: number): string {
  const eighths = Math.round(share * BAR * 8);
  const text = '█'.repeat(eighths >> 3) + (eighths % 8 === 0 ? '' : EIGHTHS[eighths % 8]);
  return text.padEnd(BAR);
}
const grouped = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ' ');

function rowsOf(n: ChargeNode, depth: number, all: number, bytes: number): string[] {
  const share = all === 0 ? 0 : n.cycles / all;
  const per_byte = bytes === 0 ? '' : (n.cycles / bytes).toFixed(4);
  const times = n.units === 0 ? '' : `× ${grouped(n.units)}`;
  const row = `${`${'  '.repeat(depth)}${n.name}`.padEnd(WIDTH)}${grouped(n.cycles).padStart(16)}${(share * 100).toFixed(1).padStart(7)} %`
    + `${per_byte.padStart(10)}  ${bar(share)} ${times}`;
  return [row.trimEnd(), ...n.children.flatMap((c) => rowsOf(c, depth + 1, all, bytes))];
}

/** The table: shares are those of a host's cycles, bytes those that reached applications. */
export function chargeTable(result: RunResult): string[] {
  const bytes = result.streams.reduce((n, s) => n + s.bytes, 0);
  const head = `${'host, core, context, account, cost'.padEnd(WIDTH)}${'cycles'.padStart(16)}${'share'.padStart(9)}`
    + `${'a byte'.padStart(10)}`;
  const trees = chargeTrees(result).filter((t) => t.cycles > 0);
  if (trees.length === 0) return [`no core was charged anything in ${durationText(result.virtualTimeNs)}`];
  return [head, ...trees.flatMap((t) => rowsOf(t, 0, t.cycles, bytes))];
}

function stacksOf(n: ChargeNode, above: string): string[] {
  const stack = above === '' ? n.name : `${above};${n.name}`;
  return n.children.length === 0 ? [`${stack} ${n.cycles}`] : n.children.flatMap((c) => stacksOf(c, stack));
}
/** One line a stack, in alphabetical order: `server;core 0;softirq;tcpip;tcp_rx_segment 26400`. */
export function foldedStacks(result: Pick<RunResult, 'client' | 'server'>): string {
  const lines = chargeTrees(result).filter((t) => t.cycles > 0).flatMap((t) => stacksOf(t, ''));
  return lines.sort().map((l) => `${l}\n`).join('');
}
