/** The byte stream as a receiver has it: what enters its queue follows on what is there, and comes out once. */
import { type Engine, readSocket, readStreams, type Scenario } from '../../host/index.ts';
import { COOKIE_SLACK, followArrivals } from './arrivals.ts';
import { KNOB, KNOB_MASK, knobNumber } from './disturbed.ts';
import type { Invariant } from './form.ts';
import { sockField } from './memory.ts';
import { after, before, begins, CLOSE, CLOSING, FIN, FIN_WAIT1, FIN_WAIT2, LAST_ACK, MINI, plus, RST, TIME_WAIT, URG } from './seq.ts';

export const STREAM_IN_ORDER: Invariant = {
  id: 'T1', name: 'bytes in order, each once',
  about: 'What enters a receive queue continues the stream: no hole before it, but for three bytes at the beginning with a SYN cookie, '
    + 'and nothing in it that is all old. RCV.NXT, and what an ACK says of it, never moves back and never runs ahead of what came.',
  source: 'Linux net/ipv4/tcp_input.c: tcp_data_queue, tcp_ofo_queue; net/ipv4/syncookies.c: check_tcp_syn_cookie; '
    + 'RFC 9293 section 3.10.7.4',
  checker(run) {
    const { violated } = run;
    const arrivals = followArrivals(run);
    /** What is expected next, by socket; what its ACKs said last; sockets that a FIN has reached. */
    const next = new Map<number, number>();
    const said = new Map<number, number>();
    const fins = new Set<number>();
    let rx = 0;
    let tx = 0;
    return {
      on: {
        tcp_state: (b, i) => {
          arrivals.on.tcp_state(b, i);
          if (!begins(b.c(i))) return;
          next.delete(b.a(i));
          said.delete(b.a(i));
          fins.delete(b.a(i));
        },
        tcp_rx: (b, i) => {
          arrivals.on.tcp_rx(b, i);
          rx = b.a(i);
        },
        tcp_heard: (b, i) => {
          arrivals.on.tcp_heard(b, i);
          if (b.c(i) & FIN) fins.add(rx);
        },
        tcp_tx: (b, i) => {
          arrivals.on.tcp_tx(b, i);
          tx = b.a(i);
        },
        sock_queue: (b, i) => {
          arrivals.on.sock_queue(b, i);
          const [sock, seq, len] = [b.a(i), b.b(i), b.c(i)];
          const at = next.get(sock) ?? arrivals.before;
          const end = plus(seq, len);
          const missed = arrivals.missed(sock);
          if (missed > COOKIE_SLACK) violated(`socket ${sock} begins ${missed} bytes late`);
          if (at !== undefined) {
            if (after(seq, at)) violated(`socket ${sock} queued bytes from ${seq} on while ${at} is the next`);
            // Old bytes before a FIN that is new: tcp_ofo_queue drops only what ends before RCV.NXT, and a FIN counts there.
            const fin = fins.has(sock) && end === at;
            if (len > 0 && !after(end, at) && !fin) violated(`socket ${sock} queued ${seq} to ${end} again; ${at} is the next`);
          }
          next.set(sock, at !== undefined && before(end, at) ? at : end);
        },
        tcp_said: (b, i) => {
          arrivals.on.tcp_said(b, i);
          if (tx >= MINI || (b.c(i) & 16) === 0) return;
          const ack = b.a(i);
          const last = said.get(tx);
          if (last !== undefined && before(ack, last)) violated(`socket ${tx} acknowledged ${ack} after ${last}`);
          said.set(tx, ack);
          const at = next.get(tx);
          if (at !== undefined && after(ack, plus(at, fins.has(tx) ? 1 : 0)))
            violated(`socket ${tx} acknowledged ${ack} and has got ${at}`);
        },
      },
    };
  },
};


export const STREAM_READ_ONCE: Invariant = {
  id: 'T2', name: 'no byte is read twice',
  about: 'No more bytes leave a receive queue than have entered it, and what a built-in application reads is what the source sent. '
    + 'With a SYN cookie up to three of the first bytes may be missing.',
  source: 'Linux net/ipv4/tcp.c: tcp_recvmsg_locked, tcp_read_sock; net/ipv4/syncookies.c: check_tcp_syn_cookie',
  checker(run) {
    const { scenario, violated } = run;
    const arrivals = followArrivals(run);
    // Datagrams may be cut off or be lost.
    const stream = scenario.hosts.every((h) => h.values['app.protocol'] === 0);
    const left = new Map<number, number>();
    /** Some segment had urgent data: that byte is no part of the stream that is read (tcp_check_urg). */
    let urgent = false;
    /**
     * Flows by socket; those whose first bytes were dropped before a SYN cookie was taken: all others have another place, also where they
     * come back to who sent them.
     */
    const flows = new Map<number, number>();
    const shifted = new Set<number>();
    const shift = (sock: number) => {
      const flow = flows.get(sock);
      const missed = arrivals.missed(sock);
      if (flow !== undefined && missed > 0 && missed <= COOKIE_SLACK) shifted.add(flow);
    };
    return {
      on: {
        ...arrivals.on,
        tcp_state: (b, i) => {
          arrivals.on.tcp_state(b, i);
          if (!begins(b.c(i))) return;
          left.delete(b.a(i));
          flows.delete(b.a(i));
        },
        app_stream: (b, i) => {
          flows.set(b.b(i), b.a(i));
          shift(b.b(i));
        },
        sock_queue: (b, i) => {
          arrivals.on.sock_queue(b, i);
          left.set(b.a(i), (left.get(b.a(i)) ?? 0) + arrivals.fresh);
        },
        tcp_heard: (b, i) => {
          arrivals.on.tcp_heard(b, i);
          urgent ||= (b.c(i) & URG) !== 0;
        },
        sock_read: (b, i) => {
          const rest = (left.get(b.a(i)) ?? 0) - b.b(i);
          if (rest < 0) violated(`${-rest} bytes more were read of socket ${b.a(i)} than had come`);
          left.set(b.a(i), rest);
          shift(b.a(i));
        },
      },
      atEnd: (engine) => {
        for (const host of stream && !urgent ? [0, 1] : []) {
          const ordered = inOrder(engine, scenario, 1 - host);
          for (const s of readStreams(engine, host)) {
            if (s.bad_offset !== 0 && ordered(s.flow) && !shifted.has(s.flow))
              violated(`flow ${s.flow} at host ${host}: byte ${s.bad_offset - 1} is not what was sent`);
          }
        }
      },
    };
  },
};

