/** A trace record as a sentence. Events without one of their own are told by their name and words. */
import { CONTEXTS, COSTS } from '../schema/costs.ts';
import { DROPS } from '../schema/drops.ts';
import { EDITS } from '../schema/edits.ts';
import { HOST_KNOBS } from '../schema/scenario.ts';
import { STAGES } from '../schema/stages.ts';
import { SENTENCES_OF_CHECKED } from './narrate_requests.ts';
import { opName } from '../../uring-model/8-app/names.ts';
import { formatQuantity, formatValue } from './scenario_units.ts';
import { cqeFlagsText, resText } from './uapi_words.ts';
import { eventOf, HOSTS, NO_BUFFER, type TraceRecord, wordsOf } from './trace.ts';

type Words = Record<string, number>;
type Sentence = (w: Words, r: TraceRecord) => string;

const PLACES = ['the free list', 'the page pool', 'the NIC', 'the stack'];
const FROM = ["the pool's cache", 'the ptr_ring', 'the slow path'];
const TO = ["the pool's cache", 'the ptr_ring', 'its provider'];
const TCP_STATES = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
];
const FAULTS = [
  '',
  'holds the frame back',
  'doubles the frame',
  'flips a bit of the frame',
  'delays the frame',
  'delays the frame as the scenario says',
  'marks the frame: congestion experienced',
];
/** Linux include/net/inet_connection_sock.h: ICSK_TIME_RETRANS and its neighbours. */
const TIMERS: Readonly<Record<number, string>> = {
  1: 'retransmission', 2: 'delayed ACK', 3: 'window probe', 5: 'loss probe', 6: 'reordering',
};
const TAKES = ['recycled', 'still referenced by an skb', 'skipped: malformed', 'refused: not on loan'];

const signed = (n: number | undefined): number => (n ?? 0) | 0;
const buffer = (r: TraceRecord): string => (r.niov_idx === NO_BUFFER ? 'a buffer' : `buffer ${r.niov_idx}`);
const place = (n: number | undefined): string => PLACES[n ?? 0] ?? `place ${n}`;
const state = (n: number | undefined): string => TCP_STATES[n ?? 0] ?? `state ${n}`;
const bytes = (n = 0): string => `${n} ${n === 1 ? 'byte' : 'bytes'}`;
const packets = (n: number | undefined): string => (n === 1 ? '1 packet waits' : `${n ?? 0} packets wait`);
const other = (r: TraceRecord): string => HOSTS[1 - r.host] ?? 'peer';

/** What somebody did: a knob and its value, or a fault and what it was for. */
function byHand(w: Words, r: TraceRecord): string {
  const form = EDITS[w.op ?? 0];
  if (!form) return `edit ${w.op}`;
  if (form.target === 'knob') {
    const knob = HOST_KNOBS[(w.what ?? 0) & 0xffff];
    const value = (w.amount ?? 0) + ((w.what ?? 0) >>> 16) * 2 ** 32;
    return knob ? `${HOSTS[r.host]} ${knob.section}.${knob.name} = ${formatValue(knob, value)}` : 'a knob';
  }
  const target = form.target === 'buffer' ? buffer(r) : form.target === 'host' ? `the ${HOSTS[r.host]}` : `${form.target} ${w.what}`;
  const number = (form.amount?.min ?? 0) < 0 ? signed(w.amount) : w.amount ?? 0;
  const amount = form.amount ? ` ${form.amount.name} ${formatQuantity(number, form.amount.unit)}` : '';
  return `${form.title.toLowerCase()} (${target}${amount})`;
}

