/** docs/validation.md: how predictions compare with what was published, failures included. */
import { MACHINES } from '../schema/machines.ts';
import type { Family } from './form.ts';
import { WITHIN } from './plans.ts';
import { type Row, type Summary, summaryOf } from './report.ts';
import { SOURCES } from './sources.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...rows.map((r) => `| ${r.join(' | ')} |`)].join('\n');
const percent = (n: number): string => `${n.toFixed(1)} %`;
const signed = (n: number): string => `${n > 0 ? '+' : ''}${n.toFixed(1)} %`;

/** A family meets the aim when its check cells are off by under 5 % on average, and by under 15 % at worst. */
const AIM_MEAN = 5;
const AIM_MAX = 15;
const verdict = (s: Summary): string => {
  if (s.check_cells === 0) return 'no check cells';
  return s.check_mean_percent < AIM_MEAN && s.check_max_percent < AIM_MAX ? 'as aimed for' : 'missed';
};

export function validationPage(families: readonly Family[], rows: readonly Row[]): string {
  const summaries = families.map((f) => summaryOf(f, rows.filter((r) => r.family === f.name)));
  const check = rows.filter((r) => r.role === 'check');
  const overall = check.reduce((sum, r) => sum + Math.abs(r.error_percent), 0) / Math.max(check.length, 1);
  const missed = summaries.filter((s) => verdict(s) === 'missed');
  return [
    '<!-- Written by ringlab validate --page docs/validation.md. Do not edit. -->',
    '# Predictions held against published measurements',
    '',
    'Each published measurement is a scenario that runs on the machine model; nothing is computed beside it. A machine\'s prices are',
    'fitted to `fit` cells alone, by `ringlab validate --fit`: non-negative least squares of relative errors, with how often the run was',
    'charged each price as the derivative, repeated until the prices stay. `check` cells never reach the fit; their errors are below.',
    'Errors are of the predicted value against the published one.',
    '',
    `Over all ${check.length} check cells the mean error is ${percent(overall)}. The aim is a mean under ${AIM_MEAN} % and a worst`,
    `cell under ${AIM_MAX} % in each family${missed.length > 0 ? `; it is missed by ${missed.map((s) => s.family).join(', ')}` : ''}.`,
    '',
    table(['family', 'unit', 'fit cells', 'mean error', 'check cells', 'mean error', 'worst', 'worst cell', 'verdict', 'check cells are'],
      summaries.map((s) => [s.family, s.unit, String(s.fit_cells), percent(s.fit_mean_percent), String(s.check_cells),
        s.check_cells > 0 ? percent(s.check_mean_percent) : '-', s.check_cells > 0 ? percent(s.check_max_percent) : '-',
        s.worst_cell || '-', verdict(s), s.check_cells === 0 ? '-' : s.interpolation_only ? 'interpolation' : 'not all interpolation'])),
    '',
    'Interpolation: the cell differs from fitted ones in one number and lies between them. That says how smooth the model is, and little',
    'of how far it sees.',
    '',
    '## How blind the predictions are',
    '',
    'Parameters come from fit cells alone, but the structure was found with all cells in view, check cells included: that the first KiB',
    'and the first 16 KiB of a request cost more, which costs there are at all, and what is told apart. So the errors of the check cells',
    'of F5 flatter it; so many parameters serve its fit cells that it is interpolation anyway. Besides:',
    '',
    '- F6 on different cores: how many cache lines a copied page takes along (stack/3-pool/lines.ts) was chosen to give about the factor',
    '  of 1.8 that F7 has for an application beside its softirq; the rates that were published for F6 were known then, so that its',
    '  predictions there are not blind.',
    '- F7: the cells by core are not printed in the source; they are what a first cost model made of the utilisation that is.',
    '- F10: the prefetchers\' share is fitted to what zero copy saves on each side, so cells without copies are no predictions. What the',
    '  database moves by itself was set by hand to what is left of the two cells with copies.',
    '',
    ...families.flatMap((f) => familyPart(f, rows.filter((r) => r.family === f.name))),
    '## Machines',
    '',
    ...MACHINES.filter((m) => m.values.length > 0 && m.name !== 'ideal').flatMap((m) => [
      `### ${m.name}`, '', `${m.about}.`, '',
      table(['knob', 'value', 'by', 'source'],
        m.values.filter((v) => v.source !== WITHIN).map((v) => [`\`${v.knob}\``, String(v.value), v.by, v.source])), '',
      'All other costs are 0: they are contained in what was fitted, since the source cannot tell them apart.', '',
    ]),
    '## Sources',
    '',
    ...Object.entries(SOURCES).map(([name, s]) => `- ${name}: ${s.title}, <${s.url}>. ${s.machine}.`),
    '',
  ].join('\n').replace(/<(Linux 7\.3, [^>]*)>/g, '$1');
}

function familyPart(f: Family, rows: readonly Row[]): string[] {
  return [
    `## ${f.name}`,
    '',
    `${f.about}. Machine: \`${f.machine}\`.`,
    '',
    `- Counted: ${f.counted}.`,
    `- Assumed: ${f.assumed}.`,
    `- Settings: ${f.settings.map((s) => `\`${s.name}\``).join(', ')}. For example`
      + ` \`ringlab predict --family ${f.name} ${f.examples[0] ?? ''}\`.`,
    '',
    table(['cell', 'role', 'published', 'predicted', 'unit', 'error', 'limited by', 'source'],
      rows.map((r) => [r.cell, r.role === 'fit' ? 'fit' : `check, ${r.standing}`, String(r.expected), String(r.predicted), r.unit,
        signed(r.error_percent), r.bottleneck, r.source])),
    '',
  ];
}
