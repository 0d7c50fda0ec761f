import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KycStatus } from './user.ts';

/**
 * Every legal change of a KYC status. Checks happen outside of Haven, so what is new may come with its outcome. A
 * rejection is only undone by another check, and a verification can be withdrawn; nobody becomes unknown again.
 */
export const kycTransitions: Readonly<Record<KycStatus, readonly KycStatus[]>> = {
  none: ['pending', 'verified', 'rejected'],
  pending: ['verified', 'rejected'],
  verified: ['pending', 'rejected'],
  rejected: ['pending'],
};

/**
 * Refuses a change of KYC status that the table doesn't have.
 *
 * @throws INVALID_TRANSITION
 */
export function requireKycTransition(userId: string, from: KycStatus, to: KycStatus): void {
  if (kycTransitions[from].includes(to)) return;
  throw new HavenError('INVALID_TRANSITION', `The KYC status of user ${userId} can't go from ${from} to ${to}`, {
    details: { user_id: userId, from, to },
  });
}
