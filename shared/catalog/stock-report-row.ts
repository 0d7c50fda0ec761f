import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { STOCK_REPORT_KEY } from './catalog-keys.ts';
import type { ReconcileDependencies, ReconcileRequest } from './reconciling.ts';
import { type LastStockReport, lastStockReportView, MAX_KEPT, type StockReportView } from './stock-report.ts';

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
