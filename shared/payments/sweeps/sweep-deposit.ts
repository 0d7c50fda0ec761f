import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { transactionKey } from '#shared/transactions/ledger-items.ts';
import { isLaneIdle } from '#shared/transactions/sweep/idle-lane.ts';
import { endQueued, isToBeRecalled } from '#shared/transactions/sweep/recall.ts';
import { isHeld } from '#shared/transactions/sweep/waiting.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { acceptDepositMove } from './accept-deposit-move.ts';
import { depositWallet, standingTreasury, type TreasuryStanding } from './deposit-ends.ts';
import {
  DEPOSIT_SWEEP_ACTOR,
  type DepositPass,
  DepositSweepRaced,
  endDepositSweep,
  noteDepositWaiting,
  storeDepositStep,
  withMoves,
} from './deposit-pass.ts';
import type { DepositMove, DepositSweep, DepositWaitingFor } from './deposit-sweep.ts';
import { lookAtDeposit } from './look-at-deposit.ts';
import {
  type DepositSeen,
  type PlannedTransfer,
  planDeposit,
  refusedEnd,
  settledDepositMove,
  worstFeeWei,
} from './plan-deposit.ts';

/**
 * Goes on with an open sweep as far as it goes now: looks what became of its transactions, and when nothing of its address is under way, what is
 * there; accepts what moves it, or ends the round. Every step is stored on the sweep's version, so that of runs at once one gets on.
 *
 * @throws DepositSweepRaced, RpcTransportError, DATABASE_ERROR, WRITE_CONFLICT, CONFIGURATION
 */
export async function sweepDeposit(pass: DepositPass, before: DepositSweep): Promise<void> {
  const treasury = await standingTreasury(pass);
  const { sweep, waits } = await lookAtMoves(pass, before, treasury);
  if (sweep.moves.some(({ status }) => status === 'open')) return wait(pass, sweep, waits ?? 'lane');
  const from = await depositWallet(pass, sweep);
  if (from === 'paused') return wait(pass, sweep, 'paused');
  if (!('address' in from)) return endDepositSweep(pass, sweep, { left: [], failure: from });
  if (treasury.kind !== 'usable') return wait(pass, sweep, 'treasury');
  const lane = { chain_id: sweep.chain_id, address: from.address };
  if (!(await isLaneIdle(pass.client, pass.tables.ledger, lane))) return wait(pass, sweep, 'lane');
  const seen = await lookAtDeposit(pass, from, treasury.wallet.address, sweep.moves);
  if (seen === 'fees' || seen === 'behind') return wait(pass, sweep, seen);
  const own = sweep.moves.filter(({ round }) => round === sweep.round);
  const plan = planDeposit(own, seen);
  if (plan.kind === 'end') return endDepositSweep(pass, sweep, plan);
  if (plan.kind === 'refused') {
    const isOver = sweep.waiting_for === 'refused' && waitsSince(sweep) + REFUSED_FOR_MS < pass.clock();
    return isOver ? endDepositSweep(pass, sweep, refusedEnd(own, seen)) : wait(pass, sweep, 'refused');
  }
  let current = sweep;
  for (const transfer of plan.transfers) {
    if (!(await isAffordable(pass, treasury.wallet.address, transfer, seen))) return wait(pass, current, 'treasury');
    const after = await acceptDepositMove(pass, current, { from, treasury: treasury.wallet }, transfer);
    if (after === undefined) return wait(pass, current, 'limit');
    current = after;
  }
}

/**
 * How long nodes may say that a token can't be moved, before the round ends as failed: a token that is paused is so for hours; an address that is
 * on its block list is so for good, and needs a person.
 */
const REFUSED_FOR_MS = 24 * 60 * 60_000;

function waitsSince({ waiting_since }: DepositSweep): number {
  return waiting_since === null ? Number.POSITIVE_INFINITY : Date.parse(waiting_since);
}

