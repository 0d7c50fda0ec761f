import type { SweepMove } from '#shared/custody/lifecycle/sweep.ts';
import { commitSpending } from '#shared/custody/policy/spend-ledger.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { putTransition } from '../put-transition.ts';
import { spendingOf } from '../reservation.ts';
import type { Transaction } from '../transaction.ts';
import { advance } from '../transition.ts';
import { transferCall } from './read-holdings.ts';
import { SWEEP_ACTOR, type SweepPass, SweepRaced } from './sweep-pass.ts';

/**
 * Whether a transaction of a sweep is to be ended before it is signed: it goes to an address that is no longer the successor's.
 * Pure.
 *
 * @param heir the active wallet at the end of the line of successors; undefined: there is none any more
 */
export function isToBeRecalled(
  { status, to, data }: Pick<Transaction, 'status' | 'to' | 'data'>,
  { token_address, amount }: Pick<SweepMove, 'token_address' | 'amount'>,
  heir: Pick<Wallet, 'address'> | undefined,
): boolean {
  if (status !== 'queued') return false;
  if (heir === undefined) return true;
  return token_address === null ? to !== heir.address : data !== transferCall(heir.address, BigInt(amount));
}

/**
 * Ends a queued transaction of a sweep whose successor was revoked or rotated since: what it would have moved is asked for anew,
 * to the successor of then, or stays where there is none. What was signed first stays on its way.
 *
 * @throws SweepRaced when the lane was first, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function recall(pass: SweepPass, before: Transaction): Promise<Transaction> {
  const { from } = pass;
  const [code, what] = from.heir === undefined ? ['WALLET_REVOKED', 'revoked'] : ['WALLET_ROTATED', 'rotated'];
  const failure = { code, message: `The successor that it goes to was ${what} before it was signed` };
  const after = await endQueued(pass, before, failure, SWEEP_ACTOR, (changed) => new SweepRaced(changed));
  pass.log.write('SWEEP_RECALLED', { wallet_id: from.wallet.id, transaction_id: before.id, ...failure });
  return after;
}

/** What ending a queued transaction needs. */
export type EndQueuedDependencies = Pick<
  SweepPass,
  'client' | 'clock' | 'deadline' | 'requestId' | 'metrics' | 'kicker'
> & { readonly tables: Pick<SweepPass['tables'], 'ledger' | 'audit'> };

/**
 * Ends a queued transaction of a part of Haven before it is signed, and lets its lane go on.
 *
 * @param actor of the audit entry
 * @param raced what it means that the lane was first
 * @throws what `raced` makes, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function endQueued(
  deps: EndQueuedDependencies,
  before: Transaction,
  failure: { readonly code: string; readonly message: string },
  actor: string,
  raced: (changed: string) => Error,
): Promise<Transaction> {
  const { client, tables, clock, deadline, requestId } = deps;
  const by = { actor, request_id: requestId };
  const transition = advance(before, 'failed', { failure, waiting_for: null }, isoTime(clock()), by, failure);
  const build = () => {
    const write = new WriteTransaction();
    putTransition(write, tables, transition, raced);
    return write;
  };
  await commitSpending({ client, table: tables.ledger }, spendingOf(transition), build, clock(), deadline);
  deps.metrics.count('TransactionFailed');
  // What it kept from being signed goes on.
  await deps.kicker.kick({ chain_id: before.chain_id, address: before.from }, 'request');
  return transition.after;
}
