import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import {
  type AcceptDependencies,
  addTransaction,
  announceAccepted,
  commitAccepted,
  draftTransaction,
} from '#shared/transactions/accept.ts';
import type { Speed, Transaction } from '#shared/transactions/transaction.ts';
import { refuseUnverified, requireVerified, type UserDirectory } from '#shared/users/use-user.ts';
import { isStillToBurn, REDEMPTION_KIND, type Redemption, toRedemptionView } from './redemption.ts';
import { duplicateReference, putNewRedemption, type RedemptionStore } from './redemption-store.ts';
import { burnData, tokenCall } from './token-call.ts';
import { readTokenBalance } from './token-contract.ts';
import type { TokenSettings, TokenSettingsReader } from './token-settings.ts';

/** What redeeming needs. */
export interface RedeemDependencies extends AcceptDependencies {
  readonly settings: TokenSettingsReader;
  readonly clients: ChainClients;
  readonly users: UserDirectory;
  readonly redemptions: Pick<RedemptionStore, 'idOfReference' | 'openOf'>;
  /** Transactions by id. */
  readonly transactions: { get(id: string): Promise<Transaction> };
}

/** What the caller wants redeemed. */
export interface RedemptionWish {
  readonly user_id: string;
  /** Base units, a decimal string. */
  readonly amount: string;
  readonly reference: string;
  readonly speed: Speed;
}

/**
 * Accepts a redemption: itself, its reference, the transaction that burns (with its queue place and reference), both
 * audit entries and the answer in one DynamoDB transaction, on the condition that the user is verified at that moment.
 * It completes when the burn is confirmed (`redemption-outcome.ts`).
 *
 * The balance is looked at as a courtesy, before anything is stored: two requests at once may both find it sufficient,
 * and the contract refuses the second burn.
 *
 * @throws USER_NOT_FOUND, KYC_REQUIRED, INSUFFICIENT_BALANCE, DUPLICATE_REFERENCE, TOKEN_NOT_CONFIGURED, POLICY_VIOLATION,
 *   RPC_CONNECTION, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function redeemTokens(
  deps: RedeemDependencies,
  { user_id, amount, reference, speed }: RedemptionWish,
  context: IdempotentContext,
): Promise<Redemption> {
  const [settings, user] = await Promise.all([deps.settings.get(), deps.users.get(user_id)]);
  refuseUnverified(user);
  await refuseUncovered(deps, settings, user, amount, reference, context.deadline);
  const id = deps.newId('red');
  const intent = {
    ...tokenCall(settings, user.wallet_id, burnData(amount), speed, reference),
    watcher: `${REDEMPTION_KIND}:${id}`,
  };
  const burn = await draftTransaction(deps, intent, context, deps.newId('tx'));
  const { id: transactionId, created_at: at } = burn.transaction;
  const { entry, head } = nextEntry(
    id,
    emptyHead(id),
    {
      action: 'redemption.accepted',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      detail: { user_id, amount, reference, transaction_id: transactionId },
    },
    at,
  );
  const redemption: Redemption = {
    ...head,
    id,
    status: 'pending',
    user_id,
    amount,
    reference,
    chain_id: settings.chain_id,
    token_address: settings.address,
    transaction_id: transactionId,
    failure: null,
    created_at: at,
    updated_at: at,
    version: 1,
  };
  await commitAccepted(deps, [burn], context, (write) => {
    deps.idempotency.record(write, context.idempotency, { status: 202, body: toRedemptionView(redemption) });
    putNewRedemption(write, deps.tables, redemption, entry);
    requireVerified(write, deps.tables.ledger, user_id);
    addTransaction(write, deps.tables, burn);
  });
  deps.metrics.count('RedemptionAccepted');
  await announceAccepted(deps, burn.transaction);
  return redemption;
}

/** Open redemptions whose burns are looked up; those beyond count as still to burn. */
const MAX_LOOKED_UP = 50;

/**
 * Refuses what the user's balance, less what is redeemed already, doesn't cover. The balance is read first: a burn that
 * is mined after it is found not to be in it.
 *
 * @throws INSUFFICIENT_BALANCE; DUPLICATE_REFERENCE when it is the same reference that has taken the balance
 */
async function refuseUncovered(
  deps: RedeemDependencies,
  settings: TokenSettings,
  user: { readonly id: string; readonly address: string },
  amount: string,
  reference: string,
  deadline: Deadline,
): Promise<void> {
  const client = await deps.clients.for(settings.chain_id);
  const { balance, blockNumber } = await readTokenBalance(client, settings.address, user.address, deadline);
  const toBurn = await stillToBurn(deps, settings.address, user.id, blockNumber);
  if (balance - toBurn >= BigInt(amount)) return;
  const holder = await deps.redemptions.idOfReference(reference);
  if (holder !== undefined) throw duplicateReference(reference, holder);
  throw new HavenError('INSUFFICIENT_BALANCE', `User ${user.id} has too little for this redemption`, {
    details: {
      asset: 'HAVEN',
      required: amount,
      balance: balance.toString(),
      redeeming: toBurn.toString(),
      block_number: blockNumber,
    },
  });
}

async function stillToBurn(
  deps: RedeemDependencies,
  tokenAddress: string,
  userId: string,
  blockNumber: number,
): Promise<bigint> {
  const open = (await deps.redemptions.openOf(userId)).filter((one) => one.token_address === tokenAddress);
  const amounts = await Promise.all(
    open.map(async ({ amount, transaction_id }, index) => {
      const counts = index >= MAX_LOOKED_UP || isStillToBurn(await deps.transactions.get(transaction_id), blockNumber);
      return counts ? BigInt(amount) : 0n;
    }),
  );
  return amounts.reduce((sum, one) => sum + one, 0n);
}
