/** Keys of users' items in the ledger table. docs/data-model.md lists the access patterns they serve. */

/** The user itself. */
export function userKey(userId: string) {
  return { pk: `USER#${userId}`, sk: 'USER' };
}

/** One item per external id, so that none names two users. */
export function externalIdKey(externalId: string) {
  return { pk: `USER_EXTERNAL_ID#${externalId}`, sk: 'EXTERNAL_ID' };
}

/** The partition of gsi1 that lists all users. */
export const ALL_USERS = 'USERS';

/** The partition of gsi2 that lists the users of one KYC status. */
export function kycPartition(kycStatus: string): string {
  return `USERS#${kycStatus}`;
}
