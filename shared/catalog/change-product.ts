import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import type { LowStockNoter } from './note-low-stock.ts';
import { type Money, type Product, type ProductView, toProductView } from './product.ts';
import type { ProductReader, StockedProduct } from './product-reader.ts';
import { type CatalogTables, putProduct } from './product-rows.ts';
import { requireStocked } from './require-stocked.ts';
import { levelOut, type ShardMove } from './spread.ts';
import { levelOf } from './stock.ts';
import { adjustStock, putOffer, putStock } from './stock-transactions.ts';

/** What changing a product needs. */
export interface ChangeProductDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: CatalogTables;
  readonly products: ProductReader;
  readonly lowStock: LowStockNoter;
  readonly clock: Clock;
  readonly wait?: Sleep;
}

/** What may be changed of a product; absent: as it is. Its stock is no part of it. */
export interface ProductChange {
  readonly name?: string | undefined;
  readonly price?: Money | undefined;
  readonly active?: boolean | undefined;
  readonly max_per_order?: number | undefined;
  readonly low_stock_at?: number | null | undefined;
  readonly invoice_minutes?: number | null | undefined;
  readonly stock_shards?: number | undefined;
}

/** What buyers agree to: when one of these changes, shards are sold under another offer. */
const OFFERED = ['price', 'active', 'max_per_order'] as const;

/** Buyers move the same shards all the time, but seldom empty one between a read and a write. */
export const CATALOG_RETRY: RetryPolicy = { maxAttempts: 30, baseDelayMs: 10, maxDelayMs: 250 };

/**
 * Changes a product while buyers buy. A change of what buyers agree to is in every shard in the same transaction; another number of
 * shards spreads what is available over them, and no other change of a product touches its stock. What is as wanted already changes
 * nothing.
 *
 * @throws PRODUCT_NOT_FOUND, VERSION_MISMATCH when If-Match names another version, WRITE_CONFLICT when others came first all the time,
 *   DATABASE_ERROR
 */
export async function changeProduct(
  deps: ChangeProductDependencies,
  sku: string,
  change: ProductChange,
  context: PrincipalContext,
): Promise<ProductView> {
  const { after, available } = await untilUnraced(
    async () => {
      const stocked = await requireStocked(deps.products, sku);
      requireVersion(context, stocked.product.version, `Product ${sku}`);
      return { after: await writeChange(deps, stocked, change, context), available: levelOf(stocked.shards).available };
    },
    CATALOG_RETRY,
    context.deadline,
    deps.wait,
  );
  if (change.low_stock_at !== undefined) {
    await deps.lowStock.note([{ sku, available, lowStockAt: after.low_stock_at }], context.deadline);
  }
  return after;
}

async function writeChange(
  deps: ChangeProductDependencies,
  { product: before, shards }: StockedProduct,
  change: ProductChange,
  context: PrincipalContext,
): Promise<ProductView> {
  const fields = changedFields(before, change);
  if (fields.length === 0) return toProductView(before);
  const isOffered = fields.some((field) => OFFERED.some((offered) => offered === field));
  const wanted = change.stock_shards ?? before.stock_shards;
  const at = isoTime(deps.clock());
  const after: Product = {
    ...before,
    ...Object.fromEntries(fields.map((field) => [field, change[field]])),
    offer: before.offer + (isOffered ? 1 : 0),
    stock_rows: Math.max(before.stock_rows, wanted),
    updated_at: at,
    version: before.version + 1,
  };
  const write = new WriteTransaction();
  const changes = fields.map((field) => [field, { from: before[field], to: after[field] }]);
  const content = {
    action: 'product.changed',
    actor: context.principal.id,
    severity: 'INFO' as const,
    request_id: context.requestId,
    detail: { changes: Object.fromEntries(changes), ...(isOffered ? { offer: after.offer } : {}) },
  };
  putProduct(write, deps.tables, before, after, content, at);
  const rows = Array.from({ length: after.stock_rows }, (_, shard) => {
    const available = shards.find((row) => row.shard === shard)?.available ?? 0;
    return { shard, available };
  });
  const moves = wanted === before.stock_shards ? [] : levelOut(rows, wanted);
  changeShards(write, deps.tables.shop, before, after, moves);
  await write.commit(deps.client, context.deadline, deps.wait);
  context.log.write('PRODUCT_CHANGED', { sku: before.sku, fields, offer: after.offer });
  return toProductView(after);
}

function changedFields(before: Product, change: ProductChange) {
  const fields = [
    'name',
    'price',
    'active',
    'max_per_order',
    'low_stock_at',
    'invoice_minutes',
    'stock_shards',
  ] as const;
  return fields.filter((field) => change[field] !== undefined && !isDeepStrictEqual(change[field], before[field]));
}

/** One write for each shard that changes: its offer, its pieces, or both. */
function changeShards(
  write: WriteTransaction,
  table: string,
  before: Product,
  after: Product,
  moves: readonly ShardMove[],
): void {
  const { sku } = before;
  const raced = () => new Raced(`Stock of ${sku} was changed meanwhile`);
  const isOffered = after.offer !== before.offer;
  for (let shard = 0; shard < after.stock_rows; shard += 1) {
    const by = moves.find((move) => move.shard === shard)?.by ?? 0;
    if (shard >= before.stock_rows) {
      const row = { available: by, reserved: 0, sold: 0, offer: after.offer, on_sale: after.active, changes: 0 };
      putStock(write, table, { sku, shard, ...row }, raced);
    } else if (isOffered) {
      putOffer(write, table, { sku, shard }, before.offer, { offer: after.offer, onSale: after.active, by }, raced);
    } else if (by !== 0) {
      adjustStock(write, table, { sku, shard }, by, raced);
    }
  }
}
