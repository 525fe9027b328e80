/** A scenario as the agent gets it: a program in JSON lines, and what is to be done to the machine before. */
import { InputError, programText, type Scenario, type Step } from '../../sim/host/index.ts';
import { applicationProgram } from './application_program.ts';

export interface Job {
  /** As the user named it, such as conform/cancel. */
  readonly name: string;
  readonly scenario: Scenario;
  /** steps: a step scenario; apps: built-in applications of both hosts. */
  readonly kind: 'steps' | 'apps';
  /** What the agent reads. */
  readonly program: string;
}

export function jobOf(name: string, scenario: Scenario): Job {
  if (scenario.steps) return { name, scenario, kind: 'steps', program: programText(scenario.steps) };
  if (scenario.hosts.some((h) => h.values['nic.tap'] !== 0))
    throw new InputError(`${name}: one of its hosts is a real one behind a tap device; ringlab bridge runs it.`);
  return { name, scenario, kind: 'apps', program: applicationProgram(name, scenario) };
}

/** Does a step want the server's NIC, and a queue of it that can be bound? */
export const wantsNic = (s: Step): boolean => s.step.startsWith('nic.') || (s.step === 'zcrx.reg' && s.nodev === false);

/** Does a program speak of two hosts with a wire between them? Else it is alone with a loopback device. */
export const overWire = ({ kind, scenario }: Job): boolean => kind === 'apps'
  || (scenario.steps?.some((s) => s.over === 'wire' || s.host !== undefined || wantsNic(s)) ?? false);
