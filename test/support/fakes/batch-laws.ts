import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { asWritten } from '#shared/audit/stored-entry.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { batchRecordSchema } from '#shared/transactions/batch/batch-record.ts';
import { laneName } from '#shared/transactions/lane/lane.ts';
import { transactionSchema } from '#shared/transactions/transaction.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';

const rowSchema = z.looseObject({ pk: z.string(), sk: z.string().optional() });

/** What there is of batches in the tables. */
export interface BatchTraces {
  readonly answers: number;
  readonly references: number;
  readonly transactions: number;
  /** Batches with members that are not stored yet. */
  readonly open: number;
}

function rows(dynamo: MemoryDynamo, table: string) {
  return dynamo.items(table).map((item) => rowSchema.parse(unmarshall(JSON.parse(JSON.stringify(item)))));
}

/** Counts what there is of batches. */
export function batchTraces(dynamo: MemoryDynamo): BatchTraces {
  const ledger = rows(dynamo, 'ledger');
  return {
    answers: rows(dynamo, 'ephemeral').length,
    references: ledger.filter(({ pk }) => pk.startsWith('REFERENCE#')).length,
    transactions: ledger.filter(({ sk }) => sk === 'TX').length,
    open: ledger.filter(({ gsi1pk }) => gsi1pk === 'OPEN_BATCHES').length,
  };
}

/**
 * Everything in the tables that breaks a law of batches, whatever was killed where: every transaction belongs to an
 * accepted batch and has its place in its lane's queue, its verifying stream and its reference, and nothing has those
 * without being in an accepted batch; an answer was given for exactly the batches there are.
 */
export function brokenBatchLaws(dynamo: MemoryDynamo): readonly string[] {
  const ledger = rows(dynamo, 'ledger');
  const audit = rows(dynamo, 'audit');
  const batches = ledger.filter(({ sk }) => sk === 'BATCH').map((row) => batchRecordSchema.parse(row));
  const stored = ledger.filter(({ sk }) => sk === 'TX').map((row) => transactionSchema.parse(row));
  const accepted = new Set(batches.flatMap(({ transaction_ids }) => transaction_ids));
  const pending = new Set(batches.flatMap(({ members, stored: n }) => members.slice(n).map((m) => m.transaction.id)));
  const broken: string[] = [];
  const law = (holds: boolean, text: string) => {
    if (!holds) broken.push(text);
  };
  law(batches.length === rows(dynamo, 'ephemeral').length, 'an answer without its batch, or the other way round');
  for (const { id, from, chain_id, reference, ...head } of stored) {
    law(accepted.has(id), `${id} is stored without an accepted batch`);
    law(!pending.has(id), `${id} is stored and still to be stored`);
    const place = `LANE#${laneName({ chain_id, address: from })} QUEUE#${id}`;
    law(ledger.filter(({ pk, sk }) => `${pk} ${sk}` === place).length === 1, `${id} has no place in its queue`);
    const entries = audit.filter(({ pk }) => pk === id).map(asWritten);
    law(firstBreak(id, entries, head) === null, `the stream of ${id} is broken`);
    const claims = ledger.filter(({ transaction_id, sk }) => sk === 'REFERENCE' && transaction_id === id);
    law(claims.length === (reference === null ? 0 : 1), `${id} has ${claims.length} claims for ${reference}`);
  }
  for (const id of accepted) {
    law(stored.some((one) => one.id === id) !== pending.has(id), `${id} is accepted and lost`);
  }
  for (const { sk, transaction_id } of ledger.filter((row) => row.sk === 'REFERENCE')) {
    law(accepted.has(String(transaction_id)), `a ${sk} is claimed by ${String(transaction_id)}, which nobody accepted`);
  }
  const queued = ledger.filter(({ sk }) => sk?.startsWith('QUEUE#'));
  law(queued.length === stored.length, 'a place in a queue without its transaction');
  law(audit.length === stored.length, 'an audit entry without its transaction');
  return broken;
}
