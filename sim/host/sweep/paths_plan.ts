/** One scenario on every path: which host each concerns, and what is changed there and about it. */
import { type Path, PATHS } from '../../schema/paths.ts';
import { HOSTS } from '../../schema/scenario.ts';
import { InputError } from '../input_error.ts';
import { roleOf } from '../result.ts';
import { loadScenario } from '../load_scenario.ts';
import type { HostKnob, HostSetup, LoadOptions, Scenario } from '../scenario.ts';
import { didYouMean } from '../scenario_error.ts';
import { formatQuantity, parseQuantity } from '../scenario_units.ts';
import { knobOf } from './axis.ts';
import { cellKey } from './cell.ts';

export type Direction = Path['direction'];
/** What a sender's paths lead over: what the scenario has, UDP, or UDP to a dummy device, which throws it away. */
export type WayName = 'as it is' | 'udp' | 'dummy';

export interface PlannedPath {
  readonly path: Path;
  readonly way: WayName;
  readonly host: (typeof HOSTS)[number];
  /** For --set. */
  readonly sets: readonly string[];
  readonly key: string | undefined;
  /** Why the scenario cannot take this path. */
  readonly problem?: string;
  /** It is the path that the scenario has anyway. */
  readonly own: boolean;
}

type Sets = NonNullable<LoadOptions['sets']>;
/** Receives and sends that use no ring. */
const PLAIN = ['read', 'epoll', 'mmap', 'write', 'sendmsg', 'msg_zerocopy'];

/** Whether the application of a host has paths of this direction to choose from. */
function fits(direction: Direction, scenario: Scenario, host: 0 | 1): boolean {
  const { values } = scenario.hosts[host];
  const role = roleOf(scenario, host);
  if (direction !== 'ring') return role === ROLE[direction];
  const word = (knob: 'app.receive' | 'app.send') => knobOf(knob)?.options?.[values[knob]] ?? '';
  const call = role === 'sink' ? word('app.receive') : role === 'source' ? word('app.send') : '';
  return ['sink', 'source', 'echo', 'rpc', 'nop'].includes(role) && !PLAIN.includes(call);
}
const ROLE = { rx: 'sink', tx: 'source' } as const;
const WANTED = {
  rx: 'app.role: sink to receive', tx: 'app.role: source to send', ring: 'a built-in application that uses a ring',
} as const;

/** Every path of the directions for this scenario. Refuses a scenario that has no application with paths to choose from. */
export function planPaths(text: string, file: string, base: Sets, directions: readonly Direction[], core: string): PlannedPath[] {
  const plain = loadScenario(text, file, { sets: base });
  const there = directions.flatMap((direction) => HOSTS.map((_, i) => ({ direction, i: i as 0 | 1 })))
    .filter(({ direction, i }) => fits(direction, plain, i));
  if (there.length === 0) {
    const roles = HOSTS.map((host, i) => `the ${host}'s is ${roleOf(plain, i)}`).join(', ');
    const wanted = directions.map((d) => WANTED[d]).join(', or ');
    throw new InputError(`${plain.file}: compare-paths: no application has paths to choose from: ${roles}; it takes ${wanted}.`);
  }
  const plan = (path: Path, way: Way, i: 0 | 1): PlannedPath => {
    const own = { path, way: way.name, host: HOSTS[i], sets: [...way.sets, ...setsOfPath(path, HOSTS[i], plain.hosts[i])] };
    try {
      const scenario = loadScenario(text, file, { sets: [...base, ...own.sets] });
      const value = (s: Scenario, knob: string) => s.hosts[i].values[knob as HostKnob];
      const same = (knob: string) => value(scenario, knob) === value(plain, knob);
      return { ...own, key: cellKey(core, scenario), own: way.sets.length === 0 && Object.keys(path.knobs).every(same) };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { ...own, key: undefined, problem: error.message.replaceAll('\n', '; '), own: false };
    }
  };
  return there.flatMap(({ direction, i }) => waysOf(plain, direction, i).flatMap((way) =>
    PATHS.filter((path) => path.direction === direction).map((path) => plan(path, way, i))));
}

/** What is changed for a path by name, at the first host whose application it fits; for --vary path=…. */
export function setsOfPathNamed(name: string, plain: Scenario): readonly string[] {
  const path = PATHS.find((p) => p.name === name);
  if (!path) {
    const names = PATHS.map((p) => p.name);
    throw new InputError(`--vary path: there is no path ${name}${didYouMean(name, names) || `; there are ${names.join(', ')}.`}`);
  }
  const i = HOSTS.findIndex((_, host) => fits(path.direction, plain, host as 0 | 1));
  const host = HOSTS[i];
  if (host === undefined)
    throw new InputError(`${plain.file}: --vary path=${name}: no application has this path; it takes ${WANTED[path.direction]}.`);
  return setsOfPath(path, host, plain.hosts[i as 0 | 1]);
}

interface Way {
  readonly name: WayName;
  readonly sets: readonly string[];
}

const TCP = 0;
/** Headers of IP and UDP. */
const UDP_HEADERS = [28, 48];

/** A sender's paths lead over UDP as well, in datagrams that fit a frame, and to a device that costs nothing. */
function waysOf(plain: Scenario, direction: Direction, i: 0 | 1): Way[] {
  const own: Way = { name: 'as it is', sets: [] };
  const [values, other] = [plain.hosts[i].values, roleOf(plain, 1 - i)];
  if (direction !== 'tx' || values['app.protocol'] !== TCP || !['sink', 'none'].includes(other)) return [own];
  const datagram = Math.min(values['app.chunk'], values['nic.mtu'] - (UDP_HEADERS[values['tcp.family']] ?? 0));
  const receive = other === 'sink' ? [`${HOSTS[1 - i]}.app.receive=multishot`] : [];
  const udp = ['app.protocol=udp', `${HOSTS[i]}.app.chunk=${datagram}`, ...receive];
  return [own, { name: 'udp', sets: udp }, { name: 'dummy', sets: [...udp, `${HOSTS[i]}.nic.dummy=on`] }];
}

/** Buffers of an area for each descriptor of its queue, at least. */
const SPARE = 2;

/** The path's knobs, and what zero-copy receive needs beside them: the flow in its queue, split headers, an area larger than the ring. */
function setsOfPath(path: Path, host: string, { values, rules, ports }: HostSetup): string[] {
  const sets = Object.entries(path.knobs).map(([knob, value]) => `${host}.${knob}=${value}`);
  if (path.direction !== 'rx') return sets;
  // Steered alike on all paths, so that nothing but the path differs.
  const queue = values['refill.queue'] || (values['nic.rx_queues'] > 1 ? 1 : 0);
  if (rules.length === 0 && queue > 0) {
    const list = ports.map((port) => `{dst_port: ${port}, queue: ${queue}}`).join(', ');
    sets.push(`${host}.nic.rules=[${list}]`, `${host}.nic.rss_equal=1`, `${host}.refill.queue=${queue}`);
  }
  const receive = path.knobs['app.receive'] ?? '';
  if (['zc', 'mmap'].includes(receive) && values['nic.header_split'] === 0) sets.push(`${host}.nic.header_split=on`);
  if (receive !== 'zc') return sets;
  const need = SPARE * values['nic.rx_ring'] * (parseQuantity(path.knobs['refill.rx_buf_len'] ?? '', 'bytes') ?? 0);
  if (values['refill.area_bytes'] < need) sets.push(`${host}.refill.area_bytes=${formatQuantity(need, 'bytes')}`);
  return sets;
}
