/**
 * A scenario made to fit what a target has: `--set`s with which both sides run it, the simulator too, and a sentence for each. What is
 * compared is then the same thing on both sides, and what was changed is said.
 */
import { HOST_KNOBS, HOSTS } from '../../sim/schema/scenario.ts';
import type { HostKnob, Scenario } from '../../sim/host/index.ts';
import type { DeviceKind } from './plan_ways.ts';

/** What a target can do, as far as scenarios depend on it. */
export interface Capabilities {
  /** What stands for the NIC; lo: both hosts are one machine, on its loopback device. */
  readonly device: DeviceKind | 'lo';
  /** An instance with a queue of that device can be registered. */
  readonly zc: boolean;
  /** An instance without a device can be (ZCRX_REG_NODEV). */
  readonly nodev: boolean;
  /** Why not, if not: `needs Linux 7.1, and this is 6.18`. */
  readonly why_no_nodev?: string;
}

export interface Fitted {
  readonly sets: readonly string[];
  readonly sentences: readonly string[];
}

const DEVICES: Readonly<Record<Capabilities['device'], string>> = {
  lo: 'the loopback device', veth: 'a veth pair', zcnic: 'the emulated NIC', real: 'this NIC',
};
export function fitted(scenario: Scenario, can: Capabilities): Fitted {
  const sets: string[] = [];
  const sentences: string[] = [];
  if (scenario.steps) return { sets, sentences };
  HOSTS.forEach((host, i) => {
    const { values } = scenario.hosts[i as 0 | 1];
    const option = (knob: HostKnob) => HOST_KNOBS.find((k) => `${k.section}.${k.name}` === knob)?.options?.[values[knob]] ?? '';
    // Others receive by RECV whatever app.receive says.
    if (option('app.role') !== 'sink') return;
    if (option('app.receive') === 'mmap') {
      sets.push(`${host}.app.receive=read`);
      sentences.push(`${host}.app.receive = read on both sides: which pages a real kernel can map is up to its device.`);
    }
    if (option('app.receive') !== 'zc') return;
    const nodev = values['refill.nodev'] !== 0;
    if (nodev ? can.nodev : can.zc) return;
    const lacking = nodev ? '' : `${DEVICES[can.device]} has no queue that can be bound to an area`;
    if (can.nodev) {
      sets.push(`${host}.refill.nodev=on`);
      sentences.push(`${host}.refill.nodev = on on both sides: ${lacking}; the kernel copies into the area.`);
      return;
    }
    const why = `there is no ZCRX_REG_NODEV here (${can.why_no_nodev ?? 'it needs Linux 7.1 and CAP_NET_ADMIN'})`;
    sets.push(`${host}.app.receive=multishot`);
    sentences.push(`${host}.app.receive = multishot on both sides: ${lacking === '' ? why : `${lacking}, and ${why}`}.`);
  });
  return { sets, sentences };
}
