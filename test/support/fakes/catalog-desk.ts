import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import { bindRoutes, type CatalogApiDependencies } from '#functions/catalog-api/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { productKey, productStream } from '#shared/catalog/catalog-keys.ts';
import { lookOverStock } from '#shared/catalog/look-over-stock.ts';
import { createLowStockNoter } from '#shared/catalog/note-low-stock.ts';
import { type Product, productSchema } from '#shared/catalog/product.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { createProductStore } from '#shared/catalog/product-store.ts';
import { reconcileStock } from '#shared/catalog/reconcile-stock.ts';
import type { ReconcileRequest } from '#shared/catalog/reconciling.ts';
import { createCatalogReader } from '#shared/catalog/show-catalog.ts';
import { type Allocation, levelOf, type StockShard, stockShardSchema } from '#shared/catalog/stock.ts';
import { stockKey } from '#shared/catalog/stock-keys.ts';
import { createStockReportReader } from '#shared/catalog/stock-report-row.ts';
import { releaseStock, reserveStock, sellStock } from '#shared/catalog/stock-transactions.ts';
import { createStockWalk } from '#shared/catalog/walk-stock.ts';
import { createHeldPieces } from '#shared/checkout/held-pieces.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { createListPager, type ListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';
import { createTestApi } from './test-api.ts';

/** What parts of the catalog have otherwise. */
interface CatalogParts {
  readonly clock: Clock;
  readonly pager: ListPager;
  readonly log?: ReturnType<typeof createRecordingLog>;
  readonly metrics?: ReturnType<typeof createRecordingMetrics>;
  readonly wait?: Sleep;
  readonly tables?: CatalogApiDependencies['tables'] & { readonly ephemeral: string };
}

const TABLES = { shop: 'shop', audit: 'audit', logs: 'logs', ephemeral: 'ephemeral' };

/** The catalog wired as its function wires it, on the tables behind a client. */
export function catalogParts(
  client: DynamoDBDocumentClient,
  {
    clock,
    pager,
    log = createRecordingLog(),
    metrics = createRecordingMetrics(),
    wait = async () => undefined,
    tables = TABLES,
  }: CatalogParts,
): CatalogApiDependencies {
  const products = createProductReader(client, tables.shop);
  // By the desk's own time: lists are in the order of ids, and those of one real millisecond are in none.
  const newId: NewId = (prefix) => `${prefix}_${ulid(clock())}`;
  return {
    client,
    tables,
    idempotency: createIdempotencyStore(client, tables.ephemeral, clock),
    products,
    catalog: createCatalogReader({ products, productStore: createProductStore(client, tables.shop), clock }),
    lastStockReport: createStockReportReader(client, tables.shop),
    lowStock: createLowStockNoter({ client, tables, clock, newId, log: log.log, metrics: metrics.metrics, wait }),
    walk: createStockWalk(client, tables.shop, products),
    held: createHeldPieces(client, tables.shop),
    pager,
    clock,
    newId,
    metrics: metrics.metrics,
    wait,
  };
}

