import type { OrderStatus } from '#shared/orders/order.ts';
import { MAX_ATTEMPTS, movableWei, settledMove } from '#shared/transactions/sweep/plan-moves.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import type { DepositMove, DepositSweep, Left } from './deposit-sweep.ts';

/** Orders of which no more money is waited for. Of others the rest may come in the next block: one sweep is cheaper than two. */
const SETTLED: ReadonlySet<OrderStatus> = new Set<OrderStatus>([
  ...(['paid', 'fulfilled', 'completed', 'expired', 'cancelled', 'refunding', 'refunded'] as const),
]);

/** Whether what an order's address has may go to the treasury. Pure. */
export function isDueForSweep(status: OrderStatus): boolean {
  return SETTLED.has(status);
}

/** What there is of a token at an address. Base units. */
export interface TokenSeen {
  readonly token_address: string;
  readonly amount: bigint;
  /** Less than this stays where it is. */
  readonly minimum: bigint;
  /** What moving all of it takes at most; undefined: nodes refuse to estimate it. */
  readonly gas: bigint | undefined;
}

/** What the chain says of a deposit address. */
export interface DepositSeen {
  readonly coinWei: bigint;
  readonly tokens: readonly TokenSeen[];
  /** What moving the coin takes at most. */
  readonly coinGas: bigint;
  /** What is offered now, in wei. */
  readonly feePerGasWei: bigint;
  /** The most that may be offered, in wei. */
  readonly capWei: bigint;
}

/** A transaction that is to be accepted. */
export interface PlannedTransfer {
  readonly kind: DepositMove['kind'];
  /** Null: the coin. */
  readonly token_address: string | null;
  readonly amount: bigint;
  /** Counts the tries of the round for this asset, from 1. */
  readonly attempt: number;
}

/** What is to be done about a deposit address. */
export type DepositPlan =
  | { readonly kind: 'send'; readonly transfers: readonly PlannedTransfer[] }
  /** All else is done, and nodes say that these tokens can't be moved now. That is no try: nothing was sent. */
  | { readonly kind: 'refused'; readonly tokens: readonly string[] }
  | { readonly kind: 'end'; readonly left: Left[]; readonly failure: DepositSweep['failure'] };

/**
 * Coin is worth moving when what arrives is at least this many times what moving it costs: below that, fees would eat more than they save, and
 * it stays, as what is left over of gas always does.
 */
export const COIN_WORTH_FACTOR = 2n;

/** Gas for a token is sent with so much on top of the worst case of now, in percent: fees go on rising until it has arrived. */
const GAS_HEADROOM_PERCENT = 50n;
const PERCENT = 100n;

/** Fees may rise until a transaction is signed: as `movableWei` has it. */
const FEE_RISE_FACTOR = 2n;

/**
 * What is to be done about a deposit address of which nothing is under way: tokens go first, because moving them costs coin; gas for them is
 * sent before where the address lacks it; the coin goes last. Pure.
 *
 * @param moves of this round, oldest first
 */
export function planDeposit(moves: readonly DepositMove[], seen: DepositSeen): DepositPlan {
  const tokens = seen.tokens.filter(({ amount, minimum }) => amount > 0n && amount >= minimum);
  const due = tokens.flatMap(({ gas, ...token }) => {
    const attempt = nextAttempt(moves, 'sweep', token.token_address);
    return attempt === undefined ? [] : [{ gas, transfer: { kind: 'sweep' as const, ...token, attempt } }];
  });
  const movable = due.filter(({ gas }) => gas !== undefined);
  if (movable.length > 0) {
    const neededWei = movable.reduce((sum, { gas = 0n }) => sum + worstFeeWei(gas, seen), 0n);
    if (seen.coinWei >= neededWei) return { kind: 'send', transfers: movable.map(({ transfer }) => transfer) };
    const attempt = nextAttempt(moves, 'gas', null);
    if (attempt !== undefined) {
      const amount = (neededWei * (PERCENT + GAS_HEADROOM_PERCENT)) / PERCENT - seen.coinWei;
      return { kind: 'send', transfers: [{ kind: 'gas', token_address: null, amount, attempt }] };
    }
  }
  const coin = movableWei(seen.coinWei, seen.coinGas, seen.feePerGasWei, seen.capWei);
  const isWorth = coin >= COIN_WORTH_FACTOR * seen.coinGas * seen.feePerGasWei && coin > 0n;
  // A token that could not be moved for want of gas needs the coin when somebody looks into it.
  const attempt = isWorth && movable.length === 0 ? nextAttempt(moves, 'sweep', null) : undefined;
  if (attempt !== undefined) {
    return { kind: 'send', transfers: [{ kind: 'sweep', token_address: null, amount: coin, attempt }] };
  }
  const refused = due.filter(({ gas }) => gas === undefined);
  if (refused.length > 0 && movable.length === 0) {
    return { kind: 'refused', tokens: refused.map(({ transfer }) => transfer.token_address) };
  }
  const isShort =
    movable.length > 0 ? { code: 'INSUFFICIENT_GAS', message: 'Fees rose faster than gas was sent' } : null;
  const left = leftOf(seen, !isWorth && movable.length === 0);
  return { kind: 'end', left, failure: failureOf(moves) ?? isShort };
}

