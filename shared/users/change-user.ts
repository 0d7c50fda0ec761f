import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { requireKycTransition } from './kyc.ts';
import { type KycStatus, toUserView, type User, type UserView } from './user.ts';
import { putChangedUser, type UserStore } from './user-store.ts';

/** What changing a user needs. */
export interface ChangeUserDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly users: Pick<UserStore, 'get'>;
  readonly clock: Clock;
}

/** What may be changed of a user; absent: as it is. */
export interface UserChange {
  readonly email?: string | null | undefined;
  readonly kyc_status?: KycStatus | undefined;
}

/**
 * Changes a user. What is as wanted already changes nothing.
 *
 * @throws USER_NOT_FOUND, VERSION_MISMATCH when If-Match names another version, INVALID_TRANSITION when the KYC status
 *   can't become that, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function changeUser(
  deps: ChangeUserDependencies,
  id: string,
  { email, kyc_status: kycStatus }: UserChange,
  context: PrincipalContext,
): Promise<UserView> {
  const before = await deps.users.get(id);
  requireVersion(context, before.version, `User ${id}`);
  const newEmail = email !== undefined && email !== before.email;
  const newKyc = kycStatus !== undefined && kycStatus !== before.kyc_status;
  if (!newEmail && !newKyc) return toUserView(before);
  if (newKyc) requireKycTransition(id, before.kyc_status, kycStatus);
  const at = isoTime(deps.clock());
  const { entry, head } = nextEntry(
    id,
    before,
    {
      action: newKyc ? `user.kyc_${kycStatus}` : 'user.changed',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      // That the e-mail address changed, never what it is: what is here can't be erased.
      detail: { email_changed: newEmail, ...(newKyc ? { from: before.kyc_status, to: kycStatus } : {}) },
    },
    at,
  );
  const user: User = {
    ...before,
    ...head,
    email: newEmail ? email : before.email,
    kyc_status: newKyc ? kycStatus : before.kyc_status,
    updated_at: at,
    version: before.version + 1,
  };
  const write = new WriteTransaction();
  putChangedUser(write, deps.tables, before, { user, entry });
  await write.commit(deps.client, context.deadline);
  context.log.write('USER_CHANGED', { user_id: id, kyc_status: user.kyc_status });
  return toUserView(user);
}
