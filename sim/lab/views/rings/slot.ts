/** One slot of a ring: the struct that lies in it, with its bytes; by its selection id. */
import { cqeFlagsText, resText } from '../../../host/index.ts';
import type { Engine } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { descriptorOf, groupsOf, ifqOf, netmemAddress, netmemOf, overflowOf, ringOf, rxQueueOf } from '../core_memory.ts';
import { type Decoded, decode } from '../uapi_decode.ts';
import { rqeAddress } from './memory_rings.ts';
import { bufAddress, cqeAddress, sqeAddress } from './uring_rings.ts';

export interface SlotAnswer {
  readonly id: string;
  readonly title: string;
  /** Structs that lie there: of a 32-byte completion two halves. */
  readonly structs: readonly Decoded[];
}

/**
 * What a slot id names: `slot:RING:sq|cq|rq|bufGROUP:INDEX` (RING of an rq is its zcrx instance), `rxd:HOST:QUEUE:INDEX`,
 * `overflow:RING:N`.
 */
export function slotOf(engine: Engine, id: string): SlotAnswer | undefined {
  const rxd = /^rxd:([01]):(\d+):(\d+)$/.exec(id);
  if (rxd) return descriptor(engine, id, Number(rxd[1]), Number(rxd[2]), Number(rxd[3]));
  const beyond = /^overflow:(\d+):(\d+)$/.exec(id);
  if (beyond) return overflowed(engine, id, Number(beyond[1]), Number(beyond[2]));
  const match = /^slot:(\d+):(sq|cq|rq|buf\d+):(\d+)$/.exec(id);
  if (!match) return undefined;
  const [ring, kind, index] = [Number(match[1]), match[2] as string, Number(match[3])];
  if (kind === 'rq') return refill(engine, id, ring, index);
  const r = ringOf(engine, ring);
  if (!r) return undefined;
  if (kind === 'sq') {
    if (index >= r.sq_entries) return undefined;
    return { id, title: `SQE ${index} of ring ${ring}`, structs: [decode(engine.view, sqeAddress(engine, r, index), 'io_uring_sqe')] };
  }
  if (kind === 'cq') {
    if (index >= r.cq_entries) return undefined;
    const at = cqeAddress(r, index);
    const big = (r.flags & (1 << 11)) !== 0;
    const halves = [decode(engine.view, at, 'io_uring_cqe'), ...(big ? [decode(engine.view, at + 16, 'io_uring_zcrx_cqe')] : [])];
    return { id, title: `CQE ${index} of ring ${ring}`, structs: halves };
  }
  const group = groupsOf(engine, r).find((g) => g.bgid === Number(kind.slice(3)));
  if (!group || index > group.mask) return undefined;
  return {
    id, title: `Buffer ${index} of group ${group.bgid}, ring ${ring}`,
    structs: [decode(engine.view, bufAddress(group, index), 'io_uring_buf')],
  };
}

function refill(engine: Engine, id: string, ifq: number, index: number): SlotAnswer | undefined {
  const q = ifqOf(engine, ifq);
  if (!q || index >= q.rq_entries) return undefined;
  return {
    id, title: `Refill entry ${index} of zcrx ${ifq}`, structs: [decode(engine.view, rqeAddress(q, index), 'io_uring_zcrx_rqe')],
  };
}

/** A completion that found no room: struct io_overflow_cqe is the kernel's own. */
function overflowed(engine: Engine, id: string, ring: number, nth: number): SlotAnswer | undefined {
  const r = ringOf(engine, ring);
  const o = r && overflowOf(engine, r, nth + 1).first[nth];
  if (!o) return undefined;
  const field = (name: string, at: number, bytes: number, value: string | number, about: string) =>
    ({ name, at, bytes, value: String(value), about });
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(o.user_data), true);
  view.setInt32(8, o.res, true);
  view.setUint32(12, o.flags, true);
  return {
    id, title: `Overflow list of ring ${ring}, number ${nth + 1}`,
    structs: [{
      struct: 'io_uring_cqe', about: 'as it will lie in the queue', bytes,
      fields: [
        field('user_data', 0, 8, o.user_data, 'of the request'), field('res', 8, 4, resText(o.res), 'result, or -errno'),
        field('flags', 12, 4, cqeFlagsText(o.flags), 'IORING_CQE_F_*'),
      ],
    }],
  };
}

const PLACES = ['free', 'in a page pool', 'at the NIC', 'live'];

/** A descriptor is no struct of user space: what the model keeps is the buffer that it names. */
function descriptor(engine: Engine, id: string, host: number, queue: number, index: number): SlotAnswer | undefined {
  const q = rxQueueOf(engine, host, queue);
  if (!q || index > q.mask) return undefined;
  const niov = descriptorOf(engine, q, index);
  const n = netmemOf(engine, niov);
  const at = q.desc_base + index * 4;
  const field = (name: string, value: string | number, about: string) => ({ name, at: 0, bytes: 4, value: String(value), about });
  return {
    id, title: `RX descriptor ${index} of queue ${queue}`,
    structs: [{
      struct: 'RX descriptor', about: 'what the driver tells the NIC: where to write', bytes: engine.bytes.slice(at, at + 4),
      fields: [
        field('netmem', niov, `the buffer (row of the netmem table at ${netmemAddress(engine, niov)})`),
        ...(n ? [
          field('address', `0x${n.addr.toString(16)}`, 'where the NIC writes'), field('bytes', n.size, 'room'),
          field('place', PLACES[n.place] ?? n.place, 'where the ledger has the buffer'),
          field('pp_ref', n.pp_ref, 'references of the page pool'), field('user_ref', n.user_ref, 'references of user space'),
        ] : []),
      ],
    }],
  };
}

export const slot = (moment: Moment, { id }: { readonly id: string }): SlotAnswer | null => slotOf(moment.engine(), id) ?? null;
