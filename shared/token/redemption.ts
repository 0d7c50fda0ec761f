import * as z from 'zod';
import { type AuditContent, type AuditEntry, auditHeadSchema, nextEntry } from '#shared/audit/audit-entry.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { failureSchema, type Transaction } from '#shared/transactions/transaction.ts';
import type { TransactionEnded } from '#shared/transactions/watcher.ts';

/** The kind of redemptions as watchers of transactions and subjects of the outbox. */
export const REDEMPTION_KIND = 'redemption';

/** Where a redemption stands: `completed` and `failed` are ends. */
export const redemptionStatusSchema = z.enum(['pending', 'completed', 'failed'], {
  error: 'INVALID_PARAMETER: must be pending, completed or failed',
});

/** Where a redemption stands. */
export type RedemptionStatus = z.output<typeof redemptionStatusSchema>;

/** A user's tokens that are burned, so that their worth can be paid out. Amounts are decimal strings of base units. */
export const redemptionSchema = auditHeadSchema.extend({
  id: z.string().meta({ examples: ['red_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  status: redemptionStatusSchema.describe('`completed` only when the burn is confirmed; `failed`: nothing was burned.'),
  user_id: z.string().meta({ examples: ['usr_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  amount: z
    .string()
    .describe('Base units.')
    .meta({ examples: ['1000000000000000000'] }),
  reference: z.string().describe('Your own name for it; never redeemed twice.'),
  chain_id: z.number().int(),
  token_address: z.string(),
  transaction_id: z
    .string()
    .describe('The transaction that burns.')
    .meta({ examples: ['tx_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  failure: failureSchema.nullable().describe('Why nothing was burned.'),
  created_at: z.string().describe('ISO 8601, UTC.'),
  updated_at: z.string().describe('ISO 8601, UTC.'),
  version: z.number().int().describe('Goes up with every change; also the ETag.'),
});

/** A user's tokens that are burned. */
export type Redemption = z.output<typeof redemptionSchema>;

/** A redemption as the API shows it. */
export const redemptionView = redemptionSchema.omit({ audit_seq: true, audit_hash: true }).meta({ id: 'Redemption' });

/** Shows a redemption: declared fields only. */
export function toRedemptionView(redemption: Redemption): z.output<typeof redemptionView> {
  return redemptionView.parse(redemption);
}

/** Every legal transition. */
export const redemptionTransitions: Readonly<Record<RedemptionStatus, readonly RedemptionStatus[]>> = {
  pending: ['completed', 'failed'],
  completed: [],
  failed: [],
};

/** How a redemption ends when its burn ends so. */
const OUTCOMES: Readonly<Partial<Record<Transaction['status'], RedemptionStatus>>> = {
  confirmed: 'completed',
  reverted: 'failed',
  failed: 'failed',
  expired: 'failed',
  cancelled: 'failed',
};

/** The end of a redemption: what must hold before, what holds after, and the audit entry of the same write. */
export interface RedemptionEnd {
  readonly before: Redemption;
  readonly after: Redemption;
  readonly entry: AuditEntry;
}

/**
 * Computes how a redemption ends by the end of its burn.
 *
 * @param at ISO 8601, UTC
 * @param by who does it and in which invocation
 * @returns undefined when it has ended already: the same end told twice
 * @throws INVALID_TRANSITION when the burn has not ended or is that of something else, or the redemption ended otherwise
 */
export function endRedemption(
  before: Redemption,
  burn: TransactionEnded,
  at: string,
  by: Pick<AuditContent, 'actor' | 'request_id'>,
): RedemptionEnd | undefined {
  const status = OUTCOMES[burn.status];
  const isOwn = burn.transaction_id === before.transaction_id;
  if (isOwn && status === before.status) return undefined;
  if (!isOwn || status === undefined || !redemptionTransitions[before.status].includes(status)) {
    throw new HavenError('INVALID_TRANSITION', `A ${before.status} redemption can't end by a ${burn.status} burn`, {
      details: { redemption_id: before.id, transaction_id: burn.transaction_id, from: before.status, by: burn.status },
    });
  }
  const failure = status === 'failed' ? failureOf(burn) : null;
  const { entry, head } = nextEntry(
    before.id,
    before,
    {
      ...by,
      action: `redemption.${status}`,
      severity: status === 'failed' ? 'WARNING' : 'INFO',
      detail: { transaction_id: burn.transaction_id, transaction_status: burn.status },
    },
    at,
  );
  return { before, after: { ...before, ...head, status, failure, updated_at: at, version: before.version + 1 }, entry };
}

function failureOf({ status, failure }: TransactionEnded): NonNullable<Redemption['failure']> {
  const why = failure === null ? '' : `: ${failure.message}`;
  return { code: 'REDEMPTION_FAILED', message: `Nothing was burned, the transaction is ${status}${why}` };
}

/** A redemption that has not ended, as far as a balance is concerned. */
export interface OpenRedemption {
  readonly amount: string;
  readonly token_address: string;
  readonly transaction_id: string;
}

/**
 * Whether a burn still lessens a balance: not when the balance, as of its block, is without it already, and not when
 * the burn will never be.
 *
 * @param blockNumber the block at which the balance was read
 */
export function isStillToBurn(
  burn: Pick<Transaction, 'status' | 'block_number' | 'succeeded'>,
  blockNumber: number,
): boolean {
  if (OUTCOMES[burn.status] === 'failed' || burn.succeeded === false) return false;
  return burn.block_number === null || burn.block_number > blockNumber;
}