const SENTENCES: Readonly<Record<string, Sentence>> = {
  wire_send: (w) => `a frame of ${bytes(w.len)} goes to the link; ${packets(w.queue_packets)} behind it`,
  cpu_charge: (w) => `${w.cycles} cycles: ${COSTS[w.cost ?? 0]?.about ?? 'something'}`,
  wire_arrive: (w, r) => `the last bit of the frame (${bytes(w.len)}) has come from the ${other(r)}`,
  wire_fault: (w) => `the link ${FAULTS[w.verdict ?? 0] ?? 'does something to the frame'}`,
  drop: (w) => `dropped: ${DROPS[w.reason ?? 0]?.[0] ?? w.reason} (${DROPS[w.reason ?? 0]?.[1] ?? '?'})`,
  nic_steer: (w) =>
    w.rule === 0
      ? `RSS hash ${(w.hash ?? 0).toString(16).padStart(8, '0')} chooses queue ${w.queue}`
      : `rule ${w.rule} chooses queue ${w.queue}`,
  nic_dma: (w) =>
    `DMA: ${bytes(w.header_len)} to a header buffer, ${w.payload_len} of payload to ${w.payload_len === 0 ? 'none' : 'payload buffers'}`,
  nic_dma_buf: (w, r) => `${w.len} payload bytes land in ${buffer(r)} at offset ${w.offset}`,
  nic_irq: (w) => `interrupt of queue ${w.queue}, ${w.frames} ${w.frames === 1 ? 'frame waits' : 'frames wait'}`,
  nic_post: (w, r) => `the driver posts ${buffer(r)} to queue ${w.queue}`,
  nic_tx: (w) =>
    w.tso_pkt === 0
      ? `the NIC fetches a frame of ${bytes(w.len)} from TX queue ${w.queue}`
      : `the NIC cuts a frame of ${bytes(w.len)} out of packet ${w.tso_pkt}, from TX queue ${w.queue}`,
  pool_hold: (w, r) => `${buffer(r)} leaves page pool ${w.pool}, from ${FROM[w.from ?? 0] ?? w.from}`,
  pool_release: (w, r) => `${buffer(r)} comes back to page pool ${w.pool}: ${TO[w.to ?? 0] ?? w.to}`,
  pool_empty: (w) => `page pool ${w.pool} has nothing to give`,
  ledger: (w, r) => `${buffer(r)} moves from ${place(w.from)} to ${place(w.to)}`,
  napi_schedule: () => 'softirq work is asked for',
  napi_poll: (w) => `poll of NAPI ${w.napi}: ${w.work} of at most ${w.budget} frames`,
  skb_build: (w) => `an skb of ${bytes(w.len)}: ${w.linear} linear, ${w.frags} ${w.frags === 1 ? 'fragment' : 'fragments'}`,
  gro_merge: (w) => `GRO merges it into packet ${w.into_pkt}: ${w.segs} segments, ${bytes(w.len)}`,
  tcp_rx: (w) => `segment at socket ${w.sock}: sequence ${w.seq}, ${bytes(w.len)}`,
  tcp_state: (w) => `socket ${w.sock}: ${state(w.from)} becomes ${state(w.to)}`,
  tcp_ack: (w) => `socket ${w.sock}: acknowledged up to ${w.ack} (${bytes(w.acked)})`,
  tcp_tx: (w) => `socket ${w.sock} sends sequence ${w.seq}, ${bytes(w.len)}`,
  tcp_retransmit: (w) => `socket ${w.sock} sends sequence ${w.seq}, ${bytes(w.len)}, once more`,
  tcp_ooo: (w) => `out of order: sequence ${w.seq}, ${bytes(w.len)} ${w.len === 1 ? 'waits' : 'wait'} for what is missing`,
  tcp_timer: (w) => `the ${TIMERS[w.timer ?? 0] ?? w.timer} timer of socket ${w.sock} fires, backoff ${w.backoff}`,
  tcp_cwnd: (w) => `socket ${w.sock}: congestion window ${w.cwnd}, threshold ${(w.ssthresh ?? 0) >= 0x7fffffff ? 'none' : w.ssthresh}`,
  sock_queue: (w) => `${bytes(w.len)} ${w.len === 1 ? 'is' : 'are'} in the receive queue of socket ${w.sock}, in order`,
  sock_wake: (w) => `whoever waits on socket ${w.sock} is told`,
  sock_send: (w) => `the application gives socket ${w.sock} ${bytes(w.len)}`,
  sock_read: (w) => `${bytes(w.len)} ${w.len === 1 ? 'leaves' : 'leave'} the receive queue of socket ${w.sock}`,
  ring_submit: (w) => `ring ${w.ring} takes ${opName(w.opcode ?? 0)} (user_data ${w.user_data})`,
  ring_enter: (w) => `io_uring_enter of ring ${w.ring}: ${w.submitted} submitted, waits for ${w.waiting}`,
  poll_arm: (w) => `a request (user_data ${w.user_data}) waits for ${w.kind === 1 ? 'socket' : 'file'} ${w.obj}`,
  task_work: (w) => `task work of ring ${w.ring}: ${w.items} ${w.items === 1 ? 'item' : 'items'}`,
  cqe: (w) => `completion: user_data ${w.user_data}, res ${resText(signed(w.res))}, flags ${cqeFlagsText(w.flags ?? 0)}`,
  cq_overflow: (w) => `the CQ of ring ${w.ring} is full: the completion of user_data ${w.user_data} goes to the overflow list`,
  app_wake: (w) => `the application runs, ${w.cqes} ${w.cqes === 1 ? 'completion' : 'completions'}`,
  app_read: (w) => `the application reads ${bytes(w.len)} of flow ${w.flow} at ${w.offset}, where they lie`,
  app_write: (w) => `the application produces ${bytes(w.len)} of flow ${w.flow}, from byte ${w.position} on`,
  app_stream: (w) => `what comes on socket ${w.sock} is flow ${w.flow}`,
  app_done: (w) => `flow ${w.flow} ends at the application with ${signed(w.res)}`,
  zc_copy: (w) => `copy fallback: ${bytes(w.len)} copied, ${w.why === 1 ? 'linear data' : 'an ordinary page'}`,
  zc_deliver: (w, r) => `${buffer(r)} is lent to the application: ${bytes(w.len)} at ${w.offset}, nothing copied`,
  rqe_push: (_, r) => `the application puts ${buffer(r)} into the refill ring`,
  rqe_take: (w, r) => `the kernel reads the refill entry of ${buffer(r)}: ${TAKES[w.result ?? 0] ?? w.result}`,
  zc_event: (w) => `zcrx event ${w.type}`,
  zc_scrub: (w, r) => `the instance ends: ${buffer(r)} is taken back, ${w.loans} ${w.loans === 1 ? 'loan' : 'loans'}`,
  zc_area: (w, r) => (w.niovs === 0 ? `area ${w.area} is freed` : `area ${w.area} has ${w.niovs} buffers from ${buffer(r)} on`),
  lo_xmit: (w) =>
    `loopback gives a packet of ${bytes(w.len)} back to its own host${w.waiting === 0 ? '' : `; ${packets(w.waiting)} before it`}`,
  tcp_backlog: (w) => `sequence ${w.seq}, ${bytes(w.len)}, waits until the lock of socket ${w.sock} is free`,
  edit: (w, r) => `by hand: ${byHand(w, r)}`,
};

