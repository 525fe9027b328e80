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
import { type Command, planOf, readScript, refusals, scriptOf } from './net_plan.ts';
import { LabError } from './target.ts';
import { agentArguments, DEVICE, pairWords, setUpLines } from './two_hosts.ts';

const NAMESPACES = '/run/netns';
/** ringlab-lab-PID-STARTED-HOST: a process id comes again, one that started at the same tick of the clock does not. */
const NAME = /^ringlab-lab-(\d+)-(\d+)-(?:client|server)$/;
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
function complaint(args: readonly string[], input = ''): string | undefined {
  const { status, stderr, error } = spawnSync('ip', args, { input, encoding: 'utf8', env: env() });
  if (status === 0) return undefined;
  // A batch of commands ends its complaint with the number of the line.
  const said = stderr.trim().split('\n').filter((line) => !line.startsWith('Command failed'));
  return error?.message ?? (said.at(-1) || `exit code ${status}`);
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
    const said = complaint(['-n', this.names[0], ...pairWords(this.scenario, this.names[1])]);
    if (said !== undefined) throw refused(this.names[0], said);
  }

  private setUp(host: 0 | 1): void {
    const { ipv4, ipv6 } = setUpLines(this.scenario, host);
    const batch = (lines: readonly string[]) => complaint(['-n', this.names[host], '-batch', '-'], `${lines.join('\n')}\n`);
    const said = batch(ipv4);
    if (said !== undefined) throw refused(this.names[host], said);
    const v6 = ipv6.length === 0 ? undefined : batch(ipv6);
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
    return agentArguments(this.scenario, (host) => join(NAMESPACES, this.names[host]));
  }

  /** Removes both; at once, and as often as anybody likes. */
  close(): void {
    process.off('exit', this.atExit);
    for (const name of this.made.splice(0)) complaint(['netns', 'del', name]);
  }
}
