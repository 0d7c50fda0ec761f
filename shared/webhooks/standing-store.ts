import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { DUE_ENDPOINT_SHARDS, dueBy, dueEndpoints, duePosition, standingKey } from './keys.ts';
import { type Standing, standingSchema } from './standing.ts';

/** Thrown when what was computed from how an endpoint stands has changed meanwhile: nothing was written, and it is computed again. */
export class StandingRaced extends Raced {
  constructor() {
    super('Somebody else changed how the endpoint stands');
    this.name = 'StandingRaced';
  }
}

/** Keeps how it stands with delivering to endpoints. */
export interface StandingStore {
  /** Strongly consistent; undefined when the endpoint is deleted. */
  load(endpointId: string): Promise<Standing | undefined>;
  /** The same of several; those that are deleted are left out. */
  loadAll(endpointIds: readonly string[]): Promise<readonly Standing[]>;
  /** Ids of endpoints about which something is to be done by that time, the longest due of each shard first. From an index, so some may not be due any more. */
  due(nowMs: number, limitPerShard: number): Promise<readonly string[]>;
  /**
   * Changes how an endpoint stands, anew as long as others change it meanwhile.
   *
   * @param compute undefined: it stays as it is
   * @returns as it is stored then; undefined when the endpoint is deleted
   */
  change(
    endpointId: string,
    compute: (standing: Standing) => Standing | undefined,
    deadline: Deadline,
  ): Promise<Standing | undefined>;
}

/** How often a change of how an endpoint stands is computed anew. Rivals are who delivers and who adds to it. */
export const STANDING_RETRY: RetryPolicy = { maxAttempts: 10, baseDelayMs: 10, maxDelayMs: 200 };

/**
 * How it stands with delivering to endpoints, in the notify table.
 *
 * @param table the notify table
 */
export function createStandingStore(client: DynamoDBDocumentClient, table: string, wait?: Sleep): StandingStore {
  async function load(endpointId: string): Promise<Standing | undefined> {
    const item = await readItem(client, table, standingKey(endpointId));
    return item === undefined ? undefined : standingSchema.parse(item);
  }

  async function dueOfShard(shard: number, nowMs: number, limit: number): Promise<string[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi2',
        KeyConditionExpression: 'gsi2pk = :pk AND gsi2sk <= :due',
        ExpressionAttributeValues: { ':pk': dueEndpoints(shard), ':due': dueBy(nowMs) },
        Limit: limit,
      }),
    );
    return Items.map(({ gsi2sk }) => String(gsi2sk)).map((position) => position.slice(position.indexOf('#') + 1));
  }

  return {
    load,

    async loadAll(endpointIds) {
      const items = await batchGet(client, table, endpointIds.map(standingKey));
      return items.map((item) => standingSchema.parse(item));
    },

    async due(nowMs, limitPerShard) {
      const shards = Array.from({ length: DUE_ENDPOINT_SHARDS }, (_, shard) => dueOfShard(shard, nowMs, limitPerShard));
      return (await Promise.all(shards)).flat();
    },

    change: (endpointId, compute, deadline) =>
      untilUnraced(
        async () => {
          const before = await load(endpointId);
          if (before === undefined) return undefined;
          const after = compute(before);
          if (after === undefined) return before;
          const write = new WriteTransaction();
          putStanding(write, table, before, after);
          await write.commit(client, deadline, wait);
          return after;
        },
        STANDING_RETRY,
        deadline,
        wait,
      ),
  };
}

/**
 * Adds how an endpoint stands to a transaction, provided that nobody changed it since it was read.
 *
 * @param before undefined for a new endpoint
 */
export function putStanding(
  write: WriteTransaction,
  table: string,
  before: Standing | undefined,
  after: Standing,
): void {
  const { endpoint_id, due_at } = after;
  const place =
    due_at === null
      ? {}
      : {
          gsi2pk: dueEndpoints(shardOf(endpoint_id, DUE_ENDPOINT_SHARDS)),
          gsi2sk: duePosition(due_at, endpoint_id),
        };
  write.put(
    table,
    { ...standingKey(endpoint_id), ...after, ...place },
    () => new StandingRaced(),
    unchangedSince(before),
  );
}

/** Adds the removal of how a deleted endpoint stood to a transaction. */
export function removeStanding(write: WriteTransaction, table: string, before: Standing): void {
  write.delete(table, standingKey(before.endpoint_id), () => new StandingRaced(), unchangedSince(before));
}
