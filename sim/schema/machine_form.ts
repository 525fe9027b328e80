/** The form of a machine (machines.ts). */
export interface MachineValue {
  /** Path of a host's knob: cost.enter, cpu.mhz. */
  readonly knob: string;
  /** In the knob's unit. */
  readonly value: number;
  /**
   * published: the source says it. fitted: the fit procedure set it from published `fit` cells. calibrated: measured by
   * `ringlab calibrate`. assumed: nobody published it; the source says why this value.
   */
  readonly by: 'published' | 'fitted' | 'calibrated' | 'assumed';
  readonly source: string;
}

export interface Machine {
  readonly name: string;
  readonly about: string;
  readonly values: readonly MachineValue[];
}
