/**
 * Two network namespaces with a veth pair, which stand for the two hosts of a scenario. They are gone when this process is: by close(),
 * by the exit handler; and those of a process that was killed are swept by the next one, for their names say whose they are.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { HOSTS } from '../../sim/schema/scenario.ts';
import type { Scenario } from '../../sim/host/index.ts';
import { haveProgram } from './command.ts';
import { ADDRESSES, type Command, planOf, readScript, refusals, scriptOf } from './net_plan.ts';
import { LabError } from './target.ts';

const NAMESPACES = '/run/netns';
/** ringlab-lab-PID-STARTED-HOST: a process id comes again, one that started at the same tick of the clock does not. */
const NAME = /^ringlab-lab-(\d+)-(\d+)-(?:client|server)$/;
const DEVICE = 'eth0';
/** As the simulated hosts have them. */
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
/** RFC 8200 section 5: with less there is no IPv6. */
const IPV6_MTU_MIN = 1280;
/** Of /proc/PID/stat, behind the name in parentheses. */
const STAT_STATE = 0;
const STAT_STARTTIME = 19;

const PATH = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
const env = () => ({ ...process.env, PATH: PATH().join(delimiter) });

/** When a process started, in ticks since the boot; undefined: there is none, or it has ended. */
function started(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return fields[STAT_STATE] === 'Z' ? undefined : fields[STAT_STARTTIME];
  } catch {
    return undefined;
  }
}

/** Runs `ip` to its end. Returns what it complained about; undefined: all went well. */
function complaint(args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8', env: env() });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split('\n').at(-1) || `exit code ${status}`);
}

/** Namespaces of the lab whose process is gone. */
export function staleNamespaces(): string[] {
  if (!existsSync(NAMESPACES)) return [];
  return readdirSync(NAMESPACES).filter((name) => {
    const [, pid, start] = NAME.exec(name) ?? [];
    return pid !== undefined && started(Number(pid)) !== start;
  });
}

/** Removes what killed processes left behind. Returns the names. */
export function sweepNamespaces(): string[] {
  return staleNamespaces().filter((name) => complaint(['netns', 'del', name]) === undefined);
}

/** What is missing here for two namespaces, as a sentence without its end; undefined when nothing is. */
export function missingForNamespaces(path: readonly string[] = PATH()): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root; run it with sudo';
  if (!haveProgram('ip', path)) return 'network namespaces need ip; apt-get install iproute2';
  return undefined;
}

/** What the system says when it cannot make something, as a sentence with what helps. */
function refused(what: string, said: string): LabError {
  if (/File exists/.test(said)) return new LabError(`the namespace ${what} is there already; ip netns del ${what} removes it.`);
  if (/No space left/.test(said)) return new LabError(`${NAMESPACES} has no room for the namespace ${what}; make some.`);
  if (/Unknown device type|Operation not supported/.test(said))
    return new LabError(`this kernel has no veth devices (${said}); modprobe veth, or try --on vm.`);
  if (/not permitted|Permission denied/.test(said))
    return new LabError(`this process may not make network namespaces (${said}); a container has to be given CAP_SYS_ADMIN.`);
  return new LabError(`the namespace ${what} cannot be made (${said}); ringlab lab doctor says what this machine can have.`);
}

export class Namespaces {
  /** What of the scenario the pair does not have. */
  readonly unlike: string[] = [];
  readonly names: readonly [string, string];
  private readonly scenario: Scenario;
  private readonly atExit = () => this.close();
  private readonly made: string[] = [];

  private constructor(scenario: Scenario) {
    this.scenario = scenario;
    const own = `ringlab-lab-${process.pid}-${started(process.pid)}`;
    this.names = [`${own}-client`, `${own}-server`];
  }

  /** Makes both, with a pair as the scenario says. */
  static open(scenario: Scenario): Namespaces {
    sweepNamespaces();
    const pair = new Namespaces(scenario);
    process.on('exit', pair.atExit);
    try {
      pair.make();
      HOSTS.forEach((_, host) => {
        pair.setUp(host as 0 | 1);
      });
      HOSTS.forEach((_, host) => {
        pair.plan(host as 0 | 1);
      });
    } catch (error) {
      pair.close();
      throw error;
    }
    return pair;
  }

