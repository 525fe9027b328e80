/**
 * The built-in applications of a scenario, as the agent runs them: a line for each host that has one, with the knobs of the
 * sections that speak of applications under their own names and in their own units.
 */
import { HOST_KNOBS, HOSTS } from '../../sim/schema/scenario.ts';
import { type HostKnob, InputError, type Scenario } from '../../sim/host/index.ts';

/** Sections of which the agent knows every knob. */
const SECTIONS = ['app', 'ring', 'refill', 'socket'];
/** Without addresses of the hosts it says over which protocol they speak. */
const FAMILY = 'tcp.family';
/** Applications that are there in C too. */
const ROLES = ['source', 'sink', 'echo', 'rpc'];

/** Knobs of which the applications in C do not have every value: what is asked for beyond is refused, not ignored. */
const ONLY: readonly (readonly [knob: string, values: readonly string[]])[] = [
  ['app.protocol', ['tcp']], ['app.send', ['send', 'zc', 'zc_fixed']], ['app.notify', ['each']],
];
/** How rings work in C: the defaults. Applications of every role have them. */
const MODES = [
  'ring.defer_taskrun', 'ring.coop_taskrun', 'ring.sqpoll', 'ring.fixed_files', 'ring.napi_busy_poll_ns', 'ring.wait_batch',
  'socket.busy_poll_ns',
];
function refuseModes(name: string, host: string, knobs: Readonly<Record<string, string | number>>): void {
  for (const knob of HOST_KNOBS) {
    const key = `${knob.section}.${knob.name}`;
    if (!MODES.includes(key) || knobs[key] === knob.value) continue;
    const written = knob.unit === 'bool' ? (knob.value === 0 ? 'off' : 'on') : knob.value;
    const said = `the ${host}'s ${key} is not ${written}, which only the simulator runs`;
    throw new InputError(`${name}: ${said}; expected ${written} on a real kernel (--set ${host}.${key}=${written}).`);
  }
}
function refuse(name: string, host: string, knobs: Readonly<Record<string, string | number>>): void {
  for (const [knob, values] of ONLY) {
    if (knobs['app.role'] !== 'source' && knob !== 'app.protocol') continue;
    if (values.includes(String(knobs[knob]))) continue;
    const said = `the ${host}'s ${knob} is ${knobs[knob]}, which only the simulator runs`;
    const would = `expected ${values.join(', ')} on a real kernel (--set ${host}.${knob}=${values[0]})`;
    throw new InputError(`${name}: ${said}; ${would}.`);
  }
}

export function applicationProgram(name: string, scenario: Scenario): string {
  const lines = HOSTS.flatMap((host, i) => {
    const { values, ports } = scenario.hosts[i as 0 | 1];
    const knobs = HOST_KNOBS.filter((k) => SECTIONS.includes(k.section) || `${k.section}.${k.name}` === FAMILY).map((k) => {
      const value = values[`${k.section}.${k.name}` as HostKnob];
      return [`${k.section}.${k.name}`, k.options ? (k.options[value] ?? '') : value] as const;
    });
    const role = String(knobs.find(([knob]) => knob === 'app.role')?.[1]);
    if (role === 'none') return [];
    if (!ROLES.includes(role))
      throw new InputError(`${name}: the ${host}'s application is a ${role}, which only the simulator runs; try bulk, or a step scenario.`);
    refuse(name, host, Object.fromEntries(knobs));
    refuseModes(name, host, Object.fromEntries(knobs));
    // Without payload there is nothing to check, but real kernels move it all the same.
    const check = scenario.run['run.payload'] === 0 ? { 'app.check': 'none' } : {};
    return [JSON.stringify({ step: 'app', host, seed: scenario.run['run.seed'], ...Object.fromEntries(knobs), ...check, ports })];
  });
  if (lines.length === 0) throw new InputError(`${name}: neither host has an application; there is nothing to run on a real kernel.`);
  return `${[...lines, JSON.stringify({ step: 'apps.run', until_ns: scenario.run['run.until_ns'] })].join('\n')}\n`;
}
