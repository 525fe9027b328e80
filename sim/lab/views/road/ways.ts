/**
 * The way of each packet, buffer and write along the road, read from the trace as it grows: stays at places (stays.ts).
 * A packet is named by its records; a buffer from its loan until the kernel has it again; a write until its socket has it.
 */
import { HOSTS, KIND, NO_BUFFER, type TraceStore } from '../../../host/index.ts';
import { ACK, BUFFER, FRAME, PACKET, placeCode, WRITE } from './places.ts';
import { Segments } from './segments.ts';
import { SocketQueues } from './socket_queues.ts';
import { type Stay, Stays } from './stays.ts';

/** What has come to its end is still seen arriving there, for at most this long. */
export const ARRIVING_NS = 20_000;
const WIRE = 1;
const NIC = 2;
const POOL = 3;
const NAPI = 4;
const TCP = 5;
const SOCKET = 6;
const RING = 7;
const APP = 8;
const REFILL = 9;

/** What may be open at once has keys of its own: packets by id, what is left of packets that are being cut, writes, buffers by host. */
const PACKETS = 0;
const CUTS = 1;
const WRITES = 2;
const BUFFERS = 3;
const FAMILIES = BUFFERS + HOSTS.length;

interface Written {
  readonly record: number;
  readonly flow: number;
  /** Position behind the last byte of it, and bytes that no socket has taken. */
  end: number;
  left: number;
}

export class Ways {
  readonly stays = new Stays();
  /** Those that nothing has ended so far, by family and key. */
  readonly open: readonly Map<number, Stay>[] = Array.from({ length: FAMILIES }, () => new Map<number, Stay>());
  #trace!: TraceStore;
  /** The packet that the frame was cut from that the NIC has fetched last; 0: it is all of its packet. */
  #whole = 0;
  readonly #segments = new Segments();
  readonly #queues = HOSTS.map(() => new SocketQueues());
  readonly #writes: Written[][] = HOSTS.map(() => []);
  /** Offsets of loans in the area, of each host: the application names buffers by them. */
  readonly #loans = HOSTS.map(() => new Map<number, number>());

  read(trace: TraceStore, i: number): void {
    this.#trace = trace;
    const kind = trace.kind(i);
    const steps = READERS[kind];
    if (steps) steps(this, trace, i, trace.host(i));
  }

