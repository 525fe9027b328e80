/**
 * Follow one packet, one buffer or one byte of a stream through the trace. Packet and buffer have fixed columns in every
 * record, so both are filters; a byte is found by its sequence number, then followed as the packets and the buffer that
 * carry it. A packet of several segments becomes several frames, each a packet by itself (tso.ts of this folder).
 */
import { eventOf, KIND, NO_BUFFER, type TraceRecord, type TraceStore } from './trace.ts';
import { type Cut, cutOf, frameAt, type FrameOfPacket, sentAs } from './tso.ts';

export interface Journey {
  readonly title: string;
  /** What the records show, in a few sentences. */
  readonly summary: readonly string[];
  readonly records: readonly TraceRecord[];
}

/** Events that tell the story of a byte; the rest of its journey is for those who want all of it. */
const TOLD = [
  'app_write', 'sock_send', 'tcp_tx', 'tcp_retransmit', 'nic_tx', 'wire_send', 'wire_arrive', 'drop', 'nic_steer', 'nic_dma', 'nic_dma_buf',
  'ledger', 'skb_build', 'gro_merge', 'tcp_rx', 'tcp_ooo', 'sock_queue', 'zc_deliver', 'zc_copy', 'cqe', 'app_read', 'rqe_push', 'rqe_take',
];

/** A journey in its main steps, for the tour and for the page. */
export const storyOf = (journey: Journey): TraceRecord[] => journey.records.filter((r) => TOLD.includes(eventOf(r).name));

export function journeyOfPacket(trace: TraceStore, pkt_id: number): Journey {
  const records = trace.filter((b, i) => b.pktId(i) === pkt_id);
  const cut = cutOf(trace, pkt_id);
  if (cut && cut.tx.pkt_id !== pkt_id) records.push(cut.tx);
  // A merged packet goes on as the one it was merged into.
  const merge = records.find((r) => r.kind === KIND.gro_merge);
  if (merge) records.push(...trace.filter((b, i) => b.pktId(i) === merge.a && AFTER_GRO.has(b.kind(i)) && b.timeNs(i) >= merge.time_ns));
  const drop = records.find((r) => r.kind === KIND.drop);
  const summary = [countOf(records.length, 'record')];
  if (cut) summary.push(cutText(cut, pkt_id));
  if (merge) summary.push(`GRO merged it into packet ${merge.a}, whose way is its own from there`);
  if (drop) summary.push('it was dropped');
  return { title: `packet ${pkt_id}`, summary, records: inOrder(records) };
}

const cutter = ({ by_nic }: Cut): string => (by_nic ? 'the NIC' : 'software, before the NIC,');

/** Which frame of a packet this is. */
function cutText(cut: Cut, pkt_id: number): string {
  const { tx, segs } = cut;
  return `frame ${pkt_id - tx.pkt_id + 1} of ${segs} that ${cutter(cut)} cut packet ${tx.pkt_id} into (${tx.c} bytes from ${tx.b})`;
}

/** Which frame of a packet carries a byte. */
function carrierText(frame: FrameOfPacket, cut: Cut): string {
  const nth = frame.pkt_id - frame.tx.pkt_id + 1;
  const carrier = `number ${nth}, packet ${frame.pkt_id}, carries the byte (${frame.len} bytes from ${frame.seq})`;
  return `${cutter(cut)} cut it into ${cut.segs} frames; ${carrier}`;
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
  const [first] = carriers.frames;
  if (!first) return { title, summary: ['no segment of the trace carried it'], records: [] };
  const delivery = deliveryOf(trace, q);
  const packets = new Set(carriers.frames.map((f) => f.pkt_id));
  const all = trace.filter((b, i) => packets.has(b.pktId(i)) || isMerged(b.pktId(i), b.kind(i), carriers.merged));
  const buffer = bufferOf(all, carriers, q, delivery);
  const own = [buffer?.dma.niov_idx, delivery?.niov_idx];
  // A frame may fill several buffers, and a merged packet completes once for each of its own: the byte is in one of them.
  const records = all.filter((r) => !OF_ONE_BUFFER.has(r.kind) || own.includes(r.niov_idx));
  records.push(...carriers.sent, ...beforeSending(trace, carriers, q));
  if (buffer) records.push(...bufferLife(trace, buffer));
  if (delivery) records.push(...deliveryRecords(trace, delivery));
  const summary = [
    `sequence number ${carriers.target}, first sent in packet ${first.tx.pkt_id} (${first.tx.c} bytes from ${first.tx.b})`,
    ...(first.cut ? [carrierText(first, first.cut)] : []),
    ...(carriers.frames.length > 1 ? [`sent ${carriers.frames.length} times`] : []),
    buffer ? `landed in buffer ${buffer.dma.niov_idx}, ${buffer.within} bytes behind its beginning` : 'it reached no payload buffer',
    ...(delivery && delivery.kind === KIND.zc_copy ? [`copied into buffer ${delivery.niov_idx} of the area`] : []),
  ];
  return { title, summary, records: unique(inOrder(records)) };
}

