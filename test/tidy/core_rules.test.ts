/** The core's rules, in the sources: the build checks the module, this names the line. */
import { test } from 'vitest';
import { code, coreFiles, filesUnder, matches, none, read } from './sources.ts';

const core = () => [...coreFiles(), ...filesUnder('test/unit', (f) => f.endsWith('.as.ts'))];

test('no variable at module level and no mutable static: state lives in linear memory', () => {
  none(matches(core(), /^(export )?(let|var)\b/, code));
  none(matches(core(), /^\s+static (?!readonly|inline)\w+\s*(:[^=(]*)?=/, code));
});

test('no floats', () => {
  none(matches(core(), /\b(f32|f64|Math|Mathf|Float32Array|Float64Array|number)\b/, code));
  none(matches(core(), /(^|[^\w.])\d+\.\d+/, code));
});

test('no managed objects: no arrays, maps, strings built at run time, closures or new', () => {
  none(matches(core(), /\b(new (?!Error)\w+|Array<|StaticArray|Map<|Set<|ArrayBuffer|Uint8Array)/, code));
});

test('every class is unmanaged', () => {
  const wrong = core().flatMap((file) => {
    const lines = code(read(file)).split('\n');
    const managed = (line: string, i: number) =>
      /^(export )?(abstract )?class /.test(line) && !/@unmanaged/.test(lines.slice(Math.max(0, i - 2), i + 1).join(' '));
    return lines.flatMap((line, i) => (managed(line, i) ? [`${file}:${i + 1}`] : []));
  });
  none(wrong);
});

test('no import from outside except in the one file that declares the WASI calls', () => {
  const external = matches(core(), /@external|\bdeclare\b/, code).filter((m) => !m.startsWith('sim/world/wasi_imports.ts'));
  none(external);
});

test('no decorated top-level function: linters and editors cannot read them', () => {
  const wrong = matches(core(), /^@(inline|lazy|global|operator|external)/, code).filter((m) => !m.startsWith('sim/world/wasi_imports.ts'));
  none(wrong);
});
