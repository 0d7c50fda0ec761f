import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { laneStateSchema, parseLaneName } from '#shared/transactions/lane/lane.ts';
import { lowBalanceKey, lowBalanceSchema } from '#shared/transactions/lane/low-balance.ts';
import { laneKey } from '#shared/transactions/ledger-items.ts';
import { openLowBalances } from '#shared/transactions/top-up/open-low-balances.ts';
import { bounded, type Check } from '../check.ts';
import { judgeBalances, judgeNonces } from '../judge-lanes.ts';
import { readOpenLanes } from './open-lanes.ts';

/** Wallets, and lanes, that one look reads: one batch. */
const MAX_ROWS = 100;
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

/**
 * Watches for lanes whose nonces don't add up, among those with work and those of which it was said before. An index query for each shard of open
 * lanes, and their rows.
 */
export function noncesCheck(client: DynamoDBDocumentClient, ledger: string): Check {
  return {
    name: 'nonces',
    async look(_nowMs, open) {
      const { heads, truncated } = await readOpenLanes(client, ledger);
      const known = open.flatMap(({ key }) => LANE_IN_KEY.exec(key)?.[1] ?? []);
      const names = [...new Set([...known, ...heads.keys()])];
      const read = names.slice(0, MAX_ROWS).map((name) => laneKey(parseLaneName(name)));
      const rows = await batchGet(client, ledger, read);
      const raised = judgeNonces(rows.map((row) => laneStateSchema.parse(row)));
      return bounded(raised, names.length <= MAX_ROWS && !truncated);
    },
  };
}
