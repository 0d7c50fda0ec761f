import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/** Wallets whose key row is kept in memory; a lane worker serves few at a time. */
const MAX_REMEMBERED_KEYS = 1_000;

/**
 * Reads rows of the key table. They never change, so each is read once; whether the key may be used is another row,
 * checked in the transaction of every use.
 *
 * @param table the key table
 * @param parse what a row holds; throws KEY_DECRYPTION_FAILED when it is something else
 * @throws (from `read`) KEY_DECRYPTION_FAILED when there is no row, and what `parse` throws
 */
export function createKeyRowReader<T>(
  client: DynamoDBDocumentClient,
  table: string,
  parse: (row: Readonly<Record<string, unknown>>, walletId: string) => T,
): { read(walletId: string): Promise<T> } {
  const known = new Map<string, T>();
  return {
    async read(walletId) {
      const remembered = known.get(walletId);
      if (remembered !== undefined) return remembered;
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: walletId }, ConsistentRead: true }),
      );
      if (Item === undefined) throw new HavenError('KEY_DECRYPTION_FAILED', `Wallet ${walletId} has no key`);
      const parsed = parse(Item, walletId);
      if (known.size >= MAX_REMEMBERED_KEYS) known.clear();
      known.set(walletId, parsed);
      return parsed;
    },
  };
}
