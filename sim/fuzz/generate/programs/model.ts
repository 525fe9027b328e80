/**
 * A light model of what a program has when it comes to a step: only so much as it takes to speak of things that are there. What the
 * kernel has made of the calls before nobody knows; a step whose things are not there is left out when the program runs (`lenient`).
 */
import type { Plain } from '../../../host/index.ts';
import type { Genes } from './genes.ts';
import type { Row } from './sqes.ts';

export type Fields = Record<string, Plain>;

/** What a program may use at all. Each program has some of them: those that are used often hide what others do. */
export const FEATURES = [
  'hostile', 'raw words', 'index pokes', 'foreign refill', 'unix', 'tcp', 'datagrams', 'listeners', 'pipes', 'wire', 'zcrx', 'provided',
  'legacy buffers', 'links', 'fixed files', 'fixed buffers', 'multishot', 'bundles', 'zero-copy send', 'timeouts', 'polls', 'cancel',
  'messages', 'rings', 'threads', 'registers', 'exits', 'epoll', 'nic', 'async',
] as const;
export type Feature = (typeof FEATURES)[number];

export type FileKind = 'stream' | 'dgram' | 'listener' | 'pipe' | 'event' | 'epoll' | 'bare';
export interface FileModel {
  readonly name: string;
  readonly kind: FileKind;
  /** Of the client: its steps are the client's, and no ring of the server has it. */
  readonly far: boolean;
  readonly peer?: string;
  /** Of a pair: what kind of socket it is. */
  readonly transport?: string;
  /** Calls on it never sleep. */
  nonblock: boolean;
}
export interface RingModel {
  readonly id: number;
  /** Completions of 32 bytes, and so zero-copy receive. */
  readonly wide: boolean;
  readonly sq: number;
  /** Entries filled since the last submit. */
  filled: number;
  /** What the last of them says. */
  last?: Fields;
  slots: number;
  fixed: number;
}
export interface GroupModel {
  readonly ring: number;
  readonly bgid: number;
  readonly bufs: number;
  readonly size: number;
}
export interface InstanceModel {
  readonly name: string;
  readonly ring: number;
  readonly entries: number;
  readonly pages: number;
  readonly nodev: boolean;
}

/** Names that completions are captured under, in turn. */
const CAPTURES = 24;
export const RINGS_MAX = 3;
const FILES_MAX = 14;

export class Model {
  readonly steps: Plain[] = [];
  readonly rings: RingModel[] = [];
  files: FileModel[] = [];
  readonly groups: GroupModel[] = [];
  readonly instances: InstanceModel[] = [];
  /** Files that stand for instances. */
  readonly exports: string[] = [];
  /** Something holds a ring as a file: rings may then keep each other alive. */
  cycles = false;
  private readonly features: ReadonlySet<Feature>;
  /** Only what a real kernel does alike each time: for comparing with one. */
  readonly steady: boolean;
  /** Operations that its requests may have. */
  ops: readonly Row[] = [];
  private readonly made = new Set<string>();
  private readonly captured = new Set<string>();
  private readonly held = new Set<string>();
  private captures = 0;
  private uds = 0;
  private named = 0;

  constructor(features: ReadonlySet<Feature>, steady: boolean) {
    this.features = features;
    this.steady = steady;
  }

  may(feature: Feature): boolean {
    return this.features.has(feature);
  }
  step(name: string, fields: Fields = {}): void {
    this.steps.push({ [name]: fields });
  }
  name(prefix: string): string {
    return `${prefix}${this.named++}`;
  }

  /** A request of a ring holds a ring as its file: when nobody runs its task work they may keep each other. */
  holds(ring: number, held: number): void {
    this.held.add(`${ring} ${held}`);
    if (this.held.has(`${held} ${ring}`)) this.cycles = true;
  }

  /** Makes memory when it is wanted first. */
  memory(name: string, step: string, fields: Fields): string {
    if (!this.made.has(name)) {
      this.made.add(name);
      this.step(step, { name, ...fields });
    }
    return name;
  }

  addFile(file: Omit<FileModel, 'nonblock'>): void {
    this.files.push({ ...file, nonblock: false });
  }
  get roomForFiles(): boolean {
    return this.files.length < FILES_MAX;
  }
  removeFile(file: FileModel): void {
    this.files = this.files.filter((f) => f !== file);
  }
  /** A file of one of these kinds, of the server's unless it says otherwise. */
  file(g: Genes, kinds: readonly FileKind[], far = false): FileModel | undefined {
    const some = this.files.filter((f) => kinds.includes(f.kind) && f.far === far);
    return some.length === 0 ? undefined : g.pick(some);
  }
  /** Any end of a pair, the client's too. */
  peer(g: Genes): FileModel | undefined {
    const some = this.files.filter((f) => f.kind === 'stream' || f.kind === 'dgram');
    return some.length === 0 ? undefined : g.pick(some);
  }

  ring(g: Genes): RingModel | undefined {
    return this.rings.length === 0 ? undefined : g.rare(4) ? g.pick(this.rings) : this.rings.at(-1);
  }
  removeRing(ring: RingModel): void {
    this.rings.splice(this.rings.indexOf(ring), 1);
    const drop = <T extends { readonly ring: number }>(list: T[]) => {
      for (let i = list.length - 1; i >= 0; i--) if (list[i]?.ring === ring.id) list.splice(i, 1);
    };
    drop(this.groups);
    drop(this.instances);
  }

  /** user_data of a new request: now and then that of another. */
  nextUd(g: Genes): number {
    return g.rare(10) ? this.pastUd(g) : ++this.uds;
  }
  /** Of a request that there was, most likely of one of the last. */
  pastUd(g: Genes): number {
    return Math.max(0, this.uds - g.below(Math.min(this.uds, 8) + 1));
  }

  /** Names for the next completions that are seen. */
  capture(n: number): string[] {
    return Array.from({ length: n }, () => {
      const name = `c${this.captures++ % CAPTURES}`;
      this.captured.add(name);
      return name;
    });
  }
  /** A completion that may have been seen. */
  seen(g: Genes): string | undefined {
    return this.captured.size === 0 ? undefined : g.pick([...this.captured]);
  }
}
