import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { type Item, itemSchema } from './item-size.ts';

/** One item that a call writes or looks at. */
export interface WriteAction {
  readonly table: string;
  /** Its key; of a put, the whole item, in which the key is. */
  readonly keyed: Item;
  readonly kind: 'put' | 'update' | 'delete' | 'check';
}

/** A document client's middleware sees plain values; DynamoDB bills what goes over the wire. */
const plainItem = z
  .record(z.string(), z.unknown())
  .transform((item) => itemSchema.parse(marshall(item, { removeUndefinedValues: true })));
const putShape = z.object({ TableName: z.string(), Item: plainItem });
/** An update, a deletion or a condition: names its item by key. */
export const keyShape = z.object({ TableName: z.string(), Key: plainItem });

/** Input of TransactWriteItems: everything it writes or looks at. */
export const transactWriteInput = z.object({
  TransactItems: z.array(
    z.union([
      z.object({ Put: putShape }).transform(({ Put }) => toAction('put', Put.TableName, Put.Item)),
      z.object({ Update: keyShape }).transform(({ Update }) => toAction('update', Update.TableName, Update.Key)),
      z.object({ Delete: keyShape }).transform(({ Delete }) => toAction('delete', Delete.TableName, Delete.Key)),
      z
        .object({ ConditionCheck: keyShape })
        .transform(({ ConditionCheck }) => toAction('check', ConditionCheck.TableName, ConditionCheck.Key)),
    ]),
  ),
});
/** Input of a read: whether it is strongly consistent. */
export const readInput = z.object({ ConsistentRead: z.boolean().default(false) });
/** Input of BatchGetItem. */
export const batchGetInput = z.object({
  RequestItems: z.record(
    z.string(),
    z.object({ Keys: z.array(plainItem), ConsistentRead: z.boolean().default(false) }),
  ),
});
/** Output of GetItem. */
export const getOutput = z.object({ Item: plainItem.optional() });
/** Output of Query. */
export const queryOutput = z.object({ Items: z.array(plainItem).default([]) });
/** Output of BatchGetItem. */
export const batchGetOutput = z.object({ Responses: z.record(z.string(), z.array(plainItem)).default({}) });

/** One item that a call writes or looks at. */
export function toAction(kind: WriteAction['kind'], table: string, keyed: Item): WriteAction {
  return { kind, table, keyed };
}
