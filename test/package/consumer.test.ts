/**
 * Description: the package from outside. A project that has it in node_modules runs the example of docs/typescript.md with plain Node,
 * and its compiler finds the types.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';

const run = promisify(execFile);
const doc = readFileSync(join(root, 'docs/typescript.md'), 'utf8');
/** The examples, and what they print. */
const blocks = (language: string) => [...doc.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((m) => m[1] ?? '');
const examples = blocks('ts').map((code, i) => ({ name: `example${i}`, code, prints: blocks('text')[i] ?? '' }));
let project = '';

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'ringlab-consumer-'));
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
  symlinkSync(root, join(project, 'node_modules/ringlab'));
  symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], noEmit: true, types: ['node'] };
  const files = [...examples.map((e) => `${e.name}.ts`), 'wrong.ts'];
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  // They have no types of their own, so that they are JavaScript too.
  for (const { name, code } of examples)
    for (const end of ['mjs', 'ts']) writeFileSync(join(project, `${name}.${end}`), code);
  writeFileSync(join(project, 'wrong.ts'), 'import { prepNop } from \'ringlab\';\nprepNop(7);\n');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test('there are two examples', () => {
  expect(examples).toHaveLength(2);
});
test.each(examples)('$name of the documentation runs and prints what is written there', async ({ name, prints }) => {
  const { stdout } = await run(process.execPath, [`${name}.mjs`], { cwd: project });
  expect(stdout).toBe(prints);
  expect(stdout).not.toBe('');
});

test('the types are found, and refuse what is wrong', async () => {
  const tsc = join(root, 'node_modules/@typescript/native/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', project], { cwd: project }).catch((e: { stdout: string }) => e);
  expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^wrong\.ts\(2,9\): error TS2345/)]);
});
