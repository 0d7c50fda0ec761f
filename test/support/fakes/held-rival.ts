import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { MemoryDynamo } from './memory-dynamo.ts';
import {
  cancelled,
  createScriptedAws,
  type ScriptedAnswer,
  type SentRequest,
  scriptedDocumentClient,
} from './scripted-aws.ts';

const transactionSchema = z.object({ TransactItems: z.array(z.record(z.string(), z.unknown())) });

/**
 * DynamoDB's answer to a transaction whose first item a rival still holds, when the rival's change of stock is seen already: it lets go of
 * the items of a transaction one by one.
 */
export function heldByRival({ body }: SentRequest): ScriptedAnswer {
  return cancelled(
    transactionSchema.parse(body).TransactItems.map((item, index) => {
      if (index === 0) return { Code: 'TransactionConflict' };
      return { Code: JSON.stringify(item).includes('STOCK#') ? 'ConditionalCheckFailed' : 'None' };
    }),
  );
}

/** A client that writes its first transaction right behind a rival which has written the very same, and is seen to have done so in part. */
export function behindRival(dynamo: MemoryDynamo): { readonly client: DynamoDBDocumentClient; rivals(): number } {
  let rivals = 0;
  const client = scriptedDocumentClient(
    createScriptedAws((request) => {
      const answer = dynamo.answer(request);
      if (request.operation !== 'TransactWriteItems' || rivals > 0) return answer;
      rivals += 1;
      return heldByRival(request);
    }),
  );
  return { client, rivals: () => rivals };
}
