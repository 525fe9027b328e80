/** What a frame of the road and of the memory costs: data and scene, here; painting, in the page (frame_paint.ts). */
import { readFileSync } from 'node:fs';
import { compileCore } from '../../sim/host/index.ts';
import { openLab } from '../../sim/lab/index.ts';
import { memory } from '../../sim/lab/views/memory.ts';
import { road } from '../../sim/lab/views/road.ts';
import { memoryScene } from '../../web/views/memory/scene.ts';
import { roadScene } from '../../web/views/road/scene.ts';
import type { Scenes } from './frame_paint.ts';

/** A thousand packets in flight, ten thousand buffers. */
const SETS = ['client.wire.delay_ns=600us', 'server.wire.delay_ns=600us', 'client.app.bytes=32MiB', 'server.refill.area_bytes=40MiB'];
const FRAMES = 300;
const STEPS = 3;

/** Time of the processor and not of the clock: what else runs on the machine does not count. */
class Times {
  #us = 0;
  #count = 0;
  of<T>(work: () => T): T {
    const from = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(from);
    this.#us += user + system;
    this.#count++;
    return result;
  }
  text(): string {
    return `${(this.#us / this.#count / 1000).toFixed(2)} ms`;
  }
}

/** Measures, prints, and returns two scenes to be painted. */
export async function measureFrames(core_file: string, scenario_file: string): Promise<Scenes> {
  const core = await compileCore(readFileSync(core_file));
  const lab = openLab(core, { name: 'bulk', text: readFileSync(scenario_file, 'utf8'), sets: SETS });
  const { recording } = lab.branch(0);
  recording.finish();
  const middle = Math.floor(recording.length * 0.6);
  const roadAt = (step: number) => {
    const moment = lab.moment({ branch: 0, step });
    return road(moment, { time_ns: moment.time_ns, move_ns: 7000, most: 96 });
  };
  const built = new Times();
  built.of(() => roadAt(middle));
  console.log(`${recording.length} steps, ${recording.trace.length} records; index of the road: ${built.text()}`);
  for (const direction of [1, -1]) {
    const [data, scene, cells, cell_scene] = [new Times(), new Times(), new Times(), new Times()];
    for (let i = 0; i < FRAMES; i++) {
      const step = middle + direction * i * STEPS;
      const frame = data.of(() => roadAt(step));
      scene.of(() => roadScene(frame, { width: 1400, depth: 'normal', pulse_ns: 1000 }));
      const area = cells.of(() => memory(lab.moment({ branch: 0, step }), { area: 0, ages: false }));
      cell_scene.of(() => memoryScene(area, { width: 690, mode: 'places' }));
    }
    console.log(direction > 0 ? 'forward' : 'backward');
    console.log(`  road    data ${data.text()}; scene ${scene.text()}`);
    console.log(`  memory  data ${cells.text()}; scene ${cell_scene.text()}`);
  }
  // Painted is the fullest of some.
  const steps = Array.from({ length: 60 }, (_, i) => Math.floor(((i + 0.5) * recording.length) / 60));
  const fullest = steps.reduce((best, step) => (roadAt(step).on_wire[0] > roadAt(best).on_wire[0] ? step : best), middle);
  const frame = roadAt(fullest);
  console.log(`${frame.on_wire[0]} frames in flight, ${frame.movers.length} things on the road`);
  return {
    road: roadScene(frame, { width: 1400, depth: 'normal', pulse_ns: 1000 }),
    memory: memoryScene(memory(lab.moment({ branch: 0, step: middle }), { area: 0, ages: false }), { width: 690, mode: 'places' }),
  };
}
