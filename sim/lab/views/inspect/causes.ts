/** Why something happened: for each event the rule by which an earlier record is its cause. A cause is always before its effect. */
import { EVENTS, type TraceEvent } from '../../../schema/events.ts';
import { KIND } from '../../../host/index.ts';
import type { TraceLook } from './trace_look.ts';

export interface Because {
  /** undefined: there is none in the trace. */
  readonly record: number | undefined;
  readonly rule: string;
}
export interface Causes {
  readonly main: Because;
  /** What else it took. */
  readonly also: readonly (Because & { readonly record: number })[];
}
type Rule = (look: TraceLook, i: number) => Causes;

const kinds = (...names: readonly string[]): ReadonlySet<number | undefined> => new Set(names.map((n) => KIND[n]));
const ROOT: Because = { record: undefined, rule: 'Nothing in the trace comes before it.' };

const because = (record: number | undefined, rule: string, ...also: readonly Because[]): Causes => ({
  main: record === undefined ? ROOT : { record, rule },
  also: also.filter((a): a is Because & { record: number } => a.record !== undefined && a.record !== record),
});
/** The first that there is. */
const first = (...all: readonly Because[]): Because => all.find((a) => a.record !== undefined) ?? ROOT;
const main = (cause: Because, ...also: readonly Because[]): Causes => because(cause.record, cause.rule, ...also);

/** The record before of the same packet. */
const packet = (rule: string): Rule => (look, i) => because(look.links.packetBefore(i), rule);
const buffer = (rule: string): Rule => (look, i) => because(look.links.bufferBefore(i), rule);
/** The nearest record of some kinds on the same host; `same`: and of the same socket. */
const nearest = (names: readonly string[], rule: string): Rule => (look, i) => because(look.kind(i, kinds(...names)), rule);

const ofSock = (look: TraceLook, i: number, names: readonly string[], here = false): number | undefined =>
  look.kind(i, kinds(...names), (r) => look.trace.a(r) === look.trace.a(i), here);

const WORK = ['tcp_rx', 'sock_queue', 'tcp_ack', 'tcp_timer', 'sock_read', 'tcp_ooo', 'tcp_state'];
const CALLS = ['ring_submit', 'app_write', 'app_wake', 'edit'];

/** A segment is sent by what its socket just did: got something, was given something, or a timer fired. */
const tcp_tx: Rule = (look, i) => {
  const here = look.kind(i, new Set([...kinds(...WORK), ...kinds(...CALLS)]), (r) =>
    kinds(...CALLS).has(look.trace.kind(r)) || look.trace.a(r) === look.trace.a(i), true);
  return main(first(
    { record: here, rule: here === undefined ? '' : SENT_BY[look.trace.kind(here)] ?? 'this made its socket send' },
    { record: look.kind(i, kinds('skb_build'), undefined, true), rule: 'the packet that is being worked on is answered' },
    {
      record: look.kind(i, kinds('lo_xmit'), (r) => look.trace.pktId(r) !== look.trace.pktId(i), true),
      rule: 'the packet that came over the loopback is answered',
    },
    {
      record: ofSock(look, i, ['tcp_ack', 'sock_send', 'tcp_tx', 'tcp_rx']),
      rule: 'its socket could send more from then on',
    },
  ));
};
const SENT_BY: Readonly<Record<number, string>> = Object.fromEntries([
  ['tcp_rx', 'a segment came, and is answered or lets more be sent'], ['sock_queue', 'bytes came, and are acknowledged'],
  ['tcp_ack', 'an ACK made room in the window'], ['tcp_timer', 'a timer of the socket fired'],
  ['sock_read', 'the application read, and the window that is offered grew'], ['tcp_ooo', 'bytes are missing: a duplicate ACK says which'],
  ['tcp_state', 'its connection came into this state'],
  ['ring_submit', 'the request gave the socket bytes, or changed its state'],
  ['app_write', 'the application wrote'],
  ['app_wake', 'the application ran'], ['edit', 'by hand'],
].map(([name, rule]) => [KIND[name as string] as number, rule as string]));

