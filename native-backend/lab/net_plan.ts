/**
 * The commands that give a Linux device what a scenario says of it, those that undo them, and a sentence for each thing that the
 * scenario says and the device cannot have. Which knob becomes which command: plan_ways.ts.
 */
import { HOST_KNOBS, HOSTS } from '../../sim/schema/scenario.ts';
import { formatValue, type HostKnob, type Scenario } from '../../sim/host/index.ts';
import { AGENTS, type Asked, type Device, type DeviceKind, ELSEWHERE, MODULES, STEERING, type Way, WAYS } from './plan_ways.ts';

export type { Device, DeviceKind } from './plan_ways.ts';
export { ADDRESSES } from './plan_ways.ts';

export interface Command {
  readonly argv: readonly string[];
  /** Which knob wants it, and its value. */
  readonly why: string;
  /** Nobody wrote the knob: where the kernel does not have it, nothing is lost. */
  readonly by_default?: boolean;
  /** What is to be run to undo it, by what it said. */
  readonly undo_said?: (said: string) => readonly Command[];
}

/** Asks a real device for what it has, before anything is changed: its answer becomes commands of the undoing. */
export interface Query {
  readonly argv: readonly string[];
  readonly undo: (said: string) => readonly Command[];
}

export interface NetPlan {
  readonly apply: readonly Command[];
  /** In the order in which they are to be run. Of a real device only what needs no question. */
  readonly undo: readonly Command[];
  readonly queries: readonly Query[];
  readonly unlike: readonly string[];
}

const KNOBS = new Map(HOST_KNOBS.map((k) => [`${k.section}.${k.name}` as HostKnob, k]));
const SHOWN: Readonly<Record<DeviceKind, string>> = { veth: 'a veth pair', zcnic: 'the emulated NIC', real: 'a real NIC' };
/** Sections that say how fast the simulated machine computes. */
const MACHINE = ['cpu', 'cost'];

function valueText(knob: HostKnob, value: number): string {
  const k = KNOBS.get(knob);
  return k ? formatValue(k, value) : String(value);
}

/** RECV_ZC into an area that is bound to a queue. */
function receivesZc({ values }: Asked): boolean {
  const options = (knob: HostKnob) => KNOBS.get(knob)?.options?.[values[knob]];
  return ['sink', 'echo', 'rpc'].includes(options('app.role') ?? '') && options('app.receive') === 'zc' && values['refill.nodev'] === 0;
}

class Planner {
  private readonly asked: Asked;
  private readonly defaults: Asked;
  private readonly host: string;

  constructor(scenario: Scenario, host: 0 | 1, device: Device) {
    this.host = HOSTS[host];
    const { values, rules } = scenario.hosts[host];
    const wrote = (knob: HostKnob) => scenario.written[`${HOSTS[host]}.${knob}`] !== undefined;
    this.asked = { host, device, values, wrote, rules: rules.map((r) => r.fields) };
    const plain = Object.fromEntries(HOST_KNOBS.map((k) => [`${k.section}.${k.name}`, k.value])) as Record<HostKnob, number>;
    this.defaults = { ...this.asked, values: plain, wrote: () => false };
  }

  private wrote(way: Way): boolean {
    return way === STEERING ? this.asked.rules.length > 0 : way.knobs.some(this.asked.wrote);
  }

  /** Ways that this device has and that this scenario uses. */
  private used(): Way[] {
    const { device } = this.asked;
    const { kind } = device;
    const zc = receivesZc(this.asked);
    return [...WAYS, STEERING].filter((way) => way.kinds.includes(kind)
      && (this.wrote(way) || way.always?.includes(kind) || (kind === 'real' && zc && way.for_zc?.(device)))
      && !(way === NETEM && !this.impaired()) && !(way === QDISC && this.impaired() && kind === 'veth'));
  }

  /** The wire has anything of its own: else the pair stays without a queue. */
  private impaired(): boolean {
    return NETEM?.knobs.some((k) => this.asked.wrote(k) && this.asked.values[k] !== KNOBS.get(k)?.value) ?? false;
  }

  private why(way: Way): string {
    if (way === STEERING) return `${this.host}.nic.rules`;
    const knobs = way.knobs.filter((k) => this.asked.wrote(k));
    const shown = knobs.length > 0 ? knobs : way.knobs.slice(0, 1);
    return shown.map((k) => `${this.host}.${k} = ${valueText(k, this.asked.values[k])}`).join(', ');
  }

  apply(): Command[] {
    return this.used().flatMap((way) => way.set(this.asked).map((argv) => ({
      argv, why: this.why(way), ...(this.wrote(way) ? {} : { by_default: true }),
      ...(way.undo_said && this.asked.device.kind === 'real'
        ? { undo_said: (said: string) => (way.undo_said?.(this.asked, said) ?? []).map((undo) => ({ argv: undo, why: this.undoing(way) })) }
        : {}),
    })));
  }

