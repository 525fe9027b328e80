/**
 * Target ssh:HOST: a machine with a NIC of its own. A step scenario runs there. Of an application scenario the server runs there and
 * the client here. Its NIC is as its owner left it; with --apply it gets what the scenario says, and afterwards what it had.
 */
import { readFileSync } from 'node:fs';
import { agentBinary } from './agent.ts';
import { type AgentCommand, type AgentEnd, failureOf, nativeRun, runAgent, traceLines } from './agent_process.ts';
import { lastLine } from './command.ts';
import type { Capabilities } from './fit.ts';
import { NODEV_PROGRAM, nodevOf } from './host.ts';
import { type Job, overWire } from './job.ts';
import { type Command, commandText, type Device, type NetPlan, planOf, readScript, refusals, scriptOf } from './net_plan.ts';
import { RemoteShell, sshError, type SshHost, sshHost, writeTo } from './ssh_session.ts';
import { type NativeRun, LabError, type Target, type Watch } from './target.ts';
import { limitWords, silenceMs } from './two_hosts.ts';

/** Drivers whose queues take a memory provider (docs/hardware.md), by what ethtool -i calls them. */
const ZC_DRIVERS = ['mlx5_core', 'bnxt_en', 'gve', 'fbnic', 'zcnic'];
const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7l', ppc64: 'ppc64le', riscv64: 'riscv64' };
const SSH_FAILED = 255;
const SIDES = ['client', 'server'] as const;
/** Lines of an application trace, in their order (docs/native.md). */
const KINDS = ['app', 'note', 'stream', 'grammar', 'refill', 'speed'];

export interface SshOptions {
  readonly apply?: boolean;
  /** Which of its devices; left out: the one that carries the address that ssh talks to. */
  readonly interface?: string;
}

/** What is known of the machine. */
interface Machine {
  readonly shell: RemoteShell;
  readonly device: Device;
  /** Of the device, the one that ssh talks to first. */
  readonly addresses: readonly string[];
  /** Words before a command that needs root; undefined: it cannot be had. */
  readonly sudo: readonly string[] | undefined;
  readonly agent: string;
}

const FACTS = `echo "system $(uname -s)"; echo "machine $(uname -m)"; echo "uid $(id -u)"; echo "connection $SSH_CONNECTION"
sudo -n true 2>/dev/null </dev/null && echo "sudo yes"; for p in ip ethtool tc sysctl; do command -v $p >/dev/null && echo "have $p"; done`;