/** A segment is sent again because its first copy was lost, or seemed to be. */
const tcp_retransmit: Rule = (look, i) => {
  const { trace } = look;
  const trigger = ofSock(look, i, ['tcp_timer', 'tcp_ack', 'tcp_rx'], true) ?? ofSock(look, i, ['tcp_timer', 'tcp_ack', 'tcp_rx']);
  const copy = look.kind(i, kinds('wire_send'), (r) => trace.b(r) === trace.b(i));
  const lost = copy === undefined ? undefined
    : look.links.ofPacket(trace.pktId(copy), i).find((r) => trace.kind(r) === KIND.drop);
  const timer = trigger !== undefined && trace.kind(trigger) === KIND.tcp_timer;
  return because(trigger, timer ? 'the retransmission timer fired: no ACK had come' : 'ACKs say that later bytes came and these did not',
    { record: lost, rule: 'the first copy was dropped' });
};

/** The socket whose waiters are told had something happen to it just before. */
const sock_wake: Rule = (look, i) => main(first(
  { record: ofSock(look, i, ['sock_queue', 'tcp_state', 'tcp_ack', 'tcp_rx', 'sock_read'], true), rule: 'waiters want to know of it' },
  { record: look.links.packetBefore(i), rule: 'the packet did it' },
  { record: look.kind(i, kinds('tcp_state', 'tcp_rx'), undefined, true), rule: 'waiters want to know of it' },
));

const armedSock = (look: TraceLook, arm: number | undefined): number | undefined =>
  arm !== undefined && look.trace.a(arm) === 1 ? look.trace.b(arm) : undefined;

const NOTIF = 8;
const ENOSPC = -28;
const completion: Rule = (look, i) => {
  const { trace, links } = look;
  const is_cqe = trace.kind(i) === KIND.cqe;
  const life = is_cqe ? look.requests.ofCqe(i)
    : look.requests.before(i, 4096).findLast((l) => l.host === trace.host(i) && l.user_data === trace.b(i));
  const submit: Because = { record: life?.submit, rule: 'this request asked for it' };
  const waited: Because = { record: life?.overflows.findLast((r) => r < i), rule: 'it had waited in the overflow list since then' };
  const before = links.packetBefore(i);
  if (is_cqe && before !== undefined && kinds('zc_deliver', 'zc_copy').has(trace.kind(before)))
    return because(before, 'the bytes that it tells of were put into the area', submit);
  if (is_cqe && (trace.c(i) & NOTIF) !== 0)
    return because(look.kind(i, kinds('tcp_ack')), 'the last byte was acknowledged: nothing reads the memory any more', submit);
  if (is_cqe && (trace.b(i) | 0) === ENOSPC) {
    // Its own way over the overflow list is no cause: the slots were taken before.
    const ended = life?.overflows.findLast((r) => r < i) ?? i;
    const full = look.kind(ended, kinds('cqe'));
    return because(full, 'this one took the last slot of the CQ: a multishot request that finds none ends', submit, waited);
  }
  const sock = armedSock(look, life?.arms.findLast((r) => r < i));
  const wake = sock === undefined ? undefined : look.kind(i, kinds('sock_wake'), (r) => trace.a(r) === sock);
  const armed_at = life?.arms.findLast((r) => r < i);
  if (wake !== undefined && armed_at !== undefined && wake > armed_at)
    return because(wake, 'the socket that the request waited for was woken: task work ran it', submit, waited);
  const did = life && look.kind(i, kinds('sock_read', 'sock_send', 'tcp_state', 'sock_wake'), (r) => r > life.submit, true);
  const done = { record: did, rule: 'the operation did this, and was finished' };
  return main(first(done, { ...submit, rule: 'the request completed at once' },
    { record: look.kind(i, kinds('ring_submit', 'ring_enter', 'zc_event')), rule: 'the last that was asked of the ring' }), submit, waited);
};

