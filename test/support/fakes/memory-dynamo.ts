import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import {
  type CancellationReason,
  cancelled,
  conditionFailed,
  dynamoError,
  type ScriptedAnswer,
  type SentRequest,
} from './scripted-aws.ts';

/** An item in DynamoDB's attribute notation, as on the wire. */
export type WireItem = Readonly<Record<string, unknown>>;

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

interface Terms {
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: WireItem;
}

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

function isTrue(expression: string, item: WireItem | undefined, terms: Terms): boolean {
  return expression
    .replaceAll(/(#?\w+) BETWEEN (:\w+) AND (:\w+)/g, '$1 >= $2 AND $1 <= $3')
    .split(' OR ')
    .some((part) => part.split(' AND ').every((term) => isTermTrue(term, item ?? {}, terms)));
}

function isTermTrue(term: string, item: WireItem, terms: Terms): boolean {
  const [, call, callName, callValue] = /^(\w+)\((#?\w+)(?:, (:\w+))?\)$/.exec(term) ?? [];
  const [, measured = '', most = ''] = /^size\((#?\w+)\) < (:\w+)$/.exec(term) ?? [];
  if (measured !== '') {
    const { SS } = setSchema.parse(item[terms.ExpressionAttributeNames[measured] ?? measured]);
    return SS.length < Number(numberSchema.parse(terms.ExpressionAttributeValues[most]).N);
  }
  const [, name, operator, value = ''] = /^(#?\w+) (=|<>|<=|>=|<|>) ([:#]?\w+)$/.exec(term) ?? [];
  const attributeOf = (of: string) => item[terms.ExpressionAttributeNames[of] ?? of];
  const attribute = attributeOf(callName ?? name ?? '');
  const operand =
    value === '' || value.startsWith(':') ? terms.ExpressionAttributeValues[callValue ?? value] : attributeOf(value);
  if (call === 'attribute_exists') return attribute !== undefined;
  if (call === 'attribute_not_exists') return attribute === undefined;
  if (call === 'begins_with') return text(attribute).startsWith(text(operand));
  if (attribute === undefined || operand === undefined) return false;
  if (operator === '<>') return JSON.stringify(attribute) !== JSON.stringify(operand);
  if (operator === '<=') return compare(attribute, operand) <= 0;
  if (operator === '>=') return compare(attribute, operand) >= 0;
  if (operator === '=') return JSON.stringify(attribute) === JSON.stringify(operand);
  if (operator === '<') return compare(attribute, operand) < 0;
  if (operator === '>') return compare(attribute, operand) > 0;
  throw new Error(`The memory tables do not know the condition ${term}`);
}

const scalarSchema = z.union([z.object({ S: z.string() }), z.object({ N: z.string() })]);

function compare(a: unknown, b: unknown): number {
  const [left, right] = [scalarSchema.parse(a), scalarSchema.parse(b)];
  if ('N' in left && 'N' in right) return Number(left.N) - Number(right.N);
  const [leftText, rightText] = [text(a), text(b)];
  return leftText < rightText ? -1 : leftText > rightText ? 1 : 0;
}

function text(value: unknown): string {
  const scalar = scalarSchema.safeParse(value).data;
  return scalar === undefined ? '' : 'S' in scalar ? scalar.S : scalar.N;
}

function updated(
  update: NonNullable<z.output<typeof writeSchema>['Update']>,
  existing: WireItem | undefined,
): WireItem {
  const [, assignments, added, removed] =
    /^SET (.*?)(?: ADD (.*?))?(?: REMOVE (.*))?$/.exec(update.UpdateExpression) ?? [];
  if (assignments === undefined) throw new Error(`The memory tables do not know the update ${update.UpdateExpression}`);
  const nameOf = (name: string) => update.ExpressionAttributeNames[name] ?? name;
  const operand = (text: string) =>
    text.startsWith(':') ? update.ExpressionAttributeValues[text] : existing?.[nameOf(text)];
  const number = (text: string) => Number(numberSchema.parse(operand(text)).N);
  const set = assignments.split(/, (?![^(]*\))/).map((assignment) => {
    const [name = '', value = ''] = assignment.split(' = ');
    const [, ifNone = '', fallback = ''] = /^if_not_exists\((\S+), (\S+)\)$/.exec(value) ?? [];
    if (ifNone !== '') return [nameOf(name), operand(ifNone) ?? operand(fallback)] as const;
    const [, left = '', operator, right = ''] = /^(\S+) ([+-]) (\S+)$/.exec(value) ?? [];
    if (operator === undefined) return [nameOf(name), operand(value)] as const;
    const sum = operator === '+' ? number(left) + number(right) : number(left) - number(right);
    return [nameOf(name), { N: String(sum) }] as const;
  });
  const add = (added ?? '').split(', ').flatMap((addition): (readonly [string, unknown])[] => {
    const [name = '', value = ''] = addition.split(' ');
    if (name === '') return [];
    const added = setSchema.safeParse(operand(value));
    if (added.success) {
      const standing = setSchema.safeParse(existing?.[nameOf(name)]).data?.SS ?? [];
      return [[nameOf(name), { SS: [...new Set([...standing, ...added.data.SS])] }] as const];
    }
    const before = existing?.[nameOf(name)] === undefined ? 0 : number(name);
    return [[nameOf(name), { N: String(before + number(value)) }] as const];
  });
  const gone = new Set(removed?.split(', ').map(nameOf));
  const left = Object.entries({ ...update.Key, ...existing }).filter(([name]) => !gone.has(name));
  return { ...Object.fromEntries(left), ...Object.fromEntries([...set, ...add]) };
}

const numberSchema = z.object({ N: z.string() });
const setSchema = z.object({ SS: z.array(z.string()) });

/** An item in plain values; bytes are left out. */
export function plainItem(item: WireItem): Record<string, unknown> {
  const { bytes: _, ...rest } = item;
  return unmarshall(wireSchema.parse(rest));
}

const wireSchema = z.record(
  z.string(),
  z.custom<AttributeValue>((value) => typeof value === 'object' && value !== null),
);
