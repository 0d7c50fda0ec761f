import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { auditHeadOf, type CustodyState, changeCustody } from '../custody-state.ts';
import { facetPartition, walletKey } from '../ledger-keys.ts';
import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';
import { disputeOf, readJudged } from './judged-wallet.ts';
import { refuseTransition } from './lifecycle.ts';

/** What revoking needs. */
export interface RevokeDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string; readonly logs: string };
  readonly wallets: Pick<WalletStore, 'get' | 'custodyState'>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
  readonly wait?: Sleep;
}

/** A busy wallet's stream moves several times a second; a revocation must get in between. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 30, baseDelayMs: 10, maxDelayMs: 100 };

/**
 * Revokes a wallet for good: the wallet, what must hold for its key to sign, an entry on its audit stream, a CRITICAL alert
 * and the answer, at once. The claim of every signature is conditional on the same row, so that nothing is signed once
 * this has returned: what is queued ends `failed` with the next look at its lane. What was signed before stays on its way.
 * Judged by the key state alone: whoever put the wallet's row again can't hold it up, and the row is put right with it. Of a wallet
 * that was revoked before and whose row says otherwise, only that is done (`wallet.repaired`).
 *
 * @param reason why; for the audit entry, the alert, and the failure of what is queued
 * @throws WALLET_NOT_FOUND, INVALID_TRANSITION when it is revoked already, VERSION_MISMATCH when If-Match names another version,
 *   WRITE_CONFLICT when others never left, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export function revokeWallet(
  deps: RevokeDependencies,
  walletId: string,
  reason: string,
  context: IdempotentContext,
): Promise<Wallet> {
  const attempt = () => tryOnce(deps, walletId, reason, context);
  return untilUnraced(attempt, RIVALS_RETRY, context.deadline, deps.wait);
}

async function tryOnce(
  deps: RevokeDependencies,
  walletId: string,
  reason: string,
  context: IdempotentContext,
): Promise<Wallet> {
  const { client, tables, wallets, idempotency } = deps;
  await idempotency.replayIfAnswered(context.idempotency);
  const judged = await readJudged(wallets, walletId).catch(undefinedIfUnreadable);
  if (judged === undefined) return revokeUnreadable(deps, walletId, reason, context);
  const { wallet: before, custody, disputed } = judged;
  requireVersion(context, before.version, walletId);
  const isRepair = custody.status === 'revoked' && disputed;
  if (!isRepair) refuseTransition({ id: walletId, ...custody }, 'revoked');
  const at = isoTime(deps.clock());
  const actor = context.principal.id;
  const { address, version } = before;
  const contradicts = disputed ? disputeOf(before, custody) : {};
  const detail = { from: custody.status, address, version: version + 1, ...contradicts };
  const action = isRepair ? 'wallet.repaired' : 'wallet.revoked';
  const { entry, head } = nextEntry(
    walletId,
    auditHeadOf(custody),
    { action, actor, severity: 'CRITICAL', request_id: context.requestId, reason, detail },
    at,
  );
  const set = isRepair ? {} : ({ status: 'revoked', revoked_at: at, revoked_reason: reason } as const);
  const wallet = revokedRow(before, { ...custody, ...set });
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary: isRepair
      ? 'The row of a revoked wallet said that it is not: somebody put it'
      : 'A wallet was revoked: it signs nothing any more',
    details: { ...detail, wallet_id: walletId, actor, reason },
    dedupe_key: `${walletId}#${isRepair ? `repaired#${version}` : 'revoked'}`,
    occurred_at: at,
  };
  const raced = () => new Raced(`${walletId} was changed meanwhile`);
  const write = new WriteTransaction();
  idempotency.record(write, context.idempotency, { status: 200, body: wallet });
  writeRow(write, tables.ledger, before, wallet, raced);
  changeCustody(write, tables.ledger, walletId, { before: custody, head, set }, raced);
  appendEntry(write, tables.audit, entry);
  recordAlert(write, tables, alert);
  await write.commit(client, context.deadline);
  deps.metrics.count('WalletRevoked');
  context.log.write('WALLET_REVOKED', { wallet_id: walletId, from: custody.status });
  reportAlert({ log: context.log, metrics: deps.metrics }, alert);
  return wallet;
}

/** A row that is no wallet: nobody but who puts it can make it so. */
function undefinedIfUnreadable(error: unknown): undefined {
  if (!(error instanceof z.ZodError)) throw error;
}

