/** The sender's sequence space: no hole in what is sent, ACKs of what was sent, retransmissions of what is not acknowledged. */
import type { Invariant } from './form.ts';
import { after, before, begins, FIN, MINI, plus, SYN } from './seq.ts';

export const SEQUENCE_SPACE: Invariant = {
  id: 'T4', name: 'sequence space',
  about: 'SND.UNA <= SND.NXT: what is sent continues what was sent, an ACK that counts is of sent bytes and never moves back, and only '
    + 'what is not acknowledged is sent again.',
  source: 'Linux net/ipv4/tcp_input.c: tcp_ack; net/ipv4/tcp_output.c: __tcp_retransmit_skb; RFC 9293 section 3.4',
  checker({ violated }) {
    const next = new Map<number, number>();
    const una = new Map<number, number>();
    let [tx, seq, len] = [0, 0, 0];
    return {
      on: {
        tcp_state: (b, i) => {
          if (!begins(b.c(i))) return;
          next.delete(b.a(i));
          una.delete(b.a(i));
        },
        tcp_tx: (b, i) => {
          [tx, seq, len] = [b.a(i), b.b(i), b.c(i)];
        },
        tcp_said: (b, i) => {
          if (tx >= MINI) return;
          const takes = len + (b.c(i) & SYN ? 1 : 0) + (b.c(i) & FIN ? 1 : 0);
          if (takes === 0) return;
          const at = next.get(tx);
          if (at !== undefined && after(seq, at)) violated(`socket ${tx} sent from ${seq} on, and nothing from ${at} on`);
          const end = plus(seq, takes);
          if (at === undefined || after(end, at)) next.set(tx, end);
        },
        tcp_ack: (b, i) => {
          const [sock, ack, acked] = [b.a(i), b.b(i), b.c(i)];
          const sent = next.get(sock);
          if (sent !== undefined && after(ack, sent)) violated(`socket ${sock} took an ACK of ${ack} and has sent up to ${sent}`);
          const last = una.get(sock);
          if (last !== undefined && plus(last, acked) !== ack)
            violated(`socket ${sock} was acknowledged up to ${last}, then ${acked} more to ${ack}`);
          una.set(sock, ack);
        },
        tcp_retransmit: (b, i) => {
          const last = una.get(b.a(i));
          if (last !== undefined && before(b.b(i), last)) violated(`socket ${b.a(i)} sent ${b.b(i)} again, and ${last} is acknowledged`);
        },
      },
    };
  },
};

export const SAME_FIN: Invariant = {
  id: 'T12', name: 'a FIN is sent again with its data',
  about: 'Once data was sent with a FIN, no byte is sent behind it, and whatever is sent again up to there has the FIN, too.',
  source: 'RFC 2525 section 2.4; Linux net/ipv4/tcp_output.c: tcp_fragment, __tcp_retransmit_skb',
  checker({ violated }) {
    /** Where data ends that was sent with its FIN. One that had a packet of its own goes without data again, too. */
    const fins = new Map<number, number>();
    let [tx, end, len] = [0, 0, 0];
    return {
      on: {
        tcp_state: (b, i) => {
          if (begins(b.c(i))) fins.delete(b.a(i));
        },
        tcp_tx: (b, i) => {
          [tx, end, len] = [b.a(i), plus(b.b(i), b.c(i)), b.c(i)];
        },
        tcp_said: (b, i) => {
          if (tx >= MINI || len === 0) return;
          const fin = fins.get(tx);
          if (fin !== undefined && after(end, fin)) violated(`socket ${tx} sent up to ${end} after a FIN at ${fin}`);
          if (b.c(i) & FIN) fins.set(tx, end);
          else if (end === fin) violated(`socket ${tx} sent all up to its FIN at ${fin} again, without it`);
        },
      },
    };
  },
};
