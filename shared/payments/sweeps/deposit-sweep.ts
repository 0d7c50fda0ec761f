import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { sweepSchema } from '#shared/custody/lifecycle/sweep.ts';
import type { Payment } from '#shared/orders/order.ts';

/**
 * What of an order's deposit address goes to the treasury, on one chain. The row is the intent, opened in the transaction that takes
 * confirmed payments off the list of those that nobody has taken up; the deposit sweeper carries it out, and says here what became of it.
 */

/** One transaction of a sweep. */
const depositMoveSchema = sweepSchema.shape.moves.element.extend({
  /** `sweep`: from the deposit address to the treasury. `gas`: coin from the treasury to the deposit address, so that it can send a token. */
  kind: z.enum(['sweep', 'gas']),
  /** Which round of the sweep it is of. */
  round: z.number().int().positive(),
  /** Where it was mined; null: it has not been, or isn't final. A look at an older block tells nothing of what it left behind. */
  block_number: z.number().int().nullable(),
});

/** One transaction of a sweep. */
export type DepositMove = z.output<typeof depositMoveSchema>;

/** What stays at an address, and why. */
const leftSchema = z.object({
  token_address: z.string().nullable().describe("Null: the chain's own coin."),
  amount: z.string().describe('Base units.'),
  /** `not_worth_gas`: moving it costs too much of it. `below_minimum`: less than the configured `min_sweep` of the token. */
  reason: z.enum(['not_worth_gas', 'below_minimum']),
});

/** What stays at an address, and why. */
export type Left = z.output<typeof leftSchema>;

/**
 * What keeps an open sweep from going on. `lane`: transactions are under way; `fees`: they are above what may be offered; `treasury`: none is
 * named that may be used, or it has too little coin for gas; `behind`: the node that was asked has not seen the last move;
 * `refused`: nodes say that a token can't be moved; `paused`, `limit`: the policy of the wallet; `custody`, `funds`: as its lane says; `circuit`: no endpoint answers.
 */
const depositWaitingForSchema = z.enum([
  ...([
    'lane',
    'fees',
    'funds',
    'circuit',
    'custody',
    'paused',
    'limit',
    'treasury',
    'behind',
    'refused',
    'error',
  ] as const),
]);

/** What keeps an open sweep from going on. */
export type DepositWaitingFor = z.output<typeof depositWaitingForSchema>;

/** Where a sweep stands. */
export const sweepStatusSchema = z.enum(['open', 'done', 'failed'], {
  error: 'INVALID_PARAMETER: must be open, done or failed',
});

/** How far the sweep of an order's deposit address on a chain is. */
export const depositSweepSchema = auditHeadSchema.extend({
  order_id: z.string(),
  chain_id: z.number().int(),
  wallet_id: z.string(),
  address: z.string(),
  /** Goes up with every payment that is taken up, from 1: what came since is moved even where the same asset was moved before. */
  round: z.number().int().positive(),
  status: sweepStatusSchema,
  /** Oldest first; those of earlier rounds as far as there is room: their transactions stay in the ledger. */
  moves: z.array(depositMoveSchema),
  /** Addresses that Haven ever sent gas to this one from, lower case: what comes from them is no payment. */
  funders: z.array(z.string()),
  /** As of the end of the last round. */
  left: z.array(leftSchema),
  failure: sweepSchema.shape.failure,
  waiting_for: depositWaitingForSchema.nullable(),
  /** Since when it has got no further. ISO 8601, UTC. */
  waiting_since: z.string().nullable(),
  opened_at: z.string(),
  updated_at: z.string(),
  version: z.number().int().positive(),
});

/** How far the sweep of an order's deposit address on a chain is. */
export type DepositSweep = z.output<typeof depositSweepSchema>;

/** Which sweep: an order's address may have got money on several chains. */
export type DepositSweepId = Pick<DepositSweep, 'order_id' | 'chain_id'>;

const SWEEP_ID = /^(ord_[0-9A-HJKMNP-TV-Z]{26})-([1-9]\d{0,15})$/;
const SWEEP_ID_ERROR = 'INVALID_PARAMETER: must be the id of a sweep: an order and a chain';

/** The id of a sweep in requests. */
export const sweepIdField = z
  .string({ error: SWEEP_ID_ERROR })
  .regex(SWEEP_ID, { error: SWEEP_ID_ERROR })
  .meta({ examples: ['ord_01JD8Q4X7M5N2V9C3R6T0W1YZA-31337'] });

/** A sweep's id: sortable by the time of its order. */
export function sweepIdOf({ order_id, chain_id }: DepositSweepId): string {
  return `${order_id}-${chain_id}`;
}

/**
 * Which sweep an id names.
 *
 * @throws Error when it names none
 */
export function parseSweepId(id: string): DepositSweepId {
  const [, order_id, chain_id] = SWEEP_ID.exec(id) ?? [];
  if (order_id === undefined || chain_id === undefined) throw new Error(`${id} names no sweep`);
  return { order_id, chain_id: Number(chain_id) };
}

/** The partition of gsi1 that lists all sweeps, and those of gsi2 that list them by status; by id. */
export function depositSweepPartition(status?: DepositSweep['status']): string {
  return status === undefined ? 'DEPOSIT_SWEEPS' : `DEPOSIT_SWEEPS#${status}`;
}

/** The key of a sweep, in the shop table: in partitions of their own, so that who sweeps can't write orders. */
export function depositSweepKey({ order_id, chain_id }: DepositSweepId) {
  return { pk: `DEPOSIT_SWEEP#${order_id}`, sk: `CHAIN#${chain_id}` };
}

/** The partition of gsi3 that lists open sweeps of a chain; its sort key is the order's id. */
export function openDepositSweeps(chainId: number): string {
  return `OPEN_DEPOSIT_SWEEPS#${chainId}`;
}

/** The audit stream of a sweep: its own, so that who sweeps needs no right to the order's. */
export function depositSweepStream({ order_id, chain_id }: DepositSweepId): string {
  return `deposit-sweep:${order_id}#${chain_id}`;
}

/**
 * Whether coin that came to an order's address is what Haven sent itself, so that the address could send its tokens on: no payment. The row
 * is stored in the write that accepts the transaction, so whoever has seen the transfer finds it there. Pure.
 *
 * @param sweep as it is stored; undefined: there is none
 * @param transfer as a payment has it: without a place among logs it is of the coin
 */
export function isGasFunding(
  sweep: Pick<DepositSweep, 'funders'> | undefined,
  { from, log_index }: Pick<NonNullable<Payment['on_chain']>, 'from' | 'log_index'>,
): boolean {
  return log_index === null && from !== null && (sweep?.funders ?? []).includes(from.toLowerCase());
}
