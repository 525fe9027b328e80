/** What zcnic has to stand (native-backend/zcnic/proofs.sh), in one boot of the virtual machine. */
import { readFileSync } from 'node:fs';
import { loadScenario } from '../../sim/host/index.ts';
import { agentBinary } from './agent.ts';
import { initramfs } from './initramfs.ts';
import { jobOf } from './job.ts';
import { labKernel } from './kernel.ts';
import { zcnicModule } from './module.ts';
import { native } from './places.ts';
import { kernelTrouble, runQemu } from './qemu.ts';
import { kernelSelftest } from './selftest.ts';
import { LabError, type Watch } from './target.ts';

export interface Proof {
  readonly name: string;
  readonly outcome: 'ok' | 'skipped' | 'failed';
  readonly text: string;
}

export interface Proofs {
  readonly release: string;
  readonly proofs: readonly Proof[];
}

export interface ProofOptions {
  /** Which of them; none: all. */
  readonly names?: readonly string[];
  readonly kernel?: string;
  /** Without the kernel's selftest the proofs that need it skip themselves. */
  readonly selftest: boolean;
}

const PROOFS = 'proofs.sh';
/** A ring sixty times, and exhaustion, are silent for a while. */
const SILENCE_MS = 120_000;

/** The applications that proofs.sh varies. */
const BASE = `
hosts:
  client: { app: { role: source } }
  server:
    app: { role: sink, receive: zc }
    refill: { queue: 3, area_bytes: 2MiB }
run: { until_ns: 100s }
`;

/** A line of proofs.sh: `ok NAME …`, `not ok NAME: …`. */
function proofOf(line: string): Proof[] {
  const [, not, name = '', text = ''] = /^(not )?ok (\w+):? ?(.*)$/.exec(line) ?? [];
  if (name === '') return [];
  return [{ name, text, outcome: not !== undefined ? 'failed' : /skipped/.test(text) ? 'skipped' : 'ok' }];
}

/** Runs proofs on zcnic. A proof that was begun and not finished is a failure, and so is what the kernel complained of. */
export async function zcnicProofs({ names = [], kernel: wanted, selftest }: ProofOptions, watch: Watch): Promise<Proofs> {
  const kernel = await labKernel(wanted, watch);
  const files: Record<string, string> = { 'zcnic.ko': await zcnicModule(kernel, watch) };
  if (selftest) files['bin/iou-zcrx'] = await kernelSelftest(watch);
  const texts = {
    'jobs.sh': `chmod +x /bin/*\nsh /ringlab/${PROOFS} ${names.join(' ')} >&3 2>&1\n`,
    [PROOFS]: readFileSync(native('zcnic', PROOFS), 'utf8'),
    'base.jsonl': jobOf('zcnic', loadScenario(BASE, 'zcnic_proofs.ts')).program,
  };
  const initrd = await initramfs({ agent: await agentBinary(watch), files, texts }, watch);
  const proofs: Proof[] = [];
  watch.progress(`booting Linux ${kernel.release}`);
  const onLine = (line: string) => {
    proofs.push(...proofOf(line));
    watch.progress(`zcnic on Linux ${kernel.release}: ${line}`);
  };
  const end = await runQemu({ vmlinuz: kernel.vmlinuz, initrd, onLine, silence_ms: SILENCE_MS }, watch.signal);
  const trouble = [...kernelTrouble(end.console).values()][0];
  if (trouble !== undefined) proofs.push({ name: 'kernel', outcome: 'failed', text: trouble });
  const how = end.how === 'silent' ? 'hung' : 'died';
  if (end.how !== 'off') proofs.push({ name: 'boot', outcome: 'failed', text: `the virtual machine ${how}` });
  if (proofs.length === 0) throw new LabError(`Linux ${kernel.release} ran no proof of zcnic in its machine; try another --kernel.`);
  return { release: kernel.release, proofs };
}
