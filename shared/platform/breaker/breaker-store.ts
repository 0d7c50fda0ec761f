import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { indexSources, type RowPage, readPage, rowLoader } from '../dynamo/id-source.ts';
import { readItem } from '../dynamo/read-item.ts';
import { unchangedSince } from '../dynamo/versions.ts';
import { breakerStateSchema } from './breaker-state.ts';

/** A breaker as it is stored. */
const recordSchema = z.object({
  id: z.string(),
  state: breakerStateSchema,
  version: z.number().int(),
  /** Where its audit stream ends; absent while nobody has reset it. */
  audit_seq: z.number().int().optional(),
  audit_hash: z.string().optional(),
});

/** A breaker as it is stored. */
export type BreakerRecord = z.output<typeof recordSchema>;

/** Keeps breakers where all processes see them. */
export interface BreakerStore {
  read(name: string): Promise<BreakerRecord | undefined>;
  /**
   * Stores a breaker, provided that nobody changed it since `before` was read.
   *
   * @param before undefined: there was none
   * @returns what is there now: `after` itself when it is stored, else what somebody else stored
   */
  save(after: BreakerRecord, before: BreakerRecord | undefined): Promise<BreakerRecord | undefined>;
}

/** What operators see of breakers. */
export interface BreakerDirectory extends Pick<BreakerStore, 'read'> {
  list(before: string | undefined, limit: number): Promise<RowPage<BreakerRecord>>;
}

/** The partition of gsi1 that lists all breakers. */
const ALL_BREAKERS = 'BREAKERS';
/** What nothing has happened to for so long is over: an endpoint or a target that was taken away. */
const TTL_SECONDS = 30 * 24 * 60 * 60;

const keyOf = (name: string) => ({ pk: `BREAKER#${name}` });

/**
 * The item of a breaker. It expires, unless it was reset: then it holds the end of its audit stream.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function breakerItem(record: BreakerRecord, nowMs: number): Readonly<Record<string, unknown>> {
  const expires = record.audit_seq === undefined ? { expires_at: Math.ceil(nowMs / 1000) + TTL_SECONDS } : {};
  return { ...keyOf(record.id), ...record, ...expires, gsi1pk: ALL_BREAKERS, gsi1sk: record.id };
}

/**
 * Breakers in DynamoDB: one item each, changed by conditional puts.
 *
 * @param table the ephemeral table, with TTL on `expires_at`
 */
export function createBreakerStore(
  client: DynamoDBDocumentClient,
  table: string,
  clock: () => number,
): BreakerStore & BreakerDirectory {
  return {
    async read(name) {
      const item = await readItem(client, table, keyOf(name));
      return item === undefined ? undefined : recordSchema.parse(item);
    },

    async save(after, before) {
      const { expression, names, values } = unchangedSince(before);
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: breakerItem(after, clock()),
            ConditionExpression: expression,
            ...(names === undefined ? {} : { ExpressionAttributeNames: { ...names } }),
            ...(values === undefined ? {} : { ExpressionAttributeValues: { ...values } }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return after;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Without an item it expired since it was read.
        return error.Item === undefined ? undefined : recordSchema.parse(unmarshall(error.Item));
      }
    },

    list(before, limit) {
      const source = indexSources(client, table)('gsi1', ALL_BREAKERS);
      return readPage(source, rowLoader(client, table, keyOf, recordSchema), () => true, before, limit);
    },
  };
}
