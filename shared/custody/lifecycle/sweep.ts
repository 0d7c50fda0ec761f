import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';

/**
 * What is brought from a rotated wallet to its successor. The row is the intent, written ahead in the transaction that rotates;
 * the sweeper carries it out chain by chain, and says here what became of it. Pure.
 */

const failureSchema = z.object({ code: z.string(), message: z.string() });

/** One asset that is moved on one chain. */
const moveSchema = z.object({
  chain_id: z.number().int(),
  token_address: z.string().nullable().describe("Null: the chain's own coin."),
  amount: z.string().describe('Base units.'),
  /** Counts the tries for this asset, from 1. */
  attempt: z.number().int().positive(),
  transaction_id: z.string().nullable().describe('Null: it was refused before it became a transaction.'),
  status: z
    .enum(['open', 'confirmed', 'expired', 'failed'])
    .describe('As of the last look. `failed`: it is not tried again, see `failure`.'),
  failure: failureSchema.extend({ rule: z.string().optional().describe('Of the policy that refused it.') }).nullable(),
});

/** One asset that is moved on one chain. */
export type SweepMove = z.output<typeof moveSchema>;

const chainProgressSchema = z.object({
  chain_id: z.number().int(),
  stage: z
    .enum(['tokens', 'coin', 'done'])
    .describe("Tokens go first, because moving them costs the chain's own coin."),
});

/** What keeps an open sweep from going on. */
const waitingForSchema = z
  .enum(['lane', 'fees', 'funds', 'circuit', 'custody', 'batch', 'paused', 'limit', 'heir', 'disputed', 'error'])
  .describe(
    'As of the last look. `lane`: transactions of the wallet are under way; `fees`, `funds`, `circuit`, `custody`: as of a transaction, and `fees` and `circuit` (no RPC endpoint answers) also before there is one; `batch`: one with transactions of the wallet is not stored whole; `paused`: the wallet is; `limit`: a daily limit has no room; `heir`: no successor is active; `disputed`: the row of a wallet names another successor, status or address than was stored when it was rotated; `error`: something else failed, as `SWEEP_HELD` log lines say.',
  );

/** What keeps an open sweep from going on. */
export type SweepWaitingFor = z.output<typeof waitingForSchema>;

/** How far a sweep is. */
export const sweepSchema = auditHeadSchema.extend({
  wallet_id: z.string(),
  /** Counts the sweeps of a wallet, from 1. */
  round: z.number().int().positive(),
  status: z.enum(['open', 'done', 'failed']),
  requested_by: z.string(),
  requested_at: z.string(),
  chains: z.array(chainProgressSchema),
  moves: z.array(moveSchema),
  failure: failureSchema.nullable(),
  /** Null: nobody has looked yet, or it has ended. */
  waiting_for: waitingForSchema.nullable().default(null),
  /** Since when it has got no further, whatever it waited for. ISO 8601, UTC. */
  waiting_since: z.string().nullable().default(null),
  updated_at: z.string(),
  version: z.number().int().positive(),
});

/** How far a sweep is. */
export type Sweep = z.output<typeof sweepSchema>;

/** A sweep as the API shows it. */
export const sweepView = z
  .object({
    status: sweepSchema.shape.status.describe('`failed`: something was not moved, see `failure` and `transactions`.'),
    requested_by: z.string(),
    requested_at: z.string().describe('ISO 8601, UTC.'),
    transactions: z.array(moveSchema),
    failure: failureSchema.nullable().describe('Why it ended without everything moved.'),
    waiting_for: waitingForSchema.nullable(),
    waiting_since: z.string().nullable().describe('Since when it has got no further. ISO 8601, UTC.'),
    updated_at: z.string().describe('ISO 8601, UTC.'),
  })
  .meta({ id: 'Sweep' });

/** The audit stream of what is swept from a wallet: its own, because who sweeps may not touch what says whether keys sign. */
export function sweepStream(walletId: string): string {
  return `sweep:${walletId}`;
}

/** Shows a sweep. */
export function toSweepView({ moves, ...sweep }: Sweep): z.output<typeof sweepView> {
  return sweepView.parse({ ...sweep, transactions: moves });
}
