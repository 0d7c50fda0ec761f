import { DescribeTableCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { TableShape } from './capacity-model.ts';
import type { StoredItems } from './capacity-recorder.ts';
import { type Item, itemSchema } from './item-size.ts';

/**
 * What is stored in DynamoDB, by a client of its own.
 *
 * @param client must not be one that is recorded
 */
export function createStoredItems(client: DynamoDBClient): StoredItems {
  const shapes = new Map<string, Promise<TableShape>>();

  async function describe(table: string): Promise<TableShape> {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    const names = (schema: readonly { readonly AttributeName?: string | undefined }[] = []) =>
      schema.flatMap(({ AttributeName }) => AttributeName ?? []);
    const indexes = (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName = '', KeySchema, Projection }) => {
      if (Projection?.ProjectionType === 'ALL') throw new Error(`${IndexName} of ${table} has whole items`);
      return { name: IndexName, keys: names(KeySchema), projected: Projection?.NonKeyAttributes ?? [] };
    });
    return { keys: names(Table?.KeySchema), indexes };
  }

  return {
    shape(table) {
      const known = shapes.get(table) ?? describe(table);
      shapes.set(table, known);
      return known;
    },

    async read(table, key): Promise<Item | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: toAttributes(key), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : itemSchema.parse(Item);
    },
  };
}

/** Keys are texts and numbers: the only kinds that Haven's tables have. */
function toAttributes(key: Item): Record<string, { S: string } | { N: string }> {
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => {
      if ('S' in value) return [name, { S: value.S }];
      if ('N' in value) return [name, { N: value.N }];
      throw new Error(`${name} is no text or number`);
    }),
  );
}
