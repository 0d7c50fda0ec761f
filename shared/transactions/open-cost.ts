import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { type LaneKey, laneStateSchema } from './lane/lane.ts';
import { lanePartition, transactionKey } from './ledger-items.ts';
import { type Attempt, awaitsBlock, type Transaction, transactionSchema } from './transaction.ts';

/** What the open transactions of a lane may still cost. */
export interface OpenCost {
  /**
   * Of what is signed and in no block: value and fee of the dearest version that may still be mined; of what is queued:
   * value, and its fee where a limit or a required balance counts it.
   */
  readonly reservedWei: bigint;
  /** Whether there are more open transactions than were looked at. */
  readonly isPartial: boolean;
}

/** Adds up what open transactions may still cost. Two reads at most, however many there are. */
export type OpenCostReader = (lane: LaneKey) => Promise<OpenCost>;

/** One BatchGet: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_OPEN_TRANSACTIONS = 100;

const queueRowSchema = z.object({ transaction_id: z.string() });

/**
 * Open transactions in the ledger table.
 *
 * @param table the ledger table
 */
export function createOpenCostReader(client: DynamoDBDocumentClient, table: string): OpenCostReader {
  return async (lane) => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': lanePartition(lane) },
        ConsistentRead: true,
        Limit: MAX_OPEN_TRANSACTIONS + 2,
      }),
    );
    const ids = Items.flatMap((item) =>
      item['sk'] === 'LANE'
        ? laneStateSchema.parse(item).in_flight.map(({ id }) => id)
        : [queueRowSchema.parse(item).transaction_id],
    );
    const keys = ids.slice(0, MAX_OPEN_TRANSACTIONS).map(transactionKey);
    const open = (await batchGet(client, table, keys)).map((item) => transactionSchema.parse(item));
    const reservedWei = open.reduce((sum, transaction) => sum + mayCostWei(transaction), 0n);
    return { reservedWei, isPartial: ids.length > MAX_OPEN_TRANSACTIONS };
  };
}

/** What one open transaction may still cost. Of all versions with its nonce, any may be mined, and one alone. */
function mayCostWei(transaction: Transaction): bigint {
  const { status, nonce, value, attempts, reservation } = transaction;
  if (awaitsBlock(transaction)) {
    const versions = attempts.filter((attempt) => attempt.nonce === nonce);
    return versions.reduce((most, attempt) => larger(most, worstCostWei(attempt, value)), 0n);
  }
  if (status !== 'queued') return 0n;
  return (reservation?.amounts ?? []).reduce((sum, { fee }) => sum + BigInt(fee), BigInt(value));
}

function worstCostWei({ kind, gas_limit, max_fee_per_gas }: Attempt, value: string): bigint {
  return (kind === 'noop' ? 0n : BigInt(value)) + BigInt(gas_limit) * BigInt(max_fee_per_gas);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
