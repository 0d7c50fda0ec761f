import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { policyKey } from '../policy/policy-row.ts';
import { spendingRight } from './spending-rights.ts';
import type { CheckedTypedData } from './typed-data.ts';

/**
 * What a wallet's policy says about messages. Part of the wallet's policy row, whose other attributes are not read here.
 * Whatever is absent or of another kind is off.
 */
export const signingPolicySchema = z.object({
  /** Whether the wallet signs messages and typed data at all. */
  message_signing: z.boolean().default(false).catch(false),
  /**
   * The typed data that the wallet signs, and no other: with a list, what grants spending rights is signed too if it is
   * on it, and what is not on it is refused however harmless. Absent or null: what spending-rights.ts is sure grants none.
   */
  typed_data_allowed: z
    .array(z.object({ chain_id: z.number(), verifying_contract: z.string(), primary_type: z.string() }))
    .nullish(),
  /** Which version of the policy that is. */
  version: z.number().int().positive(),
});

/** What a wallet's policy says about messages. */
export type SigningPolicy = z.output<typeof signingPolicySchema>;

/** Reads what wallets may sign besides transactions. */
export interface SigningPolicyReader {
  /** Strongly consistent and never from memory, so that turning it off is in effect at once. */
  get(walletId: string): Promise<SigningPolicy>;
}

/** Nothing is on, and no typed data is allowed. */
const NOTHING_ALLOWED: SigningPolicy = { message_signing: false, typed_data_allowed: [], version: 0 };

/**
 * Adds to a transaction that the policy is still the one that was judged by, and lets the wallet sign.
 *
 * @param table the ledger table
 * @param onConflict what it means that it is not
 */
export function checkSigningPolicy(
  write: WriteTransaction,
  table: string,
  walletId: string,
  { version }: SigningPolicy,
  onConflict: OnConflict,
): void {
  write.check(table, policyKey(walletId), onConflict, {
    expression: '#version = :version AND message_signing = :on',
    names: { '#version': 'version' },
    values: { ':version': version, ':on': true },
  });
}

/**
 * Policies in the ledger table.
 *
 * @param table the ledger table
 */
export function createSigningPolicyReader(client: DynamoDBDocumentClient, table: string): SigningPolicyReader {
  return {
    async get(walletId) {
      const item = await readItem(client, table, policyKey(walletId));
      return signingPolicySchema.safeParse(item).data ?? NOTHING_ALLOWED;
    },
  };
}

/**
 * Why a policy doesn't let typed data be signed; undefined when it does. Pure.
 *
 * @param policy of a wallet that signs messages
 * @param walletAddress of that wallet
 */
export function typedDataDenial(
  policy: SigningPolicy,
  data: CheckedTypedData,
  walletAddress: string,
): string | undefined {
  const { typed_data_allowed: allowed } = policy;
  if (allowed === undefined || allowed === null) {
    const right = spendingRight(data, walletAddress);
    return right === undefined
      ? undefined
      : `it may grant a right to spend (${right}), and the policy has no list that allows it`;
  }
  const isListed = allowed.some(
    (one) =>
      one.chain_id === data.chainId &&
      one.verifying_contract.toLowerCase() === data.verifyingContract?.toLowerCase() &&
      one.primary_type === data.primaryType,
  );
  return isListed ? undefined : "it is not on the wallet's list of allowed typed data";
}
