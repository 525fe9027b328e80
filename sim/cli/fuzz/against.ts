/** ringlab fuzz --against TARGET: programs of the fuzzer on a real kernel, beside the simulator. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { campaign, type Campaign, type Differing, writtenProgram } from '../../../native-backend/lab/index.ts';
import { loadCore } from '../files.ts';
import { withTarget } from '../lab_run.ts';
import { green, red, say } from '../terminal.ts';
import { sortedJson } from './fuzz_text.ts';
import { openFolder } from './save_finding.ts';

export interface AgainstFlags {
  readonly against: string;
  readonly kernel?: string;
  readonly runs: number;
  readonly seed: number;
  readonly out: string;
  readonly json: boolean;
  readonly shrink: boolean;
}

/** Programs of one boot of a virtual machine, and between two lines of progress on this one. */
const BATCH = 200;

/** The smallest program of each difference, as a scenario that ringlab compare takes. */
function save(folder: string, differing: readonly Differing[]): readonly string[] {
  return differing.map(({ smallest }) => {
    const path = join(folder, `differs-${smallest.program.seed}.yaml`);
    writeFileSync(path, writtenProgram(smallest.program).text);
    return path;
  });
}

function tell({ kernel, programs, lines, equal, declared, unsteady, differing }: Campaign, files: readonly string[]): void {
  say(`Linux ${kernel}: ${programs} programs, ${lines} lines compared; ${equal} equal, ${declared} equal but for declared differences, `
    + `${unsteady} differed once and not again.`);
  if (differing.length === 0) say(green('  no difference'));
  for (const [i, { key, seeds, smallest }] of differing.entries()) {
    say(red(`  ${key}`));
    say(`    ${seeds.length} of them, such as seed ${seeds[0]}; made small in ${files[i]}`);
    say(`    kernel    ${smallest.why}`);
  }
}

/** True: something differs. */
export async function runAgainst(flags: AgainstFlags): Promise<boolean> {
  const core = await loadCore();
  const { runs, seed, shrink } = flags;
  const options = { first_seed: seed, programs: runs, batch: BATCH, shrink };
  const told = await withTarget({ on: flags.against, ...(flags.kernel === undefined ? {} : { kernel: flags.kernel }) },
    (target, watch) => campaign(core, target, options, watch), '--against');
  if (told.differing.length > 0) openFolder(flags.out);
  const files = save(flags.out, told.differing);
  const differing = told.differing.map(({ key, seeds, smallest }, i) => ({ file: files[i] ?? '', key, seeds, why: smallest.why ?? '' }));
  if (flags.json) say(sortedJson({ ...told, against: flags.against, differing, seed }));
  else tell(told, files);
  return differing.length > 0;
}
