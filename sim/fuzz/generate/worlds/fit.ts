/**
 * Makes what was drawn one that can be: values that do not fit each other are moved to the nearest that do (the rules of
 * sim/host/scenario_check.ts). Drawing again would cost more, and would not shrink as well.
 */
import type { Plain } from '../../../host/index.ts';
import { knobAt } from './draw.ts';

/** Calls that a flow may take: more of the same find nothing that fewer do not. */
const CALLS_MAX = 150;
/** Bytes of all flows together. */
const BYTES_MAX = 200 * 1024;

/** Knobs of one host by their paths. */
type Values = Record<string, Plain>;
const IPV6_MTU_MIN = 1280;
const UDP_CHUNK_MAX = 65_507;
const WAITS_FOR_ALL = ['recv', 'read', 'epoll', 'mmap', 'select'];

const now = (values: Values, path: string): Plain => {
  const knob = knobAt(path);
  return values[path] ?? (knob.options ? knob.options[knob.value] as string : knob.unit === 'bool' ? knob.value !== 0 : knob.value);
};
const number = (values: Values, path: string): number => Number(now(values, path));
const pow2 = (n: number): number => 2 ** Math.ceil(Math.log2(n));

function below(values: Values, paths: readonly string[], bound: number): void {
  for (const path of paths) if (number(values, path) >= bound) values[path] = number(values, path) % bound;
}

/** Paths whose knobs are left as they are by default. */
function leave(values: Values, ...paths: string[]): void {
  for (const path of paths) delete values[path];
}

function rings(values: Values): void {
  const sq = pow2(number(values, 'ring.sq_entries'));
  if (number(values, 'ring.cq_entries') < sq) values['ring.cq_entries'] = sq;
  if (number(values, 'app.batch') > sq) values['app.batch'] = sq;
  const zc = now(values, 'app.role') === 'sink' && now(values, 'app.receive') === 'zc';
  if (zc) leave(values, 'ring.sqpoll', 'ring.defer_taskrun');
  if (now(values, 'app.protocol') === 'udp') leave(values, 'ring.sqpoll');
}

function devices(values: Values): void {
  const queues = number(values, 'nic.rx_queues');
  below(values, ['nic.rss_start', 'refill.queue'], queues);
  const left = queues - number(values, 'nic.rss_start');
  if (number(values, 'nic.rss_equal') > left) values['nic.rss_equal'] = left;
  below(values, ['cpu.irq_core', 'cpu.app_core', 'ring.sqpoll_core'], number(values, 'cpu.cores'));
  const buffer = number(values, 'refill.rx_buf_len');
  const area = number(values, 'refill.area_bytes');
  if (area % buffer !== 0) values['refill.area_bytes'] = Math.max(buffer, area - area % buffer);
  if (now(values, 'tcp.family') === 'ipv6' && number(values, 'nic.mtu') < IPV6_MTU_MIN) values['nic.mtu'] = IPV6_MTU_MIN;
}

/** Several receives that begin again at once may fill so small a completion queue with nothing but their ends. */
const CQ_SMALL = 16;

/** Its NIC may hold every buffer of the area, so that none is left for what has to be copied; or its CQ is never empty again. */
function starves(values: Values): boolean {
  const buffers = number(values, 'refill.area_bytes') / number(values, 'refill.rx_buf_len');
  const short = buffers <= number(values, 'nic.rx_ring') || number(values, 'ring.cq_entries') <= CQ_SMALL;
  return short && now(values, 'app.receive') === 'zc' && now(values, 'app.rearm') === 'on';
}

function applications(values: Values): void {
  if (now(values, 'app.protocol') === 'udp') {
    if (now(values, 'app.role') === 'sink' && now(values, 'app.receive') !== 'recv') values['app.receive'] = 'multishot';
    if (number(values, 'app.chunk') > UDP_CHUNK_MAX) values['app.chunk'] = UDP_CHUNK_MAX;
  }
  const flows = number(values, 'app.flows');
  if (number(values, 'app.bytes') * flows > BYTES_MAX) values['app.bytes'] = Math.ceil(BYTES_MAX / flows);
  const least = Math.ceil((number(values, 'app.bytes') * flows) / CALLS_MAX);
  if (number(values, 'app.chunk') < least) values['app.chunk'] = least;
  if (now(values, 'app.send') === 'send') leave(values, 'app.notify');
  if (!WAITS_FOR_ALL.includes(String(now(values, 'app.receive')))) leave(values, 'app.waitall');
}

/** A receive of the other host's bytes does not take too many calls either. */
export function receivesOf(answers: Readonly<Record<string, Plain>>, opens: Readonly<Record<string, Plain>>): typeof answers {
  const bytes = Math.min(BYTES_MAX, number({ ...opens }, 'app.bytes') * number({ ...opens }, 'app.flows'));
  const least = Math.ceil(bytes / CALLS_MAX);
  const small = (path: string) => typeof answers[path] === 'number' && Number(answers[path]) < least;
  const raised = ['app.recv_bytes', 'app.chunk'].filter(small).map((path) => [path, least] as const);
  return { ...answers, ...Object.fromEntries(raised) };
}

/** The knobs of a host, moved. */
export function fitted(drawn: Readonly<Record<string, Plain>>): Readonly<Record<string, Plain>> {
  const values: Values = { ...drawn };
  applications(values);
  rings(values);
  devices(values);
  // An application that begins again at once would do so until the end of time.
  if (starves(values)) values['app.rearm'] = 'close';
  return values;
}
