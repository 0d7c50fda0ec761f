import { performance } from 'node:perf_hooks';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { productKey, productStream } from '#shared/catalog/catalog-keys.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { createProductStore } from '#shared/catalog/product-store.ts';
import { createCatalogReader } from '#shared/catalog/show-catalog.ts';
import { stockKey } from '#shared/catalog/stock-keys.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { newId } from '#shared/platform/ids.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { createLabTables } from '#test/support/lane-lab/lab-tables.ts';
import { localHaven } from '#test/support/local-haven.ts';
import { seededRandom } from '#test/support/seeded-random.ts';
import type { Bench, ReportTable } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';
import { percentile } from '../statistics.ts';

const SKUS = 10_000;
/** Every hundredth has so many shards; the others one. */
const MANY_SHARDS = 8;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const MAX_BATCH = 25;
const DEFAULT_ROUNDS = 20;
const QUERIES_A_ROUND = 100;
const SEED = 20_261_122;

/** What queries of one kind took. */
interface QueryTimes {
  readonly name: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** AWS calls a query. */
  readonly calls: number;
}

const skuOf = (index: number) => `SKU-${index}`;
const shardsOf = (index: number) => (index % 100 === 0 ? MANY_SHARDS : 1);

/** Stock queries over a catalog of 10,000 SKUs, on tables of the bench's own, in this process: the time is the local endpoint's. */
export const catalogBench: Bench = async ({ rounds = DEFAULT_ROUNDS, say }) => {
  const queries = rounds * QUERIES_A_ROUND;
  const haven = localHaven();
  const tables = await createLabTables(haven.info.awsEndpointUrl);
  try {
    const parts = await inProcess(haven, { tables: tables.names });
    say(`Seeding ${SKUS} products`);
    await seed(parts);
    const rows = [
      await measure(parts, `of any of ${SKUS} SKUs, one after the other`, queries, () => SKUS, 1),
      await measure(parts, 'of one SKU again and again', queries, () => 1, 1),
      await measure(parts, `of any of ${SKUS} SKUs, ten at once`, queries, () => SKUS, 10),
    ];
    return { tables: [timesTable(rows)], data: { catalog: { skus: SKUS, queries, rows } } };
  } finally {
    await tables.drop();
  }
};

async function seed({ client, tables }: InProcess): Promise<void> {
  const at = isoTime(systemClock());
  const items = Array.from({ length: SKUS }, (_, index) => {
    const sku = skuOf(index);
    const stock_shards = shardsOf(index);
    const product = {
      ...emptyHead(productStream(sku)),
      ...{ id: newId('prd'), sku, name: 'Bench', price: { amount: '2500', currency: 'USD' }, active: true },
      ...{
        max_per_order: 5,
        low_stock_at: null,
        invoice_minutes: null,
        offer: 1,
        stock_shards,
        stock_rows: stock_shards,
      },
      ...{ created_at: at, updated_at: at, version: 1 },
    };
    const shards = Array.from({ length: stock_shards }, (_shard, shard) => ({
      ...stockKey(sku, shard),
      ...{ sku, shard, available: 50, reserved: 2, sold: 3, offer: 1, on_sale: true, changes: 5 },
    }));
    return [{ ...productKey(sku), ...product }, ...shards];
  }).flat();
  for (let start = 0; start < items.length; start += MAX_BATCH) {
    const puts = items.slice(start, start + MAX_BATCH).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [tables.shop]: puts } }));
  }
}

async function measure(
  { client, tables, calls }: InProcess,
  name: string,
  queries: number,
  among: () => number,
  atOnce: number,
): Promise<QueryTimes> {
  const products = createProductReader(client, tables.shop);
  const productStore = createProductStore(client, tables.shop);
  const catalog = createCatalogReader({ products, productStore, clock: systemClock });
  const random = seededRandom(SEED);
  const ask = async () => {
    const startMs = performance.now();
    await catalog.stock(skuOf(Math.floor(random() * among())));
    return performance.now() - startMs;
  };
  // Opens connections.
  await Promise.all(Array.from({ length: atOnce }, ask));
  calls.reset();
  const times: number[] = [];
  while (times.length < queries) times.push(...(await Promise.all(Array.from({ length: atOnce }, ask))));
  return {
    name,
    p50Ms: percentile(times, 50),
    p95Ms: percentile(times, 95),
    p99Ms: percentile(times, 99),
    calls: calls.total() / times.length,
  };
}

function timesTable(rows: readonly QueryTimes[]): ReportTable {
  return {
    title: `The stock of a product, with ${SKUS} products`,
    text: 'What `GET /products/{sku}/stock` reads, in this process, from the local endpoint: its time is not that of AWS, its calls are. The target is a p95 under 100 ms and one call.',
    columns: ['Stock', 'p50, ms', 'p95, ms', 'p99, ms', 'AWS calls'],
    rows: rows.map(({ name, p50Ms, p95Ms, p99Ms, calls }) => [
      name,
      number(p50Ms, 1),
      number(p95Ms, 1),
      number(p99Ms, 1),
      number(calls, 2),
    ]),
  };
}