/** What ends a round in which all but refused tokens is done, when somebody has to look into it. Pure. */
export function refusedEnd(moves: readonly DepositMove[], seen: DepositSeen): Pick<DepositSweep, 'left' | 'failure'> {
  const refused = { code: 'ESTIMATE_REFUSED', message: 'Nodes say that the token can not be moved' };
  return { left: leftOf(seen, true), failure: failureOf(moves) ?? refused };
}

/** What so much gas may cost until it is signed: lanes wait for that much coin. Pure. */
export function worstFeeWei(
  gas: bigint,
  { feePerGasWei, capWei }: Pick<DepositSeen, 'feePerGasWei' | 'capWei'>,
): bigint {
  const risen = feePerGasWei * FEE_RISE_FACTOR;
  return gas * (risen < capWei ? risen : capWei);
}

/**
 * What was moved in this round is not moved again, whatever a node says of the balance: it may lag. Gas may be needed twice. Only ends on the chain
 * count as tries: what nobody could submit has moved nothing and cost nothing, and is asked for until it can be.
 */
function nextAttempt(
  moves: readonly DepositMove[],
  kind: DepositMove['kind'],
  tokenAddress: string | null,
): number | undefined {
  const own = moves.filter((move) => move.kind === kind && move.token_address === tokenAddress);
  const last = own.at(-1);
  if (last === undefined) return 1;
  const ends = own.filter(({ status }) => status !== 'expired').length;
  const isToBeTried = last.status === 'expired' || (kind === 'gas' && last.status === 'confirmed');
  return isToBeTried && ends < MAX_ATTEMPTS ? last.attempt + 1 : undefined;
}

/** What failed to be moved is told by its move. */
function leftOf({ coinWei, tokens }: DepositSeen, isCoinDust: boolean): Left[] {
  const dust = tokens
    .filter(({ amount, minimum }) => amount > 0n && amount < minimum)
    .map(({ token_address, amount }): Left => ({ token_address, amount: `${amount}`, reason: 'below_minimum' }));
  const coin: Left = { token_address: null, amount: `${coinWei}`, reason: 'not_worth_gas' };
  return isCoinDust && coinWei > 0n ? [...dust, coin] : dust;
}

/** Why something stayed that should have gone: the failure of the first whose last try was none. */
function failureOf(moves: readonly DepositMove[]): DepositSweep['failure'] {
  const lastOf = new Map(moves.map((move) => [`${move.kind} ${move.token_address}`, move]));
  const stayed = [...lastOf.values()].find(({ status }) => status !== 'confirmed');
  if (stayed === undefined) return null;
  return stayed.failure ?? { code: 'INTERNAL', message: 'It ended without a reason' };
}

/**
 * A move after a look at its transaction; the same object when nothing has changed. What could not be submitted has expired: nothing of it is on the
 * chain. Pure.
 */
export function settledDepositMove(
  before: DepositMove,
  transaction: Pick<Transaction, 'status' | 'failure' | 'block_number' | 'cancellation'>,
): DepositMove {
  const settled = settledMove(before, transaction);
  if (settled.status === before.status) return before;
  const { failure } = settled;
  const status = settled.status === 'failed' && isUnsubmitted(transaction) ? 'expired' : settled.status;
  return { ...before, status, failure, block_number: transaction.block_number };
}

/** Given up by its lane: too late, refused by nodes for good once it was signed, or by a simulation before that. */
function isUnsubmitted({ status, failure, cancellation }: Pick<Transaction, 'status' | 'failure' | 'cancellation'>) {
  if (status === 'cancelled') return cancellation?.reason === 'valid_until' || cancellation?.reason === 'refused';
  return status === 'failed' && failure?.code === 'CONTRACT_REVERT';
}

/** Moves of earlier rounds that a row keeps: with a row of 400 KB and moves of less than 1 KB, far from too many. */
const MAX_MOVES = 60;

/**
 * The moves of a sweep with one more, in the place of the try for the same that expired before it: those have no end, and a row has. Ended ones of
 * earlier rounds are let go where there are too many. Pure.
 */
export function withDepositMove(moves: readonly DepositMove[], move: DepositMove): DepositMove[] {
  const isReplaced = (one: DepositMove) =>
    one.status === 'expired' &&
    one.round === move.round &&
    one.kind === move.kind &&
    one.token_address === move.token_address;
  const kept = moves.filter((one) => !isReplaced(one));
  const excess = kept.length + 1 - MAX_MOVES;
  const isOld = (one: DepositMove) => one.round < move.round && one.status !== 'open';
  const old = kept.filter(isOld).slice(0, Math.max(excess, 0));
  return [...kept.filter((one) => !old.includes(one)), move];
}
