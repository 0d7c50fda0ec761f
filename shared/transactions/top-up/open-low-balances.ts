import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { OPEN_LOW_BALANCES } from '../lane/low-balance.ts';

/** A wallet on a chain. */
export interface WalletOnChain {
  readonly wallet_id: string;
  readonly chain_id: number;
}

const entrySchema = z.object({ gsi1sk: z.string().regex(/^wal_\w+#\d+$/) });

/**
 * Wallets that run low, page by page, from the index of open conditions. The index may lag behind the rows.
 *
 * @param table the ledger table
 * @param size of a page
 */
export async function* openLowBalances(
  client: DynamoDBDocumentClient,
  table: string,
  size: number,
): AsyncGenerator<readonly WalletOnChain[]> {
  // Sorts before every wallet.
  let after = ' ';
  for (;;) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk > :after',
        ExpressionAttributeValues: { ':pk': OPEN_LOW_BALANCES, ':after': after },
        Limit: size,
      }),
    );
    const names = Items.map((item) => entrySchema.parse(item).gsi1sk);
    if (names.length > 0) yield names.map(parsed);
    const last = names.at(-1);
    if (last === undefined || names.length < size) return;
    after = last;
  }
}

function parsed(name: string): WalletOnChain {
  const [wallet_id = '', chainId] = name.split('#');
  return { wallet_id, chain_id: Number(chainId) };
}
