/** What `--on` names, opened: host, vm, nic, ssh:HOST. */
import { HostTarget } from './host.ts';
import { NicTarget } from './nic.ts';
import { SshTarget } from './ssh.ts';
import { InputError } from '../../sim/host/index.ts';
import type { Target } from './target.ts';
import { VmTarget } from './vm.ts';

export interface TargetOptions {
  /** Which kernel a virtual machine is to boot, such as 7.2. */
  readonly kernel?: string;
  /** Run the commands that change a real NIC, instead of showing them. */
  readonly apply?: boolean;
  /** Which device of the machine behind ssh; left out: the one that carries the address that ssh talks to. */
  readonly interface?: string;
}

/** A target that can be used; a LabError says why it cannot be had, and what would help. */
export async function openTarget(spec: string, options: TargetOptions = {}): Promise<Target> {
  const ssh = spec.startsWith('ssh:');
  if (!ssh && !['host', 'vm', 'nic'].includes(spec))
    throw new InputError(`--on ${spec}: there is no such target; there are host, vm, nic and ssh:HOST.`);
  for (const [option, given] of [['--apply', options.apply], ['--interface', options.interface !== undefined]] as const)
    if (given && !ssh) throw new InputError(`${option} is for --on ssh:HOST; ${spec} has no NIC of yours.`);
  if (options.kernel !== undefined && (ssh || spec === 'host'))
    throw new InputError(`--kernel is for vm and nic; ${spec} runs the kernel that it has.`);
  if (options.kernel !== undefined && !/^\d+(\.\d+){1,2}([.+~-][\w.+~-]*)?$/.test(options.kernel))
    throw new InputError(`--kernel ${options.kernel}: expected a version, such as 7.2 or 7.3.4.`);
  if (ssh) return SshTarget.open(spec, options);
  if (spec === 'host') return HostTarget.open();
  return spec === 'vm' ? new VmTarget(options.kernel) : new NicTarget(options.kernel);
}
