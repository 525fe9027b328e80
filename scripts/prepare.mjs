/** What has to be on the machine before anything else: npm packages, and Debian packages for the tests that want them. */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, run } from './run_command.mjs';
import { step } from './terminal.mjs';

/** Ends the process with one sentence when Node is too old for the tools. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Ringlab needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

const stamp = join(root, 'node_modules', '.ringlab-lock');
const lockHash = () => createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');

/** True when node_modules holds what package-lock.json says. */
export function modulesFresh() {
  // A link leads to the packages of another tree: npm ci would delete them there.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === lockHash();
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs) return false;
  writeFileSync(stamp, lockHash());
  return true;
}

/** Runs `npm ci` when node_modules is missing or older than the lock. */
export async function installModules() {
  if (modulesFresh()) return;
  const progress = step('npm ci');
  const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  if (code !== 0) {
    progress.failed();
    console.error(output.trim());
    console.error('The npm packages could not be installed; everything else needs them.');
    process.exit(1);
  }
  writeFileSync(stamp, lockHash());
  progress.done('packages of package-lock.json');
}

/** The path of a program, or undefined. */
export function which(program) {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return join(dir, program);
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

let updated = false;

/**
 * Makes sure that `present()` holds by installing Debian packages if this user may. Returns '' when it holds, else one
 * sentence for the report of what was skipped.
 */
export async function debianPackages(packages, present) {
  if (present()) return '';
  const names = packages.join(' ');
  if (!which('apt-get')) return `${names} not installed, and this system has no apt-get`;
  if (process.getuid?.() !== 0) return `${names} not installed; as root: apt-get install ${names}`;
  const progress = step(`apt-get ${packages[0]}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (!updated) {
    updated = true;
    await run('apt-get', ['-q', 'update'], { env });
  }
  const { code } = await run('apt-get', ['-q', '-y', '--no-install-recommends', 'install', ...packages], { env });
  if (code === 0 && present()) {
    progress.done('installed');
    return '';
  }
  progress.skipped('could not be installed');
  return `apt-get could not install ${names}`;
}
