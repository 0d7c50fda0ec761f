import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take long by themselves, mostly by waiting: what begins first has all others pass beside it. */
const LONG = [
  'integration/local/start.test.ts',
  'e2e/wallet-lifecycle.test.ts',
  'e2e/canary-keys.test.ts',
  'e2e/crash.test.ts',
  'e2e/fuzz.test.ts',
  'model/lane.test.ts',
  'property/orders/races.test.ts',
  'property/checkout/races.test.ts',
  'integration/transactions/rpc-chaos.test.ts',
];

/** Begins with the files that take longest, on a machine that has never run them, too. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => moduleId.endsWith(name));
    return sorted.toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}
