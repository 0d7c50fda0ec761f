import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Wallet } from '../wallet.ts';

/**
 * Every legal change of a wallet's status. There is no way back from either: an address whose key may have been seen by
 * others is not trusted again, and money is never looked for in two places. A pause is what can be ended.
 */
export const walletTransitions: Readonly<Record<Wallet['status'], readonly Wallet['status'][]>> = {
  active: ['rotated', 'revoked'],
  rotated: ['revoked'],
  revoked: [],
};

/**
 * Refuses a change of status that can't be.
 *
 * @throws INVALID_TRANSITION naming the successor where there is one
 */
export function refuseTransition(wallet: Pick<Wallet, 'id' | 'status' | 'successor_id'>, to: Wallet['status']): void {
  const { id, status, successor_id } = wallet;
  if (walletTransitions[status].includes(to)) return;
  const instead = successor_id === undefined ? '' : ` and has a successor, ${successor_id}`;
  throw new HavenError('INVALID_TRANSITION', `Wallet ${id} is ${status}${instead}; it can't become ${to}`, {
    details: { wallet_id: id, from: status, to, ...(successor_id === undefined ? {} : { successor_id }) },
  });
}
