import { randomInt } from 'node:crypto';
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { ALL_WALLETS } from '../ledger-keys.ts';

const rowSchema = z.object({ gsi1sk: z.string() });

/**
 * The ids of all wallets, oldest first, a page at a time. By the index of all wallets, which has keys only: a wallet of the
 * last moments may be missing.
 *
 * @param table the ledger
 */
export async function* walletIds(client: DynamoDBDocumentClient, table: string): AsyncGenerator<string> {
  let startKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(new QueryCommand({ ...allWallets(table), ExclusiveStartKey: startKey }));
    for (const row of page.Items ?? []) yield rowSchema.parse(row).gsi1sk;
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
}

/** How many wallets there are, by the same index. */
export async function countWallets(client: DynamoDBDocumentClient, table: string): Promise<number> {
  let count = 0;
  let startKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({ ...allWallets(table), Select: 'COUNT', ExclusiveStartKey: startKey }),
    );
    count += page.Count ?? 0;
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
  return count;
}

function allWallets(table: string) {
  return {
    TableName: table,
    IndexName: 'gsi1',
    KeyConditionExpression: 'gsi1pk = :all',
    ExpressionAttributeValues: { ':all': ALL_WALLETS },
  };
}

/**
 * Draws some of a source of unknown length, each as likely as any other (Algorithm R,
 * https://en.wikipedia.org/wiki/Reservoir_sampling).
 *
 * @param random a whole number from 0, below what it is given
 */
export async function sampleOf(
  source: AsyncIterable<string>,
  size: number,
  random: (below: number) => number = randomInt,
): Promise<readonly string[]> {
  const drawn: string[] = [];
  let seen = 0;
  for await (const item of source) {
    seen += 1;
    if (drawn.length < size) drawn.push(item);
    else {
      const place = random(seen);
      if (place < size) drawn[place] = item;
    }
  }
  return drawn;
}
