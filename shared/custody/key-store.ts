import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { NOT_EXISTS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KeyContext } from './envelope.ts';
import { createKeyRowReader } from './key-row-reader.ts';

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

/** Reads ciphertexts. */
export interface KeyReader {
  /**
   * The ciphertext of a wallet's key.
   *
   * @throws KEY_DECRYPTION_FAILED when there is none, or something else in its place
   */
  read(walletId: string): Promise<Uint8Array>;
}

/**
 * Reads ciphertexts from the key table.
 *
 * @param table the key table
 */
export function createKeyReader(client: DynamoDBDocumentClient, table: string): KeyReader {
  return createKeyRowReader(client, table, (row, walletId) => {
    const parsed = keyRowSchema.safeParse(row);
    if (parsed.success) return parsed.data.ciphertext;
    throw new HavenError('KEY_DECRYPTION_FAILED', `The key of wallet ${walletId} is no ciphertext`);
  });
}
