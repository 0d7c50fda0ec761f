import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type AuditHead, auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { CHANNELS, type StoredChannel, storedChannelSchema } from './stored-channel.ts';

/**
 * Channels that operators may make. Each is a delivery, a circuit and some lines of statistics for every alert, and a transaction takes a hundred items;
 * two requests at once may pass it by one.
 */
export const MAX_CHANNELS = 25;

/** All channels as they were read. */
export interface ReadChannels {
  readonly channels: readonly StoredChannel[];
  /** Ids of rows that can't be understood. */
  readonly unreadable: readonly string[];
}

/** Reads channels. */
export interface ChannelStore {
  /** All of them, the oldest first; strongly consistent. */
  all(): Promise<ReadChannels>;
  /** @throws ALERT_CHANNEL_NOT_FOUND */
  get(id: string): Promise<StoredChannel>;
}

const rowSchema = z.object({ sk: z.string(), deleted_at: z.string().optional() });

/**
 * Channels in the notify table. Of all it needs Query, of one GetItem, on rows of channels.
 *
 * @param table the notify table
 */
export function createChannelStore(client: DynamoDBDocumentClient, table: string): ChannelStore {
  return {
    async all() {
      // A few dozen, and what is left of all that were ever deleted: mostly one page.
      const items: Record<string, unknown>[] = [];
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': CHANNELS },
            ConsistentRead: true,
            ExclusiveStartKey,
          }),
        );
        items.push(...(page.Items ?? []));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
      const rows = items.map((item) => ({ item, ...rowSchema.parse(item) }));
      const read = rows
        .filter(({ deleted_at }) => deleted_at === undefined)
        .map(({ item, sk }) => ({ id: sk, channel: storedChannelSchema.safeParse(item) }));
      return {
        channels: read.flatMap(({ channel }) => channel.data ?? []),
        unreadable: read.filter(({ channel }) => !channel.success).map(({ id }) => id),
      };
    },

    async get(id) {
      const item = await readItem(client, table, channelKey(id));
      if (item === undefined || rowSchema.parse(item).deleted_at !== undefined) throw channelNotFound(id);
      return storedChannelSchema.parse(item);
    },
  };
}

/** The key of a channel. */
export function channelKey(id: string) {
  return { pk: CHANNELS, sk: id };
}

/**
 * Where the audit stream of a channel ends, whether or not it is still there, and nothing else of it.
 *
 * @param table the notify table
 * @throws ALERT_CHANNEL_NOT_FOUND
 */
export async function readChannelHead(client: DynamoDBDocumentClient, table: string, id: string): Promise<AuditHead> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: channelKey(id),
      ProjectionExpression: 'audit_seq, audit_hash',
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) throw channelNotFound(id);
  return auditHeadSchema.parse(Item);
}

function channelNotFound(id: string): HavenError {
  return new HavenError('ALERT_CHANNEL_NOT_FOUND', `There is no alert channel ${id}`);
}
