import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ItemKey } from './write-transaction.ts';

/** Reads one item, strongly consistent; undefined when there is none. */
export async function readItem(
  client: DynamoDBDocumentClient,
  table: string,
  key: ItemKey,
): Promise<Record<string, unknown> | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
  return Item;
}