  private make(): void {
    for (const name of this.names) {
      const said = complaint(['netns', 'add', name]);
      if (said !== undefined) throw refused(name, said);
      this.made.push(name);
    }
    const queues = (host: 0 | 1) => {
      const { values } = this.scenario.hosts[host];
      return ['numrxqueues', String(values['nic.rx_queues']), 'numtxqueues', String(values['nic.tx_queues'])];
    };
    // Born in their namespaces: nobody else gets to see them.
    const said = complaint(['-n', this.names[0], 'link', 'add', 'name', DEVICE, 'address', MACS[0], ...queues(0), 'type', 'veth',
      'peer', 'name', DEVICE, 'address', MACS[1], ...queues(1), 'netns', this.names[1]]);
    if (said !== undefined) throw refused(this.names[0], said);
  }

  /** Addresses, the other host as a neighbour that needs no asking, and nothing that would send frames of its own accord. */
  private setUp(host: 0 | 1): void {
    const ip = (...args: readonly string[]) => complaint(['-n', this.names[host], ...args]);
    const other = 1 - host as 0 | 1;
    const needed: readonly (readonly string[])[] = [
      ['link', 'set', 'dev', 'lo', 'up'],
      ['link', 'set', 'dev', DEVICE, 'arp', 'off', 'addrgenmode', 'none'],
      ['address', 'add', `${ADDRESSES.ipv4[host]}/24`, 'dev', DEVICE],
      ['link', 'set', 'dev', DEVICE, 'up'],
      ['neighbour', 'replace', ADDRESSES.ipv4[other], 'lladdr', MACS[other], 'dev', DEVICE, 'nud', 'permanent'],
    ];
    for (const args of needed) {
      const said = ip(...args);
      if (said !== undefined) throw refused(this.names[host], said);
    }
    if (this.scenario.hosts[host].values['nic.mtu'] < IPV6_MTU_MIN) return;
    const v6 = ip('address', 'add', `${ADDRESSES.ipv6[host]}/64`, 'dev', DEVICE, 'nodad')
      ?? ip('neighbour', 'replace', ADDRESSES.ipv6[other], 'lladdr', MACS[other], 'dev', DEVICE, 'nud', 'permanent');
    if (v6 !== undefined && this.scenario.hosts[host].values['tcp.family'] !== 0)
      throw new LabError(`this kernel has no IPv6 (${v6}), which the scenario wants; try --set tcp.family=ipv4.`);
  }

  private plan(host: 0 | 1): void {
    const { apply, unlike } = planOf(this.scenario, HOSTS[host], { name: DEVICE, kind: 'veth' });
    this.unlike.push(...unlike, ...refusals(apply, this.shell(host, apply)));
  }

  /** Runs commands in one of the namespaces. */
  private shell(host: 0 | 1, commands: readonly Command[]) {
    const { stdout } = spawnSync('ip', ['netns', 'exec', this.names[host], 'sh', '-s'],
      { input: scriptOf(commands), encoding: 'utf8', env: env() });
    return readScript(stdout ?? '', commands.length);
  }

  /** Where the agent finds both hosts. */
  agentArguments(): string[] {
    const family = this.scenario.hosts[1].values['tcp.family'] === 0 ? 'ipv4' : 'ipv6';
    return HOSTS.flatMap((host, i) => [
      '--netns', `${host}=${join(NAMESPACES, this.names[i as 0 | 1])}`, '--interface', `${host}=${DEVICE}`,
      '--address', `${host}=${ADDRESSES[family][i as 0 | 1]}`,
      '--queues', `${host}=${this.scenario.hosts[i as 0 | 1].values['nic.rx_queues']}`,
    ]);
  }

  /** Removes both; at once, and as often as anybody likes. */
  close(): void {
    process.off('exit', this.atExit);
    for (const name of this.made.splice(0)) complaint(['netns', 'del', name]);
  }
}
