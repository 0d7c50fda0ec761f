import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { walletKey } from './ledger-keys.ts';
import type { WalletIdentity } from './wallet.ts';

/** What other domains may ask about wallets. */
export interface WalletDirectory {
  /**
   * What never changes of a wallet; from memory after the first time.
   *
   * @throws WALLET_NOT_FOUND
   */
  identity(walletId: string): Promise<WalletIdentity>;
}

/**
 * Adds the condition that a wallet may be used by a request: it is active and not paused.
 *
 * @param table the ledger table
 */
export function checkWalletUsable(transaction: WriteTransaction, table: string, walletId: string): void {
  transaction.check(table, walletKey(walletId), (existing) => refusalOf(walletId, existing), {
    expression: '#status = :active AND paused = :no',
    names: { '#status': 'status' },
    values: { ':active': 'active', ':no': false },
  });
}

function refusalOf(walletId: string, existing: Readonly<Record<string, unknown>> | undefined): HavenError {
  if (existing === undefined) return walletNotFound(walletId);
  const reason = existing['paused'] === true ? 'paused' : String(existing['status']);
  return new HavenError('POLICY_VIOLATION', `Wallet ${walletId} is ${reason}`, {
    details: { wallet_id: walletId, reason },
  });
}

/** The error for a wallet that isn't there. */
export function walletNotFound(walletId: string): HavenError {
  return new HavenError('WALLET_NOT_FOUND', `There is no wallet ${walletId}`);
}
