import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { MemoryDynamo } from './memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

const querySchema = z.object({ TableName: z.literal('shop'), IndexName: z.undefined().optional() });
const rowSchema = z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) }).loose();
const answerSchema = z.object({ Items: z.array(rowSchema) });

type Row = z.output<typeof rowSchema>;

const keyOf = ({ pk, sk }: Row) => `${pk.S}/${sk.S}`;

/** The rows of the shop table, to be shown later as they were. */
export function shopRows(dynamo: Pick<MemoryDynamo, 'items'>): ReadonlyMap<string, Row> {
  return new Map(dynamo.items('shop').map((item) => [keyOf(rowSchema.parse(item)), rowSchema.parse(item)]));
}

/**
 * A client whose reads of a partition are what DynamoDB allows while a transaction is written: of the rows that it changed each is as before or as
 * after.
 *
 * @param before the rows before the transaction
 * @param isOld of the row with that place among those that changed, in the order of their keys
 * @param times so many reads are torn; those after are whole
 */
export function tearingClient(
  dynamo: MemoryDynamo,
  before: ReadonlyMap<string, Row>,
  isOld: (place: number) => boolean,
  times = 1,
): DynamoDBDocumentClient {
  let torn = 0;
  return scriptedDocumentClient(
    createScriptedAws((request) => {
      const answer = dynamo.answer(request);
      if (request.operation !== 'Query' || !querySchema.safeParse(request.body).success || torn >= times) return answer;
      torn += 1;
      const { Items } = answerSchema.parse(answer.body);
      let place = -1;
      const shown = Items.flatMap((row) => {
        const old = before.get(keyOf(row));
        if (JSON.stringify(old) === JSON.stringify(row)) return [row];
        place += 1;
        if (!isOld(place)) return [row];
        return old === undefined ? [] : [old];
      });
      return { body: { Items: shown, Count: shown.length } };
    }),
  );
}
