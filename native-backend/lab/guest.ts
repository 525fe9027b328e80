/**
 * Jobs in a virtual machine: many in one boot, each between marks, so that what each of them said is told apart also when the
 * machine does not come to its end. The jobs behind one that took the machine with it get another boot.
 */
import { constants } from 'node:os';
import { type AgentEnd, nativeRun } from './agent_process.ts';
import { type Contents, initramfs } from './initramfs.ts';
import type { Job } from './job.ts';
import type { LabKernel } from './kernel.ts';
import { type BootEnd, kernelTrouble, runQemu } from './qemu.ts';
import { LabError, type NativeRun, type Watch } from './target.ts';
import { silenceMs } from './two_hosts.ts';

export interface GuestJob {
  readonly job: Job;
  /**
   * Shell lines that make what the job runs in. What they print to 3 behind `part NAME` is kept under that name; `load NAME` loads a
   * module.
   */
  readonly before: readonly string[];
  /** What the agent is started by, when not by itself. */
  readonly inside?: string;
  /** The agent's command line without the program. */
  readonly agent: readonly string[];
  readonly after: readonly string[];
  /** More files beside the program, by what their name has behind the job's number. */
  readonly texts: Readonly<Record<string, string>>;
  /** What the target adds to the run, from what the parts said. */
  readonly finish: (run: NativeRun, said: Said) => NativeRun;
}

/** Lines by the part in which they came. */
export type Said = ReadonlyMap<string, readonly string[]>;

export interface Machine {
  readonly kernel: LabKernel;
  readonly agent: string;
  /** Modules, and whatever else the jobs need, by path in the guest. */
  readonly files: Contents['files'];
  /** Shell lines before the first job. */
  readonly setUp: readonly string[];
  readonly silence_ms?: number;
}

const MARK = '@@ringlab';
const TRACE = 'trace';

/** Where the files of the job with a number are. */
export const place = (number: number, name: string): string => `/ringlab/${number}.${name}`;

/** The script of one job. A mark among the kernel's messages says where it begins. */
function jobScript({ before, inside = '', agent, after }: GuestJob, number: number): string {
  return [
    `part() { echo '${MARK} part '"$1" >&3; }`,
    'load() { [ -d /sys/module/$1 ] || insmod /lib/modules/$1.ko*; }',
    `echo '${MARK} job ${number} begin' >&3`,
    `echo '<4>${MARK} job ${number}' >/dev/kmsg`,
    ...before,
    // What the job before left to the kernel to do is done then; idle time costs nothing.
    'sleep 1',
    // Into memory: while somebody waits for a reader outside, virtual time runs on. A descriptor more would be one more than
    // the agent has elsewhere.
    `${inside} /bin/agent --aligned ${agent.join(' ')} ${place(number, 'program')} </dev/null >/tmp/trace 2>/tmp/stderr 3>&-`,
    'code=$?',
    `part ${TRACE}`,
    'cat /tmp/trace >&3',
    'echo >&3',
    'part stderr',
    'cat /tmp/stderr >&3',
    ...after,
    `echo '${MARK} job ${number} end '$code >&3`,
    '',
  ].join('\n');
}

interface Told {
  readonly said: Map<string, string[]>;
  code?: number;
}

/** Sorts what comes from the guest. */
class Records {
  readonly jobs: Told[] = [];
  off = false;
  private part = '';
  private readonly onJob: (number: number) => void;

  constructor(onJob: (number: number) => void) {
    this.onJob = onJob;
  }

  take(line: string): void {
    const mark = line.startsWith(`${MARK} `) ? line.slice(MARK.length + 1) : undefined;
    const at = this.jobs.at(-1);
    if (mark === 'off') this.off = true;
    else if (/^job \d+ begin$/.test(mark ?? '')) {
      this.part = '';
      this.onJob(this.jobs.push({ said: new Map() }) - 1);
    } else if (/^job \d+ end \d+$/.test(mark ?? '') && at) at.code = Number(mark?.split(' ').at(-1));
    else if (mark?.startsWith('part ')) this.part = mark.slice('part '.length);
    else if (at) {
      const lines = at.said.get(this.part);
      if (lines) lines.push(line);
      else at.said.set(this.part, [line]);
    }
  }
}

const SIGNALLED = 128;
const signalName = (code: number) =>
  (Object.entries(constants.signals).find(([, n]) => n === code - SIGNALLED)?.[0] ?? 'SIGKILL') as NodeJS.Signals;

