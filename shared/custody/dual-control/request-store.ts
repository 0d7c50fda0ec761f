import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { partitionSource, type RowPage, readPage, rowLoader } from '#shared/platform/dynamo/id-source.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { ControlledRequest } from './request.ts';
import type { RequestKind } from './request-kind.ts';
import { DUE_DESTRUCTIONS, requestKey, requestList } from './request-row.ts';

/** Reads requests of one kind. */
export interface RequestStore<R extends ControlledRequest> {
  /**
   * A request, strongly consistent.
   *
   * @throws the kind's own code when there is none
   */
  get(requestId: string): Promise<R>;
  /** Requests that pass, newest first. */
  list(passes: (request: R) => boolean, before: string | undefined, limit: number): Promise<RowPage<R>>;
}

/**
 * Requests in the approvals table.
 *
 * @param table the approvals table
 */
export function createRequestStore<R extends ControlledRequest>(
  client: DynamoDBDocumentClient,
  table: string,
  kind: RequestKind<R>,
): RequestStore<R> {
  const partition = requestList(kind.name);
  const source = partitionSource(client, {
    table,
    index: 'gsi1',
    partitionKey: 'gsi1pk',
    sortKey: 'gsi1sk',
    partition,
  });
  const load = rowLoader(client, table, requestKey, kind.schema);
  return {
    async get(requestId) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: requestKey(requestId), ConsistentRead: true }),
      );
      if (Item === undefined) {
        throw new HavenError(kind.notFound, `There is no ${kind.name} ${requestId}`, {
          details: { request_id: requestId },
        });
      }
      return kind.schema.parse(Item);
    },
    list: (passes, before, limit) => readPage(source, load, passes, before, limit),
  };
}

const dueRowSchema = z.object({ pk: z.string() });

/**
 * Ids of approved destructions whose time has come, or has come again after a failure, the oldest first.
 *
 * @param now ISO 8601, UTC
 */
export async function dueDestructions(
  client: DynamoDBDocumentClient,
  table: string,
  now: string,
  limit: number,
): Promise<readonly string[]> {
  const { Items } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: 'gsi2',
      KeyConditionExpression: 'gsi2pk = :pk AND gsi2sk < :now',
      ExpressionAttributeValues: { ':pk': DUE_DESTRUCTIONS, ':now': now },
      Limit: limit,
    }),
  );
  return (Items ?? []).map((item) => dueRowSchema.parse(item).pk);
}
