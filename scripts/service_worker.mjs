/**
 * What makes the page work without a network: a service worker that the build writes, with a list of all files of that build.
 * It keeps them under the build's own name and gives up those of older builds. The page itself is asked for first, so that a
 * new build is seen at once; everything else has its content in its name and comes from the store.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SERVICE_WORKER = 'service_worker.js';

const source = (version, files) => `// Written by the build: scripts/service_worker.mjs
const FILES = ${JSON.stringify(files)};
// Several builds may lie under one origin: each has a store of its own.
const PREFIX = 'ringlab ' + registration.scope + ' ';
const NAME = PREFIX + '${version}';

addEventListener('install', (event) => {
  event.waitUntil(caches.open(NAME).then((store) => store.addAll(FILES)).then(() => skipWaiting()));
});
addEventListener('activate', (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
    await clients.claim();
  };
  event.waitUntil(old());
});

async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const store = await caches.open(NAME);
    const kept = await store.match('./index.html');
    if (kept) return kept;
    throw error;
  }
}
async function file(request) {
  const store = await caches.open(NAME);
  return (await store.match(request, { ignoreSearch: true })) ?? fetch(request);
}
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(registration.scope)) return;
  event.respondWith(request.mode === 'navigate' ? page(request) : file(request));
});
`;

/** Asked for by few, and large: the fuzzing core comes from the network when a scenario has a bug of the museum. */
const LATE = /(^|\/)core\.fuzz-[^/]*\.wasm$/;

/** Files of a folder that a browser may ask for; source maps are for those who debug, with a network. */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && !e.name.endsWith('.map') && e.name !== SERVICE_WORKER)
    .map((e) => join(e.parentPath, e.name).slice(folder.length + 1).replaceAll('\\', '/'))
    .filter((f) => !LATE.test(f))
    .sort();
}

/** A plugin for Vite: writes the service worker when all other files are written. */
export function serviceWorker() {
  let folder = '';
  return {
    name: 'ringlab-service-worker',
    apply: 'build',
    configResolved(config) {
      folder ||= config.build.outDir;
    },
    closeBundle() {
      const files = filesOf(folder);
      const hash = createHash('sha256');
      for (const f of files) hash.update(f).update(readFileSync(join(folder, f)));
      writeFileSync(join(folder, SERVICE_WORKER), source(hash.digest('hex').slice(0, 16), files.map((f) => `./${f}`)));
    },
  };
}
