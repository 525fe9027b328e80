/**
 * Bytes that are new to a receive queue. A segment may bring bytes again that were there, the very first one too: so the place where the
 * stream begins is taken from the handshake.
 */
import type { TraceBatch } from '../../host/index.ts';
import type { OnRecord, RunView } from './form.ts';
import { ACK, after, begins, CLOSE, ESTABLISHED, MINI, plus, SYN, SYN_RECV, SYN_SENT } from './seq.ts';

export class Arrivals {
  /** How many bytes of the last sock_queue were new, and where the stream stood before: undefined when nothing is known of it. */
  fresh = 0;
  before: number | undefined;
  /** Where the stream goes on, by socket. */
  private readonly next = new Map<number, number>();
  /** By what acknowledges a SYN-ACK, what that SYN-ACK acknowledged. */
  private readonly answered = new Map<number, number>();
  /** Children of listeners that have heard nothing yet. */
  private readonly children = new Set<number>();
  /** Of those whose first segment lay further on, by socket: where the SYN-ACK said that the stream begins; how far from it one began. */
  private readonly late = new Map<number, number>();
  private readonly lost = new Map<number, number>();
  private rx = 0;
  private rx_seq = 0;
  private tx = 0;
  private tx_seq = 0;
  private seen: TraceBatch | undefined;
  private seen_at = -1;

  /** What a socket expects next, as far as it is known. */
  expected(sock: number): number | undefined {
    return this.next.get(sock);
  }

  /** How many bytes a stream is without at its beginning. */
  missed(sock: number): number {
    return this.lost.get(sock) ?? 0;
  }

  /** Several checkers hand over the same record. */
  private once(act: OnRecord): OnRecord {
    return (b, i) => {
      if (this.seen === b && this.seen_at === i) return;
      this.seen = b;
      this.seen_at = i;
      act(b, i);
    };
  }

  readonly on = {
    tcp_rx: this.once((b, i) => {
      this.rx = b.a(i);
      this.rx_seq = b.b(i);
    }),
    tcp_heard: this.once((b, i) => {
      if (!this.children.delete(this.rx)) return;
      const begin = this.answered.get(b.a(i)) ?? plus(this.rx_seq, b.c(i) & SYN ? 1 : 0);
      // With a SYN cookie the stream begins where the first segment does that is not dropped (cookie_v4_check).
      if (after(this.rx_seq, begin)) this.late.set(this.rx, begin);
      else this.next.set(this.rx, begin);
    }),
    tcp_tx: this.once((b, i) => {
      this.tx = b.a(i);
      this.tx_seq = b.b(i);
    }),
    tcp_said: this.once((b, i) => {
      if (this.tx >= MINI && (b.c(i) & (SYN | ACK)) === (SYN | ACK)) this.answered.set(plus(this.tx_seq, 1), b.a(i));
    }),
    tcp_state: this.once((b, i) => {
      const [sock, from, to] = [b.a(i), b.b(i), b.c(i)];
      if (begins(to)) {
        for (const known of [this.next, this.late, this.lost, this.children]) known.delete(sock);
      }
      if (from === CLOSE && to === SYN_RECV) this.children.add(sock);
      // The peer's SYN has just been heard, and believed.
      if (from === SYN_SENT && (to === ESTABLISHED || to === SYN_RECV) && this.rx === sock) this.next.set(sock, plus(this.rx_seq, 1));
    }),
    sock_queue: this.once((b, i) => {
      const [sock, seq, len] = [b.a(i), b.b(i), b.c(i)];
      const end = plus(seq, len);
      const begin = this.late.get(sock);
      if (begin !== undefined && after(seq, begin)) this.lost.set(sock, (seq - begin) >>> 0);
      this.late.delete(sock);
      this.before = this.next.get(sock);
      const from = this.before ?? seq;
      this.fresh = after(end, from) ? (end - from) >>> 0 : 0;
      this.children.delete(sock);
      this.next.set(sock, this.fresh > 0 ? end : from);
    }),
  } satisfies Readonly<Record<string, OnRecord>>;
}

/**
 * A SYN cookie holds the peer's number plus the index of an MSS, one of four. An ACK that comes as many bytes later as that index or less
 * brings a cookie, too, of a smaller MSS (check_tcp_syn_cookie).
 */
export const COOKIE_SLACK = 3;

/** Follows the streams of a run, for all who ask. */
export function followArrivals(run: RunView): Arrivals {
  const arrivals = (run.shared.get('arrivals') as Arrivals | undefined) ?? new Arrivals();
  run.shared.set('arrivals', arrivals);
  return arrivals;
}
