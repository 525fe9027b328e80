/**
 * A step scenario as the doctor reads it: what the program did, step by step, and what the kernel answered. Of a trace without its
 * program only the answers are there.
 */
import { opName } from '../../../uring-model/8-app/names.ts';
import type { Step } from '../steps/program.ts';
import type { TraceLine, TraceValue } from '../steps/trace_line.ts';
import { flagBits } from './cqe_text.ts';
import type { At } from './finding.ts';
import { type Cqe, type Life, Lives } from './life.ts';
import type { LoggedCqe } from './cqe_log.ts';
import type { Quiet } from './patient.ts';

/** One thing that happened, in order. */
export type Move =
  | { readonly kind: 'sqe'; readonly i: number; readonly step: Step; readonly life: Life }
  | { readonly kind: 'cqe'; readonly i: number; readonly life: Life; readonly cqe: Cqe; readonly line: TraceLine }
  | {
    readonly kind: 'step'; readonly i: number; readonly step: Step; readonly ret: number | undefined; readonly line: TraceLine | undefined;
  }
  | { readonly kind: 'line'; readonly i: number; readonly line: TraceLine };

const strings = (v: TraceValue | undefined): string[] => (Array.isArray(v) ? v.map(String) : []);
const number = (v: TraceValue | undefined): number | undefined => (typeof v === 'number' ? v : undefined);

const cqeOf = (line: TraceLine, at: At): Cqe => ({ ...at, res: number(line.res) ?? 0, flags: flagBits(strings(line.fl)) });

/** What a file of the program has seen. */
interface FileNote {
  /** Whom it is connected to. */
  peer: string;
  sent_to: number;
  received: number;
  last: number;
  closed: number | undefined;
}

export interface Story {
  readonly program: readonly Step[];
  readonly moves: readonly Move[];
  readonly lives: readonly Life[];
  readonly quiet: readonly Quiet[];
  /** The entry that a request was submitted with, and the step of its submission. */
  readonly entry: ReadonlyMap<Life, Step>;
  readonly files: ReadonlyMap<string, FileNote>;
  /** Completions by the names that the program gave them. */
  readonly names: ReadonlyMap<string, Cqe>;
  /** The file that a name stood for in a step: names are given anew. */
  readonly fileAt: (name: string, step: number) => string;
  /** The step that the program was in at a time; undefined where nobody knows. */
  readonly stepAt: (time_ns: number) => number | undefined;
}

/** Steps that make files, and the fields that name them. */
const MAKES_FILES = /^(?:sock\.|pipe$|eventfd$|epoll$)/;
const GIVES = ['a', 'b', 'name', 'read', 'write'];
/** Steps that give submission entries to the kernel. */
const SUBMITS = ['submit', 'submit_wait', 'enter'];
const text = (step: Step, field: string): string => String(step[field] ?? '');

class Builder {
  readonly moves: Move[] = [];
  readonly lives = new Lives();
  readonly entry = new Map<Life, Step>();
  readonly files = new Map<string, FileNote>();
  readonly names = new Map<string, Cqe>();
  private readonly filled = new Map<string, { step: Step; i: number }[]>();
  private readonly connecting = new Map<string, string[]>();

  private readonly bound = new Map<string, number[]>();

  fileAt(name: string, i: number): string {
    const n = (this.bound.get(name) ?? []).filter((at) => at <= i).length;
    return n > 1 ? `${name}#${n}` : name;
  }

  file(name: string): FileNote {
    const known = this.files.get(name);
    if (known) return known;
    const made: FileNote = { peer: '', sent_to: 0, received: 0, last: 0, closed: undefined };
    this.files.set(name, made);
    return made;
  }

  private pair(a: string, b: string): void {
    this.file(a).peer = b;
    this.file(b).peer = a;
  }

  step(step: Step, i: number, lines: readonly TraceLine[]): void {
    if (MAKES_FILES.test(step.step)) for (const name of GIVES.map((f) => step[f])) if (typeof name === 'string') this.bind(name, i);
    if (step.step === 'ring.exit') this.lives.leave(`ring ${text(step, 'ring')}`, { step: i });
    const ret = lines.find((l) => l.e === 'ret');
    const done = number(ret?.ret);
    if (step.step === 'sqe') this.fill(step, i);
    if (SUBMITS.includes(step.step)) this.submit(step, i, done);
    let n = 0;
    for (const line of lines) {
      if (line.e === 'cqe') {
        const name = step.as?.[n++];
        if (name !== undefined) this.names.set(name, cqeOf(line, { step: i }));
        this.cqe(line, i);
      } else if (line !== ret) this.moves.push({ kind: 'line', i, line });
    }
    if (step.step !== 'sqe') this.moves.push({ kind: 'step', i, step, ret: done, line: ret });
    this.note(step, i, done);
  }

  private bind(name: string, i: number): void {
    this.bound.set(name, [...(this.bound.get(name) ?? []), i]);
  }

