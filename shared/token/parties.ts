import { fieldError } from '#shared/platform/http/validation.ts';
import type { UserDirectory } from '#shared/users/use-user.ts';

/**
 * The address that a body names as `to` or by `user_id`.
 *
 * @throws USER_NOT_FOUND, INVALID_PARAMETER when it names neither
 */
export async function recipientOf(
  users: UserDirectory,
  { to, user_id }: { readonly to?: string | undefined; readonly user_id?: string | undefined },
): Promise<string> {
  if (to !== undefined) return to;
  if (user_id !== undefined) return (await users.get(user_id)).address;
  throw fieldError('INVALID_PARAMETER', 'body', 'must name one of to and user_id');
}

/**
 * The wallet that a body names as `wallet_id` or by `user_id`.
 *
 * @throws USER_NOT_FOUND, INVALID_PARAMETER when it names neither
 */
export async function holderOf(
  users: UserDirectory,
  { wallet_id, user_id }: { readonly wallet_id?: string | undefined; readonly user_id?: string | undefined },
): Promise<string> {
  if (wallet_id !== undefined) return wallet_id;
  if (user_id !== undefined) return (await users.get(user_id)).wallet_id;
  throw fieldError('INVALID_PARAMETER', 'body', 'must name one of wallet_id and user_id');
}
