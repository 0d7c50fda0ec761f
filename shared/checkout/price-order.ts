import type { Money, Product } from '#shared/catalog/product.ts';
import type { StockedProduct } from '#shared/catalog/product-reader.ts';
import { type Allocation, addUp, allocate } from '#shared/catalog/stock.ts';
import type { Order } from '#shared/orders/order.ts';
import { type Missing, outOfStock, tooSpread } from '#shared/orders/out-of-stock.ts';
import { MAX_ALLOCATIONS } from '#shared/orders/put-order.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { CartLine } from './cart.ts';

/** A line at the price that is asked now. */
export interface PricedLine {
  readonly product: Product;
  readonly quantity: number;
}

/** A cart at the prices that are asked now. */
export interface PricedCart {
  readonly lines: readonly PricedLine[];
  readonly total: Money;
}

/** Products by SKU, as they were just read. */
export type Products = ReadonlyMap<string, StockedProduct>;

/**
 * Prices a cart anew. Quantities of equal SKUs are added up first: each by itself would be held against the same limits and stock. Pure.
 *
 * @param lines of the cart, at least one
 * @param expected the total that the customer agreed to
 * @throws OUT_OF_STOCK for what is no longer on sale, INVALID_PARAMETER for more of a SKU than an order may have, PRICE_CHANGED with both
 *   prices of each line and both totals: nothing is ever charged that was not agreed to
 */
export function priceCart(lines: readonly CartLine[], products: Products, expected: Money): PricedCart {
  const wanted = addUp(lines);
  const gone = wanted.filter(({ sku }) => products.get(sku)?.product.active !== true);
  if (gone.length > 0) throw outOfStock(gone.map(({ sku, quantity }) => ({ sku, wanted: quantity, available: 0 })));
  const priced = wanted.flatMap(({ sku, quantity }): readonly PricedLine[] => {
    const product = products.get(sku)?.product;
    return product === undefined ? [] : [{ product, quantity }];
  });
  const tooMany = priced.filter(({ product, quantity }) => quantity > product.max_per_order);
  if (tooMany.length > 0) throw overLimit(tooMany);
  const currency = priced[0]?.product.price.currency ?? expected.currency;
  const amount = priced.reduce(
    (sum, { product, quantity }) => sum + BigInt(product.price.amount) * BigInt(quantity),
    0n,
  );
  const total = { amount: amount.toString(), currency };
  const changed = lines.flatMap(({ sku, unit_price }) => {
    const price = products.get(sku)?.product.price ?? unit_price;
    return isSame(price, unit_price) ? [] : [{ sku, was: unit_price, is: price }];
  });
  if (changed.length > 0 || !isSame(total, expected)) throw priceChanged(changed, expected, total);
  return { lines: priced, total };
}

function isSame(a: Money, b: Money): boolean {
  return a.amount === b.amount && a.currency === b.currency;
}

function priceChanged(
  lines: readonly { readonly sku: string; readonly was: Money; readonly is: Money }[],
  expected: Money,
  total: Money,
): HavenError {
  const names = lines.map(
    ({ sku, was, is }) => `${sku} was ${was.amount} ${was.currency} and is ${is.amount} ${is.currency}`,
  );
  const why = names.length === 0 ? 'The total is another than expected' : `Prices have changed: ${names.join(', ')}`;
  return new HavenError('PRICE_CHANGED', why, { details: { lines, expected_total: expected, total } });
}

function overLimit(lines: readonly PricedLine[]): HavenError {
  const fields = lines.map(({ product }) => ({
    field: 'params.id',
    message: `the cart has more of ${product.sku} than the ${product.max_per_order} that an order may have`,
  }));
  return new HavenError('INVALID_PARAMETER', fields.map(({ message }) => message).join('; '), { details: { fields } });
}

/** What an order takes from stock. */
export interface Taking {
  readonly lines: Order['lines'];
  /** What is to be reserved, each with the offer that it is sold under. */
  readonly reserve: readonly { readonly allocation: Allocation; readonly offer: number }[];
}

/**
 * Chooses from where the lines of an order are taken: what its cart had reserved, else shards that have enough. Pure.
 *
 * @param held what the cart had reserved for lines, by SKU: for whole lines only
 * @param random from 0 to 1; not for secrets
 * @throws OUT_OF_STOCK naming each SKU with what is wanted and available
 */
export function takeStock(
  { lines }: PricedCart,
  products: Products,
  held: ReadonlyMap<string, readonly Allocation[]>,
  random: () => number,
): Taking {
  const missing: Missing[] = [];
  const reserve: Taking['reserve'][number][] = [];
  const taken = lines.map(({ product, quantity }) => {
    const { sku, name, price, offer } = product;
    const line = { sku, name, quantity, unit_price: price };
    const own = held.get(sku);
    if (own !== undefined) return { ...line, allocations: wholeLine(sku, quantity, own) };
    const result = allocate({ sku, quantity }, products.get(sku)?.shards ?? [], random);
    if (result.kind === 'short') {
      missing.push({ sku, wanted: quantity, available: result.available });
      return { ...line, allocations: [] };
    }
    reserve.push(...result.allocations.map((allocation) => ({ allocation, offer })));
    return { ...line, allocations: [...result.allocations] };
  });
  if (missing.length > 0) throw outOfStock(missing);
  if (taken.flatMap(({ allocations }) => allocations).length > MAX_ALLOCATIONS) throw tooSpread();
  return { lines: taken, reserve };
}

/** A cart reserves a whole line or nothing of it. */
function wholeLine(sku: string, quantity: number, held: readonly Allocation[]): Allocation[] {
  const pieces = held.reduce((sum, one) => sum + one.quantity, 0);
  if (pieces !== quantity) throw new Error(`A cart has reserved ${pieces} of ${sku} for a line of ${quantity}`);
  return [...held];
}
