/** States of a connection, and what may end one. */
import { followArrivals } from './arrivals.ts';
import type { Invariant } from './form.ts';
import {
  after, before, begins, CLOSE, CLOSE_WAIT, CLOSING, ESTABLISHED, FIN, FIN_WAIT1, FIN_WAIT2, LAST_ACK, LISTEN, MINI, plus, RST, SYN,
  SYN_RECV, SYN_SENT, TIME_WAIT,
} from './seq.ts';

const NAMES = [
  '', 'ESTABLISHED', 'SYN-SENT', 'SYN-RECEIVED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'CLOSED', 'CLOSE-WAIT', 'LAST-ACK', 'LISTEN',
  'CLOSING',
];

/** RFC 9293 figure 5; Linux lets a FIN meet a socket in SYN-RECEIVED, and leaves FIN-WAIT-1 at once where ACK and FIN come together. */
const NEXT: Readonly<Record<number, readonly number[]>> = {
  [CLOSE]: [LISTEN, SYN_SENT, SYN_RECV],
  [LISTEN]: [CLOSE],
  [SYN_SENT]: [ESTABLISHED, SYN_RECV, CLOSE],
  [SYN_RECV]: [ESTABLISHED, FIN_WAIT1, CLOSE_WAIT, CLOSE],
  [ESTABLISHED]: [FIN_WAIT1, CLOSE_WAIT, CLOSE],
  [FIN_WAIT1]: [FIN_WAIT2, CLOSING, TIME_WAIT, CLOSE],
  [FIN_WAIT2]: [TIME_WAIT, CLOSE],
  [CLOSING]: [TIME_WAIT, CLOSE],
  [CLOSE_WAIT]: [LAST_ACK, CLOSE],
  [LAST_ACK]: [CLOSE],
  [TIME_WAIT]: [CLOSE],
};

export const STATES: Invariant = {
  id: 'T5', name: 'states of RFC 9293',
  about: 'A connection goes from state to state only where RFC 9293 has an arrow, and from the state that it is in.',
  source: 'RFC 9293 section 3.3.2; Linux net/ipv4/tcp.c: tcp_set_state; include/net/tcp_states.h',
  checker({ violated }) {
    const state = new Map<number, number>();
    return {
      on: {
        tcp_state: (b, i) => {
          const [sock, from, to] = [b.a(i), b.b(i), b.c(i)];
          const was = state.get(sock) ?? (sock < MINI ? CLOSE : from);
          if (was !== from) violated(`socket ${sock} left ${NAMES[from]} and was in ${NAMES[was]}`);
          if (!NEXT[from]?.includes(to)) violated(`socket ${sock} went from ${NAMES[from]} to ${NAMES[to]}`);
          if (to === CLOSE) state.delete(sock);
          else state.set(sock, to);
        },
      },
    };
  },
};

/** States in which sequence numbers are known, so that a RST must fit. */
const SYNCHRONIZED = [ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING];

export const EXACT_RST: Invariant = {
  id: 'T6', name: 'a RST must be exact',
  about: 'A RST ends a connection only if its sequence number is the next that is expected, or the end of what was received behind a hole; '
    + 'others are answered with a challenge.',
  source: 'RFC 5961 section 3.2; Linux net/ipv4/tcp_input.c: tcp_validate_incoming; CVE-2004-0230',
  checker({ violated }) {
    const expected = new Map<number, number>();
    const behind = new Map<number, Set<number>>();
    /** Sockets whose SYN has no answer yet. */
    const opening = new Set<number>();
    let [rx, rx_seq, reset, tx] = [0, 0, -1, 0];
    const advance = (sock: number, to: number) => {
      const at = expected.get(sock);
      if (at === undefined || after(to, at)) expected.set(sock, to);
    };
    return {
      on: {
        tcp_rx: (b, i) => {
          [rx, rx_seq, reset] = [b.a(i), b.b(i), -1];
        },
        tcp_heard: (b, i) => {
          if (b.c(i) & RST) reset = rx;
          // Later ones are challenged, and may be of another connection; while a SYN is out the first may have been refused.
          if (b.c(i) & SYN && (!expected.has(rx) || opening.has(rx))) expected.set(rx, plus(rx_seq, 1));
        },
        tcp_tx: (b, i) => {
          [tx, reset] = [b.a(i), -1];
        },
        // What was acknowledged was expected then; a FIN counts there.
        tcp_said: (b, i) => {
          if (tx < MINI && b.c(i) & 16) advance(tx, b.a(i));
        },
        sock_queue: (b, i) => advance(b.a(i), plus(b.b(i), b.c(i))),
        tcp_ooo: (b, i) => {
          const ends = behind.get(b.a(i)) ?? new Set();
          behind.set(b.a(i), ends.add(plus(b.b(i), b.c(i))).add(plus(b.b(i), b.c(i) + 1)));
        },
        tcp_state: (b, i) => {
          const [sock, from, to] = [b.a(i), b.b(i), b.c(i)];
          if (to === SYN_SENT) opening.add(sock);
          else opening.delete(sock);
          if (begins(to)) {
            expected.delete(sock);
            behind.delete(sock);
          }
          const at = expected.get(sock);
          if (to !== CLOSE || sock !== reset || at === undefined || !SYNCHRONIZED.includes(from)) return;
          // One before is the place of a FIN that was taken; one behind that of a FIN that came with the last bytes and has no ACK yet.
          const exact = !before(rx_seq, plus(at, -1)) && !after(rx_seq, plus(at, 1));
          if (!exact && !behind.get(sock)?.has(rx_seq)) violated(`socket ${sock} was reset by ${rx_seq} while ${at} is expected`);
        },
      },
    };
  },
};

export const FIN_IN_TURN: Invariant = {
  id: 'T13', name: 'a FIN waits for its turn',
  about: "The peer's FIN ends its half of the connection when every byte before it has come, and not earlier.",
  source: 'Linux net/ipv4/tcp_input.c: tcp_data_queue, tcp_ofo_queue, tcp_fin; RFC 9293 section 3.10.7.4',
  checker(run) {
    const arrivals = followArrivals(run);
    /** Where the data ends before each FIN that a socket has heard. */
    const fins = new Map<number, Set<number>>();
    let [rx, end] = [0, 0];
    return {
      on: {
        ...arrivals.on,
        tcp_rx: (b, i) => {
          arrivals.on.tcp_rx(b, i);
          [rx, end] = [b.a(i), plus(b.b(i), b.c(i))];
        },
        tcp_heard: (b, i) => {
          arrivals.on.tcp_heard(b, i);
          if (b.c(i) & FIN) fins.set(rx, (fins.get(rx) ?? new Set()).add(end));
        },
        tcp_state: (b, i) => {
          arrivals.on.tcp_state(b, i);
          const [sock, to] = [b.a(i), b.c(i)];
          if (begins(to)) fins.delete(sock);
          if (to !== CLOSE_WAIT && to !== CLOSING) return;
          const at = arrivals.expected(sock);
          if (at !== undefined && !fins.get(sock)?.has(at))
            run.violated(`socket ${sock} became ${NAMES[to]} with all bytes up to ${at}, where no FIN is`);
        },
      },
    };
  },
};
