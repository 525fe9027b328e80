/**
 * The life-line of a request: submitted, completion after completion, and the last of them, which has no F_MORE. Whatever tells of
 * completions is read into these: a trace, the lines of a step scenario, a log that somebody pasted.
 */
import type { At } from './finding.ts';

export const F_BUFFER = 1;
export const F_MORE = 2;
export const F_SOCK_NONEMPTY = 4;
export const F_NOTIF = 8;
export const F_BUF_MORE = 16;
export const F_SKIP = 32;
export const F_32 = 0x8000;
const BUFFER_SHIFT = 16;

export interface Cqe extends At {
  readonly res: number;
  readonly flags: number;
}

export interface Life {
  /** Who made it: a host of a run, a ring of a step scenario. */
  readonly owner: string;
  readonly user_data: string;
  /** The operation, such as RECV_ZC; empty where only completions are known. */
  readonly op: string;
  readonly begun: At;
  /** Its socket, as its owner calls it, when that is known. */
  sock: string;
  count: number;
  bytes: number;
  first?: Cqe;
  last?: Cqe;
  /** The completion without F_MORE; of a zero-copy send the first one without. */
  ended?: Cqe;
  /** The notification of a zero-copy send. */
  notified?: Cqe;
  /** Its ring went away. */
  gone?: At;
  /** It had to wait for its file. */
  armed?: At;
  /** The cq overflowed with this request's completion. */
  overflowed?: At;
}

export const bufferOf = (cqe: Cqe): number | undefined => ((cqe.flags & F_BUFFER) !== 0 ? cqe.flags >>> BUFFER_SHIFT : undefined);
export const hasMore = (cqe: Cqe): boolean => (cqe.flags & F_MORE) !== 0;

const key = (owner: string, user_data: string) => `${owner} ${user_data}`;
const sends = (op: string) => op === 'SEND_ZC' || op === 'SENDMSG_ZC';

/** Life-lines as they come. Those that ended are kept, since a detector may ask what came after. */
export class Lives {
  readonly all = new Set<Life>();
  private readonly open = new Map<string, Life[]>();
  private readonly forget: boolean;

  /** `forget`: of a long run, requests that completed once and well are not kept. */
  constructor(forget = false) {
    this.forget = forget;
  }

  submit(owner: string, user_data: string, op: string, begun: At, sock = ''): Life {
    const life: Life = { owner, user_data, op, begun, sock, count: 0, bytes: 0 };
    this.all.add(life);
    const own = this.open.get(key(owner, user_data));
    if (own) own.push(life);
    else this.open.set(key(owner, user_data), [life]);
    return life;
  }

  /** The request that a completion or a wait with this user_data belongs to: the oldest that lives. */
  find(owner: string, user_data: string): Life | undefined {
    return this.open.get(key(owner, user_data))?.[0];
  }

  /** Adds a completion to its request; one that nobody submitted has begun with it. */
  cqe(owner: string, user_data: string, cqe: Cqe): Life {
    const life = this.find(owner, user_data) ?? this.submit(owner, user_data, '', cqe);
    if ((cqe.flags & F_NOTIF) !== 0) life.notified = cqe;
    else {
      life.count++;
      life.first ??= cqe;
      life.last = cqe;
      if (cqe.res > 0) life.bytes += cqe.res;
      if (!hasMore(cqe) || sends(life.op)) life.ended ??= cqe;
    }
    const awaits = sends(life.op) && life.last !== undefined && hasMore(life.last) && life.notified === undefined;
    if (life.ended && !awaits) this.end(life);
    return life;
  }

  /** Whoever made them is no more. */
  leave(owner: string, at: At): void {
    for (const [k, lives] of this.open) {
      if (lives[0]?.owner !== owner) continue;
      for (const life of lives) life.gone = at;
      this.open.delete(k);
    }
  }

  private end(life: Life): void {
    const k = key(life.owner, life.user_data);
    const left = (this.open.get(k) ?? []).filter((l) => l !== life);
    if (left.length > 0) this.open.set(k, left);
    else this.open.delete(k);
    if (this.forget && life.count === 1 && (life.last?.res ?? -1) >= 0 && !sends(life.op)) this.all.delete(life);
  }
}
