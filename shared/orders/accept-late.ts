import { confirmShortage } from '#shared/catalog/confirm-shortage.ts';
import type { ProductReader, StockedProduct } from '#shared/catalog/product-reader.ts';
import { allocate } from '#shared/catalog/stock.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { type RequestDependencies, requestTransition } from './change-order.ts';
import type { Order } from './order.ts';
import { type Missing, outOfStock, tooSpread } from './out-of-stock.ts';
import { MAX_ALLOCATIONS } from './put-order.ts';
import type { OrderView } from './view.ts';

/** What accepting late payments needs besides. */
export interface AcceptLateDependencies extends RequestDependencies {
  readonly products: ProductReader;
  /** From 0 to 1. Not for secrets: it only keeps rivals apart. */
  readonly random?: () => number;
}

/**
 * Accepts the money of an expired order: its pieces are reserved again, at the price that it was placed at, and it is paid. All of them
 * or nothing.
 *
 * @throws OUT_OF_STOCK with what is missing, and nothing changed; ORDER_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION, WRITE_CONFLICT,
 *   DATABASE_ERROR; IdempotentReplay
 */
export function acceptLate(
  deps: AcceptLateDependencies,
  orderId: string,
  reason: string,
  context: IdempotentContext,
): Promise<OrderView> {
  return requestTransition(deps, { orderId, to: 'paid', cause: 'operator', reason }, context, {
    patch: (order) => allocateAgain(deps, order),
  });
}

async function allocateAgain({ products, random = Math.random }: AcceptLateDependencies, order: Order) {
  // One row at least: the reader fetches the others when it knows how many there are.
  const found = await products.read(order.lines.map(({ sku }) => ({ sku, stockRows: 1 })));
  const lines = await confirmShortage(products, [...found.values()], () => linesAgain(order, found, random));
  return { lines };
}

function linesAgain(order: Order, found: ReadonlyMap<string, StockedProduct>, random: () => number): Order['lines'] {
  const missing: Missing[] = [];
  const lines = order.lines.map((line) => {
    const { sku, quantity } = line;
    const result = allocate({ sku, quantity }, found.get(sku)?.shards ?? [], random);
    if (result.kind === 'allocated') return { ...line, allocations: [...result.allocations] };
    missing.push({ sku, wanted: quantity, available: result.available });
    return line;
  });
  if (missing.length > 0) throw outOfStock(missing);
  if (lines.flatMap(({ allocations }) => allocations).length > MAX_ALLOCATIONS) throw tooSpread();
  return lines;
}
