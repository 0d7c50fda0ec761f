import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { isReached, type Sightings } from './sightings.ts';

/** Counts what patterns are about. */
export interface PatternCounters {
  /**
   * Counts sightings; told of the same twice, once.
   *
   * @returns whether there are enough of them now: true for whoever brings the last one that it takes, and for all after
   */
  count(sightings: Sightings): Promise<boolean>;
}

/** Counters outlive their windows by this much, so that TTL never removes one that still counts. */
const TTL_SLACK_SECONDS = 60;
/** Windows before the last two that are removed on the way; a row that is written on and on stays small. */
const REMOVED_WINDOWS = 4;

const rowSchema = z.record(z.string(), z.unknown());
const seenSchema = z.set(z.string());

/**
 * Counters in the ephemeral table: one row for each pattern and subject, with a set of what was seen in each window. A count is one write
 * that returns the row as it is after it: of any number who count at once, the last one sees what all have seen.
 *
 * @param table the ephemeral table; needs UpdateItem on `PATTERN#*`
 */
export function createPatternCounters(client: DynamoDBDocumentClient, table: string): PatternCounters {
  return {
    async count({ pattern, subject, window, things }) {
      const old = Array.from({ length: REMOVED_WINDOWS }, (_, at) => window - 3 - at);
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: `PATTERN#${pattern.name}#${subject}` },
            UpdateExpression: `SET expires_at = :expires ADD #seen :things REMOVE ${old.map((_, at) => `#old${at}`).join(', ')}`,
            // Enough is enough: a row holds no more of a window than twice what it takes.
            ConditionExpression: 'attribute_not_exists(#seen) OR size(#seen) < :enough',
            ExpressionAttributeNames: {
              '#seen': attributeOf(window),
              ...Object.fromEntries(old.map((one, at) => [`#old${at}`, attributeOf(one)])),
            },
            ExpressionAttributeValues: {
              ':things': new Set(things),
              ':enough': pattern.threshold,
              ':expires': Math.ceil(((window + 3) * pattern.windowMs) / 1_000) + TTL_SLACK_SECONDS,
            },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return isReached(pattern, windowsOf(rowSchema.parse(Attributes)), window);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return true;
        throw error;
      }
    },
  };
}

const PREFIX = 'seen_';

function attributeOf(window: number): string {
  return `${PREFIX}${window}`;
}

function windowsOf(row: Readonly<Record<string, unknown>>): ReadonlyMap<number, ReadonlySet<string>> {
  return new Map(
    Object.entries(row).flatMap(([name, value]) => {
      const seen = name.startsWith(PREFIX) ? seenSchema.safeParse(value) : undefined;
      return seen?.success === true ? [[Number(name.slice(PREFIX.length)), seen.data] as const] : [];
    }),
  );
}
