/** Other runtimes come to the same state: Chromium, Node's WASI, and a WASI shim here and in Chromium. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConsoleStdout, File, OpenFile, WASI as ShimWasi } from '@bjorn3/browser_wasi_shim';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { node, root } from '../../scripts/run_command.mjs';
import { serve } from '../../scripts/serve.mjs';
import { CURSORS_ADDR, CONFIG_ADDR } from '../../sim/host/memory_map.gen.ts';
import { TraceBatch, TraceStore } from '../../sim/host/index.ts';
import { chromiumPath, launch } from '../chromium.ts';
import { builtCore, expectSame, load, type Run, runHere, SELECTED } from './runs.ts';

interface WasiLine {
  readonly stateHash: string;
  readonly virtualTimeNs: number;
  readonly events: number;
  readonly traceRecords: number;
  readonly traceHash: string;
}

let core: WebAssembly.Module;
let command: WebAssembly.Module;
beforeAll(async () => {
  core = await builtCore('core.wasm');
  command = new WebAssembly.Module(readFileSync(join(root, 'build/core.wasi.wasm')));
});

/** FNV-1a over the trace, 64 bits at a time, as sim/world/wasi.ts: drainTrace. */
function traceHash(trace: TraceStore): string {
  let hash = 0xcbf29ce484222325n;
  for (const batch of trace.batches) {
    const bytes = batch.bytes();
    for (const word of new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)) {
      hash = BigInt.asUintN(64, (hash ^ word) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, '0');
}

const expected = (run: Run): WasiLine => ({
  stateHash: run.stateHash, virtualTimeNs: run.virtualTimeNs, events: run.events, traceRecords: run.trace.length,
  traceHash: traceHash(run.trace),
});

/** In a process of its own: node:wasi takes stdin and stdout, and when it aborts it takes its process along. */
function underNodeWasi(block: Uint8Array): Promise<{ code: number; stdout: string; output: string }> {
  const args = ['--disable-warning=ExperimentalWarning', 'test/determinism/wasi_command.mjs', 'build/core.wasi.wasm'];
  return node(args, { input: block });
}

function underShim(block: Uint8Array): string {
  let line = '';
  const out = ConsoleStdout.lineBuffered((text) => {
    line += text;
  });
  const wasi = new ShimWasi([], [], [new OpenFile(new File(block)), out, ConsoleStdout.lineBuffered(() => {})]);
  const instance = new WebAssembly.Instance(command, { wasi_snapshot_preview1: wasi.wasiImport as WebAssembly.ModuleImports });
  const code = wasi.start(instance as unknown as Parameters<typeof wasi.start>[0]);
  expect(code, 'exit code').toBe(0);
  return line;
}

describe.each(SELECTED)('%s', (name) => {
  test('under node:wasi', async () => {
    const scenario = load(name);
    const { code, stdout, output } = await underNodeWasi(scenario.block);
    expect(code, output).toBe(0);
    expect(JSON.parse(stdout)).toEqual(expected(runHere(core, scenario)));
  });
  test('under the WASI shim', () => {
    const scenario = load(name);
    expect(JSON.parse(underShim(scenario.block))).toEqual(expected(runHere(core, scenario)));
  });
});

test('the WASI command refuses a block that is not of its build, and half a block', async () => {
  const { block } = load('tour');
  const foreign = block.slice();
  foreign[0] = (foreign[0] ?? 0) ^ 1;
  for (const input of [foreign, block.slice(0, 1000)]) {
    const { code, stdout, output } = await underNodeWasi(input);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(output).toContain('no configuration block of this build');
  }
});

/** In the page: runs the core under its own ABI. Trace as base64 of its bytes, since two worlds talk JSON here. */
async function inChromium(page: Page, block: Uint8Array, until_ns: number): Promise<Run> {
  const answer = await page.evaluate(
    async ({ text, until, cursors, config }) => {
      interface Exports {
        memory: WebAssembly.Memory;
        build(): number;
        run(until: bigint, events: number): number;
        stateHash(): bigint;
        clockNs(): bigint;
        eventCount(): bigint;
      }
      const { instance } = await WebAssembly.instantiateStreaming(fetch('/build/core.wasm'), {});
      const machine = instance.exports as unknown as Exports;
      new Uint8Array(machine.memory.buffer).set(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), config);
      if (machine.build() !== 0) throw new Error('the core refused the block');
      const view = new DataView(machine.memory.buffer);
      const pieces: Blob[] = [];
      for (let reason = 2; reason > 1; ) {
        reason = machine.run(BigInt(until), 1_000_000);
        const base = view.getUint32(cursors, true);
        const next = view.getUint32(cursors + 4, true);
        pieces.push(new Blob([new Uint8Array(machine.memory.buffer, base, next - base)]));
        view.setUint32(cursors + 4, base, true);
      }
      const url = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.readAsDataURL(new Blob(pieces));
      });
      return {
        stateHash: BigInt.asUintN(64, machine.stateHash()).toString(16).padStart(16, '0'), virtualTimeNs: Number(machine.clockNs()),
        events: Number(machine.eventCount()), trace: url.slice(url.indexOf(',') + 1),
      };
    },
    { text: Buffer.from(block).toString('base64'), until: until_ns, cursors: CURSORS_ADDR, config: CONFIG_ADDR },
  );
  const bytes = Uint8Array.from(Buffer.from(answer.trace, 'base64'));
  const trace = new TraceStore();
  trace.add(new TraceBatch(bytes.buffer, 0, bytes.length));
  return { ...answer, trace };
}

function shimInChromium(page: Page, block: Uint8Array): Promise<string> {
  return page.evaluate(
    async ({ text }) => {
      const { shim } = globalThis as unknown as { shim: typeof import('@bjorn3/browser_wasi_shim') };
      const { ConsoleStdout: Stdout, File: Input, OpenFile: Open, WASI } = shim;
      let line = '';
      const out = Stdout.lineBuffered((t: string) => {
        line += t;
      });
      const block_bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const wasi = new WASI([], [], [new Open(new Input(block_bytes)), out, Stdout.lineBuffered(() => {})]);
      const imports = { wasi_snapshot_preview1: wasi.wasiImport as WebAssembly.ModuleImports };
      const { instance } = await WebAssembly.instantiateStreaming(fetch('/build/core.wasi.wasm'), imports);
      wasi.start(instance as unknown as Parameters<typeof wasi.start>[0]);
      return line;
    },
    { text: Buffer.from(block).toString('base64') },
  );
}

describe.skipIf(chromiumPath() === undefined)('in Chromium', () => {
  let browser: Browser;
  let page: Page;
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    server = await serve(root, 0);
    browser = await launch();
    page = await browser.newPage();
    // Any page of the server will do: what the tests need is its origin.
    await page.goto(`${server.address}no-such-page`);
    const shim = '/node_modules/@bjorn3/browser_wasi_shim/dist/index.js';
    await page.addScriptTag({ type: 'module', content: `import * as shim from '${shim}'; globalThis.shim = shim;` });
    await page.waitForFunction(() => 'shim' in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test.each(SELECTED)('%s under its own ABI', async (name) => {
    const scenario = load(name);
    expectSame(runHere(core, scenario), await inChromium(page, scenario.block, scenario.run['run.until_ns']), ['Node', 'Chromium']);
  });
  test.each(SELECTED)('%s under the WASI shim', async (name) => {
    const scenario = load(name);
    expect(JSON.parse(await shimInChromium(page, scenario.block))).toEqual(expected(runHere(core, scenario)));
  });
});
