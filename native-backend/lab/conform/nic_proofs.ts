/** The longer part of the emulated NIC's own proofs, for each kernel, as npm run conform shows them. */
import { LabError, type Watch } from '../target.ts';
import { zcnicProofs } from '../zcnic_proofs.ts';

const WORDS = { ok: 'ok', skipped: 'skipped', failed: 'FAILED' } as const;

/** Runs all proofs on the kernels. Returns how many failed; a kernel that cannot be had is one where somebody asked for it. */
export async function nicProofs(kernels: readonly string[], named: boolean, say: (line: string) => void, watch: Watch): Promise<number> {
  let failed = 0;
  for (const kernel of kernels) {
    try {
      const { release, proofs } = await zcnicProofs({ kernel, selftest: true }, watch);
      say(`what zcnic has to stand, on Linux ${release}`);
      for (const { name, outcome, text } of proofs) say(`${WORDS[outcome].padEnd(8)}  ${name}  ${text}`);
      failed += proofs.filter((p) => p.outcome === 'failed').length;
    } catch (error) {
      if (!(error instanceof LabError) || watch.signal.aborted) throw error;
      say(`${named ? 'FAILED  ' : 'skipped '}  zcnic ${kernel}: ${error.message}`);
      failed += named ? 1 : 0;
    }
  }
  return failed;
}
