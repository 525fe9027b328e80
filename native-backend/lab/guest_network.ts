/** Two hosts in a virtual machine: namespaces `client` and `server`, each with an eth0, addressed as the simulated hosts are. */
import { HOSTS } from '../../sim/schema/scenario.ts';
import type { Job } from './job.ts';
import { ADDRESSES, type Command, type DeviceKind, type NetPlan, planOf, readScript, refusals, scriptOf } from './net_plan.ts';
import { place, type Said } from './guest.ts';

export const DEVICE = 'eth0';
/** As the simulated hosts have them. */
export const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
/** RFC 8200 section 5: with less there is no IPv6. */
const IPV6_MTU_MIN = 1280;
const PATHS: Readonly<Record<string, string>> = { ip: '/usr/bin/ip', tc: '/usr/sbin/tc', ethtool: '/usr/sbin/ethtool' };

export const IP = PATHS.ip ?? '';
export const inHost = (host: string, command: string): string => `nsenter --net=/run/netns/${host} ${command}`;

/** Busybox has programs of the same names, and its shell takes its own. */
const byPath = ({ argv: [name = '', ...rest] }: Command) => ({ argv: [PATHS[name] ?? name, ...rest] });

/** Lines for `ip -batch`: addresses, the other host as a neighbour that needs no asking, and no frame of the device's own accord. */
function setUp(job: Job, host: 0 | 1): string {
  const other = 1 - host as 0 | 1;
  const v6 = job.scenario.hosts[host].values['nic.mtu'] >= IPV6_MTU_MIN;
  return [
    'link set dev lo up',
    `link set dev ${DEVICE} address ${MACS[host]} arp off addrgenmode none`,
    `address add ${ADDRESSES.ipv4[host]}/24 dev ${DEVICE}`,
    `link set dev ${DEVICE} up`,
    `neighbour replace ${ADDRESSES.ipv4[other]} lladdr ${MACS[other]} dev ${DEVICE} nud permanent`,
    ...(v6 ? [
      `address add ${ADDRESSES.ipv6[host]}/64 dev ${DEVICE} nodad`,
      `neighbour replace ${ADDRESSES.ipv6[other]} lladdr ${MACS[other]} dev ${DEVICE} nud permanent`,
    ] : []),
    '',
  ].join('\n');
}

const SECOND = 1e9;
const WATCHDOG_S = 60;
/** What a run may take beyond its own end. */
const GRACE_S = 30;
/** The watchdog, in virtual time, of which a scenario may want more than usual. */
const limit = ({ scenario }: Job): string =>
  `--limit-s ${Math.max(WATCHDOG_S, Math.ceil(scenario.run['run.until_ns'] / SECOND) + GRACE_S)}`;

export interface Pair {
  readonly plans: readonly [NetPlan, NetPlan];
  readonly texts: Readonly<Record<string, string>>;
  /** Shell lines: once both namespaces hold their device, and when all is over. */
  readonly apply: readonly string[];
  readonly agent: readonly string[];
  readonly unlike: (said: Said) => readonly string[];
}

/** What a job needs on its two hosts, and what it cannot have there. */
export function pairFor(job: Job, number: number, kind: DeviceKind): Pair {
  const planFor = (host: 'client' | 'server') => planOf(job.scenario, host, { name: DEVICE, kind });
  const plans = [planFor('client'), planFor('server')] as const;
  const family = job.scenario.hosts[1].values['tcp.family'] === 0 ? 'ipv4' : 'ipv6';
  const texts = HOSTS.flatMap((host, i) => [
    [`${host}.ip`, setUp(job, i as 0 | 1)], [`${host}.plan`, scriptOf(plans[i as 0 | 1].apply.map(byPath))],
  ] as const);
  return {
    plans, texts: Object.fromEntries(texts),
    apply: HOSTS.flatMap((host) => [
      `part ${host}.ip`, `${IP} -n ${host} -batch ${place(number, `${host}.ip`)} >&3 2>&1`,
      `part ${host}.plan`, `${inHost(host, `sh ${place(number, `${host}.plan`)}`)} >&3 2>&1`,
    ]),
    agent: [limit(job), ...HOSTS.flatMap((host, i) => [
      `--netns ${host}=/run/netns/${host}`, `--interface ${host}=${DEVICE}`, `--address ${host}=${ADDRESSES[family][i as 0 | 1]}`,
      `--queues ${host}=${job.scenario.hosts[i as 0 | 1].values['nic.rx_queues']}`,
    ])],
    unlike: (said) => HOSTS.flatMap((host, i) => {
      const { apply, unlike } = plans[i as 0 | 1];
      const wrong = (said.get(`${host}.ip`) ?? []).filter((l) => l !== '').map((l) => `${host}: ${l}.`);
      const answers = readScript(`${(said.get(`${host}.plan`) ?? []).join('\n')}\n`, apply.length);
      return [...unlike, ...wrong, ...refusals(apply, answers)];
    }),
  };
}