/** The login shell of a user may be any. */
const posix = (text: string): string => commandText({ argv: ['exec', 'sh', '-c', text] });
const word = (text: string, name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';

export class SshTarget implements Target {
  readonly name = 'ssh';
  readonly shown: string;
  private readonly host: SshHost;
  private readonly options: SshOptions;

  private constructor(host: SshHost, options: SshOptions) {
    this.host = host;
    this.shown = `ssh:${host.shown}`;
    this.options = options;
  }

  static open(spec: string, options: SshOptions): SshTarget {
    return new SshTarget(sshHost(spec.replace(/^ssh:/, '')), options);
  }

  async capabilities(watch: Watch): Promise<Capabilities> {
    return this.onMachine(watch, async (machine) => {
      const { driver = '' } = machine.device;
      const lines = traceLines((await this.agentThere(machine, [], { input: NODEV_PROGRAM }, watch.signal)).text);
      return { device: 'real', zc: ZC_DRIVERS.includes(driver), ...nodevOf(lines) };
    });
  }

  run(jobs: readonly Job[], watch: Watch): Promise<readonly NativeRun[]> {
    return this.onMachine(watch, async (machine) => {
      const runs: NativeRun[] = [];
      for (const job of jobs) {
        watch.progress(`${job.name} on ${this.host.shown}`);
        runs.push(await this.runJob(machine, job, watch));
      }
      return runs;
    });
  }

  /** Connects, copies the agent, lets `work` use it, and leaves nothing behind there. */
  private async onMachine<T>(watch: Watch, work: (machine: Machine) => Promise<T>): Promise<T> {
    watch.progress(`connecting to ${this.host.shown}`);
    const agent = await agentBinary(watch);
    const shell = await RemoteShell.open(this.host, watch.signal);
    try {
      return await work(await this.look(shell, agent, watch.signal));
    } finally {
      const said = await shell.close();
      const left = [...said.matchAll(/^@@ringlab \d+ ended [1-9]\d*$/gm)].length;
      if (left > 0) this.tell(watch, `${this.host.shown}: ${left} commands that undo were refused: ${said.trim()}`);
    }
  }

  private tell(watch: Watch, text: string): void {
    (watch.note ?? watch.progress)(text);
  }

  private async look(shell: RemoteShell, agent: string, signal: AbortSignal): Promise<Machine> {
    const { shown } = this.host;
    const facts = await shell.run(FACTS, signal);
    const [system, machine, own] = [word(facts, 'system'), word(facts, 'machine'), MACHINES[process.arch] ?? process.arch];
    if (system !== 'Linux') throw new LabError(`${shown} runs ${system}, and io_uring is Linux's; name a machine that runs Linux.`);
    if (machine !== own)
      throw new LabError(`${shown} is ${machine} and this machine ${own}, so the agent does not run there; use ringlab there, --on host.`);
    if (!/^have ip$/m.test(facts)) throw new LabError(`${shown} has no ip, which tells its devices; apt-get install iproute2 there.`);
    const [peer = '', , address = ''] = word(facts, 'connection').split(' ');
    const { name, addresses } = await this.deviceOf(shell, address, signal);
    const driver = word((await shell.run(`ethtool -i '${name}' 2>/dev/null`, signal)).replaceAll(':', ''), 'driver');
    await this.copy(shell, agent, signal);
    return {
      shell, addresses, agent, device: { name, kind: 'real', driver, peer },
      sudo: word(facts, 'uid') === '0' ? [] : /^sudo yes$/m.test(facts) ? ['sudo', '-n'] : undefined,
    };
  }

  /** The named device, else the one that carries the address. */
  private async deviceOf(shell: RemoteShell, address: string, signal: AbortSignal): Promise<{ name: string; addresses: string[] }> {
    const rows = [...(await shell.run('ip -o address show', signal)).matchAll(/^\d+: (\S+)\s+inet6? ([\da-fA-F.:]+)(?!.* scope link)/gm)]
      .map(([, name = '', at = '']) => ({ name, at }));
    const wanted = this.options.interface;
    const name = rows.find((row) => (wanted === undefined ? row.at === address : row.name === wanted))?.name;
    const addresses = rows.filter((row) => row.name === name).map((row) => row.at);
    if (name !== undefined) return { name, addresses: [...addresses.filter((a) => a === address), ...addresses] };
    const names = [...new Set(rows.map((r) => r.name))].join(', ');
    if (wanted !== undefined) throw new LabError(`${this.host.shown} has no device ${wanted} with an address; it has ${names}.`);
    throw new LabError(`no device of ${this.host.shown} carries ${address}, where ssh arrives; name one with --interface: ${names}.`);
  }

  private async copy(shell: RemoteShell, agent: string, signal: AbortSignal): Promise<void> {
    const path = `${shell.folder}/agent`;
    const argv = [...this.host.argv, posix(`cat > ${path} && chmod 700 ${path} && test $(wc -c < ${path}) -gt 0`)];
    const end = await runAgent({ argv, input: readFileSync(agent) }, signal);
    if (end.code === 0) return;
    if (end.code === SSH_FAILED) throw sshError(this.host, end.stderr);
    throw new LabError(`${this.host.shown} has no room for the agent (${lastLine(end.stderr)}); make some in its TMPDIR.`);
  }

  /** Runs the agent there. Its process id lies in a file, so that it ends with the shell. */
  private async agentThere(
    { shell, sudo = [] }: Machine, args: readonly string[], asked: Pick<AgentCommand, 'input' | 'silence_ms'>, signal: AbortSignal,
  ): Promise<AgentEnd> {
    const command = commandText({ argv: [...sudo, `${shell.folder}/agent`, ...args, '-'] });
    const end = await runAgent({ argv: [...this.host.argv, posix(`echo $$ > ${shell.folder}/pid; exec ${command}`)], ...asked }, signal);
    if (end.code === SSH_FAILED && traceLines(end.text).length === 0) throw sshError(this.host, end.stderr);
    const said = lastLine(end.stderr);
    if (end.code === 126)
      throw new LabError(`${this.host.shown} does not run the agent (${said}); is its /tmp noexec? TMPDIR there names another.`);
    if (end.code === 127 || /shared librar/.test(end.stderr))
      throw new LabError(`the agent does not start on ${this.host.shown} (${said}); it has to be linked statically.`);
    return end;
  }

  private async runJob(machine: Machine, job: Job, watch: Watch): Promise<NativeRun> {
    if (job.kind === 'steps') {
      const unlike = overWire(job) ? [`there is no wire: both hosts are ${this.host.shown}, over its loopback device.`] : [];
      const args = job.scenario.steps?.some((s) => s.nodev === false) ? ['--interface', `server=${machine.device.name}`] : [];
      return nativeRun(job, await this.agentThere(machine, args, askedOf(job), watch.signal), unlike);
    }
    const plan = planOf(job.scenario, 'server', machine.device);
    const unlike = [...plan.unlike, ...clientUnlike(job)];
    if (!this.options.apply) return this.bothSides(machine, job, [...unlike, ...plan.apply.map(notSet)], watch.signal);
    const refused = await this.apply(machine, plan, watch);
    try {
      return await this.bothSides(machine, job, [...unlike, ...refused], watch.signal);
    } finally {
      await this.undo(machine, watch);
    }
  }

  /** Shows and runs the commands; what undoes them lies there before the first is run. */
  private async apply(machine: Machine, plan: NetPlan, watch: Watch): Promise<string[]> {
    const { shell, sudo } = machine;
    if (plan.apply.length === 0) return [];
    if (sudo === undefined)
      throw new LabError(`${this.host.shown}: its NIC is root's, and sudo asks for a password; ssh:root@HOST, or NOPASSWD in sudoers.`);
    const rooted = <T extends { readonly argv: readonly string[] }>(commands: readonly T[]) =>
      commands.map((c) => ({ ...c, argv: [...sudo, ...c.argv] }));
    const queries = rooted(plan.queries);
    const answers = readScript(await shell.run(scriptOf(queries), watch.signal), queries.length);
    const undo = [...plan.undo, ...plan.queries.flatMap((q, i) => q.undo(answers[i]?.text ?? ''))];
    for (const c of plan.apply) this.tell(watch, `${this.host.shown}: ${commandText(c)}`);
    await shell.run(writeTo('"$d/undo"', scriptOf(rooted(undo))), watch.signal);
    const commands = rooted(plan.apply);
    const said = readScript(await shell.run(scriptOf(commands), watch.signal), commands.length);
    const first: readonly Command[] = plan.apply.flatMap((c, i) => c.undo_said?.(said[i]?.text ?? '') ?? []);
    await shell.run(writeTo('"$d/undo"', scriptOf(rooted([...first, ...undo]))), watch.signal);
    for (const c of [...first, ...undo]) this.tell(watch, `${this.host.shown}, afterwards: ${commandText(c)}`);
    return refusals(plan.apply, said);
  }

  /** Also when somebody pressed Ctrl-C: then the shell's end does it. */
  private async undo({ shell }: Machine, watch: Watch): Promise<void> {
    if (watch.signal.aborted) return;
    const said = await shell.run('test -s "$d/undo" && . "$d/undo"; rm -f "$d/undo"', watch.signal);
    for (const [, i = '', text = ''] of said.matchAll(/^@@ringlab (\d+)\n([\s\S]*?)@@ringlab \d+ ended [1-9]\d*$/gm))
      this.tell(watch, `${this.host.shown}: command ${Number(i) + 1} of the undoing was refused (${text.trim()}).`);
  }

  private addressFor({ addresses, device }: Machine, { scenario }: Job): string {
    const v6 = scenario.hosts[1].values['tcp.family'] !== 0;
    const address = addresses.find((a) => a.includes(':') === v6);
    if (address !== undefined) return address;
    const [family, other] = v6 ? ['IPv6', 'ipv4'] : ['IPv4', 'ipv6'];
    throw new LabError(`${device.name} of ${this.host.shown} has no ${family} address; give it one, or try --set tcp.family=${other}.`);
  }

  /** The server there and the client here. */
  private async bothSides(machine: Machine, job: Job, unlike: readonly string[], signal: AbortSignal): Promise<NativeRun> {
    const server = [...limitWords(job.scenario), '--address', `server=${this.addressFor(machine, job)}`];
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const args = ['--only', 'server', '--interface', `server=${machine.device.name}`, ...server];
    const there = this.agentThere(machine, args, askedOf(job), both);
    const here = runAgent({ argv: [machine.agent, '--only', 'client', ...server, '-'], ...askedOf(job) }, both);
    const ends = await Promise.allSettled([here, there].map(async (side) => {
      const end = await side;
      // A side that has failed is waited for by nobody.
      if (failureOf(end) !== undefined) ending.abort();
      return end;
    }));
    signal.throwIfAborted();
    const failed = ends.findIndex((e) => (e.status === 'rejected' ? !ending.signal.aborted : failureOf(e.value) !== undefined));
    const bad = ends[failed];
    if (bad?.status === 'rejected') throw bad.reason;
    const [client, remote] = ends.map((e) => (e.status === 'fulfilled' ? e.value : undefined));
    if (bad?.status === 'fulfilled') {
      const run = nativeRun(job, bad.value, unlike);
      return { ...run, failure: `${run.failure} (the ${SIDES[failed]}'s side, ${failed === 0 ? 'here' : `on ${this.host.shown}`})` };
    }
    if (!client || !remote) throw new LabError(`${job.name}: one of its sides gave no result.`);
    return nativeRun(job, { ...remote, text: mergeSides(client.text, remote.text) }, unlike);
  }
}

/** One trace of the two of an application scenario: the server's kernel, the lines of both in their order. */
export function mergeSides(client: string, server: string): string {
  const [own, other] = [traceLines(server), traceLines(client)];
  const lines = KINDS.flatMap((kind) => [...other, ...own].filter((l) => l.e === kind));
  const rest = own.filter((l) => !KINDS.includes(l.e) && l.e !== 'end');
  return [...rest, ...lines, ...own.filter((l) => l.e === 'end')].map((l) => `${JSON.stringify(l)}\n`).join('');
}

const askedOf = ({ program, scenario }: Job) => ({ input: program, silence_ms: silenceMs(scenario) });
const notSet = ({ why, argv }: Command): string => `${why} was not set: ${commandText({ argv })}; --apply does it, and undoes it.`;

/** This machine's own NIC is nobody's to change. */
function clientUnlike({ scenario }: Job): string[] {
  const { apply, unlike } = planOf(scenario, 'client', { name: 'NIC', kind: 'real' });
  const said = [...unlike.map((s) => s.replace(/:.*/s, '')), ...apply.map((c) => c.why)];
  return said.length === 0 ? [] : [`this machine's NIC is left as it is: ${said.join(', ')}.`];
}
