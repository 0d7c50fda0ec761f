import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { reservationWith } from '../reservation.ts';
import type { Attempt, Transaction } from '../transaction.ts';
import type { TransactionPatch, Transition } from '../transition.ts';
import { broadcast } from './broadcast.ts';
import { hold } from './hold.ts';
import { type LaneState, laneName } from './lane.ts';
import type { LanePass } from './lane-pass.ts';
import type { SignedTransition, StoredLane } from './lane-store.ts';
import { type Prepared, signPrepared } from './signing.ts';

/** What a new signature changes of a transaction, and why. */
export interface SigningPurpose {
  /** For the wallet's audit stream. */
  readonly reason: string;
  /** Computes the change of a transaction that was signed. */
  transition(transaction: Transaction, attempt: Attempt, patch: TransactionPatch, at: string): Transition;
  /** On which it is said that the key can't be used; absent: the first that is to be signed. */
  readonly saidOn?: Transaction | undefined;
  /** The first entry of the stream of a transaction that the lane itself made. */
  created?(transaction: Transaction): AuditEntry;
}

/**
 * Signs, stores the signed bytes with everything that they change in one DynamoDB transaction, and only then broadcasts.
 *
 * @param headNumber of the latest block
 * @returns the lane after it
 * @throws LaneRaced, KEY_DECRYPTION_FAILED, CIRCUIT_OPEN
 */
export async function signAndBroadcast(
  pass: LanePass,
  stored: StoredLane,
  prepared: readonly Prepared[],
  headNumber: number,
  purpose: SigningPurpose,
): Promise<LaneState> {
  const at = isoTime(pass.clock());
  const wallet = await pass.wallets.identity(stored.lane.wallet_id);
  const moment = { at, blockNumber: headNumber, feeModel: pass.chain.fee_model };
  const signatures = await signPrepared(pass.signer, wallet, prepared, moment, pass.deadline).catch((error: unknown) =>
    refuse(pass, stored, prepared, purpose, at, error),
  );
  const signed = signatures.map(({ attempt, bytes, transaction }): SignedTransition => {
    const attempts = [...transaction.attempts, attempt];
    const reservation = reservationWith(stored.policy, transaction, attempt);
    const patch = {
      nonce: attempt.nonce,
      hash: attempt.hash,
      attempts,
      waiting_for: null,
      ...(reservation === undefined ? {} : { reservation }),
    };
    const transition = purpose.transition(transaction, attempt, patch, at);
    const created = purpose.created?.(transaction);
    return { transition, hash: attempt.hash, signed: bytes, ...(created === undefined ? {} : { created }) };
  });
  const ids = signed.map(({ transition }) => transition.after.id);
  const keyUse = {
    ...pass.by,
    action: 'key.used',
    severity: 'INFO' as const,
    reason: purpose.reason,
    detail: { chain_id: stored.lane.chain_id, transactions: ids },
  };
  const lane = await pass.store.claim(stored, signed, keyUse, at, pass.deadline);
  pass.metrics.count('TransactionSigned', signed.length);
  pass.log.write('TRANSACTIONS_SIGNED', {
    lane: laneName(lane),
    transactions: ids,
    reason: purpose.reason,
    next_nonce: lane.next_nonce,
  });
  const items = signed.map(({ transition, signed: bytes }) => ({ transaction: transition.after, bytes }));
  return broadcast(pass, lane, items);
}

/** What the audit entry of a signature says of an attempt. */
export function attemptDetail({ nonce, hash, max_fee_per_gas, kind }: Attempt) {
  return { nonce, hash, max_fee_per_gas, ...(kind === 'noop' ? { kind } : {}) };
}

/** A key that doesn't decrypt, or isn't that of its wallet, is what tampering looks like: it is on record before it fails. */
async function refuse(
  pass: LanePass,
  stored: StoredLane,
  prepared: readonly Prepared[],
  { saidOn = prepared[0]?.transaction }: SigningPurpose,
  at: string,
  error: unknown,
): Promise<never> {
  if (error instanceof HavenError && error.code === 'KEY_DECRYPTION_FAILED') {
    pass.metrics.count('KeyRefused');
    // Once: as long as it goes on, each try would be one more entry on the wallet's stream.
    if ([saidOn, ...prepared.map(({ transaction }) => transaction)].some((one) => one?.waiting_for === 'custody')) {
      throw error;
    }
    const transactions = prepared.map(({ transaction }) => transaction.id);
    const detail = { chain_id: stored.lane.chain_id, transactions };
    const refusal = { ...pass.by, action: 'key.refused', severity: 'CRITICAL' as const, reason: error.message, detail };
    await pass.store.recordRefusal(stored, refusal, at, pass.deadline);
    if (saidOn !== undefined) await hold(pass, stored.lane, saidOn, 'custody', {});
  }
  throw error;
}
