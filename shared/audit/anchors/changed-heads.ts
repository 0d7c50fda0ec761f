import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { dayOf, dayPartitions } from '../index-attributes.ts';
import type { StreamHead } from './digest.ts';

const DAY_MS = 86_400_000;

/** A stream, the number and hash of its entry, and where it stands in time: what the index by day has. */
const rowSchema = z.object({ pk: z.string(), seq: z.number().int(), hash: z.string(), position: z.string() });

/** Finds where streams end that changed. */
export interface ChangedHeads {
  /**
   * The last entry that each stream got in a time.
   *
   * @param from ISO 8601, UTC; included
   * @param through not included
   */
  between(from: string, through: string): Promise<readonly StreamHead[]>;
  /** The first of these days that has an entry; undefined when none has. */
  firstDay(days: readonly string[]): Promise<string | undefined>;
}

/**
 * Finds changed streams by the index of entries by day: no write, and no read of what entries say.
 *
 * @param table the audit table
 */
export function createChangedHeads(client: DynamoDBDocumentClient, table: string): ChangedHeads {
  async function readShard(partition: string, from: string, through: string, heads: Map<string, StreamHead>) {
    let startKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'gsi1',
          KeyConditionExpression: 'gsi1pk = :partition AND #position > :from',
          // A reserved word.
          ExpressionAttributeNames: { '#position': 'position' },
          ExpressionAttributeValues: { ':partition': partition, ':from': from },
          ExclusiveStartKey: startKey,
        }),
      );
      for (const item of page.Items ?? []) {
        const { pk: stream, seq, hash, position } = rowSchema.parse(item);
        if (position >= through) return;
        if (seq > (heads.get(stream)?.seq ?? 0)) heads.set(stream, { stream, seq, hash });
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
  }

  return {
    async between(from, through) {
      const heads = new Map<string, StreamHead>();
      for (const day of daysBetween(from, through)) {
        await Promise.all(dayPartitions(day).map((partition) => readShard(partition, from, through, heads)));
      }
      return [...heads.values()];
    },

    async firstDay(days) {
      for (const day of days) {
        const counts = await Promise.all(
          dayPartitions(day).map((partition) =>
            client.send(
              new QueryCommand({
                TableName: table,
                IndexName: 'gsi1',
                KeyConditionExpression: 'gsi1pk = :partition',
                ExpressionAttributeValues: { ':partition': partition },
                Limit: 1,
              }),
            ),
          ),
        );
        if (counts.some(({ Items = [] }) => Items.length > 0)) return day;
      }
      return undefined;
    },
  };
}

/** The UTC days that a time touches, in order. */
function daysBetween(from: string, through: string): readonly string[] {
  const days: string[] = [];
  for (let at = Date.parse(dayOf(from)); at < Date.parse(through); at += DAY_MS) days.push(dayOf(isoTime(at)));
  return days;
}