/** Events that are about one buffer of several that a packet fills. */
const OF_ONE_BUFFER = new Set([KIND.nic_dma_buf, KIND.zc_deliver, KIND.zc_copy, KIND.cqe]);

interface Carriers {
  /** tcp_tx and tcp_retransmit records of the packets that hold the byte. */
  readonly sent: readonly TraceRecord[];
  /** The frames that carried it: one for each time that it was sent. */
  readonly frames: readonly FrameOfPacket[];
  readonly target: number;
  /** Packets that GRO merged a carrier into. */
  readonly merged: ReadonlySet<number>;
}

/** Sequence numbers modulo 2^32: whether [from, from + len) holds seq. */
const holds = (from: number, len: number, seq: number): boolean => ((seq - from) >>> 0) < len;

function findCarriers(trace: TraceStore, q: ByteQuestion): Carriers {
  const none = { sent: [], frames: [], target: 0, merged: new Set<number>() };
  const [first_rx] = trace.filter((b, i) => b.kind(i) === KIND.tcp_rx && b.host(i) === q.host && b.a(i) === q.sock && b.c(i) > 0);
  if (!first_rx) return none;
  const sends = trace.filter(
    (b, i) => (b.kind(i) === KIND.tcp_tx || b.kind(i) === KIND.tcp_retransmit) && b.host(i) !== q.host && b.c(i) > 0,
  );
  const first_tx = sentAs(trace, first_rx.pkt_id) ?? sends.find((r) => holds(r.b, r.c, first_rx.b));
  if (!first_tx) return none;
  const of_socket = sends.filter((r) => r.a === first_tx.a);
  const start = of_socket[0]?.b ?? first_tx.b;
  const target = (start + q.offset) >>> 0;
  const sent = of_socket.filter((r) => holds(r.b, r.c, target));
  const frames = sent.filter((r) => r.kind === KIND.tcp_tx).map((r) => frameAt(trace, r, target));
  const packets = new Set(frames.map((f) => f.pkt_id));
  const merges = trace.filter((b, i) => b.kind(i) === KIND.gro_merge && packets.has(b.pktId(i)));
  return { sent, frames, target, merged: new Set(merges.map((r) => r.a)) };
}

function isMerged(pkt_id: number, kind: number, merged: ReadonlySet<number>): boolean {
  return merged.has(pkt_id) && AFTER_GRO.has(kind);
}

/** The record by which the byte was given to the application: loans and copies of a socket come in the order of its bytes. */
function deliveryOf(trace: TraceStore, q: ByteQuestion): TraceRecord | undefined {
  let end = 0;
  return trace
    .filter((b, i) => (b.kind(i) === KIND.zc_deliver || b.kind(i) === KIND.zc_copy) && b.host(i) === q.host && b.a(i) === q.sock)
    .find((r) => {
      end += r.kind === KIND.zc_deliver ? r.c : r.b;
      return q.offset < end;
    });
}

/** The delivery and its completion. */
function deliveryRecords(trace: TraceStore, delivery: TraceRecord): TraceRecord[] {
  const { niov_idx, host, time_ns } = delivery;
  const cqes = trace.filter((b, i) => b.kind(i) === KIND.cqe && b.niovIdx(i) === niov_idx && b.host(i) === host && b.timeNs(i) >= time_ns);
  return [delivery, ...cqes.slice(0, 1)];
}

interface BufferPlace {
  readonly dma: TraceRecord;
  /** The byte's distance from where the DMA into this buffer began. */
  readonly within: number;
}

/** The buffer that the byte landed in: DMA fills posted buffers in the order of the payload. Of two arrivals, the one that was lent. */
function bufferOf(
  records: readonly TraceRecord[], carriers: Carriers, q: ByteQuestion, delivery: TraceRecord | undefined,
): BufferPlace | undefined {
  const places = carriers.frames.flatMap((frame): BufferPlace[] => {
    const at = (carriers.target - frame.seq) >>> 0;
    const own = records.filter((r) => r.pkt_id === frame.pkt_id && r.host === q.host);
    const later = own.find((r) => r.kind === KIND.nic_dma_buf && r.a <= at && at < r.a + r.b);
    if (later) return [{ dma: later, within: at - later.a }];
    const first = own.find((r) => r.kind === KIND.nic_dma && r.niov_idx !== NO_BUFFER);
    return first ? [{ dma: first, within: at }] : [];
  });
  return places.find((p) => p.dma.niov_idx === delivery?.niov_idx) ?? places[0];
}

/** How the bytes came to the sender: the write that produced them, and the send that the socket took them by. */
function beforeSending(trace: TraceStore, carriers: Carriers, q: ByteQuestion): TraceRecord[] {
  const first = (carriers.frames[0] as FrameOfPacket).tx;
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
