import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from './caught.ts';
import { createShopDesk } from './shop-desk.ts';

/** A shop desk with 10 pieces of TEE, 3 of MUG in two shards, and a full pool. */
export function openShop() {
  const desk = createShopDesk();
  desk.fillPool();
  desk.putProduct('TEE', [10]);
  desk.putProduct('MUG', [2, 1]);
  return desk;
}

/** What refused a request. */
export const refusal = (run: () => Promise<unknown>) => caughtLater(HavenError, run);
