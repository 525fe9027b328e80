/** Rings that buffers come and go by: the refill ring of a zcrx instance, and the receive descriptors of a NIC's queue. */
import { type Engine, readField, RX_COMPLETION } from '../../../host/index.ts';
import { descriptorOf, type IfqMemory, netmemOf, niovAt, type RxQueueMemory } from '../core_memory.ts';
import { foldRing } from './fold.ts';
import type { RingMark, RingView } from './shape.ts';
import { count, plural, span, twice } from './uring_rings.ts';

const RQE_BYTES = 16;
const COMPLETION_BYTES = 40;
export const rqeAddress = (q: IfqMemory, index: number): number => q.rqes + index * RQE_BYTES;

export function rqView(engine: Engine, n: number, q: IfqMemory): RingView {
  const [khead, ktail] = [engine.view.getUint32(q.rq_head, true), engine.view.getUint32(q.rq_tail, true)];
  const marks: RingMark[] = [
    { name: 'head', counter: khead, by: 'kernel', shared: true },
    ...(q.cached_head === khead ? [] : [{ name: 'cached_head', counter: q.cached_head, by: 'kernel', shared: false } as const]),
    { name: 'tail', counter: ktail, by: 'application', shared: true },
  ];
  const spans = [span(khead, q.cached_head, 'hidden'), span(q.cached_head, ktail, 'queued')];
  const waiting = count(q.cached_head, ktail);
  return {
    key: `rq${n}`, id: q.master_ring < 0xffff ? `ring:${q.master_ring}` : `slot:${n}:rq:0`, slots: `slot:${n}:rq`, kind: 'rq', host: q.host,
    title: `Refill ring of zcrx ${n}`, entries: q.rq_entries, used: count(khead, ktail), marks, spans,
    pieces: foldRing(q.rq_entries, marks, spans, (_, i) => {
      const at = rqeAddress(q, i);
      const offset = engine.view.getBigUint64(at, true);
      const niov = niovAt(engine, n, offset);
      return {
        text: `${niov === undefined ? `offset ${offset}` : `buffer ${niov}`}, ${engine.view.getUint32(at + 8, true)} bytes`,
        holds: niov === undefined ? [] : [`buffer:${q.host}:${niov}`],
      };
    }),
    twice: [
      twice('given back, not taken', count(khead, ktail), waiting, 'tail - head; the kernel reads only when its page pool runs short'),
      twice('on loan', undefined, q.loans, 'buffers with a reference of user space; entries that wait here still count'),
      twice('room', q.rq_entries - count(khead, ktail), q.rq_entries - count(q.cached_head, ktail), 'entries - (tail - head)'),
    ],
    overflow: undefined,
    note: `${waiting === 0 ? 'Nothing waits' : plural(waiting, 'entry waits', 'entries wait')} to be taken; ` +
      `${plural(q.loans, 'buffer is', 'buffers are')} on loan.`,
  };
}

/** Packets by descriptor: each completion that waits has some in a row. */
function packetsOf(engine: Engine, q: RxQueueMemory): Map<number, number> {
  const found = new Map<number, number>();
  for (let i = q.taken; i !== q.done; i = (i + 1) >>> 0) {
    const at = q.comp_base + (i & q.mask) * COMPLETION_BYTES;
    const first = readField(engine.view, at, RX_COMPLETION.first_desc);
    const descs = readField(engine.view, at, RX_COMPLETION.desc_count);
    for (let d = 0; d < descs; d++) found.set((first + d) & q.mask, readField(engine.view, at, RX_COMPLETION.pkt_id));
  }
  return found;
}

export function rxdView(engine: Engine, q: RxQueueMemory): RingView {
  const entries = q.mask + 1;
  const marks: RingMark[] = [
    { name: 'freed', counter: q.freed, by: 'driver', shared: false },
    { name: 'filled', counter: q.filled, by: 'NIC', shared: false },
    { name: 'posted', counter: q.posted, by: 'driver', shared: false },
  ];
  const spans = [span(q.freed, q.filled, 'queued'), span(q.filled, q.posted, 'posted')];
  const packets = packetsOf(engine, q);
  const [filled, posted, frames] = [count(q.freed, q.filled), count(q.filled, q.posted), count(q.taken, q.done)];
  return {
    key: `rxd${q.host}.${q.queue}`, id: `rxd:${q.host}:${q.queue}:${q.filled & q.mask}`, slots: `rxd:${q.host}:${q.queue}`, kind: 'rxd',
    host: q.host, title: `RX descriptors of queue ${q.queue}`, entries, used: filled + posted, marks, spans,
    pieces: foldRing(entries, marks, spans, (counter, i) => {
      const niov = descriptorOf(engine, q, counter);
      const size = netmemOf(engine, niov)?.size ?? 0;
      const packet = packets.get(i);
      return {
        text: `buffer ${niov}, ${size} bytes${packet === undefined ? '' : `, packet ${packet}`}`,
        holds: [`buffer:${q.host}:${niov}`, ...(packet === undefined ? [] : [`packet:${packet}`])],
      };
    }),
    twice: [
      twice('empty, posted', undefined, posted, 'what the NIC may still fill'),
      twice('filled, not polled', undefined, filled, 'buffers that wait for the driver'),
      twice('frames not polled', undefined, frames, 'completions of the NIC; a frame without payload has no buffer here'),
      twice('memory', undefined, q.provider === 0 ? 'page pool' : `zcrx ${q.provider - 1}`, 'where its buffers come from'),
    ],
    overflow: undefined,
    note: posted === 0 ? 'No buffer is posted: the next frame with payload is dropped.'
      : `${plural(posted, 'empty buffer')}; ${plural(frames, 'frame waits', 'frames wait')} for a poll.`,
  };
}
