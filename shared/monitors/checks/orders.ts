import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { DUE_ORDER_SHARDS, dueOrders } from '#shared/orders/order-keys.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { bounded, type Check, complete } from '../check.ts';
import { judgeOverdue, judgeScanLag, type OverdueOrders, type ReadSoFar } from '../judge-orders.ts';
import type { Thresholds } from '../thresholds.ts';

/** Orders that one look reads of each shard: as many as an alert names. */
const MAX_ORDERS = 10;
/** Open orders that one look counts of each shard, so that it is a page of the index at most: whether there are more says nothing more. */
const MAX_COUNTED = 1_000;
const MINUTE_MS = 60_000;

const placeSchema = z.object({
  gsi3sk: z.string().transform((place) => {
    const [expires_at = '', id = ''] = place.split('#');
    return { expires_at, id };
  }),
});

/** Watches for orders that should have ended. A query of the index of due orders for each shard of each chain and of processors; no row is read. */
export function overdueCheck(
  client: DynamoDBDocumentClient,
  shop: string,
  chains: readonly ChainConfig[],
  { order_overdue_minutes }: Thresholds,
): Check {
  async function shardOf(of: OverdueOrders['of'], shard: number, before: string) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: shop,
        IndexName: 'gsi3',
        KeyConditionExpression: 'gsi3pk = :pk AND gsi3sk < :before',
        ExpressionAttributeValues: { ':pk': dueOrders(of, shard), ':before': before },
        Limit: MAX_ORDERS + 1,
      }),
    );
    return Items.map((item) => placeSchema.parse(item).gsi3sk);
  }

  async function overdueOf(of: OverdueOrders['of'], before: string): Promise<OverdueOrders> {
    const shards = Array.from({ length: DUE_ORDER_SHARDS }, (_, shard) => shardOf(of, shard, before));
    const found = (await Promise.all(shards)).flat().sort((a, b) => (a.expires_at < b.expires_at ? -1 : 1));
    return { of, orders: found.slice(0, MAX_ORDERS), truncated: found.length > MAX_ORDERS };
  }

  return {
    name: 'orders_overdue',
    async look(nowMs) {
      const before = isoTime(nowMs - order_overdue_minutes * MINUTE_MS);
      const all = [...chains.map(({ chain_id }) => chain_id), 'processor' as const];
      const found = await Promise.all(all.map((of) => overdueOf(of, before)));
      return bounded(judgeOverdue(found, order_overdue_minutes), true);
    },
  };
}

/**
 * Counts the orders that wait for money, for the alarm on a shop in which nobody pays: a level, and no condition. A query of the index of due
 * orders for each shard of each chain and of processors; no row is read.
 */
export function openOrdersCheck(
  client: DynamoDBDocumentClient,
  shop: string,
  chains: readonly Pick<ChainConfig, 'chain_id'>[],
  metrics: Metrics,
): Check {
  async function countOf(of: OverdueOrders['of'], shard: number): Promise<number> {
    const { Count = 0 } = await client.send(
      new QueryCommand({
        TableName: shop,
        IndexName: 'gsi3',
        Select: 'COUNT',
        KeyConditionExpression: 'gsi3pk = :pk',
        ExpressionAttributeValues: { ':pk': dueOrders(of, shard) },
        Limit: MAX_COUNTED,
      }),
    );
    return Count;
  }

  return {
    name: 'orders_open',
    async look() {
      const all = [...chains.map(({ chain_id }) => chain_id), 'processor' as const];
      const counts = await Promise.all(
        all.flatMap((of) => Array.from({ length: DUE_ORDER_SHARDS }, (_, shard) => countOf(of, shard))),
      );
      metrics.count(
        'OrdersOpen',
        counts.reduce((sum, count) => sum + count, 0),
      );
      return complete([]);
    },
  };
}

/** Watches how far behind one chain is read. A Get. */
export function scanLagCheck(
  chain: ChainConfig,
  scans: { cursor(chainId: number): Promise<ReadSoFar['cursor']> },
  { scanner_lag_minutes }: Thresholds,
): Check {
  return {
    name: `scanner_lag:${chain.chain_id}`,
    async look(nowMs) {
      const cursor = await scans.cursor(chain.chain_id);
      return complete(judgeScanLag({ ...chain, cursor }, scanner_lag_minutes, nowMs));
    },
  };
}
