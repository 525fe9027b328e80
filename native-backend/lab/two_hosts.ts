/** Two hosts on a real kernel: a namespace each with an eth0, addressed as the simulated hosts are. */
import { HOSTS } from '../../sim/schema/scenario.ts';
import type { Scenario } from '../../sim/host/index.ts';
import { ADDRESSES } from './plan_ways.ts';

export const DEVICE = 'eth0';
/** As the simulated hosts have them. */
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
/** RFC 8200 section 5: with less there is no IPv6. */
const IPV6_MTU_MIN = 1280;

/** Lines for `ip -batch`: addresses, the other host as a neighbour that needs no asking, and no frame of the device's own accord. */
export function setUpLines(scenario: Scenario, host: 0 | 1): { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] } {
  const other = 1 - host as 0 | 1;
  const neighbour = (address: string) => `neighbour replace ${address} lladdr ${MACS[other]} dev ${DEVICE} nud permanent`;
  return {
    ipv4: [
      'link set dev lo up',
      `link set dev ${DEVICE} address ${MACS[host]} arp off addrgenmode none`,
      `address add ${ADDRESSES.ipv4[host]}/24 dev ${DEVICE}`,
      `link set dev ${DEVICE} up`,
      neighbour(ADDRESSES.ipv4[other]),
    ],
    ipv6: scenario.hosts[host].values['nic.mtu'] < IPV6_MTU_MIN ? []
      : [`address add ${ADDRESSES.ipv6[host]}/64 dev ${DEVICE} nodad`, neighbour(ADDRESSES.ipv6[other])],
  };
}

/** A veth pair, for `ip` in the client's namespace. Both ends are born in theirs: nobody else gets to see them. */
export function pairWords({ hosts }: Scenario, server: string): string[] {
  const end = (host: 0 | 1) => {
    const { values } = hosts[host];
    return ['name', DEVICE, 'address', MACS[host], 'numrxqueues', String(values['nic.rx_queues']),
      'numtxqueues', String(values['nic.tx_queues'])];
  };
  return ['link', 'add', ...end(0), 'type', 'veth', 'peer', ...end(1), 'netns', server];
}

const NS_PER_S = 1e9;
const WATCHDOG_S = 60;
/** What a run may take beyond its own end. */
const GRACE_S = 30;
/** The agent's watchdog: a scenario may want more than usual. */
const limit_s = ({ run }: Scenario): number => Math.max(WATCHDOG_S, Math.ceil(run['run.until_ns'] / NS_PER_S) + GRACE_S);
export const limitWords = (scenario: Scenario): string[] => ['--limit-s', String(limit_s(scenario))];
/** How long an agent may say nothing: its watchdog is to come first. */
export const silenceMs = (scenario: Scenario): number => (limit_s(scenario) + GRACE_S) * 1000;

/** Where the agent finds both hosts, and how long it may take; `namespace` is the path of one's. */
export function agentArguments(scenario: Scenario, namespace: (host: 0 | 1) => string): string[] {
  const { hosts } = scenario;
  const family = hosts[1].values['tcp.family'] === 0 ? 'ipv4' : 'ipv6';
  return [...limitWords(scenario), ...HOSTS.flatMap((name, i) => {
    const host = i as 0 | 1;
    return [
      '--netns', `${name}=${namespace(host)}`, '--interface', `${name}=${DEVICE}`, '--address', `${name}=${ADDRESSES[family][host]}`,
      '--queues', `${name}=${hosts[host].values['nic.rx_queues']}`,
    ];
  })];
}
