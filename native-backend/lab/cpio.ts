/** An archive as the kernel unpacks it at boot (Documentation/driver-api/early-userspace/buffer-format.rst: newc). */

export interface Entry {
  readonly path: string;
  /** A file's bytes, a link's target; neither: a folder. */
  readonly data?: Uint8Array | string;
  readonly link?: string;
  /** A program or a script. */
  readonly runs?: boolean;
}

const MAGIC = '070701';
const FOLDER = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;
const LINK = 0o120777;
const LAST = 'TRAILER!!!';
const ALIGN = 4;

const padding = (bytes: number) => Buffer.alloc((ALIGN - (bytes % ALIGN)) % ALIGN);

/** One record; nothing in it depends on when or by whom it was made. */
function record(ino: number, mode: number, name: string, data: Uint8Array): Buffer[] {
  const links = mode === FOLDER ? 2 : 1;
  const fields = [ino, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = Buffer.from(`${MAGIC}${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}${name}\0`, 'latin1');
  return [head, padding(head.length), Buffer.from(data), padding(data.length)];
}

/** The archive of some entries, with the folders that their paths go through. */
export function cpio(entries: readonly Entry[]): Buffer {
  const out: Buffer[] = [];
  const made = new Set<string>();
  let ino = 1;
  const folder = (path: string) => {
    if (path === '' || made.has(path)) return;
    folder(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    made.add(path);
    out.push(...record(ino++, FOLDER, path, Buffer.alloc(0)));
  };
  for (const { path, data, link, runs } of entries) {
    folder(data === undefined && link === undefined ? path : path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    if (link !== undefined) out.push(...record(ino++, LINK, path, Buffer.from(link)));
    else if (data !== undefined) out.push(...record(ino++, runs ? PROGRAM : FILE, path, Buffer.from(data)));
  }
  out.push(...record(0, FILE, LAST, Buffer.alloc(0)));
  return Buffer.concat(out);
}
