/** What no single knob can see: values that do not fit each other. Each check says what would fit. */
import { FAULT_ACTIONS, HOST_KNOBS, HOSTS } from '../schema/scenario.ts';
import type { Draft } from './scenario_draft.ts';
import type { Problem } from './scenario_error.ts';
import { type HostSetup, placeOfKnob, type Setup, writtenValue } from './scenario_resolve.ts';
import type { HostKnob } from './scenario_types.gen.ts';
import { formatQuantity } from './scenario_units.ts';

/** Ports that Linux picks for connections (net.ipv4.ip_local_port_range). */
const EPHEMERAL_PORTS = 60999 - 32768 + 1;
const IPV6_MTU_MIN = 1280;

const KNOBS = new Map(HOST_KNOBS.map((k) => [`${k.section}.${k.name}`, k]));
const POWERS_OF_TWO: readonly HostKnob[] = [
  'nic.rx_ring', 'nic.rx_ring_max', 'nic.tx_ring', 'pool.ptr_ring', 'refill.rx_buf_len', 'refill.rq_entries',
];

const option = (knob: HostKnob, name: string): number => KNOBS.get(knob)?.options?.indexOf(name) ?? -1;
const ZC = option('app.receive', 'zc');
const WAITS_FOR_ALL = ['recv', 'read', 'epoll', 'mmap', 'select'].map((name) => option('app.receive', name));
const SINK = option('app.role', 'sink');
const ECHO = option('app.role', 'echo');
const OPENERS = [option('app.role', 'source'), option('app.role', 'rpc')];
const SCRIPT = option('app.role', 'script');
const UDP = option('app.protocol', 'udp');
const IPV6 = option('tcp.family', 'ipv6');
const CHECK_NONE = option('app.check', 'none');

/** True when the host receives into an area that is bound to one of its queues. */
export function usesArea({ values }: HostSetup): boolean {
  const built_in = values['app.role'] === SINK || values['app.role'] === ECHO;
  return built_in && values['app.receive'] === ZC && values['refill.nodev'] === 0;
}

class HostChecks {
  readonly problems: Problem[] = [];
  private readonly draft: Draft;
  private readonly host: 0 | 1;
  private readonly setup: HostSetup;

  constructor(draft: Draft, setup: Setup, host: 0 | 1) {
    this.draft = draft;
    this.host = host;
    this.setup = setup.hosts[host];
  }

  private value(knob: HostKnob): number {
    return this.setup.values[knob];
  }

  /** A problem at the first of the knobs that --set changed, or that somebody wrote, unless the check holds. */
  private must(holds: boolean, knobs: readonly HostKnob[], text: string): void {
    if (holds) return;
    const first = knobs[0] as HostKnob;
    // What was said last, on the command line, is what made the others wrong.
    const set = knobs.find((k) => writtenValue(this.draft, this.host, k)?.place.line === 0);
    const knob = set ?? knobs.find((k) => writtenValue(this.draft, this.host, k)) ?? first;
    const about = set !== undefined && set !== first ? `${first} does not fit: ` : '';
    this.problems.push({ ...placeOfKnob(this.draft, this.host, knob), text: about + text });
  }

  run(): Problem[] {
    this.rings();
    this.batches();
    this.datagrams();
    this.queues();
    this.cores();
    this.areas();
    this.receives();
    this.modes();
    this.connections();
    return this.problems;
  }

  private rings(): void {
    for (const knob of POWERS_OF_TWO) {
      const n = this.value(knob);
      const low = 2 ** Math.floor(Math.log2(n));
      if (n === 0 || n === low) continue;
      const unit = KNOBS.get(knob)?.unit ?? 'count';
      const near = `${formatQuantity(low, unit)} or ${formatQuantity(low * 2, unit)}`;
      this.must(false, [knob], `expected a power of two, such as ${near}; found ${formatQuantity(n, unit)}`);
    }
    const sq = 2 ** Math.ceil(Math.log2(this.value('ring.sq_entries')));
    this.must(this.value('ring.cq_entries') >= sq, ['ring.cq_entries', 'ring.sq_entries'],
      `expected no less than the submission queue, which has ${sq} entries; found ${this.value('ring.cq_entries')}`);
  }