  packet(i: number, id: number, kind: number, at: number, bytes: number, came?: number): void {
    this.#move(PACKETS, id, i, kind, id, at, bytes, came);
  }
  buffer(i: number, host: number, niov: number, at: number, bytes: number, came?: number): void {
    this.#move(BUFFERS + host, niov, i, BUFFER, niov, at, bytes, came);
  }
  /** A thing ends; where it went to it is still seen arriving. */
  end(i: number, family: number, key: number, at?: number): void {
    const open = this.open[family]?.get(key);
    if (!open) return;
    this.#close(family, key, open, i);
    if (at === undefined) return;
    this.#arrive(i, open.kind, open.id, open.at, at, open.bytes);
  }
  #arrive(i: number, kind: number, id: number, came: number, at: number, bytes = 0): void {
    const from_ns = this.#trace.timeNs(i);
    this.stays.add({ from_ns, to_ns: from_ns + ARRIVING_NS, from_record: i, to_record: i, kind, id, came, at, bytes });
  }

  wrote(i: number, t: TraceStore, host: number): void {
    const [flow, position, bytes] = [t.a(i), t.b(i), t.c(i)];
    this.#again(i, host, flow, position);
    this.#writes[host]?.push({ record: i, flow, end: position + bytes, left: bytes });
    const at = placeCode(host, false, APP);
    this.#move(WRITES, i, i, WRITE, i, at, bytes, at);
  }
  /** What a short send has left over is written once more: the earlier writes end where the new one begins. */
  #again(i: number, host: number, flow: number, position: number): void {
    const writes = this.#writes[host] ?? [];
    for (const w of writes) {
      if (w.flow !== flow || w.end <= position) continue;
      w.left -= w.end - position;
      w.end = position;
      if (w.left <= 0) this.end(i, WRITES, w.record);
    }
    if (writes.some((w) => w.left <= 0)) writes.splice(0, writes.length, ...writes.filter((w) => w.left > 0));
  }
  /** A socket took bytes of what was written, the oldest first. */
  took(i: number, host: number, bytes: number, to: number): void {
    const writes = this.#writes[host] ?? [];
    for (let left = bytes; left > 0 && writes.length > 0; ) {
      const first = writes[0] as Written;
      const part = Math.min(first.left, left);
      first.left -= part;
      left -= part;
      if (first.left > 0) return;
      writes.shift();
      this.end(i, WRITES, first.record, placeCode(host, false, to));
    }
  }

  sent(i: number, t: TraceStore, host: number): void {
    const [id, bytes] = [t.pktId(i), t.c(i)];
    this.#segments.sent(id, t.b(i), bytes);
    this.packet(i, id, bytes > 0 ? PACKET : ACK, placeCode(host, false, TCP), bytes);
  }
  /** A frame leaves the NIC; its packet with the last of them. */
  framed(i: number, t: TraceStore, host: number): void {
    const [id, whole] = [t.pktId(i), t.c(i)];
    const known = this.packetOf(whole || id);
    // A datagram is a packet that TCP knows nothing of.
    if (!known && whole === 0) this.took(i, host, t.b(i), NIC);
    const kind = known?.kind === ACK && whole === 0 ? ACK : FRAME;
    const at = placeCode(host, false, NIC);
    this.#whole = whole;
    // What is left of the packet stays with the NIC while its frames leave.
    if (known && whole === id) this.#move(CUTS, id, i, PACKET, id, at, known.bytes, known.at);
    this.#move(PACKETS, id, i, kind, id, at, t.b(i), whole === 0 ? undefined : at);
  }
  onWire(i: number, t: TraceStore, host: number): void {
    const id = t.pktId(i);
    const whole = this.#whole;
    this.#whole = 0;
    this.packet(i, id, this.packetOf(id)?.kind ?? FRAME, placeCode(host, false, WIRE), t.a(i));
    if (whole !== 0 && this.#segments.cut(whole, id, t.b(i), t.a(i))) this.end(i, CUTS, whole);
  }

  /** What GRO made of several packets goes on as the first of them. */
  segment(i: number, t: TraceStore, host: number): void {
    const [id, bytes] = [t.pktId(i), t.c(i)];
    if (bytes > 0) return this.packet(i, id, FRAME, placeCode(host, true, TCP), bytes);
    // Without payload it has ended at NAPI: the first of a connection has no record behind that.
    if (this.packetOf(id)) this.end(i, PACKETS, id, placeCode(host, true, TCP));
    else this.#arrive(i, ACK, id, placeCode(host, true, NAPI), placeCode(host, true, TCP));
  }
  waits(i: number, t: TraceStore, host: number): void {
    this.packet(i, t.pktId(i), FRAME, placeCode(host, true, TCP), t.c(i));
    this.#queues[host]?.early(t.a(i), t.pktId(i), t.b(i));
  }
  queued(i: number, t: TraceStore, host: number): void {
    const queues = this.#queues[host];
    const at = placeCode(host, true, SOCKET);
    // The end of a stream has no bytes that anybody would read.
    if (t.c(i) === 0) return this.end(i, PACKETS, t.pktId(i), at);
    this.packet(i, t.pktId(i), FRAME, at, t.c(i));
    for (const id of queues?.covered(t.a(i), t.b(i), t.c(i), t.pktId(i)) ?? []) this.end(i, PACKETS, id, at);
    queues?.push(t.a(i), t.pktId(i), t.c(i));
  }
  taken(i: number, t: TraceStore, host: number): void {
    for (const id of this.#queues[host]?.take(t.a(i), t.b(i)) ?? []) this.end(i, PACKETS, id, placeCode(host, true, RING));
  }
  datagram(i: number, host: number): void {
    const id = this.#queues[host]?.nextDatagram();
    if (id !== undefined) this.end(i, PACKETS, id, placeCode(host, true, APP));
  }
  built(i: number, t: TraceStore, host: number): void {
    const id = t.pktId(i);
    const kind = this.packetOf(id)?.kind ?? FRAME;
    if (kind === ACK) return this.end(i, PACKETS, id, placeCode(host, true, NAPI));
    const tcp = this.#segments.knows(id);
    this.packet(i, id, kind, placeCode(host, true, tcp ? NAPI : SOCKET), t.a(i));
    if (!tcp) this.#queues[host]?.datagram(id);
  }

  lent(i: number, t: TraceStore, host: number, bytes: number, offset: number | undefined): void {
    const niov = t.niovIdx(i);
    if (offset !== undefined) this.#loans[host]?.set(offset, niov);
    this.buffer(i, host, niov, placeCode(host, true, RING), bytes, placeCode(host, true, SOCKET));
  }
  /** The application reads a loan, by its offset in the area, or puts it into the refill ring. */
  used(i: number, host: number, offset: number, stage: number): void {
    const niov = this.#loans[host]?.get(offset);
    const open = niov === undefined ? undefined : this.open[BUFFERS + host]?.get(niov);
    if (open && niov !== undefined) this.buffer(i, host, niov, placeCode(host, true, stage), open.bytes);
  }
  returned(i: number, t: TraceStore, host: number): void {
    this.end(i, BUFFERS + host, t.niovIdx(i), placeCode(host, true, POOL));
  }

  packetOf(id: number): Stay | undefined {
    return this.open[PACKETS]?.get(id);
  }

  #move(family: number, key: number, i: number, kind: number, id: number, at: number, bytes: number, came?: number): void {
    const open = this.open[family]?.get(key);
    if (open) this.#close(family, key, open, i);
    const from_ns = this.#trace.timeNs(i);
    const stay: Stay = {
      from_ns, to_ns: Infinity, from_record: i, to_record: Infinity, kind, id, came: came ?? open?.at ?? at, at, bytes,
    };
    this.open[family]?.set(key, stay);
  }
  #close(family: number, key: number, open: Stay, i: number): void {
    this.open[family]?.delete(key);
    open.to_ns = Math.max(open.from_ns, this.#trace.timeNs(i));
    open.to_record = i;
    this.stays.add(open);
  }
}

