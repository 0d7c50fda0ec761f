import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { auditHeadOf, type CustodyState, changeCustody } from '../custody-state.ts';
import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';
import { disputeOf, readJudged } from './judged-wallet.ts';
import { refuseTransition } from './lifecycle.ts';
import { revokedRow, writeRevokedRow } from './revoked-row.ts';

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
  const { tables, wallets, idempotency } = deps;
  await idempotency.replayIfAnswered(context.idempotency);
  const judged = await readJudged(wallets, walletId).catch(undefinedIfUnreadable);
  if (judged === undefined) return revokeUnreadable(deps, walletId, reason, context);
  const { wallet: before, custody, disputed } = judged;
  requireVersion(context, before.version, walletId);
  const isRepair = custody.status === 'revoked' && disputed;
  if (!isRepair) refuseTransition({ id: walletId, ...custody }, 'revoked');
  const at = isoTime(deps.clock());
  const set = isRepair ? {} : revokedAt(at, reason);
  const wallet = revokedRow(before, { ...custody, ...set });
  const contradicts = disputed ? disputeOf(before, custody) : {};
  const write = new WriteTransaction();
  idempotency.record(write, context.idempotency, { status: 200, body: wallet });
  writeRevokedRow(write, tables.ledger, before, wallet, raced(walletId));
  const detail = { from: custody.status, address: wallet.address, version: wallet.version, ...contradicts };
  const step = { walletId, custody, set, reason, detail, at };
  const said = isRepair ? repaired(before.version) : REVOKED;
  await commitStep(deps, write, { ...step, ...said }, context);
  return wallet;
}

/** What ends a wallet, or says once more that it was ended. */
interface Step {
  readonly walletId: string;
  readonly custody: CustodyState;
  /** What changes of the key state. */
  readonly set: Partial<ReturnType<typeof revokedAt>>;
  readonly reason: string;
  readonly detail: AuditContent['detail'];
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly action: 'wallet.revoked' | 'wallet.repaired';
  /** Of the alert. */
  readonly summary: string;
  /** Alerts of a wallet's same episode are one. */
  readonly episode: string;
}

const REVOKED = {
  action: 'wallet.revoked',
  summary: 'A wallet was revoked: it signs nothing any more',
  episode: 'revoked',
} as const;

function repaired(version: number) {
  const summary = 'The row of a revoked wallet said that it is not: somebody put it';
  return { action: 'wallet.repaired', summary, episode: `repaired#${version}` } as const;
}

/** What a key state says once the wallet is revoked. */
function revokedAt(at: string, reason: string) {
  return { status: 'revoked', revoked_at: at, revoked_reason: reason } as const;
}

function raced(walletId: string): () => Raced {
  return () => new Raced(`${walletId} was changed meanwhile`);
}

/** Commits a transaction with the key state, its audit entry and an alert added, and tells of it. */
async function commitStep(
  { client, tables, newId, metrics }: RevokeDependencies,
  write: WriteTransaction,
  { walletId, custody, set, action, reason, detail, summary, episode, at }: Step,
  { principal, requestId, deadline, log }: IdempotentContext,
): Promise<void> {
  const actor = principal.id;
  const { entry, head } = nextEntry(
    walletId,
    auditHeadOf(custody),
    { action, actor, severity: 'CRITICAL', request_id: requestId, reason, detail },
    at,
  );
  const alert: Alert = {
    id: newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary,
    details: { ...detail, wallet_id: walletId, actor, reason },
    dedupe_key: `${walletId}#${episode}`,
    occurred_at: at,
  };
  changeCustody(write, tables.ledger, walletId, { before: custody, head, set }, raced(walletId));
  appendEntry(write, tables.audit, entry);
  recordAlert(write, tables, alert);
  await write.commit(client, deadline);
  metrics.count('WalletRevoked');
  log.write('WALLET_REVOKED', { wallet_id: walletId, from: custody.status });
  reportAlert({ log, metrics }, alert);
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
  context: IdempotentContext,
): Promise<never> {
  const custody = await deps.wallets.custodyState(walletId);
  const unreadable = () =>
    new HavenError('INVALID_TRANSITION', `Wallet ${walletId} is revoked; its row can't be read: put it right`, {
      details: { wallet_id: walletId, from: 'revoked', to: 'revoked', row: 'unreadable' },
    });
  if (custody.status === 'revoked') throw unreadable();
  const at = isoTime(deps.clock());
  const detail = { from: custody.status, row: 'unreadable' };
  const step = { walletId, custody, set: revokedAt(at, reason), reason, detail, at };
  const summary = 'A wallet was revoked whose row can not be read: somebody put it';
  await commitStep(deps, new WriteTransaction(), { ...step, ...REVOKED, summary }, context);
  throw unreadable();
}
