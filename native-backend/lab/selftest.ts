/**
 * The kernel's own program for zero-copy receive, tools/testing/selftests/drivers/net/hw/iou-zcrx.c: taken out of Debian's package
 * of the kernel's source and kept in the cache, built on the spot against liburing.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { liburing } from './agent.ts';
import { inCache } from './cache.ts';
import { command, lastLine } from './command.ts';
import { inSuite } from './debian.ts';
import { cacheFolder } from './places.ts';
import { LabError, type Watch } from './target.ts';

const SUITE = 'trixie-backports';
const PACKAGE = 'linux-source-7.3';
const PROGRAM = 'iou-zcrx';
const SOURCE = `tools/testing/selftests/drivers/net/hw/${PROGRAM}.c`;
const KEPT = ['selftest', PACKAGE] as const;

/** Whether the source is here already: its package is large, and nobody waits for it in a short test. */
export const selftestAtHand = (): boolean => existsSync(join(cacheFolder(), ...KEPT));

const sourceFolder = (watch: Watch): Promise<string> => inCache(KEPT, async (to) => {
  await inSuite(SUITE, 'the source of the kernel', watch, (suite) => {
    watch.progress(`fetching ${PACKAGE}`);
    return suite.unpack([PACKAGE], to);
  });
  watch.progress(`taking ${PROGRAM}.c out of ${PACKAGE}`);
  const wanted = `${PACKAGE}/${SOURCE}`;
  const { code, stderr } = await command(
    ['tar', 'xf', join(to, `usr/src/${PACKAGE}.tar.xz`), '-C', to, '--occurrence', wanted], { signal: watch.signal });
  if (code !== 0) throw new LabError(`${PACKAGE} of Debian ${SUITE} has no ${SOURCE} (${lastLine(stderr)}).`);
  copyFileSync(join(to, wanted), join(to, `${PROGRAM}.c`));
  for (const name of [PACKAGE, 'usr']) rmSync(join(to, name), { recursive: true });
});

/** The path of the program, built when it has to be. */
export async function kernelSelftest(watch: Watch): Promise<string> {
  const source = join(await sourceFolder(watch), `${PROGRAM}.c`);
  const library = await liburing(watch);
  const hash = createHash('sha256').update(readFileSync(source)).update(`${library.version} ${library.env.LIBURING ?? ''}`).digest('hex');
  const folder = await inCache(['selftest', `${PROGRAM}-${hash.slice(0, 16)}`], async (to) => {
    watch.progress(`building ${PROGRAM}`);
    mkdirSync(to, { recursive: true });
    const usr = library.env.LIBURING;
    const where = usr === undefined ? [] : [`-I${usr}/include`, `-L${usr}/lib`, `-L${usr}/lib/x86_64-linux-gnu`];
    const argv = [process.env.CC ?? 'cc', '-O2', '-static', '-w', '-o', join(to, PROGRAM), source, ...where, '-luring'];
    const { code, stderr } = await command(argv, { signal: watch.signal });
    const error = stderr.split('\n').find((l) => /error/.test(l)) ?? lastLine(stderr);
    if (code !== 0) throw new LabError(`the kernel's ${PROGRAM} cannot be built (${error}).`);
  });
  return join(folder, PROGRAM);
}
