import * as z from 'zod';

/** What a wallet can be: in a file of their own, so that a bundle that reads no whole wallets need not hold all of `wallet.ts`. */

/** What a wallet is for. */
export const purposeSchema = z.enum(['treasury', 'user', 'deposit'], {
  error: 'INVALID_PARAMETER: must be treasury, user or deposit',
});

/** Where a wallet stands. Paused is separate: a wallet of any status can be paused. */
export const walletStatusSchema = z.enum(['active', 'rotated', 'revoked'], {
  error: 'INVALID_PARAMETER: must be active, rotated or revoked',
});

/**
 * How a wallet's key is kept. `envelope`: encrypted under one KMS key for all wallets. `kms`: as a KMS key of its own, which
 * never leaves KMS.
 */
export const custodySchema = z.enum(['envelope', 'kms'], { error: 'INVALID_PARAMETER: must be envelope or kms' });