/** What a treasury that can't pay for gas accepts would stand in its lane before refunds, and expire. */
async function isAffordable(
  { clients, chain, deadline }: DepositPass,
  treasury: string,
  { kind, amount }: PlannedTransfer,
  seen: DepositSeen,
): Promise<boolean> {
  if (kind !== 'gas') return true;
  const { balanceWei } = await (await clients.for(chain.chain_id)).account(treasury, deadline);
  return balanceWei >= amount + worstFeeWei(seen.coinGas, seen);
}

/** Notes what a sweep waits for, where that is new, and tells of one that has waited too long. */
async function wait(pass: DepositPass, before: DepositSweep, reason: DepositWaitingFor): Promise<void> {
  const sweep = noteDepositWaiting(before, reason, pass.clock());
  if (sweep !== before) await storeDepositStep(pass, before, sweep);
  if (!isHeld(sweep, pass.clock())) return;
  const { order_id, chain_id, waiting_for, waiting_since } = sweep;
  pass.metrics.count('DepositSweepHeld');
  pass.log.write('DEPOSIT_SWEEP_HELD', { order_id, chain_id, waiting_for, waiting_since });
}

/** What a sweep waits for on a chain where going on has failed. Pure. */
export function depositWaitsAfter(error: unknown): DepositWaitingFor {
  const isSilent = error instanceof HavenError && (error.code === 'RPC_CONNECTION' || error.code === 'CIRCUIT_OPEN');
  return isSilent ? 'circuit' : 'error';
}

/** Notes that going on has failed, so that it is told of when that lasts; whoever was first knows better. */
export async function noteFailed(pass: DepositPass, orderId: string, error: unknown): Promise<void> {
  const sweep = await pass.sweeps.get({ order_id: orderId, chain_id: pass.chain.chain_id });
  if (sweep?.status !== 'open') return;
  await wait(pass, sweep, depositWaitsAfter(error)).catch((raced: unknown) => {
    if (!(raced instanceof DepositSweepRaced)) throw raced;
  });
}

/** The sweep with what became of its transactions, and what one that is under way waits for. */
async function lookAtMoves(
  pass: DepositPass,
  sweep: DepositSweep,
  treasury: TreasuryStanding,
): Promise<{ readonly sweep: DepositSweep; readonly waits: DepositWaitingFor | undefined }> {
  const looks = await Promise.all(sweep.moves.map((move) => lookAt(pass, move, treasury)));
  const moves = looks.map(({ move }) => move);
  const waits = looks.find(({ waits }) => waits !== undefined)?.waits;
  if (moves.every((move, index) => move === sweep.moves[index])) return { sweep, waits };
  return { sweep: await storeDepositStep(pass, sweep, withMoves(sweep, moves, pass.clock())), waits };
}

async function lookAt(
  pass: DepositPass,
  before: DepositMove,
  treasury: TreasuryStanding,
): Promise<{ readonly move: DepositMove; readonly waits?: DepositWaitingFor }> {
  if (before.status !== 'open' || before.transaction_id === null) return { move: before };
  const item = await readItem(pass.client, pass.tables.ledger, transactionKey(before.transaction_id));
  const found = transactionSchema.parse(item);
  const transaction = isRecalled(found, before, treasury) ? await recallMove(pass, found) : found;
  const move = settledDepositMove(before, transaction);
  return move.status === 'open' ? { move, waits: transaction.waiting_for ?? 'lane' } : { move };
}

/** What would go to a wallet that is the treasury no more is asked for anew. Gas may come from any. */
function isRecalled(transaction: Transaction, move: DepositMove, treasury: TreasuryStanding): boolean {
  if (move.kind === 'gas' || treasury.kind === 'held') return false;
  return isToBeRecalled(transaction, move, treasury.kind === 'usable' ? treasury.wallet : undefined);
}

async function recallMove(pass: DepositPass, before: Transaction): Promise<Transaction> {
  const failure = { code: 'WALLET_ROTATED', message: 'The treasury that it goes to was another before it was signed' };
  const raced = (changed: string) => new DepositSweepRaced(changed);
  const after = await endQueued(pass, before, failure, DEPOSIT_SWEEP_ACTOR, raced);
  pass.log.write('DEPOSIT_SWEEP_RECALLED', { transaction_id: before.id, ...failure });
  return after;
}
