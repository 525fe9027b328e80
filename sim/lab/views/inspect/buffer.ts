/** A buffer: who has it now, since when, and every change of hands. */
import { InputError, KIND, timeText } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { netmemOf } from '../core_memory.ts';
import { TraceLinks } from '../trace_links.ts';
import type { Fact, Inspection } from './doc.ts';
import { happening } from './why.ts';

const HISTORY_MAX = 60;
const KINDS = ['an ordinary page', 'a transmit page', 'a net_iov of a zcrx area', 'a page of user memory'];
const PLACES = ['free', 'in the cache of a page pool', 'posted to the NIC', 'live'];
const NO_POOL = 0xffff;

export function inspectBuffer(moment: Moment, id: string, host: number, niov: number): Inspection {
  const { recording, records } = moment;
  const { trace } = recording;
  const n = netmemOf(moment.engine(), niov);
  if (!n) throw new InputError(`buffer ${niov}: there is none of that number yet`);
  const all = TraceLinks.of(recording).ofBuffer(niov, records);
  const last = (name: string) => all.findLast((r) => trace.kind(r) === KIND[name]);
  const lent = last('zc_deliver') ?? last('zc_copy');
  const on_loan = n.user_ref > 0;
  const facts: Fact[] = [
    { name: 'what', value: KINDS[n.kind] ?? String(n.kind) },
    { name: 'place', value: PLACES[n.place] ?? String(n.place), about: 'the state of the ledger' },
    { name: 'pp_ref', value: String(n.pp_ref), about: 'references of the page pool: fragments of skbs, and those that loans brought' },
    { name: 'user_ref', value: String(n.user_ref), about: 'how often user space has it on loan' },
    { name: 'address', value: `0x${n.addr.toString(16)}, ${n.size} bytes` },
    ...(n.kind === 2 ? [{ name: 'in its area', value: `area ${n.area}, number ${n.niov_idx}, offset ${n.niov_idx * n.size}` }] : []),
    { name: 'page pool', value: n.pool === NO_POOL ? 'none' : String(n.pool) },
    { name: 'lent', value: `${all.filter((r) => trace.kind(r) === KIND.zc_deliver).length} times` },
  ];
  const dma = all.findLast((r) => trace.pktId(r) !== 0);
  if (dma !== undefined) facts.push({ name: 'last packet', value: String(trace.pktId(dma)), id: `packet:${trace.pktId(dma)}` });
  const age = on_loan && lent !== undefined ? moment.time_ns - trace.timeNs(lent) : 0;
  return {
    id, kind: 'buffer', title: `Buffer ${niov}`, facts, why: all.at(-1), alarm: undefined,
    now: holder(n, host, age),
    history: all.slice(-HISTORY_MAX).map((r) => happening(recording, r)), earlier: Math.max(0, all.length - HISTORY_MAX),
  };
}

function holder(n: { place: number; pp_ref: number; user_ref: number }, host: number, age_ns: number): string {
  const whose = host === 0 ? "client's" : "server's";
  if (n.user_ref > 0) {
    const shared = n.pp_ref > n.user_ref ? ', and skbs still refer to it' : '';
    return `On loan to the ${whose} application for ${timeText(Math.max(0, age_ns))}${shared}.`;
  }
  if (n.place === 3) return `Live: an skb in the ${whose} stack or a socket's queue refers to it.`;
  if (n.place === 2) return `Posted to the ${whose} NIC: the next payload may land here.`;
  if (n.place === 1) return `In the ${whose} page pool, ready to be posted.`;
  return 'Free: its provider has it.';
}
