import type { Allocation } from '#shared/catalog/stock.ts';
import { refusalOf, reserveStock } from '#shared/catalog/stock-transactions.ts';
import { cartKey } from '#shared/checkout/cart-keys.ts';
import { lapse, takeoverOf } from '#shared/checkout/cart-reservations.ts';
import { openCart, requireOpen } from '#shared/checkout/open-cart.ts';
import { settleCart } from '#shared/checkout/settle-cart.ts';
import { putCheckedOut, takeOverHeld } from '#shared/checkout/take-over-cart.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { type ExistingItem, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { type CartDesk, type DeskCart, SHOP_KEY } from './cart-desk.ts';

/** The order that a test's checkout makes of any cart. */
export const TEST_ORDER = 'ord_01JD8Q4X7M5N2V9C3R6T0W1YZA';

/**
 * What a checkout does with a cart and with stock, the rest of the order left out. What isn't reserved is taken from the first shard.
 *
 * @param offers under which it is sold; by default the first of each product
 */
export async function checkOut(desk: CartDesk, { id, token }: DeskCart, offers: Readonly<Record<string, number>> = {}) {
  const { deps, clock, client } = desk;
  const context = desk.context(token);
  const opened = await openCart(deps, id, await readItem(client, 'shop', cartKey(id)), context);
  requireOpen(opened);
  const { given: lapsed } = lapse(opened.lines, clock.now());
  const cart = await settleCart(deps, opened, context.deadline);
  const takeover = { ...takeoverOf(cart.lines), lapsed };
  const write = new WriteTransaction();
  const offerOf = (sku: string) => offers[sku] ?? 1;
  const refused = (sku: string) => (existing: ExistingItem) =>
    new Raced(`${sku}: ${String(refusalOf(existing, offerOf(sku)))}`);
  const held = takeOverHeld(write, 'shop', takeover, offerOf, refused);
  const taken = takeover.wanted.map(({ sku, quantity }): Allocation => ({ sku, shard: 0, quantity }));
  for (const one of taken) reserveStock(write, 'shop', one, offerOf(one.sku), refused(one.sku));
  putCheckedOut(write, 'shop', SHOP_KEY, cart, TEST_ORDER, clock.now());
  await write.commit(client, context.deadline, async () => undefined);
  return { takeover, held, size: write.size, allocations: [...[...held.values()].flat(), ...taken] };
}
