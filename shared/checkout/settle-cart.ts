import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Allocation } from '#shared/catalog/stock.ts';
import { releaseStock } from '#shared/catalog/stock-transactions.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import type { Cart } from './cart.ts';
import { lapse } from './cart-reservations.ts';
import { putCart } from './cart-rows.ts';
import { sealCart } from './cart-seal.ts';

/** What giving back needs. */
export interface SettleDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly shop: string };
  readonly clock: Clock;
  readonly readShopKey: () => Promise<string>;
  readonly wait?: Sleep;
}

/**
 * Gives back what was reserved for lines of a cart and is over, in one transaction with the cart. Its end stays as it is: nobody
 * changed it.
 *
 * @param cart as it was opened, so that its checksum was compared: what a forged row says to have reserved is others'
 * @returns the cart as it is then; the same one when nothing is over
 * @throws Raced when somebody changed it meanwhile; DATABASE_ERROR
 */
export async function settleCart(deps: SettleDependencies, cart: Cart, deadline: Deadline): Promise<Cart> {
  const { client, tables, clock } = deps;
  const { lines, given } = lapse(cart.lines, clock());
  if (given.length === 0) return cart;
  const { checksum: _, ...rest } = cart;
  const after = sealCart(await deps.readShopKey(), {
    ...rest,
    lines: [...lines],
    updated_at: isoTime(clock()),
    version: cart.version + 1,
  });
  const write = new WriteTransaction();
  putCart(write, tables.shop, cart, after, () => new Raced('The cart was changed meanwhile'));
  giveBack(write, tables.shop, given);
  await write.commit(client, deadline, deps.wait);
  return after;
}

/**
 * Adds to a transaction that pieces of a cart are available again, behind the step that says so of the cart. That fewer are reserved than
 * that is a bug, or a drift; but not behind a rival, who gives back the same pieces at this moment.
 */
export function giveBack(write: WriteTransaction, table: string, given: readonly Allocation[]): void {
  for (const allocation of given) {
    releaseStock(write, table, allocation, (existing, isBehindRival) => {
      // The cart says so as soon as it is let go of.
      if (isBehindRival) return new Raced('The cart is being changed');
      const { sku, shard, quantity } = allocation;
      return new Error(
        `${quantity} of ${sku} are not reserved in shard ${shard}: ${String(existing?.['reserved'])} are`,
      );
    });
  }
}
