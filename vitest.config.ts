import { defineConfig } from 'vitest/config';

/** The machine may have other work: what is waited for comes late then. Locators are as patient (test/e2e/site.ts). */
const PATIENT = { poll: { timeout: 60_000 } };

/**
 * One project a kind of test; scripts/test.mjs says what runs after what. Browser tests wait more than they compute: three at
 * a time fill two cores.
 *
 * `isolate: false`: files of one worker share their modules, which takes a third of a second less for each file. A test that
 * changes what others see (environment, mocks) puts it back.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'tidy', isolate: false, include: ['test/tidy/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{tidy,determinism,e2e,packetdrill,bridge,conform,native,museum}/**'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          isolate: false,
          expect: PATIENT,
        },
      },
      { test: { name: 'conform', include: ['test/conform/**/*.test.ts'], testTimeout: 120_000, maxWorkers: 2, isolate: false } },
      { test: { name: 'packetdrill', include: ['test/packetdrill/**/*.test.ts'], testTimeout: 240_000, maxWorkers: 2, isolate: false } },
      // In real time: nothing else runs beside it.
      { test: { name: 'bridge', include: ['test/bridge/**/*.test.ts'], testTimeout: 240_000, fileParallelism: false, expect: PATIENT } },
      // Hunts are long: one at a time.
      { test: { name: 'museum', include: ['test/museum/**/*.test.ts'], testTimeout: 600_000, fileParallelism: false } },
      // Agents, namespaces and virtual machines: one at a time.
      {
        test: {
          name: 'native', include: ['test/native/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000, fileParallelism: false,
          expect: PATIENT,
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
          name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 120_000, maxWorkers: 3,
          expect: PATIENT,
        },
      },
    ],
  },
});
