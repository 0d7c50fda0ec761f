import { nextEntry } from '#shared/audit/audit-entry.ts';
import type { RotationFollower } from '#shared/custody/lifecycle/rotate-wallet.ts';
import { USER_TAG } from '#shared/custody/reserved-tags.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { User } from './user.ts';
import { putChangedUser, type UserStore } from './user-store.ts';

/** What moving users needs. */
export interface FollowDependencies {
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly users: Pick<UserStore, 'get'>;
}

/**
 * Moves a user to the successor of their wallet, in the transaction that rotates it: a user whose wallet takes on nothing new
 * could neither redeem nor pay. Found by the tag that their wallet was given; a tag that names a user with another wallet
 * moves nobody.
 *
 * @throws (at commit) WRITE_CONFLICT when the user was changed meanwhile
 */
export function moveUser({ tables, users }: FollowDependencies): RotationFollower {
  return async (wallet, successor, { actor, requestId, at }) => {
    const userId = wallet.tags[USER_TAG];
    if (userId === undefined) return undefined;
    const before = await users.get(userId).catch(unlessMissing);
    if (before?.wallet_id !== wallet.id) return undefined;
    const detail = {
      from_wallet_id: wallet.id,
      wallet_id: successor.id,
      from_address: before.address,
      address: successor.address,
    };
    const { entry, head } = nextEntry(
      before.id,
      before,
      { action: 'user.wallet_rotated', actor, severity: 'WARNING', request_id: requestId, detail },
      at,
    );
    const user: User = {
      ...before,
      ...head,
      wallet_id: successor.id,
      address: successor.address,
      updated_at: at,
      version: before.version + 1,
    };
    return (write) => putChangedUser(write, tables, before, { user, entry });
  };
}

/** Such a tag can be forged by who may put rows of wallets. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof HavenError && error.code === 'USER_NOT_FOUND') return undefined;
  throw error;
}
