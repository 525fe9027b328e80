/** A run under observation: what goes into it as options, and the findings that come of it. */
import type { RunOptions } from '../run_scenario.ts';
import type { Scenario } from '../scenario.ts';
import type { TraceBatch } from '../trace.ts';
import type { TraceLine } from '../steps/trace_line.ts';
import { Chart } from './chart.ts';
import type { Finding } from './finding.ts';
import { examine } from './detectors.ts';
import { patientOf, type Run } from './patient.ts';
import { storyOfSteps } from './story.ts';

export class Examination {
  private readonly chart: Chart;
  private readonly lines: TraceLine[] = [];
  /** When the program came to each of its steps. */
  private readonly begun_ns: number[] = [];

  constructor(scenario: Scenario) {
    this.chart = new Chart(scenario.steps === undefined);
  }

  /** What the run needs to be told. */
  options(): RunOptions {
    return {
      sinks: { onTrace: (batch: TraceBatch) => this.chart.add(batch) },
      onStep: (line) => this.lines.push(line),
      onStepBegin: (i, time_ns) => {
        this.begun_ns[i] = time_ns;
      },
    };
  }

  findings(run: Run): Finding[] {
    const { name, steps } = run.scenario;
    return examine(patientOf(name, this.chart, run, steps ? storyOfSteps(steps, this.lines, this.begun_ns) : undefined));
  }
}
