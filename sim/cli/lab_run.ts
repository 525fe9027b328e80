/** Commands that run on a real kernel: their options, the progress line, and Ctrl-C. */
import type { Command } from 'commander';
import {
  LabError, type NativeTrace, nativeTraces, openTarget, type Target, type Watch, type Written, writtenJob,
} from '../../native-backend/lab/index.ts';
import { InputError } from '../host/index.ts';
import { readSource } from './files.ts';
import { loadOptionsOf, type RunFlags } from './run_options.ts';
import { Progress } from './terminal.ts';

export interface LabFlags extends RunFlags {
  readonly on?: string;
  readonly kernel?: string;
  readonly apply?: boolean;
  readonly interface?: string;
}

export const ON_HELP = `
Targets:
  host        this machine's kernel
  vm          a real kernel in QEMU, without a NIC: needs no privilege, and two runs print the same
  nic         the same with an emulated NIC: real zero-copy receive
  ssh:HOST    a machine that ssh reaches, with its own NIC; what would be changed there is shown, and done with --apply
ringlab lab doctor says which of them this machine can have.`;

export function addLabOptions(command: Command): Command {
  return command
    .option('--on <target>', 'where it runs: host, vm, nic or ssh:HOST')
    .option('--kernel <version>', 'which kernel the virtual machine boots, such as 7.2')
    .option('--apply', 'with ssh: change the NIC as the scenario says, and back afterwards')
    .option('--interface <name>', 'with ssh: which of its devices; else the one that carries the address that ssh talks to');
}

/** What --on may name. */
const TARGET = /^(host|vm|nic|ssh:.+)$/;

/** Options of a real kernel without one. */
export function refuseWithoutTarget(flags: LabFlags, command: string): void {
  const given = [['--kernel', flags.kernel], ['--apply', flags.apply], ['--interface', flags.interface]] as const;
  const lost = given.find(([, value]) => value !== undefined)?.[0];
  if (flags.on === undefined && lost !== undefined)
    throw new InputError(`${command}: ${lost} is for a real kernel; add --on host, vm, nic or ssh:HOST.`);
}

/** A scenario as a command's argument names it. */
export function writtenOf(name: string, flags: RunFlags): Written & { readonly path: string } {
  const { text, shown, path } = readSource(name);
  const library = /^scenarios\/(.*)\.ya?ml$/.exec(shown);
  return { path, name: library?.[1] ?? name, text, file: shown, sets: loadOptionsOf(flags).sets ?? [] };
}

/** Somebody pressed Ctrl-C. */
export class EndedError extends LabError {}

/** Work that shows how far it is, and leaves nothing behind, also when somebody presses Ctrl-C. */
export async function interruptible<T>(work: (watch: Watch) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const progress = new Progress();
  const stop = () => ending.abort(new EndedError('the run was ended before it was done.'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const note = (text: string) => {
    progress.end();
    process.stderr.write(`ringlab: ${text}\n`);
  };
  try {
    return await work({ progress: (text) => progress.show(() => text), note, signal: ending.signal });
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    progress.end();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
  }
}

/** Opens a target and lets `work` use it. */
export async function withTarget<T>(
  flags: Pick<LabFlags, 'kernel' | 'apply' | 'interface'> & { readonly on: string }, work: (target: Target, watch: Watch) => Promise<T>,
  option = '--on',
): Promise<T> {
  const { on, kernel, apply } = flags;
  if (!TARGET.test(on)) throw new InputError(`${option} ${on}: there is no such target; there are host, vm, nic and ssh:HOST.`);
  const device = flags.interface;
  return interruptible(async (watch) => {
    const target = await openTarget(on, {
      ...(kernel === undefined ? {} : { kernel }), ...(apply ? { apply } : {}), ...(device === undefined ? {} : { interface: device }),
    });
    return work(target, watch);
  });
}

/** Runs a scenario; throws when it did not come to its end, which is never a result. */
export async function runNatively(written: Written, flags: LabFlags & { readonly on: string }): Promise<NativeTrace> {
  if (writtenJob(written).scenario.run['run.bug'] !== 0)
    throw new InputError(`${written.file}: run.bug: only the simulator has the museum's bugs; leave out --on, or add --set run.bug=none.`);
  const [trace] = await withTarget(flags, (target, watch) => nativeTraces(target, [written], watch));
  if (!trace) throw new LabError(`${written.name}: ${flags.on} gave no result.`);
  if (trace.failure !== undefined) throw new LabError(trace.failure);
  return trace;
}
