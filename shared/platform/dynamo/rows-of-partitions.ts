import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import { batchGet } from './id-source.ts';

const keySchema = z.object({ pk: z.string(), sk: z.string() });

type Key = z.output<typeof keySchema>;

/** What one BatchGetItem reads. */
const ROWS_AT_ONCE = 100;

/** Not all could be read before time ran out. */
export class OutOfTime extends Error {}

/**
 * All rows of some partitions of an index, each once, read from the table as they are: so many at a time, because of all that are open
 * nobody knows how many there are. For schedules that walk over everything; never on a request path that a stranger can cause.
 *
 * @param partitions one after the other, in this order
 * @param deadline no request is sent after it
 * @throws OutOfTime when it comes before the last row
 */
export async function* rowsOfPartitions(
  client: DynamoDBDocumentClient,
  table: string,
  index: 'gsi1' | 'gsi2' | 'gsi3',
  partitions: readonly string[],
  deadline: Deadline,
): AsyncGenerator<readonly Record<string, unknown>[], undefined> {
  // What moves on to a later partition meanwhile is met again there. Of rows that were read no more than this is kept.
  const met = new Set<string>();
  for (const partition of partitions) {
    for await (const page of pagesOf(client, table, index, partition, deadline)) {
      const keys = page.filter((key) => !met.has(nameOf(key)));
      for (const key of keys) met.add(nameOf(key));
      for (let start = 0; start < keys.length; start += ROWS_AT_ONCE) {
        requireTime(deadline);
        yield await batchGet(client, table, keys.slice(start, start + ROWS_AT_ONCE));
      }
    }
  }
}

const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`;

function requireTime(deadline: Deadline): void {
  if (!deadline.allows(1)) throw new OutOfTime('Not all rows could be read in time');
}

async function* pagesOf(
  client: DynamoDBDocumentClient,
  TableName: string,
  index: string,
  partition: string,
  deadline: Deadline,
): AsyncGenerator<readonly Key[], undefined> {
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    requireTime(deadline);
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
    yield (page.Items ?? []).map((item) => keySchema.parse(item));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
}
