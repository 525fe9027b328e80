/**
 * Who may import whom. asc compiles an import cycle without a word, so this table is the only thing that keeps the stack
 * from importing its neighbours. What is not here is an event, or a port.
 */
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, resolveImport } from '../../scripts/as_sources.mjs';
import { STAGES } from '../../sim/schema/stages.ts';
import { asFiles, filesUnder, none, read } from './sources.ts';

const CORE = 'sim/core';
const LO = 'nic-model/lo';
const BUILTIN = 'uring-model/8-app/builtin';
const UAPI = 'uring-model/uapi.gen.ts';
const FILE = 'stack/file';
const UNIX = 'stack/unix';
const UDP = 'stack/udp';
const stage = (n: number) => STAGES[n - 1]?.folder ?? '';

/** AssemblyScript: from a module to the modules that it may import, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  [CORE]: [],
  // A frame holds on to the sender's pages until the receiver's DMA has read them.
  [stage(1)]: [CORE, stage(3)],
  [stage(2)]: [CORE, stage(1), stage(3), stage(4)],
  [LO]: [CORE, stage(3), stage(4)],
  [stage(3)]: [CORE],
  [stage(4)]: [CORE, stage(3), stage(5)],
  [stage(5)]: [CORE, stage(3), stage(6)],
  [stage(6)]: [CORE, stage(3)],
  [UNIX]: [CORE, stage(3), stage(6), UAPI],
  [UDP]: [CORE, stage(3), stage(5), stage(6), UAPI],
  [FILE]: [CORE, stage(3), stage(5), stage(6), UNIX, UDP, UAPI],
  [stage(7)]: [CORE, stage(3), stage(5), stage(6), FILE, stage(9), UAPI],
  [BUILTIN]: [CORE, stage(7), stage(9), UAPI],
  [stage(9)]: [CORE, stage(3), stage(5), stage(6), FILE, UAPI],
  [UAPI]: [CORE],
  'sim/world': [CORE, LO, ...[1, 2, 3, 4, 5, 6, 7].map(stage), FILE, UNIX, UDP, BUILTIN, stage(9), UAPI],
};

/** Files that may be named from outside besides index.ts: what they hold has no home in an index. */
const OPEN_FILES = ['sim/core/trap.ts', UAPI];

/** A port is filled in from where the call goes to: its setter may be imported there, and nothing else of its stage. */
const PORT_SETTERS: readonly (readonly [from: string, to: string, names: string])[] = [
  [stage(2), stage(5), '{ setStartXmit }'],
  [LO, stage(5), '{ setLoXmit }'],
];

const moduleOf = (file: string) => Object.keys(ALLOWED).find((m) => file === m || file.startsWith(`${m}/`));

/** Breaks of the table by one file. */
function breaks(file: string, imports: readonly { path: string; names?: string }[]): string[] {
  const out: string[] = [];
  const from = moduleOf(file);
  if (from === undefined) return [`${file}: belongs to no module of the table`];
  for (const { path, names } of imports) {
    const target = resolveImport(file, path);
    const to = target === undefined ? undefined : moduleOf(target);
    if (target === undefined || to === undefined) {
      out.push(`${file}: imports ${path}, which is no module of the core`);
    } else if (PORT_SETTERS.some(([f, t, n]) => f === from && t === to && n === names)) {
      // As it should be.
    } else if (to !== from && !ALLOWED[from]?.includes(to)) out.push(`${file}: ${from} may not import ${to}`);
    else if (to !== from && posix.basename(target) !== 'index.ts' && !OPEN_FILES.includes(target)) {
      out.push(`${file}: only ${to}/index.ts may be imported from outside, not ${target}`);
    }
  }
  return out;
}

test('the table of allowed imports holds for every AssemblyScript file', () => {
  none(asFiles().flatMap((file: string) => breaks(file, importsOf(read(file)))));
});

test('the check sees a break', () => {
  expect(breaks('stack/3-pool/skb.ts', [{ path: '../../nic-model/2-nic' }])).not.toEqual([]);
  expect(breaks('stack/4-napi/port.ts', [{ path: '../3-pool/netmem' }])).not.toEqual([]);
  none(breaks('stack/4-napi/port.ts', [{ path: '../../sim/core' }]));
});

/** TypeScript: a folder may import these and itself. */
const TS_ALLOWED: readonly [string, readonly RegExp[]][] = [
  // sim/lab/late.ts is what the worker loads later than the rest; sim/fuzz/guard.ts, when a run is checked.
  ['web', [/^sim\/(host|lab)\/index\.ts$/, /^sim\/lab\/late\.ts$/, /^sim\/fuzz\/guard\.ts$/, /^sim\/schema\//, /^web\//]],
  ['sim/lab', [/^sim\/(lab|schema)\//, /^sim\/host\/index\.ts$/]],
  ['uring-model/8-app', [/^uring-model\/8-app\//, /^sim\/schema\//]],
  ['sim/schema', [/^sim\/schema\//]],
  ['sim/gen', [
    /^sim\/(gen|schema)\//, /^sim\/fuzz\/invariants\/index\.ts$/, /^sim\/host\/scenario/, /^native-backend\/lab\/compare\/rules\.ts$/,
  ]],
  ['sim/host', [/^sim\/(host|schema)\//, /^sim\/gen\/config_layout\.ts$/, /^uring-model\/8-app\//]],
  ['sim/validation', [/^sim\/(validation|schema)\//, /^sim\/host\/index\.ts$/]],
  ['sim/package', [/^sim\/package\//, /^sim\/host\/index\.ts$/, /^uring-model\/8-app\/(index|uapi\.gen)\.ts$/]],
  // The packetdrill interpreter is a test that has a command too.
  ['sim/cli', [
    /^sim\/(cli|schema)\//, /^sim\/(host|validation|fuzz|lab)\/index\.ts$/, /^test\/packetdrill\//, /^native-backend\/lab\/index\.ts$/,
    // A link is the same wherever it is made.
    /^web\/(address|deflate)\.ts$/,
  ]],
  ['sim/fuzz', [/^sim\/(fuzz|schema)\//, /^sim\/(host|lab)\/index\.ts$/]],
  ['native-backend/lab', [/^native-backend\/lab\//, /^sim\/schema\//, /^sim\/(host|fuzz)\/index\.ts$/]],
];

test.each(TS_ALLOWED)('%s imports only what it may', (folder, allowed) => {
  const files = filesUnder(folder, (f) => /\.(ts|svelte)$/.test(f) && !f.startsWith(BUILTIN));
  const wrong: string[] = [];
  for (const file of files) {
    for (const { path } of importsOf(read(file))) {
      const target = resolveImport(file, path) ?? posix.normalize(posix.join(posix.dirname(file), path));
      const known = /\.(ts|svelte|css|yaml)$/.test(target) || target.includes('?');
      if (known && !target.includes('?') && !allowed.some((a) => a.test(target))) wrong.push(`${file}: imports ${target}`);
    }
  }
  // A stage's card is AssemblyScript's; the index of 8-app serves TypeScript only.
  none(wrong);
});
