/** The switch in a mutated core (mutant.as.ts), turned in every instance that a test makes, before anything runs in it. */
import { DIRTY_ADDR } from '../../sim/host/memory_map.gen.ts';

const LEFT_AT = 4;
const REACHED_AT = 0x10;

export interface Setting {
  /** 0: none. */
  readonly mutant: number;
  /** Steps that the test may take, in all its instances. */
  readonly steps: number;
}

export class Switch {
  private setting: Setting = { mutant: 0, steps: 0xffff_ffff };
  private made: WebAssembly.Memory[] = [];

  /** Engines make their instances by themselves, so every instance of this thread passes here. */
  install(): void {
    const turn = (instance: WebAssembly.Instance) => {
      const { memory } = instance.exports;
      if (!(memory instanceof WebAssembly.Memory)) return instance;
      const view = new DataView(memory.buffer);
      view.setUint32(DIRTY_ADDR, this.setting.mutant, true);
      view.setUint32(DIRTY_ADDR + LEFT_AT, Math.max(0, this.setting.steps - this.used()), true);
      this.made.push(memory);
      return instance;
    };
    WebAssembly.Instance = new Proxy(WebAssembly.Instance, { construct: (target, args) => turn(Reflect.construct(target, args)) });
  }

  set(setting: Setting): void {
    this.setting = setting;
    this.made = [];
  }

  /** Runs something with no mutant switched on; what it takes and reaches does not count. */
  without<T>(run: () => T): T {
    const { setting, made } = this;
    this.set({ mutant: 0, steps: 0xffff_ffff });
    try {
      return run();
    } finally {
      this.setting = setting;
      this.made = made;
    }
  }

  /** Steps that were taken since the switch was set. */
  used(): number {
    let left = this.setting.steps;
    let used = 0;
    for (const memory of this.made) {
      const now = new DataView(memory.buffer).getUint32(DIRTY_ADDR + LEFT_AT, true);
      used += left - now;
      left = now;
    }
    return used;
  }

  /** Mutants that were asked for since then. */
  reached(count: number): Set<number> {
    const out = new Set<number>();
    for (const { buffer } of this.made) {
      const bytes = new Uint8Array(buffer, DIRTY_ADDR + REACHED_AT, count + 1);
      for (let id = bytes.indexOf(1); id >= 0; id = bytes.indexOf(1, id + 1)) out.add(id);
    }
    return out;
  }
}
