import { type Pace, sideBySide } from '#shared/platform/side-by-side.ts';
import type { KeyDecryptor } from '../envelope.ts';
import {
  type Absence,
  decryptChecked,
  type KeyFault,
  readStoredKey,
  type StoredKeyDependencies,
} from './stored-key.ts';

/** What verifying needs. */
export interface VerifyDependencies extends StoredKeyDependencies {
  readonly decryptor: KeyDecryptor;
  /** The KMS keys that may be asked. */
  readonly kmsKeyArns: readonly string[];
}

/** What was found of one wallet. */
export interface KeyFinding {
  readonly wallet_id: string;
  /** Of an absence nothing could be proven: there is no key to decrypt. */
  readonly outcome: 'verified' | Absence | KeyFault;
  readonly address: string | null;
  /** The KMS key that it is encrypted under; null when that isn't known. */
  readonly kms_key: string | null;
}

/**
 * Proves of wallets that their keys decrypt under their own context and are those of their addresses. A key is in clear only
 * for that.
 *
 * @param settle told of each wallet, in no order
 * @throws CIRCUIT_OPEN when KMS gives no answer, and what DynamoDB refuses with; a wallet at fault is a finding
 */
export async function verifyKeys(
  deps: VerifyDependencies,
  walletIds: AsyncIterable<string>,
  pace: Pace,
  settle: (finding: KeyFinding) => void,
): Promise<void> {
  await sideBySide(walletIds, async (walletId) => settle(await verifyKey(deps, walletId)), pace);
}

async function verifyKey(deps: VerifyDependencies, walletId: string): Promise<KeyFinding> {
  const stored = await readStoredKey(deps, walletId);
  if (typeof stored === 'string') return { wallet_id: walletId, outcome: stored, address: null, kms_key: null };
  if ('absent' in stored) return { wallet_id: walletId, outcome: stored.absent, address: null, kms_key: null };
  const { wallet, ciphertext, kmsKeys } = stored;
  const found = { wallet_id: walletId, address: wallet.address, kms_key: kmsKeys[0] ?? null };
  if (!kmsKeys.some((arn) => deps.kmsKeyArns.includes(arn))) return { ...found, outcome: 'unknown_kms_key' };
  const key = await decryptChecked(deps.decryptor, wallet, ciphertext);
  if (typeof key === 'string') return { ...found, outcome: key };
  key.fill(0);
  return { ...found, outcome: 'verified' };
}