  private fill(step: Step, i: number): void {
    const key = text(step, 'ring');
    this.filled.set(key, [...(this.filled.get(key) ?? []), { step, i }]);
  }

  private submit(step: Step, i: number, done: number | undefined): void {
    const key = text(step, 'ring');
    const waiting = this.filled.get(key) ?? [];
    // submit_wait and enter may return what they waited for; then everything has gone.
    const n = step.step === 'submit' && done !== undefined && done >= 0 ? done : waiting.length;
    for (const { step: sqe } of waiting.slice(0, n)) {
      const life = this.lives.submit(`ring ${key}`, text(sqe, 'ud'), opName(Number(sqe.op)), { step: i }, this.fileAt(text(sqe, 'fd'), i));
      this.entry.set(life, sqe);
      this.moves.push({ kind: 'sqe', i, step: sqe, life });
    }
    this.filled.set(key, waiting.slice(n));
  }

  private cqe(line: TraceLine, i: number): void {
    const cqe = cqeOf(line, { step: i });
    const life = this.lives.cqe(`ring ${line.r ?? 0}`, String(line.ud), cqe);
    this.moves.push({ kind: 'cqe', i, life, cqe, line });
    if (!life.op.startsWith('RECV') || cqe.res <= 0 || life.sock === '') return;
    const file = this.file(life.sock);
    file.received += cqe.res;
    file.last = i;
  }

  private connect(to: string, name: string): void {
    this.connecting.set(to, [...(this.connecting.get(to) ?? []), name]);
  }

  private note(step: Step, i: number, done: number | undefined): void {
    const named = (field: string) => this.fileAt(text(step, field), i);
    const fd = named('fd');
    if (step.step === 'sock.pair') this.pair(named('a'), named('b'));
    else if (step.step === 'sock.connect') this.connect(named('to'), named('name'));
    else if (step.step === 'sock.accept') this.pair(named('name'), this.connecting.get(fd)?.shift() ?? '');
    else if (step.step === 'peer.send' && done !== undefined && done > 0) {
      const to = this.file(this.file(fd).peer);
      to.sent_to += done;
      to.last = i;
    } else if (step.step === 'peer.recv' && done !== undefined && done > 0) this.file(fd).received += done;
    else if (step.step === 'peer.close') this.file(fd).closed ??= i;
  }

  /** Files that receive, and on which nothing more came. */
  quiet(): Quiet[] {
    return [...this.files].flatMap(([name, file]): Quiet[] => {
      const own = [...this.lives.all].filter((l) => l.sock === name && l.op.startsWith('RECV'));
      if (own.length === 0) return [];
      const armed = own.filter((l) => l.ended === undefined && l.gone === undefined);
      if (own.some((l) => l.gone !== undefined)) return [];
      const ended = own.filter((l) => l.ended !== undefined).sort((x, y) => (x.ended?.step ?? 0) - (y.ended?.step ?? 0)).at(-1);
      const at = { step: Math.max(file.last, ended?.ended?.step ?? 0) };
      const pending = Math.max(0, file.sent_to - file.received);
      return [{ label: `file ${name}`, pending, at, armed, ended, host: undefined, window: undefined }];
    });
  }
}

/** The story of a program, the lines that it printed, and when it came to each step. */
export function storyOfSteps(program: readonly Step[], lines: readonly TraceLine[], begun_ns: readonly number[] = []): Story {
  const b = new Builder();
  const by_step = new Map<number, TraceLine[]>();
  for (const line of lines) by_step.set(line.i, [...(by_step.get(line.i) ?? []), line]);
  if (program.length > 0) program.forEach((step, i) => {
    b.step(step, i, by_step.get(i) ?? []);
  });
  else for (const [i, own] of by_step) b.step({ step: '' }, i, own);
  return {
    program, moves: b.moves, lives: [...b.lives.all], quiet: b.quiet(), entry: b.entry, files: b.files, names: b.names,
    fileAt: (name, i) => b.fileAt(name, i),
    stepAt: (time_ns) => (begun_ns.length === 0 ? undefined : Math.max(0, begun_ns.findLastIndex((ns) => ns < time_ns))),
  };
}

/** The story of completions alone: of operations and files nothing is known. */
export function storyOfLog(cqes: readonly LoggedCqe[]): Story {
  const lives = new Lives();
  const moves = cqes.map((c): Move => {
    const cqe: Cqe = { line: c.line, res: c.res, flags: c.flags };
    return { kind: 'cqe', i: c.line, life: lives.cqe('log', c.user_data, cqe), cqe, line: { i: c.line, e: 'cqe' } };
  });
  const nothing = { program: [], quiet: [], entry: new Map(), files: new Map(), names: new Map() };
  return { ...nothing, fileAt: (name) => name, stepAt: () => undefined, moves, lives: [...lives.all] };
}
