import { violationOf } from '#shared/custody/policy/check-policy.ts';
import type { UsableWallet, WalletDirectory } from '#shared/custody/use-wallet.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Metrics } from '#shared/platform/metrics.ts';

/** What a caller wants of a wallet, as far as its policy asks. */
export interface AskedOfWallet {
  readonly walletId: string;
  readonly chainId: number;
  readonly to: string;
  readonly value: string;
  readonly data: string;
}

/**
 * The wallet of a request, if it may be used and its policy allows what is asked; daily limits are held against it where
 * it is stored. Denials are counted.
 *
 * @throws WALLET_NOT_FOUND, WALLET_REVOKED, WALLET_ROTATED, POLICY_VIOLATION naming the rule
 */
export async function permittedWallet(
  deps: { readonly wallets: WalletDirectory; readonly metrics: Metrics },
  asked: AskedOfWallet,
): Promise<UsableWallet> {
  const wallet = await deps.wallets.usable(asked.walletId).catch(countedDenial(deps.metrics));
  const { chainId: chain_id, to, value, data } = asked;
  const subject = { chain_id, from: wallet.address, to, value, data };
  const violation = wallet.policy === undefined ? undefined : violationOf(wallet.policy, subject);
  if (violation === undefined) return wallet;
  const { rule, message, facts } = violation;
  deps.metrics.count('PolicyDenied');
  throw new HavenError('POLICY_VIOLATION', message, { details: { ...facts, wallet_id: wallet.id, rule } });
}

/** Counts an error that is a denial, and throws it on. */
export function countedDenial(metrics: Metrics): (error: unknown) => never {
  return (error) => {
    if (error instanceof HavenError && error.code === 'POLICY_VIOLATION') metrics.count('PolicyDenied');
    throw error;
  };
}
