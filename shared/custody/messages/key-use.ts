import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, nextEntry } from '#shared/audit/audit-entry.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { auditHeadOf, type CustodyState, changeCustody, recordKeyUse } from '../custody-state.ts';
import { refuseUnusable } from '../use-wallet.ts';

/** What recording on a wallet's stream needs. */
export interface KeyUseDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly wallets: { custodyState(walletId: string): Promise<CustodyState> };
}

/** The lane worker writes to the same stream with every batch that it signs; so many losses in a row are no chance. */
const MAX_RACES = 8;

class StreamRaced extends Error {}

/**
 * Records that a wallet's key is used, on the condition that it may be at this moment.
 *
 * @param also adds what is to be stored with it, as the first steps
 * @throws WALLET_REVOKED, WALLET_ROTATED, POLICY_VIOLATION when the wallet is paused, WRITE_CONFLICT, DATABASE_ERROR, and what the steps of
 *   `also` throw
 */
export function recordUse(
  deps: KeyUseDependencies,
  walletId: string,
  use: AuditContent,
  at: string,
  deadline: Deadline,
  also: (write: WriteTransaction) => void,
): Promise<void> {
  return appending(deps, walletId, deadline, (custody) => {
    refuseUnusable({ id: walletId, ...custody });
    const write = new WriteTransaction();
    also(write);
    recordKeyUse(write, deps.tables, walletId, custody, use, at, () => new StreamRaced());
    return write;
  });
}

/** Records that something was asked of a wallet and refused, whatever state the wallet is in. */
export function recordDenial(
  deps: KeyUseDependencies,
  walletId: string,
  denial: AuditContent,
  at: string,
  deadline: Deadline,
): Promise<void> {
  return appending(deps, walletId, deadline, (custody) => {
    const { entry, head } = nextEntry(walletId, auditHeadOf(custody), denial, at);
    const write = new WriteTransaction();
    changeCustody(write, deps.tables.ledger, walletId, { before: custody, head }, () => new StreamRaced());
    appendEntry(write, deps.tables.audit, entry);
    return write;
  });
}

async function appending(
  deps: KeyUseDependencies,
  walletId: string,
  deadline: Deadline,
  build: (custody: CustodyState) => WriteTransaction,
): Promise<void> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const write = build(await deps.wallets.custodyState(walletId));
    try {
      await write.commit(deps.client, deadline);
      return;
    } catch (error) {
      if (!(error instanceof StreamRaced)) throw error;
    }
  }
  throw new HavenError('WRITE_CONFLICT', `Wallet ${walletId} is busy; try again`, { retryAfterSeconds: 1 });
}
