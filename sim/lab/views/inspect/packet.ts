/** A packet: its bytes as they were on the wire, where it is now, and what happened to it on its way. */
import { CAPTURE_CORRUPT, CAPTURE_LOST, HOSTS, InputError, KIND, narrate, NO_BUFFER, timeText } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import type { Recording } from '../../recording.ts';
import { TraceLinks } from '../trace_links.ts';
import { dissect } from './dissect.ts';
import type { Dissection, Fact, Inspection } from './doc.ts';
import { happening } from './why.ts';

const HISTORY_MAX = 60;

/** Events of the stack after GRO belong to the packet that others were merged into. */
const AFTER_GRO = new Set([KIND.tcp_rx, KIND.tcp_ooo, KIND.sock_queue, KIND.tcp_ack, KIND.sock_wake, KIND.drop]);

export function inspectPacket(moment: Moment, id: string, pkt_id: number): Inspection {
  const { recording, records } = moment;
  const { trace } = recording;
  const links = TraceLinks.of(recording);
  const own = links.ofPacket(pkt_id, records);
  const kind = (name: string) => own.find((r) => trace.kind(r) === KIND[name]);
  const merge = own.findLast((r) => trace.kind(r) === KIND.gro_merge);
  const cut = own.find((r) => trace.kind(r) === KIND.nic_tx && trace.c(r) !== 0);
  const into = merge === undefined ? [] : links.ofPacket(trace.a(merge), records).filter((r) => r > merge && AFTER_GRO.has(trace.kind(r)));
  const of = cut === undefined ? [] : links.ofPacket(trace.c(cut), cut).filter((r) => trace.kind(r) === KIND.tcp_tx);
  const way = [...new Set([...of, ...own, ...into])].sort((a, b) => a - b);
  if (way.length === 0) throw new InputError(`packet ${pkt_id}: the trace does not tell of it yet`);
  const sent = kind('wire_send');
  const drop = own.findLast((r) => trace.kind(r) === KIND.drop);
  return {
    id, kind: 'packet', title: `Packet ${pkt_id}`, why: way.at(-1),
    now: whereBuffer(recording, links, way, records) ?? whereNow(recording, way, pkt_id),
    alarm: drop === undefined ? undefined : narrate(trace.record(drop)),
    facts: factsOf(recording, links, pkt_id, { records, sent, merge, cut, kind }),
    dissection: sent === undefined ? undefined : dissectionOf(recording, pkt_id, sent),
    history: way.slice(-HISTORY_MAX).map((r) => happening(recording, r)), earlier: Math.max(0, way.length - HISTORY_MAX),
  };
}

/** Merged packets are lent by their buffers: the first one's later life says where the bytes are. */
function whereBuffer({ trace }: Recording, links: TraceLinks, way: readonly number[], records: number): string | undefined {
  const dma = way.findLast((r) => trace.kind(r) === KIND.nic_dma && trace.niovIdx(r) !== NO_BUFFER);
  const last = way.at(-1) as number;
  if (dma === undefined) return undefined;
  const since = links.ofBuffer(trace.niovIdx(dma), records).filter((r) => r > Math.max(dma, last));
  const lent = since.find((r) => trace.kind(r) === KIND.zc_deliver);
  if (lent === undefined) return undefined;
  const back = since.find((r) => r > lent && trace.kind(r) === KIND.rqe_push);
  return back === undefined ? `Its bytes are the application's since ${timeText(trace.timeNs(lent))}: their buffer is lent.`
    : `Its bytes were read, and their buffer was given back at ${timeText(trace.timeNs(back))}.`;
}

