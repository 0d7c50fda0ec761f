import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import { lowStockKey } from './catalog-keys.ts';
import { type LowStock, lowStockSchema, nextLowStock, type StockLook } from './low-stock.ts';

/** What noting low stock needs. */
export interface LowStockDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly shop: string; readonly logs: string };
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wait?: Sleep;
}

/** Notes whose stock is low. */
export interface LowStockNoter {
  /**
   * Stores which of these conditions changed, each with an alert in the same transaction when it opens. Never fails: what could not be
   * stored is logged, and the schedule looks again.
   */
  note(looks: readonly StockLook[], deadline: Deadline): Promise<void>;
}

/**
 * Notes whose stock is low. Not part of what buyers do: a row per product that each sale writes would make rivals of all its buyers, so a
 * schedule looks, and who adjusts.
 */
export function createLowStockNoter(deps: LowStockDependencies): LowStockNoter {
  return {
    async note(looks, deadline) {
      try {
        const keys = looks.map(({ sku }) => lowStockKey(sku));
        const items = await batchGet(deps.client, deps.tables.shop, keys);
        const stored = new Map(items.map((item) => lowStockSchema.parse(item)).map((row) => [row.sku, row]));
        const at = isoTime(deps.clock());
        for (const look of looks) {
          const before = stored.get(look.sku);
          const after = nextLowStock(before, look, at);
          if (after !== undefined) await store(deps, before, after, deadline);
        }
      } catch (error) {
        deps.log.write('LOW_STOCK_NOT_NOTED', { skus: looks.length, error });
      }
    },
  };
}

async function store(
  deps: LowStockDependencies,
  before: LowStock | undefined,
  after: LowStock,
  deadline: Deadline,
): Promise<void> {
  const write = new WriteTransaction();
  write.put(
    deps.tables.shop,
    { ...lowStockKey(after.sku), ...after },
    () => new Raced('Somebody else noted it'),
    unchangedSince(before),
  );
  const alert = after.state === 'open' ? alertOf(deps.newId('alr'), after) : undefined;
  if (alert !== undefined) recordAlert(write, deps.tables, alert);
  try {
    await write.commit(deps.client, deadline, deps.wait);
  } catch (error) {
    // Whoever was first looked at the same stock a moment ago.
    if (error instanceof Raced) return;
    throw error;
  }
  if (alert === undefined) return;
  deps.metrics.count('LowStock');
  reportAlert(deps, alert);
}

function alertOf(id: string, { sku, available, low_stock_at, opened_at }: LowStock): Alert {
  return {
    id,
    severity: 'WARNING',
    category: 'alarm',
    summary: `Stock of ${sku} is low: ${available} available`,
    details: { sku, available, low_stock_at },
    // What runs low again is told again, however soon after it did before.
    dedupe_key: `low-stock:${sku}:${opened_at}`,
    occurred_at: opened_at,
  };
}