/** Did an application hand over the bytes of a flow in order? Several sends at once are in order if all went well, in one submission. */
function inOrder(engine: Engine, scenario: Scenario, host: number): (flow: number) => boolean {
  const values = scenario.hosts[host]?.values;
  const depth = values?.['app.depth'] ?? 1;
  if (depth === 1) return () => true;
  if (depth > (values?.['ring.sq_entries'] ?? 0)) return () => false;
  const well = new Set(readStreams(engine, host).filter((s) => s.res >= 0).map((s) => s.flow));
  return (flow) => well.has(flow);
}

/** No process has the socket any more (stack/6-socket/sock_flags.ts). */
const SOCK_DEAD = 1;
/** A socket that was closed while somebody was there to be told, and has only said FIN. */
const CLOSING_STATES: ReadonlySet<number> = new Set([FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK]);

const STOP_AFTER = knobNumber('app', 'stop_after');

export const UNREAD_RESETS: Invariant = {
  id: 'T10', name: 'who leaves data unread says RST',
  about: 'A connection that is closed with bytes in its receive queue is reset: a FIN would say that they were read.',
  source: 'RFC 9293 section 3.6.1; RFC 2525 section 2.17; Linux net/ipv4/tcp.c: __tcp_close',
  checker(run) {
    const { scenario, violated } = run;
    const arrivals = followArrivals(run);
    const left = new Map<number, number>();
    const flags = new Map<number, number>();
    let [rx, tx] = [0, 0];
    const ended = new Set<number>();
    /** Who may shut a socket down, leave the rest unread, and close it when nobody is there any more who could be told (__tcp_close). */
    const shuts = scenario.hosts.map(({ values }) => scenario.steps !== undefined || values['app.stop_after'] !== 0);
    const gone = (sock: number) => {
      const rest = left.get(sock) ?? 0;
      if (ended.has(sock) && flags.get(sock) === FIN && rest > 0)
        violated(`socket ${sock} was closed with ${rest} bytes unread, and only said FIN`);
    };
    const note = (sock: number, bits: number) => flags.set(sock, (flags.get(sock) ?? 0) | bits);
    return {
      on: {
        edit: (b, i) => {
          if (b.a(i) === KNOB && (b.b(i) & KNOB_MASK) === STOP_AFTER) shuts[b.host(i)] = true;
        },
        tcp_rx: (b, i) => {
          arrivals.on.tcp_rx(b, i);
          rx = b.a(i);
        },
        tcp_heard: (b, i) => {
          arrivals.on.tcp_heard(b, i);
          // An urgent byte is left out of the stream.
          note(rx, b.c(i) & (RST | URG));
        },
        tcp_tx: (b, i) => {
          arrivals.on.tcp_tx(b, i);
          tx = b.a(i);
        },
        tcp_said: (b, i) => {
          arrivals.on.tcp_said(b, i);
          if (tx < MINI) note(tx, b.c(i) & (FIN | RST));
        },
        sock_queue: (b, i) => {
          arrivals.on.sock_queue(b, i);
          left.set(b.a(i), (left.get(b.a(i)) ?? 0) + arrivals.fresh);
        },
        sock_read: (b, i) => void left.set(b.a(i), (left.get(b.a(i)) ?? 0) - b.b(i)),
        tcp_state: (b, i) => {
          arrivals.on.tcp_state(b, i);
          const [sock, from, to] = [b.a(i), b.b(i), b.c(i)];
          // Ended by the peer's last ACK. What is there may still be read, until the socket is gone.
          if (to === CLOSE && (from === LAST_ACK || from === TIME_WAIT) && !shuts[b.host(i)]) ended.add(sock);
          if (!begins(to)) return;
          gone(sock);
          for (const known of [left, flags, ended]) known.delete(sock);
        },
      },
      atRest: (engine) => {
        for (const [sock, rest] of left) {
          if (rest === 0 || flags.get(sock) !== FIN || !CLOSING_STATES.has(sockField(engine, sock, 'state'))) continue;
          const closed = (sockField(engine, sock, 'flags') & SOCK_DEAD) !== 0;
          if (closed) violated(`socket ${sock} was closed with ${rest} bytes unread, and only said FIN`);
        }
      },
      atEnd: (engine) => {
        for (const sock of ended) if (!readSocket(engine, sock)) gone(sock);
      },
    };
  },
};