export function narrate(r: TraceRecord): string {
  const event = eventOf(r);
  const words = wordsOf(r);
  const sentence = SENTENCES[event.name] ?? SENTENCES_OF_CHECKED[event.name];
  if (sentence) return sentence(words, r);
  return `${event.name} ${Object.entries(words).map(([k, v]) => `${k}=${v}`).join(' ')}`;
}

export const stageNumber = (stage: string): number => STAGES.find((s) => s.name === stage)?.n ?? 0;

/** Who does it: `client wire`, `server core 0 softirq`. */
export function whereText(r: TraceRecord): string {
  const host = HOSTS[r.host] ?? `host ${r.host}`;
  return r.core === 0xff ? `${host} hardware` : `${host} core ${r.core} ${CONTEXTS[r.context]?.replace('_', ' ') ?? r.context}`;
}

/** One line in fixed columns: time, place, stage, event, packet, buffer, sentence. */
/** A record as JSON output has it: its words by name, and the sentence. */
export function recordJson(r: TraceRecord): Record<string, unknown> {
  const event = eventOf(r);
  const words = Object.fromEntries(event.words.map((word, i) => [word, [r.a, r.b, r.c][i]]));
  return {
    time_ns: r.time_ns, host: HOSTS[r.host], where: whereText(r), stage: event.stage, event: event.name, pkt_id: r.pkt_id,
    niov_idx: r.niov_idx === NO_BUFFER ? null : r.niov_idx, ...words, text: narrate(r),
  };
}

export function timelineText(r: TraceRecord): string {
  const event = eventOf(r);
  const packet = r.pkt_id === 0 ? '' : `p${r.pkt_id}`;
  const niov = r.niov_idx === NO_BUFFER ? '' : `b${r.niov_idx}`;
  const time = (r.time_ns / 1000).toFixed(3).padStart(12);
  const stage = `${stageNumber(event.stage)} ${event.stage.padEnd(6)}`;
  return `${time} µs  ${whereText(r).padEnd(25)} ${stage} ${packet.padEnd(6)} ${niov.padEnd(6)} ${narrate(r)}`;
}
