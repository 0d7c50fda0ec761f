import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { IncidentGroup } from './incident.ts';
import {
  groupAttributes,
  groupId,
  type IncidentRow,
  incidentKey,
  incidentRowSchema,
  occurrenceOf,
} from './incident-row.ts';

/** Keeps incidents. */
export interface IncidentStore {
  /**
   * Counts a group in its row: one write at most, of a few kilobytes, however many it holds. Told of the same twice it counts twice: a
   * count says how grave it is, and nothing is decided by it.
   */
  add(group: IncidentGroup): Promise<void>;
}

/**
 * Up to here every batch is written. Beyond it one in so many is, and counts for all of them: the count is about right, and a storm of a
 * million equal errors costs some thousand writes more, not one for each batch of each instance of a function, all to one partition.
 */
const SURE_COUNT = 1_000;
/** Rows whose count is remembered; bounds the memory. */
const MAX_REMEMBERED = 1_000;

const countSchema = z.object({ count: z.number() });

/**
 * Incidents in the logs table.
 *
 * @param table the logs table; needs UpdateItem on `INCIDENT#*`
 * @param random at least 0, below 1
 */
export function createIncidentStore(
  client: DynamoDBDocumentClient,
  table: string,
  random: () => number = Math.random,
): IncidentStore {
  const counts = new Map<string, number>();

  return {
    async add(group) {
      const id = groupId(group);
      const share = Math.min(1, SURE_COUNT / (counts.get(id) ?? 1));
      if (random() >= share) return;
      const [first] = group.incidents;
      const last = group.incidents.at(-1) ?? first;
      const fixed = Object.entries(groupAttributes(group));
      const sets = fixed.map(([name]) => `#${name} = :${name}`);
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: incidentKey(id),
          UpdateExpression: `SET ${sets.join(', ')}, #first = if_not_exists(#first, :first), #first_at = if_not_exists(#first_at, :first_at), #stack = if_not_exists(#stack, :stack), #last = :last, #last_at = :last_at ADD #count :count`,
          ExpressionAttributeNames: {
            ...Object.fromEntries(fixed.map(([name]) => [`#${name}`, name])),
            ...{ '#first': 'first', '#first_at': 'first_at', '#stack': 'stack' },
            ...{ '#last': 'last', '#last_at': 'last_at', '#count': 'count' },
          },
          ExpressionAttributeValues: {
            ...Object.fromEntries(fixed.map(([name, value]) => [`:${name}`, value])),
            ...{ ':first': occurrenceOf(first), ':first_at': occurrenceOf(first).at, ':stack': first.stack },
            ...{ ':last': occurrenceOf(last), ':last_at': occurrenceOf(last).at },
            ':count': Math.round(group.incidents.length / share),
          },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      if (counts.size >= MAX_REMEMBERED) counts.clear();
      counts.set(id, countSchema.parse(Attributes).count);
    },
  };
}

/**
 * Reads one row, strongly consistent.
 *
 * @param table the logs table; needs GetItem on `INCIDENT#*`
 * @returns undefined when there is none, or no longer
 */
export async function readIncident(
  client: DynamoDBDocumentClient,
  table: string,
  id: string,
): Promise<IncidentRow | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: incidentKey(id), ConsistentRead: true }));
  return Item === undefined ? undefined : incidentRowSchema.parse(Item);
}
