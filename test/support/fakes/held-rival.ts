import * as z from 'zod';
import { cancelled, type ScriptedAnswer, type SentRequest } from './scripted-aws.ts';

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
