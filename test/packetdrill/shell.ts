/**
 * The commands that scripts give between backticks. There is no shell and nothing outside is touched: each command acts on the
 * simulated host, or is unsupported.
 */
import { readSockets } from '../../sim/host/socket_info.ts';
import { COUNTERS } from '../../sim/schema/counters.ts';
import { CALL, HOST, type Machine } from './machine.ts';
import { setDefaults, setSysctl } from './sysctls.ts';
import { Unsupported } from './verdict.ts';

interface Result {
  readonly status: number;
  readonly out: string;
}
const done: Result = { status: 0, out: '' };

/** Counters of /proc/net/snmp, by nstat's prefix; all others belong to netstat. */
const SNMP = [
  'ActiveOpens', 'PassiveOpens', 'AttemptFails', 'EstabResets', 'InSegs', 'OutSegs', 'RetransSegs', 'InErrs', 'OutRsts', 'InCsumErrors',
];
const IP_EXT = ['InNoECTPkts', 'InECT1Pkts', 'InECT0Pkts', 'InCEPkts'];
const prefixOf = (name: string) => (SNMP.includes(name) ? 'Tcp' : IP_EXT.includes(name) ? 'IpExt' : 'TcpExt');
const counterNames = new Map(COUNTERS.filter((c) => c.group === 'tcp').map((c) => [prefixOf(c.name) + c.name, c.name]));

