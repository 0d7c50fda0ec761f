import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { batchGet } from './id-source.ts';

const keySchema = z.object({ pk: z.string(), sk: z.string() });

/**
 * All rows of some partitions of an index, each once, read from the table as they are. For schedules that walk over everything; never on a
 * request path that a stranger can cause.
 *
 * @param partitions one after the other, in this order
 */
export async function rowsOfPartitions(
  client: DynamoDBDocumentClient,
  table: string,
  index: 'gsi1' | 'gsi2' | 'gsi3',
  partitions: readonly string[],
): Promise<readonly Record<string, unknown>[]> {
  const keys = new Map<string, z.output<typeof keySchema>>();
  for (const partition of partitions) {
    for await (const key of keysOf(client, table, index, partition)) keys.set(`${key.pk} ${key.sk}`, key);
  }
  return batchGet(client, table, [...keys.values()]);
}

async function* keysOf(client: DynamoDBDocumentClient, TableName: string, index: string, partition: string) {
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName,
        IndexName: index,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': `${index}pk` },
        ExpressionAttributeValues: { ':pk': partition },
        ExclusiveStartKey,
      }),
    );
    for (const item of page.Items ?? []) {
      const { pk, sk } = keySchema.parse(item);
      yield { pk, sk };
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
}
