/** Loans by the trace: how often the application has each buffer. */
import type { OnRecord } from './form.ts';

/** rqe_take: recycled, still referenced (sim/schema/events.ts). */
const SHARED = 1;

export class Loans {
  /** By netmem_idx, which is the same for all hosts. */
  private readonly counts: number[] = [];
  readonly on: Readonly<Record<'zc_deliver' | 'zc_copy' | 'rqe_take' | 'zc_scrub', OnRecord>> = {
    zc_deliver: (b, i) => this.add(b.niovIdx(i), 1),
    zc_copy: (b, i) => this.add(b.niovIdx(i), 1),
    rqe_take: (b, i) => {
      if (b.b(i) <= SHARED) this.add(b.niovIdx(i), -b.c(i));
    },
    zc_scrub: (b, i) => this.add(b.niovIdx(i), -b.a(i)),
  };

  of(niov: number): number {
    return this.counts[niov] ?? 0;
  }
  /** How many loans there are. */
  total(): number {
    return this.counts.reduce((sum, n) => sum + (n ?? 0), 0);
  }
  private add(niov: number, by: number): void {
    this.counts[niov] = this.of(niov) + by;
  }
}
