/** Steps that change a NIC while the program runs (nic-model/2-nic/control.ts), and device memory. */
import { COUNTERS } from '../../schema/steps_wire.ts';
import { type Handlers, type Machine, StepError } from './machine.ts';

const PAGE = 4096;
const PORT_MAX = 65535;

/** The operations of nic-model/2-nic/control.ts. */
const RING = 0;
const LINK = 1;
const RSS = 2;
const RULE = 3;
const UNRULE = 4;
const SPLIT = 5;
const THRESHOLD = 6;
const COPYBREAK = 7;
const PACK = 8;
const DROP = 9;

function change(m: Machine, op: number, a: number, b = 0, c = 0): void {
  m.ret(m.nic(op, a, b, c));
}

function port(m: Machine, field: string): number {
  const n = m.int(field);
  if (n < 0 || n > PORT_MAX) throw new StepError(`expected a ${field} from 0 to ${PORT_MAX}; found ${n}`);
  return n;
}

function counters(m: Machine): void {
  const queue = m.count('queue');
  const key = `${m.raw('host') ?? 'server'} ${queue}`;
  const now = m.queueCounters(queue);
  const before = m.looks.get(key);
  m.looks.set(key, now);
  const of = [...COUNTERS].filter(([, bit]) => m.int('of') & bit).map(([name]) => name);
  const grown = before && Object.fromEntries(of.map((name) => [name, (now[`rx_${name}`] ?? 0) - (before[`rx_${name}`] ?? 0)]));
  m.emit('counters', { queue, ...grown });
}

export const NIC_STEPS: Handlers = {
  'nic.counters': counters,
  'nic.ring'(m) {
    change(m, RING, m.int('rx'));
  },
  'nic.link'(m) {
    change(m, LINK, m.flag('up') ? 1 : 0);
  },
  'nic.rss'(m) {
    change(m, RSS, m.int('start'), m.int('equal'));
  },
  'nic.rule'(m) {
    change(m, RULE, m.int('at') + m.int('queue') * 2 ** 16, port(m, 'dst_port'), port(m, 'src_port'));
  },
  'nic.unrule'(m) {
    change(m, UNRULE, m.int('at'));
  },
  'nic.split'(m) {
    change(m, SPLIT, m.flag('on') ? 1 : 0);
  },
  'nic.threshold'(m) {
    change(m, THRESHOLD, m.int('bytes'));
  },
  'nic.copybreak'(m) {
    change(m, COPYBREAK, m.int('bytes'), m.flag('first') ? 1 : 0);
  },
  'nic.pack'(m) {
    change(m, PACK, m.flag('on') ? 1 : 0);
  },
  'nic.drop'(m) {
    change(m, DROP, m.int('every'));
  },
  'mem.dmabuf'(m) {
    const bytes = m.count('pages', 1) * PAGE;
    const at = m.pages(bytes);
    const fd = m.dmabuf(at, bytes);
    if (fd < 0) throw new StepError(`no device memory: ${fd}`);
    m.give(m.text('name'), at, { len: BigInt(bytes) });
    m.give(m.text('fd'), fd);
  },
};
