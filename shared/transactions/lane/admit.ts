import { type CallOutcome, isRevert } from '#shared/platform/chain/call-refusal.ts';
import { revertReason } from '#shared/platform/chain/revert-reason.ts';
import type { Transaction, WaitingFor } from '../transaction.ts';
import type { FeeQuote } from './fees.ts';
import { classifySendError } from './send-error.ts';
import type { Prepared } from './signing.ts';

/** A simulation can't know the exact state a transaction meets; a fifth on top is what wallets commonly add. */
const GAS_MARGIN_NUMERATOR = 12n;
const GAS_MARGIN_DENOMINATOR = 10n;
/** A plain transfer to an account without code needs exactly this (yellow paper, appendix G). */
const PLAIN_TRANSFER_GAS = 21_000n;

/** What may be sent now, and what stops at the first that may not. */
export interface Admission {
  readonly send: readonly Prepared[];
  /** The first transaction that can't be sent now: it fails for good, or it waits and all behind it wait with it. */
  readonly stop:
    | {
        readonly kind: 'fail';
        readonly transaction: Transaction;
        readonly code: 'CONTRACT_REVERT';
        readonly message: string;
      }
    | {
        readonly kind: 'hold';
        readonly transaction: Transaction;
        readonly waitingFor: WaitingFor;
        /** Facts for the log: what is missing. */
        readonly detail: Readonly<Record<string, string>>;
      }
    | undefined;
}

/** What admission knows of each candidate, in the order of the queue. */
export interface Candidate {
  readonly transaction: Transaction;
  readonly quote: FeeQuote;
  readonly gas: CallOutcome<bigint>;
  /** The endpoint that says it succeeds, where the simulation says that it ends for good and nobody decides between the two. */
  readonly contradictedBy?: string;
}

/**
 * Decides which of the first queued transactions may be signed now. Stops at the first that may not, so that a nonce
 * is never given past one that could still need it. Pure.
 *
 * @param nonces what those that are sent get, in their order
 * @param spendableWei the balance less the worst case of what is in flight
 * @param laneIsClear nothing of this lane is unmined: only then is a revert in simulation believed, because it may
 *   depend on what is still to be mined
 * @param laneMaxGas the most gas that the chain and the wallet's policy let one transaction have
 */
export function admit(
  candidates: readonly Candidate[],
  nonces: readonly number[],
  spendableWei: bigint,
  laneIsClear: boolean,
  laneMaxGas: bigint,
): Admission {
  const send: Prepared[] = [];
  let left = spendableWei;
  for (const { transaction, quote, gas, contradictedBy } of candidates) {
    if (!quote.ok) {
      return { send, stop: hold(transaction, 'fees', { needed_fee_per_gas_wei: quote.neededWei.toString() }) };
    }
    if (contradictedBy !== undefined) return { send, stop: hold(transaction, 'lane', { contradictedBy }) };
    if (!gas.ok) return { send, stop: refusedBySimulation(transaction, gas, laneIsClear && send.length === 0) };
    const maxGas = mostGas(transaction, laneMaxGas);
    if (gas.value > maxGas) {
      // How much it needs may depend on what is still to be mined, like a revert.
      if (!laneIsClear || send.length > 0) return { send, stop: hold(transaction, 'lane', {}) };
      const message = `It needs ${gas.value} gas; it may have ${maxGas} by the chain's rules, the wallet's policy and what was asked for`;
      return { send, stop: { kind: 'fail', transaction, code: 'CONTRACT_REVERT', message } };
    }
    const gasLimit = smaller(withMargin(gas.value), maxGas);
    const cost = BigInt(transaction.value) + gasLimit * quote.fees.maxFeePerGas;
    if (cost > left) {
      return { send, stop: hold(transaction, 'funds', { missing_wei: (cost - left).toString() }) };
    }
    const nonce = nonces[send.length];
    if (nonce === undefined) break;
    left -= cost;
    send.push({ transaction, nonce, gasLimit, fees: quote.fees, kind: 'intent' });
  }
  return { send, stop: undefined };
}

/** The most gas that a transaction may have, of what chain and policy let it have. */
export function mostGas({ max_gas }: Pick<Transaction, 'max_gas'>, laneMaxGas: bigint): bigint {
  return max_gas === undefined ? laneMaxGas : smaller(BigInt(max_gas), laneMaxGas);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * The most that a signed transaction can still cost, in wei: the dearest of its versions that can still be mined. A no-op
 * does not take the place of what was asked for before one of the two is in a block; versions with a nonce that it has
 * given up can't be mined any more.
 */
export function worstCaseCostWei({ attempts, nonce, value }: Transaction): bigint {
  return attempts
    .filter((attempt) => attempt.nonce === nonce)
    .map(({ kind, gas_limit, max_fee_per_gas }) => {
      const moved = kind === 'noop' ? 0n : BigInt(value);
      return moved + BigInt(gas_limit) * BigInt(max_fee_per_gas);
    })
    .reduce(larger, 0n);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function withMargin(gas: bigint): bigint {
  if (gas === PLAIN_TRANSFER_GAS) return gas;
  return (gas * GAS_MARGIN_NUMERATOR + GAS_MARGIN_DENOMINATOR - 1n) / GAS_MARGIN_DENOMINATOR;
}

function refusedBySimulation(
  transaction: Transaction,
  gas: Extract<Candidate['gas'], { ok: false }>,
  believed: boolean,
): Admission['stop'] {
  if (!isRevert(gas.error)) {
    // Only here: a contract writes the text of a revert, and may well say "insufficient funds" in it.
    const isPoor = classifySendError(gas.error.message) === 'insufficient_funds';
    return hold(transaction, isPoor ? 'funds' : 'circuit', { node_says: gas.error.message });
  }
  if (!believed) return hold(transaction, 'lane', {});
  return { kind: 'fail', transaction, code: 'CONTRACT_REVERT', message: revertReason(gas.error) };
}

function hold(
  transaction: Transaction,
  waitingFor: WaitingFor,
  detail: Readonly<Record<string, string>>,
): Admission['stop'] {
  return { kind: 'hold', transaction, waitingFor, detail };
}
