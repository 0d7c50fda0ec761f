import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { productStream } from './catalog-keys.ts';
import { type Money, type ProductView, toProductView } from './product.ts';
import { type CatalogTables, putNewProduct } from './product-rows.ts';
import { evenly } from './spread.ts';
import { putStock } from './stock-transactions.ts';

/** What creating a product needs. */
export interface CreateProductDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: CatalogTables;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
}

/** What the caller says about a new product. */
export interface NewProduct {
  readonly sku: string;
  readonly name: string;
  readonly price: Money;
  /** Pieces on hand. */
  readonly stock: number;
  readonly active: boolean;
  readonly max_per_order: number;
  readonly low_stock_at: number | null;
  readonly invoice_minutes: number | null;
  readonly stock_shards: number;
}

/** The offer of a new product. */
const FIRST_OFFER = 1;

/**
 * Creates a product with its stock, in one transaction: product, shards, audit entry and the answer. A SKU is one product's for ever.
 *
 * @throws PRODUCT_ALREADY_EXISTS, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function createProduct(
  deps: CreateProductDependencies,
  { stock, ...input }: NewProduct,
  context: IdempotentContext,
): Promise<ProductView> {
  const { sku } = input;
  const at = isoTime(deps.clock());
  const before = emptyHead(productStream(sku));
  const product = {
    id: deps.newId('prd'),
    ...input,
    offer: FIRST_OFFER,
    stock_rows: input.stock_shards,
    created_at: at,
    updated_at: at,
    version: 1,
  };
  const view = toProductView({ ...product, ...before });
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 201, body: view });
  putNewProduct(write, deps.tables, product, before, {
    action: 'product.created',
    actor: context.principal.id,
    severity: 'INFO',
    request_id: context.requestId,
    detail: { product_id: product.id, ...input, stock },
  });
  for (const [shard, available] of evenly(stock, input.stock_shards).entries()) {
    const row = { sku, shard, available, reserved: 0, sold: 0, offer: FIRST_OFFER, on_sale: input.active, changes: 0 };
    putStock(
      write,
      deps.tables.shop,
      row,
      () => new HavenError('PRODUCT_ALREADY_EXISTS', `There is stock of ${sku} already`),
    );
  }
  await write.commit(deps.client, context.deadline);
  deps.metrics.count('ProductCreated');
  context.log.write('PRODUCT_CREATED', { sku, product_id: product.id });
  return view;
}
