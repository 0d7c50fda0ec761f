import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { auditHeadOf, changeCustody } from './custody-state.ts';
import { walletKey } from './ledger-keys.ts';
import type { Wallet } from './wallet.ts';
import type { WalletStore } from './wallet-store.ts';

/** What pausing needs. */
export interface PauseDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly wallets: Pick<WalletStore, 'get' | 'custodyState'>;
  readonly clock: Clock;
  readonly wait?: Sleep;
}

/** A busy wallet's stream moves several times a second; a pause must get in between. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 30, baseDelayMs: 10, maxDelayMs: 100 };

/**
 * Pauses a wallet or ends its pause: the wallet, what must hold for its key to sign, and an entry on its audit stream, at
 * once. A claim of the driver is conditional on the same row, so that nothing is signed once this has returned. A wallet
 * of any status can be paused; one that is where it should be already is not changed.
 *
 * @param reason why, for the audit entry
 * @throws WALLET_NOT_FOUND, VERSION_MISMATCH when If-Match names another version, WRITE_CONFLICT when others never left
 */
export async function setPaused(
  deps: PauseDependencies,
  walletId: string,
  paused: boolean,
  reason: string,
  context: PrincipalContext,
): Promise<Wallet> {
  const attempt = () => tryOnce(deps, walletId, paused, reason, context);
  return untilUnraced(attempt, RIVALS_RETRY, context.deadline, deps.wait);
}

async function tryOnce(
  deps: PauseDependencies,
  walletId: string,
  paused: boolean,
  reason: string,
  context: PrincipalContext,
): Promise<Wallet> {
  const { client, tables, wallets } = deps;
  const [wallet, custody] = await Promise.all([wallets.get(walletId), wallets.custodyState(walletId)]);
  requireVersion(context, wallet.version, walletId);
  if (wallet.paused === paused && custody.paused === paused) return wallet;
  const { entry, head } = nextEntry(
    walletId,
    auditHeadOf(custody),
    {
      action: paused ? 'wallet.paused' : 'wallet.resumed',
      actor: context.principal.id,
      severity: 'WARNING',
      request_id: context.requestId,
      reason,
      detail: {},
    },
    isoTime(deps.clock()),
  );
  const raced = () => new Raced(`${walletId} was changed meanwhile`);
  const write = new WriteTransaction();
  write.update(
    tables.ledger,
    walletKey(walletId),
    {
      expression: 'SET paused = :paused, #version = :next',
      names: { '#version': 'version' },
      values: { ':paused': paused, ':next': wallet.version + 1 },
    },
    raced,
    unchangedSince(wallet),
  );
  changeCustody(write, tables.ledger, walletId, { before: custody, head, set: { paused } }, raced);
  appendEntry(write, tables.audit, entry);
  await write.commit(client, context.deadline);
  return { ...wallet, paused, version: wallet.version + 1 };
}
