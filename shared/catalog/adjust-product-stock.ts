import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import type { AdjustmentView } from './adjustment.ts';
import { CATALOG_RETRY } from './change-product.ts';
import { confirmShortage } from './confirm-shortage.ts';
import type { LowStockNoter } from './note-low-stock.ts';
import type { ProductReader, StockedProduct } from './product-reader.ts';
import { type CatalogTables, putProduct } from './product-rows.ts';
import { requireStocked } from './require-stocked.ts';
import { type ShardMove, spreadAdjustment } from './spread.ts';
import { levelOf, MAX_ON_HAND } from './stock.ts';
import { adjustStock } from './stock-transactions.ts';

/** What adjusting stock needs. */
export interface AdjustStockDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: CatalogTables;
  readonly products: ProductReader;
  readonly idempotency: IdempotencyStore;
  readonly lowStock: LowStockNoter;
  readonly clock: Clock;
  readonly wait?: Sleep;
}

/** What is asked of the stock of a SKU. */
export interface Adjustment {
  /** Pieces; below zero: so many leave. Never zero. */
  readonly quantity: number;
  readonly reason: string;
}

/**
 * Adds pieces to the stock of a SKU, or takes some that are available away; what is reserved stays. Shards, audit entry and answer are
 * one transaction. The answer says what was done and not what is left: buyers go on meanwhile.
 *
 * @throws PRODUCT_NOT_FOUND, OUT_OF_STOCK when fewer are available, INVALID_PARAMETER when more would be on hand than can be,
 *   WRITE_CONFLICT when others came first all the time, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function adjustProductStock(
  deps: AdjustStockDependencies,
  sku: string,
  adjustment: Adjustment,
  context: IdempotentContext,
): Promise<AdjustmentView> {
  const { view, stocked } = await untilUnraced(
    async () => {
      const read = await requireStocked(deps.products, sku);
      return { view: await writeAdjustment(deps, read, adjustment, context), stocked: read };
    },
    CATALOG_RETRY,
    context.deadline,
    deps.wait,
  );
  context.log.write('STOCK_ADJUSTED', { sku, quantity: adjustment.quantity });
  const available = levelOf(stocked.shards).available + adjustment.quantity;
  const lowStockAt = stocked.product.low_stock_at;
  if (lowStockAt !== null) await deps.lowStock.note([{ sku, available, lowStockAt }], context.deadline);
  return view;
}

async function writeAdjustment(
  deps: AdjustStockDependencies,
  stocked: StockedProduct,
  { quantity, reason }: Adjustment,
  context: IdempotentContext,
): Promise<AdjustmentView> {
  const { product } = stocked;
  const { sku } = product;
  const moves = await confirmShortage(deps.products, [stocked], () => movesFor(stocked, quantity));
  const at = isoTime(deps.clock());
  const view = { sku, quantity, reason, adjusted_at: at, audit_seq: product.audit_seq + 1 };
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 201, body: view });
  putProduct(
    write,
    deps.tables,
    product,
    product,
    {
      action: 'stock.adjusted',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      reason,
      detail: { quantity, shards: moves },
    },
    at,
  );
  for (const { shard, by } of moves) {
    adjustStock(write, deps.tables.shop, { sku, shard }, by, () => new Raced(`Stock of ${sku} was taken meanwhile`));
  }
  await write.commit(deps.client, context.deadline, deps.wait);
  return view;
}

/** @throws OUT_OF_STOCK, INVALID_PARAMETER */
function movesFor({ product, shards }: StockedProduct, quantity: number): readonly ShardMove[] {
  const level = levelOf(shards);
  if (level.on_hand + quantity > MAX_ON_HAND) {
    throw fieldError('INVALID_PARAMETER', 'body.quantity', `makes more than ${MAX_ON_HAND} on hand`);
  }
  const moves = spreadAdjustment(shards, product.stock_shards, quantity);
  if (moves !== undefined) return moves;
  const { available, reserved } = level;
  throw new HavenError('OUT_OF_STOCK', `${available} of ${product.sku} are available, ${reserved} more are reserved`, {
    details: { sku: product.sku, requested: -quantity, available, reserved },
  });
}
