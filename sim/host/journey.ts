/**
 * Follow one packet, one buffer or one byte of a stream through the trace. Packet and buffer have fixed columns in every
 * record, so both are filters; a byte is found by its sequence number, then followed as the packets and the buffer that
 * carry it.
 */
import { KIND, NO_BUFFER, type TraceRecord, type TraceStore } from './trace.ts';

export interface Journey {
  readonly title: string;
  /** What the records show, in a few sentences. */
  readonly summary: readonly string[];
  readonly records: readonly TraceRecord[];
}

export function journeyOfPacket(trace: TraceStore, pkt_id: number): Journey {
  const records = trace.filter((b, i) => b.pktId(i) === pkt_id);
  // A merged packet goes on as the one it was merged into.
  const merge = records.find((r) => r.kind === KIND.gro_merge);
  if (merge) records.push(...trace.filter((b, i) => b.pktId(i) === merge.a && AFTER_GRO.has(b.kind(i)) && b.timeNs(i) >= merge.time_ns));
  const drop = records.find((r) => r.kind === KIND.drop);
  const summary = [countOf(records.length, 'record')];
  if (merge) summary.push(`GRO merged it into packet ${merge.a}, whose way is its own from there`);
  if (drop) summary.push('it was dropped');
  return { title: `packet ${pkt_id}`, summary, records: inOrder(records) };
}

const AFTER_GRO = new Set([KIND.tcp_rx, KIND.tcp_ooo, KIND.sock_queue, KIND.sock_wake]);

export function journeyOfBuffer(trace: TraceStore, niov_idx: number): Journey {
  const records = trace.filter((b, i) => b.niovIdx(i) === niov_idx);
  const count = (kind: number | undefined) => records.filter((r) => r.kind === kind).length;
  return {
    title: `buffer ${niov_idx}`,
    summary: [
      `posted ${count(KIND.nic_post)} times, written by DMA ${count(KIND.nic_dma) + count(KIND.nic_dma_buf)} times, ` +
        `lent to the application ${count(KIND.zc_deliver)} times, ` +
        `given back ${count(KIND.rqe_take)} times`,
    ],
    records,
  };
}

/** Where a byte of a stream is looked for: the receiving socket and the position in what it received. */
export interface ByteQuestion {
  /** Host and socket that receive the stream. */
  readonly host: number;
  readonly sock: number;
  readonly offset: number;
}

export function journeyOfByte(trace: TraceStore, q: ByteQuestion): Journey {
  const title = `byte ${q.offset} of the stream that socket ${q.sock} receives`;
  const carriers = findCarriers(trace, q);
  if (carriers.sent.length === 0) return { title, summary: ['no segment of the trace carried it'], records: [] };
  const packets = new Set(carriers.sent.map((r) => r.pkt_id));
  const records = trace.filter((b, i) => packets.has(b.pktId(i)) || isMerged(b.pktId(i), b.kind(i), carriers.merged));
  const buffer = bufferOf(records, carriers, q);
  records.push(...beforeSending(trace, carriers, q));
  if (buffer) records.push(...bufferLife(trace, buffer));
  const first = carriers.sent[0] as TraceRecord;
  const summary = [
    `sequence number ${carriers.target}, first sent in packet ${first.pkt_id} (${first.c} bytes from ${first.b})`,
    ...(carriers.sent.length > 1 ? [`sent ${carriers.sent.length} times`] : []),
    buffer ? `landed in buffer ${buffer.dma.niov_idx}, ${buffer.within} bytes behind its beginning` : 'it reached no payload buffer',
  ];
  return { title, summary, records: unique(inOrder(records)) };
}

interface Carriers {
  /** tcp_tx and tcp_retransmit records of the segments that hold the byte. */
  readonly sent: readonly TraceRecord[];
  readonly target: number;
  /** Packets that GRO merged a carrier into. */
  readonly merged: ReadonlySet<number>;
}

/** Sequence numbers modulo 2^32: whether [from, from + len) holds seq. */
const holds = (from: number, len: number, seq: number): boolean => ((seq - from) >>> 0) < len;

function findCarriers(trace: TraceStore, q: ByteQuestion): Carriers {
  const none = { sent: [], target: 0, merged: new Set<number>() };
  const [first_rx] = trace.filter((b, i) => b.kind(i) === KIND.tcp_rx && b.host(i) === q.host && b.a(i) === q.sock && b.c(i) > 0);
  if (!first_rx) return none;
  const sends = trace.filter(
    (b, i) => (b.kind(i) === KIND.tcp_tx || b.kind(i) === KIND.tcp_retransmit) && b.host(i) !== q.host && b.c(i) > 0,
  );
  const first_tx = sends.find((r) => r.pkt_id === first_rx.pkt_id) ?? sends.find((r) => holds(r.b, r.c, first_rx.b));
  if (!first_tx) return none;
  const of_socket = sends.filter((r) => r.a === first_tx.a);
  const start = of_socket[0]?.b ?? first_tx.b;
  const target = (start + q.offset) >>> 0;
  const sent = of_socket.filter((r) => holds(r.b, r.c, target));
  const packets = new Set(sent.map((r) => r.pkt_id));
  const merges = trace.filter((b, i) => b.kind(i) === KIND.gro_merge && packets.has(b.pktId(i)));
  return { sent, target, merged: new Set(merges.map((r) => r.a)) };
}

