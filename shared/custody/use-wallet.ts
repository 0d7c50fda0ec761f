import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { StoredPolicy } from './policy/policy.ts';
import type { Wallet, WalletIdentity } from './wallet.ts';

/** A wallet that requests may use, with what it may do. */
export interface UsableWallet extends WalletIdentity {
  /** undefined: it has never been given a policy. */
  readonly policy: StoredPolicy | undefined;
}

/** What other domains may ask about wallets. */
export interface WalletDirectory {
  /**
   * What never changes of a wallet; from memory after the first time.
   *
   * @throws WALLET_NOT_FOUND
   */
  identity(walletId: string): Promise<WalletIdentity>;
  /**
   * The same of a wallet that requests may use: active and not paused, as of at most `USABLE_FOR_MS` ago, with its policy.
   * Whether it may, its key state says: rows of wallets can be put by who makes them.
   * What keeps a wallet from signing is its key state in the condition of every claim, not this, and the policy is held
   * against every transaction again before it is signed; to ask the table for them in every transaction that accepts
   * something would make all requests for one wallet rivals for one item.
   *
   * @throws WALLET_NOT_FOUND, WALLET_REVOKED, WALLET_ROTATED, POLICY_VIOLATION
   */
  usable(walletId: string): Promise<UsableWallet>;
}

/** A pause or revocation turns requests away after this time at the latest. */
export const USABLE_FOR_MS = 5_000;

/** What of a wallet and its key state says whether requests may use it. */
type Usability = Pick<Wallet, 'id' | 'status' | 'paused' | 'successor_id'>;

/** Whether requests may use a wallet: where not, `refuseUnusable` says why. */
export function isUsable({ status, paused }: Pick<Usability, 'status' | 'paused'>): boolean {
  return status === 'active' && !paused;
}

/**
 * Refuses a wallet that requests may not use.
 *
 * @throws WALLET_REVOKED, WALLET_ROTATED naming the successor, POLICY_VIOLATION when it is paused
 */
export function refuseUnusable(wallet: Usability): void {
  refuseInactive(wallet);
  if (!wallet.paused) return;
  throw new HavenError('POLICY_VIOLATION', `Wallet ${wallet.id} is paused`, {
    details: { wallet_id: wallet.id, rule: 'paused', reason: 'paused' },
  });
}

/**
 * Refuses a wallet that is not active.
 *
 * @throws WALLET_REVOKED, WALLET_ROTATED naming the successor
 */
export function refuseInactive({ id, status, successor_id }: Omit<Usability, 'paused'>): void {
  if (status === 'revoked') {
    throw new HavenError('WALLET_REVOKED', `Wallet ${id} was revoked`, { details: { wallet_id: id, status } });
  }
  if (status === 'rotated') {
    const instead = successor_id === undefined ? '' : `; use ${successor_id}`;
    throw new HavenError('WALLET_ROTATED', `Wallet ${id} was rotated${instead}`, {
      details: { wallet_id: id, status, successor_id: successor_id ?? null },
    });
  }
}

/** The error for a wallet that isn't there. */
export function walletNotFound(walletId: string): HavenError {
  return new HavenError('WALLET_NOT_FOUND', `There is no wallet ${walletId}`, { details: { wallet_id: walletId } });
}
