/** The recorded traces that are committed: test/fixtures/golden/TARGET/KERNEL/SCENARIO.jsonl. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beside, type Beside, type Golden, readGolden, type Rule, RULES, type Written } from '../../native-backend/lab/index.ts';

const root = process.env.RINGLAB_ROOT ?? join(import.meta.dirname, '..', '..');
const FOLDER = 'test/fixtures/golden';
const read = (path: string) => readFileSync(join(root, path), 'utf8');

export interface GoldenFile extends Golden {
  readonly path: string;
}

/** All of them, by target, kernel and scenario. */
export function goldenFiles(): GoldenFile[] {
  const files = readdirSync(join(root, FOLDER), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.jsonl')).sort();
  return files.map((f) => {
    const path = `${FOLDER}/${f.replaceAll('\\', '/')}`;
    return { path, ...readGolden(read(path), path) };
  });
}

export function writtenScenario(name: string): Written {
  const file = `scenarios/${name}.yaml`;
  return { name, text: read(file), file, sets: [] };
}

export const compareGolden = (core: WebAssembly.Module, golden: GoldenFile, rules: readonly Rule[] = RULES): Beside =>
  beside(core, writtenScenario(golden.scenario), golden, rules);
