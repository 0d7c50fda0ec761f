import * as z from 'zod';
import { keyOperatorsSchema } from './key-operators.ts';

/** As long as KMS itself waits at least before it deletes a key. */
export const MIN_PROTECTED_RETENTION_DAYS = 7;

/** What a stage lets be done with the keys of wallets, and by whom. */
export const walletKeysShape = {
  message_signing: z
    .boolean()
    .describe(
      "Whether messages and typed data are signed at all. False: the message signer has no right to the wallet key. A wallet's policy has to allow it besides.",
    ),
  key_export: z
    .boolean()
    .describe(
      'Whether keys can be exported at all, by two people. False: the key export has no right to the wallet key, and requests are refused.',
    ),
  dual_control: z
    .enum(['operators', 'principals'])
    .optional()
    .describe(
      'Who may ask for the export or destruction of a key, and approve it. `operators`: people with tokens of `oidc` only. `principals`: API keys too. Absent: `operators` where there is `oidc`.',
    ),
  key_retention_days: z
    .number()
    .int()
    .min(0)
    .max(3_650)
    .describe('Days that the key of a revoked wallet is kept at least before two people can have it destroyed.'),
  wallet_key_generation: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe(
      'Raised by one, the next deployment makes a new wallet key and encrypts new keys under it; see docs/operations.md.',
    ),
  previous_wallet_keys: z
    .array(z.number().int().min(1))
    .default([])
    .describe(
      'Generations of wallet keys before it that keys may still be encrypted under, until keys:reencrypt has moved them all.',
    ),
  key_operators: keyOperatorsSchema,
} as const;

/** Whether the previous wallet keys are of generations before the present one, each once. */
export function isKnownGenerations({
  wallet_key_generation,
  previous_wallet_keys,
}: {
  readonly wallet_key_generation: number;
  readonly previous_wallet_keys: readonly number[];
}): boolean {
  const isUnique = new Set(previous_wallet_keys).size === previous_wallet_keys.length;
  return isUnique && previous_wallet_keys.every((generation) => generation < wallet_key_generation);
}
