import { defineConfig } from 'vitest/config';

/**
 * Tests patch no module and keep no state outside themselves, so the files of one worker share its modules: to load
 * them again for each of a hundred files takes three times as long as all the tests.
 */
const SHARED_MODULES = { isolate: false };

/** Every project but integration, crash and e2e runs without services. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...SHARED_MODULES, name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { ...SHARED_MODULES, name: 'property', include: ['test/property/**/*.test.ts'], testTimeout: 60_000 } },
      // Random histories of a lane on a model chain: no services either, but a minute long.
      { test: { ...SHARED_MODULES, name: 'model', include: ['test/model/**/*.test.ts'], testTimeout: 120_000 } },
      { test: { name: 'infra', include: ['test/infra/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      // Worker processes killed again and again, on the deployed stack's endpoint.
      {
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
