import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { type CreateWalletDependencies, makeWallet } from '../create-wallet.ts';
import { type CreateKmsWalletDependencies, type MadeKmsKey, makeKmsKey } from '../kms/create-kms-wallet.ts';
import { rotationRecordKey } from '../ledger-keys.ts';
import type { Wallet } from '../wallet.ts';

/** The key of a wallet that is to take the place of another, and is not stored yet. */
export interface SuccessorKey {
  readonly walletId: string;
  readonly address: string;
  /** What of it is stored in the key table. */
  readonly made: { readonly ciphertext: Uint8Array } | { readonly kmsKeyArn: string };
  /** What was written ahead of a key in KMS; undefined: nothing had to be. */
  readonly intent: Pick<MadeKmsKey, 'intent' | 'recordKey'> | undefined;
}

/**
 * Makes the key of a successor, in the tier of the wallet. In KMS all requests that rotate a wallet share one intent, which is the
 * wallet's and no request's: rivals make one key, and after a crash any later request goes on with the key that is there.
 *
 * @param judged throws why the wallet can't be rotated; asked once more after the intent is open, because whoever had it open
 *   before may have rotated the wallet meanwhile
 * @throws what `makeKmsKey` throws, what `judged` throws
 */
export async function makeSuccessorKey(
  deps: CreateWalletDependencies & CreateKmsWalletDependencies,
  wallet: Wallet,
  judged: () => Promise<unknown>,
  context: IdempotentContext,
): Promise<SuccessorKey> {
  const { purpose, label, tags } = wallet;
  if (wallet.custody === 'envelope') {
    const { wallet: made, ciphertext } = await makeWallet(deps, { purpose, custody: 'envelope', label, tags });
    return { walletId: made.id, address: made.address, made: { ciphertext }, intent: undefined };
  }
  const { intent, recordKey, kmsKeyArn, address } = await makeKmsKey(
    deps,
    rotationRecordKey(wallet.id),
    context,
    judged,
  );
  return { walletId: intent.wallet_id, address, made: { kmsKeyArn }, intent: { intent, recordKey } };
}
