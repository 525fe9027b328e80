/**
 * The kernel's own headers for the layout asserts. In this order: $KERNEL_HEADERS (a folder with linux/io_uring.h), what
 * an earlier run unpacked into build/kernel-headers, this system's /usr/include, and linux-libc-dev of a newer Debian
 * suite from the mirror that apt uses here, unpacked beside the build and not installed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { which } from './prepare.mjs';
import { root, run } from './run_command.mjs';

/** The UAPI table is that of Linux 7.3. */
const LEAST = (7 << 16) | (3 << 8);
const SUITES = ['trixie-backports', 'sid'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const unpacked = join(root, 'build/kernel-headers');

/** The kernel version of a folder of headers, 0 when it has none. */
function versionOf(folder) {
  const file = join(folder, 'linux/version.h');
  if (!existsSync(file) || !existsSync(join(folder, 'linux/io_uring.h'))) return 0;
  return Number(/LINUX_VERSION_CODE\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}

/** Include folders of a folder of headers: Debian keeps asm/ in a folder of the architecture. */
function includes(folder) {
  const machine = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? '';
  return [folder, join(folder, machine)].filter((f) => machine !== '' || f === folder);
}

/** The first mirror that apt uses here, or undefined. */
function mirror() {
  const dir = '/etc/apt/sources.list.d';
  const files = existsSync(dir) ? readdirSync(dir).sort().map((f) => join(dir, f)) : [];
  for (const file of [...files, '/etc/apt/sources.list']) {
    if (!/\.(sources|list)$/.test(file) || !existsSync(file)) continue;
    const found = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+debian\/?)(?:\s|$)/m.exec(readFileSync(file, 'utf8'));
    if (found) return found[1];
  }
  return undefined;
}

/** Downloads and unpacks linux-libc-dev of a suite. True when the headers are new enough. */
async function fetchHeaders(suite, from) {
  const state = join(unpacked, 'apt', suite);
  for (const dir of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, dir), { recursive: true });
  writeFileSync(join(state, 'sources.list'), `deb [signed-by=${KEYRING}] ${from} ${suite} main\n`);
  const apt = [
    '-q', `-oDir::Etc::SourceList=${state}/sources.list`, '-oDir::Etc::SourceParts=/dev/null', `-oDir::State::Lists=${state}/lists`,
    `-oDir::Cache=${state}/cache`, `-oAPT::Sandbox::User=${process.env.USER ?? 'root'}`,
  ];
  if ((await run('apt-get', [...apt, 'update'])).code !== 0) return false;
  if ((await run('apt-get', [...apt, 'download', 'linux-libc-dev'], { cwd: state })).code !== 0) return false;
  for (const file of readdirSync(state).filter((f) => f.endsWith('.deb'))) await run('dpkg', ['-x', join(state, file), unpacked]);
  return versionOf(join(unpacked, 'usr/include')) >= LEAST;
}

/** Include folders with headers of Linux 7.3 or newer, or one sentence why there are none. */
export async function kernelHeaders() {
  const candidates = [process.env.KERNEL_HEADERS, join(unpacked, 'usr/include'), '/usr/include'];
  for (const folder of candidates) {
    if (folder && versionOf(folder) >= LEAST) return { folders: includes(folder) };
  }
  const from = mirror();
  if (!which('apt-get') || !from || !existsSync(KEYRING)) {
    return { missing: 'no headers of Linux 7.3 here (set KERNEL_HEADERS to a folder with linux/io_uring.h)' };
  }
  for (const suite of SUITES) {
    if (await fetchHeaders(suite, from)) return { folders: includes(join(unpacked, 'usr/include')) };
  }
  return { missing: 'no headers of Linux 7.3 could be fetched (set KERNEL_HEADERS to a folder with linux/io_uring.h)' };
}
