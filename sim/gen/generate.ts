/** npm run gen: writes every *.gen.* file and the reference pages; with --check it only says which are stale, and fails. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { emitConfig, emitConstants, emitTrace } from './emit_core.ts';
import { emitMemoryMap, emitStructs } from './emit_host.ts';
import { scenarioJsonSchema } from '../host/scenario_json_schema.ts';
import { emitDivergence } from './emit_divergence.ts';
import {
  emitCostsMd, emitCountersMd, emitDoctorMd, emitDropsMd, emitEditsMd, emitEventsMd, emitLimitsMd, emitScenarioMd,
} from './emit_md.ts';
import { emitMuseumMd } from './emit_museum_md.ts';
import { emitInvariantsMd } from './emit_invariants_md.ts';
import { emitStepsMd } from './emit_steps_md.ts';
import { emitKnobTypes, emitTestConfig } from './emit_types.ts';
import { emitUapiAs, emitUapiC, emitUapiMd, emitUapiTs } from './emit_uapi.ts';

const outputs: readonly [string, () => string][] = [
  ['sim/core/constants.gen.ts', emitConstants],
  ['sim/core/trace.gen.ts', emitTrace],
  ['sim/core/config.gen.ts', emitConfig],
  ['sim/host/memory_map.gen.ts', emitMemoryMap],
  ['sim/host/structs.gen.ts', emitStructs],
  ['sim/host/scenario_types.gen.ts', emitKnobTypes],
  ['test/unit/config.gen.as.ts', emitTestConfig],
  ['uring-model/uapi.gen.ts', emitUapiAs],
  ['uring-model/8-app/uapi.gen.ts', emitUapiTs],
  ['native-backend/agent/uapi_assert.gen.c', emitUapiC],
  ['docs/reference/uapi.md', emitUapiMd],
  ['docs/reference/scenario.md', emitScenarioMd],
  ['docs/reference/scenario.schema.json', () => `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`],
  ['docs/reference/edits.md', emitEditsMd],
  ['docs/reference/events.md', emitEventsMd],
  ['docs/reference/invariants.md', emitInvariantsMd],
  ['docs/reference/counters.md', emitCountersMd],
  ['docs/reference/drops.md', emitDropsMd],
  ['docs/reference/limits.md', emitLimitsMd],
  ['docs/reference/costs.md', emitCostsMd],
  ['docs/doctor.md', emitDoctorMd],
  ['docs/steps.md', emitStepsMd],
  ['docs/museum.md', emitMuseumMd],
  ['DIVERGENCE.md', emitDivergence],
];

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, emit] of outputs) {
  const text = emit();
  let old = '';
  try {
    old = readFileSync(path, 'utf8');
  } catch {
    // A file that is not there yet is stale.
  }
  if (old === text) continue;
  if (check) {
    stale++;
    console.error(`${path} is stale: run npm run gen`);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
