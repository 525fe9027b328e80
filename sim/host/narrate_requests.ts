/** Sentences of what only checked runs record (run.verify): the headers of segments, and the lives of requests and provided buffers. */
import { opName } from '../../uring-model/8-app/names.ts';

type Words = Readonly<Record<string, number>>;

const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
const NOBODY = 0xffffffff;
const TO_OVERFLOW = 0xfffffffe;
const high = (n = 0): number => n >>> 16;
const low = (n = 0): number => n & 0xffff;

function header({ ack = 0, window = 0, bits = 0 }: Words): string {
  const flags = TCP_FLAGS.filter((_, i) => (bits & (1 << i)) !== 0);
  const scale = high(bits);
  const acks = flags.includes('ACK') ? `acknowledges ${ack}, ` : '';
  const scaled = scale === 0 ? '' : ` and scale ${scale - 1}`;
  return `${acks}window field ${window}${scaled}, ${flags.length === 0 ? 'no flags' : flags.join('|')}`;
}

function placeOfCqe(at = 0): string {
  if (at === TO_OVERFLOW) return 'goes to the overflow list';
  return `goes to place ${at}`;
}
const group = (ring_group = 0): string => `group ${high(ring_group)} of ring ${low(ring_group)}`;
const GROUPS = ['a list', 'a ring', '', 'an incremental ring'];

export const SENTENCES_OF_CHECKED: Readonly<Record<string, (w: Words) => string>> = {
  tcp_heard: (w) => `its header: ${header(w)}`,
  tcp_said: (w) => `its header: ${header(w)}`,
  ring_new: (w) => `ring ${w.ring} has queues at address ${w.address}`,
  ring_gone: (w) => `the exit work of ring ${w.ring} ${w.done === 0 ? 'begins' : 'is done'}`,
  req_new: (w) => `an SQE becomes request ${w.req}: ${opName((w.entry ?? 0) & 0xff)}, user_data ${w.user_data}`,
  req_high: (w) => `the high halves of its user_data and its address are ${w.user_data} and ${w.addr}`,
  req_args: (w) => `its descriptor is ${(w.fd ?? 0) | 0}, its address ${w.addr}, its length ${w.len}`,
  req_time: (w) => `the time of request ${w.req} is ${((w.ns_low ?? 0) + (w.ns_high ?? 0) * 2 ** 32) / 1000} µs`,
  req_work: (w) => `request ${w.req} has task work`,
  req_armed: (w) => `request ${w.req} waits for its file`,
  req_run: (w) => `the task work of request ${w.req} runs`,
  req_worker: (w) => `request ${w.req} waits for a worker`,
  req_taken: (w) => `a worker takes request ${w.req} up`,
  req_notif: (w) => `request ${w.req} has a notification: request ${w.notif}`,
  req_end: (w) => `request ${w.req} is free again`,
  cqe_of: (w) => `${w.req === NOBODY ? "a completion that is no request's" : `the completion of request ${w.req}`} ${placeOfCqe(w.at)}`,
  cqe_big: (w) => `request ${w.req} completes with 32 bytes`,
  cq_full: (w) => `request ${w.req} finds no room for a completion in the CQ of ring ${w.ring}`,
  overflow_of: (w) => `the completion of request ${w.req} ${w.kept === 0 ? 'is lost' : 'is kept in the overflow list'}`,
  fd_new: (w) => `request ${w.req} gives its application descriptor ${w.fd}`,
  pbuf_new: (w) => `${group(w.ring_group)} has provided buffers: ${GROUPS[low(w.flags)] ?? ''} of ${high(w.flags)}`,
  pbuf_gone: (w) => `${group(w.ring_group)} is gone`,
  pbuf_show: (w) => `the kernel sees buffer ${low(w.bid)} of ${group(w.ring_group)}: ${w.len} bytes`,
  pbuf_pick: (w) => `the kernel looks at buffer ${low(w.bid)} of ${group(w.ring_group)}: ${w.len} bytes`,
  pbuf_drop: (w) => `buffer ${low(w.bid)} of ${group(w.ring_group)} leaves its list unused`,
};
