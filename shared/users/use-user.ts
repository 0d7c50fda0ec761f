import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { userKey } from './ledger-keys.ts';
import type { User } from './user.ts';

/** What other domains may ask about users. */
export interface UserDirectory {
  /**
   * A user as it is now, strongly consistent.
   *
   * @throws USER_NOT_FOUND
   */
  get(userId: string): Promise<Pick<User, 'id' | 'wallet_id' | 'address' | 'kyc_status'>>;
}

/**
 * Refuses a user whose identity isn't verified.
 *
 * @throws KYC_REQUIRED
 */
export function refuseUnverified({ id, kyc_status }: Pick<User, 'id' | 'kyc_status'>): void {
  if (kyc_status !== 'verified') throw kycRequired(id, kyc_status);
}

/**
 * Adds to a transaction that a user's identity is verified when it is committed: a verification that is withdrawn at
 * the same moment is either before it or after it.
 *
 * @param table the ledger table
 */
export function requireVerified(write: WriteTransaction, table: string, userId: string): void {
  write.check(table, userKey(userId), (existing) => kycRequired(userId, existing?.['kyc_status']), {
    expression: 'kyc_status = :verified',
    values: { ':verified': 'verified' },
  });
}

function kycRequired(userId: string, kycStatus: unknown): HavenError {
  return new HavenError('KYC_REQUIRED', `User ${userId} must be verified and is ${String(kycStatus)}`, {
    details: { user_id: userId, kyc_status: kycStatus },
  });
}
