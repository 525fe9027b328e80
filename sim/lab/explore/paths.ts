/** A scenario on every path that its bytes can take, while that is computed. */
import {
  type CellJob, type CellRecord, type Direction, loadScenario, memoryNote, METRICS, PATH_COLUMNS, pathCell, pathGroups, type PathResult,
  pathResults, pathSentence, pathsPage, pathTitle, type PlannedPath, planPaths, refusedPaths, resultJson,
} from '../../host/index.ts';
import { ACCOUNTS } from '../../schema/costs.ts';
import { runCommandOf } from '../exports.ts';

export interface PathsAsk {
  readonly name: string;
  readonly text: string;
  readonly sets: readonly string[];
  readonly directions: readonly Direction[];
}

export interface PathRow {
  readonly path: string;
  /** It is the path that the scenario has anyway. */
  readonly own: boolean;
  readonly outcome: PathResult['outcome'] | 'waiting';
  /** Below each column of its group. */
  readonly cells: readonly string[];
  /** What it is, and how it differs from the first of its group. */
  readonly sentence: string;
  /** Cycles per byte by account, in the order of the group's accounts. */
  readonly cycles: readonly number[];
  readonly throughput_bps: number;
  readonly throughput: string;
  readonly bottleneck: string;
  readonly sets: readonly string[];
  readonly command: string;
}
export interface PathGroup {
  readonly title: string;
  readonly host: string;
  readonly columns: readonly string[];
  readonly accounts: readonly string[];
  readonly rows: readonly PathRow[];
  readonly refused: readonly { readonly paths: string; readonly why: string }[];
  readonly note: string;
}
export interface PathsAnswer {
  readonly name: string;
  readonly groups: readonly PathGroup[];
  readonly done: number;
  readonly all: number;
  readonly command: string;
}

const WHAT_LIMITED = 'bottleneck';
const word = (w: string) => (/^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replaceAll("'", "'\\''")}'`);

export class PathComparison {
  readonly ask: PathsAsk;
  readonly #about: string;
  readonly #name: string;
  readonly #core: string;
  readonly #planned: readonly PlannedPath[];
  readonly #records: Map<string, CellRecord>;

  constructor(ask: PathsAsk, core: string, records: Map<string, CellRecord> = new Map()) {
    const { name, about } = loadScenario(ask.text, ask.name, { sets: ask.sets });
    this.ask = ask;
    this.#name = name;
    this.#about = about;
    this.#core = core;
    this.#records = records;
    this.#planned = planPaths(ask.text, ask.name, ask.sets, ask.directions, core);
  }

  jobs(): CellJob[] {
    const { name, text, sets } = this.ask;
    const seen = new Set<string>(this.#records.keys());
    return this.#planned.flatMap((p): CellJob[] => {
      if (p.key === undefined || seen.has(p.key)) return [];
      seen.add(p.key);
      return [{ key: p.key, text, file: name, sets: [...sets, ...p.sets] }];
    });
  }
  put(record: CellRecord): void {
    this.#records.set(record.key, JSON.parse(resultJson(record)) as CellRecord);
  }

  results(): PathResult[] {
    const { name, sets } = this.ask;
    return pathResults(this.#planned, this.#records, (own) => runCommandOf({ name, text: '', sets: [...sets, ...own] }));
  }

  answer(): PathsAnswer {
    const results = this.results();
    const waiting = (r: PathResult) => {
      const { key } = this.#planned[results.indexOf(r)] as PlannedPath;
      return key !== undefined && !this.#records.has(key);
    };
    const left = results.filter(waiting).length;
    return {
      name: this.#name, done: results.length - left, all: results.length, command: this.command(),
      groups: pathGroups(results).map((group) => {
        const [first] = group as [PathResult];
        const cycles = (r: PathResult) => r.measurement?.[r.host as 'client' | 'server'].cycles_per_byte ?? {};
        const accounts = ACCOUNTS.filter((a) => group.some((r) => (cycles(r)[a] ?? 0) > 0));
        const columns = PATH_COLUMNS(first);
        const rows = group.map((r): PathRow => {
          const wait = waiting(r);
          return {
            path: r.path, own: r.own, outcome: wait ? 'waiting' : r.outcome,
            cells: columns.map(([, metric], i) => (wait ? '' : pathCell(r, metric, i === 0))), sentence: wait ? '' : pathSentence(r),
            cycles: accounts.map((a) => cycles(r)[a] ?? 0), throughput_bps: r.measurement?.throughput_bps ?? 0,
            throughput: wait ? '' : pathCell(r, 'throughput_bps', true),
            bottleneck: String(r.measurement ? METRICS.find((m) => m.name === WHAT_LIMITED)?.of(r.measurement) ?? '' : ''),
            sets: [...this.ask.sets, ...(this.#planned[results.indexOf(r)]?.sets ?? [])], command: r.command,
          };
        });
        return {
          title: pathTitle(first), host: first.host, columns: columns.map(([title]) => title), accounts, rows,
          refused: refusedPaths(group), note: memoryNote(group),
        };
      }),
    };
  }

  command(): string {
    const { name, sets, directions } = this.ask;
    const one = directions.length === 1 ? ['--direction', directions[0] as string] : [];
    return ['ringlab', 'compare-paths', name, ...one, ...sets.flatMap((s) => ['--set', s])].map(word).join(' ');
  }
  file(kind: 'json' | 'html'): string {
    const paths = this.results();
    return kind === 'json' ? `${resultJson({ scenario: this.#name, core: this.#core, paths })}\n`
      : pathsPage(this.#name, this.#about, this.command(), paths);
  }
}
