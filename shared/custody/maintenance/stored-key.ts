import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KeyDecryptor } from '../envelope.ts';
import { walletKey } from '../ledger-keys.ts';
import { addressOf } from '../private-key.ts';
import { type Wallet, walletSchema } from '../wallet.ts';
import { kmsKeysOf } from './ciphertext-keys.ts';

/** What can be wrong with a wallet's key, each with what a person should know. */
export const KEY_FAULTS = {
  wallet_missing: 'there is no such wallet',
  wallet_unreadable: 'the wallet row is not one that Haven writes',
  key_missing: 'the wallet has no row in the key table',
  key_unreadable: 'the row in the key table is not one that Haven writes',
  other_context: 'the row in the key table names another address or purpose than the wallet',
  unknown_kms_key: 'it is encrypted under a KMS key that this stage does not list',
  not_decryptable: 'it does not decrypt for this wallet',
  other_address: 'it decrypts, and is not the key of the wallet’s address',
} as const;

/** What can be wrong with a wallet's key. */
export type KeyFault = keyof typeof KEY_FAULTS;

/** Why a wallet's key is not in the key table by design. */
export const ABSENCES = {
  in_kms: 'the key is in KMS, which gives it to nobody',
  key_destroyed: 'the key was destroyed',
} as const;

/** Why a wallet's key is not in the key table by design. */
export type Absence = keyof typeof ABSENCES;

/** A wallet with its key's ciphertext, as they are stored. */
export interface StoredKey {
  readonly wallet: Wallet;
  readonly ciphertext: Uint8Array;
  /** ARNs, as the ciphertext's header has them. */
  readonly kmsKeys: readonly string[];
}

/** What reading needs. */
export interface StoredKeyDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly keys: string };
}

const keyRowSchema = z.object({
  pk: z.string(),
  address: z.string(),
  purpose: z.string(),
  ciphertext: z.instanceof(Uint8Array),
});

/**
 * Reads a wallet and its key's ciphertext, strongly consistent.
 *
 * @returns what is wrong when they don't belong together; why it is absent, for a wallet whose key is not in the table by design
 */
export async function readStoredKey(
  { client, tables }: StoredKeyDependencies,
  walletId: string,
): Promise<StoredKey | KeyFault | { readonly absent: Absence }> {
  const read = async (TableName: string, Key: Record<string, string>) =>
    (await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;
  const [walletRow, keyRow] = await Promise.all([
    read(tables.ledger, walletKey(walletId)),
    read(tables.keys, { pk: walletId }),
  ]);
  if (walletRow === undefined) return 'wallet_missing';
  const wallet = walletSchema.safeParse(walletRow).data;
  if (wallet === undefined) return 'wallet_unreadable';
  if (wallet.custody !== 'envelope') return { absent: 'in_kms' };
  if (keyRow === undefined) return wallet.key_destroyed_at === undefined ? 'key_missing' : { absent: 'key_destroyed' };
  const key = keyRowSchema.safeParse(keyRow).data;
  const kmsKeys = key === undefined ? undefined : kmsKeysOf(key.ciphertext);
  if (key === undefined || kmsKeys === undefined) return 'key_unreadable';
  if (key.address !== wallet.address || key.purpose !== wallet.purpose) return 'other_context';
  return { wallet, ciphertext: key.ciphertext, kmsKeys };
}

/**
 * Decrypts a wallet's key and holds it against the wallet's address. What isn't handed out is overwritten.
 *
 * @returns the key, which the caller overwrites, or what is wrong
 * @throws CIRCUIT_OPEN when KMS gives no answer
 */
export async function decryptChecked(
  decryptor: KeyDecryptor,
  { id, address, purpose }: Pick<Wallet, 'id' | 'address' | 'purpose'>,
  ciphertext: Uint8Array,
): Promise<Uint8Array | KeyFault> {
  let key: Uint8Array;
  try {
    key = await decryptor.decrypt(ciphertext, { wallet_id: id, address, purpose });
  } catch (error) {
    if (error instanceof HavenError && error.code === 'KEY_DECRYPTION_FAILED') return 'not_decryptable';
    throw error;
  }
  if (isKeyOf(key, address)) return key;
  key.fill(0);
  return 'other_address';
}

function isKeyOf(key: Uint8Array, address: string): boolean {
  try {
    return addressOf(key) === address;
  } catch {
    return false;
  }
}
