/**
 * Which packet of the stack a frame was cut from. A packet of n segments takes n packet ids in a row: tcp_tx has the first,
 * and each of its frames has its own (nic-model/2-nic/tso.ts).
 */
import { KIND, type TraceRecord, type TraceStore } from './trace.ts';

/** More segments than any packet has: 64 KiB of the smallest ones. */
const SEGS_MAX = 2048;

/** A packet of several segments. */
export interface Cut {
  /** The tcp_tx record of the packet. */
  readonly tx: TraceRecord;
  /** Cut by the NIC (TSO), or in software before it (GSO). */
  readonly by_nic: boolean;
  readonly segs: number;
  /** Payload bytes of each frame but the last. */
  readonly size: number;
}

/** A frame of a packet, which may be all of it. */
export interface FrameOfPacket {
  readonly pkt_id: number;
  readonly seq: number;
  readonly len: number;
  readonly tx: TraceRecord;
  readonly cut: Cut | undefined;
}

/** The tcp_tx record of the packet that a frame belongs to. */
export function sentAs(trace: TraceStore, pkt_id: number): TraceRecord | undefined {
  const near = trace.filter((b, i) => b.kind(i) === KIND.tcp_tx && b.pktId(i) <= pkt_id && b.pktId(i) > pkt_id - SEGS_MAX);
  const last = near.reduce<TraceRecord | undefined>((a, r) => (a && a.pkt_id > r.pkt_id ? a : r), undefined);
  if (!last || last.pkt_id === pkt_id) return last;
  const cut = cutOfPacket(trace, last);
  return cut && pkt_id < last.pkt_id + cut.segs ? last : undefined;
}

/** The packet that a frame was cut from, or undefined when the frame is all of its packet. */
export function cutOf(trace: TraceStore, pkt_id: number): Cut | undefined {
  const tx = sentAs(trace, pkt_id);
  return tx && cutOfPacket(trace, tx);
}

/** What a frame behind the first tells of its packet: any of them shows the size of all. */
function cutOfPacket(trace: TraceStore, tx: TraceRecord): Cut | undefined {
  const nextId = idBehind(trace, tx.pkt_id);
  const other = trace.find((b, i) => {
    const id = b.pktId(i);
    return b.kind(i) === KIND.wire_send && id > tx.pkt_id && id < nextId && b.host(i) === tx.host && ((b.b(i) - tx.b) >>> 0) < tx.c;
  });
  if (!other) return undefined;
  const size = ((other.b - tx.b) >>> 0) / (other.pkt_id - tx.pkt_id);
  const by_nic = trace.find((b, i) => b.kind(i) === KIND.nic_tx && b.pktId(i) === other.pkt_id)?.c === tx.pkt_id;
  return { tx, by_nic, segs: Math.ceil(tx.c / size), size };
}

/** The first packet id that is not the packet's: that of the packet after it. */
function idBehind(trace: TraceStore, pkt_id: number): number {
  const later = trace.filter((b, i) => b.kind(i) === KIND.tcp_tx && b.pktId(i) > pkt_id && b.pktId(i) < pkt_id + SEGS_MAX);
  return later.reduce((least, r) => Math.min(least, r.pkt_id), pkt_id + SEGS_MAX);
}

/** The frame of a packet that carries a sequence number. */
export function frameAt(trace: TraceStore, tx: TraceRecord, seq: number): FrameOfPacket {
  const cut = cutOfPacket(trace, tx);
  if (!cut) return { pkt_id: tx.pkt_id, seq: tx.b, len: tx.c, tx, cut };
  const nth = Math.floor(((seq - tx.b) >>> 0) / cut.size);
  const off = nth * cut.size;
  return { pkt_id: tx.pkt_id + nth, seq: (tx.b + off) >>> 0, len: Math.min(cut.size, tx.c - off), tx, cut };
}
