import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { auditHeadOf, changeCustody } from '../custody-state.ts';
import { facetPartition, walletKey } from '../ledger-keys.ts';
import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';
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
  const [before, custody] = await Promise.all([wallets.get(walletId), wallets.custodyState(walletId)]);
  requireVersion(context, before.version, walletId);
  refuseTransition(before, 'revoked');
  const at = isoTime(deps.clock());
  const actor = context.principal.id;
  const detail = { from: before.status, address: before.address, version: before.version + 1 };
  const { entry, head } = nextEntry(
    walletId,
    auditHeadOf(custody),
    { action: 'wallet.revoked', actor, severity: 'CRITICAL', request_id: context.requestId, reason, detail },
    at,
  );
  const wallet: Wallet = { ...before, status: 'revoked', revoked_at: at, version: before.version + 1 };
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary: 'A wallet was revoked: it signs nothing any more',
    details: { ...detail, wallet_id: walletId, actor, reason },
    dedupe_key: `${walletId}#revoked`,
    occurred_at: at,
  };
  const raced = () => new Raced(`${walletId} was changed meanwhile`);
  const write = new WriteTransaction();
  idempotency.record(write, context.idempotency, { status: 200, body: wallet });
  write.update(
    tables.ledger,
    walletKey(walletId),
    {
      expression: 'SET #status = :revoked, revoked_at = :at, gsi2pk = :facet, #version = :next',
      names: { '#status': 'status' },
      values: {
        ':revoked': 'revoked',
        ':at': at,
        ':facet': facetPartition(wallet.purpose, 'revoked'),
        ':next': wallet.version,
      },
    },
    raced,
    unchangedSince(before),
  );
  const set = { status: 'revoked', revoked_at: at, revoked_reason: reason } as const;
  changeCustody(write, tables.ledger, walletId, { before: custody, head, set }, raced);
  appendEntry(write, tables.audit, entry);
  recordAlert(write, tables, alert);
  await write.commit(client, context.deadline);
  deps.metrics.count('WalletRevoked');
  context.log.write('WALLET_REVOKED', { wallet_id: walletId, from: before.status });
  reportAlert({ log: context.log, metrics: deps.metrics }, alert);
  return wallet;
}
