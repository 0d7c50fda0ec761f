import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { NOT_EXISTS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
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

/** Reads ciphertexts. */
export interface KeyReader {
  /**
   * The ciphertext of a wallet's key.
   *
   * @throws KEY_DECRYPTION_FAILED when there is none, or something else in its place
   */
  read(walletId: string): Promise<Uint8Array>;
}

/** Wallets whose ciphertext is kept in memory; a lane worker serves few at a time. */
const MAX_REMEMBERED_KEYS = 1_000;

/**
 * Reads the key table. Ciphertexts never change, so each is read once; whether the key may be used is another row,
 * checked in the transaction of every use.
 *
 * @param table the key table
 */
export function createKeyReader(client: DynamoDBDocumentClient, table: string): KeyReader {
  const known = new Map<string, Uint8Array>();
  return {
    async read(walletId) {
      const remembered = known.get(walletId);
      if (remembered !== undefined) return remembered;
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: walletId }, ConsistentRead: true }),
      );
      if (Item === undefined) throw new HavenError('KEY_DECRYPTION_FAILED', `Wallet ${walletId} has no key`);
      const row = keyRowSchema.safeParse(Item);
      if (!row.success) throw new HavenError('KEY_DECRYPTION_FAILED', `The key of wallet ${walletId} is no ciphertext`);
      const { ciphertext } = row.data;
      if (known.size >= MAX_REMEMBERED_KEYS) known.clear();
      known.set(walletId, ciphertext);
      return ciphertext;
    },
  };
}
