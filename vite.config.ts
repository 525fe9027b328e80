import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { serviceWorker } from './scripts/service_worker.mjs';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The page, as files that any static host serves: relative addresses, no header needed, the core fetched as it is. */
export default defineConfig({
  root: path('web'),
  base: './',
  plugins: [svelte({ onwarn: (warning) => { throw new Error(`${warning.filename ?? ''}: ${warning.message}`); } }), serviceWorker()],
  build: {
    outDir: path('dist/web'),
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: true,
    assetsInlineLimit: (file) => (file.endsWith('.wasm') ? false : undefined),
  },
  worker: { format: 'es' },
  server: { fs: { allow: [path('.')] } },
});
