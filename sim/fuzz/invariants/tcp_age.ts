/** Timestamps against old segments (PAWS): who is too old, told by when packets were sent. */
import { DROPS } from '../../schema/drops.ts';
import { EDIT_OP } from '../../schema/edits.ts';
import type { Invariant } from './form.ts';
import { after, begins, FIN, MINI, plus, SYN } from './seq.ts';

const PAWS = DROPS.findIndex(([name]) => name === 'TCP_RFC7323_PAWS');
/** Says a timestamp that the peer did not say. */
const FORGE_TSVAL = EDIT_OP['forge_tsval'];
const DUPLICATE = 2;

export const NOT_TOO_OLD: Invariant = {
  id: 'T11', name: 'refused for its age',
  about: 'A segment is refused as too old only if one that was sent later, and did not lie behind a hole, has come before it.',
  source: 'RFC 7323 sections 4.3 and 5.3; Linux net/ipv4/tcp_input.c: tcp_replace_ts_recent; CVE-2005-0356',
  checker({ violated }) {
    /** When packets were sent; by socket what is expected next, and when the latest of what counts was sent. */
    const sent_ns = new Map<number, number>();
    const expected = new Map<number, number>();
    const latest_ns = new Map<number, number>();
    let [rx, rx_pkt, rx_seq] = [0, 0, 0];
    let forged = false;
    const copied = (pkt: number, from: number) => {
      const at = sent_ns.get(from);
      if (at !== undefined) sent_ns.set(pkt, at);
    };
    return {
      on: {
        edit: (b, i) => {
          forged ||= b.a(i) === FORGE_TSVAL;
        },
        tcp_tx: (b, i) => {
          sent_ns.set(b.pktId(i), b.timeNs(i));
        },
        nic_tx: (b, i) => {
          if (b.c(i) !== 0) copied(b.pktId(i), b.c(i));
        },
        wire_fault: (b, i) => {
          if (b.a(i) === DUPLICATE) copied(b.b(i), b.pktId(i));
        },
        tcp_rx: (b, i) => {
          [rx, rx_pkt, rx_seq] = [b.a(i), b.pktId(i), b.b(i)];
          if (rx >= MINI) return;
          const at = sent_ns.get(rx_pkt);
          const next = expected.get(rx);
          // A FIN takes a number, and nothing is queued for it.
          if (at === undefined || (next !== undefined && after(rx_seq, plus(next, 1)))) return;
          if (at > (latest_ns.get(rx) ?? -1)) latest_ns.set(rx, at);
        },
        tcp_heard: (b, i) => {
          // The stream begins where one of the peer's does: a forged segment may say any number.
          if (b.c(i) & (SYN | FIN) || !sent_ns.has(rx_pkt)) return;
          if (!expected.has(rx)) expected.set(rx, rx_seq);
        },
        sock_queue: (b, i) => {
          const end = plus(b.b(i), b.c(i));
          const next = expected.get(b.a(i));
          if (next === undefined || after(end, next)) expected.set(b.a(i), end);
        },
        tcp_state: (b, i) => {
          if (!begins(b.c(i))) return;
          expected.delete(b.a(i));
          latest_ns.delete(b.a(i));
        },
        drop: (b, i) => {
          if (b.a(i) !== PAWS || b.pktId(i) !== rx_pkt || rx >= MINI || forged) return;
          const at = sent_ns.get(rx_pkt);
          if (at !== undefined && at >= (latest_ns.get(rx) ?? Number.POSITIVE_INFINITY))
            violated(`socket ${rx} refused ${rx_seq} as too old, and nothing that was sent later had come`);
        },
      },
    };
  },
};
