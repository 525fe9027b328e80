/** What the fit found, as sim/schema/machines_fitted.ts. */
import type { Fitted } from './fit.ts';
import { WITHIN } from './plans.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
const WIDTH = 140;

/** Words one after the other, in lines that begin with `indent`. */
function filled(words: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    if (line.length + word.length + 2 > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word}, `;
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()];
}

/** One machine. */
function machineText(f: Fitted): string {
  const { name, about, fixed, free } = f.plan;
  const said = fixed.filter((v) => v.source !== WITHIN).flatMap((v) => [
    '    {',
    `      knob: ${quoted(v.knob)}, value: ${v.value}, by: ${quoted(v.by)},`,
    `      source: ${quoted(v.source)},`,
    '    },',
  ]);
  const prices = free.map(({ knob }) => `${knob.replace('cost.', '')}: ${f.values[knob] ?? 0}`);
  return [`  machine(${quoted(name)}, ${quoted(about)}, [`, ...said, `  ], ${f.cells}, {`, ...filled(prices, '    '), '  }),'].join('\n');
}

export function machinesText(fits: readonly Fitted[]): string {
  return [
    '/** Machines whose parameters were fitted; written by `ringlab validate --fit`. */',
    "import { COSTS } from './costs.ts';",
    "import type { Machine, MachineValue } from './machine_form.ts';",
    '',
    '/** Costs that a machine does not name are 0 there. */',
    'function machine(',
    '  name: string, about: string, said: readonly MachineValue[], cells: number, prices: Readonly<Record<string, number>>,',
    '): Machine {',
    '  const fitted = Object.entries(prices).map(([cost, value]): MachineValue =>',
    "    ({ knob: `cost.${cost}`, value, by: 'fitted', source: `fitted to ${cells} published cells (docs/validation.md)` }));",
    '  const named = new Set([...said, ...fitted].map((v) => v.knob));',
    "  const rest = COSTS.filter((c) => c.unit !== 'ns' && !named.has(`cost.${c.name}`)).map((c): MachineValue =>",
    `    ({ knob: \`cost.\${c.name}\`, value: 0, by: 'assumed', source: ${quoted(WITHIN)} }));`,
    '  return { name, about, values: [...said, ...fitted, ...rest] };',
    '}',
    '',
    'export const FITTED: readonly Machine[] = [',
    ...fits.map(machineText),
    '];',
    '',
  ].join('\n');
}
