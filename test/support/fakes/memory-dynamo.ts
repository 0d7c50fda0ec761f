import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { compare, isTrue, updated, type WireItem } from './dynamo-expressions.ts';
import {
  type CancellationReason,
  cancelled,
  conditionFailed,
  dynamoError,
  type ScriptedAnswer,
  type SentRequest,
} from './scripted-aws.ts';

/** Told of every item that a transaction wrote. */
export type OnWrite = (table: string, before: WireItem | undefined, after: WireItem | undefined) => void;

/** Tables in memory, as the far end of a scripted AWS client. */
export interface MemoryDynamo {
  /** Answers one request. */
  answer(request: SentRequest): ScriptedAnswer;
  /** Puts an item of plain values in place, without any condition. */
  put(table: string, item: object): void;
  /** Takes an item away, without any condition. */
  remove(table: string, key: object): void;
  /** All items of a table, in no order. */
  items(table: string): readonly WireItem[];
}

const itemSchema = z.record(z.string(), z.unknown());
const conditionShape = {
  TableName: z.string(),
  ConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: itemSchema.default({}),
};
const writeSchema = z.object({
  Put: z.object({ ...conditionShape, Item: itemSchema }).optional(),
  Update: z.object({ ...conditionShape, Key: itemSchema, UpdateExpression: z.string() }).optional(),
  Delete: z.object({ ...conditionShape, Key: itemSchema }).optional(),
  ConditionCheck: z.object({ ...conditionShape, Key: itemSchema }).optional(),
});
const transactionSchema = z.object({ TransactItems: z.array(writeSchema) });
const putSchema = z.object({ ...conditionShape, Item: itemSchema });
const updateSchema = z.object({
  ...conditionShape,
  Key: itemSchema,
  UpdateExpression: z.string(),
  ReturnValues: z.string().optional(),
});
const getSchema = z.object({ TableName: z.string(), Key: itemSchema });
const batchGetSchema = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(itemSchema) })) });
const querySchema = z.object({
  ...conditionShape,
  KeyConditionExpression: z.string(),
  IndexName: z.string().optional(),
  ScanIndexForward: z.boolean().default(true),
  Limit: z.number().optional(),
});

interface Step {
  readonly table: string;
  readonly key: string;
  readonly next: WireItem | undefined;
  readonly holds: boolean;
}

/**
 * Makes tables that know the few forms of condition that Haven uses, and fail on any other.
 *
 * @param keys the key attributes of each table: partition, then sort
 */
