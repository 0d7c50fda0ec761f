import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { sweepSchema } from '#shared/custody/lifecycle/sweep.ts';
import { sweepKey } from '#shared/custody/lifecycle/sweep-row.ts';
import { depositSweepKey, depositSweepSchema, openDepositSweeps } from '#shared/payments/sweeps/deposit-sweep.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { bounded, type Check } from '../check.ts';
import { judgeSweeps, type SweepBacklog } from '../judge-sweeps.ts';
import type { Thresholds } from '../thresholds.ts';

/** Sweeps of each kind that one look reads: one batch. */
const MAX_SWEEPS = 100;

/** Which wallets have an open sweep. */
interface OpenWalletSweeps {
  open(limit: number): Promise<readonly string[]>;
}

interface Backlog extends SweepBacklog {
  readonly truncated: boolean;
}

const placeSchema = z.object({ gsi3sk: z.string() });

/** Watches for sweeps that get no further. An index query for wallets and for deposits of each chain, and their rows. */
export function sweepsCheck(
  client: DynamoDBDocumentClient,
  tables: { readonly ledger: string; readonly shop: string },
  wallets: OpenWalletSweeps,
  chains: readonly ChainConfig[],
  { sweep_backlog_minutes }: Thresholds,
): Check {
  async function ofWallets(): Promise<Backlog> {
    const ids = await wallets.open(MAX_SWEEPS);
    const rows = (await batchGet(client, tables.ledger, ids.map(sweepKey))).map((row) => sweepSchema.parse(row));
    const open = rows.filter(({ status }) => status === 'open');
    return {
      of: 'wallets',
      sweeps: open.map(({ wallet_id, waiting_for, waiting_since, requested_at }) => ({
        ...{ id: wallet_id, waiting_for, since: waiting_since ?? requested_at },
      })),
      truncated: ids.length === MAX_SWEEPS,
    };
  }

  async function ofDeposits({ chain_id }: ChainConfig): Promise<Backlog> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tables.shop,
        IndexName: 'gsi3',
        KeyConditionExpression: 'gsi3pk = :pk',
        ExpressionAttributeValues: { ':pk': openDepositSweeps(chain_id) },
        Limit: MAX_SWEEPS,
      }),
    );
    const keys = Items.map((item) => depositSweepKey({ order_id: placeSchema.parse(item).gsi3sk, chain_id }));
    const rows = (await batchGet(client, tables.shop, keys)).map((row) => depositSweepSchema.parse(row));
    const open = rows.filter(({ status }) => status === 'open');
    return {
      of: `deposits:${chain_id}`,
      sweeps: open.map(({ order_id, waiting_for, waiting_since, opened_at }) => ({
        ...{ id: order_id, waiting_for, since: waiting_since ?? opened_at },
      })),
      truncated: Items.length === MAX_SWEEPS,
    };
  }

  return {
    name: 'sweeps',
    async look(nowMs) {
      const backlogs = await Promise.all([ofWallets(), ...chains.map(ofDeposits)]);
      const raised = judgeSweeps(backlogs, sweep_backlog_minutes, nowMs);
      return bounded(raised, !backlogs.some(({ truncated }) => truncated));
    },
  };
}