/**
 * Revokes a wallet by its key state alone, where its row can't be read: whoever puts such a row doesn't hold up the revocation.
 *
 * @returns never: there is no wallet to show
 * @throws INVALID_TRANSITION, once it is revoked, saying that the row is to be put right; Raced, WALLET_NOT_FOUND, DATABASE_ERROR
 */
async function revokeUnreadable(
  deps: RevokeDependencies,
  walletId: string,
  reason: string,
  { principal, requestId, deadline, log }: IdempotentContext,
): Promise<never> {
  const custody = await deps.wallets.custodyState(walletId);
  const unreadable = () =>
    new HavenError('INVALID_TRANSITION', `Wallet ${walletId} is revoked; its row can't be read: put it right`, {
      details: { wallet_id: walletId, from: 'revoked', to: 'revoked', row: 'unreadable' },
    });
  if (custody.status === 'revoked') throw unreadable();
  const at = isoTime(deps.clock());
  const by = { actor: principal.id, severity: 'CRITICAL' as const, request_id: requestId, reason };
  const detail = { from: custody.status, row: 'unreadable' };
  const content = { ...by, action: 'wallet.revoked', detail };
  const { entry, head } = nextEntry(walletId, auditHeadOf(custody), content, at);
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary: 'A wallet was revoked whose row can not be read: somebody put it',
    details: { ...detail, wallet_id: walletId, actor: principal.id, reason },
    dedupe_key: `${walletId}#revoked`,
    occurred_at: at,
  };
  const set = { status: 'revoked', revoked_at: at, revoked_reason: reason } as const;
  const raced = () => new Raced(`${walletId} was changed meanwhile`);
  const write = new WriteTransaction();
  changeCustody(write, deps.tables.ledger, walletId, { before: custody, head, set }, raced);
  appendEntry(write, deps.tables.audit, entry);
  recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, deadline);
  deps.metrics.count('WalletRevoked');
  log.write('WALLET_REVOKED', { wallet_id: walletId, from: custody.status });
  reportAlert({ log, metrics: deps.metrics }, alert);
  throw unreadable();
}

/** What the row of a revoked wallet must say, by its key state; what people call it stays. */
function revokedRow(
  {
    status: _status,
    successor_id: _successor,
    rotated_at,
    revoked_at: _revoked,
    key_destroyed_at: _gone,
    ...row
  }: Wallet,
  custody: CustodyState,
): Wallet {
  const { status, revoked_at, successor_id, key_destroyed_at, paused } = custody;
  return {
    ...row,
    ...{ status, paused, version: row.version + 1 },
    ...(revoked_at === undefined ? {} : { revoked_at }),
    ...(successor_id === undefined ? {} : { successor_id, ...rotatedAt(custody.rotated_at ?? rotated_at) }),
    ...(key_destroyed_at === undefined ? {} : { key_destroyed_at }),
  };
}

function rotatedAt(rotated_at: string | undefined): Pick<Wallet, 'rotated_at'> {
  return rotated_at === undefined ? {} : { rotated_at };
}

/** Members of a wallet's row that follow its key state. */
const FOLLOWING = ['revoked_at', 'rotated_at', 'successor_id', 'key_destroyed_at'] as const;

/** Sets what a wallet's row must say of its key state, and removes what it may not. */
function writeRow(write: WriteTransaction, table: string, before: Wallet, after: Wallet, raced: () => Error): void {
  const said = FOLLOWING.filter((name) => after[name] !== undefined);
  const unsaid = FOLLOWING.filter((name) => after[name] === undefined && before[name] !== undefined);
  const expression = [
    'SET #status = :status, paused = :paused, gsi2pk = :facet, #version = :next',
    ...said.map((name) => `, ${name} = :${name}`),
    ...(unsaid.length === 0 ? [] : [` REMOVE ${unsaid.join(', ')}`]),
  ].join('');
  const values = {
    ...{ ':status': after.status, ':paused': after.paused, ':next': after.version },
    ':facet': facetPartition(after.purpose, after.status),
    ...Object.fromEntries(said.map((name) => [`:${name}`, after[name]])),
  };
  const update = { expression, names: { '#status': 'status' }, values };
  write.update(table, walletKey(after.id), update, raced, unchangedSince(before));
}
