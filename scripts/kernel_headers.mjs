/**
 * The kernel's own headers for the layout asserts. In this order: $KERNEL_HEADERS (a folder with linux/io_uring.h), what
 * an earlier run unpacked into build/kernel-headers, this system's /usr/include, and linux-libc-dev of a newer Debian
 * suite from the mirror that apt uses here, unpacked beside the build and not installed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackPackage } from './debian_package.mjs';
import { root } from './run_command.mjs';

/** The UAPI table is that of Linux 7.3. */
const LEAST = (7 << 16) | (3 << 8);
const SUITES = ['trixie-backports', 'sid'];
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

/** Unpacks linux-libc-dev of a suite. True when the headers are new enough. */
async function fetchHeaders(suite) {
  try {
    await unpackPackage('linux-libc-dev', suite, unpacked);
  } catch {
    return false;
  }
  return versionOf(join(unpacked, 'usr/include')) >= LEAST;
}

/** Include folders with headers of Linux 7.3 or newer, or one sentence why there are none. */
export async function kernelHeaders() {
  const candidates = [process.env.KERNEL_HEADERS, join(unpacked, 'usr/include'), '/usr/include'];
  for (const folder of candidates) {
    if (folder && versionOf(folder) >= LEAST) return { folders: includes(folder) };
  }
  for (const suite of SUITES) {
    if (await fetchHeaders(suite)) return { folders: includes(join(unpacked, 'usr/include')) };
  }
  return { missing: 'no headers of Linux 7.3 could be fetched (set KERNEL_HEADERS to a folder with linux/io_uring.h)' };
}
