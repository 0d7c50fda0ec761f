import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { type GasBaseline, gasBaselineSchema } from './gas-baseline.ts';

/** What nobody has added to for a day says nothing of what is usual. */
const TTL_SECONDS = 86_400;

/** Keeps what gas cost lately, one row for each chain. */
export interface GasBaselineStore {
  /** undefined: nothing is known. */
  read(chainId: number): Promise<GasBaseline | undefined>;
  /** Stores it unless another run did so since it was read: one sample is as good as another. */
  save(chainId: number, before: GasBaseline | undefined, after: GasBaseline, nowMs: number): Promise<void>;
}

const keyOf = (chainId: number) => ({ pk: `GAS_BASELINE#${chainId}` });

/**
 * Baselines in DynamoDB.
 *
 * @param table the ephemeral table, with TTL on `expires_at`
 */
export function createGasBaselineStore(client: DynamoDBDocumentClient, table: string): GasBaselineStore {
  return {
    async read(chainId) {
      const item = await readItem(client, table, keyOf(chainId));
      return item === undefined ? undefined : gasBaselineSchema.parse(item);
    },
    async save(chainId, before, after, nowMs) {
      const { expression, names, values } = unchangedSince(before);
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...keyOf(chainId), ...after, expires_at: Math.ceil(nowMs / 1_000) + TTL_SECONDS },
            ConditionExpression: expression,
            ...(names === undefined ? {} : { ExpressionAttributeNames: { ...names } }),
            ...(values === undefined ? {} : { ExpressionAttributeValues: { ...values } }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