/** What a desk has otherwise. */
interface DeskOptions {
  /** Stands around every request to DynamoDB. */
  readonly around?: (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error;
}

/** The catalog's API on tables in memory, with buyers who reserve, give back and buy as checkouts and orders do. */
export function createCatalogDesk({ around }: DeskOptions = {}) {
  const dynamo = createMemoryDynamo({
    shop: ['pk', 'sk'],
    audit: ['pk', 'seq'],
    logs: ['pk', 'sk'],
    ephemeral: ['pk'],
  });
  const aws = createScriptedAws((request) =>
    around === undefined ? dynamo.answer(request) : around(request, () => dynamo.answer(request)),
  );
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const pager = createListPager(async () => 'a signing key of at least 32 characters');
  const deps = catalogParts(client, { clock: clock.now, pager, log, metrics });
  const api = createTestApi(bindRoutes(deps), { idempotency: deps.idempotency, clock: clock.now, log: log.log });
  const deadline = (ms = 30_000) => Deadline.in(ms, clock.now);
  const reconciling = { ...deps, log: log.log };
  let keys = 0;

  const shards = (sku: string): readonly StockShard[] =>
    dynamo
      .items('shop')
      .map(plainItem)
      .filter(({ pk }) => String(pk).startsWith(`STOCK#${sku}#`))
      .map((item) => stockShardSchema.parse(item))
      .toSorted((a, b) => a.shard - b.shard);
  const product = (sku: string): Product =>
    productSchema.parse(
      dynamo
        .items('shop')
        .map(plainItem)
        .find(({ pk }) => pk === productKey(sku).pk),
    );
  const commit = (fill: (write: WriteTransaction) => void) => {
    const write = new WriteTransaction();
    fill(write);
    return write.commit(client, deadline(), async () => undefined);
  };
  const raced = () => new Raced('somebody was first');

  return {
    dynamo,
    aws,
    client,
    clock,
    log,
    metrics,
    deps,
    api,
    /** Sends a request as somebody who may do everything, with an idempotency key of its own unless it brings one. */
    async send(
      method: string,
      path: string,
      body?: unknown,
      more: { readonly key?: string; readonly ifMatch?: string; readonly scopes?: string } = {},
    ) {
      keys += 1;
      const [, sku, rest = ''] = /^\/products\/([^/]+)(\/.*)?$/.exec(path) ?? [];
      const answer = await api.send({
        method,
        path: sku === undefined ? path : `/products/{sku}${rest}`,
        ...(sku === undefined ? {} : { params: { sku } }),
        ...(body === undefined ? {} : { body }),
        headers: {
          'Idempotency-Key': more.key ?? `key-${keys}`,
          ...(more.ifMatch === undefined ? {} : { 'If-Match': more.ifMatch }),
        },
        scopes: more.scopes ?? '*',
      });
      return { ...answer, json: answer.body === '' ? undefined : JSON.parse(answer.body) };
    },
    shards,
    product,
    level: (sku: string) => levelOf(shards(sku)),
    /** Reserves as a checkout does: under the offer that the buyer was shown. */
    reserve: (allocation: Allocation, offer = product(allocation.sku).offer) =>
      commit((write) => reserveStock(write, 'shop', allocation, offer, raced)),
    release: (allocation: Allocation) => commit((write) => releaseStock(write, 'shop', allocation, raced)),
    sell: (allocation: Allocation) => commit((write) => sellStock(write, 'shop', allocation, raced)),
    /** Sets a shard's counts wrong, as a bug would. */
    corrupt(sku: string, shard: number, counts: Partial<StockShard>) {
      const row = shards(sku).find((one) => one.shard === shard);
      dynamo.put('shop', { ...stockKey(sku, shard), ...row, ...counts });
    },
    reconcile: (request: Partial<ReconcileRequest> = {}, until = deadline(), wait = deps.wait) =>
      reconcileStock(
        { ...reconciling, ...(wait === undefined ? {} : { wait }) },
        { repair: false, actor: 'key_tester', requestId: 'request-1', ...request },
        until,
      ),
    lookOver: (until = deadline()) => lookOverStock({ ...reconciling, lowStock: deps.lowStock }, 'run-1', until),
    reconciling,
    deadline,
    alerts: () => dynamo.items('logs').map(plainItem),
    rows: (prefix: string) =>
      dynamo
        .items('shop')
        .map(plainItem)
        .filter(({ pk }) => String(pk).startsWith(prefix)),
    entries: (sku: string) => createAuditStore(client, 'audit').entries(productStream(sku)),
    /** Where the stream of a product breaks; null: it is whole. */
    async brokenAt(sku: string) {
      return firstBreak(
        productStream(sku),
        await createAuditStore(client, 'audit').stored(productStream(sku)),
        product(sku),
      );
    },
  };
}

/** A catalog desk. */
export type CatalogDesk = ReturnType<typeof createCatalogDesk>;
