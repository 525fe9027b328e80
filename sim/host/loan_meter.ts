/**
 * Buffers in flight by connection: from their loan to the application to the refill entry that the kernel reads. A trace
 * tells it; sockets are counted anew when they begin.
 */
import { KIND, type TraceBatch } from './trace.ts';

const ESTABLISHED = 1;

interface Life {
  now: number;
  most: number;
}

export class LoanMeter {
  private readonly host: number;
  /** Connections of each socket, in the order in which they were made. */
  private readonly lives = new Map<number, Life[]>();
  /** Who has a buffer, once for each loan. */
  private readonly holders = new Map<number, Life[]>();

  constructor(host: number) {
    this.host = host;
  }

  add(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind(i);
      if (batch.host(i) !== this.host) continue;
      if (kind === KIND.zc_deliver) this.lend(batch.a(i), batch.niovIdx(i));
      else if (kind === KIND.rqe_take) this.giveBack(batch.niovIdx(i));
      else if (kind === KIND.tcp_state && batch.c(i) === ESTABLISHED) this.begin(batch.a(i));
    }
  }

  /** The most buffers that the nth connection of a socket had at once. */
  most(sock: number, nth: number): number {
    return this.lives.get(sock)?.[nth]?.most ?? 0;
  }

  private begin(sock: number): Life {
    const life = { now: 0, most: 0 };
    const before = this.lives.get(sock);
    if (before) before.push(life);
    else this.lives.set(sock, [life]);
    return life;
  }

  private lend(sock: number, niov_idx: number): void {
    const life = this.lives.get(sock)?.at(-1) ?? this.begin(sock);
    life.now++;
    life.most = Math.max(life.most, life.now);
    const holders = this.holders.get(niov_idx);
    if (holders) holders.push(life);
    else this.holders.set(niov_idx, [life]);
  }

  private giveBack(niov_idx: number): void {
    const life = this.holders.get(niov_idx)?.shift();
    if (life) life.now--;
  }
}
