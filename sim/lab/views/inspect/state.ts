/** Sockets, rings, slots of rings, and single records. */
import {
  bitNames, eventOf, HOSTS, InputError, KIND, narrate, opName, readSocket, resText, type SocketInfo, wordsOf,
} from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { ringOf } from '../core_memory.ts';
import { rings } from '../rings/index.ts';
import { slotOf } from '../rings/slot.ts';
import { SETUP_FLAGS } from '../uapi_decode.ts';
import type { Fact, Inspection } from './doc.ts';
import { TraceLook } from './trace_look.ts';
import { idOfRecord } from './newest.ts';
import { happening } from './why.ts';

const STATES = [
  '', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'CLOSING',
];
const NEAR = 20_000;
const ROWS = 30;
const OF_SOCK = new Set(['tcp_rx', 'tcp_state', 'tcp_ack', 'tcp_tx', 'tcp_retransmit', 'tcp_ooo', 'tcp_timer', 'tcp_cwnd', 'sock_queue',
  'sock_wake', 'sock_send', 'sock_read', 'zc_deliver', 'zc_copy', 'tcp_backlog'].map((n) => KIND[n]));

export function inspectSock(moment: Moment, id: string, sock: number): Inspection {
  const s = readSocket(moment.engine(), sock);
  const look = new TraceLook(moment.recording);
  const { trace } = look;
  const found: number[] = [];
  for (let i = moment.records - 1; i >= Math.max(0, moment.records - NEAR) && found.length < ROWS; i--)
    if (OF_SOCK.has(trace.kind(i)) && trace.a(i) === sock) found.push(i);
  if (!s && found.length === 0) throw new InputError(`socket ${sock}: there is none of that number now`);
  const waits = (r: number) => trace.a(r) === 1 && trace.b(r) === sock;
  const requests = look.requests.before(moment.records, 400)
    .filter((l) => l.arms.some(waits) && (l.end === undefined || l.end >= moment.records)).slice(-3);
  return {
    id, kind: 'sock', title: `Socket ${sock}`, alarm: s && sockAlarm(s), why: found[0],
    now: s ? `${STATES[s.state] ?? s.state} on the ${HOSTS[s.host]}; ${s.unread} bytes wait to be read.`
      : 'Closed: its number may be used again.',
    facts: [
      ...(s ? sockFacts(s) : []),
      ...requests.map((l): Fact => ({ name: 'request that waits', value: opName(l.opcode), id: `request:${l.submit}` })),
    ],
    history: found.reverse().map((r) => happening(moment.recording, r)), earlier: 0,
  };
}

const NO_SSTHRESH = 0x7fffffff;
function sockFacts(s: SocketInfo): Fact[] {
  const end = (address: string, port: number) => `${s.family === 6 ? `[${address}]` : address}:${port}`;
  const fact = (name: string, value: string | number, about = ''): Fact => ({ name, value: String(value), about });
  return [
    fact('local, remote', `${end(s.local, s.lport)}, ${end(s.remote, s.rport)}`),
    fact('unread', `${s.unread} bytes`, 'in order, not yet read'), fact('rcv_nxt', s.rcv_nxt, 'the next byte that is wanted'),
    fact('window offered', `${s.rcv_wnd} bytes`), fact('rmem_alloc, rcvbuf', `${s.rmem_alloc} of ${s.rcvbuf}`, 'truesize of what waits'),
    fact('snd_una, snd_nxt', `${s.snd_una}, ${s.snd_nxt}`), fact('window of the peer', `${s.snd_wnd} bytes`),
    fact('cwnd, ssthresh', `${s.cwnd}, ${s.ssthresh >= NO_SSTHRESH ? 'none' : s.ssthresh}`, 'in segments'),
    fact('in flight', `${s.unacked} segments, ${s.lost_out} lost, ${s.sacked_out} sacked`),
    fact('srtt, rto', `${s.srtt_us} µs, ${s.rto_us} µs`),
    fact('retransmitted', `${s.retrans_total} segments`), fact('received, acknowledged', `${s.bytes_received}, ${s.bytes_acked} bytes`),
  ];
}
function sockAlarm(s: SocketInfo): string | undefined {
  if (s.state !== 1) return undefined;
  if (s.rcv_wnd === 0 && s.unread > 0) return 'Its window is closed: the peer may not send until the application reads.';
  if (s.snd_wnd === 0 && s.unacked_bytes + s.wmem_queued > 0) return 'The peer has closed its window: what is to be sent waits.';
  return undefined;
}

