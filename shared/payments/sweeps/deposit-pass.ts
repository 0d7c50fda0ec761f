import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import type { TreasuryReader } from '#shared/payments/treasury/treasury.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { AcceptDependencies } from '#shared/transactions/accept.ts';
import type { DepositSweep, DepositWaitingFor } from './deposit-sweep.ts';
import { addDepositSweep, endedRound, putDepositSweep } from './deposit-sweep-row.ts';
import type { DepositSweepStore } from './deposit-sweep-store.ts';

/** A token that orders can be paid in, as far as sweeping it goes. */
export interface SweptToken {
  readonly token_address: string;
  /** Base units: less stays where it is. */
  readonly minimum: bigint;
}

/** What sweeping deposits needs. */
export interface DepositSweepDependencies extends Omit<AcceptDependencies, 'idempotency' | 'tables'> {
  readonly tables: AcceptDependencies['tables'] & { readonly shop: string; readonly logs: string };
  readonly sweeps: DepositSweepStore;
  readonly treasury: TreasuryReader;
  readonly clients: ChainClients;
  /** The tokens that orders can be paid in on a chain. */
  readonly tokens: (chainId: number) => Promise<readonly SweptToken[]>;
  readonly log: Log;
  /** From 0 up to 1, without 1: which open sweep a run begins with. */
  readonly random: () => number;
}

/** One run's work on one chain. */
export interface DepositPass extends DepositSweepDependencies {
  readonly chain: ChainConfig;
  readonly requestId: string;
  readonly deadline: Deadline;
}

/** The actor of audit entries of deposit sweeps. */
export const DEPOSIT_SWEEP_ACTOR = 'deposit-sweeper';

/** Another run was first, or what it looked at was changed meanwhile. */
export class DepositSweepRaced extends Error {
  constructor(what: string) {
    super(`${what} changed meanwhile`);
    this.name = 'DepositSweepRaced';
  }
}

/** What it means that a sweep is not as it was read. */
export function racedSweep({ order_id }: Pick<DepositSweep, 'order_id'>): () => Error {
  return () => new DepositSweepRaced(`The sweep of order ${order_id}`);
}

/** A sweep with other moves: it got further, so that what it waits for counts anew, unless it only tries again. Pure. */
export function withMoves(before: DepositSweep, moves: DepositSweep['moves'], nowMs: number): DepositSweep {
  const endedOf = (all: DepositSweep['moves']) => all.filter(({ status }) => status === 'confirmed').length;
  const isFurther = endedOf(moves) !== endedOf(before.moves);
  const since = isFurther ? null : before.waiting_since;
  return { ...before, moves, waiting_since: since, updated_at: isoTime(nowMs), version: before.version + 1 };
}

/** A sweep with a note of what it waits for; the same object when that is noted already. Pure. */
export function noteDepositWaiting(before: DepositSweep, reason: DepositWaitingFor, nowMs: number): DepositSweep {
  if (before.waiting_for === reason && before.waiting_since !== null) return before;
  const waiting_since = before.waiting_since ?? isoTime(nowMs);
  return { ...before, waiting_for: reason, waiting_since, version: before.version + 1 };
}

/**
 * Stores a step by itself.
 *
 * @throws DepositSweepRaced
 */
export async function storeDepositStep(
  { client, tables, deadline }: DepositPass,
  before: DepositSweep,
  after: DepositSweep,
): Promise<DepositSweep> {
  const write = new WriteTransaction();
  putDepositSweep(write, tables.shop, before, after, racedSweep(before));
  await write.commit(client, deadline);
  return after;
}

/**
 * Ends the round of a sweep: its row, an entry on its stream and, when something stayed behind that should have gone, an alert.
 *
 * @throws DepositSweepRaced
 */
export async function endDepositSweep(
  pass: DepositPass,
  before: DepositSweep,
  end: Pick<DepositSweep, 'left' | 'failure'>,
): Promise<void> {
  const { tables, client, deadline, log, metrics, requestId, clock } = pass;
  const at = isoTime(clock());
  const ended = endedRound(before, end, { actor: DEPOSIT_SWEEP_ACTOR, request_id: requestId }, at);
  const write = new WriteTransaction();
  addDepositSweep(write, tables, before, ended, racedSweep(before));
  const alert = end.failure === null ? undefined : alertOf(ended.sweep, pass.newId('alr'), at);
  if (alert !== undefined) recordAlert(write, tables, alert);
  await write.commit(client, deadline);
  const { order_id, chain_id, address, round } = before;
  metrics.count(end.failure === null ? 'DepositSweepDone' : 'DepositSweepFailed');
  const facts = { order_id, chain_id, address, round, left: end.left, failure: end.failure };
  log.write(end.failure === null ? 'DEPOSIT_SWEEP_DONE' : 'DEPOSIT_SWEEP_FAILED', facts);
  if (alert !== undefined) reportAlert(pass, alert);
}

function alertOf(sweep: DepositSweep, id: string, at: string): Alert {
  const { order_id, chain_id, wallet_id, address, round, failure } = sweep;
  return {
    id,
    severity: 'ERROR',
    category: 'transaction_failed',
    summary: 'What an order was paid with could not be brought to the treasury: it is still at its address',
    details: { order_id, chain_id, wallet_id, address, round, failure },
    dedupe_key: `deposit-sweep:${order_id}#${chain_id}#${round}`,
    occurred_at: at,
  };
}
