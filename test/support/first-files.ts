import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take long by themselves, mostly by waiting, longest first: what begins first has all others pass beside it. */
const LONG = [
  'integration/local/start.test.ts',
  'e2e/wallet-lifecycle.test.ts',
  'e2e/payment-histories.test.ts',
  'e2e/crash.test.ts',
  'e2e/fuzz.test.ts',
  'model/lane.test.ts',
  'integration/transactions/rpc-chaos.test.ts',
  'e2e/key-export.test.ts',
  'e2e/canary-keys.test.ts',
  'property/orders/races.test.ts',
  'property/checkout/races.test.ts',
  'e2e/checkout-race.test.ts',
  'e2e/alert-delivery.test.ts',
  'e2e/access.test.ts',
  'e2e/kms-custody.test.ts',
  'e2e/top-up.test.ts',
  'infra/bundles.test.ts',
  'integration/checkout/cart-races.test.ts',
  'integration/custody/deposit-pool.test.ts',
];

/** Begins with the files that take longest, on a machine that has never run them, too. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((name) => moduleId.endsWith(name));
      return place === -1 ? LONG.length : place;
    };
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
