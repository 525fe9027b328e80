/**
 * Target nic: the virtual machine with zcnic, our own NIC pair, between the two hosts. Every job gets the module anew, with the
 * faults of its wire, and so begins on NICs that nobody has touched; the network plan makes of them what the scenario says.
 */
import { FAULT_ACTIONS, HOSTS } from '../../sim/schema/scenario.ts';
import type { TraceLine } from '../../sim/host/index.ts';
import { agentBinary } from './agent.ts';
import type { Capabilities } from './fit.ts';
import { type GuestJob, runInGuest, type Said } from './guest.ts';
import { inHost, IP, pairFor } from './guest_network.ts';
import { type Job, overWire } from './job.ts';
import { labKernel } from './kernel.ts';
import { zcnicModule } from './module.ts';
import { MODULES } from './plan_ways.ts';
import type { NativeRun, Target, Watch } from './target.ts';
import { DEVICE } from './two_hosts.ts';
import { aloneJob, EMULATED, forPairs } from './vm.ts';

const MODULE = 'lib/modules/zcnic.ko';
const ETHTOOL = '/usr/sbin/ethtool';
/** What zcnic has when nobody says so. */
const QUEUES_LEAST = 4;
/** Frames that a list of faults may name (zcnic.h: struct zc_fault). */
const FRAMES_MAX = 64;
const PPM = 1_000_000;

/** Shares of frames, which the module makes into every Nth. */
const VERBS = ['drop', 'reorder', 'duplicate'];
/** Faults of single frames. A frame that is delayed is overtaken by the next. */
const ACTIONS: Readonly<Record<string, string>> = { drop: 'drop', duplicate: 'duplicate', delay: 'reorder' };

interface Wire {
  readonly parameters: readonly string[];
  readonly unlike: readonly string[];
}

/** The module's parameters for a scenario, and what of its faults they cannot say. */
export function wireOf({ scenario }: Job): Wire {
  const queues = Math.max(QUEUES_LEAST, ...scenario.hosts.map((h) => h.values['nic.rx_queues']));
  const parameters = [`queues=${queues}`];
  const unlike: string[] = [];
  HOSTS.forEach((host, i) => {
    MODULES.forEach((knob, n) => {
      const share = scenario.hosts[i as 0 | 1].values[knob];
      if (share === 0) return;
      const every = Math.max(1, Math.round(PPM / share));
      parameters.push(`zc${i}_${VERBS[n]}_every=${every}`);
      unlike.push(`${host}.${knob} = ${share}: on the emulated NIC it is every ${every}th frame, and not one by chance.`);
    });
    const listed = new Map<string, number[]>();
    for (const { fields } of scenario.faults.filter((f) => (f.fields.host ?? 0) === i)) {
      const action = FAULT_ACTIONS[fields.action ?? 0] ?? '';
      const verb = ACTIONS[action];
      if (verb === undefined) unlike.push(`faults: the emulated NIC cannot ${action} frame ${fields.frame} of ${host}'s link.`);
      else listed.set(verb, [...(listed.get(verb) ?? []), Number(fields.frame ?? 1)]);
    }
    for (const [verb, frames] of listed) {
      const first = frames.sort((a, b) => a - b).slice(0, FRAMES_MAX);
      if (first.length < frames.length)
        unlike.push(`faults: of ${host}'s link the emulated NIC knows the first ${FRAMES_MAX} frames to ${verb}.`);
      parameters.push(`zc${i}_${verb}_frames=${first.join(',')}`);
    }
  });
  return { parameters, unlike };
}

/** Counters of `ethtool -S`, in its order. */
const counters = (lines: readonly string[]): Map<string, number> =>
  new Map(lines.flatMap((line) => {
    const [, name, value] = /^\s+(\S.*?): (\d+)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, Number(value)] as const];
  }));

/** What a host's NIC counted while the agent ran, as a line of the trace. What stayed as it was is not in it. */
function nicLine(i: number, host: string, said: Said): TraceLine {
  const before = counters(said.get(`${host}.before`) ?? []);
  const after = [...counters(said.get(`${host}.after`) ?? [])];
  const grown = after.map(([name, n]) => [name, n - (before.get(name) ?? 0)] as const).filter(([, n]) => n !== 0);
  return { i, e: 'nic', host, ...Object.fromEntries(grown) };
}

/** The lines of the NICs stand before the last line. */
function withCounters(run: NativeRun, said: Said): NativeRun {
  const end = run.lines.at(-1);
  if (end?.e !== 'end') return run;
  const lines = [...run.lines.slice(0, -1), ...HOSTS.map((host) => nicLine(end.i, host, said)), end];
  return { ...run, lines, text: lines.map((l) => `${JSON.stringify(l)}\n`).join('') };
}

function nicJob(job: Job, number: number): GuestJob {
  const wire = wireOf(job);
  const pair = pairFor(job, number, 'zcnic');
  const count = (when: string) => HOSTS.flatMap((host) => [`part ${host}.${when}`, `${inHost(host, `${ETHTOOL} -S ${DEVICE}`)} >&3`]);
  return {
    job, texts: pair.texts, agent: pair.agent,
    before: [
      'part module',
      `insmod /${MODULE} ${wire.parameters.join(' ')} >&3 2>&1`,
      ...HOSTS.flatMap((host, i) => [`${IP} netns add ${host}`, `${IP} link set zc${i} netns ${host} name ${DEVICE} >&3 2>&1`]),
      ...pair.apply,
      ...count('before'),
    ],
    after: [
      ...count('after'),
      'part module.off',
      'rmmod zcnic >&3 2>&1',
      ...HOSTS.map((host) => `${IP} netns del ${host}`),
    ],
    finish: (run, said) => {
      const trouble = [...(said.get('module') ?? []), ...(said.get('module.off') ?? [])].find((l) => l !== '');
      const done = { ...withCounters(run, said), unlike: [...run.unlike, ...wire.unlike, ...pair.unlike(said)] };
      return trouble === undefined ? done : { ...done, failure: `${job.name}: the emulated NIC could not be had: ${trouble}.` };
    },
  };
}

/** A program that registers an instance with a device, or speaks of a wire. */
const needsNic = (job: Job): boolean =>
  overWire(job) || (job.scenario.steps?.some((s) => s.step === 'zcrx.reg' && s.nodev !== true) ?? false);

export class NicTarget implements Target {
  readonly name = 'nic';
  readonly shown = 'nic';
  readonly step_sets = EMULATED;
  private readonly kernel: string | undefined;

  constructor(kernel: string | undefined) {
    this.kernel = kernel;
  }

  async capabilities(): Promise<Capabilities> {
    return { device: 'zcnic', zc: true, nodev: true };
  }

  async run(jobs: readonly Job[], watch: Watch): Promise<readonly NativeRun[]> {
    const kernel = await labKernel(this.kernel, watch);
    const agent = await agentBinary(watch);
    const own = forPairs(kernel);
    const files = { ...own.files, [MODULE]: await zcnicModule(kernel, watch) };
    const machine = { kernel, agent, files, setUp: own.setUp };
    return runInGuest(machine, jobs, (job, n) => (needsNic(job) ? nicJob(job, n) : aloneJob(job)), watch);
  }
}