export function inspectRing(moment: Moment, id: string, n: number): Inspection {
  const r = ringOf(moment.engine(), n);
  if (!r) throw new InputError(`ring ${n}: there is none of that number now`);
  const look = new TraceLook(moment.recording);
  const views = rings(moment, { kinds: ['sq', 'cq', 'buf'], host: r.host as 0 | 1, idle: false }).rings.filter((v) => v.id === id);
  const open = look.requests.before(moment.records, 2000)
    .filter((l) => l.ring === n && (l.end === undefined || l.end >= moment.records)).slice(-12);
  const odd = views.flatMap((v) => v.twice.filter((t) => t.differs))
    .map((t) => `${t.what}: sees ${t.seen ?? 'nothing'}, true is ${t.truth}`);
  return {
    id, kind: 'ring', title: `Ring ${n} of the ${HOSTS[r.host]}`, why: undefined,
    now: views.map((v) => v.note).join(' '), alarm: odd.length === 0 ? undefined : `The application is not told all. ${odd.join('; ')}.`,
    facts: [
      { name: 'set up with', value: bitNames(SETUP_FLAGS, r.flags).map((f) => f.replace('SETUP_', '')).join(' | ') || 'no flags' },
      { name: 'entries', value: `SQ ${r.sq_entries}, CQ ${r.cq_entries}` },
      { name: 'so far', value: `${r.submitted} submitted, ${r.completed} completed, ${r.overflows} overflowed` },
      { name: 'requests not finished', value: String(r.reqs) },
      ...open.map((l): Fact => ({ name: 'under way', value: `${opName(l.opcode)}, user_data ${l.user_data}`, id: `request:${l.submit}` })),
    ],
    history: [], earlier: 0,
  };
}

const HOLDS: Readonly<Record<string, string>> = { packet: 'packet', buffer: 'buffer', cqe: 'completion, record' };

export function inspectSlot(moment: Moment, id: string): Inspection {
  const s = slotOf(moment.engine(), id);
  if (!s) throw new InputError(`${id}: there is no such slot now`);
  const view = rings(moment, { kinds: [], host: undefined, idle: true }).rings.find((v) => id.startsWith(`${v.slots}:`));
  const index = Number(id.slice(id.lastIndexOf(':') + 1));
  const piece = view?.pieces.findLast((p) => p.index <= index);
  const holds = piece && 'text' in piece ? piece.holds ?? [] : [];
  return {
    id, kind: 'slot', title: s.title, alarm: undefined, why: undefined, structs: s.structs, history: [], earlier: 0,
    now: !view ? 'Waits beyond the full queue: it moves in when the application has made room and calls.'
      : piece?.state === 'free' ? 'Free: what lies here is left over from before.' : `In use: ${view.note}`,
    facts: [
      ...(view ? [{ name: 'ring', value: view.title, id: view.id }] : []),
      ...holds.map((h): Fact => ({ name: HOLDS[h.slice(0, h.indexOf(':'))] ?? h, value: h.slice(h.lastIndexOf(':') + 1), id: h })),
    ],
  };
}

export function inspectRecord(moment: Moment, id: string, n: number): Inspection {
  if (n >= moment.records) throw new InputError(`record ${n} is not written yet`);
  const r = moment.recording.trace.record(n);
  const event = eventOf(r);
  const told = happening(moment.recording, n);
  const about = idOfRecord(r, n);
  return {
    id, kind: 'record', title: `${event.name}, record ${n}`, now: `${narrate(r)}.`, alarm: undefined, why: n,
    facts: [
      { name: 'event', value: `${event.stage}: ${event.about}` },
      ...(event.linux ? [{ name: 'Linux', value: event.linux, about: 'the tracepoint that tells the same' }] : []),
      { name: 'where', value: told.where },
      { name: 'step', value: String(moment.recording.steps.ofRecord(n)) },
      ...(about === id ? [] : [{ name: 'about', value: about.replaceAll(':', ' '), id: about }]),
      ...Object.entries(wordsOf(r)).map(([name, value]): Fact => ({ name, value: name === 'res' ? resText(value | 0) : String(value) })),
    ],
    history: [told], earlier: 0,
  };
}
