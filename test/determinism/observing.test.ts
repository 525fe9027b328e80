/** Who watches a run changes nothing of it: trace, capture and checks are no part of the state. */
import { beforeAll, describe, expect, test } from 'vitest';
import { runScenario } from '../../sim/host/index.ts';
import { builtCore, endingOf, load } from './runs.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await builtCore('core.wasm');
});

const WAYS: readonly (readonly [about: string, sets: readonly string[]])[] = [
  ['with a capture', ['run.capture=on']],
  ['with a capture and little room for it', ['run.capture=on', 'limits.capture_bytes=2MiB']],
  ['with little room for the trace', ['limits.trace_records=65536']],
  ['without a trace', ['run.trace=off']],
  ['with every check', ['run.verify=on']],
  ['with everything', ['run.capture=on', 'run.verify=on', 'limits.capture_bytes=64MiB', 'limits.trace_records=500000']],
];

// Frames that are lost, doubled and damaged, headers of both families, and a receiver that sums in software.
const RUNS: readonly (readonly [name: string, sets: readonly string[]])[] = [
  ['bulk', ['client.app.bytes=300kB']],
  ['loss', ['client.app.bytes=300kB', 'wire.corrupt_ppm=1%', 'wire.duplicate_ppm=1%']],
  ['ipv6', ['client.app.bytes=300kB', 'nic.rx_checksum=off']],
];

describe.each(RUNS)('%s', (name, sets) => {
  const ending = (more: readonly string[]) => {
    const scenario = load(name, [...sets, ...more]);
    return endingOf(runScenario(core, scenario, { sinks: { onCapture: () => {} } }).result);
  };
  test.each(WAYS)('%s it ends in the same state', (_, more) => {
    expect(ending(more)).toEqual(ending([]));
  });
});
