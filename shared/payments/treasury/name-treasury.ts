import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { requireStanding } from '#shared/custody/custody-state.ts';
import { refuseInactive, type WalletDirectory } from '#shared/custody/use-wallet.ts';
import { walletStatusSchema } from '#shared/custody/wallet-facets.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { tooManyRivals, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { type TreasuryView, toTreasuryView } from './routes.ts';
import { TREASURY_KEY, TREASURY_STREAM, type Treasury, type TreasuryReader } from './treasury.ts';

/** What naming the treasury needs. */
export interface NameTreasuryDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly treasury: TreasuryReader;
  readonly wallets: Pick<WalletDirectory, 'identity'>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
}

/**
 * Names the wallet that deposits are swept to and refunds are sent from, with its audit entry and the answer in one transaction, on the
 * condition that the wallet is active at that moment. What was swept or sent before stays where it is.
 *
 * @throws WALLET_NOT_FOUND, WALLET_REVOKED, WALLET_ROTATED, INVALID_PARAMETER when the wallet's purpose is another, VERSION_MISMATCH,
 *   WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function nameTreasury(
  deps: NameTreasuryDependencies,
  walletId: string,
  context: IdempotentContext,
): Promise<TreasuryView> {
  const [wallet, existing] = await Promise.all([deps.wallets.identity(walletId), named(deps.treasury)]);
  if (wallet.purpose !== 'treasury') {
    throw fieldError(
      'INVALID_PARAMETER',
      'body.wallet_id',
      `must be a treasury wallet, not a ${wallet.purpose} wallet`,
    );
  }
  const version = existing?.version ?? 0;
  requireVersion(context, version, 'The treasury');
  const at = isoTime(deps.clock());
  const chosen = { wallet_id: wallet.id, address: wallet.address };
  const { entry, head } = nextEntry(
    TREASURY_STREAM,
    existing ?? emptyHead(TREASURY_STREAM),
    {
      action: 'treasury.named',
      actor: context.principal.id,
      // All money that customers pay goes there.
      severity: 'WARNING',
      request_id: context.requestId,
      detail: { ...chosen, ...(existing === undefined ? {} : { instead_of: existing.wallet_id }) },
    },
    at,
  );
  const saved: Treasury = { ...chosen, ...head, updated_at: at, version: version + 1 };
  const answer = toTreasuryView(saved);
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 200, body: answer });
  requireStanding(write, deps.tables.ledger, walletId, 'active', (state) => inactive(walletId, state));
  write.put(
    deps.tables.ledger,
    { ...TREASURY_KEY, ...saved },
    () => new HavenError('WRITE_CONFLICT', 'The treasury was named anew meanwhile; try again'),
    unchangedSince(existing),
  );
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, context.deadline);
  return answer;
}

async function named(treasury: TreasuryReader): Promise<Treasury | undefined> {
  return treasury.get().catch((error: unknown) => {
    if (error instanceof HavenError && error.code === 'TREASURY_NOT_CONFIGURED') return undefined;
    throw error;
  });
}

const standingSchema = z.object({ status: walletStatusSchema, successor_id: z.string().optional() });

/** What it means that a wallet is not active: what its key state says. */
function inactive(id: string, state: unknown): Error {
  const { status, successor_id } = standingSchema.parse(state);
  try {
    refuseInactive({ id, status, successor_id });
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return tooManyRivals(new Error(`Wallet ${id} is ${status}`));
}
