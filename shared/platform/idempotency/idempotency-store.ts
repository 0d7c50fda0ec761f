import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { readItem } from '../dynamo/read-item.ts';
import type { WriteTransaction } from '../dynamo/write-transaction.ts';
import { HavenError } from '../errors/haven-error.ts';
import {
  IDEMPOTENCY_TTL_MS,
  IdempotentReplay,
  type IdempotentRequest,
  type StoredAnswer,
} from './idempotent-request.ts';

const recordSchema = z.object({
  fingerprint: z.string(),
  status: z.number(),
  answer: z.string(),
  expires_at: z.number(),
});

/** Keeps answers beside the effects they report. */
export interface IdempotencyStore {
  /**
   * Adds the answer to the transaction that makes the effect, as its first step: so a repeated request changes
   * nothing, and is answered whatever else has changed since.
   */
  record(transaction: WriteTransaction, request: IdempotentRequest, answer: StoredAnswer): void;
  /**
   * Looks for an earlier answer. Costs a read; worth it before work that is dear, and when a request fails.
   *
   * @throws IdempotentReplay with the earlier answer, IDEMPOTENCY_MISMATCH; returns when there is none
   */
  replayIfAnswered(request: IdempotentRequest): Promise<void>;
}

/**
 * Idempotency records in DynamoDB.
 *
 * @param table the ephemeral table, with TTL on `expires_at`
 */
export function createIdempotencyStore(client: DynamoDBDocumentClient, table: string, clock: Clock): IdempotencyStore {
  return {
    record(transaction, request, answer) {
      const nowSeconds = Math.floor(clock() / 1000);
      transaction.put(
        table,
        {
          pk: request.recordKey,
          fingerprint: request.fingerprint,
          status: answer.status,
          answer: JSON.stringify(answer.body),
          expires_at: nowSeconds + IDEMPOTENCY_TTL_MS / 1000,
        },
        (existing) => conflictOf(request, recordSchema.parse(existing)),
        {
          // TTL removes rows late, so an expired one counts as absent.
          expression: 'attribute_not_exists(pk) OR expires_at < :idempotency_now',
          values: { ':idempotency_now': nowSeconds },
        },
        () =>
          new HavenError('IDEMPOTENCY_IN_PROGRESS', 'A request with this Idempotency-Key is still running; try again', {
            retryAfterSeconds: 1,
          }),
      );
    },

    async replayIfAnswered(request) {
      const item = await readItem(client, table, { pk: request.recordKey });
      if (item === undefined) return;
      const record = recordSchema.parse(item);
      if (record.expires_at < Math.floor(clock() / 1000)) return;
      throw conflictOf(request, record);
    },
  };
}

function conflictOf(request: IdempotentRequest, record: z.output<typeof recordSchema>): Error {
  if (record.fingerprint !== request.fingerprint) {
    return new HavenError('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used with another request', {
      details: { fields: [{ field: 'header.Idempotency-Key', message: 'was used with another request' }] },
    });
  }
  return new IdempotentReplay({ status: record.status, body: JSON.parse(record.answer) });
}
