import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { NOT_EXISTS, type OnConflict, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KeyContext } from './envelope.ts';

/** A row of the key table: ciphertext only. */
const keyRowSchema = z.object({
  pk: z.string(),
  ciphertext: z.instanceof(Uint8Array),
});

/**
 * Adds a new key's ciphertext to a transaction. Only if absent: the provisioner can't replace a key.
 *
 * @param table the key table
 */
export function putKey(
  transaction: WriteTransaction,
  table: string,
  context: KeyContext,
  ciphertext: Uint8Array,
  createdAt: string,
): void {
  transaction.put(
    table,
    { pk: context.wallet_id, address: context.address, purpose: context.purpose, ciphertext, created_at: createdAt },
    () => new HavenError('WALLET_ALREADY_EXISTS', 'The wallet has a key already'),
    // Who makes keys may not see one that is there.
    { ...NOT_EXISTS, showsExisting: false },
  );
}

/**
 * Adds to a transaction that a key's ciphertext is replaced by another of the same key: only if it is still the one that was
 * read.
 *
 * @param table the key table
 * @param before as it was read
 * @param onConflict what it means that it is another by now
 */
export function replaceCiphertext(
  transaction: WriteTransaction,
  table: string,
  walletId: string,
  before: Uint8Array,
  after: Uint8Array,
  at: string,
  onConflict: OnConflict,
): void {
  transaction.update(
    table,
    { pk: walletId },
    { expression: 'SET ciphertext = :after, reencrypted_at = :at', values: { ':after': after, ':at': at } },
    onConflict,
    { expression: 'ciphertext = :before', values: { ':before': before } },
  );
}

/** Reads ciphertexts. */
export interface KeyReader {
  /**
   * The ciphertext of a wallet's key.
   *
   * @param from `table`: as it is stored now; by default it may be remembered
   * @throws KEY_DECRYPTION_FAILED when there is none, or something else in its place
   */
  read(walletId: string, from?: 'memory' | 'table'): Promise<Uint8Array>;
}

/** Wallets whose ciphertext is kept in memory; a lane worker serves few at a time. */
const MAX_REMEMBERED_KEYS = 1_000;

/**
 * Reads the key table. Each ciphertext is read once: it is replaced only by one of the same key under another KMS key, and
 * both decrypt while keys are moved. Who fails to decrypt one reads it again. Whether the key may be used is another row,
 * checked in the transaction of every use.
 *
 * @param table the key table
 */
export function createKeyReader(client: DynamoDBDocumentClient, table: string): KeyReader {
  const known = new Map<string, Uint8Array>();

  async function readStored(walletId: string): Promise<Uint8Array> {
    known.delete(walletId);
    const item = await readItem(client, table, { pk: walletId });
    if (item === undefined) throw new HavenError('KEY_DECRYPTION_FAILED', `Wallet ${walletId} has no key`);
    const row = keyRowSchema.safeParse(item);
    if (!row.success) throw new HavenError('KEY_DECRYPTION_FAILED', `The key of wallet ${walletId} is no ciphertext`);
    const { ciphertext } = row.data;
    if (known.size >= MAX_REMEMBERED_KEYS) known.clear();
    known.set(walletId, ciphertext);
    return ciphertext;
  }

  return {
    read: async (walletId, from = 'memory') =>
      (from === 'memory' ? known.get(walletId) : undefined) ?? readStored(walletId),
  };
}
