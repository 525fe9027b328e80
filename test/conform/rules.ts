/**
 * What is done to a golden trace and to ours before they are compared: every rule that there is. A rule says why; how many
 * lines it touched is counted and printed. Nothing else is left out or changed.
 */
export interface Rule {
  readonly name: string;
  readonly why: string;
  /** Probes that it is for; left out: all. */
  readonly probes?: readonly string[];
  /** A line, changed; undefined drops it. */
  readonly apply?: (line: string, section: string) => string | undefined;
  /** Lines after one that matches are dropped, up to the next that matches `until`. */
  readonly skip?: { readonly after: RegExp; readonly until: RegExp };
}

const drop = (pattern: RegExp) => (line: string) => (pattern.test(line) ? undefined : line);

export const RULES: readonly Rule[] = [
  {
    name: 'echo', why: 'lines in which a probe repeats what it is about to do, with nothing from the kernel in them',
    apply: drop(/^ {2}(sqe |rq push |buf_ring add |filled \(amount not stable\))/),
  },
  {
    name: 'frame', why: 'first and last line of a probe', apply: drop(/^(# (probe p\d+_\w+|end)|Terminated)$/),
  },
  {
    name: 'no ring', why: 'the probe ends where it cannot have a ring', probes: ['p15_zcrx'],
    apply: (line) => (/^(DIE ring| {2}the program stopped: ring 0 is not set up)$/.test(line) ? '  (the end)' : line),
  },
  {
    name: 'no events', why: 'the probe leaves out what needs an instance with events where the kernel has none', probes: ['p15_zcrx'],
    skip: { after: /^ {2}register_ifq .* ev=[12] -> -/, until: /^(#| {2}ring_init )/ },
  },
  {
    name: 'no NODEV', why: 'the probe ends where the kernel has no instances without a device', probes: ['p15_zcrx'],
    apply: drop(/^ {2}NODEV zcrx unavailable/),
  },
  {
    name: 'send as data',
    why: 'the probe takes the completion of a SEND_ZC for received data, and is out of step with its pattern from there on',
    probes: ['p15_zcrx'],
    apply: (line, section) => (section.startsWith('SEND_ZC into RECV_ZC')
      ? line.replace(/^( {2}cq after submit\[0\]: ud=2 .*) area=.*$/, '$1').replace(/ data=\w+$/, '') : line),
  },
];

/** Drops what a rule skips. Returns how many lines. */
function skipRuns(lines: string[], { after, until }: NonNullable<Rule['skip']>): number {
  let dropped = 0;
  for (let i = 0; i < lines.length; i++) {
    if (!after.test(lines[i] ?? '')) continue;
    let end = i + 1;
    while (end < lines.length && !until.test(lines[end] ?? '')) end++;
    dropped += end - i - 1;
    lines.splice(i + 1, end - i - 1);
  }
  return dropped;
}

export interface Normal {
  readonly lines: readonly string[];
  /** Lines that each rule touched. */
  readonly touched: Readonly<Record<string, number>>;
}

export function normalise(lines: readonly string[], probe: string): Normal {
  const touched: Record<string, number> = {};
  const out: string[] = [];
  let section = '';
  const rules = RULES.filter((r) => r.probes === undefined || r.probes.includes(probe));
  for (const line of lines) {
    if (line.startsWith('## ')) section = line.slice(3);
    let now: string | undefined = line;
    for (const rule of rules) {
      if (now === undefined) break;
      if (!rule.apply) continue;
      const next: string | undefined = rule.apply(now, section);
      if (next !== now) touched[rule.name] = (touched[rule.name] ?? 0) + 1;
      now = next;
    }
    if (now !== undefined) out.push(now);
  }
  for (const { name, skip } of rules) {
    const dropped = skip ? skipRuns(out, skip) : 0;
    if (dropped > 0) touched[name] = (touched[name] ?? 0) + dropped;
  }
  return { lines: out, touched };
}
