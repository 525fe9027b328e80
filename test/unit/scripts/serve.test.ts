/** The page's server gives files of its folder and nothing else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../../scripts/serve.mjs';

let top = '';
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ringlab-serve-'));
  mkdirSync(join(top, 'site'));
  writeFileSync(join(top, 'site/index.html'), '<p>here</p>');
  writeFileSync(join(top, 'site/core.wasm'), new Uint8Array([0, 97, 115, 109]));
  writeFileSync(join(top, 'secret.txt'), 'no');
  server = await serve(join(top, 'site'), 0);
});
afterAll(async () => {
  await server.close();
  rmSync(top, { recursive: true });
});

/** The path as it is: fetch() would tidy it first. */
function ask(path: string): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    get(server.address, { path }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }));
    }).on('error', reject);
  });
}

test('a folder answers with its index', async () => {
  expect(await ask('/')).toEqual({ status: 200, type: 'text/html; charset=utf-8', body: '<p>here</p>' });
});
test('WebAssembly has the type that streaming compilation wants', async () => {
  expect((await ask('/core.wasm?x=1')).type).toBe('application/wasm');
});
test.each(['/nothing', '/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/%'])('%s is not there', async (path) => {
  expect((await ask(path)).status).toBe(404);
});
test('a taken port leaves for the next free one', async () => {
  const port = Number(new URL(server.address).port);
  const second = await serve(join(top, 'site'), port);
  expect(Number(new URL(second.address).port)).not.toBe(port);
  await second.close();
});
