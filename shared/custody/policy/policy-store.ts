import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type StoredPolicy, storedPolicySchema } from './policy.ts';
import { policyKey } from './policy-row.ts';

/** Reads policies. */
export interface PolicyStore {
  /** A wallet's policy, strongly consistent; undefined: it has never been given one. */
  get(walletId: string): Promise<StoredPolicy | undefined>;
}

/**
 * Policies in the ledger table.
 *
 * @param table the ledger table
 */
export function createPolicyStore(client: DynamoDBDocumentClient, table: string): PolicyStore {
  return {
    async get(walletId) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: policyKey(walletId), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : storedPolicySchema.parse(Item);
    },
  };
}
