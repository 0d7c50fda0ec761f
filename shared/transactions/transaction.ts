import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';

/** Where a transaction stands. docs/architecture.md draws the transitions; `transition.ts` is their only source. */
export const transactionStatusSchema = z.enum(
  ['queued', 'signed', 'submitted', 'mined', 'confirmed', 'reverted', 'failed', 'cancelled', 'expired'],
  { error: 'INVALID_PARAMETER: must be a transaction status' },
);

/** Where a transaction stands. */
export type TransactionStatus = z.output<typeof transactionStatusSchema>;

/** How urgent a transaction is: which percentile of recent priority fees it offers. */
export const speedSchema = z.enum(['slow', 'standard', 'fast', 'fastest'], {
  error: 'INVALID_PARAMETER: must be slow, standard, fast or fastest',
});

/** How urgent a transaction is. */
export type Speed = z.output<typeof speedSchema>;

/** What a queued or signed transaction waits for. */
export const waitingForSchema = z.enum(['fees', 'funds', 'lane', 'circuit', 'custody']);

/** What a transaction waits for. */
export type WaitingFor = z.output<typeof waitingForSchema>;

/** One signed version of a transaction: written before it is broadcast. */
export const attemptSchema = z.object({
  hash: z.string(),
  nonce: z.number().int(),
  /** Wei per gas. */
  max_fee_per_gas: z.string(),
  /** Wei per gas. */
  max_priority_fee_per_gas: z.string(),
  gas_limit: z.string(),
  /** ISO 8601, UTC. */
  signed_at: z.string(),
  /** The last time it was handed to a node; null when it never was. */
  broadcast_at: z.string().nullable(),
  /** What the node said: `unknown` when no usable answer came, so it may have been accepted. */
  outcome: z.enum(['signed', 'accepted', 'refused', 'unknown', 'mined']),
});

/** One signed version of a transaction. */
export type Attempt = z.output<typeof attemptSchema>;

/** Why a transaction ended without its effect. */
export const failureSchema = z.object({ code: z.string(), message: z.string() });

/** A transaction Haven was asked to send. Amounts are decimal strings of wei. */
export const transactionSchema = auditHeadSchema.extend({
  id: z.string(),
  status: transactionStatusSchema,
  wallet_id: z.string(),
  chain_id: z.number().int(),
  from: z.string(),
  to: z.string(),
  value: z.string(),
  data: z.string(),
  speed: speedSchema,
  reference: z.string().nullable(),
  /** ISO 8601, UTC: not to be signed after this. */
  valid_until: z.string().nullable(),
  nonce: z.number().int().nullable(),
  hash: z.string().nullable(),
  attempts: z.array(attemptSchema),
  block_number: z.number().int().nullable(),
  block_hash: z.string().nullable(),
  /** Whether the mined transaction succeeded; null until it is mined. */
  succeeded: z.boolean().nullable(),
  gas_used: z.string().nullable(),
  confirmations: z.number().int(),
  required_confirmations: z.number().int(),
  waiting_for: waitingForSchema.nullable(),
  failure: failureSchema.nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  version: z.number().int(),
});

/** A transaction Haven was asked to send. */
export type Transaction = z.output<typeof transactionSchema>;

/** The attempt that is in force: the latest signed version. */
export function currentAttempt(transaction: Transaction): Attempt | undefined {
  return transaction.attempts.at(-1);
}
