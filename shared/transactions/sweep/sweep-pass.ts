import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import type { WalletToSweep } from '#shared/custody/lifecycle/find-sweep.ts';
import type { Sweep } from '#shared/custody/lifecycle/sweep.ts';
import { addSweep, endedSweep, putSweep } from '#shared/custody/lifecycle/sweep-row.ts';
import type { UsableWallet, WalletDirectory } from '#shared/custody/use-wallet.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { AcceptDependencies } from '../accept.ts';
import type { OldBatches } from './old-batches.ts';
import { failureOf } from './plan-moves.ts';
import { hasProgressed } from './waiting.ts';

/** What sweeping needs. */
export interface SweepDependencies extends Omit<AcceptDependencies, 'idempotency' | 'tables' | 'wallets'> {
  readonly tables: AcceptDependencies['tables'] & { readonly logs: string };
  /** Finds what is to be swept, and to where. */
  readonly find: SweepFinder;
  readonly wallets: Pick<WalletDirectory, 'identity'> & {
    /** A rotated wallet with its policy, as it is now. */
    sweepable(walletId: string): Promise<UsableWallet>;
  };
  readonly clients: ChainClients;
  /** The configured tokens of a chain. */
  readonly tokens: (chainId: number) => Promise<readonly string[]>;
  readonly log: Log;
  /** From 0 up to 1, without 1: which open sweep a run begins with. */
  readonly random: () => number;
}

/** Finds sweeps. */
export interface SweepFinder {
  /** Wallets with an open sweep, by id. */
  open(limit: number, after?: string): Promise<readonly string[]>;
  /** What is known of one; undefined: nothing of it is open. */
  load(walletId: string): Promise<WalletToSweep | undefined>;
}

/** Another run of the sweeper was first, or what it looked at was changed meanwhile. */
export class SweepRaced extends Error {
  constructor(what: string) {
    super(`${what} changed meanwhile`);
    this.name = 'SweepRaced';
  }
}

/** The actor of audit entries of sweeps. */
export const SWEEP_ACTOR = 'sweeper';

/** One run's work on one sweep: what is stored of it, step by step. */
export interface SweepPass extends SweepDependencies {
  readonly from: WalletToSweep;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** The run's look at batches. */
  readonly batches: OldBatches;
}

/** A sweep after a step; from one that got it further on, what it waits for counts anew. */
export function stepped(before: Sweep, patch: Partial<Pick<Sweep, 'chains' | 'moves'>>, nowMs: number): Sweep {
  const after = { ...before, ...patch, updated_at: isoTime(nowMs), version: before.version + 1 };
  return hasProgressed(before, after) ? { ...after, waiting_since: null } : after;
}

/** Adds a step to a write, on the condition that no other run was first. */
export function putStep(write: WriteTransaction, pass: SweepPass, before: Sweep, after: Sweep): void {
  putSweep(write, pass.tables.ledger, before, after, () => new SweepRaced(`The sweep of ${after.wallet_id}`));
}

/**
 * Stores a step by itself.
 *
 * @throws SweepRaced
 */
export async function storeStep(pass: SweepPass, before: Sweep, after: Sweep): Promise<Sweep> {
  const write = new WriteTransaction();
  putStep(write, pass, before, after);
  await write.commit(pass.client, pass.deadline);
  return after;
}

/**
 * Stores that a sweep waits because rows contradict key states, together with an alert.
 *
 * @param disputed the wallet whose row it is
 * @throws SweepRaced
 */
export async function storeDispute(pass: SweepPass, before: Sweep, after: Sweep, disputed: string): Promise<void> {
  const { wallet_id, round } = before;
  const alert: Alert = {
    id: pass.newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary:
      'The row of a wallet names another successor, status or address than its key state: nothing of it is swept',
    details: { wallet_id, disputed, round },
    dedupe_key: `${wallet_id}#sweep#${round}#disputed`,
    occurred_at: isoTime(pass.clock()),
  };
  const write = new WriteTransaction();
  putStep(write, pass, before, after);
  recordAlert(write, pass.tables, alert);
  await write.commit(pass.client, pass.deadline);
  reportAlert(pass, alert);
}

/**
 * Ends a sweep: its row, an entry on its stream and, when something stayed behind, an alert.
 *
 * @param failure why nothing more of it can be done; absent: all is done, as well as it could be
 * @throws SweepRaced
 */
export async function endSweep(
  pass: SweepPass,
  before: Sweep,
  failure: Sweep['failure'] = failureOf(before.moves),
): Promise<void> {
  const { tables, from, requestId } = pass;
  const at = isoTime(pass.clock());
  const ended = endedSweep(before, failure, { actor: SWEEP_ACTOR, request_id: requestId }, at);
  const write = new WriteTransaction();
  addSweep(write, tables, before, ended, () => new SweepRaced(`The sweep of ${before.wallet_id}`));
  const alert = failure === null ? undefined : alertOf(pass, ended.sweep, failure, at);
  if (alert !== undefined) recordAlert(write, tables, alert);
  await write.commit(pass.client, pass.deadline);
  pass.metrics.count(failure === null ? 'SweepDone' : 'SweepFailed');
  const facts = { wallet_id: from.wallet.id, ...ended.entry.detail };
  pass.log.write(failure === null ? 'SWEEP_DONE' : 'SWEEP_FAILED', facts);
  if (alert !== undefined) reportAlert(pass, alert);
}

function alertOf(
  { newId, from }: SweepPass,
  { wallet_id, round, moves }: Sweep,
  failure: NonNullable<Sweep['failure']>,
  at: string,
): Alert {
  const stayed = moves.filter(({ status }) => status === 'failed' || status === 'expired');
  return {
    id: newId('alr'),
    severity: 'ERROR',
    category: 'transaction_failed',
    summary: 'A rotated wallet was not swept whole: something is still at its address',
    details: { wallet_id, address: from.wallet.address, round, failure, stayed: stayed.slice(0, MAX_NAMED) },
    dedupe_key: `${wallet_id}#sweep#${round}`,
    occurred_at: at,
  };
}

/** Named in an alert; the sweep itself has all. */
const MAX_NAMED = 10;
