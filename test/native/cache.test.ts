/** The cache of the lab, where it cannot be had: a sentence, and never a run that goes on without it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheFolder } from '../../native-backend/lab/places.ts';
import { LabError } from '../../native-backend/lab/target.ts';

const before = process.env.RINGLAB_CACHE;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringlab-cache-'));
});
afterEach(() => {
  if (before === undefined) delete process.env.RINGLAB_CACHE;
  else process.env.RINGLAB_CACHE = before;
  rmSync(folder, { recursive: true });
});
const asked = (path: string) => {
  process.env.RINGLAB_CACHE = path;
  return () => cacheFolder('kernels', '7.3');
};

test('is made with the folders above it', () => {
  expect(asked(join(folder, 'a', 'b'))()).toBe(join(folder, 'a', 'b', 'kernels', '7.3'));
  expect(readdirSync(join(folder, 'a', 'b', 'kernels'))).toEqual(['7.3']);
});

test('is an absolute path, however it was named', () => {
  const relative = join('build', `cache-${process.pid}`);
  try {
    expect(asked(relative)()).toBe(join(process.cwd(), relative, 'kernels', '7.3'));
  } finally {
    rmSync(relative, { recursive: true, force: true });
  }
});

test('that is a file is refused with a remedy', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(asked(file)).toThrow(LabError);
  expect(asked(file)).toThrow(/^the cache .*file\/kernels\/7\.3 cannot be written \((EEXIST|ENOTDIR)\); let RINGLAB_CACHE /);
});

test('where no folder can be made is refused, and does not make us wait', () => {
  expect(asked('/proc/nope')).toThrow(/^the cache \/proc\/nope\/kernels\/7\.3 cannot be written \((ENOENT|EACCES|EPERM)\); /);
});
