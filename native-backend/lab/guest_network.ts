/** Two hosts in a virtual machine: namespaces `client` and `server`, each with an eth0, addressed as the simulated hosts are. */
import { HOSTS } from '../../sim/schema/scenario.ts';
import type { Job } from './job.ts';
import { type Command, type DeviceKind, type NetPlan, planOf, readScript, refusals, scriptOf } from './net_plan.ts';
import { place, type Said } from './guest.ts';
import { agentArguments, DEVICE, setUpLines } from './two_hosts.ts';

const PATHS: Readonly<Record<string, string>> = { ip: '/usr/bin/ip', tc: '/usr/sbin/tc', ethtool: '/usr/sbin/ethtool' };

export const IP = PATHS.ip ?? '';
export const inHost = (host: string, command: string): string => `nsenter --net=/run/netns/${host} ${command}`;

/**
 * A command of a plan as the guest's shell is to run it. Busybox has programs of the same names, and its shell takes its own. A sysctl is
 * written by the shell itself: there are fifty of them, and to start a program takes the emulated machine long.
 */
function inGuest({ argv: [name = '', ...rest] }: Command): { readonly argv: readonly string[] } {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(rest.at(-1) ?? '') ?? [];
  if (name === 'sysctl' && rest.includes('-w') && key !== undefined && value !== undefined)
    return { argv: ['eval', `echo '${value}' >/proc/sys/${key.replaceAll('.', '/')}`] };
  return { argv: [PATHS[name] ?? name, ...rest] };
}

function setUp(job: Job, host: 0 | 1): string {
  const { ipv4, ipv6 } = setUpLines(job.scenario, host);
  return [...ipv4, ...ipv6, ''].join('\n');
}

/** Queue disciplines that are modules: checking the signature of one takes the emulated machine as long as a whole scenario. */
const DISCIPLINES = ['netem', 'fq'];
const loads = (plans: readonly NetPlan[]): string[] =>
  DISCIPLINES.filter((name) => plans.some((p) => p.apply.some(({ argv }) => argv[0] === 'tc' && argv.includes(name))))
    .map((name) => `load sch_${name}`);

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
  const texts = HOSTS.flatMap((host, i) => [
    [`${host}.ip`, setUp(job, i as 0 | 1)], [`${host}.plan`, scriptOf(plans[i as 0 | 1].apply.map(inGuest))],
  ] as const);
  return {
    plans, texts: Object.fromEntries(texts),
    apply: [...loads(plans), ...HOSTS.flatMap((host) => [
      `part ${host}.ip`, `${IP} -n ${host} -batch ${place(number, `${host}.ip`)} >&3 2>&1`,
      `part ${host}.plan`, `${inHost(host, `sh ${place(number, `${host}.plan`)}`)} >&3 2>&1`,
    ])],
    agent: agentArguments(job.scenario, (host) => `/run/netns/${HOSTS[host]}`),
    unlike: (said) => HOSTS.flatMap((host, i) => {
      const { apply, unlike } = plans[i as 0 | 1];
      const wrong = (said.get(`${host}.ip`) ?? []).filter((l) => l !== '').map((l) => `${host}: ${l}.`);
      const answers = readScript(`${(said.get(`${host}.plan`) ?? []).join('\n')}\n`, apply.length);
      return [...unlike, ...wrong, ...refusals(apply, answers)];
    }),
  };
}