  /** What io_uring_setup and io_register_zcrx_ifq refuse, and what the simulator's applications cannot do with a thread of the queue. */
  private modes(): void {
    const sqpoll = this.value('ring.sqpoll') !== 0;
    const zc = this.value('app.role') === SINK && this.value('app.receive') === ZC;
    this.must(!zc || (this.value('ring.defer_taskrun') !== 0 && !sqpoll), ['ring.sqpoll', 'ring.defer_taskrun', 'app.receive'],
      'expected a ring with ring.defer_taskrun and without ring.sqpoll, since app.receive: zc needs IORING_SETUP_DEFER_TASKRUN');
    this.must(!sqpoll || this.value('app.protocol') !== UDP, ['ring.sqpoll', 'app.protocol'],
      'expected off, since applications over UDP submit their requests themselves');
    const cores = this.value('cpu.cores');
    this.must(!sqpoll || this.value('ring.sqpoll_core') < cores, ['ring.sqpoll_core', 'cpu.cores'],
      `expected a core below ${cores}, since the host has ${cores}; found ${this.value('ring.sqpoll_core')}`);
  }

  /** A batch is one io_uring_enter, which takes no more than the submission queue has. */
  private batches(): void {
    const sq = 2 ** Math.ceil(Math.log2(this.value('ring.sq_entries')));
    const batch = this.value('app.batch');
    this.must(batch <= sq, ['app.batch', 'ring.sq_entries'],
      `expected at most ring.sq_entries, the ${sq} entries of the submission queue; found ${batch}`);
    this.must(this.value('app.notify') === 0 || this.value('app.send') !== 0, ['app.notify', 'app.send'],
      'expected each, since app.send: send has no notifications; app.send: zc has');
  }

  /** Over UDP there are sources and sinks, and a sink receives messages. */
  private datagrams(): void {
    if (this.value('app.protocol') !== UDP) return;
    const role = this.value('app.role');
    this.must([option('app.role', 'none'), option('app.role', 'source'), SINK].includes(role), ['app.protocol', 'app.role'],
      'expected tcp, since over UDP the role is source or sink');
    const receives = [option('app.receive', 'recv'), option('app.receive', 'multishot')];
    this.must(role !== SINK || receives.includes(this.value('app.receive')), ['app.receive', 'app.protocol'],
      'expected recv or multishot, since datagrams are received by RECVMSG');
    const most = this.value('tcp.family') === IPV6 ? 65_527 : 65_507;
    this.must(role === SINK || this.value('app.chunk') <= most, ['app.chunk', 'app.protocol'],
      `expected at most ${most} bytes, the longest datagram; found ${formatQuantity(this.value('app.chunk'), 'bytes')}`);
  }

  private queues(): void {
    const queues = this.value('nic.rx_queues');
    const has = `the NIC has ${queues} RX ${queues === 1 ? 'queue' : 'queues'}`;
    const queue = this.value('refill.queue');
    this.must(!usesArea(this.setup) || queue < queues, ['refill.queue', 'nic.rx_queues'],
      `expected a queue below ${queues}, since ${has}; found ${queue}`);
    const start = this.value('nic.rss_start');
    this.must(start < queues, ['nic.rss_start', 'nic.rx_queues'], `expected a queue below ${queues}, since ${has}; found ${start}`);
    const equal = this.value('nic.rss_equal');
    this.must(start >= queues || start + equal <= queues, ['nic.rss_equal', 'nic.rss_start', 'nic.rx_queues'],
      `expected at most ${queues - start} queues from queue ${start} on, since ${has}; found ${equal}`);
    for (const rule of this.setup.rules) {
      const to = rule.fields.queue ?? 0;
      if (rule.fields.drop || to < queues) continue;
      const text = `expected a queue below ${queues}, since ${has}; found ${to}`;
      this.problems.push({ place: rule.place, key: `${rule.key}.queue`, text });
    }
  }

  private cores(): void {
    const cores = this.value('cpu.cores');
    for (const knob of ['cpu.irq_core', 'cpu.app_core'] as const) {
      const core = this.value(knob);
      this.must(core < cores, [knob, 'cpu.cores'], `expected a core below ${cores}, the number of cores; found ${core}`);
    }
  }

  private areas(): void {
    const area = this.value('refill.area_bytes');
    const buffer = this.value('refill.rx_buf_len');
    this.must(area % buffer === 0 || Math.log2(buffer) % 1 !== 0, ['refill.area_bytes', 'refill.rx_buf_len'],
      `expected a multiple of refill.rx_buf_len, which is ${formatQuantity(buffer, 'bytes')}; found ${formatQuantity(area, 'bytes')}`);
  }

