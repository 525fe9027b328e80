/** Changes a running world by hand: a knob that may change, or a fault (sim/schema/edits.ts). What is refused is said in a sentence. */
import { configLayout } from '../gen/config_layout.ts';
import { EDIT_OP, EDITS, type EditForm } from '../schema/edits.ts';
import { HOST_KNOBS, HOSTS, type Knob } from '../schema/scenario.ts';
import type { Engine } from './engine.ts';
import { InputError } from './input_error.ts';
import { CONFIG_ADDR } from './memory_map.gen.ts';
import { expectedOf, parseValue, quantityHint } from './scenario_units.ts';

/** A change of a knob, read: `server.wire.loss_ppm=1%`, or of both hosts without one in front. */
export interface LiveKnob {
  readonly knob: Knob;
  readonly number: number;
  readonly hosts: readonly number[];
  readonly value: number;
}

/** Plain words of YAML that stand for something else. */
function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'on') return true;
  if (text === 'false' || text === 'off') return false;
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** The knob and the hosts that a path means: `server.nic.rx_usecs`. */
export function knobOfPath(path: string): { readonly number: number; readonly hosts: readonly number[] } | undefined {
  const keys = path.trim().split('.');
  if (keys[0] === 'hosts') keys.shift();
  const host = (HOSTS as readonly string[]).indexOf(keys[0] ?? '');
  if (host >= 0) keys.shift();
  const number = HOST_KNOBS.findIndex((k) => `${k.section}.${k.name}` === keys.join('.'));
  return number < 0 ? undefined : { number, hosts: host < 0 ? [0, 1] : [host] };
}

export function parseLiveKnob(set: string): LiveKnob {
  const at = set.indexOf('=');
  const found = knobOfPath(set.slice(0, Math.max(0, at)));
  const knob = found && HOST_KNOBS[found.number];
  if (!found || !knob) throw new InputError(`${set}: expected a knob of a host and its value, such as server.wire.loss_ppm=1%`);
  const path = `${knob.section}.${knob.name}`;
  if (!knob.live) throw new InputError(`${path} is read when the world is set up: begin anew with ${set}`);
  const text = set.slice(at + 1).trim();
  const value = parseValue(knob, scalar(text), text) ?? (knob.options ? parseValue(knob, text) : undefined);
  if (value === undefined) throw new InputError(`${set}: ${path}: ${expectedOf(knob)}; found ${text}${quantityHint(knob, text)}`);
  return { knob, number: found.number, hosts: found.hosts, value };
}

const addressOf = (host: number, knob: Knob): number => {
  const layout = configLayout();
  return CONFIG_ADDR + layout.host_base + host * layout.host_bytes + layout.offset(knob);
};

/** Of the word `what` of an edit of a knob: its number; the value's bits from 32 on lie above. */
export const KNOB_BITS = 16;

/** What a knob of a host is now. */
export const knobNow = (engine: Engine, host: number, knob: Knob): number =>
  Number(engine.view.getBigUint64(addressOf(host, knob), true));

/** From now on a knob has another value. */
export function turnKnob(engine: Engine, set: string): void {
  const { knob, number, hosts, value } = parseLiveKnob(set);
  for (const host of hosts) {
    engine.view.setBigUint64(addressOf(host, knob), BigInt(value), true);
    const [low, high] = [value >>> 0, Math.floor(value / 2 ** 32)];
    // The record has one word for the value: what does not go into it stands above the knob's number.
    engine.guard(() => engine.core.edit(0, host, number | (high << KNOB_BITS), low, high));
  }
}

export const NOT_THERE: Readonly<Record<EditForm['target'], string>> = {
  knob: 'there is no such knob',
  packet: 'the packet is neither on the wire, nor in a ring of a NIC now',
  queue: 'the host has no such receive queue',
  core: 'the host has no such core',
  host: 'there is no such host',
  buffer: 'no entry of that buffer waits in the refill ring',
  ring: 'no such ring is open',
  sock: 'there is no such connection now',
};

function refusal(form: EditForm, target: number, errno: number): string {
  switch (errno) {
    case -2:
      if (form.target === 'packet' && form.name !== 'drop')
        return `${form.title.toLowerCase()}: the packet is not on the wire now, and does not wait to be sent (${target})`;
      if (target < 0) return `${form.title.toLowerCase()}: no entry waits in the refill ring`;
      return `${form.title.toLowerCase()}: ${NOT_THERE[form.target]} (${target})`;
    case -11: return `${form.title.toLowerCase()}: an application has its turn just now; go one event on`;
    case -16: return `${form.title.toLowerCase()}: another packet that has not left yet is waited for on this link; go on until it has`;
    default: return `${form.title.toLowerCase()}: ${target} and its number do not fit`;
  }
}

/** No buffer is named: the oldest entry. */
const OLDEST = 0xffff_ffff;

/**
 * Injects a fault by its name. `target`: a packet, a queue …, see its form; `amount`: its number, where it has one. A negative target
 * goes by order: -1 is the first that there is, packets as they arrive and connections as they lie in their table; behind the last one
 * comes the first again.
 */
export function injectFault(engine: Engine, name: string, host: number, target: number, amount?: number): void {
  const op = EDIT_OP[name];
  const form = op === undefined ? undefined : EDITS[op];
  if (!form || op === undefined || form.target === 'knob')
    throw new InputError(`there is no fault ${name}; there are ${FAULT_NAMES.join(', ')}`);
  const n = form.amount ? amount ?? form.amount.value : 0;
  const { min = 0, max = 0 } = form.amount ?? {};
  if (!Number.isSafeInteger(n) || n < min || n > max)
    throw new InputError(`${form.title.toLowerCase()}: expected a number from ${min} to ${max}; found ${n}`);
  const what = form.target === 'buffer' && target < 0 ? OLDEST : target;
  const ret = engine.guard(() => engine.core.edit(op, host, what, n >>> 0, Math.floor(n / 2 ** 32)));
  if (ret !== 0) throw new InputError(refusal(form, target, ret));
}
const FAULT_NAMES = EDITS.filter((e) => e.target !== 'knob').map((e) => e.name);
