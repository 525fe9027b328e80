/**
 * Target vm: a Debian kernel of our choice under QEMU. A step program runs over the loopback device of a namespace of its own;
 * applications, and programs that speak of a wire, over a veth pair.
 */
import { basename } from 'node:path';
import { agentBinary } from './agent.ts';
import type { Capabilities } from './fit.ts';
import { type GuestJob, runInGuest } from './guest.ts';
import { IP, inHost, pairFor } from './guest_network.ts';
import { type Job, overWire } from './job.ts';
import { labKernel, type LabKernel } from './kernel.ts';
import type { NativeRun, Target, Watch } from './target.ts';
import { pairWords } from './two_hosts.ts';

const MODULES = 'lib/modules';
const ALONE = 'alone';
const HUGE_PAGES = 32;
/**
 * An emulated machine, an instruction every 8 ns: the first 64 KiB of a connection take a program longer than tcp_rcvbuf_low_rtt, and
 * the receive buffer grows accordingly.
 */
export const EMULATED: readonly string[] = ['cost.enter=1000000'];
/** The first Linux with ZCRX_REG_NODEV. */
const NODEV_SINCE = [7, 1] as const;

/** A program that is alone with a loopback device. */
export const aloneJob = (job: Job): GuestJob => ({
  job, texts: {}, agent: [], inside: inHost(ALONE, ''),
  before: [`${IP} netns add ${ALONE}`, `${IP} -n ${ALONE} link set dev lo up`],
  after: [`${IP} netns del ${ALONE}`],
  finish: (run) => run,
});

export function vethJob(job: Job, number: number): GuestJob {
  const pair = pairFor(job, number, 'veth');
  return {
    job, texts: pair.texts, agent: pair.agent,
    before: [
      `${IP} netns add client`, `${IP} netns add server`,
      'part pair', 'load veth', `${IP} -n client ${pairWords(job.scenario, 'server').join(' ')} >&3 2>&1`,
      ...pair.apply,
    ],
    after: [`${IP} netns del client`, `${IP} netns del server`],
    finish: (run, said) => {
      const trouble = said.get('pair')?.find((line) => line !== '');
      if (trouble === undefined) return { ...run, unlike: [...run.unlike, ...pair.unlike(said)] };
      return { ...run, failure: `${job.name}: this kernel made no veth pair (${trouble}); another --kernel may have its module.` };
    },
  };
}

/** What jobs with two hosts need of the machine: the kernel's own modules, and huge pages for large areas. */
export function forPairs(kernel: LabKernel): { readonly files: Readonly<Record<string, string>>; readonly setUp: readonly string[] } {
  const files = Object.fromEntries(kernel.modules.map((path) => [`${MODULES}/${basename(path)}`, path]));
  return { files, setUp: [`echo ${HUGE_PAGES} >/proc/sys/vm/nr_hugepages`] };
}

export class VmTarget implements Target {
  readonly name = 'vm';
  readonly shown = 'vm';
  readonly step_sets = EMULATED;
  private readonly kernel: string | undefined;

  constructor(kernel: string | undefined) {
    this.kernel = kernel;
  }

  async capabilities(watch: Watch): Promise<Capabilities> {
    const { release } = await labKernel(this.kernel, watch);
    const [major = 0, minor = 0] = release.split('.').map(Number);
    if (major > NODEV_SINCE[0] || (major === NODEV_SINCE[0] && minor >= NODEV_SINCE[1])) return { device: 'veth', zc: false, nodev: true };
    return { device: 'veth', zc: false, nodev: false, why_no_nodev: `it needs Linux ${NODEV_SINCE.join('.')}, and this is ${release}` };
  }

  async run(jobs: readonly Job[], watch: Watch): Promise<readonly NativeRun[]> {
    const kernel = await labKernel(this.kernel, watch);
    const agent = await agentBinary(watch);
    const own = jobs.some(overWire) ? forPairs(kernel) : { files: {}, setUp: [] };
    return runInGuest({ kernel, agent, ...own }, jobs, (job, number) => (overWire(job) ? vethJob(job, number) : aloneJob(job)), watch);
  }
}
