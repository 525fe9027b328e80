/** Times that TCP must keep: timeouts double, ACKs do not wait for ever, the congestion window leaves room for one packet. */
import { HOLD_SOFTIRQ, HOLDS, KNOB } from './disturbed.ts';
import type { Invariant } from './form.ts';
import { ACK, before, begins, CLOSE, MINI, plus, SYN_RECV, SYN_SENT } from './seq.ts';

/** Write timers: stack/5-tcp/ack_flags.ts, include/net/inet_connection_sock.h. */
const RETRANS = 1;
const PROBE0 = 3;
const MS = 1_000_000;
/** Timers fire on jiffies, and softirqs may have to wait. */
const SLACK_NS = 3 * MS;
/** The device refused: TCP_RESOURCE_PROBE_INTERVAL. */
const REFUSED_NS = 500 * MS;

/** When a timer of a socket fired last, how long at least it had been armed, and when an answer came since, which arms a probe anew. */
interface Fired {
  readonly timer: number;
  readonly at_ns: number;
  readonly armed_ns: number;
  heard_ns: number;
}

export const BACKOFF: Invariant = {
  id: 'T7', name: 'timeouts back off',
  about: 'While nothing is heard, each retransmission timeout is twice as long as the one before, up to the greatest one; and so are '
    + 'probes of a closed window.',
  source: 'RFC 6298 section 5.5; Linux net/ipv4/tcp_timer.c: tcp_retransmit_timer, tcp_probe_timer',
  checker({ scenario, violated }) {
    const fired = new Map<number, Fired>();
    const opening = new Set<number>();
    const most_ns = scenario.hosts.map((h) => (h.values['tcp.rto_max_ms'] ?? 0) * MS);
    // A program may set timeouts of its own (TCP_USER_TIMEOUT, TCP_RTO_MAX_MS).
    if (scenario.steps) return {};
    /** Until then softirqs were held: a timer that was late is where the next one begins. */
    let held_ns = 0;
    let rx = 0;
    return {
      on: {
        edit: (b, i) => {
          if (b.a(i) !== KNOB && b.a(i) !== HOLD_SOFTIRQ) return;
          if (b.a(i) === HOLD_SOFTIRQ) held_ns = Math.max(held_ns, b.timeNs(i)) + b.c(i) + SLACK_NS;
          fired.clear();
        },
        tcp_state: (b, i) => {
          fired.delete(b.a(i));
          if (b.c(i) === SYN_SENT || b.c(i) === SYN_RECV) opening.add(b.a(i));
          else opening.delete(b.a(i));
        },
        tcp_rx: (b, i) => {
          rx = b.a(i);
          if (fired.get(rx)?.timer === RETRANS) fired.delete(rx);
        },
        tcp_heard: (b, i) => {
          // The window is open: the next time that it closes is another one.
          const last = fired.get(rx);
          if (b.b(i) !== 0) fired.delete(rx);
          // It does not open: the probe is armed anew, for as long as before (tcp_ack_probe).
          else if (last) last.heard_ns = b.timeNs(i);
        },
        tcp_tx: (b, i) => {
          if (b.c(i) > 0 && fired.get(b.a(i))?.timer === PROBE0) fired.delete(b.a(i));
        },
        tcp_timer: (b, i) => {
          const [sock, timer, now] = [b.a(i), b.b(i), b.timeNs(i)];
          if (timer !== RETRANS && timer !== PROBE0) return;
          const last = fired.get(sock);
          const follows = last?.timer === timer && now > held_ns;
          const armed_ns = follows ? now - Math.max(last.at_ns, last.heard_ns) : 0;
          fired.set(sock, { timer, at_ns: now, armed_ns, heard_ns: 0 });
          if (!follows || last.armed_ns === 0 || opening.has(sock)) return;
          // The packet before may have had to wait for its turn (pacing): that does not double.
          const least = Math.min(1.8 * last.armed_ns, most_ns[b.host(i)] ?? 0) - SLACK_NS;
          const after_ns = now - last.at_ns;
          if (after_ns < least && Math.abs(after_ns - REFUSED_NS) > SLACK_NS)
            violated(`socket ${sock} waited ${last.armed_ns / MS} ms for an answer, and then ${after_ns / MS} ms`);
        },
      },
    };
  },
};

/** RFC 9293 section 3.8.6.3: less than half a second. Time on top for the softirq that sends it. */
const ACK_WITHIN_NS = 520 * MS;

export const ACKED_IN_TIME: Invariant = {
  id: 'T8', name: 'an ACK in half a second',
  about: 'Bytes in order are acknowledged within half a second.',
  source: 'RFC 9293 section 3.8.6.3; Linux net/ipv4/tcp_output.c: tcp_send_delayed_ack',
  checker({ violated }) {
    /** Since when bytes up to where wait for their ACK, by socket. */
    const since = new Map<number, { at_ns: number; end: number }>();
    let tx = 0;
    let held = false;
    const late = (now: number) => {
      for (const [sock, { at_ns, end }] of since)
        if (!held && now - at_ns > ACK_WITHIN_NS) violated(`socket ${sock} has not acknowledged ${end} for ${(now - at_ns) / MS} ms`);
    };
    return {
      on: {
        edit: (b, i) => {
          held ||= HOLDS.has(b.a(i));
        },
        tcp_state: (b, i) => {
          if (begins(b.c(i)) || b.c(i) === CLOSE) since.delete(b.a(i));
        },
        sock_queue: (b, i) => {
          if (b.c(i) > 0 && !since.has(b.a(i))) since.set(b.a(i), { at_ns: b.timeNs(i), end: plus(b.b(i), b.c(i)) });
        },
        tcp_tx: (b, i) => {
          tx = b.a(i);
        },
        tcp_said: (b, i) => {
          if (tx >= MINI || (b.c(i) & ACK) === 0) return;
          const waits = since.get(tx);
          if (waits && !before(b.a(i), waits.end)) since.delete(tx);
        },
      },
      atRest: (engine) => late(engine.clockNs()),
    };
  },
};

export const CWND: Invariant = {
  id: 'T9', name: 'room for a packet',
  about: 'The congestion window of a connection is at least one packet.',
  source: 'Linux net/ipv4/tcp_input.c: tcp_cwnd_reduction; RFC 5681 section 3.1',
  checker: ({ violated }) => ({
    on: {
      tcp_cwnd: (b, i) => {
        if (b.b(i) < 1 || b.b(i) > 0x7fff_ffff) violated(`socket ${b.a(i)} has a congestion window of ${b.b(i)}`);
      },
    },
  }),
};
