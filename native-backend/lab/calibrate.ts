/** Runs the agent's benchmarks on this machine. */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { agentBinary } from './agent.ts';
import { failureOf, runAgent, traceLines } from './agent_process.ts';
import { benchesOf, type Calibration, knobsOf, sizesOf, unsourcedBut } from './calibration.ts';
import { LabError, type Watch } from './target.ts';

/** Name of the processor, and whether it is a virtual one's. */
function processor(): { cpu: string; virtual: boolean } {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  const cpu = /^model name\s*: (.*)$/m.exec(text)?.[1]?.trim() ?? process.arch;
  return { cpu, virtual: /^flags\s*:.*\bhypervisor\b/m.test(text) };
}

export async function calibrate(watch: Watch): Promise<Calibration> {
  if (process.platform !== 'linux') throw new LabError(`benchmarks need Linux, and this is ${process.platform}.`);
  const agent = await agentBinary(watch);
  const [load = 0] = loadavg();
  watch.progress('measuring this machine: about ten seconds');
  const end = await runAgent({ argv: [agent, '--calibrate', '--limit-s', '300'], input: '' }, watch.signal);
  const lines = traceLines(end.text);
  const failure = failureOf(end);
  const said = lines.find((l) => l.e === 'calibrate');
  if (failure !== undefined || !said) throw new LabError(`the benchmarks did not come to their end: ${failure ?? 'they said nothing.'}`);
  const benches = benchesOf(lines);
  const knobs = [...knobsOf(benches), ...sizesOf(said)];
  return {
    kernel: String(said.kernel), architecture: String(said.machine), cpus: Number(said.cpus), load: Number(load.toFixed(1)), ...processor(),
    benches, knobs, unsourced: unsourcedBut(knobs),
  };
}