function isMerged(pkt_id: number, kind: number, merged: ReadonlySet<number>): boolean {
  return merged.has(pkt_id) && AFTER_GRO.has(kind);
}

interface BufferPlace {
  readonly dma: TraceRecord;
  /** The byte's distance from where the DMA into this buffer began. */
  readonly within: number;
}

/** The buffer that the byte landed in: DMA fills posted buffers in the order of the payload. */
function bufferOf(records: readonly TraceRecord[], carriers: Carriers, q: ByteQuestion): BufferPlace | undefined {
  for (const sent of carriers.sent) {
    const at = (carriers.target - sent.b) >>> 0;
    const own = records.filter((r) => r.pkt_id === sent.pkt_id && r.host === q.host);
    const later = own.find((r) => r.kind === KIND.nic_dma_buf && r.a <= at && at < r.a + r.b);
    if (later) return { dma: later, within: at - later.a };
    const first = own.find((r) => r.kind === KIND.nic_dma && r.niov_idx !== NO_BUFFER);
    if (first) return { dma: first, within: at };
  }
  return undefined;
}

/** How the bytes came to the sender: the write that produced them, and the send that the socket took them by. */
function beforeSending(trace: TraceStore, carriers: Carriers, q: ByteQuestion): TraceRecord[] {
  const first = carriers.sent[0] as TraceRecord;
  const on_host = trace.filter((b, i) => b.host(i) === first.host && (b.kind(i) === KIND.app_write || b.kind(i) === KIND.sock_send));
  const write = on_host.findLast((r) => r.kind === KIND.app_write && r.time_ns <= first.time_ns && holds(r.b, r.c, q.offset));
  if (!write) return [];
  const send = on_host.find((r) => r.kind === KIND.sock_send && r.a === first.a && r.b > 0 && r.time_ns >= write.time_ns);
  return send ? [write, send] : [write];
}

/** One life of a buffer: from where the pool gave it out before the DMA to where the pool has it again. */
function bufferLife(trace: TraceStore, place: BufferPlace): TraceRecord[] {
  const all = trace.filter((b, i) => b.niovIdx(i) === place.dma.niov_idx);
  const at = all.findIndex((r) => r.kind === place.dma.kind && r.time_ns === place.dma.time_ns && r.pkt_id === place.dma.pkt_id);
  let from = at;
  while (from > 0 && (all[from] as TraceRecord).kind !== KIND.pool_hold) from--;
  let to = at;
  for (let given = false; to + 1 < all.length; to++) {
    const { kind } = all[to + 1] as TraceRecord;
    if (kind === KIND.rqe_take) given = true;
    else if (kind === KIND.pool_hold || (given && kind === KIND.nic_post)) break;
  }
  const life = all.slice(from, to + 1);
  return [...life, ...applicationsPart(trace, life, place)];
}

/** What the application did with the loan: it names buffers by their offset in the area. */
function applicationsPart(trace: TraceStore, life: readonly TraceRecord[], place: BufferPlace): TraceRecord[] {
  const loans = life.filter((r) => r.kind === KIND.zc_deliver);
  const loan = loans.find((r) => r.pkt_id === place.dma.pkt_id) ?? loans[0];
  if (!loan) return [];
  const mine = trace.filter((b, i) => {
    const kind = b.kind(i);
    if (b.host(i) !== loan.host || b.timeNs(i) < loan.time_ns) return false;
    return (kind === KIND.app_read && b.b(i) === loan.b) || (kind === KIND.rqe_push && b.a(i) === loan.b);
  });
  return [KIND.app_read, KIND.rqe_push].map((kind) => mine.find((r) => r.kind === kind)).filter((r) => r !== undefined);
}

const countOf = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function inOrder(records: readonly TraceRecord[]): TraceRecord[] {
  return [...records].sort((a, b) => a.time_ns - b.time_ns);
}

function unique(records: readonly TraceRecord[]): TraceRecord[] {
  const seen = new Set<string>();
  return records.filter((r) => {
    const key = [r.time_ns, r.kind, r.host, r.pkt_id, r.niov_idx, r.a, r.b, r.c].join(' ');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
