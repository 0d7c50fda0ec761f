import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { STOCK_REPORT_KEY } from './catalog-keys.ts';
import type { ReconcileDependencies, ReconcileRequest } from './reconciling.ts';

/** What a reconciliation found, as the API shows it. */
export const stockReportView = z
  .object({
    checked_at: z.string().describe('ISO 8601, UTC.'),
    complete: z.boolean().describe('False: time ran out; ask for one product, or leave it to the schedule.'),
    shards: z.number().int().describe('Shards that were compared.'),
    drifts: z.array(
      z.object({
        sku: z.string(),
        shard: z.number().int(),
        counted: z.number().int().describe('What the shard has counted as reserved.'),
        expected: z.number().int().describe('What open orders and carts have reserved of it.'),
        repaired: z.boolean(),
      }),
    ),
    moving: z
      .array(z.object({ sku: z.string(), shard: z.number().int() }))
      .describe('Shards that buyers kept moving, so that nothing can be said of them.'),
  })
  .meta({ id: 'StockReport' });

/** What a reconciliation found. */
export type StockReportView = z.output<typeof stockReportView>;

/** Of each list that a report has: with SKUs of 64 characters some 150 KB, where an item can have 400 KB. */
const MAX_KEPT = 500;

/** The last report on all stock, as it is stored and shown. */
export const lastStockReportView = stockReportView
  .extend({
    drifts: stockReportView.shape.drifts.describe(`The first ${MAX_KEPT}.`),
    moving: stockReportView.shape.moving.describe(
      `Shards that buyers kept moving, so that nothing can be said of them; the first ${MAX_KEPT}.`,
    ),
    drift_count: z.number().int().describe('Shards in all that had drifted.'),
    moving_count: z.number().int().describe('Shards in all that kept moving.'),
    by: z
      .string()
      .describe('Who looked: `stock-reconciler` is the schedule, anybody else asked for it.')
      .meta({ examples: ['stock-reconciler'] }),
  })
  .meta({ id: 'LastStockReport' });

/** The last report on all stock. */
export type LastStockReport = z.output<typeof lastStockReportView>;

/**
 * Stores a report on all stock in the place of the one before. Of two runs at once the one that began later stays.
 *
 * @throws DATABASE_ERROR
 */
export async function keepStockReport(
  { client, tables, wait }: Pick<ReconcileDependencies, 'client' | 'tables' | 'wait'>,
  report: StockReportView,
  { actor }: Pick<ReconcileRequest, 'actor'>,
  deadline: Deadline,
): Promise<void> {
  const kept: LastStockReport = lastStockReportView.parse({
    ...report,
    drifts: report.drifts.slice(0, MAX_KEPT),
    moving: report.moving.slice(0, MAX_KEPT),
    drift_count: report.drifts.length,
    moving_count: report.moving.length,
    by: actor,
  });
  const write = new WriteTransaction();
  write.put(tables.shop, { ...STOCK_REPORT_KEY, ...kept }, () => new Raced('A later run has stored its report'), {
    expression: 'attribute_not_exists(pk) OR checked_at < :at',
    values: { ':at': kept.checked_at },
    showsExisting: false,
  });
  try {
    await write.commit(client, deadline, wait);
  } catch (error) {
    if (!(error instanceof Raced)) throw error;
  }
}

/** Reads the last report on all stock. */
export type StockReportReader = () => Promise<LastStockReport>;

/**
 * The last report in the shop table, strongly consistent.
 *
 * @param table the shop table; needs the right to GetItem
 * @returns a reader that throws STOCK_REPORT_NOT_FOUND
 */
export function createStockReportReader(client: DynamoDBDocumentClient, table: string): StockReportReader {
  return async () => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: STOCK_REPORT_KEY, ConsistentRead: true }),
    );
    if (Item !== undefined) return lastStockReportView.parse(Item);
    throw new HavenError('STOCK_REPORT_NOT_FOUND', 'No run has looked over all stock yet');
  };
}