/** As if the agent had been a process of ours. */
function endOf({ said, code }: Told): AgentEnd {
  const lines = [...(said.get(TRACE) ?? [])];
  if (lines.at(-1) === '') lines.pop();
  const signalled = code !== undefined && code > SIGNALLED;
  return {
    text: lines.map((l) => `${l}\n`).join(''), stderr: (said.get('stderr') ?? []).join('\n'), silent: false,
    code: signalled ? null : code ?? null, signal: signalled ? signalName(code) : null,
  };
}

/** Why a machine ended before a job did. */
function lostReason({ how, took_ms }: BootEnd, trouble: string | undefined, kernel: LabKernel): string {
  const say = `Linux ${kernel.release} in the virtual machine`;
  if (trouble !== undefined) return `${say} did not survive it: ${trouble}.`;
  if (how === 'silent') return `${say} hung and was ended after ${Math.round(took_ms / 1000)} s; the other jobs got another boot.`;
  return `${say} was gone before the job was done; is there enough memory for QEMU?`;
}

function finish(guest: GuestJob, record: Told, end: BootEnd, number: number, kernel: LabKernel): NativeRun {
  const trouble = kernelTrouble(end.console).get(`job ${number}`);
  const run = nativeRun(guest.job, endOf(record), []);
  const named = { ...run, image: shownKernel(kernel) };
  const done = guest.finish(named, record.said);
  if (record.code === undefined) return { ...done, failure: `${guest.job.name}: ${lostReason(end, trouble, kernel)}` };
  if (trouble !== undefined) return { ...done, failure: `${guest.job.name}: the kernel complained while it ran: ${trouble}.` };
  return done;
}

/** What ran, to the last digit. */
export const shownKernel = ({ release, packageVersion, sha256 }: LabKernel): string =>
  `${release} (Debian ${packageVersion}, sha256 ${sha256.slice(0, 16)})`;

const LOG_LINES = 3;
/** Seconds of ours that a second of a guest may take which computes all the time, on a busy machine. */
const SLOWNESS = 2;

/** No job began: there is nothing that could be a result. */
function bootError({ how, console, stderr }: BootEnd, kernel: LabKernel): LabError {
  const trouble = [...kernelTrouble(console).values()][0];
  const log = console.replace(/\[\s*[\d.]+\] /g, '').trim().split('\n').slice(-LOG_LINES).join(' | ');
  const why = trouble ?? (how === 'silent' ? 'it hung' : log || stderr.trim() || 'it said nothing');
  return new LabError(`Linux ${kernel.release} did not boot in the virtual machine: ${why}; another --kernel may.`);
}

interface Booted {
  readonly records: Records;
  readonly end: BootEnd;
}

async function bootOnce(machine: Machine, jobs: readonly GuestJob[], first: number, watch: Watch): Promise<Booted> {
  const texts: Record<string, string> = {
    'jobs.sh': [...machine.setUp, ...jobs.map((_, i) => `sh ${place(first + i, 'sh')}`), ''].join('\n'),
  };
  jobs.forEach((guest, i) => {
    const number = first + i;
    texts[`${number}.sh`] = jobScript(guest, number);
    texts[`${number}.program`] = guest.job.program;
    for (const [name, text] of Object.entries(guest.texts)) texts[`${number}.${name}`] = text;
  });
  const initrd = await initramfs({ agent: machine.agent, files: machine.files, texts }, watch);
  const records = new Records((n) => watch.progress(`${jobs[n]?.job.name} on Linux ${machine.kernel.release}`));
  watch.progress(`booting Linux ${machine.kernel.release}`);
  const end = await runQemu({
    vmlinuz: machine.kernel.vmlinuz, initrd, onLine: (line) => records.take(line),
    silence_ms: machine.silence_ms ?? Math.max(...jobs.map(({ job }) => SLOWNESS * silenceMs(job.scenario))),
  }, watch.signal);
  return { records, end };
}

/** Runs all jobs, in as few boots as it takes. `jobOf` says what the job with a number needs. */
export async function runInGuest(
  machine: Machine, jobs: readonly Job[], guestOf: (job: Job, number: number) => GuestJob, watch: Watch,
): Promise<readonly NativeRun[]> {
  const guests = jobs.map(guestOf);
  const runs: NativeRun[] = [];
  while (runs.length < guests.length) {
    const first = runs.length;
    const left = guests.slice(first);
    const { records, end } = await bootOnce(machine, left, first, watch);
    if (records.jobs.length === 0) throw bootError(end, machine.kernel);
    records.jobs.forEach((record, i) => {
      const guest = left[i];
      if (guest) runs.push(finish(guest, record, end, first + i, machine.kernel));
    });
  }
  return runs;
}
