/** ringlab predict --family F --set KEY=VALUE … */
import type { Command } from 'commander';
import { InputError, resultJson } from '../host/index.ts';
import { expectedText, FAMILIES, type Family, familyOf, predict, PUBLISHED, settingsOf, shortened } from '../validation/index.ts';
import { loadCore } from './files.ts';
import { collect, machineIn } from './run_options.ts';
import { bold, dim, say } from './terminal.ts';

interface PredictFlags {
  readonly family?: string;
  readonly cell?: string;
  readonly machine?: string;
  readonly set: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
}

export function addPredict(program: Command): void {
  program.command('predict')
    .description('what a published kind of measurement would give on its machine with other settings')
    .option('--family <name>', 'which kind; the beginning of its name is enough')
    .option('--set <key=value>', 'a setting of the family; may be given several times', collect, [])
    .option('--cell <name>', 'settings by the name of a published cell; --set changes them')
    .option('--machine <file>', 'on this machine instead of the published one: a file of ringlab calibrate --out')
    .option('--list', 'what there is: families, or the settings of one')
    .option('--json', 'as JSON, with the scenario that was run')
    .addHelpText('after', `
Examples:
  $ ringlab predict --list
  $ ringlab predict --family F5_vldb_send_zc --list
  $ ringlab predict --family F2_sendzc_nic_2022 --set size=2000 --set zc=true --json
  $ ringlab predict --family F3 --cell '512B n8f'`)
    .action(async (flags: PredictFlags) => {
      if (flags.family === undefined) {
        if (!flags.list) throw new InputError('predict: --family is missing; ringlab predict --list shows the families.');
        return list(FAMILIES, flags.json === true);
      }
      const family = familyOf(FAMILIES, flags.family);
      if (flags.list) return list([family], flags.json === true);
      const settings = settingsOf(family, flags.set, flags.cell);
      const own = flags.machine === undefined ? undefined : machineIn(flags.machine);
      const knobs = own && Object.fromEntries(own.values.map((v) => [v.knob, v.value]));
      const { value, scenario, measured } = predict(await loadCore(), family, settings, knobs);
      const machine = own?.name ?? family.machine;
      const unit = family.unit(settings);
      const shown = shortened(value);
      const plain = !own && flags.set.length === 0;
      const published = PUBLISHED.find((c) => plain && c.family === family.name && c.cell === flags.cell);
      if (flags.json) {
        return say(resultJson({
          family: family.name, cell: flags.cell ?? null, value: shown, unit, settings, machine, scenario,
          bottleneck: measured.measurement.bottleneck, published: published?.expected ?? null,
        }));
      }
      say(`${bold(`${shown} ${unit}`)} ${dim(`· ${family.name} on ${machine}, limited by ${measured.measurement.bottleneck}`)}`);
      say(dim(Object.entries(settings).map(([k, v]) => `${k}=${v}`).join(' ')));
      if (published) say(`published: ${published.expected} ${unit}, ${((value / published.expected - 1) * 100).toFixed(1)} %`);
    });
}

function list(families: readonly Family[], json: boolean): void {
  if (json) {
    return say(resultJson(families.map((f) => ({
      family: f.name, about: f.about, machine: f.machine, unit: f.unit(settingsOf(f, [])), counted: f.counted, assumed: f.assumed,
      settings: f.settings, examples: f.examples, cells: PUBLISHED.filter((c) => c.family === f.name).map((c) => c.cell),
    }))));
  }
  if (families.length > 1) {
    const width = Math.max(...families.map((f) => f.name.length));
    for (const f of families) say(`${bold(f.name.padEnd(width))}  ${f.about} ${dim(`(${f.unit(settingsOf(f, []))})`)}`);
    return say(dim('\nringlab predict --family NAME --list shows its settings.'));
  }
  for (const f of families) {
    say(`${bold(f.name)}  ${f.about}`);
    say(`  counted: ${f.counted}`);
    say(`  assumed: ${f.assumed}`);
    say('');
    for (const s of f.settings) {
      say(`  ${bold(s.name)}=${s.value}  ${s.about} ${dim(`(${expectedText(s)}${s.also ? `; also ${s.also.join(', ')}` : ''})`)}`);
    }
    say('');
    for (const e of f.examples) say(`  $ ringlab predict --family ${f.name} ${e}`);
    say(dim(`\n  published cells: ${PUBLISHED.filter((c) => c.family === f.name).map((c) => c.cell).join(' · ')}`));
  }
}
