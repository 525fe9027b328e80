/** The repository as a stranger finds it: links resolve, commands exist, dependencies are pinned. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { none, ownFiles, read, root } from './sources.ts';

interface Package {
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}
const pkg = JSON.parse(read('package.json')) as Package;

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'DECISIONS.md', 'CHANGELOG.md', 'LICENSE', 'DIVERGENCE.md'];
test.each(DOCUMENTS)('%s is there', (file) => {
  expect(existsSync(join(root, file)), `${file} is missing`).toBe(true);
});

/** Links of a Markdown text to files of the repository. */
function links(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((m) => m[1] ?? '').filter((l) => !/^(https?:|mailto:|#)/.test(l));
}

/** A link with a fragment names a declaration of that file (code) or a heading (Markdown). */
function resolves(from: string, link: string): boolean {
  const [path = '', name] = link.split('#');
  const file = join(root, from, '..', decodeURI(path));
  if (!existsSync(file)) return false;
  if (name === undefined || statSync(file).isDirectory()) return name === undefined;
  const text = read(join(from, '..', path).replace(/^\//, ''));
  if (path.endsWith('.md')) {
    const slug = (h: string) => h.toLowerCase().replace(/[^\w\- ]/g, '').trim().replaceAll(' ', '-');
    return [...text.matchAll(/^#+ (.*)$/gm)].some((h) => slug(h[1] ?? '') === name);
  }
  return new RegExp(`(function\\*?|class|const|interface|type|enum) ${name}\\b|^  (static )?${name}\\(`, 'm').test(text);
}

test('links of documents resolve, to the function where they name one', () => {
  const broken = ownFiles().filter((f) => f.endsWith('.md')).flatMap((file) =>
    links(read(file)).filter((link) => !resolves(file, link)).map((link) => `${file}: ${link}`),
  );
  none(broken);
});

test('ARCHITECTURE.md follows a byte in twelve steps, each with a link to a function', () => {
  const chapter = read('ARCHITECTURE.md').split(/^## /m).find((c) => c.startsWith('The life of a payload byte')) ?? '';
  const steps = chapter.split(/^(?=\d+\. )/m).slice(1);
  expect(steps.map((s) => Number(s.split('.')[0]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  none(steps.filter((s) => !/\]\([^)]+#\w+\)/.test(s)));
});

test('commands in README.md exist', () => {
  const text = read('README.md');
  const scripts = [...text.matchAll(/npm (?:run (?:-s )?)?([a-z][\w:-]*)/g)].map((m) => m[1] ?? '');
  const builtin = ['ci', 'install'];
  none(scripts.filter((s) => !(s in pkg.scripts) && !builtin.includes(s)));
  for (const script of Object.values(pkg.scripts)) {
    const file = /^node (scripts\/\S+)/.exec(script)?.[1];
    if (file !== undefined) expect(existsSync(join(root, file)), `${file} is missing`).toBe(true);
  }
  const commands = [...text.matchAll(/npx ringlab ([a-z]+)/g)].map((m) => m[1] ?? '');
  const cli = ownFiles().filter((f) => f.startsWith('sim/cli/')).map(read).join('\n');
  none(commands.filter((c) => !new RegExp(`['"\`]${c}\\b`).test(cli)));
  const scenarios = [...text.matchAll(/npx ringlab (?:run|show|tour) ([a-z][\w-]*)/g)].map((m) => m[1] ?? '');
  none(scenarios.filter((s) => !existsSync(join(root, `scenarios/${s}.yaml`))));
});

test('every dependency is pinned to one version', () => {
  const versions = Object.entries({ ...pkg.dependencies, ...pkg.devDependencies });
  none(versions.filter(([, v]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/.test(v)));
});

test('the lock names no registry', () => {
  none(read('package-lock.json').match(/"resolved"/g) ?? []);
});

test('every dependency has a decision that names it', () => {
  const decisions = read('DECISIONS.md');
  none(Object.keys({ ...pkg.dependencies, ...pkg.devDependencies }).filter((name) => !decisions.includes(`\`${name}\``)));
});
