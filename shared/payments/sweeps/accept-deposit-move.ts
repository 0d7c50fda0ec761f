import { requireStanding } from '#shared/custody/custody-state.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { addTransaction, announceAccepted, commitAccepted, draftTransaction } from '#shared/transactions/accept.ts';
import { DEPOSIT_SWEEP_REFERENCE_PREFIX } from '#shared/transactions/reference-field.ts';
import { MOVE_VALID_MS, passesWithTime } from '#shared/transactions/sweep/plan-moves.ts';
import { transferCall } from '#shared/transactions/sweep/read-holdings.ts';
import type { DepositWay } from './deposit-ends.ts';
import {
  DEPOSIT_SWEEP_ACTOR,
  type DepositPass,
  DepositSweepRaced,
  racedSweep,
  storeDepositStep,
  withMoves,
} from './deposit-pass.ts';
import type { DepositMove, DepositSweep } from './deposit-sweep.ts';
import { putDepositSweep } from './deposit-sweep-row.ts';
import { type PlannedTransfer, withDepositMove } from './plan-deposit.ts';

/** The reference of a try: one transaction at most can have it, whatever else fails. */
export function depositReference(
  { order_id, chain_id, round }: Pick<DepositSweep, 'order_id' | 'chain_id' | 'round'>,
  { kind, token_address, attempt }: Pick<PlannedTransfer, 'kind' | 'token_address' | 'attempt'>,
): string {
  const asset = kind === 'gas' ? 'gas' : (token_address ?? 'coin');
  return `${DEPOSIT_SWEEP_REFERENCE_PREFIX}${order_id}:${chain_id}:${round}:${asset}:${attempt}`;
}

/**
 * Accepts one transaction of a sweep together with the note that it was: once, however many runs there are, and only while the treasury
 * is active. What the policy of its wallet denies is noted, and not tried again, unless it is for today only.
 *
 * @returns undefined: there is no room in a daily limit now, or the wallet is paused
 * @throws DepositSweepRaced, DATABASE_ERROR, WRITE_CONFLICT
 */
export async function acceptDepositMove(
  pass: DepositPass,
  sweep: DepositSweep,
  way: DepositWay,
  planned: PlannedTransfer,
): Promise<DepositSweep | undefined> {
  try {
    return await accept(pass, sweep, way, planned);
  } catch (error) {
    if (!(error instanceof HavenError) || error.code !== 'POLICY_VIOLATION') throw error;
    const { rule } = error.details;
    if (rule === 'paused' || passesWithTime(error.details)) return undefined;
    const failure = { code: error.code, message: error.message, ...(typeof rule === 'string' && { rule }) };
    return storeDepositMove(pass, sweep, { ...moveOf(sweep, planned), status: 'failed', failure });
  }
}

/** Notes a try of which there is no transaction. */
function storeDepositMove(pass: DepositPass, sweep: DepositSweep, move: DepositMove): Promise<DepositSweep> {
  return storeDepositStep(pass, sweep, withMoves(sweep, withDepositMove(sweep.moves, move), pass.clock()));
}

/** A try as it is noted before anything is known of it. Pure. */
function moveOf(
  { chain_id, round }: Pick<DepositSweep, 'chain_id' | 'round'>,
  { kind, token_address, amount, attempt }: PlannedTransfer,
): DepositMove {
  const what = { chain_id, round, kind, token_address, amount: amount.toString(), attempt };
  return { ...what, transaction_id: null, status: 'open', failure: null, block_number: null };
}

async function accept(
  pass: DepositPass,
  sweep: DepositSweep,
  { from, treasury }: DepositWay,
  planned: PlannedTransfer,
): Promise<DepositSweep> {
  const { clock, newId, requestId, tables, chain } = pass;
  const { kind, token_address, amount } = planned;
  const isGas = kind === 'gas';
  const to = isGas ? from.address : treasury.address;
  const intent = {
    walletId: isGas ? treasury.id : from.id,
    chainId: chain.chain_id,
    to: token_address ?? to,
    value: token_address === null ? amount.toString() : '0',
    data: token_address === null ? '0x' : transferCall(to, amount),
    speed: 'standard' as const,
    reference: depositReference(sweep, planned),
    validUntil: isoTime(clock() + MOVE_VALID_MS),
  };
  const by = { principal: { id: DEPOSIT_SWEEP_ACTOR }, requestId };
  const draft = await draftTransaction(pass, intent, by, newId('tx'), { deposit_of: sweep.order_id });
  const { id: transaction_id } = draft.transaction;
  const move: DepositMove = { ...moveOf(sweep, planned), transaction_id };
  const funder = treasury.address.toLowerCase();
  const funders = isGas && !sweep.funders.includes(funder) ? [...sweep.funders, funder] : sweep.funders;
  const after = { ...withMoves(sweep, withDepositMove(sweep.moves, move), clock()), funders };
  await commitAccepted(pass, [draft], pass, (write) => {
    putDepositSweep(write, tables.shop, sweep, after, racedSweep(sweep));
    requireStanding(write, tables.ledger, treasury.id, 'active', () => new DepositSweepRaced(treasury.id));
    addTransaction(write, tables, draft);
  });
  await announceAccepted(pass, draft.transaction);
  pass.metrics.count(isGas ? 'DepositGasFunded' : 'DepositSweepAccepted');
  pass.log.write('DEPOSIT_SWEEP_ACCEPTED', { order_id: sweep.order_id, address: sweep.address, ...move });
  return after;
}
