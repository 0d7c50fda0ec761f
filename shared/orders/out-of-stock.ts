import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { MAX_ALLOCATIONS } from './put-order.ts';

/** What of an order can't be had. */
export interface Missing {
  readonly sku: string;
  readonly wanted: number;
  readonly available: number;
}

/** The error when pieces can't be had: names each SKU, what is wanted and what is there. */
export function outOfStock(missing: readonly Missing[]): HavenError {
  const names = missing.map(({ sku, wanted, available }) => `${sku} (${wanted} wanted, ${available} available)`);
  return new HavenError('OUT_OF_STOCK', `Out of stock: ${names.join(', ')}`, { details: { lines: missing } });
}

/** The error when the last pieces of many SKUs lie in more shards than one transaction can take from. */
export function tooSpread(): HavenError {
  return new HavenError(
    'OUT_OF_STOCK',
    `The pieces that are left lie in more than ${MAX_ALLOCATIONS} shards; order fewer lines at once`,
  );
}