/** By the last thing that happened to it. */
function whereNow(recording: Recording, way: readonly number[], pkt_id: number): string {
  const { trace } = recording;
  const last = way.findLast((r) => trace.kind(r) !== KIND.sock_wake && trace.kind(r) !== KIND.tcp_cwnd) ?? (way[0] as number);
  const r = trace.record(last);
  const [here, there] = [HOSTS[r.host] ?? '', HOSTS[1 - r.host] ?? ''];
  switch (r.kind) {
    case KIND.tcp_tx:
    case KIND.tcp_retransmit: return `Handed to the ${here}'s device; its NIC has not fetched it yet.`;
    case KIND.nic_tx:
    case KIND.wire_send:
    case KIND.wire_fault: return `On the wire to the ${there} since ${timeText(r.time_ns)}.`;
    case KIND.wire_arrive:
    case KIND.nic_steer:
    case KIND.nic_dma:
    case KIND.nic_dma_buf: return `In a receive ring of the ${here}'s NIC: no poll has taken it yet.`;
    case KIND.skb_build: return `An skb in the ${here}'s softirq.`;
    case KIND.gro_merge: return `GRO merged it into packet ${r.a}, whose way is its own from there.`;
    case KIND.tcp_rx: return `Handled by socket ${r.a} of the ${here}.`;
    case KIND.tcp_ack: return `Gone: its acknowledgment was taken by socket ${r.a} of the ${here}.`;
    case KIND.tcp_backlog: return `In the backlog of socket ${r.a}: the ${here} has the socket locked.`;
    case KIND.tcp_ooo: return `In the out-of-order queue of socket ${r.a}: what comes before it is missing.`;
    case KIND.sock_queue: return `In the receive queue of socket ${r.a} of the ${here}, in order; a read by copy is not traced by packet.`;
    case KIND.zc_deliver:
    case KIND.zc_copy:
    case KIND.cqe: return `Its bytes are the ${here}'s application's: lent, or copied into its area.`;
    case KIND.drop: return `Gone: ${narrate(r)}.`;
    default: return `Packet ${pkt_id}: ${narrate(r)}.`;
  }
}

interface Seen {
  readonly records: number;
  readonly sent: number | undefined;
  readonly merge: number | undefined;
  readonly cut: number | undefined;
  readonly kind: (name: string) => number | undefined;
}

function factsOf(recording: Recording, links: TraceLinks, pkt_id: number, { records, sent, merge, cut, kind }: Seen): Fact[] {
  const { trace } = recording;
  const facts: Fact[] = [];
  const add = (name: string, value: string | number, more: Partial<Fact> = {}) => facts.push({ name, value: String(value), ...more });
  if (sent !== undefined) {
    add('from', `${HOSTS[trace.host(sent)]} at ${timeText(trace.timeNs(sent))}`);
    add('frame', `${trace.a(sent)} bytes`);
    add('sequence', trace.b(sent));
  }
  const tx = kind('tcp_tx');
  if (tx !== undefined) add('sent by', `socket ${trace.a(tx)}, ${trace.c(tx)} bytes`, { id: `sock:${trace.a(tx)}` });
  if (cut !== undefined) {
    add('cut from', `packet ${trace.c(cut)}`, { id: `packet:${trace.c(cut)}`, about: 'the NIC cuts what the stack sends' });
  }
  const frames = links.cutsOf(pkt_id, records);
  if (frames.length > 1) {
    const [first, last] = [frames[0] as number, frames.at(-1) as number];
    add('cut into', `${frames.length} frames, packets ${trace.pktId(first)} to ${trace.pktId(last)}`);
  }
  if (merge !== undefined) add('merged into', `packet ${trace.a(merge)}`, { id: `packet:${trace.a(merge)}` });
  const merged = links.mergesInto(pkt_id, records);
  if (merged.length > 0) add('others merged into it', merged.length);
  const steer = kind('nic_steer');
  if (steer !== undefined) add('receive queue', trace.a(steer));
  const dma = kind('nic_dma');
  if (dma !== undefined) {
    add('split', `${trace.b(dma)} header, ${trace.c(dma)} payload bytes`);
    if (trace.c(dma) > 0) add('buffer', trace.niovIdx(dma), { id: `buffer:${trace.host(dma)}:${trace.niovIdx(dma)}` });
  }
  const rx = kind('tcp_rx');
  if (rx !== undefined) add('received by', `socket ${trace.a(rx)}`, { id: `sock:${trace.a(rx)}` });
  return facts;
}

/** Frames do not change: what was looked at is kept. */
const KEPT = 64;
const SEEN = new WeakMap<Recording, Map<number, Dissection | undefined>>();

function dissectionOf(recording: Recording, pkt_id: number, sent: number): Dissection | undefined {
  const known = SEEN.get(recording) ?? new Map<number, Dissection | undefined>();
  SEEN.set(recording, known);
  if (known.has(sent)) return known.get(sent);
  const frame = recording.framesOf(recording.steps.ofRecord(sent)).find((f) => f.pkt_id === pkt_id);
  const damaged = frame && (frame.flags & CAPTURE_CORRUPT) !== 0 ? '; the link flips a bit of it on its way' : '';
  const lost = frame && (frame.flags & CAPTURE_LOST) !== 0 ? '; the link loses it' : '';
  const found = frame && {
    bytes: frame.data, tree: dissect(frame.data), note: `As it went onto the wire, checksums filled in${damaged}${lost}.`,
  };
  if (known.size >= KEPT) known.delete(known.keys().next().value as number);
  known.set(sent, found);
  return found;
}