/** Words of a command; quotes hold a word together. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}

/** Cuts at an operator that stands outside of quotes. */
function cut(text: string, operator: RegExp): string[] {
  const parts: string[] = [''];
  for (const [piece] of text.matchAll(/"[^"]*"|'[^']*'|\|\||&&|&>|[\s\S]/g)) {
    if (operator.test(piece)) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts.map((p) => p.trim());
}

/** $((15*1024*1024)) */
const PRODUCT = /\$\(\(\s*([0-9]+)\s*\*\s*([0-9]+)\s*(?:\*\s*([0-9]+)\s*)?\)\)/g;
/** Packets that a queue without a limit of its own takes. */
const QUEUE_PACKETS = 10_000;
/** TCP_INIT_CWND. */
const INIT_CWND = 10;
const SIZES: Readonly<Record<string, number>> = { '': 1, k: 1024, K: 1024, M: 1024 ** 2 };

export class Shell {
  private readonly machine: Machine;
  /** Files that commands have made: their sizes. */
  private readonly files: Map<string, number>;
  private readonly remote_ip: string;
  private readonly history = new Map<string, number>();

  constructor(machine: Machine, files: Map<string, number>, remote_ip: string) {
    this.machine = machine;
    this.files = files;
    this.remote_ip = remote_ip;
  }

  /** Runs a command line; its exit status. */
  run(text: string): number {
    const joined = text.replace(/\\\n/g, ' ').replace(/(^|\s)#[^\n]*/g, '$1')
      .replace(PRODUCT, (_, a, b, c) => String(Number(a) * Number(b) * Number(c ?? 1)));
    let status = 0;
    for (const line of cut(joined, /^[;\n]$/)) {
      if (line === '') continue;
      status = this.either(line);
    }
    return status;
  }

  /** `a || b`, `a && b`. */
  private either(line: string): number {
    const ors = cut(line, /^\|\|$/);
    for (const [i, alternative] of ors.entries()) {
      let status = 0;
      for (const command of cut(alternative, /^&&$/)) {
        status = this.pipeline(command);
        if (status !== 0) break;
      }
      if (status === 0 || i === ors.length - 1) return status;
    }
    return 0;
  }

  private pipeline(text: string): number {
    let last: Result = done;
    for (const [i, command] of cut(text, /^\|$/).entries()) last = this.command(command, i === 0 ? undefined : last.out);
    return last.status;
  }

  private command(text: string, input: string | undefined): Result {
    const target = /[^0-9&]>\s*(\/sys\/\S+)/.exec(` ${text}`)?.[1];
    const words = wordsOf(text.replace(/(?:[0-9]|&)?>\s*&?\S+/g, ' '));
    const [path = '', ...args] = words;
    const name = path.replace(/^\/(usr\/)?s?bin\//, '');
    if (target !== undefined) return this.writeModuleParameter(target, args);
    if (/(^|\/)defaults\.sh$/.test(name)) {
      setDefaults(this.machine, name.includes('common/'));
      return done;
    }
    if (/(^|\/)set_sysctls\.py$/.test(name)) return this.sysctl(args);
    if (/sysctl_restore_/.test(name)) return done;
    switch (name) {
      case 'sysctl': return this.sysctl(args);
      case 'tc': return this.tc(args);
      case 'ip': return this.ip(args);
      case 'ethtool': return this.ethtool(args);
      case 'nstat': return this.nstat(args);
      case 'grep': return this.grep(args, input);
      case 'dd': return this.dd(args);
      case 'rm': {
        for (const path of args) this.files.delete(path);
        return done;
      }
      case 'sleep': throw new Unsupported('sleep');
      case 'true':
      case ':': return done;
      case 'false': return { status: 1, out: '' };
      default: throw new Unsupported(`command ${name}`);
    }
  }

  private sysctl(args: readonly string[]): Result {
    for (const arg of args) {
      if (arg.startsWith('-')) continue;
      const at = arg.indexOf('=');
      if (at < 0) throw new Unsupported(`sysctl ${arg}`);
      setSysctl(this.machine, arg.slice(0, at), arg.slice(at + 1));
    }
    return done;
  }

  /** The queue of the tun device: first come first served, which holds nothing back here, or the fair one that paces. */
  private tc(args: readonly string[]): Result {
    const text = args.join(' ');
    const qdisc = /^qdisc (?:add|replace) dev tun0 root (?:(fq)|pfifo(?: limit ([0-9]+))?)$/.exec(text);
    if (qdisc || /^qdisc del(ete)? dev tun0 root$/.test(text)) {
      this.machine.setKnob('nic.qdisc', qdisc?.[1] === 'fq' ? 1 : 0);
      this.machine.setKnob('wire.queue_packets', Number(qdisc?.[2] ?? QUEUE_PACKETS));
      return done;
    }
    throw new Unsupported(`tc ${text}`);
  }

  private ip(args: readonly string[]): Result {
    const text = args.join(' ');
    if (text === 'tcp_metrics flush all') {
      this.machine.call(CALL.metricsFlush, HOST);
      return done;
    }
    const route = /^(?:-6 )?route change (\S+) via \S+ dev tun0((?: (?:advmss|mtu(?: lock)?|initcwnd) [0-9]+)*)$/.exec(text);
    // There is a route to the peer, and no other.
    if (route) return route[1] === this.remote_ip ? this.route(route[2] ?? '') : { status: 2, out: '' };
    const mtu = /^link set dev tun0 mtu ([0-9]+)$/.exec(text)?.[1];
    if (mtu === undefined) throw new Unsupported(`ip ${text.replace(/ [0-9a-fA-F:.]+ via .*/, '')}`);
    this.machine.setKnob('nic.mtu', Number(mtu));
    return done;
  }

  /** The metrics of the route to all peers; those that are not named go. */
  private route(metrics: string): Result {
    const value = (name: string) => Number(new RegExp(` ${name}(?: lock)? ([0-9]+)`).exec(metrics)?.[1] ?? 0);
    this.machine.setKnob('tcp.route_mtu', value('mtu'));
    this.machine.setKnob('tcp.route_mtu_lock', metrics.includes('lock') ? 1 : 0);
    this.machine.setKnob('tcp.route_advmss', value('advmss'));
    this.machine.setKnob('tcp.init_cwnd', value('initcwnd') || INIT_CWND);
    return done;
  }

  /** Of the offloads of the device only TSO shows: it decides whether a packet is cut before packetdrill sees it. */
  private ethtool(args: readonly string[]): Result {
    if (args[0] !== '-K') throw new Unsupported(`ethtool ${args.join(' ')}`);
    const tso = args.indexOf('tso');
    if (tso > 0) this.machine.setKnob('nic.tso', args[tso + 1] === 'on' ? 1 : 0);
    return done;
  }

  /** Prints what has changed since it was asked last, and takes note of it unless -s says not to. */
  private nstat(args: readonly string[]): Result {
    const lines: string[] = [];
    for (const [name, counter] of counterNames) {
      const value = this.machine.counter(counter) ?? 0;
      const since = value - (this.history.get(name) ?? 0);
      if (since !== 0 && !args.includes('-n')) lines.push(`${name.padEnd(32)}${String(since).padEnd(19)}0.0`);
      if (!args.includes('-s')) this.history.set(name, value);
    }
    return { status: 0, out: lines.join('\n') };
  }

  private grep(args: readonly string[], input: string | undefined): Result {
    const [pattern = '', ...paths] = args.filter((a) => !/^-[a-z]+$/.test(a));
    if (/^(TcpExt|Tcp|IpExt)[A-Z]\w+$/.test(pattern) && !counterNames.has(pattern)) throw new Unsupported(`counter ${pattern}`);
    const text = input ?? paths.map((path) => this.readFile(path)).join('\n');
    const lines = text.split('\n').filter((line) => line.includes(pattern));
    return { status: lines.length > 0 ? 0 : 1, out: lines.join('\n') };
  }

  /** /proc/net/tcp, as far as scripts look: the local port in hex, and the state. */
  private readFile(path: string): string {
    if (path !== '/proc/net/tcp' && path !== '/proc/net/tcp6') throw new Unsupported(`reading ${path}`);
    const hex = (n: number, width: number) => n.toString(16).toUpperCase().padStart(width, '0');
    const family = path.endsWith('6') ? 6 : 4;
    return readSockets(this.machine.engine).filter((s) => s.host === HOST && s.family === family)
      .map((s, i) => `${i}: ${hex(s.laddr0, 8)}:${hex(s.lport, 4)} ${hex(s.raddr0, 8)}:${hex(s.rport, 4)} ${hex(s.state, 2)} 00000000`)
      .join('\n');
  }

  private dd(args: readonly string[]): Result {
    const value = (name: string) => args.find((a) => a.startsWith(`${name}=`))?.slice(name.length + 1);
    const size = (text: string) => {
      const match = /^([0-9]+)([kKM]?)$/.exec(text);
      if (!match) throw new Unsupported(`dd ${text}`);
      return Number(match[1]) * (SIZES[match[2] ?? ''] ?? 1);
    };
    const path = value('of');
    if (path === undefined || value('if') !== '/dev/zero') throw new Unsupported(`dd ${args.join(' ')}`);
    this.files.set(path, size(value('bs') ?? '512') * size(value('count') ?? '1'));
    return done;
  }

  private writeModuleParameter(path: string, args: readonly string[]): Result {
    // 3: both detectors, which is what the model does.
    if (path === '/sys/module/tcp_cubic/parameters/hystart_detect' && args[0] === '3') return done;
    throw new Unsupported(`writing ${path}`);
  }
}
