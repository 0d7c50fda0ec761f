import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { laneStateSchema, OPEN_LANE_SHARDS, openLaneShard, parseLaneName } from '#shared/transactions/lane/lane.ts';
import { lowBalanceKey, lowBalanceSchema } from '#shared/transactions/lane/low-balance.ts';
import { laneKey } from '#shared/transactions/ledger-items.ts';
import { openLowBalances } from '#shared/transactions/top-up/open-low-balances.ts';
import { bounded, type Check } from '../check.ts';
import { judgeBalances, judgeNonces } from '../judge-lanes.ts';

/** Wallets, and lanes, that one look reads: one batch. */
const MAX_ROWS = 100;
/** Entries read of each shard of open lanes: a lane with a long queue has one for each of it. */
const MAX_ENTRIES = 1_000;
/** `<chain>#<address>` of the key of a condition: `nonces:31337#0x…:gap`. */
const LANE_IN_KEY = /^nonces:(\d+#0x[0-9a-f]{40}):/;

/** Watches for wallets that run low, which lanes note. One index query, and their rows. */
export function balancesCheck(client: DynamoDBDocumentClient, ledger: string): Check {
  return {
    name: 'balances_low',
    async look() {
      const { value: first } = await openLowBalances(client, ledger, MAX_ROWS).next();
      const places = first ?? [];
      const rows = await batchGet(client, ledger, places.map(lowBalanceKey));
      const raised = judgeBalances(rows.map((row) => lowBalanceSchema.parse(row)));
      return bounded(raised, places.length < MAX_ROWS);
    },
  };
}

const placeSchema = z.object({ gsi1sk: z.string() });

/**
 * Watches for lanes whose nonces don't add up, among those with work and those of which it was said before. An index query for each shard of open
 * lanes, and their rows.
 */
export function noncesCheck(client: DynamoDBDocumentClient, ledger: string): Check {
  async function openLanes(shard: number): Promise<{ readonly lanes: readonly string[]; readonly truncated: boolean }> {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: ledger,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk',
        ExpressionAttributeValues: { ':pk': openLaneShard(shard) },
        Limit: MAX_ENTRIES,
      }),
    );
    // Of a place in a queue, too, the lane is what stands first.
    const lanes = Items.map((item) => placeSchema.parse(item).gsi1sk.split('#').slice(0, 2).join('#'));
    return { lanes, truncated: LastEvaluatedKey !== undefined };
  }

  return {
    name: 'nonces',
    async look(_nowMs, open) {
      const shards = await Promise.all(Array.from({ length: OPEN_LANE_SHARDS }, (_, shard) => openLanes(shard)));
      const known = open.flatMap(({ key }) => LANE_IN_KEY.exec(key)?.[1] ?? []);
      const names = [...new Set([...known, ...shards.flatMap(({ lanes }) => lanes)])];
      const read = names.slice(0, MAX_ROWS).map((name) => laneKey(parseLaneName(name)));
      const rows = await batchGet(client, ledger, read);
      const raised = judgeNonces(rows.map((row) => laneStateSchema.parse(row)));
      return bounded(raised, names.length <= MAX_ROWS && !shards.some(({ truncated }) => truncated));
    },
  };
}
