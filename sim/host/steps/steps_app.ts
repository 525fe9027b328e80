/** A step scenario's program as an application: what drives it is the same as for any application. */
import type { App, Steps } from '../../../uring-model/8-app/index.ts';
import { InputError } from '../input_error.ts';
import { ScenarioError } from '../scenario_error.ts';
import { elsewhere, type Handlers, Machine, StepError, type StepHost } from './machine.ts';
import type { Program, Step } from './program.ts';
import { ENTER_STEPS } from './run_enter.ts';
import { FILE_STEPS } from './run_files.ts';
import { MEMORY_STEPS } from './run_memory.ts';
import { MISC_STEPS } from './run_misc.ts';
import { NIC_STEPS } from './run_nic.ts';
import { RING_STEPS } from './run_rings.ts';
import { STREAM_STEPS } from './run_streams.ts';
import { ZCRX_STEPS } from './run_zcrx.ts';
import type { TraceLine } from './trace_line.ts';

export const HANDLERS: Handlers = { ...RING_STEPS, ...MEMORY_STEPS, ...ZCRX_STEPS, ...ENTER_STEPS, ...FILE_STEPS, ...STREAM_STEPS,
  ...NIC_STEPS, ...MISC_STEPS };


function* perform(m: Machine, step: Step): Steps<void> {
  const handler = HANDLERS[step.step];
  if (!handler) throw new StepError('this step is not there yet');
  const thread = step.thread ?? 0;
  const calls = handler(m);
  if (calls) yield* thread === 0 && step.host !== 'client' ? calls : elsewhere(calls, { thread, peer: step.host === 'client' });
}

/** The program; `caps` is the first line of its trace. */
export function stepsApp(program: Program, caps: Omit<TraceLine, 'i' | 'e'>, host: StepHost): App {
  return function* steps(memory) {
    const m = new Machine(memory, host);
    const sayCaps = () => m.emit('caps', caps as Readonly<Record<string, string>>);
    let lenient = false;
    sayCaps();
    for (const [i, step] of program.entries()) {
      m.begin(i, step);
      try {
        if (step.step === 'probe_caps') sayCaps();
        else if (step.step === 'lenient') lenient = true;
        else yield* perform(m, step);
      } catch (error) {
        // What the scenario asks for cannot be had: it is the scenario that has to change.
        if (error instanceof InputError && !lenient) throw new ScenarioError([{ place: host.placeOf(i), key: step.step,
          text: error.message }]);
        if (!(error instanceof StepError || error instanceof InputError)) throw error;
        if (lenient) {
          m.emit('left_out', { step: step.step });
          continue;
        }
        m.emit('stop', { step: step.step, why: error.message });
        return 1;
      }
    }
    m.begin(program.length, { step: '' });
    m.emit('end');
    return 0;
  };
}