type Reader = (w: Ways, t: TraceStore, i: number, host: number) => void;

const READERS: readonly (Reader | undefined)[] = (() => {
  const by: Record<string, Reader> = {
    app_write: (w, t, i, host) => w.wrote(i, t, host),
    sock_send: (w, t, i, host) => w.took(i, host, t.b(i), SOCKET),
    tcp_tx: (w, t, i, host) => w.sent(i, t, host),
    nic_tx: (w, t, i, host) => w.framed(i, t, host),
    wire_send: (w, t, i, host) => w.onWire(i, t, host),
    wire_arrive: (w, t, i, host) => w.packet(i, t.pktId(i), w.packetOf(t.pktId(i))?.kind ?? FRAME, placeCode(host, true, NIC), t.a(i)),
    nic_dma: (w, t, i, host) =>
      w.packet(i, t.pktId(i), t.c(i) === 0 ? ACK : FRAME, placeCode(host, true, POOL), t.b(i) + t.c(i)),
    lo_xmit: (w, t, i, host) => w.packet(i, t.pktId(i), FRAME, placeCode(host, true, NIC), t.a(i)),
    skb_build: (w, t, i, host) => w.built(i, t, host),
    gro_merge: (w, t, i, host) => w.end(i, PACKETS, t.pktId(i), placeCode(host, true, NAPI)),
    tcp_rx: (w, t, i, host) => w.segment(i, t, host),
    tcp_ooo: (w, t, i, host) => w.waits(i, t, host),
    sock_queue: (w, t, i, host) => w.queued(i, t, host),
    sock_read: (w, t, i, host) => w.taken(i, t, host),
    zc_deliver: (w, t, i, host) => w.lent(i, t, host, t.c(i), t.b(i)),
    zc_copy: (w, t, i, host) => w.lent(i, t, host, t.b(i), undefined),
    app_read: (w, t, i, host) => {
      w.used(i, host, t.b(i), APP);
      w.datagram(i, host);
    },
    rqe_push: (w, t, i, host) => w.used(i, host, t.a(i), REFILL),
    rqe_take: (w, t, i, host) => {
      if (t.b(i) < 2 && t.niovIdx(i) !== NO_BUFFER) w.returned(i, t, host);
    },
    drop: (w, t, i) => {
      if (t.pktId(i) !== 0) w.end(i, PACKETS, t.pktId(i));
    },
  };
  const readers: (Reader | undefined)[] = [];
  for (const [name, reader] of Object.entries(by)) readers[KIND[name] as number] = reader;
  return readers;
})();
