/** Memory of sockets, counted again from the skbs in it; and timers of sockets. Layouts are the core's (structs.gen.ts). */
import {
  type Engine, NETMEM, NETMEM_FIELD_BYTES, NONE, POOL_ADDR, POOL_STATE, readField, SKB, SOCK, SOCKET_ADDR, SOCKET_STATE,
} from '../../host/index.ts';
import { HOLDS } from './disturbed.ts';
import type { Invariant, RunView } from './form.ts';
import { CLOSE, LISTEN } from './seq.ts';

/** Strides of the tables, and where an skb has its fragments: stack/6-socket/sock.ts, stack/3-pool/skb.ts. */
const SOCK_BYTES = 1472;
const SKB_BYTES = 336;
const SKB_FRAGS = 128;
const FRAG_BYTES = 12;
/** What an skb weighs without payload, at least: sk_buff and skb_shared_info (stack/6-socket/mem.ts). */
const SKB_OVERHEAD = 256 + 320;
/** The head of a packet, with what kmalloc() may have rounded it to. */
const SKB_HEAD_MAX = 2048;
const KIND_TX_PAGE = 1;
const KIND_USER_PAGE = 3;
type Queue = 'receive' | 'ooo' | 'write' | 'rtx';

/** A field of the socket with a number. */
export const sockField = ({ view }: Engine, n: number, field: keyof typeof SOCK): number =>
  readField(view, readField(view, SOCKET_ADDR, SOCKET_STATE.sock_base) + n * SOCK_BYTES, SOCK[field]);

/** Calls `see` with the index and the address of each socket that is there. */
export function eachSock(engine: Engine, see: (n: number, at: number, live: boolean) => void): void {
  const { view } = engine;
  const base = readField(view, SOCKET_ADDR, SOCKET_STATE.sock_base);
  const count = readField(view, SOCKET_ADDR, SOCKET_STATE.sock_high);
  for (let n = 0; n < count; n++) see(n, base + n * SOCK_BYTES, view.getUint32(base + n * SOCK_BYTES + SOCK.refs.at, true) !== 0);
}

/** A field of four bytes. */
const word = ({ view }: Engine, at: number, field: { readonly at: number }): number => view.getUint32(at + field.at, true);

class Scales {
  /** Skbs of all that was weighed. */
  skbs = 0;
  private readonly run: RunView;
  private readonly shares: readonly boolean[];

  constructor(run: RunView) {
    this.run = run;
    // Packets of a tun device weigh what they do there; packed frames share buffers.
    const packs = run.scenario.steps?.some(({ step }) => step === 'nic.pack') ?? false;
    this.shares = run.scenario.hosts.map((h) => packs || h.values['nic.tun'] !== 0 || h.values['nic.pack_buffers'] !== 0);
  }

  /** What the skbs of a queue that begins with `first` weigh. */
  weigh(engine: Engine, n: number, sock: number, queue: Queue, first: number): number {
    if (first === NONE) return 0;
    const base = word(engine, POOL_ADDR, POOL_STATE.skb_base);
    const most = word(engine, POOL_ADDR, POOL_STATE.skb_capacity);
    const shares = this.shares[engine.view.getUint8(sock + SOCK.host.at)] ?? true;
    let [skbs, sum] = [0, 0];
    for (let idx = first; idx !== NONE;) {
      const at = base + idx * SKB_BYTES;
      if (++skbs > most) this.run.violated(`the ${queue} queue of socket ${n} is a ring`);
      const truesize = word(engine, at, SKB.truesize);
      sum += truesize;
      if (!shares) this.bears(engine, n, queue, at, truesize);
      idx = word(engine, at, SKB.next);
    }
    this.skbs += skbs;
    return sum;
  }

  /** An skb weighs itself and the buffers that it holds; of a page that senders share, the bytes. */
  private bears({ view }: Engine, n: number, queue: Queue, at: number, truesize: number): void {
    const netmems = view.getUint32(POOL_ADDR + POOL_STATE.netmem_base.at, true);
    const frags = view.getUint32(at + SKB.nr_frags.at, true);
    let least = SKB_OVERHEAD;
    let lent = false;
    for (let i = 0; i < frags; i++) {
      const frag = at + SKB_FRAGS + i * FRAG_BYTES;
      const netmem = netmems + view.getUint32(frag, true) * NETMEM_FIELD_BYTES;
      const kind = view.getUint8(netmem + NETMEM.kind.at);
      const len = view.getUint32(frag + 8, true);
      const senders = kind === KIND_TX_PAGE || kind === KIND_USER_PAGE;
      lent ||= senders;
      least += senders ? len : view.getUint32(netmem + NETMEM.size.at, true);
    }
    if (truesize < least) this.run.violated(`an skb in the ${queue} queue of socket ${n} holds ${least} bytes and weighs ${truesize}`);
    // Of a NIC's buffers alone: what the loopback device brings weighs what it did at its sender. Each packet that it was joined of leaves
    // no more than its head behind.
    if (frags === 0 || lent) return;
    const most = least + Math.max(view.getUint16(at + SKB.gso_segs.at, true), 1) * SKB_HEAD_MAX;
    if (truesize > most) this.run.violated(`an skb in the ${queue} queue of socket ${n} weighs ${truesize}, and can hold ${most} at most`);
  }
}

