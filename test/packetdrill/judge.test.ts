/** The interpreter can say no: our own scripts, each changed in one place, fail. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compileCore } from '../../sim/host/engine.ts';
import { applyMutant, type Mutant } from './mutants.ts';
import { statements, runPython } from './python.ts';
import { findScripts, readScript, runFile } from './suites.ts';
import { ScriptFailure } from './verdict.ts';

const here = import.meta.dirname;
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(here, '../../build/core.wasm')));
});

const scripts = findScripts(join(here, 'scripts')).filter((f) => !f.name.endsWith('v6.pkt'));

/** All places of a script that match, changed one at a time. */
function mutantsOf(text: string, kind: string, form: RegExp, change: (match: string) => string, only: RegExp): Mutant[] {
  const out: Mutant[] = [];
  text.split('\n').forEach((line, i) => {
    const bare = line.trimStart();
    if (!only.test(bare)) return;
    const match = form.exec(bare);
    if (!match) return;
    out.push({
      suite: 'own', path: '', line: i + 1, kind, column: match.index, remove: match[0], insert: change(match[0]), verdict: 'rejected',
    });
  });
  return out;
}

const outbound = /^(\+[0-9.~+]*|[0-9.]+) *> /;
const more = (digits: string) => String(Number(digits) + 1);

test.each(scripts.map((f) => [f.name, f] as const))('%s fails when something is changed', (_name, file) => {
  const text = readScript(file);
  const mutants = [
    ...mutantsOf(text, 'ack+1', /(?<= ack )[0-9]+/, more, /^[^S]*$/),
    ...mutantsOf(text, 'result+1', /(?<=\) = )[0-9]+$/, more, /^[^>]*(write|read|send|recv)\(/),
    ...mutantsOf(text, 'late', /(?<=^\+)[0-9.]+/, (t) => (Number(t) * 1.3 + 0.06).toFixed(3), outbound),
    ...mutantsOf(text, 'flag', /(?<=> )[SFPR]*\./, (t) => `F${t.replace('F', '')}`, /^\+.*> (?!F)[SPR]*\. /),
  ].filter((m) => m.kind !== 'ack+1' || outbound.test(text.split('\n')[m.line - 1]?.trimStart() ?? ''));
  // Scripts in folders have been judged on real Linux: one change of each kind is enough.
  const few = file.name.includes('/') ? mutants.filter((m, i) => mutants.findIndex((other) => other.kind === m.kind) === i) : mutants;
  const accepted = few.filter((m) => runFile(core, applyMutant(text, m) ?? '', 'ipv4').verdict === 'pass');
  expect(accepted.map((m) => `${m.line} ${m.kind} ${m.remove} -> ${m.insert}`)).toEqual([]);
});

test('a fragment of code fails when its assertion does', () => {
  const variables = new Map([['tcpi_snd_cwnd', 10n]]);
  const run = (text: string) => () => runPython([{ line: 1, text, variables }]);
  expect(run('assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd; x = tcpi_snd_cwnd + 1\nassert 10 < x <= 11')).not.toThrow();
  expect(run('assert tcpi_snd_cwnd == 11, tcpi_snd_cwnd')).toThrow(ScriptFailure);
  expect(run('assert 10 < tcpi_snd_cwnd < 11')).toThrow(ScriptFailure);
  expect(run('assert (tcpi_snd_cwnd & 2) == 0, \'%d\' % tcpi_snd_cwnd')).toThrow(ScriptFailure);
  expect(run('assert nothing == 0')).toThrow(ScriptFailure);
  expect(run('import os')).toThrow(/unsupported/);
});

test('statements end at lines and semicolons outside of strings', () => {
  expect(statements('assert a == 1, "a;b" # c;d\nx = 1; y = 2 \\\n + 3')).toEqual(['assert a == 1, "a;b"', 'x = 1', 'y = 2   + 3']);
});
