import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { CustodyState } from '../custody-state.ts';
import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';

/** A wallet as its row shows it, with the key state by which its changes are judged: rows of wallets can be put by who makes them. */
export interface JudgedWallet {
  readonly wallet: Wallet;
  readonly custody: CustodyState;
  /** Whether the row says another status or successor than the key state does, and no change of the two explains it. */
  readonly disputed: boolean;
}

/** What judging a wallet reads. */
export type JudgedReader = Pick<WalletStore, 'get' | 'custodyState'>;

/**
 * Reads a wallet and its key state. Both change in one transaction but are read one after the other: where they differ, the row is read
 * again between two looks at the key state. No status comes back, so that one that is the same in both was so in between.
 *
 * @throws WALLET_NOT_FOUND; Raced when it is just being changed
 */
export async function readJudged(wallets: JudgedReader, walletId: string): Promise<JudgedWallet> {
  const [wallet, custody] = await Promise.all([wallets.get(walletId), wallets.custodyState(walletId)]);
  if (!differs(wallet, custody)) return { wallet, custody, disputed: false };
  const before = await wallets.custodyState(walletId);
  const again = await wallets.get(walletId);
  const after = await wallets.custodyState(walletId);
  if (before.status !== after.status) throw new Raced(`${walletId} was changed meanwhile`);
  return { wallet: again, custody: after, disputed: differs(again, after) };
}

/** Whether a wallet's row says something else of where it stands than its key state. */
function differs(
  wallet: Pick<Wallet, 'status' | 'successor_id'>,
  custody: Pick<CustodyState, 'status' | 'successor_id'>,
): boolean {
  return wallet.status !== custody.status || wallet.successor_id !== custody.successor_id;
}

/** What telling of a dispute needs. */
interface DisputeDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly logs: string };
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
}

/**
 * Refuses what may not be done with a wallet whose row was put by somebody else than its key state says, with a CRITICAL alert.
 *
 * @param to the status that was asked for
 * @returns never
 * @throws INVALID_TRANSITION naming what both say; DATABASE_ERROR
 */
export async function refuseDisputed(
  deps: DisputeDependencies,
  { wallet, custody }: JudgedWallet,
  to: Wallet['status'],
  context: Pick<IdempotentContext, 'deadline' | 'log' | 'principal'>,
): Promise<never> {
  const details = { ...disputeOf(wallet, custody), wallet_id: wallet.id };
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary: 'The row of a wallet contradicts its key state: somebody put it',
    details: { ...details, actor: context.principal.id, to },
    dedupe_key: `${wallet.id}#disputed`,
    occurred_at: isoTime(deps.clock()),
  };
  const write = new WriteTransaction();
  recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, context.deadline);
  reportAlert({ log: context.log, metrics: deps.metrics }, alert);
  throw new HavenError(
    'INVALID_TRANSITION',
    `The row of wallet ${wallet.id} says ${wallet.status}, its key state ${custody.status}; it can't become ${to}`,
    { details: { ...details, from: custody.status, to } },
  );
}

/** What a row says of where its wallet stands, beside what is so: for alerts and audit entries. */
export function disputeOf(
  wallet: Pick<Wallet, 'status' | 'successor_id'>,
  custody: Pick<CustodyState, 'status' | 'successor_id'>,
) {
  return {
    row: { status: wallet.status, successor_id: wallet.successor_id ?? null },
    key_state: { status: custody.status, successor_id: custody.successor_id ?? null },
  };
}
