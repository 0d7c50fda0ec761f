import * as z from 'zod';
import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import { attemptSchema, failureSchema, type Transaction, transactionSchema, waitingForSchema } from './transaction.ts';

/** A transaction as the API shows it. */
export const transactionView = transactionSchema
  .pick({
    id: true,
    status: true,
    wallet_id: true,
    from: true,
    to: true,
    value: true,
    data: true,
    chain_id: true,
    nonce: true,
    hash: true,
    speed: true,
    reference: true,
    valid_until: true,
    required_confirmations: true,
    confirmations: true,
    block_number: true,
    gas_used: true,
    effective_gas_price: true,
    cancellation: true,
    created_at: true,
    updated_at: true,
    version: true,
  })
  .extend({
    waiting_for: waitingForSchema
      .nullable()
      .describe('What holds it up. Of a queue the first says so: those behind it wait for that one.'),
    failure: failureSchema.nullable(),
    retry_of: z.string().nullable().default(null).describe('The ended transaction that this one repeats.'),
    retried_by: z.string().nullable().default(null).describe('The transaction that repeats this one.'),
  })
  .meta({ id: 'Transaction' });

/** One event in the life of a transaction. */
export const historyEventView = z.object({
  at: z.string(),
  action: z.string(),
  actor: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

/** A transaction with its signed versions, without what only the driver of its lane needs, and its history. */
export const transactionDetailView = transactionView
  .extend({ attempts: z.array(attemptSchema.omit({ nonce_too_low_since: true })), history: z.array(historyEventView) })
  .meta({ id: 'TransactionDetail' });

/** Shows a transaction: declared fields only. */
export function toTransactionView(transaction: Transaction): z.output<typeof transactionView> {
  return transactionView.parse(transaction);
}

/** Shows a transaction with its history, which is its audit stream. */
export function toTransactionDetail(
  transaction: Transaction,
  entries: readonly AuditEntry[],
): z.output<typeof transactionDetailView> {
  return transactionDetailView.parse({ ...transaction, history: entries });
}
