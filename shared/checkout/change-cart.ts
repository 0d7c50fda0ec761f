import { confirmShortage } from '#shared/catalog/confirm-shortage.ts';
import type { ProductReader } from '#shared/catalog/product-reader.ts';
import { refusalOf, reserveStock } from '#shared/catalog/stock-transactions.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { RequestContext } from '#shared/platform/http/bound-route.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import type { Cart } from './cart.ts';
import { cartKey } from './cart-keys.ts';
import { type CartChange, type LineWish, withLine, withoutLine } from './cart-lines.ts';
import { putCart } from './cart-rows.ts';
import { sealCart } from './cart-seal.ts';
import { type CartView, toCartView } from './cart-view.ts';
import { type OpenCartDependencies, openCart, requireOpen } from './open-cart.ts';
import { giveBack, settleCart } from './settle-cart.ts';

/** What changing a cart needs. */
export interface ChangeCartDependencies extends OpenCartDependencies {
  readonly products: ProductReader;
  /** How long pieces are kept that are reserved for a line. */
  readonly reservationMs: number;
  /** The currency in which the total of an empty cart is zero. */
  readonly emptyCurrency: string;
  /** From 0 to 1. Not for secrets: it only keeps rivals apart. */
  readonly random?: () => number;
  readonly wait?: Sleep;
}

/** Rivals for a shard are done within a transaction's time; a cart has few, and a hot SKU many. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 20, baseDelayMs: 10, maxDelayMs: 200 };

/**
 * Shows a cart. Reservations that are over are not shown; they are given back by the next change or by the sweeper.
 *
 * @throws CART_NOT_FOUND, CART_EXPIRED, CART_TAMPERED
 */
export async function showCart(
  deps: OpenCartDependencies & Pick<ChangeCartDependencies, 'emptyCurrency'>,
  id: string,
  context: RequestContext,
): Promise<CartView> {
  const item = await readItem(deps.client, deps.tables.shop, cartKey(id));
  return toCartView(await openCart(deps, id, item, context), deps.clock(), deps.emptyCurrency);
}

/**
 * Sets a line of a cart to a quantity and to the price of now, and reserves its pieces if that is wanted, in one
 * transaction. What is as wanted already changes nothing, not even how long the cart lasts.
 *
 * @throws CART_NOT_FOUND, CART_EXPIRED, CART_TAMPERED, INVALID_TRANSITION when it was checked out, VERSION_MISMATCH,
 *   PRODUCT_NOT_FOUND, INVALID_PARAMETER naming the field, OUT_OF_STOCK, WRITE_CONFLICT, DATABASE_ERROR
 */
export function setCartLine(
  deps: ChangeCartDependencies,
  id: string,
  sku: string,
  wish: LineWish,
  context: RequestContext,
): Promise<CartView> {
  return changeCart(deps, id, context, async (cart) => {
    const line = cart.lines.find((one) => one.sku === sku);
    const reserves = wish.reserve ?? (line?.reservation ?? null) !== null;
    // One shard at least is read where pieces are to be taken; the reader finds out how many there are.
    const stockRows = reserves ? Math.max(1, line?.stock_rows ?? 1) : 0;
    const stocked = (await deps.products.read([{ sku, stockRows }])).get(sku);
    const { clock, reservationMs, random = Math.random } = deps;
    const terms = { nowMs: clock(), reservationMs, random };
    const change = await confirmShortage(deps.products, stocked === undefined ? [] : [stocked], () =>
      withLine(cart, sku, stocked, wish, terms),
    );
    return change && { ...change, offer: stocked?.product.offer ?? 0 };
  });
}

/**
 * Takes a line out of a cart, and gives back what was reserved for it. Without such a line nothing changes.
 *
 * @throws as `setCartLine`, but for what is about products
 */
export function deleteCartLine(
  deps: ChangeCartDependencies,
  id: string,
  sku: string,
  context: RequestContext,
): Promise<CartView> {
  return changeCart(deps, id, context, async (cart) => {
    const change = withoutLine(cart, sku, deps.clock());
    return change && { ...change, offer: 0 };
  });
}

/** A change with the offer under which pieces are taken for it. */
type Priced = CartChange & { readonly offer: number };

async function changeCart(
  deps: ChangeCartDependencies,
  id: string,
  context: RequestContext,
  compute: (cart: Cart) => Promise<Priced | undefined>,
): Promise<CartView> {
  const { client, tables, clock, wait } = deps;
  let wantedVersion = context.ifMatchVersion;
  async function attempt(): Promise<Cart> {
    const read = await openCart(deps, id, await readItem(client, tables.shop, cartKey(id)), context);
    requireOpen(read);
    requireVersion({ ifMatchVersion: wantedVersion }, read.version, `Cart ${id}`);
    const cart = await settleCart(deps, read, context.deadline);
    // What was given back is no change of anybody else's.
    if (wantedVersion !== undefined) wantedVersion = cart.version;
    const change = await compute(cart);
    return change === undefined ? cart : commitChange(deps, cart, change, context.deadline);
  }
  const after = await untilUnraced(attempt, RIVALS_RETRY, context.deadline, wait);
  return toCartView(after, clock(), deps.emptyCurrency);
}

async function commitChange(
  deps: ChangeCartDependencies,
  before: Cart,
  { cart, taken, given, offer }: Priced,
  deadline: Deadline,
): Promise<Cart> {
  const { client, tables } = deps;
  const after = sealCart(await deps.readShopKey(), cart);
  const write = new WriteTransaction();
  putCart(write, tables.shop, before, after, () => new Raced('The cart was changed meanwhile'));
  for (const allocation of taken) {
    reserveStock(write, tables.shop, allocation, offer, (existing) => {
      const { sku, shard } = allocation;
      if (refusalOf(existing, offer) === undefined) return new Error(`There is no shard ${shard} of ${sku}`);
      return new Raced(`Stock of ${sku} was changed meanwhile`);
    });
  }
  giveBack(write, tables.shop, given);
  await write.commit(client, deadline, deps.wait);
  return after;
}