  private undoing(way: Way): string {
    return way === STEERING ? `${this.host}.nic.rules as they were` : `${way.knobs.map((k) => `${this.host}.${k}`).join(', ')} as before`;
  }

  undo(): Command[] {
    const used = this.used();
    const commands = (ways: readonly Way[], of: (way: Way) => readonly (readonly string[])[]) =>
      ways.flatMap((way) => of(way).map((argv) => ({ argv, why: this.undoing(way) })));
    const clear = (way: Way) => way.clear?.(this.asked) ?? [];
    // What a real device had comes from questions, and what was added to it from what adding it said.
    if (this.asked.device.kind === 'real') return commands(used.filter((way) => way.ask && way !== QDISC && way !== STEERING), clear);
    return [
      ...commands([...used].reverse(), clear),
      ...commands(used.filter((way) => !way.clear && this.wrote(way)), (way) => way.set(this.defaults)),
    ];
  }

  queries(): Query[] {
    if (this.asked.device.kind !== 'real') return [];
    return this.used().flatMap((way) => (way.ask?.(this.asked) ?? []).map(({ argv, restore }) => ({
      argv, undo: (said: string) => restore(said).map((undo) => ({ argv: undo, why: this.undoing(way) })),
    })));
  }

  unlike(faults: number): string[] {
    const { device, values, rules } = this.asked;
    const ours = device.kind === 'zcnic';
    const had = new Set([...this.used().flatMap((way) => way.knobs), ...(ours ? MODULES : [])]);
    const written = [...KNOBS].filter(([knob, k]) => this.asked.wrote(knob) && values[knob] !== k.value
      && !ELSEWHERE.includes(k.section) && !AGENTS.includes(knob));
    const machine = written.filter(([, k]) => MACHINE.includes(k.section));
    const missing = written.filter(([knob, k]) => !MACHINE.includes(k.section) && !had.has(knob));
    return [
      ...missing.map(([knob]) => `${this.host}.${knob} = ${valueText(knob, values[knob])}: ${SHOWN[device.kind]} does not have it.`),
      ...(machine.length === 0 ? [] : [`${this.host}.${machine[0]?.[0]}: how fast a host computes is this machine's affair.`]),
      ...(rules.length > 0 && !STEERING.kinds.includes(device.kind)
        ? [`${this.host}.nic.rules: ${SHOWN[device.kind]} steers no flows; its queues are chosen by hash.`] : []),
      ...(faults > 0 && !ours ? [`faults: ${SHOWN[device.kind]} does nothing to a frame of ${this.host}'s link by its number.`] : []),
    ];
  }
}

const NETEM = WAYS.find((way) => way.knobs.includes('wire.loss_ppm'));
const QDISC = WAYS.find((way) => way.knobs.includes('nic.qdisc'));

/** What is to be run on the device that stands for a host's NIC. */
export function planOf(scenario: Scenario, host: 'client' | 'server', device: Device): NetPlan {
  const number = host === 'client' ? 0 : 1;
  const planner = new Planner(scenario, number, device);
  const faults = scenario.faults.filter((f) => (f.fields.host ?? 0) === number).length;
  return { apply: planner.apply(), undo: planner.undo(), queries: planner.queries(), unlike: planner.unlike(faults) };
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
/** A command as one types it. */
export const commandText = ({ argv }: { readonly argv: readonly string[] }): string => argv.map(quoted).join(' ');

const MARK = '@@ringlab';

/** A shell script that runs commands one after the other, also when one is refused, and says how each went. */
export function scriptOf(commands: readonly { readonly argv: readonly string[] }[]): string {
  const lines = commands.map((c, i) => `echo '${MARK} ${i}'; ${commandText(c)} 2>&1; echo "${MARK} ${i} ended $?"`);
  return `PATH=$PATH:/usr/sbin:/sbin; export PATH\n${lines.join('\n')}\n`;
}

export interface Said {
  readonly code: number;
  readonly text: string;
}

/** What each command of scriptOf said. One that was not reached has the code -1. */
export function readScript(output: string, commands: number): readonly Said[] {
  return Array.from({ length: commands }, (_, i) => {
    const [, text = '', code] = new RegExp(`^${MARK} ${i}\n([\\s\\S]*?)${MARK} ${i} ended (\\d+)$`, 'm').exec(output) ?? [];
    return { text, code: code === undefined ? -1 : Number(code) };
  });
}

/** What commands were refused, a sentence each, of those that somebody wrote. */
export function refusals(commands: readonly Command[], said: readonly Said[]): string[] {
  return commands.flatMap((command, i) => {
    const { code = -1, text = '' } = said[i] ?? {};
    if (code === 0 || command.by_default) return [];
    const reason = text.trim().split('\n').at(-1) || (code < 0 ? 'it was not reached' : `exit code ${code}`);
    return [`${command.why}: ${commandText(command)} was refused (${reason}).`];
  });
}