const QUEUED = kinds('sock_queue', 'tcp_rx', 'tcp_ooo');
/** A buffer is lent because its packet is in the receive queue, and a request reads it. */
const delivery: Rule = (look, i) => {
  const { trace, links } = look;
  const landed = links.ofBuffer(trace.niovIdx(i), i).findLast((r) => kinds('nic_dma', 'nic_dma_buf').has(trace.kind(r)));
  return main(first(
    {
      record: links.ofPacket(trace.pktId(i), i).findLast((r) => QUEUED.has(trace.kind(r)) && trace.host(r) === trace.host(i)),
      rule: 'the packet with the bytes was in the receive queue',
    },
    { record: ofSock(look, i, ['sock_queue']), rule: 'bytes were in the receive queue' },
  ),
  { record: ofSock(look, i, ['sock_wake']), rule: 'whoever waits on the socket had been told' },
  { record: landed, rule: 'the NIC had written the bytes into this buffer' });
};

const page = (offset: number): number => offset >>> 12;
const sameOffset = (look: TraceLook, i: number, names: readonly string[], word: 'a' | 'b', own: number): number | undefined =>
  look.kind(i, kinds(...names), (r) => page(look.trace[word](r)) === page(own));

const app_read: Rule = (look, i) => {
  const lent = sameOffset(look, i, ['zc_deliver'], 'b', look.trace.b(i));
  const told = lent === undefined ? undefined : lent + 1 < i && look.trace.kind(lent + 1) === KIND.cqe ? lent + 1 : lent;
  return main(first(
    { record: told, rule: 'the completion said where the bytes lie' },
    { record: look.kind(i, kinds('cqe')), rule: 'a completion brought bytes' },
    { record: look.kind(i, kinds('sock_read')), rule: 'the call copied the bytes out' },
  ));
};
const rqe_push: Rule = (look, i) => main(first(
  { record: sameOffset(look, i, ['app_read'], 'b', look.trace.a(i)), rule: 'the application had read the bytes, and is done with it' },
  { record: sameOffset(look, i, ['zc_deliver'], 'b', look.trace.a(i)), rule: 'the buffer was lent' },
));
const rqe_take: Rule = (look, i) => because(
  sameOffset(look, i, ['rqe_push'], 'a', look.trace.a(i)), 'the application had put it into the refill ring',
  { record: look.kind(i, kinds('pool_empty', 'skb_build', 'ring_enter'), undefined, true), rule: 'the page pool ran short just then' });

