import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { addWallet, type CreateWalletDependencies, makeWallet, reportWallet } from '#shared/custody/create-wallet.ts';
import { USER_TAG } from '#shared/custody/reserved-tags.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { toUserView, type User, type UserView } from './user.ts';
import { putNewUser } from './user-store.ts';

/** What the caller says about a new user. */
export interface NewUser {
  readonly external_id: string;
  readonly email: string | null;
}

/**
 * Creates a user with a wallet of its own, in one transaction: user, external id, wallet with its key, both audit
 * entries and the answer. Of rivals for one external id one wins; the keys that the others made are never stored.
 *
 * @throws USER_ALREADY_EXISTS, WALLET_ALREADY_EXISTS, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request
 *   was answered before
 */
export async function createUser(
  deps: CreateWalletDependencies,
  input: NewUser,
  context: IdempotentContext,
): Promise<UserView> {
  // KMS work is dear: a repeated request should not cause it.
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const id = deps.newId('usr');
  const made = await makeWallet(deps, { purpose: 'user', custody: 'envelope', label: null, tags: { [USER_TAG]: id } });
  const { wallet } = made;
  const { entry, head } = nextEntry(
    id,
    emptyHead(id),
    {
      action: 'user.created',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      // Never the e-mail address: what is here can't be erased.
      detail: { external_id: input.external_id, wallet_id: wallet.id, address: wallet.address },
    },
    wallet.created_at,
  );
  const user: User = {
    ...head,
    id,
    external_id: input.external_id,
    email: input.email,
    wallet_id: wallet.id,
    address: wallet.address,
    kyc_status: 'none',
    created_at: wallet.created_at,
    updated_at: wallet.created_at,
    version: 1,
  };
  const view = toUserView(user);
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 201, body: view });
  putNewUser(write, deps.tables, { user, entry });
  addWallet(write, deps.tables, made, context);
  await write.commit(deps.client, context.deadline);
  reportWallet(deps.metrics, wallet, context);
  deps.metrics.count('UserCreated');
  context.log.write('USER_CREATED', { user_id: id, wallet_id: wallet.id });
  return view;
}
