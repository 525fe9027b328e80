/** One instant of a recording: what views are functions of. */
import { type Engine, InputError } from '../host/index.ts';
import type { Recording } from './recording.ts';

/** Where one stands: a branch by its number, and how many of its steps have been made. */
export interface At {
  readonly branch: number;
  readonly step: number;
}

export class Moment {
  readonly recording: Recording;
  readonly step: number;

  constructor(recording: Recording, step: number) {
    if (!Number.isInteger(step) || step < 0) throw new InputError(`step ${step}: expected a number from 0 on`);
    this.recording = recording;
    this.step = Math.min(step, recording.length);
  }

  get time_ns(): number {
    return this.recording.steps.timeNs(this.step);
  }
  /** Records of the trace that are written by now. */
  get records(): number {
    return this.recording.steps.records(this.step);
  }
  /** The world as it is now, to be read in place; it is this until another moment is asked for its own. */
  engine(): Engine {
    return this.recording.engineAt(this.step);
  }
}