const RULES: Readonly<Record<string, Rule>> = {
  wire_send: packet('the NIC gave the frame to the link'),
  wire_arrive: packet('it was sent, and the link delivered it'),
  wire_fault: packet('the link had the frame; the scenario impairs it'),
  drop: packet('this had happened to the packet before'),
  nic_steer: packet('the frame had arrived'),
  nic_dma: packet('the queue was chosen, and had a buffer'),
  nic_dma_buf: packet('the frame was written to memory'),
  nic_tx: (look, i) => {
    const whole = look.trace.c(i) === 0 ? [] : look.links.ofPacket(look.trace.c(i), i);
    const sent = whole.findLast((r) => kinds('tcp_tx', 'tcp_retransmit').has(look.trace.kind(r)));
    return main(first({ record: sent, rule: 'the stack sent one packet, and the NIC cuts frames out of it' },
      { record: look.links.packetBefore(i), rule: 'the stack handed it to the device' },
      { record: look.kind(i, kinds('sock_send', 'ring_submit', 'app_write')), rule: 'the application sent it' }));
  },
  lo_xmit: packet('the stack handed it to the loopback device'),
  nic_irq: (look, i) => because(
    look.kind(i, kinds('nic_dma'), (r) => look.trace.a(r) === look.trace.a(i)), 'a frame was written; moderation let the interrupt go now'),
  napi_schedule: nearest(['nic_irq'], 'the interrupt asks for softirq work'),
  napi_poll: (look, i) => because(
    look.kind(i, kinds('napi_schedule'), (r) => look.trace.a(r) === look.trace.a(i)), 'softirq work had been asked for'),
  skb_build: (look, i) => because(look.links.packetBefore(i), 'its frame lay in the receive ring',
    { record: look.kind(i, kinds('napi_schedule')), rule: 'softirq work had been asked for' }),
  gro_merge: packet('its skb was made, and follows the one it joins'),
  tcp_rx: (look, i) => {
    const merged = look.links.mergesInto(look.trace.pktId(i), i).at(-1);
    return because(look.links.packetBefore(i), 'its skb went up the stack', { record: merged, rule: 'GRO had merged others into it' });
  },
  tcp_backlog: packet('the segment came while the socket was locked'),
  tcp_ooo: packet('it came before what is missing'),
  sock_queue: packet('the segment was next in order, or filled the hole before it'),
  tcp_ack: packet('the segment carries the acknowledgment'),
  tcp_tx, tcp_retransmit, sock_wake,
  tcp_state: (look, i) => main(first(
    { record: ofSock(look, i, ['tcp_rx', 'tcp_ack', 'tcp_timer'], true), rule: 'the segment asks for it' },
    { record: look.kind(i, kinds('skb_build'), undefined, true), rule: 'the packet that is being worked on asks for it' },
    { record: look.kind(i, kinds('ring_submit', 'edit')), rule: 'the request asks for it' },
  )),
  tcp_timer: (look, i) => because(ofSock(look, i, ['tcp_tx', 'tcp_retransmit']), 'the timer was set when this was sent'),
  tcp_cwnd: (look, i) => because(ofSock(look, i, ['tcp_ack', 'tcp_timer', 'tcp_rx']), 'it tells how much the path can carry'),
  sock_send: nearest(['ring_submit', 'app_write', 'app_wake'], 'the request gives the bytes'),
  sock_read: (look, i) => because(ofSock(look, i, ['sock_queue']), 'bytes were in the receive queue'),
  ring_submit: nearest(['ring_enter'], 'the call hands over what is in the SQ'),
  ring_enter: nearest(['app_wake', 'app_write'], 'the application calls when it has done what there was to do'),
  poll_arm: (look, i) => because(
    look.kind(i, kinds('ring_submit', 'cqe'), (r) => look.trace.kind(r) === KIND.cqe
      ? look.trace.a(r) === look.trace.c(i) : look.trace.c(r) === look.trace.c(i)), 'it could not go on at once'),
  task_work: nearest(['sock_wake', 'cqe'], 'a request was woken, and its work was queued'),
  cqe: completion, cq_overflow: completion,
  zc_deliver: delivery, zc_copy: delivery,
  app_wake: (look, i) => because(
    look.kind(i, kinds('cqe')), look.trace.b(i) > 0 ? 'a completion woke it' : 'this was the last completion that it had seen'),
  app_read, rqe_push, rqe_take,
  app_write: nearest(['cqe'], 'an earlier send had completed: there is room for more'),
  app_stream: nearest(['cqe'], 'the connection was accepted'),
  app_done: nearest(['cqe'], 'this completion was the last of the stream'),
  pool_release: (look, i) => main(first(
    {
      record: look.kind(i, kinds('rqe_take'), (r) => look.trace.niovIdx(r) === look.trace.niovIdx(i), true),
      rule: 'its refill entry was read',
    },
    { record: look.links.bufferBefore(i), rule: 'nobody refers to it any more' })),
  pool_hold: buffer('it was in the pool'),
  nic_post: buffer('the driver took it out of the pool to fill the ring up'),
  ledger: buffer('this had happened to the buffer before'),
  pool_empty: nearest(['rqe_take', 'skb_build', 'nic_post'], 'the driver wanted buffers, and these were the last'),
  cpu_charge: (look, i) => because(
    look.back(i, (r) => look.trace.host(r) === look.trace.host(i) && look.trace.core(r) === look.trace.core(i) &&
      look.trace.kind(r) !== KIND.cpu_charge), 'the core had come to this, and works on'),
  zc_event: nearest(['pool_empty', 'zc_copy'], 'it tells of this'),
};

const OF_EVENT: readonly (Rule | undefined)[] = EVENTS.map((e: TraceEvent) => RULES[e.name]);

export function causesOf(look: TraceLook, i: number): Causes {
  const rule = OF_EVENT[look.trace.kind(i) - 1];
  if (rule) return rule(look, i);
  return main(ROOT);
}