export function createMemoryDynamo(
  keys: Readonly<Record<string, readonly string[]>>,
  onWrite: OnWrite = () => undefined,
): MemoryDynamo {
  const tables = new Map(Object.keys(keys).map((name) => [name, new Map<string, WireItem>()]));

  function tableOf(name: string): Map<string, WireItem> {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`There is no table ${name}`);
    return table;
  }

  const keyOf = (table: string, item: WireItem) => JSON.stringify((keys[table] ?? []).map((name) => item[name]));

  function stepOf({ Put, Update, Delete, ConditionCheck }: z.output<typeof writeSchema>): Step {
    const change = Put ?? Update ?? Delete ?? ConditionCheck;
    if (change === undefined) throw new Error('A step that is none');
    const table = change.TableName;
    const key = keyOf(table, 'Item' in change ? change.Item : change.Key);
    const existing = tableOf(table).get(key);
    const holds = change.ConditionExpression === undefined || isTrue(change.ConditionExpression, existing, change);
    if (Put !== undefined) return { table, key, next: Put.Item, holds };
    // As in DynamoDB: what fails its condition is never computed.
    if (Update !== undefined) return { table, key, next: holds ? updated(Update, existing) : existing, holds };
    return { table, key, next: Delete === undefined ? existing : undefined, holds };
  }

  function transact(body: unknown): ScriptedAnswer {
    const steps = transactionSchema.parse(body).TransactItems.map(stepOf);
    if (steps.some(({ holds }) => !holds)) {
      return cancelled(
        steps.map(({ table, key, holds }): CancellationReason => {
          const Item = tableOf(table).get(key);
          if (holds) return { Code: 'None' };
          return { Code: 'ConditionalCheckFailed', ...(Item === undefined ? {} : { Item }) };
        }),
      );
    }
    for (const { table, key, next } of steps) {
      const before = tableOf(table).get(key);
      if (next === undefined) tableOf(table).delete(key);
      else tableOf(table).set(key, next);
      if (next !== before) onWrite(table, before, next);
    }
    return { body: {} };
  }

  function putOne(body: unknown): ScriptedAnswer {
    const Put = putSchema.parse(body);
    const { table, key, next, holds } = stepOf({ Put });
    const before = tableOf(table).get(key);
    if (!holds) return conditionFailed(before);
    if (next !== undefined) tableOf(table).set(key, next);
    onWrite(table, before, next);
    return { body: {} };
  }

  function updateOne(body: unknown): ScriptedAnswer {
    const { ReturnValues, ...Update } = updateSchema.parse(body);
    const { table, key, next, holds } = stepOf({ Update });
    const before = tableOf(table).get(key);
    if (!holds) return conditionFailed(before);
    if (next !== undefined) tableOf(table).set(key, next);
    onWrite(table, before, next);
    return { body: ReturnValues?.endsWith('_NEW') === true ? { Attributes: next } : {} };
  }

  function query(body: unknown): ScriptedAnswer {
    const asked = querySchema.parse(body);
    // The indexes of the audit table share one.
    const indexSortKey = asked.TableName === 'audit' ? 'position' : `${asked.IndexName}sk`;
    const sortKey = asked.IndexName === undefined ? keys[asked.TableName]?.[1] : indexSortKey;
    const found = [...tableOf(asked.TableName).values()]
      .filter((item) => isTrue(asked.KeyConditionExpression, item, asked))
      .sort((a, b) => compare(a[sortKey ?? ''], b[sortKey ?? '']));
    const Items = (asked.ScanIndexForward ? found : found.reverse()).slice(0, asked.Limit);
    return { body: { Items, Count: Items.length } };
  }

  function get(body: unknown): ScriptedAnswer {
    const { TableName, Key } = getSchema.parse(body);
    const Item = tableOf(TableName).get(keyOf(TableName, Key));
    return { body: Item === undefined ? {} : { Item } };
  }

  function batchGet(body: unknown): ScriptedAnswer {
    const Responses = Object.fromEntries(
      Object.entries(batchGetSchema.parse(body).RequestItems).map(([table, { Keys }]) => [
        table,
        Keys.flatMap((key) => tableOf(table).get(keyOf(table, key)) ?? []),
      ]),
    );
    return { body: { Responses, UnprocessedKeys: {} } };
  }

  return {
    answer({ operation, body }) {
      if (operation === 'TransactWriteItems') return transact(body);
      if (operation === 'PutItem') return putOne(body);
      if (operation === 'UpdateItem') return updateOne(body);
      if (operation === 'Query') return query(body);
      if (operation === 'GetItem') return get(body);
      if (operation === 'BatchGetItem') return batchGet(body);
      return dynamoError('UnknownOperationException');
    },
    put(table, item) {
      const wire = wireOf(item);
      tableOf(table).set(keyOf(table, wire), wire);
    },
    remove(table, key) {
      tableOf(table).delete(keyOf(table, wireOf(key)));
    },
    items: (table) => [...tableOf(table).values()],
  };
}

const bytesSchema = z.object({ B: z.instanceof(Uint8Array) });

/** Items in attribute notation; bytes go over the wire in base64. */
function wireOf(item: object): WireItem {
  const marshalled = Object.entries(marshall(item, { removeUndefinedValues: true }));
  return Object.fromEntries(
    marshalled.map(([name, attribute]) => {
      const bytes = bytesSchema.safeParse(attribute).data?.B;
      return [name, bytes === undefined ? attribute : { B: Buffer.from(bytes).toString('base64') }];
    }),
  );
}

/** An item in plain values; bytes are left out. */
export function plainItem(item: WireItem): Record<string, unknown> {
  const { bytes: _, ...rest } = item;
  return unmarshall(wireSchema.parse(rest));
}

const wireSchema = z.record(
  z.string(),
  z.custom<AttributeValue>((value) => typeof value === 'object' && value !== null),
);
