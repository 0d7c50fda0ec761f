import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { NOT_EXISTS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KeyContext } from '../envelope.ts';

/** The ARN of a KMS key. */
export const kmsKeyArnSchema = z.string().regex(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/);

/** A row of the key table of a wallet whose key is in KMS: its name only. */
const kmsKeyRowSchema = z.object({ pk: z.string(), kms_key_arn: kmsKeyArnSchema });

/**
 * Adds to a transaction which KMS key a new wallet has, in the place where others have their ciphertext. Only if absent: a
 * wallet's key is never replaced.
 *
 * @param table the key table
 */
export function putKmsKey(
  transaction: WriteTransaction,
  table: string,
  { wallet_id, address, purpose }: KeyContext,
  kmsKeyArn: string,
  createdAt: string,
): void {
  transaction.put(
    table,
    { pk: wallet_id, address, purpose, kms_key_arn: kmsKeyArn, created_at: createdAt },
    () => new HavenError('WALLET_ALREADY_EXISTS', 'The wallet has a key already'),
    // Who makes keys may not see one that is there.
    { ...NOT_EXISTS, showsExisting: false },
  );
}

/** Tells which KMS key a wallet has. */
export interface KmsKeyReader {
  /**
   * The ARN of a wallet's KMS key.
   *
   * @throws KEY_DECRYPTION_FAILED when there is none, or something else in its place
   */
  read(walletId: string): Promise<string>;
}

/** Wallets whose key is remembered by name. */
const MAX_REMEMBERED_KEYS = 1_000;

/**
 * Reads the key table. A wallet's key never changes, so each row is read once; whether the key may be used is another row,
 * checked in the transaction of every use.
 *
 * @param table the key table
 */
export function createKmsKeyReader(client: DynamoDBDocumentClient, table: string): KmsKeyReader {
  const known = new Map<string, string>();
  return {
    async read(walletId) {
      const remembered = known.get(walletId);
      if (remembered !== undefined) return remembered;
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: walletId }, ConsistentRead: true }),
      );
      if (Item === undefined) throw new HavenError('KEY_DECRYPTION_FAILED', `Wallet ${walletId} has no key`);
      const row = kmsKeyRowSchema.safeParse(Item);
      if (!row.success) throw new HavenError('KEY_DECRYPTION_FAILED', `The key of wallet ${walletId} is no KMS key`);
      if (known.size >= MAX_REMEMBERED_KEYS) known.clear();
      known.set(walletId, row.data.kms_key_arn);
      return row.data.kms_key_arn;
    },
  };
}