export const SOCKET_MEMORY: Invariant = {
  id: 'K1', name: 'memory of sockets',
  about: 'sk_rmem_alloc and sk_wmem_queued are the sums of what the queues weigh, an skb weighs no less than the buffers that it holds and '
    + 'no more than it can, a socket that is gone holds nothing, and when all is at rest every skb is in a queue.',
  source: 'Linux include/net/sock.h: sk_rmem_alloc, sk_wmem_queued; include/linux/skbuff.h: SKB_TRUESIZE; Documentation/networking/skbuff',
  checker(run) {
    const scales = new Scales(run);
    const count = (engine: Engine): number => {
      scales.skbs = 0;
      eachSock(engine, (n, at, live) => {
        const [rmem_alloc, wmem_queued] = [word(engine, at, SOCK.rmem_alloc), word(engine, at, SOCK.wmem_queued)];
        if (!live) {
          if (word(engine, at, SOCK.wmem_alloc) === 0 && rmem_alloc + wmem_queued !== 0)
            run.violated(`socket ${n} is gone and holds memory`);
          return;
        }
        if (engine.view.getUint8(at + SOCK.state.at) === LISTEN) return;
        const rmem = scales.weigh(engine, n, at, 'receive', word(engine, at, SOCK.receive_head))
          + scales.weigh(engine, n, at, 'ooo', word(engine, at, SOCK.ooo_head));
        const wmem = scales.weigh(engine, n, at, 'write', word(engine, at, SOCK.write_head))
          + scales.weigh(engine, n, at, 'rtx', word(engine, at, SOCK.rtx_head));
        const errors = word(engine, at, SOCK.error_len);
        scales.skbs += errors;
        if (errors === 0 && rmem !== rmem_alloc) run.violated(`socket ${n} counts ${rmem_alloc} bytes to read, and has ${rmem}`);
        if (wmem !== wmem_queued) run.violated(`socket ${n} counts ${wmem_queued} bytes to send, and has ${wmem}`);
      });
      return scales.skbs;
    };
    return {
      atRest: count,
      atEnd: (engine, { played }) => {
        if (played.stopped !== 'idle') return;
        const queued = count(engine);
        const used = readField(engine.view, POOL_ADDR, POOL_STATE.skb_used);
        // Fragments of datagrams wait for the rest.
        const stream = run.scenario.hosts.every((h) => h.values['app.protocol'] === 0);
        if (stream && !run.scenario.steps && used !== queued) run.violated(`${used} skbs are in use, and queues hold ${queued}`);
      },
    };
  },
};

const TIMERS = (['retransmit', 'delack', 'keepalive'] as const).map((name) => ({ name, at: SOCK[`${name}_timer0`].at }));
/** sim/core/timer_wheel.ts: Timer. */
const TIMER_NEXT = 0;
const TIMER_EXPIRES = 8;
const JIFFY_NS = 1_000_000;
/** A softirq may keep others waiting; not for so long. */
const LATE_NS = 1_000_000_000;

export const TIMERS_LIVE: Invariant = {
  id: 'K2', name: 'timers of the living',
  about: 'No timer is armed on a socket that is gone, or whose connection has ended; a timer that is due fires.',
  source: 'Linux net/ipv4/inet_connection_sock.c: inet_csk_clear_xmit_timers; kernel/time/timer.c: __run_timers',
  checker({ violated }) {
    let held = false;
    return {
      on: {
        edit: (b, i) => {
          held ||= HOLDS.has(b.a(i));
        },
      },
      atRest: (engine) => {
        const { view } = engine;
        const now = engine.clockNs();
        eachSock(engine, (n, at, live) => {
          for (const { name, at: place } of TIMERS) {
            const timer = at + place;
            if (view.getUint32(timer + TIMER_NEXT, true) === 0) continue;
            if (!live) violated(`the ${name} timer of socket ${n} is armed, and the socket is gone`);
            if (view.getUint8(at + SOCK.state.at) === CLOSE)
              violated(`the ${name} timer of socket ${n} is armed, and its connection has ended`);
            const jiffies = view.getUint32(timer + TIMER_EXPIRES, true) + view.getUint32(timer + TIMER_EXPIRES + 4, true) * 2 ** 32;
            const due = jiffies * JIFFY_NS;
            if (!held && now - due > LATE_NS) violated(`the ${name} timer of socket ${n} was due ${now - due} ns ago`);
          }
        });
      },
    };
  },
};
