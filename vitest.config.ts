import { defineConfig } from 'vitest/config';
import { LongFilesFirst } from './test/support/first-files.ts';

/**
 * Tests patch no module and keep no state outside themselves, so the files of one worker share its modules: to load
 * them again for each of a hundred files takes three times as long as all the tests.
 */
const SHARED_MODULES = { isolate: false };
/** By default one core is left free, which on a machine of two is half of it. */
const ALL_CORES = { maxWorkers: '100%' };
/** Files that mostly wait: for blocks, for held lanes that are looked at again, for schedules. */
const WAITING_FILES = 3;

/**
 * Files in which the lane worker is killed, or that need no lane and can be beside that; and the one that spoils the price of ether,
 * in which nobody here checks out.
 */
const CRASH = [
  'test/e2e/access.test.ts',
  'test/e2e/alert-delivery.test.ts',
  'test/e2e/chains.test.ts',
  'test/e2e/circuit-breakers.test.ts',
  'test/e2e/crash.test.ts',
  'test/e2e/fuzz.test.ts',
  'test/e2e/key-export.test.ts',
  'test/e2e/message-signing.test.ts',
  'test/e2e/operators.test.ts',
];
/**
 * Files that ask about all that is there (the newest wallet, every stream, a full pool) or take what others need (a process, the
 * chain, all deposit wallets), so that nothing may go on beside them.
 */
const ALONE = [
  'test/e2e/audit-anchors.test.ts',
  'test/e2e/bad-input.test.ts',
  'test/e2e/batch.test.ts',
  'test/e2e/chain-trouble.test.ts',
  'test/e2e/deposit-pool.test.ts',
  'test/e2e/key-material.test.ts',
  'test/e2e/shop-integrity.test.ts',
  'test/e2e/lists.test.ts',
];

/** What is to have passed before a project begins: projects of different numbers are never run beside each other. */
const after = (groupOrder: number) => ({ sequence: { groupOrder } });
/** For what waits for a deployment, a synthesis or bundles, as busy as the machine may be. */
const SLOW = { testTimeout: 180_000, hookTimeout: 180_000 };

/** Every project but integration, crash and those of e2e runs without services. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongFilesFirst },
    projects: [
      {
        test: {
          ...SHARED_MODULES,
          ...ALL_CORES,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // None waits for anything: what takes longer than a second or two is on a machine that does other things, too.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...SHARED_MODULES,
          ...ALL_CORES,
          name: 'property',
          include: ['test/property/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      // Random histories of a lane on a model chain: no services either, but a minute long.
      {
        test: {
          ...SHARED_MODULES,
          ...ALL_CORES,
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      { test: { ...ALL_CORES, ...SLOW, name: 'infra', include: ['test/infra/**/*.test.ts'] } },
      {
        test: {
          ...ALL_CORES,
          ...after(1),
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // Worker processes killed again and again, on the deployed stack's endpoint.
      {
        test: {
          ...ALL_CORES,
          ...after(2),
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...SLOW,
          ...after(3),
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...CRASH, ...ALONE],
          maxWorkers: WAITING_FILES,
        },
      },
      { test: { ...SLOW, ...after(4), name: 'e2e-crash', include: CRASH, maxWorkers: WAITING_FILES } },
      { test: { ...SLOW, ...after(5), name: 'e2e-alone', include: ALONE, fileParallelism: false } },
    ],
  },
});