  private receives(): void {
    const fits = this.value('app.waitall') === 0 || this.value('app.role') !== SINK || WAITS_FOR_ALL.includes(this.value('app.receive'));
    this.must(fits, ['app.waitall', 'app.receive'],
      'expected off with this app.receive: the kernel refuses MSG_WAITALL there; recv, read, epoll, mmap and select can wait for all');
  }

  private connections(): void {
    if (this.value('tcp.family') === IPV6) {
      const mtu = this.value('nic.mtu');
      this.must(mtu >= IPV6_MTU_MIN, ['nic.mtu', 'tcp.family'], `expected at least ${IPV6_MTU_MIN} bytes, the least of IPv6; found ${mtu}`);
    }
    if (!OPENERS.includes(this.value('app.role'))) return;
    const flows = this.value('app.flows');
    this.must(flows <= EPHEMERAL_PORTS, ['app.flows'],
      `expected at most ${EPHEMERAL_PORTS} connections to one port, the number of local ports; found ${flows}`);
  }
}

/** The least that one connection takes: a listener and two ends, and the requests that either application has pending at once. */
const LEAST = [['limits.socks', 3, 'sockets: a listener and the two ends of a connection'],
  ['limits.reqs', 4, 'requests: two for either application']] as const;

/** Limits with which not even one connection of a built-in source would come about. */
function checkLimits(draft: Draft, setup: Setup): Problem[] {
  if (!setup.hosts.some((h) => OPENERS.includes(h.values['app.role']))) return [];
  return LEAST.filter(([knob, least]) => setup.run[knob] > 0 && setup.run[knob] < least).map(([key, least, what]) => ({
    place: draft.run.get(key)?.place ?? { source: draft.file, line: 1, col: 1 }, key,
    text: `expected auto or at least ${least} ${what}; found ${setup.run[key]}`,
  }));
}

/** Everything that is wrong across knobs. */
export function checkSetup(draft: Draft, setup: Setup): Problem[] {
  const problems = [...new HostChecks(draft, setup, 0).run(), ...new HostChecks(draft, setup, 1).run(), ...checkLimits(draft, setup)];
  const [client, server] = setup.hosts;
  const speaks = [client, server].filter((h) => [option('app.role', 'source'), SINK].includes(h.values['app.role']));
  if (new Set(speaks.map((h) => h.values['app.protocol'])).size > 1) {
    problems.push({ ...placeOfKnob(draft, 1, 'app.protocol'), text: "expected the same protocol as the other host's" });
  }
  if (client.values['tcp.family'] !== server.values['tcp.family']) {
    const where = writtenValue(draft, 1, 'tcp.family') && draft.hosts[1].knobs.has('tcp.family') ? 1 : 0;
    problems.push({ ...placeOfKnob(draft, where, 'tcp.family'), text: 'expected the same address family on both hosts' });
  }
  HOSTS.forEach((_, i) => {
    const host = i as 0 | 1;
    const check = setup.hosts[host].values['app.check'];
    if (setup.run['run.payload'] === 0 && check !== CHECK_NONE) {
      const text = 'expected none, since run.payload is off and there are no bytes to prove';
      problems.push({ ...placeOfKnob(draft, host, 'app.check'), text });
    }
  });
  if (setup.run['run.payload'] === 0 && setup.hosts.some((h) => h.values['app.role'] === SCRIPT)) {
    const place = draft.run.get('run.payload')?.place ?? { source: draft.file, line: 1, col: 1 };
    const text = 'expected on, since an application in TypeScript (app.role: script) reads real bytes';
    problems.push({ place, key: 'run.payload', text });
  }
  for (const fault of setup.faults) {
    const delays = FAULT_ACTIONS[fault.fields.action ?? 0] === 'delay';
    const param = fault.fields.param_ns ?? 0;
    if (delays === param > 0) continue;
    const text = delays ? 'expected a time, such as 50us, for action: delay' : 'expected only with action: delay';
    problems.push({ place: fault.place, key: `${fault.key}.param_ns`, text });
  }
  // What both hosts were told at once is said once.
  const seen = new Set<string>();
  return problems.filter((p) => {
    const text = `${p.place.source}:${p.place.line}:${p.place.col}:${p.key}:${p.text}`;
    return !seen.has(text) && seen.add(text);
  });
}
