/**
 * Runs all scripts that can be had: our own, and those of the public suites. passing.txt is a ratchet: what passed once may
 * not fail again. A script that passes and is not listed is named, so that it can be added.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore } from '../../sim/host/engine.ts';
import { type Suite, suiteDir } from './sources.ts';
import { appliesTo, findScripts, MODES, readScript, runFile } from './suites.ts';

const here = import.meta.dirname;
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(here, '../../build/core.wasm')));
});

/** `suite mode script`, one a line. */
const listed = readFileSync(join(here, 'passing.txt'), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('our own scripts pass', () => {
  for (const file of findScripts(join(here, 'scripts'))) {
    const text = readScript(file);
    for (const mode of MODES) {
      if (!appliesTo(file.name, text, mode)) continue;
      test(`${file.name} ${mode}`, () => {
        const { verdict, line, message, expected, actual } = runFile(core, text, mode);
        expect({ verdict, line, message, expected, actual }).toMatchObject({ verdict: 'pass' });
      });
    }
  }
});

function runSuite(suite: Suite, dir: string): void {
  for (const mode of MODES) {
    test(`${suite}, ${mode}: what passed before passes`, () => {
      const files = new Map(findScripts(dir).map((file) => [file.name, file]));
      const failed: string[] = [];
      for (const row of listed) {
        const [of, in_mode, name = ''] = row.split(' ');
        const file = files.get(name);
        if (of !== suite || in_mode !== mode || !file) continue;
        const report = runFile(core, readScript(file), mode, file.name);
        if (report.verdict !== 'pass') failed.push(`${name}:${report.line} ${report.verdict}: ${report.message}`);
      }
      expect(failed).toEqual([]);
    });
  }
}

for (const suite of ['linux', 'google'] as const) {
  const dir = suiteDir(suite);
  describe(`the scripts of ${suite}`, () => {
    if (dir === undefined || !existsSync(dir)) {
      const google = 'RINGLAB_PACKETDRILL_GOOGLE names their folder, gtests/net';
      const how = suite === 'linux' ? 'ringlab packetdrill --fetch obtains them' : google;
      test.skip(`they are not on this machine: ${how}`, () => {});
    } else runSuite(suite, dir);
  });
}
