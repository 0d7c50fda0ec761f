import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { Output } from '../output.ts';
import { TABLES, type TableName, tableOf } from './tables.ts';
import { BadExport } from './usage.ts';

const keysSchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));

/** How a table is laid out: its keys and indexes, as DynamoDB tells them. What a stage adds (streams, recovery, TTL, tags) is no part of it. */
export const tableLayoutSchema = z.strictObject({
  keys: keysSchema,
  attributes: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  indexes: z.array(
    z.strictObject({
      name: z.string(),
      keys: keysSchema,
      projection: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
      attributes: z.array(z.string()),
    }),
  ),
});

/** How a table is laid out. */
export type TableLayout = z.output<typeof tableLayoutSchema>;

/** A new table is there within seconds; one that is not by then is somebody's quota. */
const CREATE_TIMEOUT_SECONDS = 120;

/**
 * How the tables of a stage are laid out.
 *
 * @throws BadExport when one of them is not there
 */
export async function layoutsOf(client: DynamoDBClient, stage: string): Promise<Record<TableName, TableLayout>> {
  const layouts: Partial<Record<TableName, TableLayout>> = {};
  for (const name of TABLES) {
    const layout = await findLayout(client, tableOf(stage, name));
    if (layout === undefined) {
      throw new BadExport(
        `There is no table ${tableOf(stage, name)} in this account and region: is the stage deployed?`,
      );
    }
    layouts[name] = layout;
  }
  return z.record(z.enum(TABLES), tableLayoutSchema).parse(layouts);
}

/** Makes those tables of a stage that are not there, empty and bare: to look at data, not for a stage to run on. */
export async function createMissing(
  client: DynamoDBClient,
  stage: string,
  layoutFor: (name: TableName) => TableLayout,
  output: Output,
): Promise<void> {
  for (const name of TABLES) {
    const table = tableOf(stage, name);
    if ((await findLayout(client, table)) !== undefined) continue;
    await createTable(client, table, layoutFor(name));
    output.say(`Made ${table}`);
  }
}

/** Undefined: there is none of that name. */
async function findLayout(client: DynamoDBClient, name: string): Promise<TableLayout | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return tableLayoutSchema.parse({
      keys: Table?.KeySchema,
      attributes: Table?.AttributeDefinitions,
      indexes: (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => ({
        name: IndexName,
        keys: KeySchema,
        projection: Projection?.ProjectionType,
        attributes: Projection?.NonKeyAttributes ?? [],
      })),
    });
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Makes a table, billed by request, and waits until it can be written to. */
export async function createTable(client: DynamoDBClient, name: string, layout: TableLayout): Promise<void> {
  const indexes = layout.indexes.map(({ name: IndexName, keys, projection, attributes }) => ({
    IndexName,
    KeySchema: keys,
    Projection: {
      ProjectionType: projection,
      ...(attributes.length === 0 ? {} : { NonKeyAttributes: attributes }),
    },
  }));
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: layout.keys,
      AttributeDefinitions: layout.attributes,
      ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes: indexes }),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: CREATE_TIMEOUT_SECONDS }, { TableName: name });
}
