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
  kind: z
    .enum(['intent', 'noop'])
    .default('intent')
    .describe(
      '`noop`: sends nothing to its own address, so that the nonce is used and what was asked for is not done.',
    ),
  max_fee_per_gas: z.string().describe('Wei.'),
  max_priority_fee_per_gas: z.string().describe('Wei.'),
  gas_limit: z.string(),
  signed_at_block: z.number().int().default(0).describe('The head of the chain when it was signed.'),
  signed_at: z.string().describe('When it was stored; it is broadcast after that. ISO 8601, UTC.'),
  broadcast_at: z.string().nullable().describe('The last time it was handed to a node; null: never yet.'),
  outcome: z
    .enum(['signed', 'accepted', 'refused', 'unknown', 'mined'])
    .describe('What the node said. `unknown`: no usable answer came, so it may have been accepted.'),
  permanent_refusals: z.number().int().default(0).describe('How often nodes refused it in words that mean: for ever.'),
  /** Since when nodes answer that its nonce is used. Null: the last that answered did not. ISO 8601, UTC. */
  nonce_too_low_since: z.string().nullable().default(null),
});

/** One signed version of a transaction. */
export type Attempt = z.output<typeof attemptSchema>;

/** Why a transaction is no longer to be executed although it is signed. */
export const cancellationSchema = z.object({
  reason: z
    .enum(['requested', 'valid_until', 'refused', 'policy'])
    .describe(
      "Someone asked for it; `valid_until` has passed; nodes refuse the signed bytes for good; the wallet's policy no longer allows it.",
    ),
  requested_at: z.string().describe('ISO 8601, UTC.'),
  requested_by: z.string(),
  outcome: z
    .enum(['pending', 'won', 'lost'])
    .describe('`won`: it was not executed, and never will be. `lost`: it was mined all the same.'),
});

/** Why a transaction is no longer to be executed although it is signed. */
export type Cancellation = z.output<typeof cancellationSchema>;

/** Why a transaction ended without its effect. */
export const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  /** Of the policy that refused it. */
  rule: z.string().optional(),
});

/** What a transaction holds of its wallet's daily limits as long as it is open: what it may still cost. */
export const reservationSchema = z.object({
  /** The version of the policy whose limits it was held against as a whole; 0: none. */
  policy_version: z.number().int(),
  /** Only in rows that were counted by the hour of their acceptance: they hold nothing. */
  hour: z.number().int().optional(),
  /** Base units, by asset. `fee`: wei, only of the chain's own coin; a guess until it is signed. */
  amounts: z.array(z.object({ asset: z.string(), value: z.string(), fee: z.string() })),
});

/** What a transaction holds of its wallet's daily limits. */
export type Reservation = z.output<typeof reservationSchema>;

/** A transaction Haven was asked to send. Amounts are decimal strings of wei. */
export const transactionSchema = auditHeadSchema.extend({
  id: z.string().meta({ examples: ['tx_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  status: transactionStatusSchema.describe('`confirmed`, `reverted`, `failed`, `cancelled` and `expired` are ends.'),
  wallet_id: z.string().meta({ examples: ['wal_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  chain_id: z.number().int(),
  from: z.string(),
  to: z.string(),
  value: z
    .string()
    .describe('Wei.')
    .meta({ examples: ['1000000000000000000'] }),
  data: z
    .string()
    .describe('Calldata, hex.')
    .meta({ examples: ['0x'] }),
  speed: speedSchema,
  reference: z.string().nullable().describe('Your own name for it; unique in the deployment.'),
  valid_until: z.string().nullable().describe('Not to be signed after this. ISO 8601, UTC.'),
  nonce: z.number().int().nullable().describe('Null until it is signed.'),
  hash: z
    .string()
    .nullable()
    .describe('Of the attempt in force, or of the one that was mined. Null until it is signed.'),
  attempts: z.array(attemptSchema).describe('Every version that was ever signed, oldest first.'),
  block_number: z.number().int().nullable().describe('Null until it is mined, and again after a reorg.'),
  block_hash: z.string().nullable(),
  /** Whether the mined transaction succeeded; null until it is mined. */
  succeeded: z.boolean().nullable(),
  gas_used: z.string().nullable(),
  effective_gas_price: z
    .string()
    .nullable()
    .default(null)
    .describe('What was really paid per gas, in wei. Null until it is mined, or where the node does not say.'),
  confirmations: z.number().int().describe('As of the last look; the including block counts as one.'),
  required_confirmations: z.number().int().describe('After so many it is final.'),
  waiting_for: waitingForSchema.nullable().describe('What holds it up, while something does.'),
  failure: failureSchema.nullable().describe('Why it ended without its effect.'),
  /** Only when its wallet has a daily limit that it counts against. */
  reservation: reservationSchema.optional(),
  /** The most gas that it may have, where that is less than chain and policy allow: who gets coin can't make it dear. */
  max_gas: z.string().optional(),
  /** Made by the lane itself to use up a nonce: it sends nothing, and no limit stops it. */
  fills_gap: z.boolean().optional(),
  /** Set as soon as it is signed and no longer wanted; the original may still win. */
  cancellation: cancellationSchema.nullable().default(null),
  /** When someone last asked for more speed; attempts signed before that are replaced at once. ISO 8601, UTC. */
  accelerated_at: z.string().nullable().default(null),
  /** Whom the outbox tells when it ends, as `kind:id`: `redemption:red_…`. Null: nobody. Absent in rows before it. */
  watcher: z.string().nullable().default(null),
  /** Whether integrators are told what becomes of it: as the request said, or the stage when it was accepted. Absent: they are not. */
  tells_events: z.boolean().optional(),
  created_at: z.string().describe('ISO 8601, UTC.'),
  updated_at: z.string().describe('ISO 8601, UTC.'),
  version: z.number().int().describe('Goes up with every change; also the ETag.'),
  /** The ended transaction whose intent this one carries out again. */
  retry_of: z.string().optional(),
  /** The transaction that carries out the intent of this one again. An intent has one successor at most. */
  retried_by: z.string().optional(),
});

/** A transaction Haven was asked to send. */
export type Transaction = z.output<typeof transactionSchema>;

/** Whether it is signed and in no block that anybody has seen: its bytes may be mined at any time. */
export function awaitsBlock({ status }: Pick<Transaction, 'status'>): boolean {
  return status === 'signed' || status === 'submitted';
}

/** The attempt that is in force: the latest signed version. */
export function currentAttempt(transaction: Transaction): Attempt | undefined {
  return transaction.attempts.at(-1);
}

/** The attempt with that hash. */
export function attemptWith(transaction: Transaction, hash: string): Attempt | undefined {
  return transaction.attempts.find((attempt) => attempt.hash === hash);
}
