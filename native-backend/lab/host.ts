/**
 * Target host: the kernel that we run on. A step scenario runs as it is. Applications talk over a veth pair between two network
 * namespaces; without root over the loopback device, which is said.
 */
import { readFileSync } from 'node:fs';
import type { TraceLine } from '../../sim/host/index.ts';
import { agentBinary } from './agent.ts';
import { type AgentEnd, nativeRun, runAgent, traceLines } from './agent_process.ts';
import type { Capabilities } from './fit.ts';
import { type Job, overWire } from './job.ts';
import { missingForNamespaces, Namespaces } from './netns.ts';
import { LabError, type NativeRun, type Target, type Watch } from './target.ts';
import { limitWords, silenceMs } from './two_hosts.ts';

const RING = { step: 'ring.init', ring: 0, sq: 8, cq: 16, flags: 0, sq_thread_idle: 0, sq_thread_cpu: 0, wq: -1 };
/** SINGLE_ISSUER, DEFER_TASKRUN and CQE32, as zero-copy receive wants its ring. */
const ZC_RING = { ...RING, flags: (1 << 12) | (1 << 13) | (1 << 11) };
const NODEV = {
  step: 'zcrx.reg', ring: 0, name: 'z', pages: 4, rq: 4, nodev: true, if_idx: 0, rxq: 0, rx_buf_len: 0, ev_ud: 0, stats: false,
  reg_flags: 0, area_flags: 0,
};
/** Asks a kernel for an instance without a device. */
export const NODEV_PROGRAM = `${JSON.stringify(ZC_RING)}\n${JSON.stringify(NODEV)}\n`;
const DISABLED = '/proc/sys/kernel/io_uring_disabled';

/** What a kernel made of NODEV_PROGRAM. */
export function nodevOf(lines: readonly TraceLine[]): Pick<Capabilities, 'nodev' | 'why_no_nodev'> {
  const said = lines.find((l) => l.step === NODEV.step);
  if (said && Number(said.ret) >= 0) return { nodev: true };
  const why = said?.err === 'EPERM' ? 'it needs CAP_NET_ADMIN' : `it needs Linux 7.1, and this is ${lines[0]?.kernel ?? 'older'}`;
  return { nodev: false, why_no_nodev: why };
}

/** What the first ring of this machine said, as a sentence when it was refused. */
export function refusedRing(end: AgentEnd, file = DISABLED): string | undefined {
  const ring = traceLines(end.text).find((l) => l.step === RING.step);
  if (!ring || Number(ring.ret) >= 0) return undefined;
  let disabled = '';
  try {
    disabled = readFileSync(file, 'utf8').trim();
  } catch {
    // Kernels before 6.6 do not have it.
  }
  if (ring.err === 'EPERM' && (disabled === '1' || disabled === '2'))
    return `io_uring is switched off here (kernel.io_uring_disabled = ${disabled}); sysctl kernel.io_uring_disabled=0, or --on vm.`;
  if (ring.err === 'EPERM')
    return 'this process may not use io_uring, though the kernel has it: a seccomp filter, as containers have it, refuses it; '
      + 'docker run --security-opt seccomp=unconfined, or --on vm.';
  if (ring.err === 'ENOSYS') return 'this kernel has no io_uring, or a seccomp filter hides it; try --on vm.';
  return `a ring of 8 entries was refused with ${ring.err}; ulimit -l tells how much memory may be locked, and --on vm has its own.`;
}

export class HostTarget implements Target {
  readonly name = 'host';
  readonly shown = 'host';

  private constructor() {}

  static open(): HostTarget {
    if (process.platform !== 'linux') throw new LabError(`--on host needs Linux, and this is ${process.platform}; try --on vm.`);
    return new HostTarget();
  }

  /** The agent, on a kernel that lets us have a ring. */
  private async agent(watch: Watch): Promise<string> {
    const agent = await agentBinary(watch);
    const end = await runAgent({ argv: [agent], input: `${JSON.stringify(RING)}\n` }, watch.signal);
    const refused = refusedRing(end);
    if (refused !== undefined) throw new LabError(refused);
    return agent;
  }

  async capabilities(watch: Watch): Promise<Capabilities> {
    const agent = await this.agent(watch);
    const device = missingForNamespaces() === undefined ? 'veth' : 'lo';
    const lines = traceLines((await runAgent({ argv: [agent], input: NODEV_PROGRAM }, watch.signal)).text);
    return { device, zc: false, ...nodevOf(lines) };
  }

  async run(jobs: readonly Job[], watch: Watch): Promise<readonly NativeRun[]> {
    const agent = await this.agent(watch);
    const runs: NativeRun[] = [];
    for (const job of jobs) {
      watch.progress(`${job.name} on this machine`);
      runs.push(await this.runJob(agent, job, watch));
    }
    return runs;
  }

  private async runJob(agent: string, job: Job, { signal }: Watch): Promise<NativeRun> {
    const run = async (args: readonly string[], unlike: readonly string[]) => nativeRun(job, await runAgent(
      { argv: [agent, ...args, '-'], input: job.program, silence_ms: silenceMs(job.scenario) }, signal,
    ), unlike);
    if (!overWire(job)) return run([], []);
    const missing = missingForNamespaces();
    if (missing !== undefined)
      return run(limitWords(job.scenario), [`there is no wire: both hosts are this machine, over its loopback device (${missing}).`]);
    const pair = Namespaces.open(job.scenario);
    try {
      return await run(pair.agentArguments(), pair.unlike);
    } finally {
      pair.close();
    }
  }
}
