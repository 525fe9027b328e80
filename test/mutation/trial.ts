/** One test on one mutant, or on the model as it is. */
import { Engine } from '../../sim/host/index.ts';
import type { Check } from './suite.ts';
import { Switch } from './switch.ts';

/** What a test takes with no mutant switched on. */
export interface Baseline {
  readonly check: number;
  readonly name: string;
  readonly ms: number;
  readonly steps: number;
  readonly small: boolean;
  /** Why it cannot be used. */
  readonly unfit: string;
  readonly reached: readonly number[];
}

/** A mutant may take so many times the steps of the model, and some more. */
const PATIENCE = 5;
const SOME_MORE = 500_000;
const STEPS_MAX = 0xffff_ffff;

export class Trial {
  private readonly turned = new Switch();
  private readonly core: WebAssembly.Module;
  private readonly checks: readonly Check[];

  constructor(core: WebAssembly.Module, checks: readonly Check[]) {
    this.core = core;
    this.checks = checks;
    this.turned.install();
    // No test here looks at the hash of a scenario's state, and it takes longer than most of them.
    Engine.prototype.stateHash = () => '0'.repeat(16);
  }

  private attempt(check: number, small: boolean): string {
    try {
      return this.checks[check]?.run(this.core, small, (run) => this.turned.without(run)) ?? 'there is no such test';
    } catch (error) {
      return String(error instanceof Error ? error.message : error).split('\n')[0] || 'an error without words';
    }
  }

  baseline(check: number, mutants: number): Baseline {
    let why = '';
    for (const small of this.checks[check]?.small_only ? [true] : [true, false]) {
      this.turned.set({ mutant: 0, steps: STEPS_MAX });
      const begun = performance.now();
      const used = process.cpuUsage();
      why = this.attempt(check, small);
      const { user, system } = process.cpuUsage(used);
      // Of a machine that does other things as well this process has only had a part; of several threads each has its own.
      const ms = Math.min(performance.now() - begun, (user + system) / 1000);
      const found = { check, name: this.checks[check]?.name ?? '', ms, steps: this.turned.used(), small };
      if (why === '') return { ...found, unfit: '', reached: [...this.turned.reached(mutants)] };
    }
    return { check, name: this.checks[check]?.name ?? '', ms: 0, steps: 0, small: false, unfit: why, reached: [] };
  }

  /** Why the mutant failed the test; '' when it passed. */
  judge({ check, small, steps }: Pick<Baseline, 'check' | 'small' | 'steps'>, mutant: number): string {
    this.turned.set({ mutant, steps: Math.min(STEPS_MAX, steps * PATIENCE + SOME_MORE) });
    return this.attempt(check, small);
  }
}
