/** The laboratory with everything: scenarios of every kind. */
import { loadScenario, ScriptHosts } from '../host/index.ts';
import { Lab, type Source } from './lab.ts';
import type { Programs } from './programs.ts';

export const PROGRAMS: Programs = {
  load: loadScenario,
  scripts: (engine, scenario, options) => new ScriptHosts(engine, scenario, options),
};

export const openLab = (core: WebAssembly.Module, source: Source): Lab => new Lab(core, source, PROGRAMS);
