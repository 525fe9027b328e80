import { defineConfig } from 'vitest/config';

/** One project a kind of test; `npm test` runs them in this order. Browser tests share one Chromium and take their time. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'tidy', include: ['test/tidy/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{tidy,determinism,e2e,packetdrill,bridge,conform,native}/**'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
      { test: { name: 'conform', include: ['test/conform/**/*.test.ts'], testTimeout: 120_000, maxWorkers: 2 } },
      { test: { name: 'packetdrill', include: ['test/packetdrill/**/*.test.ts'], testTimeout: 240_000, maxWorkers: 2 } },
      // In real time: nothing else runs beside it.
      { test: { name: 'bridge', include: ['test/bridge/**/*.test.ts'], testTimeout: 60_000, fileParallelism: false } },
      // Agents, namespaces and virtual machines: one at a time.
      {
        test: {
          name: 'native', include: ['test/native/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000, fileParallelism: false,
        },
      },
      {
        test: {
          name: 'determinism',
          include: ['test/determinism/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, maxWorkers: 2,
        },
      },
    ],
  },
});
